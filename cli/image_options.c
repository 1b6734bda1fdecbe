/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <ctype.h>
#include <elf.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_build.h"
#include "lib/cleanup.h"
#include "mapped.h"
#include "measure.h"
#include "memory.h"
#include "names.h"

enum option_code {
	OPTION_SUITE = 256,
	OPTION_ARCH,
	OPTION_INCLUDE,
	OPTION_COPY,
	OPTION_MIRROR,
	OPTION_CACHE,
	OPTION_ROOT,
	OPTION_STATIC,
	OPTION_SKEW,
	OPTION_OFFLINE,
	OPTION_TRANSLATE,
	OPTION_NAME,
	OPTION_ENVIRONMENT,
	OPTION_WORKDIR,
};

static const struct option options[] = {
        {"suite", required_argument, NULL, OPTION_SUITE},
        {"arch", required_argument, NULL, OPTION_ARCH},
        {"include", required_argument, NULL, OPTION_INCLUDE},
        {"copy", required_argument, NULL, OPTION_COPY},
        {"mirror", required_argument, NULL, OPTION_MIRROR},
        {"cache", required_argument, NULL, OPTION_CACHE},
        {"root", required_argument, NULL, OPTION_ROOT},
        {"static", required_argument, NULL, OPTION_STATIC},
        {"allow-version-skew", no_argument, NULL, OPTION_SKEW},
        {"offline", no_argument, NULL, OPTION_OFFLINE},
        {"translate", no_argument, NULL, OPTION_TRANSLATE},
        {"name", required_argument, NULL, OPTION_NAME},
        {"env", required_argument, NULL, OPTION_ENVIRONMENT},
        {"workdir", required_argument, NULL, OPTION_WORKDIR},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
};

static void replace(char **old, const char *new)
{
	free(*old);
	*old = memory_string(new);
}

/* Text that goes into apt's files: nothing that means something there. */
static bool is_plain(const char *text, const char *also)
{
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(also, *c))
			return false;
	return isalnum((unsigned char)text[0]);
}

static int add_source(struct image_build *build, enum bh_isa isa,
                      const char *from, struct problem *problem)
{
	unsigned at = build->source_count;

	for (unsigned i = 0; i < build->source_count; i++)
		if (build->sources[i].isa == isa)
			return problem_set(problem, "image: %s twice",
			                   isa_name(isa));
	while (at && build->sources[at - 1].isa > isa) {
		build->sources[at] = build->sources[at - 1];
		at--;
	}
	build->sources[at] = (struct image_source){
	        .isa = isa, .from = from ? memory_string(from) : NULL};
	build->source_count++;
	return 0;
}

static int parse_architectures(struct image_build *build, const char *text,
                               struct problem *problem)
{
	BH_AUTO_FREE char *copy = memory_string(text);
	char *rest = copy, *word;

	while ((word = strsep(&rest, ","))) {
		enum bh_isa isa = image_isa_of_architecture(word);

		if (isa == BH_ISA_NONE)
			isa = isa_from_name(word);
		if (isa == BH_ISA_NONE)
			return problem_set(problem,
			                   "--arch: no such architecture: %s "
			                   "(there are: amd64, arm64, riscv64)",
			                   word);
		if (add_source(build, isa, NULL, problem))
			return -1;
	}
	return 0;
}

static int parse_include(struct image_build *build, const char *text,
                         struct problem *problem)
{
	BH_AUTO_FREE char *copy = memory_string(text);
	char *rest = copy, *word;

	while ((word = strsep(&rest, ","))) {
		if (!is_plain(word, "+-."))
			return problem_set(problem,
			                   "--include: '%s' is not the name of "
			                   "a package",
			                   word);
		plan_strings_add(&build->include, word);
	}
	return 0;
}

static int parse_copy(struct image_build *build, const char *text,
                      struct problem *problem)
{
	const char *colon = strrchr(text, ':');
	const char *to = colon ? colon + 1 : "";
	size_t length = strlen(to);
	struct image_copy *copy = &build->copies[build->copy_count];

	if (!colon || colon == text || to[0] != '/' || to[length - 1] == '/' ||
	    strstr(to, "/../") || strcmp(strrchr(to, '/'), "/..") == 0)
		return problem_set(problem,
		                   "--copy: '%s' is not FILE:/PATH/IN/IMAGE",
		                   text);
	if (build->copy_count == IMAGE_COPIES_MAX)
		return problem_set(problem, "--copy: at most %u",
		                   IMAGE_COPIES_MAX);
	copy->from = memory_format("%.*s", (int)(colon - text), text);
	copy->to = memory_string(to);
	build->copy_count++;
	if (access(copy->from, R_OK))
		return problem_set(problem,
		                   "--copy: %s is not there, or not readable",
		                   copy->from);
	return 0;
}

