/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "domain.h"

/*
 * The monitor: compares what the variants of a domain have posted.
 *
 * Strict mode: every exchange is a rendezvous.  The first variant's submission
 * is copied to private memory; the others are compared with the copy, each
 * byte of them read once; of the deadlines, the earliest counts.  What happens
 * afterwards is decided by the copy alone, so it does not matter what a hostile
 * variant writes meanwhile.
 */

struct census {
	uint32_t exchange, fault, lost, absent;
};

static struct census count_posts(struct domain *domain)
{
	struct census census = {0};

	DOMAIN_EACH_VARIANT(domain, variant) {
		if (variant->dead)
			census.lost++;
		else if (variant->post == BH_POST_EXCHANGE)
			census.exchange++;
		else if (variant->post == BH_POST_NONE)
			census.absent++;
		else
			census.fault++;
	}
	return census;
}

static bool faults_are_alike(struct domain *domain)
{
	uint32_t first = UINT32_MAX;

	DOMAIN_EACH_VARIANT(domain, variant) {
		uint32_t fault = __atomic_load_n(&variant->control->state.fault,
		                                 __ATOMIC_RELAXED);

		if (first == UINT32_MAX)
			first = fault;
		else if (fault != first)
			return false;
	}
	return true;
}

static struct judgement judge(enum bh_verdict verdict, enum bh_reason reason)
{
	return (struct judgement){.verdict = verdict, .reason = reason};
}

/* Copies the first submission; false: its length is impossible. */
static bool copy_submission(struct bh_submission *copy,
                            const struct variant *variant, uint32_t size)
{
	memcpy(copy, variant->submission, sizeof(*copy));
	if (copy->bytes > size - sizeof(*copy))
		return false;
	memcpy(copy + 1, variant->submission + sizeof(*copy), copy->bytes);
	return true;
}

/* A deadline is no output: exo waits until the earliest of them, and only with
 * what the others wait for as well. */
static void agree_on_deadline(struct bh_submission *copy,
                              struct bh_submission *other)
{
	if (other->deadline < copy->deadline)
		copy->deadline = other->deadline;
	other->deadline = copy->deadline;
}

enum bh_reason monitor_compare(struct bh_submission *copy,
                               const struct variant *variant, bool possible)
{
	struct bh_submission other;

	memcpy(&other, variant->submission, sizeof(other));
	agree_on_deadline(copy, &other);
	if (other.bytes != copy->bytes)
		return BH_REASON_LENGTH;
	if (memcmp(&other, copy, sizeof(other)) != 0)
		return BH_REASON_COUNT;
	if (possible && memcmp(copy + 1, variant->submission + sizeof(*copy),
	                       copy->bytes) != 0)
		return BH_REASON_BYTES;
	return BH_REASON_NONE;
}

/* Compares all variants that have posted an exchange. */
static struct judgement compare_all(struct domain *domain)
{
	struct bh_submission *copy =
	        history_current(&domain->history)->submission;
	const struct variant *first = NULL;
	bool possible = true;

	DOMAIN_EACH_VARIANT(domain, variant) {
		enum bh_reason reason;

		if (variant->dead || variant->post != BH_POST_EXCHANGE)
			continue;
		if (!first) {
			first = variant;
			possible = copy_submission(
			        copy, variant, domain->config->submission_size);
			continue;
		}
		reason = monitor_compare(copy, variant, possible);
		if (reason)
			return judge(BH_VERDICT_DIVERGENCE, reason);
	}
	if (!possible)
		return (struct judgement){
		        .verdict = BH_VERDICT_FAULT,
		        .reason = BH_REASON_MALFORMED,
		        .detail = BH_MALFORMED_HEADER,
		};
	return judge(BH_VERDICT_AGREED, BH_REASON_NONE);
}

struct judgement monitor_judge(struct domain *domain)
{
	struct census census = count_posts(domain);
	struct judgement judgement;

	if (census.fault + census.lost == 0) {
		judgement = compare_all(domain);
		if (judgement.verdict == BH_VERDICT_AGREED && census.absent)
			return judge(BH_VERDICT_DEADLINE, BH_REASON_ABSENT);
		return judgement;
	}
	if (census.exchange + census.absent == 0) {
		if (census.fault == 0)
			return judge(BH_VERDICT_FAULT, BH_REASON_ALL_LOST);
		if (census.lost == 0 && faults_are_alike(domain))
			return judge(BH_VERDICT_FAULT, BH_REASON_ALL_FAULT);
	}
	return judge(BH_VERDICT_DIVERGENCE, census.fault ? BH_REASON_FAULT
	                                                 : BH_REASON_LOST);
}

struct judgement monitor_judge_lost(struct domain *domain)
{
	DOMAIN_EACH_VARIANT(domain, variant)
		if (!variant->dead)
			return judge(BH_VERDICT_DIVERGENCE, BH_REASON_LOST);
	return judge(BH_VERDICT_FAULT, BH_REASON_ALL_LOST);
}
