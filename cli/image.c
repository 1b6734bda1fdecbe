/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "bh.h"
#include "image_build.h"
#include "names.h"
#include "tool.h"

static const char help[] =
        "usage: bh image build [OPTION]... SOURCE -o FOLDER [-- COMMAND...]\n"
        "       SOURCE: --include PACKAGE[,PACKAGE]... or\n"
        "               --root ISA=FOLDER... or --static ISA=PROGRAM...\n"
        "\n"
        "Makes a folder that `bh run` runs Linux programs from: a root image "
        "for\n"
        "each instruction set, of the same versions of Debian packages.\n"
        "\n"
        "  --include PACKAGE,... Debian packages; what they depend on comes "
        "too\n"
        "  --suite SUITE         of Debian (trixie)\n"
        "  --arch ARCH,...       amd64, arm64, riscv64 (all three)\n"
        "  --mirror URL          instead of the one that this system uses\n"
        "  --allow-version-skew  go on when the architectures differ\n"
        "  --offline             only what was downloaded before\n"
        "  --cache FOLDER        where downloads are kept\n"
        "                        (~/.cache/broken-hype)\n"
        "  --root ISA=FOLDER     a root as it is\n"
        "  --static ISA=PROGRAM  one static program\n"
        "  --copy FILE:/PATH     a file or folder of this host, for every "
        "ISA\n"
        "  --env NAME=VALUE      environment of the command\n"
        "  --workdir PATH        its working folder (/)\n"
        "  --translate           as bh translate does: programs start sooner\n"
        "  --name NAME           of the image (the last part of FOLDER)\n"
        "  -o, --output FOLDER   where the image is to be\n"
        "\n"
        "COMMAND is what `bh run FOLDER` runs by default: an absolute path "
        "and\n"
        "arguments.\n"
        "\n"
        "Exit status: 0, or 125 with one line that says why.\n";

static void print_result(const struct image_build *build)
{
	for (unsigned i = 0; i < build->source_count; i++)
		printf("%s  %s/%s.erofs\n", build->sources[i].sha256,
		       build->output, isa_name(build->sources[i].isa));
}

static int command_build(int argc, char **argv)
{
	struct image_build build = {.kind = IMAGE_NONE};
	struct problem problem;
	int r = image_options(argc, argv, &build, &problem);

	if (r == 1) {
		fputs(help, stdout);
		r = 0;
	} else {
		if (!r)
			r = image_build(&build, &problem);
		if (!r)
			print_result(&build);
	}
	image_build_release(&build);
	if (r) {
		bh_complain("%s", problem.text);
		tool_end_interrupted();
		return BH_EXIT_ERROR;
	}
	return 0;
}

int command_image(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "build") == 0)
		return command_build(argc - 1, argv + 1);
	if (argc > 1 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		return 0;
	}
	if (argc < 2)
		return bh_complain("image: say what: bh image build (see bh "
		                   "image --help)");
	return bh_complain("image: no such command: %s (there is: build)",
	                   argv[1]);
}
