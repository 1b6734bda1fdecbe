/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_IMAGE_VERSIONS_H
#define BH_CLI_IMAGE_VERSIONS_H

/*
 * Packages and their versions, per instruction set.
 *
 * Variants must be built from the same source.  Debian rebuilds a package for
 * one architecture without a new source, and marks that at the end of the
 * version: +b and a number (Debian Policy, "binNMU"); such versions are equal
 * here.
 */

#include <stdbool.h>
#include <stddef.h>

struct image_package {
	char *name;
	char *version;
	char *architecture; /* of the package: "amd64", ..., "all" */
};

/* Sorted by name once image_packages_sort() has been called. */
struct image_packages {
	struct image_package *items;
	unsigned count;
};

void image_packages_add(struct image_packages *packages, const char *name,
                        const char *version, const char *architecture);
void image_packages_sort(struct image_packages *packages);
void image_packages_release(struct image_packages *packages);
const struct image_package *image_packages_find(
        const struct image_packages *packages, const char *name);

/* The length of a version without the mark of a rebuild. */
size_t image_version_length(const char *version);
bool image_versions_equal(const char *a, const char *b);

/*
 * Calls tell() for every package whose version differs from the first list
 * that has it: with the indices of both lists.  Packages that are not in all
 * lists are no difference.  Returns how many there were.
 */
unsigned image_compare(const struct image_packages *const *lists,
                       unsigned count,
                       void (*tell)(void *context, unsigned first,
                                    const struct image_package *a,
                                    unsigned second,
                                    const struct image_package *b),
                       void *context);

#endif
