/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bh.h"
#include "image_yaml.h"
#include "inspect_image.h"
#include "inspect_root.h"
#include "manifest.h"
#include "mapped.h"
#include "memory.h"
#include "names.h"
#include "problem.h"

static const char help[] =
        "usage: bh inspect FILE...\n"
        "\n"
        "Says what is in an image, in each image of a set (a folder), in an image\n"
        "of a Linux program (a folder made by bh image), or in a cell manifest,\n"
        "and whether bh would load it.\n"
        "\n"
        "Exit status: 0, 1 if bh would not load an image, 125 for a file that\n"
        "is none of these.\n";

static int inspect_set(const char *path)
{
	int found = 0, r = 0;

	for (enum bh_isa isa = BH_ISA_X86_64; isa <= BH_ISA_RISCV64; isa++) {
		char *image = memory_format("%s/%s.elf", path, isa_name(isa));

		if (access(image, F_OK) == 0) {
			if (found++)
				putchar('\n');
			r |= inspect_image(image, isa);
		}
		free(image);
	}
	if (found)
		return r;
	fprintf(stderr,
	        "bh: %s holds no image: a set has one or more of x86_64.elf, "
	        "aarch64.elf, riscv64.elf\n",
	        path);
	return BH_EXIT_ERROR;
}

static void print_domain(const struct plan_domain *domain)
{
	printf("  domain %s%s%s\n", domain->name,
	       domain->service ? ", a service" : "",
	       domain->restart ? ", started again when killed" : "");
	for (unsigned v = 0; v < domain->variant_count; v++) {
		printf("    variant %u        %s on %s: %s\n", v,
		       isa_name(domain->variants[v].isa),
		       core_name(domain->variants[v].core),
		       domain->variants[v].image);
		if (domain->variants[v].root)
			printf("      root image     %s\n",
			       domain->variants[v].root);
	}
	printf("    memory           %llu KiB heap, %llu KiB stack\n",
	       (unsigned long long)domain->heap >> 10,
	       (unsigned long long)domain->stack >> 10);
	if (domain->arena)
		printf("    arena            %llu KiB and %llu KiB, "
		       "%llu KiB of it in use at most\n",
		       (unsigned long long)domain->arena_low >> 10,
		       (unsigned long long)domain->arena_high >> 10,
		       (unsigned long long)domain->memory_limit >> 10);
	if (domain->recovery)
		printf("    recovery memory  %llu KiB\n",
		       (unsigned long long)domain->recovery >> 10);
	for (unsigned c = 0; c < domain->channel_count; c++)
		printf("    channel %-2u       %s\n", c,
		       domain->channels[c].name);
}

static int inspect_manifest(const char *path)
{
	static struct plan plan;
	struct problem problem;
	int r = 0;

	if (manifest_load(path, &plan, &problem) ||
	    plan_complete(&plan, &problem)) {
		plan_free(&plan);
		return bh_complain("%s", problem.text);
	}
	printf("%s: a cell of %u domain%s\n", path, plan.domain_count,
	       plan.domain_count == 1 ? "" : "s");
	for (unsigned d = 0; d < plan.domain_count; d++)
		print_domain(&plan.domains[d]);
	for (unsigned c = 0; c < plan.connection_count; c++)
		printf("  channel %s: %s asks %s\n", plan.connections[c].name,
		       plan.domains[plan.connections[c].client].name,
		       plan.domains[plan.connections[c].server].name);
	for (unsigned d = 0; d < plan.domain_count; d++)
		for (unsigned v = 0; v < plan.domains[d].variant_count; v++) {
			const struct plan_variant *variant =
			        &plan.domains[d].variants[v];

			putchar('\n');
			r |= inspect_image(variant->image, variant->isa);
		}
	plan_free(&plan);
	return r;
}

static int inspect(const char *path)
{
	struct problem problem;
	struct mapped file;
	struct stat status;
	bool elf;
	int r;

	if (stat(path, &status)) {
		problem_errno(&problem, errno, "%s", path);
		return bh_complain("%s", problem.text);
	}
	if (S_ISDIR(status.st_mode) && image_is_folder(path))
		return inspect_root(path);
	if (S_ISDIR(status.st_mode))
		return inspect_set(path);
	r = mapped_open(&file, path);
	if (r) {
		problem_errno(&problem, -r, "%s", path);
		return bh_complain("%s", problem.text);
	}
	elf = file.size >= 4 && memcmp(file.data, "\177ELF", 4) == 0;
	mapped_close(&file);
	return elf ? inspect_image(path, BH_ISA_NONE) : inspect_manifest(path);
}

int command_inspect(int argc, char **argv)
{
	static const struct option options[] = {
	        {"help", no_argument, NULL, 'h'},
	        {NULL, 0, NULL, 0},
	};
	struct problem problem;
	int option, worst = 0;

	optind = 0;
	opterr = 0;
	option = getopt_long(argc, argv, ":h", options, NULL);
	if (option == 'h') {
		fputs(help, stdout);
		return 0;
	}
	if (option != -1) {
		problem_option(&problem, "inspect", option, argc, argv);
		return bh_complain("%s", problem.text);
	}
	if (optind == argc)
		return bh_complain("inspect: name an image, a set or a "
		                   "manifest (see bh inspect --help)");
	for (int i = optind; i < argc; i++) {
		int r = inspect(argv[i]);

		if (i + 1 < argc)
			putchar('\n');
		if (r > worst)
			worst = r;
	}
	return worst;
}
