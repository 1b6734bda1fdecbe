/* SPDX-License-Identifier: ISC */
#include "plan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/core.h"
#include "abi/exchange.h"
#include "abi/protocol/service.h"
#include "device.h"
#include "diversity.h"
#include "memory.h"
#include "names.h"
#include "net.h"
#include "volume.h"

void plan_domain_init(struct plan_domain *domain)
{
	*domain = (struct plan_domain){
	        .stack = PLAN_STACK_DEFAULT,
	        .buffer_size = BH_AREA_BUFFER_DEFAULT,
	        .restart_limit = PLAN_RESTART_LIMIT,
	        .restart_window = PLAN_RESTART_WINDOW,
	        .past = PLAN_PAST_DEFAULT,
	};
}

void plan_strings_release(struct plan_strings *strings)
{
	for (unsigned i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct plan_strings){NULL, 0};
}

void plan_domain_release(struct plan_domain *domain)
{
	free(domain->set);
	free(domain->linux_image);
	free(domain->workdir);
	free(domain->user);
	free(domain->hostname);
	plan_strings_release(&domain->arguments);
	plan_strings_release(&domain->environment);
	for (unsigned v = 0; v < domain->volume_count; v++)
		volume_release(&domain->volumes[v]);
	plan_strings_release(&domain->publish);
	plan_strings_release(&domain->connect);
	for (unsigned v = 0; v < domain->variant_count; v++) {
		free(domain->variants[v].image);
		free(domain->variants[v].root);
		free(domain->variants[v].kept);
	}
	plan_domain_init(domain);
}

void plan_free(struct plan *plan)
{
	for (unsigned d = 0; d < plan->domain_count; d++)
		plan_domain_release(&plan->domains[d]);
	free(plan->report);
	free(plan->trace);
	free(plan->log);
	/* It is large, and what has not been touched needs no pages now. */
	plan->report = plan->trace = plan->log = NULL;
	plan->domain_count = plan->connection_count = 0;
}

void plan_strings_add(struct plan_strings *strings, const char *text)
{
	strings->items = memory_resize(strings->items, strings->count + 1,
	                               sizeof(char *));
	strings->items[strings->count++] = memory_string(text);
}

int plan_parse_isa(struct plan_variant *variant, const char *text,
                   struct problem *problem)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	char name[BH_NAME_SIZE];

	if (length >= sizeof(name))
		return problem_set(problem, "no such ISA: %s (there are: %s)",
		                   text, ISA_NAMES);
	memcpy(name, text, length);
	name[length] = 0;
	variant->isa = isa_from_name(name);
	if (variant->isa == BH_ISA_NONE)
		return problem_set(problem, "no such ISA: %s (there are: %s)",
		                   name, ISA_NAMES);
	if (!colon)
		return 0;
	variant->core = core_from_name(colon + 1);
	if (variant->core == BH_CORE_ANY)
		return problem_set(problem, "no such core: %s (there are: %s)",
		                   colon + 1, CORE_NAMES);
	return 0;
}

int plan_parse_response(enum bh_response *response, const char *text,
                        struct problem *problem)
{
	static const char *const names[] = {
	        [BH_RESPONSE_HALT] = "halt",
	        [BH_RESPONSE_REPORT] = "report",
	        [BH_RESPONSE_RESTART] = "restart",
	        [BH_RESPONSE_VOTE] = "vote",
	        [BH_RESPONSE_VOTE_RESTART] = "vote+restart",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*response = (enum bh_response)i;
			return 0;
		}
	return problem_set(problem,
	                   "no such response: %s (there are: halt, restart, "
	                   "vote, vote+restart, report)",
	                   text);
}

bool plan_restarts(const struct plan_domain *domain)
{
	return domain->response == BH_RESPONSE_RESTART ||
	       domain->response == BH_RESPONSE_VOTE_RESTART;
}

bool plan_votes(const struct plan_domain *domain)
{
	return domain->response == BH_RESPONSE_VOTE ||
	       domain->response == BH_RESPONSE_VOTE_RESTART;
}

/* strtoull() accepts signs and spaces; a number here has digits only. */
static int parse_digits(const char *text, uint64_t *number, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*number = strtoull(text, &stop, 10);
	*end = stop;
	return errno ? -1 : 0;
}

