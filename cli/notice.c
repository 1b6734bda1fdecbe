/* SPDX-License-Identifier: ISC */
#include "notice.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "json.h"
#include "names.h"

static json_t *begin(const char *event)
{
	json_t *object;

	json_object_seed(1); /* else jansson opens /dev/urandom */
	object = json_object();
	json_object_set_new(object, "event", json_string(event));
	return object;
}

static void add(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_unsigned(number));
}

static json_t *begin_domain(const char *event, const struct plan *plan,
                            unsigned domain)
{
	json_t *object = begin(event);

	json_object_set_new(object, "domain",
	                    json_string(plan->domains[domain].name));
	return object;
}

static json_t *begin_variant(const char *event, const struct plan *plan,
                             unsigned domain, unsigned number)
{
	const struct plan_variant *variant =
	        &plan->domains[domain].variants[number];
	json_t *object = begin_domain(event, plan, domain);

	add(object, "variant", number);
	json_object_set_new(object, "isa", json_string(isa_name(variant->isa)));
	json_object_set_new(object, "core",
	                    json_string(core_name(variant->core)));
	return object;
}

static void end(json_t *object)
{
	json_put_line(stderr, object);
	json_decref(object);
}

static const char *plural(uint64_t count, const char *one, const char *more)
{
	return count == 1 ? one : more;
}

/* The first words of a line. */
static void say_variant(const struct plan *plan, unsigned domain,
                        unsigned number)
{
	const struct plan_variant *variant =
	        &plan->domains[domain].variants[number];

	fprintf(stderr, "bh: %s: variant %u (%s on %s)",
	        plan->domains[domain].name, number, isa_name(variant->isa),
	        core_name(variant->core));
}

static void say_death(const char *device, int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "bh: device %s was killed by signal %d%s; it",
		        device, WTERMSIG(status),
		        WTERMSIG(status) == SIGSYS
		                ? " (a forbidden system call)"
		                : "");
	else
		fprintf(stderr, "bh: device %s ended with status %d; it",
		        device, WEXITSTATUS(status));
}

void notice_restarted(const struct plan *plan, unsigned domain, int status,
                      uint64_t count, uint64_t redelivered)
{
	bool device = plan->domains[domain].device;
	json_t *object;

	if (plan->json) {
		object = begin_domain("restarted", plan, domain);
		if (device && WIFSIGNALED(status))
			add(object, "signal", (uint64_t)WTERMSIG(status));
		else if (device)
			add(object, "exit_status",
			    (uint64_t)WEXITSTATUS(status));
		add(object, "restarts", count);
		add(object, "redelivered", redelivered);
		end(object);
		return;
	}
	if (device)
		say_death(plan->domains[domain].name, status);
	else
		fprintf(stderr, "bh: %s", plan->domains[domain].name);
	fprintf(stderr,
	        " was started again (%llu %s so far), %llu unanswered "
	        "requests were delivered again\n",
	        (unsigned long long)count, plural(count, "time", "times"),
	        (unsigned long long)redelivered);
}

void notice_given_up(const struct plan *plan, unsigned domain,
                     uint64_t verdicts, uint64_t ns)
{
	json_t *object;

	if (plan->json) {
		object = begin_domain("given_up", plan, domain);
		add(object, "verdicts", verdicts);
		add(object, "within_ns", ns);
		end(object);
		return;
	}
	fprintf(stderr,
	        "bh: %s is not started again: %llu %s within %llu.%llu "
	        "seconds\n",
	        plan->domains[domain].name, (unsigned long long)verdicts,
	        plural(verdicts, "verdict", "verdicts"),
	        (unsigned long long)(ns / 1000000000),
	        (unsigned long long)(ns / 100000000 % 10));
}

