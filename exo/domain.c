/* SPDX-License-Identifier: ISC */
#include "domain.h"

#include <errno.h>
#include <string.h>

#include "cell.h"
#include "clock.h"
#include "memory.h"
#include "trace.h"

#define MILLISECOND UINT64_C(1000000)

/* A core that cannot load its image within this time never will. */
#define START_LIMIT (60000 * MILLISECOND)
/* Processes that are killed together die within this time of each other. */
#define DEATH_GRACE (50 * MILLISECOND)
/* How long variants have to say where they stand. */
#define DESCRIBE_LIMIT (500 * MILLISECOND)
/* The same for those that wait in an exchange, if the set may go on: they only
 * have to be given a CPU. */
#define DESCRIBE_LIMIT_WAITING (5000 * MILLISECOND)
/* How often those that compute are asked: a signal can come when a core is
 * between two runs of its emulator, and is lost there. */
#define INTERRUPT_INTERVAL (50 * MILLISECOND)

static int create_channels(struct domain *domain)
{
	const struct bh_cell_domain *config = domain->config;
	struct cell *cell = domain->cell;
	uint32_t record_max = service_record_max(config->completion_size);
	uint32_t requests = 0;
	uint64_t replies = 0;
	int r;

	for (uint32_t i = 0; i < config->channel_count; i++) {
		const struct bh_channel_info *info = &config->channels[i];

		domain->channels[i] = (struct channel){
		        .protocol = info->protocol,
		        .role = info->role,
		        .credit = info->credit,
		};
		if (info->protocol < BH_PROTOCOL_SERVICE)
			continue;
		if (info->role == BH_ROLE_SERVER)
			requests += info->credit;
		else
			replies += info->credit * BH_RECORD_STRIDE(record_max);
	}
	for (uint32_t i = 0; i < cell->config.connection_count; i++) {
		const struct bh_cell_connection *c =
		        &cell->config.connections[i];

		if (c->client_domain != domain->number)
			continue;
		domain->channels[c->client_channel].peer =
		        &cell->domains[c->server_domain];
		domain->channels[c->client_channel].peer_channel =
		        c->server_channel;
	}
	r = service_create(&domain->service, requests, record_max);
	return r ? r
	         : inbox_create(&domain->inbox,
	                        4 * (uint64_t)config->completion_size +
	                                replies);
}

int domain_create(struct domain *domain, struct cell *cell, uint16_t number)
{
	const struct bh_cell_domain *config = &cell->config.domains[number];
	int r;

	domain->cell = cell;
	domain->config = config;
	domain->number = number;
	domain->phase = DOMAIN_STARTING;
	domain->exchange = 1;
	domain->first_post = domain->died_at = BH_NEVER;
	domain->evidence = memory_reserve((uint64_t)config->variant_count *
	                                  config->submission_size);
	r = domain->evidence ? 0 : -ENOMEM;
	for (uint32_t i = 0; !r && i < config->variant_count; i++)
		r = variant_create(&domain->variants[i], &config->variants[i],
		                   config->submission_size,
		                   config->completion_size);
	if (!r)
		r = create_channels(domain);
	if (!r)
		r = history_create(&domain->history, config->submission_size,
		                   config->completion_size);
	if (!r)
		r = console_create(&domain->console, config->input_fd,
		                   config->output_fd,
		                   2 * (uint64_t)config->submission_size);
	if (!r)
		r = recovery_create(&domain->recovery, config->recovery_size);
	if (!r)
		r = past_create(&domain->past,
		                (uint64_t)config->past_mib << 20);
	return r;
}

static bool all_posted(const struct domain *domain)
{
	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		if (variant_is_live(&domain->variants[i]) &&
		    domain->variants[i].post == BH_POST_NONE)
			return false;
	return true;
}

static bool poll_variants(struct domain *domain, uint64_t now)
{
	bool news = false;

	DOMAIN_EACH_VARIANT(domain, variant)
	{
		if (!variant_poll(variant))
			continue;
		variant->step_ns = now - domain->completed_at;
		if (domain->first_post == BH_NEVER)
			domain->first_post = now;
		news = true;
	}
	return news;
}

void domain_kill_variants(struct domain *domain)
{
	for (uint16_t i = 0; i < domain->config->variant_count; i++)
		if (!domain->variants[i].dead)
			launcher_send(BH_MESSAGE_KILL, domain->number, i, 0, 0,
			              "");
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > BH_NEVER - b ? BH_NEVER : a + b;
}

