/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "options.h"

#include <elf.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "diversity.h"
#include "image_yaml.h"
#include "manifest.h"
#include "memory.h"
#include "names.h"
#include "net.h"
#include "volume.h"

enum option_code {
	OPTION_VARIANT = 256,
	OPTION_ISA,
	OPTION_CORE,
	OPTION_RESPONSE,
	OPTION_DEADLINE,
	OPTION_MEMORY,
	OPTION_STACK,
	OPTION_ENVIRONMENT,
	OPTION_PUBLISH,
	OPTION_CONNECT,
	OPTION_VOLUME,
	OPTION_WORKDIR,
	OPTION_USER,
	OPTION_HOSTNAME,
	OPTION_DIVERSIFY,
	OPTION_LOG,
	OPTION_RESTART_LIMIT,
	OPTION_REPLACE,
	OPTION_SEED,
	OPTION_REPORT,
	OPTION_TRACE,
	OPTION_JSON,
	OPTION_SUMMARY,
	OPTION_HELP,
};

static const struct option options[] = {
        {"variant", required_argument, NULL, OPTION_VARIANT},
        {"isa", required_argument, NULL, OPTION_ISA},
        {"core", required_argument, NULL, OPTION_CORE},
        {"response", required_argument, NULL, OPTION_RESPONSE},
        {"restart-limit", required_argument, NULL, OPTION_RESTART_LIMIT},
        {"deadline", required_argument, NULL, OPTION_DEADLINE},
        {"replace", required_argument, NULL, OPTION_REPLACE},
        {"mem", required_argument, NULL, OPTION_MEMORY},
        {"stack", required_argument, NULL, OPTION_STACK},
        {"env", required_argument, NULL, OPTION_ENVIRONMENT},
        {"publish", required_argument, NULL, OPTION_PUBLISH},
        {"connect", required_argument, NULL, OPTION_CONNECT},
        {"volume", required_argument, NULL, OPTION_VOLUME},
        {"workdir", required_argument, NULL, OPTION_WORKDIR},
        {"user", required_argument, NULL, OPTION_USER},
        {"hostname", required_argument, NULL, OPTION_HOSTNAME},
        {"diversify", optional_argument, NULL, OPTION_DIVERSIFY},
        {"log", required_argument, NULL, OPTION_LOG},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"report", required_argument, NULL, OPTION_REPORT},
        {"trace", required_argument, NULL, OPTION_TRACE},
        {"json", no_argument, NULL, OPTION_JSON},
        {"summary", no_argument, NULL, OPTION_SUMMARY},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
};

/*
 * What was said on the command line.  `domain` is the guest's when there is
 * no manifest; with one, only responses and deadline are taken from it.
 */
struct parsed {
	struct plan *plan;
	struct plan_domain domain;
	const char *image_option; /* an option that a manifest excludes */
	const char *linux_option; /* one that only images of Linux know */
	bool response;
	bool restart_limit;
	bool replace;
	bool deadline;
	bool help;
	const char *target;
};

static int parse_variant(struct plan_domain *domain, const char *text,
                         struct problem *problem)
{
	const char *equals = strchr(text, '=');
	struct plan_variant *variant = &domain->variants[domain->variant_count];
	char isa[64];

	if (!equals || !equals[1] || (size_t)(equals - text) >= sizeof(isa))
		return problem_set(problem,
		                   "--variant: '%s' is not ISA[:CORE]=FILE",
		                   text);
	if (domain->variant_count == BH_MAX_VARIANTS)
		return problem_set(problem, "--variant: at most %u variants",
		                   BH_MAX_VARIANTS);
	memcpy(isa, text, (size_t)(equals - text));
	isa[equals - text] = 0;
	if (plan_parse_isa(variant, isa, problem))
		return -1;
	variant->image = memory_string(equals + 1);
	domain->variant_count++;
	return 0;
}