int plan_parse_size(const char *text, uint64_t max, const char *what,
                    uint64_t *size, struct problem *problem)
{
	static const char units[] = "KMG";
	const char *end, *unit;
	unsigned shift = 0;
	uint64_t number;

	if (parse_digits(text, &number, &end))
		return problem_set(problem,
		                   "%s: '%s' is not a size, such as 65536, "
		                   "64K, 16M or 1G",
		                   what, text);
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return problem_set(problem,
			                   "%s: '%s' is not a size, such as "
			                   "65536, 64K, 16M or 1G",
			                   what, text);
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (number > max >> shift || number == 0)
		return problem_set(problem,
		                   "%s: %s is out of range (1 to %llu bytes)",
		                   what, text, (unsigned long long)max);
	number <<= shift;
	*size = (number + BH_PAGE_SIZE - 1) & ~(uint64_t)(BH_PAGE_SIZE - 1);
	return 0;
}

int plan_parse_number(const char *text, uint64_t min, uint64_t max,
                      const char *what, uint64_t *number,
                      struct problem *problem)
{
	const char *end;

	if (parse_digits(text, number, &end) || *end || *number < min ||
	    *number > max)
		return problem_set(problem,
		                   "%s: '%s' is not a number from %llu to %llu",
		                   what, text, (unsigned long long)min,
		                   (unsigned long long)max);
	return 0;
}

int plan_parse_restart_limit(struct plan_domain *domain, const char *text,
                             const char *what, struct problem *problem)
{
	const char *slash = strchr(text, '/');
	char count[16];
	uint64_t limit;

	if (!slash || (size_t)(slash - text) >= sizeof(count))
		return problem_set(problem, "%s: '%s' is not N/SECONDS", what,
		                   text);
	memcpy(count, text, (size_t)(slash - text));
	count[slash - text] = 0;
	if (plan_parse_number(count, 1, BH_RESTART_LIMIT_MAX, what, &limit,
	                      problem) ||
	    plan_parse_number(slash + 1, 1, PLAN_RESTART_WINDOW_MAX, what,
	                      &domain->restart_window, problem))
		return -1;
	domain->restart_limit = (uint32_t)limit;
	return 0;
}

int plan_parse_past(struct plan_domain *domain, const char *text,
                    const char *what, struct problem *problem)
{
	if (strcmp(text, "off") == 0) {
		domain->past = 0;
		return 0;
	}
	if (plan_parse_size(text, PLAN_PAST_MAX, what, &domain->past, problem))
		return -1;
	if (domain->past < UINT64_C(1) << 20)
		return problem_set(problem,
		                   "%s: '%s' is less than 1M (or `off`)", what,
		                   text);
	return 0;
}

int plan_set_name(char copy[BH_NAME_SIZE], const char *name, const char *what,
                  struct problem *problem)
{
	size_t length = strlen(name);

	if (length == 0 || length >= BH_NAME_SIZE)
		return problem_set(problem, "%s: a name has 1 to %u characters",
		                   what, BH_NAME_SIZE - 1);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			return problem_set(problem,
			                   "%s: a name consists of letters, "
			                   "digits, '-', '_' and '.'",
			                   what);
	memset(copy, 0, BH_NAME_SIZE);
	memcpy(copy, name, length);
	return 0;
}

/* The cheapest core that can execute the ISA on this host. */
static enum bh_core_kind best_core(enum bh_isa isa)
{
	if (isa == HOST_ISA)
		return BH_CORE_NATIVE;
	return isa == BH_ISA_X86_64 ? BH_CORE_UNICORN : BH_CORE_XLATE;
}

static bool core_can_run(enum bh_core_kind core, enum bh_isa isa)
{
	switch (core) {
	case BH_CORE_NATIVE:
	case BH_CORE_KVM:
		return isa == HOST_ISA;
	case BH_CORE_UNICORN:
		return true;
	case BH_CORE_XLATE:
	case BH_CORE_INTERPRET:
		return isa != BH_ISA_X86_64;
	default:
		return false;
	}
}

static int complete_variant(struct plan_variant *variant,
                            enum bh_core_kind preferred,
                            struct problem *problem)
{
	enum bh_isa isa = image_isa(variant->image, problem);

