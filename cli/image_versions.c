/* SPDX-License-Identifier: ISC */
#include "image_versions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

void image_packages_add(struct image_packages *packages, const char *name,
                        const char *version, const char *architecture)
{
	packages->items = memory_resize(packages->items, packages->count + 1,
	                                sizeof(struct image_package));
	packages->items[packages->count++] = (struct image_package){
	        memory_string(name), memory_string(version),
	        memory_string(architecture)};
}

static int by_name(const void *a, const void *b)
{
	const struct image_package *one = a, *other = b;

	return strcmp(one->name, other->name);
}

void image_packages_sort(struct image_packages *packages)
{
	if (packages->count)
		qsort(packages->items, packages->count,
		      sizeof(struct image_package), by_name);
}

void image_packages_release(struct image_packages *packages)
{
	for (unsigned i = 0; i < packages->count; i++) {
		free(packages->items[i].name);
		free(packages->items[i].version);
		free(packages->items[i].architecture);
	}
	free(packages->items);
	*packages = (struct image_packages){NULL, 0};
}

const struct image_package *image_packages_find(
        const struct image_packages *packages, const char *name)
{
	for (unsigned i = 0; i < packages->count; i++)
		if (strcmp(packages->items[i].name, name) == 0)
			return &packages->items[i];
	return NULL;
}

size_t image_version_length(const char *version)
{
	size_t length = strlen(version), digits = length;

	while (digits && isdigit((unsigned char)version[digits - 1]))
		digits--;
	if (digits == length || digits < 3 || version[digits - 1] != 'b' ||
	    version[digits - 2] != '+')
		return length;
	return digits - 2;
}

bool image_versions_equal(const char *a, const char *b)
{
	size_t length = image_version_length(a);

	return length == image_version_length(b) && memcmp(a, b, length) == 0;
}

unsigned image_compare(const struct image_packages *const *lists,
                       unsigned count,
                       void (*tell)(void *context, unsigned first,
                                    const struct image_package *a,
                                    unsigned second,
                                    const struct image_package *b),
                       void *context)
{
	unsigned found = 0;

	for (unsigned l = 1; l < count; l++)
		for (unsigned p = 0; p < lists[l]->count; p++) {
			const struct image_package *one = &lists[l]->items[p];
			const struct image_package *first = NULL;
			unsigned f = 0;

			while (f < l && !(first = image_packages_find(
			                          lists[f], one->name)))
				f++;
			if (!first ||
			    image_versions_equal(first->version, one->version))
				continue;
			found++;
			if (tell)
				tell(context, f, first, l, one);
		}
	return found;
}
