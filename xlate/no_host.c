/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "xlate/engine.h"

/* For hosts without an emitter. */
int xlate_host_create(struct xlate *x)
{
	(void)x;
	return -EOPNOTSUPP;
}

void xlate_host_destroy(struct xlate *x)
{
	(void)x;
}

void xlate_host_flush(struct xlate *x)
{
	(void)x;
}

int xlate_host_run(struct xlate *x)
{
	(void)x;
	return EXIT_REPLAY;
}

bool xlate_host_recover(struct xlate *x, const void *ucontext,
                        struct xlate_state *state)
{
	(void)x;
	(void)ucontext;
	(void)state;
	return false;
}
