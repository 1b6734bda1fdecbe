/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cell.h"
#include "clock.h"
#include "domain.h"
#include "trace.h"

/*
 * The raw report of a verdict (abi/report.h).  This is the slow path: nothing
 * runs any more, or nothing that is believed.
 */

/* Header, all submissions, submission and completion of each past exchange,
 * the last input. */
#define PARTS_MAX (1 + BH_MAX_VARIANTS + 2 * BH_REPORT_PAST + 1)

struct writer {
	struct trace_part parts[PARTS_MAX];
	uint32_t count;
	uint64_t size;
};

static struct bh_extent put(struct writer *writer, const void *bytes,
                            uint64_t size)
{
	struct bh_extent extent = {writer->size, size};

	writer->parts[writer->count++] = (struct trace_part){bytes, size};
	writer->size += size;
	return extent;
}

static const struct bh_submission *evidence_of(const struct domain *domain,
                                               uint32_t variant)
{
	return (const struct bh_submission *)(const void *)(
	        domain->evidence +
	        (uint64_t)variant * domain->config->submission_size);
}

/* Length of a copied submission; an impossible one is cut to the header. */
static uint64_t evidence_size(const struct domain *domain, uint32_t variant)
{
	const struct bh_submission *s = evidence_of(domain, variant);
	uint64_t size = sizeof(*s) + s->bytes;

	return size <= domain->config->submission_size ? size : sizeof(*s);
}

static bool has_submission(const struct domain *domain, uint32_t variant)
{
	return domain->report[variant].post == BH_POST_EXCHANGE &&
	       !domain->report[variant].lost;
}

/* Deadlines are not compared (monitor.c). */
static bool is_deadline(uint64_t offset)
{
	return offset - offsetof(struct bh_submission, deadline) <
	       sizeof(uint64_t);
}

/* Offset of the first byte in which two submissions differ, or BH_NEVER. */
static uint64_t difference(const struct domain *domain, uint32_t a, uint32_t b)
{
	const uint8_t *x = (const uint8_t *)evidence_of(domain, a);
	const uint8_t *y = (const uint8_t *)evidence_of(domain, b);
	uint64_t size_x = evidence_size(domain, a);
	uint64_t size_y = evidence_size(domain, b);
	uint64_t common = size_x < size_y ? size_x : size_y;

	/*
	 * The header's lengths follow from the records: what a person wants to
	 * see is the first differing byte of those, if there is one.
	 */
	for (uint64_t i = sizeof(struct bh_submission); i < common; i++)
		if (x[i] != y[i])
			return i;
	if (size_x != size_y)
		return common;
	for (uint64_t i = 0; i < sizeof(struct bh_submission); i++)
		if (x[i] != y[i] && !is_deadline(i))
			return i;
	return BH_NEVER;
}

/* Do two variants stand alike? */
static bool are_alike(const struct domain *domain, uint32_t a, uint32_t b)
{
	const struct bh_report_variant *x = &domain->report[a];
	const struct bh_report_variant *y = &domain->report[b];

	if (x->lost || y->lost)
		return x->lost == y->lost;
	if (x->post != y->post)
		return false;
	if (x->post == BH_POST_EXCHANGE)
		return difference(domain, a, b) == BH_NEVER;
	return x->post == BH_POST_NONE || x->state.fault == y->state.fault;
}

static bool takes_part(const struct domain *domain, uint32_t variant)
{
	return !domain->variants[variant].dropped;
}

static uint32_t count_alike(const struct domain *domain, uint32_t variant)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		count += takes_part(domain, i) && are_alike(domain, variant, i);
	return count;
}