static int parse_isa(struct plan_domain *domain, const char *text,
                     struct problem *problem)
{
	if (domain->isa_count == BH_MAX_VARIANTS)
		return problem_set(problem, "--isa: at most %u variants",
		                   BH_MAX_VARIANTS);
	return plan_parse_isa(&domain->isas[domain->isa_count++], text,
	                      problem);
}

static int parse_publish(struct plan_domain *domain, const char *text,
                         struct problem *problem)
{
	struct net_publish publish;

	if (net_parse_publish(text, "--publish", &publish, problem))
		return -1;
	plan_strings_add(&domain->publish, text);
	return 0;
}

static int parse_connect(struct plan_domain *domain, const char *text,
                         struct problem *problem)
{
	struct net_connect connect;

	if (net_parse_connect(text, "--connect", &connect, problem))
		return -1;
	plan_strings_add(&domain->connect, text);
	return 0;
}

static int parse_environment(struct plan_domain *domain, const char *text,
                             struct problem *problem)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return problem_set(problem, "--env: '%s' is not NAME=VALUE",
		                   text);
	plan_strings_add(&domain->environment, text);
	return 0;
}

static void replace(char **old, const char *new)
{
	free(*old);
	*old = memory_string(new);
}

static int parse_core(struct plan_domain *domain, const char *text,
                      struct problem *problem)
{
	domain->core = core_from_name(text);
	if (domain->core == BH_CORE_ANY)
		return problem_set(problem, "no such core: %s (there are: %s)",
		                   text, CORE_NAMES);
	return 0;
}

/* Options that say what the guest is; a manifest says that itself. */
static int parse_guest_option(int option, struct plan_domain *domain,
                              const char *value, struct problem *problem)
{
	switch (option) {
	case OPTION_VARIANT:
		return parse_variant(domain, value, problem);
	case OPTION_ISA:
		return parse_isa(domain, value, problem);
	case OPTION_CORE:
		return parse_core(domain, value, problem);
	case OPTION_MEMORY:
		return plan_parse_size(value, PLAN_MEMORY_MAX, "--mem",
		                       &domain->memory, problem);
	case OPTION_STACK:
		return plan_parse_size(value, PLAN_STACK_MAX, "--stack",
		                       &domain->stack, problem);
	case OPTION_VOLUME:
		return volume_parse(domain, value, NULL, NULL, problem);
	case OPTION_WORKDIR:
		if (value[0] != '/')
			return problem_set(problem,
			                   "--workdir: '%s' is not an absolute "
			                   "path",
			                   value);
		replace(&domain->workdir, value);
		return 0;
	case OPTION_USER:
		replace(&domain->user, value);
		return 0;
	case OPTION_HOSTNAME:
		replace(&domain->hostname, value);
		return 0;
	case OPTION_DIVERSIFY:
		return diversity_parse(&domain->diversity, value,
		                       "--diversify", problem);
	default:
		return parse_environment(domain, value, problem);
	case OPTION_PUBLISH:
		return parse_publish(domain, value, problem);
	case OPTION_CONNECT:
		return parse_connect(domain, value, problem);
	}
}

static int parse_cell_option(int option, struct parsed *parsed,
                             const char *value, struct problem *problem)
{
	struct plan *plan = parsed->plan;

	switch (option) {
	case OPTION_RESPONSE:
		parsed->response = true;
		return plan_parse_response(&parsed->domain.response, value,
		                           problem);
	case OPTION_RESTART_LIMIT:
		parsed->restart_limit = true;
		return plan_parse_restart_limit(&parsed->domain, value,
		                                "--restart-limit", problem);
	case OPTION_REPLACE:
		parsed->replace = true;
		return plan_parse_past(&parsed->domain, value, "--replace",
		                       problem);
	case OPTION_DEADLINE:
		parsed->deadline = true;
		return plan_parse_number(value, 1, PLAN_DEADLINE_MAX,
		                         "--deadline", &parsed->domain.deadline,
		                         problem);
	case OPTION_SEED:
		plan->seeded = true;
		return plan_parse_number(value, 0, UINT64_MAX, "--seed",
		                         &plan->seed, problem);
	case OPTION_LOG:
		replace(&plan->log, value);
		return 0;
	case OPTION_REPORT:
		replace(&plan->report, value);
		return 0;
	case OPTION_TRACE:
		replace(&plan->trace, value);
		return 0;
	case OPTION_SUMMARY:
		plan->summary = true;
		return 0;
	case OPTION_JSON:
		plan->json = true;
		return 0;
	default:
		parsed->help = true;
		return 0;
	}
}