	if (isa == BH_ISA_NONE)
		return -1;
	if (variant->isa == BH_ISA_NONE)
		variant->isa = isa;
	if (variant->isa != isa)
		return problem_set(
		        problem, "%s is an image for %s, but %s was asked for",
		        variant->image, isa_name(isa), isa_name(variant->isa));
	if (variant->core == BH_CORE_ANY)
		variant->core = core_can_run(preferred, isa) ? preferred
		                                             : best_core(isa);
	if (!core_can_run(variant->core, isa))
		return problem_set(problem,
		                   "%s: the %s core cannot run %s on this "
		                   "host; use %s",
		                   variant->image, core_name(variant->core),
		                   isa_name(isa), core_name(best_core(isa)));
	return 0;
}

static uint64_t strings_bytes(const struct plan_strings *strings)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < strings->count; i++)
		bytes += strlen(strings->items[i]) + 1;
	return bytes;
}

static int add_channel(struct plan_domain *domain, enum bh_protocol protocol,
                       enum bh_role role, const char *name, uint32_t credit,
                       uint16_t *number, struct problem *problem)
{
	struct bh_channel_info *channel =
	        &domain->channels[domain->channel_count];

	if (domain->channel_count == BH_MAX_CHANNELS)
		return problem_set(problem,
		                   "domain %s has more than %u channels",
		                   domain->name, BH_MAX_CHANNELS);
	channel->protocol = protocol;
	channel->role = role;
	channel->credit = credit;
	/* Names are shorter than BH_NAME_SIZE; the rest is zero already. */
	memcpy(channel->name, name, strnlen(name, BH_NAME_SIZE - 1));
	if (number)
		*number = (uint16_t)domain->channel_count;
	domain->channel_count++;
	return 0;
}

static int add_built_in_channels(struct plan_domain *domain,
                                 struct problem *problem)
{
	static const struct {
		enum bh_protocol protocol;
		const char *name;
	} built_in[] = {
	        {BH_PROTOCOL_CONTROL, "control"},
	        {BH_PROTOCOL_CONSOLE, "console"},
	        {BH_PROTOCOL_CLOCK, "clock"},
	        {BH_PROTOCOL_ENTROPY, "entropy"},
	        {BH_PROTOCOL_RECOVERY, "recovery"},
	};

	for (unsigned i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		if (built_in[i].protocol == BH_PROTOCOL_RECOVERY &&
		    !domain->recovery)
			continue;
		if (add_channel(domain, built_in[i].protocol, BH_ROLE_CLIENT,
		                built_in[i].name, BH_SERVICE_CREDIT_DEFAULT,
		                NULL, problem))
			return -1;
	}
	return 0;
}

static int complete_device(struct plan_domain *domain, struct problem *problem)
{
	return add_channel(domain, BH_PROTOCOL_CONTROL, BH_ROLE_CLIENT,
	                   "control", BH_SERVICE_CREDIT_DEFAULT, NULL, problem);
}

/* All variants have a root image, or none; with one there is an arena. */
static int complete_memory(struct plan_domain *domain, struct problem *problem)
{
	unsigned roots = 0;

	for (unsigned v = 0; v < domain->variant_count; v++)
		roots += domain->variants[v].root != NULL;
	if (roots && roots != domain->variant_count)
		return problem_set(problem,
		                   "%s: %u of %u variants have a root image: "
		                   "give it to all or none",
		                   domain->name, roots, domain->variant_count);
	domain->arena |= roots != 0;
	if (!domain->memory)
		domain->memory = domain->arena ? PLAN_PROGRAM_DEFAULT
		                               : PLAN_MEMORY_DEFAULT;
	if (!domain->arena) {
		domain->heap = domain->memory;
		return 0;
	}
	if (!domain->arena_high)
		domain->arena_high = PLAN_ARENA_HIGH;
	domain->arena_low = PLAN_ARENA_LOW;
	domain->memory_limit = domain->memory;
	domain->heap = PLAN_KERNEL_HEAP;
	return 0;
}

