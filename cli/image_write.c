/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_build.h"
#include "image_yaml.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "names.h"

/* A double-quoted scalar (YAML 1.2, section 7.3.1), which holds any text. */
static void write_text(FILE *file, const char *text)
{
	fputc('"', file);
	for (const char *c = text; *c; c++)
		if (*c == '"' || *c == '\\')
			fprintf(file, "\\%c", *c);
		else if ((unsigned char)*c < ' ' || *c == 127)
			fprintf(file, "\\x%02x", (unsigned char)*c);
		else
			fputc(*c, file);
	fputc('"', file);
}

static void write_key(FILE *file, const char *key, const char *text)
{
	if (!text)
		return;
	fprintf(file, "%s: ", key);
	write_text(file, text);
	fputc('\n', file);
}

static void write_list(FILE *file, const char *key,
                       const struct plan_strings *list)
{
	if (!list->count)
		return;
	fprintf(file, "%s:\n", key);
	for (unsigned i = 0; i < list->count; i++) {
		fputs("  - ", file);
		write_text(file, list->items[i]);
		fputc('\n', file);
	}
}

static void write_packages(FILE *file, const struct image *image)
{
	fputs(image->package_count ? "packages:\n" : "", file);
	for (unsigned p = 0; p < image->package_count; p++) {
		const struct image_listed *package = &image->packages[p];

		fprintf(file, "  - {name: \"%s\", version: \"%s\"",
		        package->name, package->version);
		for (unsigned b = 0; b < package->builds.count; b++)
			fprintf(file, "%s\"%s\"", b ? ", " : ", builds: [",
			        package->builds.items[b]);
		fputs(package->builds.count ? "]}\n" : "}\n", file);
	}
}

static void write_root(FILE *file, const struct image_root *root)
{
	fprintf(file,
	        "  - isa: %s\n    file: %s\n    size: %llu\n"
	        "    sha256: %s\n",
	        isa_name(root->isa), root->file, root->size, root->sha256);
	if (root->kept)
		fprintf(file, "    kept: %s\n    kept_sha256: %s\n", root->kept,
		        root->kept_sha256);
}

char *image_describe(const struct image *image)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return memory_string("");
	fputs("# Made by bh image build; see bh-image(1).\n", file);
	fprintf(file, "format: %u\n", IMAGE_FORMAT);
	write_key(file, "name", image->name);
	write_key(file, "suite", image->suite);
	write_key(file, "mirror", image->mirror);
	write_list(file, "command", &image->command);
	write_list(file, "environment", &image->environment);
	write_key(file, "workdir", image->workdir);
	write_packages(file, image);
	fputs("roots:\n", file);
	for (unsigned i = 0; i < image->root_count; i++)
		write_root(file, &image->roots[i]);
	fclose(file);
	return text;
}

int image_write(const char *folder, const struct image *image,
                struct problem *problem)
{
	BH_AUTO_FREE char *path = memory_format("%s/%s", folder, IMAGE_FILE);
	BH_AUTO_FREE char *new =
	        memory_format("%s/.%s.new", folder, IMAGE_FILE);
	BH_AUTO_FREE char *text = image_describe(image);
	BH_AUTO_FCLOSE FILE *file = fopen(new, "we");

	if (!file || fputs(text, file) < 0 || fflush(file) || rename(new, path))
		return problem_errno(problem, errno, "image: %s", path);
	return 0;
}

/* ---------------------------------------------------------- from a build
 */

static char *copy_of(const char *text)
{
	return text ? memory_string(text) : NULL;
}

static void copy_list(struct plan_strings *to, const struct plan_strings *from)
{
	for (unsigned i = 0; i < from->count; i++)
		plan_strings_add(to, from->items[i]);
}

/* The builds of a package that are not of the version that is listed. */
static void list_builds(struct image_listed *to,
                        const struct image_build *build)
{
	for (unsigned i = 0; i < build->source_count; i++) {
		const struct image_package *other = image_packages_find(
		        &build->sources[i].packages, to->name);
		BH_AUTO_FREE char *text = NULL;

		if (!other || strcmp(other->version, to->version) == 0)
			continue;
		text = memory_format("%s=%s", isa_name(build->sources[i].isa),
		                     other->version);
		plan_strings_add(&to->builds, text);
	}
}

static void list_packages(struct image *image, const struct image_build *build)
{
	struct image_packages all = {NULL, 0};

	for (unsigned i = 0; i < build->source_count; i++) {
		const struct image_packages *list = &build->sources[i].packages;

		for (unsigned p = 0; p < list->count; p++)
			if (!image_packages_find(&all, list->items[p].name))
				image_packages_add(&all, list->items[p].name,
				                   list->items[p].version,
				                   list->items[p].architecture);
	}
	image_packages_sort(&all);
	if (all.count)
		image->packages =
		        memory_new(all.count, sizeof(struct image_listed));
	for (unsigned p = 0; p < all.count; p++) {
		struct image_listed *to =
		        &image->packages[image->package_count++];

		to->name = memory_string(all.items[p].name);
		to->version = memory_string(all.items[p].version);
		list_builds(to, build);
	}
	image_packages_release(&all);
}

void image_from_build(struct image *image, const struct image_build *build)
{
	*image = (struct image){
	        .name = copy_of(build->name),
	        .suite = copy_of(build->suite),
	        .mirror = build->suite ? copy_of(build->mirror) : NULL,
	        .workdir = copy_of(build->workdir),
	        .root_count = build->source_count,
	};
	copy_list(&image->command, &build->command);
	copy_list(&image->environment, &build->environment);
	list_packages(image, build);
	for (unsigned i = 0; i < build->source_count; i++) {
		const struct image_source *source = &build->sources[i];
		struct image_root *root = &image->roots[i];

		root->isa = source->isa;
		root->file = memory_format("%s.erofs", isa_name(source->isa));
		root->size = source->size;
		memcpy(root->sha256, source->sha256, sizeof(root->sha256));
	}
}