static int parse_option(int option, int index, struct parsed *parsed,
                        struct problem *problem)
{
	switch (option) {
	case OPTION_WORKDIR:
	case OPTION_USER:
	case OPTION_HOSTNAME:
	case OPTION_DIVERSIFY:
		parsed->linux_option = options[index].name;
		/* fallthrough */
	case OPTION_VARIANT:
	case OPTION_ISA:
	case OPTION_CORE:
	case OPTION_MEMORY:
	case OPTION_STACK:
	case OPTION_ENVIRONMENT:
	case OPTION_PUBLISH:
	case OPTION_CONNECT:
	case OPTION_VOLUME:
		parsed->image_option = options[index].name;
		return parse_guest_option(option, &parsed->domain, optarg,
		                          problem);
	default:
		return parse_cell_option(option, parsed, optarg, problem);
	}
}

static int parse_target(struct parsed *parsed, const char *target,
                        struct problem *problem)
{
	if (parsed->target)
		return problem_set(problem,
		                   "run: two targets, %s and %s: arguments of "
		                   "the guest follow --",
		                   parsed->target, target);
	parsed->target = target;
	return 0;
}

/* The last component of a path, also of "dir/." and "dir/". */
static char *base_name(const char *path)
{
	char *real = realpath(path, NULL);
	const char *from = real ? real : path;
	const char *slash = strrchr(from, '/');
	char *name = memory_string(slash ? slash + 1 : from);

	free(real);
	return name;
}

/* A domain's name from a file's: what does not fit is replaced or cut. */
static void name_domain(struct plan_domain *domain, const char *name)
{
	size_t i;

	for (i = 0; name[i] && i < BH_NAME_SIZE - 1; i++) {
		bool fit = (name[i] >= 'a' && name[i] <= 'z') ||
		           (name[i] >= 'A' && name[i] <= 'Z') ||
		           (name[i] >= '0' && name[i] <= '9') ||
		           strchr("-_.", name[i]);

		domain->name[i] = fit ? name[i] : '_';
	}
	if (i == 0)
		memcpy(domain->name, "guest", sizeof("guest"));
}

/* A target that is a file but no ELF image is taken for a manifest. */
static bool is_manifest(const char *path)
{
	BH_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char magic[SELFMAG];
	ssize_t n;

	if (fd < 0)
		return false;
	n = pread(fd, magic, sizeof(magic), 0);
	return n >= 0 && (n < SELFMAG || memcmp(magic, ELFMAG, SELFMAG) != 0);
}

static void move_to_plan(struct parsed *parsed)
{
	parsed->plan->domains[0] = parsed->domain;
	parsed->plan->domain_count = 1;
	plan_domain_init(&parsed->domain);
}

static int plan_from_manifest(struct parsed *parsed, const char *path,
                              struct problem *problem)
{
	struct plan *plan = parsed->plan;

	if (parsed->image_option)
		return problem_set(problem,
		                   "--%s cannot be combined with a manifest; "
		                   "say it in %s",
		                   parsed->image_option, path);
	if (manifest_load(path, plan, problem))
		return -1;
	for (unsigned d = 0; d < plan->domain_count; d++) {
		struct plan_domain *domain = &plan->domains[d];

		if (parsed->response)
			domain->response = parsed->domain.response;
		if (parsed->deadline)
			domain->deadline = parsed->domain.deadline;
		if (parsed->replace)
			domain->past = parsed->domain.past;
		if (!parsed->restart_limit)
			continue;
		domain->restart_limit = parsed->domain.restart_limit;
		domain->restart_window = parsed->domain.restart_window;
	}
	return 0;
}