static int complete_domain(struct plan_domain *domain, struct problem *problem)
{
	bool preferred = domain->core == BH_CORE_ANY;

	if (domain->device)
		return complete_device(domain, problem);
	if (domain->linux_image)
		domain->buffer_size = PLAN_BUFFER_LARGE;
	if (plan_find_images(domain, problem) ||
	    complete_memory(domain, problem))
		return -1;
	for (unsigned v = 0; v < domain->variant_count; v++) {
		if (complete_variant(&domain->variants[v], domain->core,
		                     problem))
			return -1;
		preferred |= domain->variants[v].core == domain->core;
	}
	if (!preferred)
		return problem_set(problem,
		                   "%s: the %s core can run none of the "
		                   "variants on this host",
		                   domain->name, core_name(domain->core));
	if (plan_votes(domain) && domain->variant_count < 3)
		return problem_set(problem,
		                   "%s: two cannot vote: that response needs "
		                   "three variants or more",
		                   domain->name);
	if (strings_bytes(&domain->arguments) +
	            strings_bytes(&domain->environment) +
	            (domain->diversity ? DIVERSITY_BYTES : 0) >
	    BH_CORE_STRINGS_MAX)
		return problem_set(problem,
		                   "arguments and environment of %s are "
		                   "longer than %u bytes",
		                   domain->name, BH_CORE_STRINGS_MAX);
	return add_built_in_channels(domain, problem);
}

static int complete_connection(struct plan *plan,
                               struct plan_connection *connection,
                               struct problem *problem)
{
	if (add_channel(&plan->domains[connection->client],
	                connection->protocol,
	                BH_ROLE_CLIENT, connection->name, connection->credit,
	                &connection->client_channel, problem))
		return -1;
	return add_channel(&plan->domains[connection->server],
	                   connection->protocol, BH_ROLE_SERVER,
	                   connection->name, connection->credit,
	                   &connection->server_channel, problem);
}

static bool name_is_taken(const struct plan *plan, const char *name)
{
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (strcmp(plan->domains[d].name, name) == 0)
			return true;
	return false;
}

/* The channel's name if it is free, else one with a number. */
static void name_device(const struct plan *plan, const char *name,
                        char copy[BH_NAME_SIZE])
{
	snprintf(copy, BH_NAME_SIZE, "%s", name);
	for (unsigned n = 2; name_is_taken(plan, copy); n++)
		snprintf(copy, BH_NAME_SIZE, "%.24s-%u", name, n);
}

int plan_add_device(struct plan *plan, unsigned guest,
                    const struct device_kind *kind, const char *name,
                    uint32_t credit, struct problem *problem)
{
	struct plan_domain *device = &plan->domains[plan->domain_count];
	struct plan_connection *connection =
	        &plan->connections[plan->connection_count];

	if (plan->domain_count == BH_MAX_DOMAINS ||
	    plan->connection_count == BH_MAX_CONNECTIONS)
		return problem_set(problem,
		                   "too many domains or channels: a cell has at "
		                   "most %u and %u, devices included",
		                   BH_MAX_DOMAINS, BH_MAX_CONNECTIONS);
	plan_domain_init(device);
	name_device(plan, name, device->name);
	device->device = kind;
	device->serves = guest;
	device->service = device->restart = device->quiet = true;
	device->variant_count = 1;
	device->variants[0].core = BH_CORE_DEVICE;
	device->buffer_size = PLAN_BUFFER_LARGE;
	plan->domains[guest].buffer_size = PLAN_BUFFER_LARGE;
	*connection = (struct plan_connection){
	        .client = guest,
	        .server = plan->domain_count,
	        .protocol = kind->protocol,
	        .credit = credit,
	};
	snprintf(connection->name, sizeof(connection->name), "%s", name);
	plan->connection_count++;
	return (int)plan->domain_count++;
}

static int choose_terminal(struct plan *plan, struct problem *problem)
{
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (!plan->domains[d].service) {
			plan->terminal = d;
			return 0;
		}
	return problem_set(problem, "every domain is a service: the cell would "
	                            "have nothing to wait for");
}

int plan_complete(struct plan *plan, struct problem *problem)
{
	unsigned guests = plan->domain_count;

	if (choose_terminal(plan, problem) || net_plan(plan, problem))
		return -1;
	for (unsigned d = 0; d < guests; d++)
		if (volume_plan(plan, d, problem))
			return -1;
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (complete_domain(&plan->domains[d], problem))
			return -1;
	for (unsigned c = 0; c < plan->connection_count; c++)
		if (complete_connection(plan, &plan->connections[c], problem))
			return -1;
	return 0;
}
