/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_build.h"
#include "image_yaml.h"
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

/* The builds of a package that are not of the version that was written. */
static void write_builds(FILE *file, const struct image_build *build,
                         const struct image_package *package)
{
	const char *separator = ", builds: [";

	for (unsigned i = 0; i < build->source_count; i++) {
		const struct image_package *other = image_packages_find(
		        &build->sources[i].packages, package->name);

		if (!other || strcmp(other->version, package->version) == 0)
			continue;
		fprintf(file, "%s\"%s=%s\"", separator,
		        isa_name(build->sources[i].isa), other->version);
		separator = ", ";
	}
	if (separator[2] == 0)
		fputc(']', file);
}

static void write_packages(FILE *file, const struct image_build *build)
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
	fputs(all.count ? "packages:\n" : "", file);
	for (unsigned p = 0; p < all.count; p++) {
		fprintf(file, "  - {name: \"%s\", version: \"%s\"",
		        all.items[p].name, all.items[p].version);
		write_builds(file, build, &all.items[p]);
		fputs("}\n", file);
	}
	image_packages_release(&all);
}

char *image_describe(const struct image_build *build)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return memory_string("");
	fputs("# Made by bh image build; see bh-image(1).\n", file);
	fprintf(file, "format: %u\n", IMAGE_FORMAT);
	write_key(file, "name", build->name);
	write_key(file, "suite", build->suite);
	write_key(file, "mirror", build->suite ? build->mirror : NULL);
	write_list(file, "command", &build->command);
	write_list(file, "environment", &build->environment);
	write_key(file, "workdir", build->workdir);
	write_packages(file, build);
	fputs("roots:\n", file);
	for (unsigned i = 0; i < build->source_count; i++) {
		const struct image_source *source = &build->sources[i];

		fprintf(file,
		        "  - isa: %s\n    file: %s.erofs\n    size: %llu\n"
		        "    sha256: %s\n",
		        isa_name(source->isa), isa_name(source->isa),
		        source->size, source->sha256);
	}
	fclose(file);
	return text;
}
