/* SPDX-License-Identifier: ISC */
#include "report_json.h"

#include <string.h>

#include "json.h"
#include "names.h"
#include "report_disasm.h"

/* Enough for any payload that a person or a test wants to look into. */
#define PAYLOAD_MAX 4096u

static json_t *convert_record(const struct view *view,
                              const struct batch_record *record,
                              enum decode_direction direction)
{
	json_t *object = json_object();
	char text[1024];

	decode_record(text, sizeof(text), &view->channels, record, direction,
	              64);
	json_object_set_new(object, "text", json_string(text));
	json_add_record(object, &view->channels, record, direction,
	                PAYLOAD_MAX);
	return object;
}

static json_t *convert_batch(const struct view *view,
                             const struct view_bytes *batch,
                             enum decode_direction direction)
{
	struct batch_walk walk = {batch->data, batch->size, 0, false};
	struct batch_record record;
	json_t *list = json_array();

	while (batch_next(&walk, &record))
		json_array_append_new(list,
		                      convert_record(view, &record, direction));
	return list;
}

static json_t *convert_caller(const struct view_variant *variant,
                              uint64_t address)
{
	json_t *object = json_object();
	char symbol[200];

	json_object_set_new(object, "address", json_address(address));
	json_object_set_new(
	        object, "symbol",
	        view_caller(variant, address, symbol, sizeof(symbol))
	                ? json_string(symbol)
	                : json_null());
	return object;
}

static json_t *convert_disassembly(const struct view_variant *variant)
{
	json_t *list = json_array();
	struct disasm disasm;

	disasm_around(variant, &disasm);
	for (unsigned i = 0; i < disasm.count; i++)
		json_array_append_new(
		        list, json_pack("{s:o, s:s, s:b}", "address",
		                        json_address(disasm.lines[i].address),
		                        "text", disasm.lines[i].text, "current",
		                        disasm.lines[i].current));
	return list;
}

static void add_state(json_t *object, const struct view_variant *variant)
{
	const struct bh_core_state *state = &variant->raw.state;
	json_t *backtrace = json_array(), *registers = json_array();
	char fault[320], symbol[200];

	view_fault(variant, fault, sizeof(fault));
	json_object_set_new(object, "fault",
	                    state->fault ? json_string(fault_name(state->fault))
	                                 : json_null());
	json_object_set_new(object, "fault_text", json_string(fault));
	json_object_set_new(object, "fault_address",
	                    json_address(state->address));
	json_object_set_new(object, "pc", json_address(state->pc));
	json_object_set_new(object, "image_pc",
	                    json_address(state->pc - state->bias));
	json_object_set_new(
	        object, "symbol",
	        view_symbol(variant, state->pc, symbol, sizeof(symbol))
	                ? json_string(symbol)
	                : json_null());
	json_object_set_new(object, "disassembly",
	                    convert_disassembly(variant));
	for (unsigned i = 0; i < state->backtrace_count; i++)
		json_array_append_new(
		        backtrace,
		        convert_caller(variant, state->backtrace[i]));
	json_object_set_new(object, "backtrace", backtrace);
	for (unsigned i = 0; i < 32; i++)
		json_array_append_new(registers,
		                      json_address(state->registers[i]));
	json_object_set_new(object, "registers", registers);
}

