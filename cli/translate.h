/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_TRANSLATE_H
#define BH_CLI_TRANSLATE_H

/*
 * Kept translations of an image (xlate/keep.h): a file beside each root whose
 * instruction set is translated, with the code of all programs and libraries in
 * it and that of the Linux personality.  For images without, there are those of
 * the personality alone, which are made with bh and lie beside it.
 */

#include <stdbool.h>

#include "image_yaml.h"
#include "problem.h"
#include "xlate/keep.h"

/* Whether there is anything to translate for this ISA. */
bool translate_wanted(enum bh_isa isa);

/* Makes or replaces the file of ROOT, which lies in FOLDER, and notes it in
 * ROOT. */
int translate_root(const char *folder, struct image_root *root,
                   struct problem *problem);

/* What a file holds; *FIT is not XLATE_DAMAGED. */
int translate_look(const char *path, enum xlate_fit *fit,
                   struct xlate_kept *kept, struct problem *problem);

/* Why such a file is not used; NULL if it is. */
const char *translate_unfit(enum xlate_fit fit);

#endif
