/* SPDX-License-Identifier: ISC */
#ifndef BH_EXO_MEMORY_H
#define BH_EXO_MEMORY_H

/*
 * All memory of exo is taken when the cell is created and never given back.
 * It is backed lazily: a buffer costs what has been touched of it.
 */

#include <stddef.h>

/* Zeroed, page-aligned memory, or NULL.  Lives as long as the process. */
void *memory_reserve(size_t size);

#endif