/* When the variants that still compute have run out of time. */
static uint64_t rendezvous_limit(const struct domain *domain)
{
	const struct bh_cell_domain *config = domain->config;
	uint64_t step = sum(domain->completed_at, config->step);
	uint64_t took, late;

	if (domain->first_post == BH_NEVER)
		return step;
	took = domain->first_post - domain->completed_at;
	if (config->slack && took > BH_NEVER / config->slack)
		return step;
	late = sum(sum(domain->first_post, config->deadline),
	           took * config->slack);
	return step < late ? step : late;
}

/* --- STARTING ---------------------------------------------------------- */

void domain_fail_start(struct domain *domain, const char *why)
{
	launcher_send(BH_MESSAGE_ERROR, domain->number, BH_MAX_VARIANTS, 0, 0,
	              why);
	cell_domain_ended(domain->cell, domain, BH_RESULT_ERROR, 0);
}

/* The core's own words go to the launcher, which makes them printable. */
static void fail_variant(struct domain *domain, const struct variant *variant)
{
	char text[BH_CONTROL_MESSAGE_SIZE];

	memcpy(text, variant->control->message, sizeof(text));
	text[sizeof(text) - 1] = 0;
	launcher_send(BH_MESSAGE_ERROR, domain->number,
	              domain_index(domain, variant), 0, 0, text);
	cell_domain_ended(domain->cell, domain, BH_RESULT_ERROR, 0);
}

static const char *died_at_start(const struct domain *domain)
{
	return domain->config->flags & BH_DOMAIN_DEVICE
	               ? "the device process died while it started"
	               : "a core process died while it loaded its image";
}

static void begin(struct domain *domain, uint64_t now)
{
	domain->completed_at = now;
	domain->first_post = BH_NEVER;
	domain->phase = DOMAIN_COMPUTING;
	if (domain->restarts)
		launcher_send(BH_MESSAGE_RESTARTED, domain->number, 0,
		              domain->restarts, domain->redelivered, "");
	else
		launcher_send(BH_MESSAGE_RUNNING, domain->number, 0, 0, 0, "");
	DOMAIN_EACH_VARIANT(domain, variant)
	variant_answer(variant, BH_COMMAND_RUN);
}

static bool step_starting(struct domain *domain, uint64_t now)
{
	bool news = poll_variants(domain, now);

	DOMAIN_EACH_VARIANT(domain, variant)
	{
		if (variant->post == BH_POST_ERROR) {
			fail_variant(domain, variant);
			return true;
		}
		if (variant->dead) {
			domain_fail_start(domain, died_at_start(domain));
			return true;
		}
		if (variant->post != BH_POST_NONE &&
		    variant->post != BH_POST_READY) {
			domain_fail_start(domain,
			                  "a core process broke the protocol "
			                  "before it started its guest");
			return true;
		}
	}
	if (all_posted(domain)) {
		begin(domain, now);
		return true;
	}
	if (now >= sum(domain->completed_at, START_LIMIT)) {
		domain_fail_start(domain, "a core process did not load its "
		                          "image within 60 seconds");
		return true;
	}
	return news;
}

/* --- verdicts ---------------------------------------------------------- */

static void interrupt_variants(struct domain *domain, uint64_t now)
{
	domain->interrupted_at = now;
	DOMAIN_EACH_VARIANT(domain, variant)
	{
		if (variant_is_live(variant) && variant->post == BH_POST_NONE)
			launcher_send(BH_MESSAGE_INTERRUPT, domain->number,
			              domain_index(domain, variant), 0, 0, "");
	}
}

static void describe_variants(struct domain *domain, uint64_t now)
{
	interrupt_variants(domain, now);
	DOMAIN_EACH_VARIANT(domain, variant)
	{
		if (variant_is_live(variant) && variant->post != BH_POST_NONE &&
		    variant->post != BH_POST_FAULT)
			variant_answer(variant, BH_COMMAND_DESCRIBE);
	}
}

static bool pass_verdict(struct domain *domain, struct judgement judgement,
                         uint64_t now)
{
	if (domain->config->flags & BH_DOMAIN_DEVICE) {
		restart_begin(domain, now, 0);
		return true;
	}
	domain->judgement = judgement;
	domain->judged_at = now;
	domain->judged_in = domain->phase;
	domain->phase = DOMAIN_DESCRIBING;
	report_collect(domain);
	describe_variants(domain, now);
	return true;
}