static int set_kind(struct image_build *build, enum image_kind kind,
                    struct problem *problem)
{
	if (build->kind != IMAGE_NONE && build->kind != kind)
		return problem_set(problem,
		                   "image: packages (--suite, --arch, "
		                   "--include, --mirror), --root and --static "
		                   "exclude each other");
	build->kind = kind;
	return 0;
}

static int parse_source(struct image_build *build, enum image_kind kind,
                        const char *option, const char *text,
                        struct problem *problem)
{
	const char *equals = strchr(text, '=');
	BH_AUTO_FREE char *isa =
	        memory_format("%.*s", equals ? (int)(equals - text) : 0, text);

	if (!equals || !equals[1] || isa_from_name(isa) == BH_ISA_NONE)
		return problem_set(problem, "%s: '%s' is not ISA=%s (ISA: %s)",
		                   option, text,
		                   kind == IMAGE_ROOTS ? "FOLDER" : "PROGRAM",
		                   ISA_NAMES);
	if (set_kind(build, kind, problem))
		return -1;
	return add_source(build, isa_from_name(isa), equals + 1, problem);
}

static int parse_mirror(struct image_build *build, const char *text,
                        struct problem *problem)
{
	if ((strncmp(text, "http://", 7) && strncmp(text, "https://", 8) &&
	     strncmp(text, "copy:/", 6)) ||
	    !is_plain(text, ":/.-_~%@+"))
		return problem_set(problem,
		                   "--mirror: '%s' is not a URL that starts "
		                   "with http://, https:// or copy:/",
		                   text);
	replace(&build->mirror, text);
	return set_kind(build, IMAGE_PACKAGES, problem);
}

static int parse_package_option(struct image_build *build, int option,
                                const char *value, struct problem *problem)
{
	switch (option) {
	case OPTION_SUITE:
		if (!is_plain(value, "-./"))
			return problem_set(problem,
			                   "--suite: '%s' is not the name of "
			                   "a suite",
			                   value);
		replace(&build->suite, value);
		break;
	case OPTION_ARCH:
		if (set_kind(build, IMAGE_PACKAGES, problem))
			return -1;
		return parse_architectures(build, value, problem);
	case OPTION_INCLUDE:
		if (parse_include(build, value, problem))
			return -1;
		break;
	default:
		return parse_mirror(build, value, problem);
	}
	return set_kind(build, IMAGE_PACKAGES, problem);
}

static int parse_option(struct image_build *build, int option,
                        const char *value, struct problem *problem)
{
	switch (option) {
	case OPTION_COPY:
		return parse_copy(build, value, problem);
	case OPTION_CACHE:
		replace(&build->cache, value);
		return 0;
	case OPTION_ROOT:
		return parse_source(build, IMAGE_ROOTS, "--root", value,
		                    problem);
	case OPTION_STATIC:
		return parse_source(build, IMAGE_STATIC, "--static", value,
		                    problem);
	case OPTION_SKEW:
		build->allow_skew = true;
		return 0;
	case OPTION_OFFLINE:
		build->offline = true;
		return 0;
	case OPTION_TRANSLATE:
		build->translate = true;
		return 0;
	case OPTION_NAME:
		replace(&build->name, value);
		return 0;
	case OPTION_ENVIRONMENT:
		if (!strchr(value, '=') || value[0] == '=')
			return problem_set(problem,
			                   "--env: '%s' is not NAME=VALUE",
			                   value);
		plan_strings_add(&build->environment, value);
		return 0;
	case OPTION_WORKDIR:
		if (value[0] != '/')
			return problem_set(problem,
			                   "--workdir: '%s' is not an absolute "
			                   "path",
			                   value);
		replace(&build->workdir, value);
		return 0;
	case 'o':
		replace(&build->output, value);
		return 0;
	default:
		return parse_package_option(build, option, value, problem);
	}
}

/* -------------------------------------------------------------- completion */

static int check_root(const struct image_source *source,
                      struct problem *problem)
{
	BH_AUTO_FREE char *inside = memory_format("%s/.", source->from);

	if (access(inside, R_OK | X_OK) == 0)
		return 0;
	return problem_set(problem,
	                   "--root: %s is not a folder, or not readable",
	                   source->from);
}

/* One ELF of the right instruction set that needs no loader. */
static int check_program(const struct image_source *source,
                         struct problem *problem)
{
	enum bh_isa isa = image_isa(source->from, problem);
	struct mapped file;
	bool dynamic = false;

