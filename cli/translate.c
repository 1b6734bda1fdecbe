/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "translate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "lib/cleanup.h"
#include "measure.h"
#include "memory.h"
#include "names.h"
#include "progress.h"
#include "tool.h"

bool translate_wanted(enum bh_isa isa)
{
	return isa == BH_ISA_AARCH64 || isa == BH_ISA_RISCV64;
}

static void on_line(void *context, const char *line)
{
	progress_set("translating %s, %s", (const char *)context, line);
}

/* A sandboxed process reads the files, since an image may come from anywhere.
 */
static int translate_to(const char *file, const char *folder,
                        const struct image_root *root, struct problem *problem)
{
	const char *isa = isa_name(root->isa);
	BH_AUTO_FREE char *name = memory_format("linux/%s.elf", isa);
	BH_AUTO_FREE char *image = memory_format("%s/%s", folder, root->file);
	BH_AUTO_FREE char *kernel = helper_data_path(name, problem);
	BH_AUTO_FREE char *program =
	        kernel ? helper_path("bh-translate", problem) : NULL;
	const char *const argv[] = {program, isa, file, kernel, image, NULL};
	char *context = memory_string(isa);
	struct tool tool = {.argv = argv, .line = on_line, .context = context};
	int r = -1;

	if (program) {
		progress_set("translating %s", isa);
		r = tool_run(&tool, 1, "translating", problem);
	}
	free(context);
	return r;
}

int translate_root(const char *folder, struct image_root *root,
                   struct problem *problem)
{
	BH_AUTO_FREE char *name =
	        memory_format("%s.xlate", isa_name(root->isa));
	BH_AUTO_FREE char *path = memory_format("%s/%s", folder, name);
	BH_AUTO_FREE char *new = memory_format("%s/.%s.new", folder, name);
	char sha256[SHA256_TEXT];

	if (translate_to(new, folder, root, problem) ||
	    measure_file(new, sha256, problem)) {
		(void)unlink(new);
		return -1;
	}
	if (rename(new, path))
		return problem_errno(problem, errno, "image: %s", path);
	free(root->kept);
	root->kept = bh_steal_ptr(&name);
	memcpy(root->kept_sha256, sha256, sizeof(sha256));
	return 0;
}

int translate_look(const char *path, enum xlate_fit *fit,
                   struct xlate_kept *kept, struct problem *problem)
{
	BH_AUTO_CLOSE int fd =
	        open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint8_t header[XLATE_KEPT_HEADER] = {0};
	struct stat status;

	if (fd < 0 || fstat(fd, &status) ||
	    pread(fd, header, sizeof(header), 0) < 0)
		return problem_errno(problem, errno, "%s", path);
	*fit = xlate_kept_fits(header, (uint64_t)status.st_size, kept);
	if (*fit == XLATE_DAMAGED)
		return problem_set(
		        problem,
		        "%s holds no kept translations; bh translate "
		        "makes those of an image anew, an installation "
		        "bh's own",
		        path);
	return 0;
}

const char *translate_unfit(enum xlate_fit fit)
{
	switch (fit) {
	case XLATE_OTHER_BUILD:
		return "made by another build of bh";
	case XLATE_OTHER_HOST:
		return "made for a processor that can do more than this one";
	default:
		return NULL;
	}
}