/* What the variants have said by now goes into the report. */
static void take_states(struct domain *domain)
{
	DOMAIN_EACH_VARIANT(domain, variant)
	{
		struct bh_report_variant *r =
		        &domain->report[domain_index(domain, variant)];

		r->lost = variant->dead;
		r->wait_status = variant->wait_status;
		if (variant->post != BH_POST_FAULT &&
		    variant->post != BH_POST_STATE)
			continue;
		memcpy(&r->state, &variant->control->state, sizeof(r->state));
		r->described = 1;
	}
}

static uint64_t describe_limit(const struct domain *domain)
{
	bool waits = false;

	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		waits |= variant_is_live(&domain->variants[i]) &&
		         domain->variants[i].post == BH_POST_NONE &&
		         domain->report[i].post == BH_POST_EXCHANGE;
	return sum(domain->judged_at, waits && response_goes_on(domain)
	                                      ? DESCRIBE_LIMIT_WAITING
	                                      : DESCRIBE_LIMIT);
}

static bool step_describing(struct domain *domain, uint64_t now)
{
	bool news = poll_variants(domain, now);

	if (!all_posted(domain) && now < describe_limit(domain)) {
		if (now >= sum(domain->interrupted_at, INTERRUPT_INTERVAL))
			interrupt_variants(domain, now);
		return news;
	}
	if (domain->cell->report_pending)
		return news;
	take_states(domain);
	/* More may have died since: the verdict names what is so now. */
	if (domain->judgement.reason == BH_REASON_LOST)
		domain->judgement = monitor_judge_lost(domain);
	report_compare(domain);
	response_decide(domain, now);
	report_write(domain, now);
	response_act(domain, now);
	return true;
}

/* --- COMPUTING, BLOCKED, WAITING ---------------------------------------- */

static bool console_blocks(const struct domain *domain, uint64_t bytes)
{
	return console_room(&domain->console) < bytes;
}

static bool step_blocked(struct domain *domain, uint64_t now)
{
	struct history_slot *slot = history_current(&domain->history);

	if (console_blocks(domain, slot->submission->bytes))
		return false;
	trace_submission(domain, slot->submission);
	history_agree(&domain->history, domain->exchange, now);
	domain->phase = DOMAIN_WAITING;
	protocol_act(domain);
	console_flush(&domain->console);
	return true;
}

bool domain_act_on_agreed(struct domain *domain, uint64_t now)
{
	struct judgement judgement = protocol_check(domain);

	if (judgement.verdict != BH_VERDICT_AGREED)
		return pass_verdict(domain, judgement, now);
	domain->phase = DOMAIN_BLOCKED;
	step_blocked(domain, now);
	return true;
}

/* Deaths come one by one; a verdict waits until those that go together are
 * known.  True if it has waited long enough. */
static bool deaths_are_settled(const struct domain *domain, uint64_t now)
{
	return now >= sum(domain->died_at, DEATH_GRACE);
}

static bool step_computing(struct domain *domain, uint64_t now)
{
	bool news = poll_variants(domain, now);
	struct judgement judgement;

	if (!all_posted(domain)) {
		if (now < rendezvous_limit(domain))
			return news;
	} else if (domain->died_at != BH_NEVER &&
	           !deaths_are_settled(domain, now)) {
		return news;
	}
	judgement = monitor_judge(domain);
	if (judgement.verdict != BH_VERDICT_AGREED)
		return pass_verdict(domain, judgement, now);
	return domain_act_on_agreed(domain, now);
}

static bool step_waiting(struct domain *domain, uint64_t now)
{
	if (domain->died_at != BH_NEVER) {
		if (!deaths_are_settled(domain, now))
			return false;
		return pass_verdict(domain, monitor_judge(domain), now);
	}
	if (domain->phase == DOMAIN_BLOCKED)
		return step_blocked(domain, now);
	if (!deliver_is_due(domain, now))
		return false;
	deliver_complete(domain, now);
	return true;
}

/* ----------------------------------------------------------------------- */

