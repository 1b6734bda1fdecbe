/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "xlate/engine.h"
#include "xlate/kept.h"

/* In the place of an emitter, where there is none or none is wanted. */

size_t xlate_host_room(void)
{
	return 0;
}
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

void xlate_host_stop(struct xlate *x)
{
	(void)x;
}

void xlate_host_begin(struct xlate *x)
{
	(void)x;
}

void xlate_host_end(struct xlate *x)
{
	(void)x;
}

bool xlate_host_can_run(const struct xlate *x)
{
	(void)x;
	return false;
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

int xlate_host_keep(struct xlate *x, const struct xlate_section *section,
                    uint8_t *unit, size_t room, size_t *size)
{
	(void)x;
	(void)section;
	(void)unit;
	(void)room;
	(void)size;
	return -EOPNOTSUPP;
}

void xlate_host_attach(struct xlate *x, const void *kept)
{
	(void)x;
	(void)kept;
}

uint32_t xlate_host_features(void)
{
	return 0;
}
