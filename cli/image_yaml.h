/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_IMAGE_YAML_H
#define BH_CLI_IMAGE_YAML_H

/*
 * image.yaml: what is in an image folder.  The file may come from anywhere, so
 * nothing in it is believed before it has been checked here.
 */

#include <stdbool.h>
#include <stddef.h>

#include "abi/base.h"
#include "plan.h"
#include "problem.h"
#include "measure.h"

#define IMAGE_FILE      "image.yaml"
#define IMAGE_FORMAT    1u
#define IMAGE_ROOTS_MAX 3u

struct image_root {
	enum bh_isa isa;
	char *file; /* in the image folder: a name, no path */
	unsigned long long size;
	char sha256[SHA256_TEXT];
	char *kept; /* likewise: translations of its code; NULL: none */
	char kept_sha256[SHA256_TEXT];
};

struct image_listed {
	char *name;
	char *version;
	struct plan_strings builds; /* "ISA=VERSION" where that differs */
};

struct image {
	char *name;
	char *suite;  /* NULL: not made from packages */
	char *mirror; /* likewise */
	struct plan_strings command;
	struct plan_strings environment;
	char *workdir; /* NULL: / */
	struct image_listed *packages;
	unsigned package_count;
	struct image_root roots[IMAGE_ROOTS_MAX]; /* each ISA at most once */
	unsigned root_count;
};

/* Is there an image.yaml in this folder? */
bool image_is_folder(const char *path);

/* Reads FOLDER/image.yaml.  *image is to be released also after an error. */
int image_load(const char *folder, struct image *image,
               struct problem *problem);
/* The same from memory; PATH is for messages. */
int image_parse(const char *path, const void *text, size_t size,
                struct image *image, struct problem *problem);
void image_release(struct image *image);

#endif
