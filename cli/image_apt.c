/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_build.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "names.h"
#include "progress.h"
#include "tool.h"

/*
 * apt-get with a configuration of its own: lists, cache and state below the
 * cache folder, one architecture at a time, no installed package.  So it needs
 * no root, and the system's apt neither sees nor feels it.
 */

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

/* One architecture's apt. */
struct apt {
	struct image_source *source;
	const char *architecture;
	char *folder;
	char *setting; /* APT_CONFIG=... */
	int lock;
	unsigned percent;
	struct apts *all;
};

struct apts {
	struct apt items[IMAGE_ISAS_MAX];
	unsigned count;
	const char *doing;
	char *acquire; /* the system's own settings about downloads */
	char *mirror;
};

static const struct {
	enum bh_isa isa;
	const char *name;
} architectures[] = {
        {BH_ISA_X86_64, "amd64"},
        {BH_ISA_AARCH64, "arm64"},
        {BH_ISA_RISCV64, "riscv64"},
};

const char *image_architecture(enum bh_isa isa)
{
	for (unsigned i = 0; i < 3; i++)
		if (architectures[i].isa == isa)
			return architectures[i].name;
	return "";
}

enum bh_isa image_isa_of_architecture(const char *architecture)
{
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(architectures[i].name, architecture) == 0)
			return architectures[i].isa;
	return BH_ISA_NONE;
}

/* ---------------------------------------------------- the system's settings */

/* Proxies, certificates, retries: everything about how to download, nothing
 * about what. */
static void take_setting(void *context, const char *line)
{
	static const char *const other[] = {
	        "Acquire::IndexTargets", "Acquire::Languages",
	        "Acquire::Changelogs", "Acquire::GzipIndexes"};
	struct apts *apts = context;
	char *longer;

	if (strncmp(line, "Acquire::", 9) != 0)
		return;
	for (unsigned i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (strncmp(line, other[i], strlen(other[i])) == 0)
			return;
	longer = memory_format("%s%s\n", apts->acquire, line);
	free(apts->acquire);
	apts->acquire = longer;
}

/* Lines of `apt-get indextargets`: LABEL|URI.  The first that is Debian. */
static void take_mirror(void *context, const char *line)
{
	struct apts *apts = context;
	const char *uri = strchr(line, '|');
	size_t length;

	if (!uri || apts->mirror)
		return;
	length = strlen(++uri);
	while (length && uri[length - 1] == '/')
		length--;
	if (strncmp(line, "Debian|", 7) == 0 ||
	    (line[0] == '|' && length > 7 &&
	     strncmp(uri + length - 7, "/debian", 7) == 0))
		apts->mirror = memory_format("%.*s", (int)length, uri);
}

static int read_system(const struct image_build *build, struct apts *apts,
                       struct problem *problem)
{
	static const char *const dump[] = {"apt-config", "dump", NULL};
	static const char *const targets[] = {"apt-get",
	                                      "indextargets",
	                                      "--format",
	                                      "$(LABEL)|$(REPO_URI)",
	                                      "Created-By: Packages",
	                                      NULL};
	struct tool settings = {
	        .argv = dump, .line = take_setting, .context = apts};
	struct tool mirror = {
	        .argv = targets, .line = take_mirror, .context = apts};

	apts->acquire = memory_string("");
	if (tool_run(&settings, 1, "the system's settings", problem))
		return -1;
	if (build->mirror)
		apts->mirror = memory_string(build->mirror);
	else if (tool_run(&mirror, 1, "the system's mirror", problem))
		return -1;
	if (!apts->mirror)
		return problem_set(problem, "image build: the system's apt has "
		                            "no mirror to take over; say "
		                            "--mirror URL");
	return 0;
}

/* ------------------------------------------------------------ configuration */

/* apt reads everything anew when one of its files is younger than its cache. */
static bool holds(const char *path, const char *text)
{
	size_t size = strlen(text);
	BH_AUTO_FREE char *old = memory_new(1, size + 1);
	BH_AUTO_FCLOSE FILE *file = fopen(path, "re");

	return file && fread(old, 1, size + 1, file) == size &&
	       memcmp(old, text, size) == 0;
}

static int write_file(const char *folder, const char *name, const char *text,
                      struct problem *problem)
{
	BH_AUTO_FREE char *path = memory_format("%s/%s", folder, name);
	BH_AUTO_FCLOSE FILE *file = NULL;

	if (holds(path, text))
		return 0;
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fflush(file))
		return problem_errno(problem, errno, "image: %s", path);
	return 0;
}

