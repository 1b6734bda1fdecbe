/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "abi/protocol/control.h"
#include "names.h"
#include "report_view.h"

/* The sentences of a report. */

struct sentence {
	char *text;
	size_t size, used;
};

static void add(struct sentence *s, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void add(struct sentence *s, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(s->text + s->used, s->size - s->used, format, list);
	va_end(list);
	if (n > 0)
		s->used += (size_t)n;
	if (s->used >= s->size)
		s->used = s->size - 1;
}

static bool has_faulted(const struct view_variant *variant)
{
	return !variant->raw.lost && variant->raw.post == BH_POST_FAULT;
}

const char *view_state(const struct view_variant *variant)
{
	if (variant->raw.lost)
		return "lost";
	switch (variant->raw.post) {
	case BH_POST_EXCHANGE:
		return "submitted";
	case BH_POST_FAULT:
		return "faulted";
	case BH_POST_ERROR:
		return "failed to start";
	case BH_POST_STATE:
		return "absent";
	default:
		return post_name(variant->raw.post);
	}
}

static const char *near_null(uint64_t address)
{
	return address < BH_GUEST_BOTTOM ? " (a null pointer)" : "";
}

void view_fault(const struct view_variant *variant, char *text, size_t size)
{
	const struct bh_core_state *state = &variant->raw.state;
	struct sentence s = {text, size, 0};

	text[0] = 0;
	if (!variant->raw.described && !has_faulted(variant))
		return;
	switch (state->fault) {
	case BH_FAULT_NONE:
		break;
	case BH_FAULT_READ:
		add(&s,
		    "read at 0x%" PRIx64 "%s, where nothing is mapped that "
		    "it may read",
		    state->address, near_null(state->address));
		break;
	case BH_FAULT_WRITE:
		add(&s,
		    "write at 0x%" PRIx64 "%s, where nothing is mapped "
		    "that it may write",
		    state->address, near_null(state->address));
		break;
	case BH_FAULT_EXECUTE:
		add(&s,
		    "jump to 0x%" PRIx64 "%s, where nothing is mapped that "
		    "it may execute",
		    state->pc, near_null(state->pc));
		break;
	case BH_FAULT_INSTRUCTION:
		add(&s, "an instruction that is undefined or privileged");
		break;
	case BH_FAULT_TRAP:
		add(&s, "an instruction whose purpose is to trap");
		break;
	case BH_FAULT_ARITHMETIC:
		add(&s, "arithmetic that traps, such as a division by zero");
		break;
	case BH_FAULT_SYSCALL:
		add(&s, "a system call instruction, which a bare guest has no "
		        "use for");
		break;
	case BH_FAULT_ALIGNMENT:
		add(&s, "misaligned access at 0x%" PRIx64, state->address);
		break;
	case BH_FAULT_HYPERCALL:
		add(&s, "an unknown or malformed hypercall");
		break;
	default:
		add(&s, "a fault that the core could not classify");
		break;
	}
}

static void add_variant(struct sentence *s, const struct view *view, unsigned v)
{
	add(s, "variant %u (%s on %s)", v, isa_name(view->variants[v].raw.isa),
	    core_name(view->variants[v].raw.core));
}

/* Whether a variant is one that the sentence is about. */
typedef bool (*chooser)(const struct view *view, unsigned v);

static bool is_outlier(const struct view *view, unsigned v)
{
	return view->variants[v].raw.outlier;
}

static bool is_lost(const struct view *view, unsigned v)
{
	return view->variants[v].raw.lost;
}

static bool is_faulted(const struct view *view, unsigned v)
{
	return has_faulted(&view->variants[v]);
}

static bool is_absent(const struct view *view, unsigned v)
{
	const struct bh_report_variant *raw = &view->variants[v].raw;

	return !raw->lost &&
	       (raw->post == BH_POST_NONE || raw->post == BH_POST_STATE);
}

static unsigned count(const struct view *view, chooser choose)
{
	unsigned n = 0;

	for (unsigned v = 0; v < view->variant_count; v++)
		n += choose(view, v);
	return n;
}

/* "variant 1 (aarch64 on unicorn) and variant 2 (...)"; how many. */
static unsigned add_chosen(struct sentence *s, const struct view *view,
                           chooser choose)
{
	unsigned total = count(view, choose), n = 0;

	for (unsigned v = 0; v < view->variant_count; v++) {
		if (!choose(view, v))
			continue;
		if (n)
			add(s, n + 1 == total ? " and " : ", ");
		add_variant(s, view, v);
		n++;
	}
	return total;
}

static const char *others(const struct view *view, unsigned chosen)
{
	if (view->variant_count - chosen == 1)
		return "the other one";
	return "the others";
}

static const struct view_variant *first_chosen(const struct view *view,
                                               chooser choose)
{
	for (unsigned v = 0; v < view->variant_count; v++)
		if (choose(view, v))
			return &view->variants[v];
	return &view->variants[0];
}

static void add_place(struct sentence *s, const struct view *view)
{
	struct view_place place = {.found = false};

	for (unsigned v = 0; v < view->variant_count && !place.found; v++)
		view_locate(&view->variants[v].submission,
		            view->raw.first_difference, &place);
	if (!place.found)
		return;
	if (place.in_header)
		add(s, ", first in the submission header (%s)",
		    place.field ? place.field : "padding");
	else if (place.in_payload)
		add(s, ", first at byte %zu of the payload of record %u",
		    place.offset, place.record + 1);
	else
		add(s, ", first in the header of record %u (%s)",
		    place.record + 1, place.field ? place.field : "padding");
}

/* "console write 6 bytes \"hello\\n\"" of the record that differs. */
static void add_record(struct sentence *s, const struct view *view, unsigned v)
{
	const struct view_variant *variant = &view->variants[v];
	struct view_place place;
	char text[160];

	view_locate(&variant->submission, view->raw.first_difference, &place);
	if (!place.found || place.in_header) {
		add(s, "nothing there");
		return;
	}
	/* Of a turn with many commands the one is of interest that differs. */
	if (place.in_payload &&
	    decode_protocol(&view->channels, place.at.header.channel) ==
	            BH_PROTOCOL_NET)
		decode_net_narrow(&place.at, place.offset);
	decode_record(text, sizeof(text), &view->channels, &place.at,
	              DECODE_SUBMISSION, 32);
	add(s, "%s", text);
}

/* What the first outlier would send, and what the first of the others. */
static void add_both_records(struct sentence *s, const struct view *view)
{
	unsigned one = 0, other = 0;

	while (one + 1 < view->variant_count && !is_outlier(view, one))
		one++;
	while (other + 1 < view->variant_count && is_outlier(view, other))
		other++;
	add(s, ": ");
	add_record(s, view, one);
	add(s, " instead of ");
	add_record(s, view, other);
}

static void say_bytes(struct sentence *s, const struct view *view)
{
	unsigned outliers = count(view, is_outlier);

	if (outliers) {
		add_chosen(s, view, is_outlier);
		add(s,
		    outliers == 1 ? " wants to send something else than %s"
		                  : " want to send something else than %s",
		    others(view, outliers));
	} else {
		add(s, "the variants want to send different things");
	}
	add_place(s, view);
	if (outliers &&
	    view->raw.first_difference >= sizeof(struct bh_submission))
		add_both_records(s, view);
}

static void say_fault(struct sentence *s, const struct view *view)
{
	unsigned faulted = count(view, is_faulted);
	char fault[256];

	if (faulted == 0 || faulted == view->variant_count) {
		add(s, "the variants faulted in different ways");
		for (unsigned v = 0; v < view->variant_count; v++)
			add(s, "%s %u by %s", v ? "," : ": variant", v,
			    fault_name(view->variants[v].raw.state.fault));
		return;
	}
	add_chosen(s, view, is_faulted);
	add(s, " faulted and %s did not", others(view, faulted));
	view_fault(first_chosen(view, is_faulted), fault, sizeof(fault));
	if (fault[0])
		add(s, ": %s", fault);
}

static void add_wait_status(struct sentence *s,
                            const struct bh_report_variant *raw)
{
	int status = (int)raw->wait_status;

	if (WIFSIGNALED(status))
		add(s, " by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status))
		add(s, " with status %d", WEXITSTATUS(status));
}

static void say_lost(struct sentence *s, const struct view *view)
{
	unsigned lost = count(view, is_lost);

	add(s, lost == 1 ? "the core process of " : "the core processes of ");
	add_chosen(s, view, is_lost);
	add(s, lost == 1 ? " was ended" : " were ended");
	add_wait_status(s, &first_chosen(view, is_lost)->raw);
	if (lost < view->variant_count)
		add(s, " while %s went on", others(view, lost));
}

static void say_absent(struct sentence *s, const struct view *view)
{
	unsigned absent = add_chosen(s, view, is_absent);

	if (absent == 0)
		add(s, "a variant");
	add(s, " did not get there before the deadline");
	if (absent && absent < view->variant_count)
		add(s, ", %s did", others(view, absent));
}

static void say_reason(struct sentence *s, const struct view *view)
{
	char fault[256];

	switch (view->raw.reason) {
	case BH_REASON_BYTES:
	case BH_REASON_LENGTH:
	case BH_REASON_COUNT:
		say_bytes(s, view);
		break;
	case BH_REASON_FAULT:
		say_fault(s, view);
		break;
	case BH_REASON_LOST:
	case BH_REASON_ALL_LOST:
		say_lost(s, view);
		break;
	case BH_REASON_ABSENT:
		say_absent(s, view);
		break;
	case BH_REASON_ALL_FAULT:
		view_fault(first_chosen(view, is_faulted), fault,
		           sizeof(fault));
		add(s,
		    view->variant_count == 1
		            ? "the only variant faulted: %s"
		            : "all variants faulted in the same way: %s",
		    fault[0] ? fault : "how is not known");
		break;
	case BH_REASON_ABORT:
		add(s, "the guest stopped itself: %s",
		    abort_text(view->raw.detail));
		break;
	case BH_REASON_MALFORMED:
		add(s, "the guest broke the contract: %s",
		    malformed_text(view->raw.detail));
		break;
	default:
		add(s,
		    "the monitor stopped it for a reason this bh does not "
		    "know (%u)",
		    view->raw.reason);
		break;
	}
}

static void add_last_input(struct sentence *s, const struct view *view)
{
	struct batch_walk walk = {view->last_input.data, view->last_input.size,
	                          0, false};
	struct batch_record record;
	size_t bytes = 0;

	while (batch_next(&walk, &record))
		bytes += record.payload_size;
	if (bytes)
		add(s, ", after an input of %zu byte%s", bytes,
		    bytes == 1 ? "" : "s");
}

void view_headline(const struct view *view, char *text, size_t size)
{
	struct sentence s = {text, size, 0};

	add(&s, "%s, exchange %" PRIu64 ": ", view->domain, view->raw.exchange);
	say_reason(&s, view);
	add_last_input(&s, view);
	add(&s, ".");
}
