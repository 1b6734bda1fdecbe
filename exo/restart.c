/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <sys/wait.h>

#include "abi/protocol/net.h"
#include "cell.h"
#include "domain.h"
#include "trace.h"

/*
 * The phase RESTARTING: all variants are killed, then started anew.
 *
 * A set of variants is started again only when it was killed from outside;
 * what faults or disagrees is an attack until proven otherwise, and its domain's
 * response says what follows (response.c).  A device is
 * started again whatever it died of: it is one process that speaks with the
 * world, its clients believe nothing it says, and they need another one.
 */

#define MILLISECOND UINT64_C(1000000)

/* A service that has died this often, for so long, without one exchange is
 * given up. */
#define FRUITLESS_MAX 10u
#define FRUITLESS_TIME (10000 * MILLISECOND)

/* A device that lives no longer than this is started again with a delay, which
 * grows as long as that goes on. */
#define SHORT_LIFE (1000 * MILLISECOND)
#define DELAY_STEP (50 * MILLISECOND)
#define DELAY_STEPS_MAX 20u

static bool is_device(const struct domain *domain)
{
	return domain->config->flags & BH_DOMAIN_DEVICE;
}

bool restart_is_due(const struct domain *domain, uint32_t wait_status)
{
	bool again = domain->restarts && domain->phase == DOMAIN_STARTING &&
	             response_restarts(domain);

	if ((!(domain->config->flags & BH_DOMAIN_RESTART) && !again) ||
	    domain->phase == DOMAIN_DESCRIBING)
		return false;
	/* What dies before it has ever run is for the user to mend. */
	if (is_device(domain))
		return domain->restarts || domain->phase != DOMAIN_STARTING;
	return WIFSIGNALED((int)wait_status) &&
	       WTERMSIG((int)wait_status) == SIGKILL;
}

/*
 * Nobody answers on the connections of the old variants any more: a turn of no
 * generation makes the net device reset them (abi/protocol/net.h).  It waits
 * behind all that has been agreed.  Without a free credit it has to wait for
 * the first turn of the new variants, which says the same.
 */
static void reset_connections(struct domain *domain, uint16_t number)
{
	static const struct bh_record turn = {
	        .size = sizeof(turn),
	        .type = BH_NET_TURN,
	};
	struct channel *channel = &domain->channels[number];
	struct service *service = &channel->peer->service;
	uint32_t held = service_orphan(service, domain->number, number);

	if (held < channel->credit && channel->peer->phase != DOMAIN_ENDED) {
		service_queue(service, &turn, domain->number, number,
		              channel->peer_channel);
		held = service_orphan(service, domain->number, number);
		domain_ring(channel->peer);
	}
	channel->unanswered = held;
}

void restart_begin(struct domain *domain, uint64_t now, uint64_t delay)
{
	domain->phase = DOMAIN_RESTARTING;
	domain->restart_at = now + delay;
	for (uint16_t i = 0; i < domain->config->channel_count; i++)
		if (domain->channels[i].peer &&
		    domain->channels[i].protocol == BH_PROTOCOL_NET)
			reset_connections(domain, i);
	if (is_device(domain) && now - domain->started_at < SHORT_LIFE) {
		domain->restart_at += domain->short_lives * DELAY_STEP;
		if (domain->short_lives < DELAY_STEPS_MAX)
			domain->short_lives++;
	} else {
		domain->short_lives = 0;
	}
	domain_kill_variants(domain);
}

static void reset(struct domain *domain)
{
	const struct bh_cell_domain *config = domain->config;

	for (uint32_t i = 0; i < config->variant_count; i++)
		variant_reset(&domain->variants[i], config->submission_size,
		              config->completion_size);
	for (uint32_t i = 0; i < config->channel_count; i++) {
		struct channel *channel = &domain->channels[i];

		if (channel->peer)
			channel->unanswered =
			        service_orphan(&channel->peer->service,
			                       domain->number, (uint16_t)i);
	}
	history_clear(&domain->history);
	past_clear(&domain->past);
	inbox_clear(&domain->inbox);
	domain->own_replies = 0;
	domain->signals = 0;
	domain->console.reading = false;
	domain->redelivered = service_redeliver(&domain->service);
	domain->exchange = 1;
	domain->input = false;
	domain->first_post = domain->died_at = BH_NEVER;
}

/* Those that had been dropped are started again too. */
static bool all_are_dead(const struct domain *domain)
{
	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		if (!domain->variants[i].dead)
			return false;
	return true;
}

bool restart_step(struct domain *domain, uint64_t now)
{
	if (!all_are_dead(domain) || now < domain->restart_at)
		return false;
	if (domain->fruitless++ == 0)
		domain->fruitless_since = now;
	if (domain->fruitless > FRUITLESS_MAX &&
	    now - domain->fruitless_since > FRUITLESS_TIME) {
		domain_fail_start(domain, "the domain dies again and again "
		                          "before its first exchange");
		return true;
	}
	reset(domain);
	domain->restarts++;
	domain->started_at = domain->completed_at = now;
	domain->phase = DOMAIN_STARTING;
	trace_restart(domain);
	launcher_send(BH_MESSAGE_SPAWN, domain->number, 0, 0, 0, "");
	return true;
}

uint64_t restart_timer(const struct domain *domain)
{
	return all_are_dead(domain) ? domain->restart_at : BH_NEVER;
}
