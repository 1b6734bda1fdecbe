/* SPDX-License-Identifier: ISC */
#include "cell.h"
#include "domain.h"

/*
 * A fresh variant in the place of one that has been dropped (response `vote`).
 * It is started like any other, with a layout of its own, and relives the past:
 * what it submits has to be what the set had agreed on, byte for byte, and it
 * is told what the set had been told.  Nothing of that has an effect.  When it
 * is where the others are, it is one of them again.
 *
 * What its predecessor was stopped for is part of that past.  If the same
 * happens to it, it is stopped as well, and after some of them the place stays
 * empty.
 */

#define ATTEMPTS_MAX 3u
/* A fresh variant that does nothing for so long is given up. */
#define STEP_LIMIT UINT64_C(60000000000)

static void tell(const struct domain *domain, const struct variant *variant,
                 enum bh_message_type type, uint64_t value, uint64_t detail)
{
	launcher_send(type, domain->number, domain_index(domain, variant),
	              value, detail, "");
}

static void give_up(const struct domain *domain, struct variant *variant,
                    enum bh_irreplaceable why, uint64_t exchange)
{
	variant->fresh = FRESH_NONE;
	tell(domain, variant, BH_MESSAGE_NOT_REPLACED, why, exchange);
}

void replace_begin(struct domain *domain, struct variant *variant)
{
	if (!domain->past.capacity)
		return;
	if (domain->past.lost)
		give_up(domain, variant, BH_IRREPLACEABLE_OLD, 0);
	else
		variant->fresh = FRESH_WANTED;
}

static void start(struct domain *domain, struct variant *variant, uint64_t now)
{
	uint32_t attempts = variant->attempts;

	variant_reset(variant, domain->config->submission_size,
	              domain->config->completion_size);
	variant->attempts = attempts;
	variant->dropped = true;
	variant->fresh = FRESH_STARTING;
	variant->moved_at = variant->started_at = now;
	tell(domain, variant, BH_MESSAGE_REPLACE, 0, 0);
}

static void fail(struct domain *domain, struct variant *variant,
                 enum bh_irreplaceable why)
{
	variant->attempts++;
	if (why == BH_IRREPLACEABLE_OLD || variant->attempts == ATTEMPTS_MAX)
		give_up(domain, variant, why, variant->relived_count + 1);
	else
		variant->fresh = FRESH_WANTED;
	if (!variant->dead)
		tell(domain, variant, BH_MESSAGE_KILL, 0, 0);
}

static void join(struct domain *domain, struct variant *variant, uint64_t now)
{
	variant->fresh = FRESH_NONE;
	variant->dropped = false;
	variant->attempts = 0;
	/* It has come late, and may use the time that the others had. */
	if (domain->first_post != BH_NEVER)
		domain->first_post = now;
	tell(domain, variant, BH_MESSAGE_REPLACED, variant->relived_count,
	     now - variant->started_at);
}

static bool is_present(const struct domain *domain,
                       const struct variant *variant)
{
	return variant->relived == domain->past.used;
}

/* What the set had submitted when it was where the fresh variant is; NULL: it
 * has not agreed on that yet. */
static struct bh_submission *agreed_then(struct domain *domain,
                                         const struct variant *variant)
{
	if (!is_present(domain, variant))
		return past_at(&domain->past, variant->relived).submission;
	return domain->phase == DOMAIN_WAITING
	               ? history_current(&domain->history)->submission
	               : NULL;
}

static void go_on(struct domain *domain, struct variant *variant, uint64_t now)
{
	struct past_exchange past = past_at(&domain->past, variant->relived);

	variant_complete(variant, past.completion);
	variant->relived = past.next;
	variant->relived_count++;
	variant->moved_at = now;
	variant_answer(variant, BH_COMMAND_RUN);
}

/* One exchange of the past, or the present one.  True if there was one. */
static bool relive(struct domain *domain, struct variant *variant, uint64_t now)
{
	struct bh_submission *agreed = agreed_then(domain, variant);

	if (!agreed)
		return false;
	if (monitor_compare(agreed, variant, true) != BH_REASON_NONE) {
		fail(domain, variant, BH_IRREPLACEABLE_DIFFERENT);
		return true;
	}
	if (is_present(domain, variant)) {
		join(domain, variant, now); /* it waits as they do */
		return true;
	}
	go_on(domain, variant, now);
	if (is_present(domain, variant) && domain->phase == DOMAIN_COMPUTING)
		join(domain, variant, now); /* it computes as they do */
	return true;
}

static bool step_post(struct domain *domain, struct variant *variant,
                      uint64_t now)
{
	bool starts = variant->fresh == FRESH_STARTING;

	if (domain->past.lost) {
		fail(domain, variant, BH_IRREPLACEABLE_OLD);
		return true;
	}
	if (variant->post != (starts ? BH_POST_READY : BH_POST_EXCHANGE)) {
		fail(domain, variant, BH_IRREPLACEABLE_FAULT);
		return true;
	}
	if (!starts)
		return relive(domain, variant, now);
	variant->fresh = FRESH_RELIVING;
	variant->moved_at = now;
	variant_answer(variant, BH_COMMAND_RUN);
	return true;
}

static bool step_variant(struct domain *domain, struct variant *variant,
                         uint64_t now)
{
	if (variant->fresh == FRESH_NONE)
		return false;
	if (variant->fresh == FRESH_WANTED) {
		if (variant->dead)
			start(domain, variant, now);
		return variant->dead;
	}
	if (variant->dead)
		fail(domain, variant, BH_IRREPLACEABLE_FAULT);
	else if (variant->post != BH_POST_NONE || variant_poll(variant))
		return step_post(domain, variant, now);
	else if (now - variant->moved_at >= STEP_LIMIT)
		fail(domain, variant, BH_IRREPLACEABLE_LATE);
	else
		return false;
	return true;
}

bool replace_step(struct domain *domain, uint64_t now)
{
	bool news = false;

	if (!domain->past.capacity || domain->phase == DOMAIN_ENDED ||
	    domain->phase == DOMAIN_RESTARTING)
		return false;
	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		news |= step_variant(domain, &domain->variants[i], now);
	return news;
}

static bool computes(const struct variant *variant)
{
	return variant->fresh >= FRESH_STARTING &&
	       variant->post == BH_POST_NONE;
}

bool replace_expects_posts(const struct domain *domain)
{
	if (!domain->past.capacity)
		return false;
	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		if (computes(&domain->variants[i]))
			return true;
	return false;
}

uint64_t replace_timer(const struct domain *domain)
{
	uint64_t timer = BH_NEVER;

	if (!domain->past.capacity)
		return timer;
	for (uint32_t i = 0; i < domain->config->variant_count; i++) {
		const struct variant *variant = &domain->variants[i];

		if (computes(variant) && variant->moved_at + STEP_LIMIT < timer)
			timer = variant->moved_at + STEP_LIMIT;
	}
	return timer;
}
