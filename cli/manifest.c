/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "manifest.h"

#include <ctype.h>
#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/protocol/service.h"
#include "diversity.h"
#include "lib/cleanup.h"
#include "manifest_line.h"
#include "manifest_schema.h"
#include "memory.h"
#include "net.h"
#include "volume.h"

#define MANIFEST_SIZE_MAX (1u << 20)

/* What every function here needs for a message that names file, line, key. */
struct source {
	const char *path;
	const void *text;
	size_t size;
	struct problem *problem;
};

/* The place of a value: an entry of a list, or the top if list is NULL. */
struct place {
	const struct source *source;
	const char *list;
	unsigned index;
};

/* Puts "FILE:LINE: KEY: " before what the problem says. */
static int blame(const struct place *place, const char *key)
{
	const struct source *source = place->source;
	struct problem *problem = source->problem;
	unsigned line = manifest_line(source->text, source->size, place->list,
	                              place->index, key);
	struct problem what = *problem;

	return problem_set(problem, "%s:%u: %s: %.800s", source->path, line,
	                   key, what.text);
}

static int read_size(const struct place *place, const char *key,
                     const char *text, uint64_t max, uint64_t *size)
{
	if (!text ||
	    !plan_parse_size(text, max, "size", size, place->source->problem))
		return 0;
	return blame(place, key);
}

static int read_number(const struct place *place, const char *key,
                       const char *text, uint64_t max, uint64_t *number)
{
	if (!text || !plan_parse_number(text, 1, max, "number", number,
	                                place->source->problem))
		return 0;
	return blame(place, key);
}

static int read_bool(const struct place *place, const char *key,
                     const char *text, bool *value)
{
	if (!text)
		return 0;
	if (strcmp(text, "true") == 0 || strcmp(text, "yes") == 0) {
		*value = true;
		return 0;
	}
	if (strcmp(text, "false") == 0 || strcmp(text, "no") == 0) {
		*value = false;
		return 0;
	}
	problem_set(place->source->problem,
	            "'%.200s' is neither true nor "
	            "false",
	            text);
	return blame(place, key);
}

/* Paths are relative to the manifest. */
static char *resolve(const struct source *source, const char *path)
{
	const char *slash = strrchr(source->path, '/');

	if (path[0] == '/' || !slash)
		return memory_string(path);
	return memory_format("%.*s/%s", (int)(slash - source->path),
	                     source->path, path);
}

static int read_isas(const struct place *place, const struct entry *entry,
                     struct plan_domain *domain)
{
	for (unsigned i = 0; i < entry->isas_count; i++) {
		struct plan_variant *pick = &domain->isas[domain->isa_count++];

		if (plan_parse_isa(pick, entry->isas[i],
		                   place->source->problem))
			return blame(place, "isas");
	}
	return 0;
}

static int read_variants(const struct place *place, const struct entry *entry,
                         struct plan_domain *domain)
{
	struct problem *problem = place->source->problem;

	for (unsigned v = 0; v < entry->variants_count; v++) {
		const struct entry_variant *from = &entry->variants[v];
		BH_AUTO_FREE char *text = memory_format(
		        "%s%s%s", from->isa, from->core ? ":" : "",
		        from->core ? from->core : "");
		struct plan_variant *to =
		        &domain->variants[domain->variant_count];

		if (plan_parse_isa(to, text, problem))
			return blame(place, "variants");
		to->image = resolve(place->source, from->image);
		if (from->root)
			to->root = resolve(place->source, from->root);
		domain->variant_count++;
	}
	return 0;
}

static int read_images(const struct place *place, const struct entry *entry,
                       struct plan_domain *domain)
{
	struct problem *problem = place->source->problem;

	if (!!entry->set + !!entry->variants_count + !!entry->linux_image !=
	    1) {
		problem_set(problem,
		            "give either 'set', 'variants' or 'linux'");
		return blame(place, entry->set ? "set" : "name");
	}
	if (entry->variants_count && entry->isas_count) {
		problem_set(problem, "'isas' picks from a set; with 'variants' "
		                     "there is none");
		return blame(place, "isas");
	}
	if (entry->set)
		domain->set = resolve(place->source, entry->set);
	if (entry->linux_image)
		domain->linux_image =
		        resolve(place->source, entry->linux_image);
	return read_isas(place, entry, domain) ||
	                       read_variants(place, entry, domain)
	               ? -1
	               : 0;
}

/* `arena` is a truth value, or the size of its large part. */
static int read_arena(const struct place *place, const char *text,
                      struct plan_domain *domain)
{
	if (!text || !isdigit((unsigned char)text[0]))
		return read_bool(place, "arena", text, &domain->arena);
	domain->arena = true;
	return read_size(place, "arena", text, PLAN_ARENA_MAX,
	                 &domain->arena_high);
}