static void add_no_state(json_t *object)
{
	static const char *const keys[] = {"fault", "pc", "symbol",
	                                   "disassembly"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(object, keys[i], json_null());
}

/* The record with the first difference, else the first one. */
static json_t *convert_differing_record(const struct view *view,
                                        const struct view_variant *variant)
{
	struct batch_walk walk = {variant->batch.data, variant->batch.size, 0,
	                          false};
	struct batch_record first;
	struct view_place place;

	view_locate(&variant->submission, view->raw.first_difference, &place);
	if (place.found && !place.in_header)
		return convert_record(view, &place.at, DECODE_SUBMISSION);
	if (batch_next(&walk, &first))
		return convert_record(view, &first, DECODE_SUBMISSION);
	return json_null();
}

static json_t *convert_variant(const struct view *view, unsigned v)
{
	const struct view_variant *variant = &view->variants[v];
	json_t *object = json_object();

	json_object_set_new(object, "isa",
	                    json_string(isa_name(variant->raw.isa)));
	json_object_set_new(object, "core",
	                    json_string(core_name(variant->raw.core)));
	json_object_set_new(object, "image",
	                    variant->image ? json_bytes(variant->image,
	                                                strlen(variant->image))
	                                   : json_null());
	json_object_set_new(object, "state", json_string(view_state(variant)));
	json_object_set_new(object, "outlier",
	                    json_boolean(variant->raw.outlier));
	json_object_set_new(object, "dropped",
	                    json_boolean(variant->raw.dropped));
	json_object_set_new(object, "step_ns",
	                    json_unsigned(variant->raw.step_ns));
	json_object_set_new(object, "wait_status",
	                    variant->raw.lost
	                            ? json_integer(variant->raw.wait_status)
	                            : json_null());
	if (variant->raw.described)
		add_state(object, variant);
	else
		add_no_state(object);
	json_object_set_new(object, "record",
	                    convert_differing_record(view, variant));
	json_object_set_new(
	        object, "records",
	        convert_batch(view, &variant->batch, DECODE_SUBMISSION));
	return object;
}

static json_t *convert_difference(const struct view *view)
{
	uint64_t at = view->raw.first_difference;
	struct view_place place = {.found = false};
	json_t *object, *bytes;

	if (at == BH_NEVER)
		return json_null();
	object = json_object();
	bytes = json_array();
	for (unsigned v = 0; v < view->variant_count; v++) {
		const struct view_bytes *own = &view->variants[v].submission;

		json_array_append_new(
		        bytes, at < own->size ? json_integer(own->data[at])
		                              : json_null());
		if (!place.found)
			view_locate(own, at, &place);
	}
	json_object_set_new(object, "offset", json_unsigned(at));
	json_object_set_new(object, "bytes", bytes);
	json_object_set_new(object, "part",
	                    json_string(!place.found       ? "none"
	                                : place.in_header  ? "submission header"
	                                : place.in_payload ? "payload"
	                                                   : "record header"));
	json_object_set_new(object, "record",
	                    place.found && !place.in_header
	                            ? json_integer(place.record)
	                            : json_null());
	json_object_set_new(object, "part_offset", json_unsigned(place.offset));
	json_object_set_new(object, "field",
	                    place.field ? json_string(place.field)
	                                : json_null());
	return object;
}

static json_t *convert_input(const struct view *view)
{
	if (view->last_input.size == 0)
		return json_null();
	return convert_batch(view, &view->last_input, DECODE_COMPLETION);
}

static json_t *convert_peer(const struct view *view)
{
	char text[DECODE_NET_ADDRESS_SIZE];
	struct view_peer peer;
	size_t size;

	if (!view_find_peer(view, &peer))
		return json_null();
	size = peer.bytes.size < PAYLOAD_MAX ? peer.bytes.size : PAYLOAD_MAX;
	return json_pack("{s:o, s:o, s:o, s:o}", "connection",
	                 json_integer(peer.socket), "address",
	                 decode_net_address(&peer.address, text, sizeof(text))
	                         ? json_string(text)
	                         : json_null(),
	                 "size", json_integer((json_int_t)peer.bytes.size),
	                 "payload_hex", json_hex(peer.bytes.data, size));
}

static json_t *convert_past(const struct view *view)
{
	json_t *list = json_array();

	for (unsigned p = 0; p < view->past_count; p++) {
		const struct view_past *past = &view->past[p];
		json_t *object = json_object();

		json_object_set_new(object, "exchange",
		                    json_unsigned(past->exchange));
		json_object_set_new(object, "time_ns",
		                    json_unsigned(past->monotonic));
		json_object_set_new(object, "submission",
		                    convert_batch(view, &past->submission,
		                                  DECODE_SUBMISSION));
		json_object_set_new(object, "completion",
		                    convert_batch(view, &past->completion,
		                                  DECODE_COMPLETION));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *convert_detail(const struct view *view)
{
	switch (view->raw.reason) {
	case BH_REASON_ABORT:
		return json_string(abort_text(view->raw.detail));
	case BH_REASON_MALFORMED:
		return json_string(malformed_text(view->raw.detail));
	default:
		return json_null();
	}
}

json_t *report_to_json(const struct view *view)
{
	json_t *root = json_object(), *variants = json_array();
	char headline[1024];

	view_headline(view, headline, sizeof(headline));
	for (unsigned v = 0; v < view->variant_count; v++)
		json_array_append_new(variants, convert_variant(view, v));
	json_object_set_new(root, "verdict",
	                    json_string(verdict_name(view->raw.verdict)));
	json_object_set_new(root, "reason",
	                    json_string(reason_name(view->raw.reason)));
	json_object_set_new(root, "detail", convert_detail(view));
	json_object_set_new(root, "headline", json_string(headline));
	json_object_set_new(root, "domain", json_string(view->domain));
	json_object_set_new(root, "exchange",
	                    json_unsigned(view->raw.exchange));
	json_object_set_new(root, "time_ns",
	                    json_unsigned(view->raw.monotonic));
	json_object_set_new(root, "realtime_ns",
	                    json_unsigned(view->raw.realtime));
	json_object_set_new(
	        root, "consequence",
	        json_string(consequence_name(view->raw.consequence)));
	json_object_set_new(root, "delay_ns", json_unsigned(view->raw.delay));
	json_object_set_new(root, "variants", variants);
	json_object_set_new(root, "first_difference", convert_difference(view));
	json_object_set_new(root, "last_input", convert_input(view));
	json_object_set_new(root, "last_connection", convert_peer(view));
	json_object_set_new(root, "past", convert_past(view));
	return root;
}
