/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "inspect_root.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bh.h"
#include "escape.h"
#include "image_yaml.h"
#include "lib/cleanup.h"
#include "measure.h"
#include "memory.h"
#include "names.h"
#include "translate.h"

/* The description may come from anyone. */
static void print_text(const char *text)
{
	char safe[4096];

	escape_text(safe, sizeof(safe), text, strlen(text));
	fputs(safe, stdout);
}

static void print_line(const char *title, const char *text)
{
	if (!text)
		return;
	printf("  %-12s ", title);
	print_text(text);
	putchar('\n');
}

static void print_strings(const char *title, const struct plan_strings *strings)
{
	if (!strings->count)
		return;
	printf("  %-12s", title);
	for (unsigned i = 0; i < strings->count; i++) {
		putchar(' ');
		print_text(strings->items[i]);
	}
	putchar('\n');
}

static void print_packages(const struct image *image)
{
	if (image->package_count)
		printf("  packages     %u\n", image->package_count);
	for (unsigned i = 0; i < image->package_count; i++) {
		const struct image_listed *package = &image->packages[i];

		fputs("    ", stdout);
		print_text(package->name);
		putchar(' ');
		print_text(package->version);
		for (unsigned b = 0; b < package->builds.count; b++) {
			fputs(b ? ", " : " (", stdout);
			print_text(package->builds.items[b]);
		}
		puts(package->builds.count ? ")" : "");
	}
}

static int refuse(const struct problem *problem)
{
	printf("    bh would not run it: ");
	print_text(problem->text);
	putchar('\n');
	return 1;
}

/* 0, or 1 if the file is not what was made. */
static int check_digest(const char *path, const char *sha256)
{
	char text[SHA256_TEXT];
	struct problem problem;

	if (measure_file(path, text, &problem))
		return refuse(&problem);
	if (strcmp(text, sha256) == 0)
		return 0;
	printf("    bh would not run it: the file has changed, its sha256 is "
	       "%s\n",
	       text);
	return 1;
}

static int print_kept(const char *folder, const struct image_root *root)
{
	BH_AUTO_FREE char *path = memory_format("%s/%s", folder, root->kept);
	struct problem problem;
	struct xlate_kept kept;
	enum xlate_fit fit;

	if (check_digest(path, root->kept_sha256))
		return 1;
	if (translate_look(path, &fit, &kept, &problem))
		return refuse(&problem);
	printf("    translated %.1f %% of %llu KiB of code: %u blocks, %llu KiB "
	       "(%.1fx)\n",
	       kept.code ? 100.0 * (double)kept.guest / (double)kept.code : 0.0,
	       (unsigned long long)kept.code >> 10, kept.blocks,
	       (unsigned long long)kept.size >> 10,
	       kept.code ? (double)kept.size / (double)kept.code : 0.0);
	if (translate_unfit(fit))
		printf("    not used here: %s\n", translate_unfit(fit));
	return 0;
}

static int print_root(const char *folder, const struct image_root *root)
{
	BH_AUTO_FREE char *path = memory_format("%s/%s", folder, root->file);
	int r;

	printf("  %-12s %llu KiB, sha256 %s\n", isa_name(root->isa),
	       root->size >> 10, root->sha256);
	r = check_digest(path, root->sha256);
	return root->kept ? r | print_kept(folder, root) : r;
}

int inspect_root(const char *folder)
{
	struct image image;
	struct problem problem;
	int r = 0;

	if (image_load(folder, &image, &problem)) {
		image_release(&image);
		return bh_complain("%s", problem.text);
	}
	printf("%s: image of a Linux program\n", folder);
	print_line("name", image.name);
	print_line("suite", image.suite);
	print_line("mirror", image.mirror);
	print_strings("command", &image.command);
	print_strings("environment", &image.environment);
	print_line("workdir", image.workdir);
	for (unsigned i = 0; i < image.root_count; i++)
		r |= print_root(folder, &image.roots[i]);
	print_packages(&image);
	image_release(&image);
	return r;
}