static bool step_phase(struct domain *domain, uint64_t now)
{
	switch (domain->phase) {
	case DOMAIN_STARTING:
		return step_starting(domain, now);
	case DOMAIN_COMPUTING:
		return step_computing(domain, now);
	case DOMAIN_BLOCKED:
	case DOMAIN_WAITING:
		return step_waiting(domain, now);
	case DOMAIN_DESCRIBING:
		return step_describing(domain, now);
	case DOMAIN_RESTARTING:
		return restart_step(domain, now);
	default:
		return false;
	}
}

bool domain_step(struct domain *domain, uint64_t now)
{
	bool news = step_phase(domain, now);

	return replace_step(domain, now) || news;
}

bool domain_expects_posts(const struct domain *domain)
{
	return ((domain->phase == DOMAIN_COMPUTING ||
	         domain->phase == DOMAIN_DESCRIBING) &&
	        !all_posted(domain)) ||
	       replace_expects_posts(domain);
}

static uint64_t phase_timer(const struct domain *domain)
{
	uint64_t death = sum(domain->died_at, DEATH_GRACE);
	uint64_t own;

	switch (domain->phase) {
	case DOMAIN_STARTING:
		return sum(domain->completed_at, START_LIMIT);
	case DOMAIN_COMPUTING:
		if (!all_posted(domain))
			return rendezvous_limit(domain);
		own = BH_NEVER;
		break;
	case DOMAIN_WAITING:
		own = domain->history.slots[domain->history.current]
		              .submission->deadline;
		break;
	case DOMAIN_DESCRIBING:
		/* The launcher still reads the report before this one. */
		if (domain->cell->report_pending)
			return BH_NEVER;
		own = sum(domain->interrupted_at, INTERRUPT_INTERVAL);
		return own < describe_limit(domain) ? own
		                                    : describe_limit(domain);
	case DOMAIN_BLOCKED:
		own = BH_NEVER;
		break;
	case DOMAIN_RESTARTING:
		return restart_timer(domain);
	default:
		return BH_NEVER;
	}
	return own < death ? own : death;
}

uint64_t domain_timer(const struct domain *domain)
{
	uint64_t own = phase_timer(domain), other = replace_timer(domain);

	return own < other ? own : other;
}

void domain_variant_died(struct domain *domain, uint32_t index,
                         uint32_t wait_status, uint64_t now)
{
	struct variant *variant = &domain->variants[index];

	if (variant->dead || domain->phase == DOMAIN_ENDED)
		return;
	variant->dead = true;
	variant->wait_status = wait_status;
	if (variant->dropped || domain->phase == DOMAIN_RESTARTING)
		return;
	if (restart_is_due(domain, wait_status)) {
		restart_begin(domain, now, 0);
		return;
	}
	if (domain->died_at == BH_NEVER)
		domain->died_at = now;
	/* The others have their deadline from now on. */
	if (domain->first_post == BH_NEVER)
		domain->first_post = now;
}

void domain_signal(struct domain *domain, uint64_t number)
{
	if (number > 0 && number < 32 &&
	    domain->config->flags & BH_DOMAIN_SIGNALS &&
	    domain->phase != DOMAIN_ENDED)
		domain->signals |= UINT32_C(1) << number;
}

void domain_ring(struct domain *domain)
{
	if (domain->phase == DOMAIN_COMPUTING &&
	    domain->config->flags & BH_DOMAIN_DEVICE)
		variant_request(&domain->variants[0]);
}

/* Everybody who waits for this domain learns that it is gone. */
static void reset_clients(struct domain *domain)
{
	struct request *request;

	while ((request = service_first(&domain->service))) {
		struct domain *client =
		        &domain->cell->domains[request->client_domain];
		struct bh_record reply = {
		        .channel = request->client_channel,
		        .type = request->record->type,
		        .tag = request->client_tag,
		        .client = domain->number + 1u,
		        .status = -BH_ECONNRESET,
		};

		if (request->orphaned)
			client->channels[reply.channel].unanswered--;
		else
			inbox_push(&client->inbox, &reply, NULL, 0);
		service_finish(&domain->service, request);
	}
}

void domain_end(struct domain *domain)
{
	if (domain->phase == DOMAIN_ENDED)
		return;
	domain->phase = DOMAIN_ENDED;
	console_flush(&domain->console);
	domain_kill_variants(domain);
	reset_clients(domain);
	for (uint32_t i = 0; i < domain->config->channel_count; i++)
		if (domain->channels[i].peer)
			service_orphan(&domain->channels[i].peer->service,
			               domain->number, (uint16_t)i);
}