static int read_limits(const struct place *place, const struct entry *entry,
                       struct plan_domain *domain)
{
	bool console = true;

	if (read_bool(place, "service", entry->service, &domain->service) ||
	    read_bool(place, "restart", entry->restart, &domain->restart) ||
	    read_bool(place, "console", entry->console, &console) ||
	    read_size(place, "memory", entry->memory, PLAN_MEMORY_MAX,
	              &domain->memory) ||
	    read_size(place, "stack", entry->stack, PLAN_STACK_MAX,
	              &domain->stack) ||
	    read_arena(place, entry->arena, domain) ||
	    read_size(place, "recovery", entry->recovery, PLAN_RECOVERY_MAX,
	              &domain->recovery) ||
	    read_number(place, "deadline", entry->deadline, PLAN_DEADLINE_MAX,
	                &domain->deadline))
		return -1;
	domain->quiet = !console;
	if (entry->response &&
	    plan_parse_response(&domain->response, entry->response,
	                        place->source->problem))
		return blame(place, "response");
	if (entry->restart_limit &&
	    plan_parse_restart_limit(domain, entry->restart_limit,
	                             "restart-limit", place->source->problem))
		return blame(place, "restart-limit");
	if (entry->replace &&
	    plan_parse_past(domain, entry->replace, "replace",
	                    place->source->problem))
		return blame(place, "replace");
	return 0;
}

/* What only a Linux program has. */
static int read_linux(const struct place *place, const struct entry *entry,
                      struct plan_domain *domain)
{
	static const char *const keys[] = {"command", "workdir", "user",
	                                   "hostname", "diversify"};
	const bool given[] = {entry->command_count != 0, entry->workdir,
	                      entry->user, entry->hostname, entry->diversify};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (given[i] && !entry->linux_image) {
			problem_set(place->source->problem,
			            "only a domain with 'linux' has a %s",
			            keys[i]);
			return blame(place, keys[i]);
		}
	if (entry->linux_image && entry->arguments_count) {
		problem_set(place->source->problem,
		            "a Linux program has a 'command', which includes "
		            "its arguments");
		return blame(place, "arguments");
	}
	for (unsigned i = 0; i < entry->command_count; i++)
		plan_strings_add(&domain->arguments, entry->command[i]);
	domain->workdir = entry->workdir ? memory_string(entry->workdir) : NULL;
	domain->user = entry->user ? memory_string(entry->user) : NULL;
	domain->hostname =
	        entry->hostname ? memory_string(entry->hostname) : NULL;
	if (entry->diversify &&
	    diversity_parse(&domain->diversity, entry->diversify, "diversify",
	                    place->source->problem))
		return blame(place, "diversify");
	return 0;
}

static int read_strings(const struct place *place, const struct entry *entry,
                        struct plan_domain *domain)
{
	if (read_linux(place, entry, domain))
		return -1;
	if (!entry->linux_image)
		plan_strings_add(&domain->arguments, domain->name);
	for (unsigned i = 0; i < entry->arguments_count; i++)
		plan_strings_add(&domain->arguments, entry->arguments[i]);
	for (unsigned i = 0; i < entry->environment_count; i++) {
		const char *text = entry->environment[i];

		if (!strchr(text, '=') || text[0] == '=') {
			problem_set(place->source->problem,
			            "'%.200s' is not NAME=VALUE", text);
			return blame(place, "environment");
		}
		plan_strings_add(&domain->environment, text);
	}
	return 0;
}

static char *resolve_volume(const void *context, const char *path)
{
	return resolve(context, path);
}

static int read_volumes(const struct place *place, const struct entry *entry,
                        struct plan_domain *domain)
{
	for (unsigned i = 0; i < entry->volumes_count; i++)
		if (volume_parse(domain, entry->volumes[i], resolve_volume,
		                 place->source, place->source->problem))
			return blame(place, "volumes");
	return 0;
}

static int read_net(const struct place *place, const struct entry *entry,
                    struct plan_domain *domain)
{
	struct problem *problem = place->source->problem;
	struct net_publish publish;
	struct net_connect connect;

	for (unsigned i = 0; i < entry->publish_count; i++) {
		if (net_parse_publish(entry->publish[i], "port", &publish,
		                      problem))
			return blame(place, "publish");
		plan_strings_add(&domain->publish, entry->publish[i]);
	}
	for (unsigned i = 0; i < entry->connect_count; i++) {
		if (net_parse_connect(entry->connect[i], "target", &connect,
		                      problem))
			return blame(place, "connect");
		plan_strings_add(&domain->connect, entry->connect[i]);
	}
	return read_bool(place, "signals", entry->signals, &domain->signals);
}

static int read_name(const struct place *place, const struct plan *plan,
                     const char *name, struct plan_domain *domain)
{
	struct problem *problem = place->source->problem;

	if (plan_set_name(domain->name, name, "name", problem))
		return blame(place, "name");
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (strcmp(plan->domains[d].name, domain->name) == 0) {
			problem_set(problem, "there are two domains %s",
			            domain->name);
			return blame(place, "name");
		}
	return 0;
}