	if (isa == BH_ISA_NONE)
		return -1;
	if (isa != source->isa)
		return problem_set(
		        problem, "--static: %s is for %s, not for %s",
		        source->from, isa_name(isa), isa_name(source->isa));
	if (mapped_open(&file, source->from))
		return problem_set(problem, "--static: %s cannot be read",
		                   source->from);
	if (file.size >= sizeof(Elf64_Ehdr)) {
		Elf64_Ehdr header;

		memcpy(&header, file.data, sizeof(header));
		for (unsigned i = 0; i < header.e_phnum; i++) {
			uint64_t at = header.e_phoff + i * sizeof(Elf64_Phdr);
			Elf64_Phdr segment;

			if (at < header.e_phoff ||
			    at > file.size - sizeof(segment))
				break;
			memcpy(&segment, file.data + at, sizeof(segment));
			dynamic |= segment.p_type == PT_INTERP;
		}
	}
	mapped_close(&file);
	if (dynamic)
		return problem_set(problem,
		                   "--static: %s is dynamic: it needs shared "
		                   "libraries; give a whole root with --root",
		                   source->from);
	return 0;
}

/* Relative to the current folder: no other program is to see it otherwise. */
static char *absolute(const char *path)
{
	BH_AUTO_FREE char *here =
	        path[0] == '/' ? NULL : get_current_dir_name();

	return here ? memory_format("%s/%s", here, path) : memory_string(path);
}

static void make_absolute(char **path)
{
	char *new = absolute(*path);

	free(*path);
	*path = new;
}

static int complete_output(struct image_build *build, struct problem *problem)
{
	size_t length;
	const char *name;

	if (!build->output || !build->output[0])
		return problem_set(problem,
		                   "image: -o FOLDER is missing: where the "
		                   "image is to be");
	make_absolute(&build->output);
	length = strlen(build->output);
	while (length > 1 && build->output[length - 1] == '/')
		build->output[--length] = 0;
	name = strrchr(build->output, '/') + 1;
	if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return problem_set(problem, "image: -o %s: name a new folder",
		                   build->output);
	if (!build->name)
		replace(&build->name, name);
	if (!is_plain(build->name, "-_.+"))
		return problem_set(problem,
		                   "image: '%s' is not fit for a name: give "
		                   "letters, digits, '-', '_', '.' with --name",
		                   build->name);
	return 0;
}

static int complete_packages(struct image_build *build, struct problem *problem)
{
	if (!build->include.count)
		return problem_set(problem,
		                   "image: --include PACKAGE is missing");
	if (!build->suite)
		replace(&build->suite, "trixie");
	if (!build->source_count)
		for (enum bh_isa isa = BH_ISA_X86_64; isa <= BH_ISA_RISCV64;
		     isa++)
			add_source(build, isa, NULL, problem);
	if (!build->cache)
		build->cache = measure_cache_folder();
	if (!build->cache)
		return problem_set(problem,
		                   "image: there is no HOME to keep downloads "
		                   "in: give --cache FOLDER");
	make_absolute(&build->cache);
	if (!is_plain(build->cache + 1, "/-_.+~@:,="))
		return problem_set(problem,
		                   "image: --cache %s: apt needs a plain path: "
		                   "letters, digits and /-_.+~@:,=",
		                   build->cache);
	return 0;
}

static int complete(struct image_build *build, struct problem *problem)
{
	if (build->kind == IMAGE_NONE)
		return problem_set(problem,
		                   "image: nothing to build from: give "
		                   "--include, --root or --static (see bh "
		                   "image --help)");
	if (complete_output(build, problem))
		return -1;
	if (build->kind == IMAGE_PACKAGES && complete_packages(build, problem))
		return -1;
	for (unsigned i = 0; i < build->source_count; i++) {
		if (build->kind == IMAGE_ROOTS &&
		    check_root(&build->sources[i], problem))
			return -1;
		if (build->kind == IMAGE_STATIC &&
		    check_program(&build->sources[i], problem))
			return -1;
	}
	if (build->command.count && build->command.items[0][0] != '/')
		return problem_set(problem,
		                   "image: the command '%s' is not an absolute "
		                   "path",
		                   build->command.items[0]);
	if (build->kind == IMAGE_STATIC && !build->command.count) {
		BH_AUTO_FREE char *program =
		        memory_format("/usr/bin/%s", build->name);

		plan_strings_add(&build->command, program);
	}
	return 0;
}

int image_options(int argc, char **argv, struct image_build *build,
                  struct problem *problem)
{
	int option, r = 0;

	optind = 0;
	opterr = 0;
	while (!r && (option = getopt_long(argc, argv, "-:ho:", options,
	                                   NULL)) != -1) {
		if (option == 'h')
			return 1;
		if (option == '?' || option == ':')
			r = problem_option(problem, "image", option, argc,
			                   argv);
		else if (option == 1)
			r = problem_set(problem,
			                "image: %s is no option; the command "
			                "of the image follows --",
			                optarg);
		else
			r = parse_option(build, option, optarg, problem);
	}
	for (int i = optind; !r && i < argc; i++)
		plan_strings_add(&build->command, argv[i]);
	return r ? r : complete(build, problem);
}
