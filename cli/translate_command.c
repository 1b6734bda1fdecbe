/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bh.h"
#include "image_build.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "names.h"
#include "progress.h"
#include "tool.h"
#include "translate.h"

static const char help[] =
        "usage: bh translate IMAGE\n"
        "\n"
        "Translates the aarch64 and riscv64 code of an image (a folder made by "
        "bh\n"
        "image build) ahead of time and keeps the result in the folder, so "
        "that bh run\n"
        "starts its programs sooner. What is kept fits this build of bh and "
        "this kind\n"
        "of processor; bh run says when it does not, and goes on without.\n"
        "\n"
        "Exit status: 0, or 125 with one line that says why.\n";

static int translate_roots(const char *folder, struct image *image,
                           struct problem *problem)
{
	unsigned count = 0;

	for (unsigned i = 0; i < image->root_count; i++) {
		struct image_root *root = &image->roots[i];

		if (!translate_wanted(root->isa))
			continue;
		if (translate_root(folder, root, problem))
			return -1;
		count++;
	}
	if (count)
		return image_write(folder, image, problem);
	return problem_set(problem,
	                   "%s has no root for aarch64 or riscv64: there is "
	                   "nothing to translate",
	                   folder);
}

static void print_result(const char *folder, const struct image *image)
{
	for (unsigned i = 0; i < image->root_count; i++)
		if (image->roots[i].kept)
			printf("%s  %s/%s\n", image->roots[i].kept_sha256,
			       folder, image->roots[i].kept);
}

static int translate(const char *folder)
{
	struct problem problem;
	struct image image;
	int r = image_load(folder, &image, &problem);

	progress_start("translate");
	tool_catch_signals();
	if (!r)
		r = translate_roots(folder, &image, &problem);
	progress_clear();
	if (!r)
		print_result(folder, &image);
	image_release(&image);
	if (!r)
		return 0;
	bh_complain("%s", problem.text);
	tool_end_interrupted();
	return BH_EXIT_ERROR;
}

int command_translate(int argc, char **argv)
{
	if (argc > 1 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		return 0;
	}
	if (argc > 1 && argv[1][0] == '-')
		return bh_complain("translate: no such option: %s", argv[1]);
	if (argc != 2)
		return bh_complain("translate: say which image: bh translate "
		                   "IMAGE (see bh translate --help)");
	return translate(argv[1]);
}