static int read_domain(const struct place *place, const struct entry *entry,
                       const char *name, struct plan *plan)
{
	struct plan_domain *domain = &plan->domains[plan->domain_count];
	int r;

	plan_domain_init(domain);
	r = read_name(place, plan, name, domain);
	plan->domain_count++; /* plan_free() releases what is there so far */
	if (r || read_images(place, entry, domain) ||
	    read_limits(place, entry, domain) ||
	    read_volumes(place, entry, domain) ||
	    read_net(place, entry, domain) ||
	    read_strings(place, entry, domain))
		return -1;
	return 0;
}

static int find_domain(const struct place *place, const struct plan *plan,
                       const char *key, const char *name, unsigned *index)
{
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (strcmp(plan->domains[d].name, name) == 0) {
			*index = d;
			return 0;
		}
	problem_set(place->source->problem, "there is no domain '%.100s'",
	            name);
	return blame(place, key);
}

static int read_channel(const struct place *place,
                        const struct entry_channel *entry, struct plan *plan)
{
	struct plan_connection *connection =
	        &plan->connections[plan->connection_count];
	struct problem *problem = place->source->problem;
	uint64_t credit = BH_SERVICE_CREDIT_DEFAULT;

	if (plan_set_name(connection->name, entry->name, "name", problem))
		return blame(place, "name");
	if (find_domain(place, plan, "client", entry->client,
	                &connection->client) ||
	    find_domain(place, plan, "server", entry->server,
	                &connection->server) ||
	    read_number(place, "credit", entry->credit, BH_SERVICE_CREDIT_MAX,
	                &credit))
		return -1;
	if (connection->client == connection->server) {
		problem_set(problem, "a domain cannot be its own server");
		return blame(place, "server");
	}
	connection->protocol = BH_PROTOCOL_SERVICE;
	connection->credit = (uint32_t)credit;
	plan->connection_count++;
	return 0;
}

/* The name of a short form's domain: the last part of the set's path. */
static const char *short_name(const struct entry *entry)
{
	const char *path, *slash;

	if (entry->name)
		return entry->name;
	path = entry->set ? entry->set : entry->linux_image;
	if (!path)
		return "guest";
	slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

static int read_manifest(const struct source *source,
                         const struct manifest *manifest, struct plan *plan)
{
	struct place place = {source, NULL, 0};
	bool single = manifest->single.set || manifest->single.linux_image ||
	              manifest->single.variants_count;

	if (single == (manifest->domains_count != 0)) {
		problem_set(source->problem,
		            "give either 'domains' or one domain's own keys "
		            "('set', 'linux', ...)");
		return blame(&place, "domains");
	}
	if (single && read_domain(&place, &manifest->single,
	                          short_name(&manifest->single), plan))
		return -1;
	place.list = "domains";
	for (unsigned d = 0; d < manifest->domains_count; d++) {
		place.index = d;
		if (!manifest->domains[d].name) {
			problem_set(source->problem, "a domain needs a name");
			return blame(&place, "name");
		}
		if (read_domain(&place, &manifest->domains[d],
		                manifest->domains[d].name, plan))
			return -1;
	}
	place.list = "channels";
	for (unsigned c = 0; c < manifest->channels_count; c++) {
		place.index = c;
		if (read_channel(&place, &manifest->channels[c], plan))
			return -1;
	}
	return 0;
}

int manifest_parse(const char *path, const void *text, size_t size,
                   struct plan *plan, struct problem *problem)
{
	struct source source = {path, text, size, problem};
	struct manifest *manifest = NULL;
	int r = manifest_schema_load(path, text, size, &manifest, problem);

	if (r)
		return r;
	r = read_manifest(&source, manifest, plan);
	manifest_schema_free(manifest);
	return r;
}

int manifest_load(const char *path, struct plan *plan, struct problem *problem)
{
	BH_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	BH_AUTO_FREE char *text = NULL;
	struct stat status;
	ssize_t n;

	if (fd < 0 || fstat(fd, &status))
		return problem_errno(problem, errno, "%s", path);
	if (status.st_size <= 0 || status.st_size > MANIFEST_SIZE_MAX)
		return problem_set(problem,
		                   "%s: neither an ELF image nor a manifest "
		                   "(its size is %lld bytes; a manifest has 1 "
		                   "to %u)",
		                   path, (long long)status.st_size,
		                   MANIFEST_SIZE_MAX);
	text = memory_new(1, (size_t)status.st_size);
	n = pread(fd, text, (size_t)status.st_size, 0);
	if (n < 0)
		return problem_errno(problem, errno, "%s", path);
	return manifest_parse(path, text, (size_t)n, plan, problem);
}