static bool any_domain(const struct plan *plan,
                       bool (*is_so)(const struct plan_domain *domain))
{
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (is_so(&plan->domains[d]))
			return true;
	return false;
}

/* An option that nothing asks for would be a mistake. */
static int check_responses(const struct parsed *parsed, struct problem *problem)
{
	if (parsed->restart_limit && !any_domain(parsed->plan, plan_restarts))
		return problem_set(problem,
		                   "--restart-limit: nothing is started again "
		                   "without --response restart or "
		                   "vote+restart");
	if (parsed->replace && !any_domain(parsed->plan, plan_votes))
		return problem_set(problem,
		                   "--replace: nobody is replaced without "
		                   "--response vote or vote+restart");
	return 0;
}

static int plan_from_options(struct parsed *parsed, const char *target,
                             struct problem *problem)
{
	struct plan_domain *domain = &parsed->domain;
	char *name;

	if (target && domain->variant_count)
		return problem_set(problem,
		                   "both --variant and a target (%s): name "
		                   "every image with --variant, or none",
		                   target);
	if (domain->variant_count && domain->isa_count)
		return problem_set(problem, "--isa picks from a target; with "
		                            "--variant there is none");
	if (!target && !domain->variant_count)
		return problem_set(problem, "run: nothing to run: name a set, "
		                            "a manifest or an image (see bh "
		                            "run --help)");
	if (target && image_is_folder(target))
		domain->linux_image = memory_string(target);
	else if (parsed->linux_option)
		return problem_set(problem,
		                   "--%s is for images of Linux programs (bh "
		                   "image build); %s is none",
		                   parsed->linux_option,
		                   target ? target : "--variant");
	else if (target)
		domain->set = memory_string(target);
	name = base_name(target ? target : domain->variants[0].image);
	name_domain(domain, name);
	if (!domain->linux_image)
		plan_strings_add(&domain->arguments, name);
	free(name);
	move_to_plan(parsed);
	return 0;
}

static int take_target(int argc, char **argv, struct parsed *parsed,
                       struct problem *problem)
{
	struct plan *plan = parsed->plan;
	int r = parsed->target && is_manifest(parsed->target)
	                ? plan_from_manifest(parsed, parsed->target, problem)
	                : plan_from_options(parsed, parsed->target, problem);

	if (!r)
		r = check_responses(parsed, problem);
	if (r || optind >= argc)
		return r;
	if (plan->domain_count > 1)
		return problem_set(problem, "arguments after --: the manifest "
		                            "has several domains; write "
		                            "`arguments:` there");
	for (int i = optind; i < argc; i++)
		plan_strings_add(&plan->domains[0].arguments, argv[i]);
	return 0;
}

int options_parse(int argc, char **argv, struct plan *plan, bool *help,
                  struct problem *problem)
{
	struct parsed parsed = {.plan = plan};
	int option, index = 0, r = 0;

	plan_domain_init(&parsed.domain);
	optind = 0;
	opterr = 0;
	while (!r && (option = getopt_long(argc, argv, "-:h", options,
	                                   &index)) != -1) {
		if (option == '?' || option == ':')
			r = problem_option(problem, "run", option, argc, argv);
		else if (option == 1)
			r = parse_target(&parsed, optarg, problem);
		else
			r = parse_option(option == 'h' ? OPTION_HELP : option,
			                 index, &parsed, problem);
	}
	*help = parsed.help;
	if (!r && !parsed.help)
		r = take_target(argc, argv, &parsed, problem);
	if (!r && !parsed.help)
		r = plan_complete(plan, problem);
	plan_domain_release(&parsed.domain);
	return r;
}
