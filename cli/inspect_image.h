/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_INSPECT_IMAGE_H
#define BH_CLI_INSPECT_IMAGE_H

#include "abi/base.h"

/*
 * Prints what is in the image and whether bh would load it (for ISA, unless
 * that is NONE).  Returns 0, 1 if it would not, or BH_EXIT_ERROR.
 */
int inspect_image(const char *path, enum bh_isa isa);

#endif
