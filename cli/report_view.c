/* SPDX-License-Identifier: ISC */
#include "report_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"

static bool extent_fits(const struct bh_extent *extent, size_t size)
{
	return extent->offset <= size && extent->size <= size - extent->offset;
}

/* The bytes of an extent; an absent one is valid and empty. */
static int take(const uint8_t *data, size_t size,
                const struct bh_extent *extent, struct view_bytes *bytes,
                struct problem *problem)
{
	*bytes = (struct view_bytes){NULL, 0};
	if (extent->size == 0)
		return 0;
	if (!extent_fits(extent, size))
		return problem_set(problem,
		                   "the raw report is damaged: an extent of "
		                   "%" PRIu64 " bytes at %" PRIu64
		                   " reaches out of it",
		                   extent->size, extent->offset);
	*bytes = (struct view_bytes){data + extent->offset,
	                             (size_t)extent->size};
	return 0;
}

static struct view_bytes without_header(const struct view_bytes *bytes,
                                        size_t header)
{
	if (bytes->size <= header)
		return (struct view_bytes){NULL, 0};
	return (struct view_bytes){bytes->data + header, bytes->size - header};
}

static bool same_bytes(const struct view_bytes *a, const struct view_bytes *b)
{
	return a->size == b->size &&
	       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static unsigned find_group(const struct view *view, unsigned variant)
{
	for (unsigned v = 0; v < variant; v++)
		if (same_bytes(&view->variants[v].submission,
		               &view->variants[variant].submission))
			return v;
	return variant;
}

static void limit_state(struct bh_core_state *state)
{
	if (state->code_size > BH_STATE_CODE)
		state->code_size = BH_STATE_CODE;
	if (state->stack_size > BH_STATE_STACK)
		state->stack_size = BH_STATE_STACK;
	if (state->backtrace_count > BH_STATE_BACKTRACE)
		state->backtrace_count = BH_STATE_BACKTRACE;
}

static int take_variants(struct view *view, const uint8_t *data, size_t size,
                         struct problem *problem)
{
	for (unsigned v = 0; v < view->variant_count; v++) {
		struct view_variant *variant = &view->variants[v];

		variant->raw = view->raw.variants[v];
		limit_state(&variant->raw.state);
		if (take(data, size, &variant->raw.submission,
		         &variant->submission, problem))
			return -1;
		variant->batch = without_header(&variant->submission,
		                                sizeof(struct bh_submission));
		variant->group = find_group(view, v);
	}
	return 0;
}

static int take_past(struct view *view, const uint8_t *data, size_t size,
                     struct problem *problem)
{
	for (unsigned p = 0; p < view->past_count; p++) {
		const struct bh_report_past *raw = &view->raw.past[p];
		struct view_past *past = &view->past[p];
		struct view_bytes bytes;

		past->exchange = raw->exchange;
		past->monotonic = raw->monotonic;
		if (take(data, size, &raw->submission, &bytes, problem))
			return -1;
		past->submission =
		        without_header(&bytes, sizeof(struct bh_submission));
		if (take(data, size, &raw->completion, &bytes, problem))
			return -1;
		past->completion =
		        without_header(&bytes, sizeof(struct bh_completion));
	}
	return 0;
}

int view_open(struct view *view, const void *data, size_t size,
              struct problem *problem)
{
	*view = (struct view){.variant_count = 0};
	decode_channels_default(&view->channels);
	if (size < sizeof(view->raw))
		return problem_set(problem,
		                   "the raw report is damaged: %zu bytes are "
		                   "too few",
		                   size);
	memcpy(&view->raw, data, sizeof(view->raw));
	if (view->raw.magic != BH_REPORT_MAGIC || view->raw.size != size ||
	    view->raw.version >> 16 != BH_ABI_MAJOR)
		return problem_set(problem, "the raw report is damaged: its "
		                            "header is none");
	if (view->raw.variant_count > BH_MAX_VARIANTS ||
	    view->raw.past_count > BH_REPORT_PAST)
		return problem_set(problem, "the raw report is damaged: it "
		                            "counts too many variants");
	escape_text(view->domain, sizeof(view->domain), view->raw.domain,
	            strnlen(view->raw.domain, BH_NAME_SIZE));
	view->variant_count = view->raw.variant_count;
	view->past_count = view->raw.past_count;
	if (take_variants(view, data, size, problem) ||
	    take_past(view, data, size, problem))
		return -1;
	return take(data, size, &view->raw.last_input, &view->last_input,
	            problem);
}

struct field {
	size_t offset, size;
	const char *name;
};

#define FIELD(type, member)                                                    \
	{                                                                      \
		offsetof(struct type, member),                                 \
		        sizeof(((struct type *)0)->member), #member            \
	}

static const struct field record_fields[] = {
        FIELD(bh_record, size),   FIELD(bh_record, channel),
        FIELD(bh_record, type),   FIELD(bh_record, tag),
        FIELD(bh_record, client), FIELD(bh_record, status),
        FIELD(bh_record, value),  FIELD(bh_record, reserved),
};

static const struct field submission_fields[] = {
        FIELD(bh_submission, bytes),    FIELD(bh_submission, count),
        FIELD(bh_submission, wait),     FIELD(bh_submission, reserved0),
        FIELD(bh_submission, exchange), FIELD(bh_submission, wait_tag),
        FIELD(bh_submission, deadline), FIELD(bh_submission, reserved),
};

static const char *find_field(const struct field *fields, size_t count,
                              size_t offset)
{
	for (size_t i = 0; i < count; i++)
		if (offset >= fields[i].offset &&
		    offset - fields[i].offset < fields[i].size)
			return fields[i].name;
	return NULL;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void view_locate(const struct view_bytes *submission, uint64_t offset,
                 struct view_place *place)
{
	struct batch_walk walk = {.offset = 0};
	size_t header = sizeof(struct bh_submission);
	size_t within;

	*place = (struct view_place){.found = false};
	if (offset >= submission->size)
		return;
	if (offset < header) {
		place->found = place->in_header = true;
		place->offset = (size_t)offset;
		place->field =
		        find_field(submission_fields, COUNT(submission_fields),
		                   (size_t)offset);
		return;
	}
	walk.data = submission->data + header;
	walk.size = submission->size - header;
	within = (size_t)offset - header;
	for (; batch_next(&walk, &place->at); place->record++) {
		if (within >= walk.offset)
			continue;
		place->found = true;
		place->offset = within - place->at.offset;
		place->in_payload = place->offset >= sizeof(struct bh_record);
		if (place->in_payload)
			place->offset -= sizeof(struct bh_record);
		else
			place->field =
			        find_field(record_fields, COUNT(record_fields),
			                   place->offset);
		return;
	}
}

/* The symbol that holds WITHIN, with the distance to ADDRESS. */
static bool name_address(const struct view_variant *variant, uint64_t within,
                         uint64_t address, char *text, size_t size)
{
	uint64_t bias = variant->raw.state.bias;
	struct bh_elf_symbol symbol;
	char safe[160];

	if (!variant->has_elf ||
	    !bh_elf_symbol_at(&variant->elf, within - bias, &symbol))
		return false;
	escape_text(safe, sizeof(safe), symbol.name, strlen(symbol.name));
	if (address - bias == symbol.address)
		snprintf(text, size, "%s", safe);
	else
		snprintf(text, size, "%s+0x%" PRIx64, safe,
		         address - bias - symbol.address);
	return true;
}

bool view_symbol(const struct view_variant *variant, uint64_t address,
                 char *text, size_t size)
{
	return name_address(variant, address, address, text, size);
}

bool view_caller(const struct view_variant *variant, uint64_t address,
                 char *text, size_t size)
{
	return name_address(variant, address - 1, address, text, size);
}

/* The events of one completion batch: whose bytes came last. */
static void follow_batch(const struct view *view,
                         const struct view_bytes *batch, struct view_peer *peer)
{
	struct batch_walk walk = {batch->data, batch->size, 0, false};
	struct batch_record record;
	struct decode_net_item item;

	while (batch_next(&walk, &record)) {
		size_t at = 0;

		if (decode_protocol(&view->channels, record.header.channel) !=
		    BH_PROTOCOL_NET)
			continue;
		while (decode_net_next(&record, &at, &item))
			if (item.header.type == BH_NET_DATA ||
			    item.header.type == BH_NET_DATAGRAM)
				*peer = (struct view_peer){
				        .socket = item.header.socket,
				        .address = item.header.address,
				        .bytes = {item.data, item.size},
				};
	}
}

bool view_find_peer(const struct view *view, struct view_peer *peer)
{
	*peer = (struct view_peer){.socket = 0};
	follow_batch(view, &view->last_input, peer);
	for (unsigned p = 0; p < view->past_count; p++)
		follow_batch(view, &view->past[p].completion, peer);
	return peer->socket != 0;
}
