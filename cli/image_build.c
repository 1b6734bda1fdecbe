/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "image_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "image_yaml.h"
#include "lib/cleanup.h"
#include "measure.h"
#include "memory.h"
#include "names.h"
#include "progress.h"
#include "tool.h"
#include "translate.h"

void image_build_release(struct image_build *build)
{
	free(build->suite);
	free(build->mirror);
	plan_strings_release(&build->include);
	for (unsigned i = 0; i < build->copy_count; i++) {
		free(build->copies[i].from);
		free(build->copies[i].to);
	}
	for (unsigned i = 0; i < build->source_count; i++) {
		free(build->sources[i].from);
		free(build->sources[i].tree);
		image_packages_release(&build->sources[i].packages);
	}
	plan_strings_release(&build->command);
	plan_strings_release(&build->environment);
	free(build->workdir);
	free(build->name);
	free(build->output);
	free(build->cache);
	free(build->temporary);
	*build = (struct image_build){.kind = IMAGE_NONE};
}

/* --------------------------------------------------------------------- trees
 */

static int fill_from_root(struct image_source *source, struct problem *problem)
{
	const char *const argv[] = {"cp",
	                            "-rT",
	                            "--preserve=mode,timestamps,links",
	                            "--no-dereference",
	                            "--reflink=auto",
	                            "--",
	                            source->from,
	                            source->tree,
	                            NULL};
	struct tool tool = {.argv = argv};

	progress_set("copying %s", source->from);
	return tool_run(&tool, 1, source->from, problem);
}

static int fill_from_program(const struct image_build *build,
                             struct image_source *source,
                             struct problem *problem)
{
	BH_AUTO_FREE char *to = memory_format("/usr/bin/%s", build->name);
	BH_AUTO_FREE char *full = memory_format("%s%s", source->tree, to);

	if (image_skeleton(source->tree, source->isa, problem) ||
	    image_defaults(source->tree, problem) ||
	    image_copy_in(source->tree, source->from, to, problem))
		return -1;
	if (chmod(full, 0755))
		return problem_errno(problem, errno, "image: %s", full);
	return 0;
}

static int fill_from_packages(struct image_build *build,
                              struct problem *problem)
{
	for (unsigned i = 0; i < build->source_count; i++)
		if (image_skeleton(build->sources[i].tree,
		                   build->sources[i].isa, problem))
			return -1;
	if (image_fetch(build, problem))
		return -1;
	for (unsigned i = 0; i < build->source_count; i++)
		if (image_defaults(build->sources[i].tree, problem))
			return -1;
	return 0;
}

static int fill(struct image_build *build, struct problem *problem)
{
	int r = 0;

	if (build->kind == IMAGE_PACKAGES)
		r = fill_from_packages(build, problem);
	for (unsigned i = 0; i < build->source_count && !r; i++) {
		if (build->kind == IMAGE_ROOTS)
			r = fill_from_root(&build->sources[i], problem);
		else if (build->kind == IMAGE_STATIC)
			r = fill_from_program(build, &build->sources[i],
			                      problem);
		for (unsigned c = 0; c < build->copy_count && !r; c++)
			r = image_copy_in(build->sources[i].tree,
			                  build->copies[c].from,
			                  build->copies[c].to, problem);
	}
	return r;
}

/* -------------------------------------------------------------------- images
 */

/*
 * Uncompressed, with the contents of every file at a block of its own, since
 * the kernel maps files where they lie.  SOURCE_DATE_EPOCH is the time of the
 * image itself; no file is younger, so it changes none.
 */
static int make_image(const struct image_build *build,
                      struct image_source *source, long long latest,
                      struct problem *problem)
{
	BH_AUTO_FREE char *file = memory_format("%s/%s.erofs", build->temporary,
	                                        isa_name(source->isa));
	BH_AUTO_FREE char *uuid = memory_format("62682d69-6d61-4765-8000-%012x",
	                                        (unsigned)source->isa);
	BH_AUTO_FREE char *epoch =
	        memory_format("SOURCE_DATE_EPOCH=%lld", latest + 1);
	const char *const argv[] = {
	        "mkfs.erofs", "--quiet",
	        "-x-1",       "-Enoinline_data,force-inode-extended",
	        "--all-root", "-U",
	        uuid,         file,
	        source->tree, NULL};
	struct tool tool = {.argv = argv, .setting = epoch};
	struct stat status;