static char *configuration(const struct apt *apt)
{
	const char *f = apt->folder;

	return memory_format(
	        "%s"
	        "APT::Architecture \"%s\";\nAPT::Architectures { \"%s\"; };\n"
	        "APT::Install-Recommends \"false\";\n"
	        "APT::Sandbox::User \"\";\n"
	        "APT::Get::Assume-Yes \"true\";\n"
	        "Acquire::Languages \"none\";\n"
	        "Dir::State \"%s\";\nDir::State::status \"%s/status\";\n"
	        "Dir::Cache \"%s\";\nDir::Cache::srcpkgcache \"\";\nDir::Log "
	        "\"%s\";\n"
	        "Dir::Etc::main \"%s/none.conf\";\n"
	        "Dir::Etc::parts \"%s/none\";\n"
	        "Dir::Etc::sourcelist \"%s/sources.list\";\n"
	        "Dir::Etc::sourceparts \"%s/none\";\n"
	        "Dir::Etc::preferences \"%s/none.pref\";\n"
	        "Dir::Etc::preferencesparts \"%s/none\";\n",
	        apt->all->acquire, apt->architecture, apt->architecture, f, f,
	        f, f, f, f, f, f, f, f);
}

/* Two builds at a time share a cache, one after the other. */
static int lock(struct apt *apt, struct problem *problem)
{
	BH_AUTO_FREE char *path = memory_format("%s/in-use", apt->folder);

	apt->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (apt->lock < 0)
		return problem_errno(problem, errno, "image: %s", path);
	if (flock(apt->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	progress_set("waiting for another build (%s)", path);
	while (flock(apt->lock, LOCK_EX))
		if (errno != EINTR || tool_interrupted())
			return problem_errno(problem, errno, "image: %s", path);
	return 0;
}

static int configure(const struct image_build *build, struct apt *apt,
                     struct problem *problem)
{
	static const char *const folders[] = {"lists/partial",
	                                      "archives/partial", "none"};
	BH_AUTO_FREE char *sources = NULL;
	BH_AUTO_FREE char *text = NULL;

	apt->folder = memory_format("%s/%s-%s", build->cache, build->suite,
	                            apt->architecture);
	for (char *c = apt->folder + strlen(build->cache) + 1; *c; c++)
		if (*c == '/')
			*c = '-'; /* suites such as trixie/updates */
	for (unsigned i = 0; i < 3; i++) {
		BH_AUTO_FREE char *path =
		        memory_format("%s/%s", apt->folder, folders[i]);

		if (image_make_folder(path, problem))
			return -1;
	}
	if (lock(apt, problem))
		return -1;
	sources = memory_format("deb [signed-by=%s] %s %s main\n", KEYRING,
	                        apt->all->mirror, build->suite);
	text = configuration(apt);
	apt->setting = memory_format("APT_CONFIG=%s/apt.conf", apt->folder);
	if (write_file(apt->folder, "status", "", problem) ||
	    write_file(apt->folder, "sources.list", sources, problem))
		return -1;
	return write_file(apt->folder, "apt.conf", text, problem);
}

/* ------------------------------------------------------------------ running */

/* APT::Status-Fd: "dlstatus:NUMBER:PERCENT:TEXT" */
static void take_status(void *context, const char *line)
{
	struct apt *apt = context;
	struct apts *all = apt->all;
	unsigned number, sum = 0;
	double percent;

	if (sscanf(line, "dlstatus:%u:%lf", &number, &percent) != 2 ||
	    !(percent >= 0 && percent <= 100))
		return;
	apt->percent = (unsigned)percent;
	for (unsigned i = 0; i < all->count; i++)
		sum += all->items[i].percent;
	progress_set("%s: %u%%", all->doing, sum / all->count);
}

/* "Inst NAME (VERSION ORIGIN [ARCHITECTURE]) [OTHERS]" of apt-get --simulate;
 * the others are what is not yet configured. */
static void take_package(void *context, const char *line)
{
	struct apt *apt = context;
	char name[128], version[128];
	const char *parenthesis = strchr(line, '(');
	const char *architecture =
	        parenthesis ? strchr(parenthesis, '[') : NULL;
	char copy[32];

	if (sscanf(line, "Inst %127s (%127s", name, version) != 2 ||
	    !architecture || sscanf(architecture, "[%31[a-z0-9-]])", copy) != 1)
		return;
	image_packages_add(&apt->source->packages, name, version, copy);
}

/* The same apt-get for all architectures at a time. */
static int run(struct apts *apts, const char *const *argv, const char *what,
               void (*line)(void *, const char *), struct problem *problem)
{
	struct tool tools[IMAGE_ISAS_MAX];

	apts->doing = what;
	for (unsigned i = 0; i < apts->count; i++) {
		apts->items[i].percent = 0;
		tools[i] = (struct tool){
		        .argv = argv,
		        .setting = apts->items[i].setting,
		        .line = line,
		        .context = &apts->items[i],
		};
	}
	progress_set("%s", what);
	return tool_run(tools, apts->count, what, problem);
}

static int update(struct apts *apts, struct problem *problem)
{
	static const char *const argv[] = {
	        "apt-get",          "-qq", "-o",
	        "APT::Status-Fd=1", "-o",  "APT::Update::Error-Mode=any",
	        "update",           NULL};

	return run(apts, argv, "package lists", take_status, problem);
}

/* Words of apt-get followed by the names of the packages. */
static const char **with_packages(const char *const *words,
                                  const struct image_build *build)
{
	unsigned count = 0;
	const char **argv;

	while (words[count])
		count++;
	argv = memory_new(count + build->include.count + 1, sizeof(char *));
	for (unsigned i = 0; i < count; i++)
		argv[i] = words[i];
	for (unsigned i = 0; i < build->include.count; i++)
		argv[count + i] = build->include.items[i];
	return argv;
}

static int choose(const struct image_build *build, struct apts *apts,
                  struct problem *problem)
{
	static const char *const words[] = {"apt-get", "-qq", "--simulate",
	                                    "install", NULL};
	BH_AUTO_FREE const char **argv = with_packages(words, build);

	if (run(apts, argv, "choosing packages", take_package, problem))
		return -1;
	for (unsigned i = 0; i < apts->count; i++)
		image_packages_sort(&apts->items[i].source->packages);
	return 0;
}

static int download(const struct image_build *build, struct apts *apts,
                    struct problem *problem)
{
	static const char *const words[] = {
	        "apt-get",         "-qq",     "-o", "APT::Status-Fd=1",
	        "--download-only", "install", NULL};
	BH_AUTO_FREE const char **argv = with_packages(words, build);

	return run(apts, argv, "packages", take_status, problem);
}

/* ---------------------------------------------------------------- versions */

static void tell_difference(void *context, unsigned first,
                            const struct image_package *a, unsigned second,
                            const struct image_package *b)
{
	const struct image_build *build = context;

	progress_clear();
	fprintf(stderr, "bh: image: %s is %s for %s but %s for %s\n", a->name,
	        a->version, isa_name(build->sources[first].isa), b->version,
	        isa_name(build->sources[second].isa));
}

static int compare(struct image_build *build, struct problem *problem)
{
	const struct image_packages *lists[IMAGE_ISAS_MAX];
	unsigned found;

	for (unsigned i = 0; i < build->source_count; i++)
		lists[i] = &build->sources[i].packages;
	found = image_compare(lists, build->source_count, tell_difference,
	                      build);
	if (!found || build->allow_skew)
		return 0;
	return problem_set(problem,
	                   "image: %u package%s in different versions; wait "
	                   "for the mirror or give --allow-version-skew",
	                   found, found == 1 ? "" : "s");
}

/* --------------------------------------------------------------- unpacking */

/* apt writes the colon of an epoch as %3a in file names. */
static char *package_file(const struct apt *apt,
                          const struct image_package *package)
{
	char version[512];
	size_t used = 0;

	for (const char *c = package->version; *c && used < sizeof(version) - 4;
	     c++)
		used += (size_t)snprintf(version + used, 4,
		                         *c == ':' ? "%%3a" : "%c", *c);
	version[used] = 0;
	return memory_format("%s/archives/%s_%s_%s.deb", apt->folder,
	                     package->name, version, package->architecture);
}

static int unpack(struct apts *apts, struct problem *problem)
{
	unsigned all = 0, done = 0;

	for (unsigned i = 0; i < apts->count; i++)
		all += apts->items[i].source->packages.count;
	for (unsigned i = 0; i < apts->count; i++) {
		const struct apt *apt = &apts->items[i];
		const struct image_packages *list = &apt->source->packages;

		for (unsigned p = 0; p < list->count; p++) {
			BH_AUTO_FREE char *file =
			        package_file(apt, &list->items[p]);

			progress_set("unpacking: package %u of %u", ++done,
			             all);
			if (image_unpack(file, apt->source->tree, problem))
				return -1;
		}
	}
	return 0;
}

static int need_tools(struct problem *problem)
{
	if (tool_need("apt-get", "apt", problem) ||
	    tool_need("dpkg-deb", "dpkg", problem) ||
	    tool_need("tar", "tar", problem))
		return -1;
	if (access(KEYRING, R_OK) == 0)
		return 0;
	return problem_set(problem,
	                   "image: %s is missing: apt-get install "
	                   "debian-archive-keyring",
	                   KEYRING);
}

static int fetch(struct image_build *build, struct apts *apts,
                 struct problem *problem)
{
	if (need_tools(problem) || read_system(build, apts, problem))
		return -1;
	if (!build->mirror)
		build->mirror = memory_string(apts->mirror);
	for (unsigned i = 0; i < apts->count; i++)
		if (configure(build, &apts->items[i], problem))
			return -1;
	if (!build->offline && update(apts, problem))
		return -1;
	if (choose(build, apts, problem) || compare(build, problem) ||
	    download(build, apts, problem))
		return -1;
	return unpack(apts, problem);
}

int image_fetch(struct image_build *build, struct problem *problem)
{
	struct apts apts = {.count = build->source_count};
	int r;

	for (unsigned i = 0; i < apts.count; i++)
		apts.items[i] = (struct apt){
		        .source = &build->sources[i],
		        .architecture =
		                image_architecture(build->sources[i].isa),
		        .lock = -1,
		        .all = &apts,
		};
	r = fetch(build, &apts, problem);
	for (unsigned i = 0; i < apts.count; i++) {
		free(apts.items[i].folder);
		free(apts.items[i].setting);
		bh_close(&apts.items[i].lock);
	}
	free(apts.acquire);
	free(apts.mirror);
	return r;
}
