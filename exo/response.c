/* SPDX-License-Identifier: ISC */
#include "cell.h"
#include "domain.h"

/*
 * What follows from a verdict.  It is decided when the variants have said where
 * they stand, and by private copies alone: what a majority is said to have
 * submitted is byte for byte in more than half of the copies.
 */

#define MILLISECOND UINT64_C(1000000)

/* A set that is started again waits so long after its first verdict, and twice
 * as long after each that comes within the window of the one before. */
#define BACKOFF_FIRST (100 * MILLISECOND)
#define BACKOFF_MAX   (12800 * MILLISECOND)

bool response_restarts(const struct domain *domain)
{
	return domain->config->response == BH_RESPONSE_RESTART ||
	       domain->config->response == BH_RESPONSE_VOTE_RESTART;
}

static bool votes(const struct domain *domain)
{
	return domain->config->response == BH_RESPONSE_VOTE ||
	       domain->config->response == BH_RESPONSE_VOTE_RESTART;
}

bool response_goes_on(const struct domain *domain)
{
	return votes(domain) || domain->config->response == BH_RESPONSE_REPORT;
}

/* Would it be among those that go on? */
static bool is_fit(const struct domain *domain, const struct variant *variant)
{
	const struct bh_report_variant *r =
	        &domain->report[domain_index(domain, variant)];

	if (!variant_is_live(variant) || r->post != BH_POST_EXCHANGE ||
	    !r->described)
		return false;
	return votes(domain) ? !r->outlier : r->first_difference == BH_NEVER;
}

/* `report`: somebody can.  `vote`: more than half of the set, but not all of
 * it, which would leave whoever lies undiscovered. */
static bool can_go_on(struct domain *domain)
{
	uint32_t all = 0, fit = 0;

	if (!response_goes_on(domain) ||
	    domain->judgement.verdict == BH_VERDICT_FAULT)
		return false;
	DOMAIN_EACH_VARIANT(domain, variant)
	{
		all++;
		fit += is_fit(domain, variant);
	}
	return votes(domain) ? 2 * fit > all && fit < all : fit > 0;
}

static uint64_t verdict_before(const struct domain *domain, uint32_t count)
{
	return domain->verdicts[(domain->verdict_count - count) %
	                        BH_RESTART_LIMIT_MAX];
}

/* Counts this verdict; false: there have been too many. */
static bool may_restart(struct domain *domain, uint64_t now)
{
	uint64_t window = domain->config->restart_window;
	uint32_t others = domain->config->restart_limit - 1;
	bool soon = domain->verdict_count &&
	            now - verdict_before(domain, 1) < window;
	bool many =
	        others == 0 || (domain->verdict_count >= others &&
	                        now - verdict_before(domain, others) < window);

	domain->setbacks = soon ? domain->setbacks + 1 : 0;
	domain->verdicts[domain->verdict_count++ % BH_RESTART_LIMIT_MAX] = now;
	domain->delay = BACKOFF_MAX;
	if (domain->setbacks < 7)
		domain->delay = BACKOFF_FIRST << domain->setbacks;
	return !many;
}

static enum bh_consequence decide(struct domain *domain, uint64_t now)
{
	if (can_go_on(domain))
		return BH_CONSEQUENCE_GOES_ON;
	if (!response_restarts(domain))
		return BH_CONSEQUENCE_ENDS;
	return may_restart(domain, now) ? BH_CONSEQUENCE_RESTARTS
	                                : BH_CONSEQUENCE_GIVEN_UP;
}

void response_decide(struct domain *domain, uint64_t now)
{
	domain->delay = 0;
	domain->consequence = decide(domain, now);
	for (uint32_t i = 0; i < domain->config->variant_count; i++) {
		const struct variant *variant = &domain->variants[i];

		domain->report[i].dropped =
		        variant->dropped ||
		        (domain->consequence == BH_CONSEQUENCE_GOES_ON &&
		         !is_fit(domain, variant));
	}
}

/* Those that are left go on where they stood when the verdict fell.  What had
 * been agreed before somebody died stays agreed. */
static void go_on(struct domain *domain, uint64_t now)
{
	const struct variant *leader = NULL;
	uint32_t count = 0;

	DOMAIN_EACH_VARIANT(domain, variant)
	count += !domain->report[domain_index(domain, variant)].dropped;
	DOMAIN_EACH_VARIANT(domain, variant)
	{
		uint16_t i = domain_index(domain, variant);

		if (!domain->report[i].dropped) {
			leader = variant;
			/* It has described itself; its exchange still waits. */
			variant->post = BH_POST_EXCHANGE;
			continue;
		}
		variant->dropped = true;
		launcher_send(BH_MESSAGE_KILL, domain->number, i, 0, 0, "");
		launcher_send(BH_MESSAGE_DROPPED, domain->number, i, count, 0,
		              "");
		if (votes(domain))
			replace_begin(domain, variant);
	}
	domain->died_at = BH_NEVER;
	domain->phase = domain->judged_in;
	if (domain->judged_in != DOMAIN_COMPUTING)
		return;
	report_restore(domain, domain_index(domain, leader));
	domain_act_on_agreed(domain, now);
}

static enum bh_cell_result result_of(enum bh_verdict verdict)
{
	switch (verdict) {
	case BH_VERDICT_DIVERGENCE:
		return BH_RESULT_DIVERGENCE;
	case BH_VERDICT_DEADLINE:
		return BH_RESULT_DEADLINE;
	default:
		return BH_RESULT_FAULT;
	}
}

void response_act(struct domain *domain, uint64_t now)
{
	enum bh_cell_result result = result_of(domain->judgement.verdict);

	switch (domain->consequence) {
	case BH_CONSEQUENCE_GOES_ON:
		/* What research has found is the result, whatever follows. */
		if (!votes(domain))
			cell_note_result(domain->cell, result, 0);
		go_on(domain, now);
		return;
	case BH_CONSEQUENCE_RESTARTS:
		restart_begin(domain, now, domain->delay);
		return;
	case BH_CONSEQUENCE_GIVEN_UP:
		launcher_send(
		        BH_MESSAGE_GIVEN_UP, domain->number, 0,
		        domain->config->restart_limit,
		        now - verdict_before(domain,
		                             domain->config->restart_limit),
		        "");
		break;
	default:
		break;
	}
	cell_domain_ended(domain->cell, domain, result, 0);
}