	progress_set("writing %s.erofs", isa_name(source->isa));
	if (tool_run(&tool, 1, isa_name(source->isa), problem))
		return -1;
	if (stat(file, &status))
		return problem_errno(problem, errno, "image: %s", file);
	source->size = (unsigned long long)status.st_size;
	return measure_file(file, source->sha256, problem);
}

static int describe(const struct image_build *build, struct problem *problem)
{
	struct image image;
	int r = 0;

	image_from_build(&image, build);
	for (unsigned i = 0; i < image.root_count && build->translate && !r; i++)
		if (translate_wanted(image.roots[i].isa))
			r = translate_root(build->temporary, &image.roots[i],
			                   problem);
	if (!r)
		r = image_write(build->temporary, &image, problem);
	image_release(&image);
	return r;
}

/* ------------------------------------------------------------------- folders
 */

/* An empty folder or an older image may be replaced; nothing else. */
static int check_output(const struct image_build *build,
                        struct problem *problem)
{
	BH_AUTO_FREE char *file =
	        memory_format("%s/%s", build->output, IMAGE_FILE);
	struct stat status;

	if (lstat(build->output, &status))
		return errno == ENOENT
		               ? 0
		               : problem_errno(problem, errno, "image: %s",
		                               build->output);
	if (!S_ISDIR(status.st_mode))
		return problem_set(problem,
		                   "image: %s is there already and no folder",
		                   build->output);
	if (access(file, F_OK) == 0 || rmdir(build->output) == 0)
		return 0;
	return problem_set(problem,
	                   "image: %s is there already and not an image; name "
	                   "another folder with -o",
	                   build->output);
}

static int make_temporary(struct image_build *build, struct problem *problem)
{
	const char *slash = strrchr(build->output, '/');
	BH_AUTO_FREE char *parent =
	        slash ? memory_format("%.*s", (int)(slash - build->output),
	                              build->output)
	              : memory_string(".");

	if (parent[0] && image_make_folder(parent, problem))
		return -1;
	build->temporary = memory_format("%s/.%s.XXXXXX", parent,
	                                 slash ? slash + 1 : build->output);
	if (!mkdtemp(build->temporary)) {
		problem_errno(problem, errno, "image: a folder in %s", parent);
		free(build->temporary);
		build->temporary = NULL;
		return -1;
	}
	for (unsigned i = 0; i < build->source_count; i++)
		build->sources[i].tree =
		        memory_format("%s/tree/%s", build->temporary,
		                      isa_name(build->sources[i].isa));
	return 0;
}

/* The result takes its name; an older one goes. */
static int publish(struct image_build *build, struct problem *problem)
{
	BH_AUTO_FREE char *trees = memory_format("%s/tree", build->temporary);

	image_remove(trees);
	if (chmod(build->temporary, 0755))
		return problem_errno(problem, errno, "image: %s",
		                     build->temporary);
	if (renameat2(AT_FDCWD, build->temporary, AT_FDCWD, build->output,
	              RENAME_EXCHANGE) == 0)
		image_remove(build->temporary);
	else if (errno != ENOENT || rename(build->temporary, build->output))
		return problem_errno(problem, errno, "image: %s",
		                     build->output);
	free(build->temporary);
	build->temporary = NULL;
	return 0;
}

static int work(struct image_build *build, long long started,
                struct problem *problem)
{
	BH_AUTO_FREE char *trees = memory_format("%s/tree", build->temporary);
	long long latest = 0;

	if (image_make_folder(trees, problem) || fill(build, problem) ||
	    image_normalise_times(build, started, &latest, problem))
		return -1;
	for (unsigned i = 0; i < build->source_count; i++)
		if (make_image(build, &build->sources[i], latest, problem))
			return -1;
	return describe(build, problem);
}

int image_build(struct image_build *build, struct problem *problem)
{
	long long started = (long long)time(NULL);
	int r;

	progress_start("image");
	umask(022);
	if (tool_need("mkfs.erofs", "erofs-utils", problem) ||
	    tool_need("cp", "coreutils", problem) ||
	    check_output(build, problem) || make_temporary(build, problem))
		return -1;
	tool_catch_signals();
	r = work(build, started, problem);
	if (!r && tool_interrupted())
		r = problem_set(problem, "image: interrupted");
	if (!r)
		r = publish(build, problem);
	if (build->temporary)
		image_remove(build->temporary);
	progress_clear();
	return r;
}
