/* SPDX-License-Identifier: ISC */
#ifndef BH_LIB_CLEANUP_H
#define BH_LIB_CLEANUP_H

/*
 * Scope-bound release of descriptors, allocations and streams, by the cleanup
 * attribute of gcc and clang.  A function that hands a resource on calls
 * bh_steal_fd() or bh_steal_ptr(), which leave an empty value behind.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void bh_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline int bh_steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void bh_free(void *pointer_to_pointer)
{
	void **pointer = pointer_to_pointer;

	free(*pointer);
	*pointer = NULL;
}

static inline void *bh_steal_ptr(void *pointer_to_pointer)
{
	void **pointer = pointer_to_pointer;
	void *taken = *pointer;

	*pointer = NULL;
	return taken;
}

static inline void bh_fclose(FILE **stream)
{
	if (*stream)
		fclose(*stream);
	*stream = NULL;
}

#define BH_CLEANUP(function) __attribute__((cleanup(function)))
#define BH_AUTO_CLOSE BH_CLEANUP(bh_close)
#define BH_AUTO_FREE BH_CLEANUP(bh_free)
#define BH_AUTO_FCLOSE BH_CLEANUP(bh_fclose)

#endif