void notice_dropped(const struct plan *plan, unsigned domain, unsigned variant,
                    uint64_t remaining)
{
	json_t *object;

	if (plan->json) {
		object = begin_variant("dropped", plan, domain, variant);
		add(object, "remaining", remaining);
		end(object);
		return;
	}
	say_variant(plan, domain, variant);
	fprintf(stderr, " was stopped; %llu %s on%s\n",
	        (unsigned long long)remaining,
	        plural(remaining, "variant goes", "variants go"),
	        remaining == 2 && plan_votes(&plan->domains[domain])
	                ? ", which have to agree from now on"
	                : "");
}

void notice_replaced(const struct plan *plan, unsigned domain, unsigned variant,
                     uint64_t exchanges, uint64_t ns)
{
	json_t *object;

	if (plan->json) {
		object = begin_variant("replaced", plan, domain, variant);
		add(object, "exchanges", exchanges);
		add(object, "duration_ns", ns);
		end(object);
		return;
	}
	say_variant(plan, domain, variant);
	fprintf(stderr,
	        " has been replaced: a fresh one relived %llu %s in %.2f "
	        "seconds, and is one of the set\n",
	        (unsigned long long)exchanges,
	        plural(exchanges, "exchange", "exchanges"), (double)ns / 1e9);
}

static const struct {
	const char *name, *did;
} reasons[] = {
        [BH_IRREPLACEABLE_DIFFERENT] = {"different",
                                        "did not say what the set had "
                                        "agreed on"},
        [BH_IRREPLACEABLE_FAULT] = {"fault", "did not survive"},
        [BH_IRREPLACEABLE_LATE] = {"late", "did nothing for a minute"},
};

void notice_not_replaced(const struct plan *plan, unsigned domain,
                         unsigned variant, uint64_t reason, uint64_t exchange)
{
	/* Otherwise the set has lived too long. */
	bool tried = reason >= BH_IRREPLACEABLE_DIFFERENT &&
	             reason <= BH_IRREPLACEABLE_LATE;
	json_t *object;

	if (plan->json) {
		object = begin_variant("not_replaced", plan, domain, variant);
		json_object_set_new(
		        object, "reason",
		        json_string(tried ? reasons[reason].name : "old"));
		if (tried)
			add(object, "exchange", exchange);
		end(object);
		return;
	}
	say_variant(plan, domain, variant);
	if (tried)
		fprintf(stderr,
		        " is not replaced: fresh ones were tried, and the last "
		        "%s in exchange %llu\n",
		        reasons[reason].did, (unsigned long long)exchange);
	else
		fprintf(stderr,
		        " is not replaced: the set has lived longer than "
		        "--replace %lluM can hold\n",
		        (unsigned long long)plan->domains[domain].past >> 20);
}

void notice_ended(const struct plan *plan, unsigned domain,
                  unsigned exit_status)
{
	bool service = plan->domains[domain].service;
	json_t *object;

	if (plan->json) {
		object = begin_domain("ended", plan, domain);
		json_object_set_new(object, "service", json_boolean(service));
		add(object, "exit_status", exit_status);
		end(object);
		return;
	}
	fprintf(stderr, "bh: %s%s has ended with exit status %u%s\n",
	        service ? "service " : "", plan->domains[domain].name,
	        exit_status,
	        service ? ": its clients get errors from now on" : "");
}

void notice_note(const struct plan *plan, const char *text)
{
	json_t *object;

	if (plan->json) {
		object = begin("note");
		json_object_set_new(object, "text",
		                    json_bytes(text, strlen(text)));
		end(object);
		return;
	}
	fprintf(stderr, "bh: note: %s\n", text);
}

void notice_trace_lost(const struct plan *plan, int error)
{
	json_t *object;

	if (plan->json) {
		object = begin("trace_lost");
		json_object_set_new(
		        object, "file",
		        json_bytes(plan->trace, strlen(plan->trace)));
		json_object_set_new(object, "error",
		                    json_string(strerror(error)));
		end(object);
		return;
	}
	fprintf(stderr, "bh: the trace is incomplete: %s: %s\n", plan->trace,
	        strerror(error));
}