/* Outliers are those outside the one largest group, if there is one. */
static void find_outliers(struct domain *domain)
{
	uint32_t count = domain->config->variant_count;
	uint32_t largest = 0, leader = 0, members = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t alike = takes_part(domain, i)
		                         ? count_alike(domain, i)
		                         : 0;

		if (alike > largest) {
			largest = alike;
			leader = i;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		members += takes_part(domain, i) &&
		           count_alike(domain, i) == largest;
	for (uint32_t i = 0; i < count; i++)
		domain->report[i].outlier = takes_part(domain, i) &&
		                            members == largest &&
		                            !are_alike(domain, leader, i);
}

static uint32_t first_submitter(const struct domain *domain)
{
	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		if (takes_part(domain, i) && has_submission(domain, i))
			return i;
	return BH_MAX_VARIANTS;
}

static void find_differences(struct domain *domain)
{
	uint32_t first = first_submitter(domain);

	for (uint32_t i = 0; i < domain->config->variant_count; i++) {
		struct bh_report_variant *r = &domain->report[i];

		r->first_difference = BH_NEVER;
		if (first < BH_MAX_VARIANTS && has_submission(domain, i))
			r->first_difference = difference(domain, first, i);
	}
}

void report_compare(struct domain *domain)
{
	find_outliers(domain);
	find_differences(domain);
}

/* What it says of its own length is believed once, and only within bounds. */
static void copy_evidence(struct domain *domain, uint32_t variant)
{
	uint32_t size = domain->config->submission_size;
	uint8_t *copy = domain->evidence + (uint64_t)variant * size;
	const uint8_t *shared = domain->variants[variant].submission;
	const struct bh_submission *header = evidence_of(domain, variant);

	memcpy(copy, shared, sizeof(*header));
	if (header->bytes <= size - sizeof(*header))
		memcpy(copy + sizeof(*header), shared + sizeof(*header),
		       header->bytes);
}

void report_collect(struct domain *domain)
{
	const struct bh_cell_domain *config = domain->config;

	for (uint32_t i = 0; i < config->variant_count; i++) {
		const struct variant *variant = &domain->variants[i];

		domain->report[i] = (struct bh_report_variant){
		        .isa = config->variants[i].isa,
		        .core = config->variants[i].core,
		        .post = variant->post,
		        .step_ns = variant->step_ns,
		};
		copy_evidence(domain, i);
	}
}

void report_restore(struct domain *domain, uint32_t variant)
{
	struct bh_submission *agreed =
	        history_current(&domain->history)->submission;

	memcpy(agreed, evidence_of(domain, variant),
	       evidence_size(domain, variant));
	for (uint32_t i = 0; i < domain->config->variant_count; i++)
		if (takes_part(domain, i) && are_alike(domain, variant, i) &&
		    evidence_of(domain, i)->deadline < agreed->deadline)
			agreed->deadline = evidence_of(domain, i)->deadline;
}

static void put_past(struct bh_report *report, struct writer *writer,
                     struct domain *domain)
{
	struct history_slot *list[BH_REPORT_PAST];
	uint32_t count = history_list(&domain->history, list);

	report->past_count = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct history_slot *slot = list[i];
		struct bh_report_past *past = &report->past[i];

		past->exchange = slot->exchange;
		past->monotonic = slot->monotonic;
		past->submission = put(writer, slot->submission,
		                       sizeof(*slot->submission) +
		                               slot->submission->bytes);
		if (slot->completed)
			past->completion = put(writer, slot->completion,
			                       sizeof(*slot->completion) +
			                               slot->completion->bytes);
	}
}

static void put_last_input(struct bh_report *report, struct writer *writer,
                           const struct history *history)
{
	const struct bh_completion *completion;

	if (history->last_input == HISTORY_NONE)
		return;
	completion = history->slots[history->last_input].completion;
	report->last_input = put(writer, completion + 1, completion->bytes);
}

static void put_variants(struct bh_report *report, struct writer *writer,
                         struct domain *domain)
{
	report->first_difference = BH_NEVER;
	for (uint32_t i = 0; i < report->variant_count; i++) {
		struct bh_report_variant *r = &domain->report[i];

		if (has_submission(domain, i))
			r->submission = put(writer, evidence_of(domain, i),
			                    evidence_size(domain, i));
		if (r->first_difference < report->first_difference)
			report->first_difference = r->first_difference;
		report->variants[i] = *r;
	}
}

/* The launcher cannot be told anything useful if its memfd fails: the cell
 * still stops, and the message says that the report has no bytes. */
static uint64_t write_parts(const struct writer *writer)
{
	off_t at = 0;

	for (uint32_t i = 0; i < writer->count; i++) {
		const uint8_t *bytes = writer->parts[i].bytes;
		uint64_t left = writer->parts[i].size;

		while (left) {
			ssize_t written = pwrite(BH_EXO_FD_REPORT, bytes, left,
			                         at);

			if (written < 0 && errno == EINTR)
				continue;
			if (written <= 0)
				return 0;
			bytes += written;
			left -= (uint64_t)written;
			at += written;
		}
	}
	return writer->size;
}

void report_write(struct domain *domain, uint64_t now)
{
	static struct bh_report report;
	struct writer writer = {.count = 0};

	report = (struct bh_report){
	        .magic = BH_REPORT_MAGIC,
	        .version = BH_ABI_VERSION,
	        .domain_number = domain->number,
	        .verdict = domain->judgement.verdict,
	        .reason = domain->judgement.reason,
	        .detail = domain->judgement.detail,
	        .exchange = domain->exchange,
	        .monotonic = now,
	        .realtime = clock_realtime(),
	        .malformed_offset = domain->judgement.malformed_offset,
	        .variant_count = domain->config->variant_count,
	        .consequence = domain->consequence,
	        .response = domain->config->response,
	        .delay = domain->delay,
	};
	memcpy(report.domain, domain->config->name, BH_NAME_SIZE);
	put(&writer, &report, sizeof(report));
	put_variants(&report, &writer, domain);
	put_past(&report, &writer, domain);
	put_last_input(&report, &writer, &domain->history);
	report.size = writer.size;

	trace_verdict(domain, writer.parts, writer.count, writer.size);
	launcher_send(BH_MESSAGE_REPORT, domain->number, 0,
	              write_parts(&writer), 0, "");
	domain->cell->report_pending = true;
}
