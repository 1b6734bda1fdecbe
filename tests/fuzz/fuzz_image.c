/* SPDX-License-Identifier: ISC */
/* links: @plan */
/* libs: -lcyaml -lyaml -lnettle */

/* Descriptions of images.  What is accepted names no file outside the folder
 * and nothing that the launcher does not expect. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/image_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_root(const struct image *image, unsigned number)
{
	const struct image_root *root = &image->roots[number];

	require(root->isa >= BH_ISA_X86_64 && root->isa <= BH_ISA_RISCV64);
	require(root->file && root->file[0] && root->file[0] != '.');
	require(!strchr(root->file, '/'));
	require(root->size > 0);
	require(strlen(root->sha256) == SHA256_TEXT - 1);
	for (unsigned i = 0; i < number; i++)
		require(image->roots[i].isa != root->isa);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image;
	struct problem problem = {""};

	if (image_parse("image.yaml", data, size, &image, &problem) == 0) {
		require(image.name != NULL);
		require(image.root_count >= 1 &&
		        image.root_count <= IMAGE_ROOTS_MAX);
		for (unsigned i = 0; i < image.root_count; i++)
			check_root(&image, i);
		for (unsigned i = 0; i < image.environment.count; i++)
			require(strchr(image.environment.items[i], '=') !=
			        NULL);
		require(!image.command.count ||
		        image.command.items[0][0] == '/');
		require(!image.workdir || image.workdir[0] == '/');
	} else {
		require(strncmp(problem.text, "image.yaml:", 11) == 0);
	}
	image_release(&image);
	return 0;
}
