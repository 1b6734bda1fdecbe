/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_VOLUME_FOLDER_H
#define BH_TESTS_UNIT_VOLUME_FOLDER_H

/* A volume on a temporary folder, and requests to it in short. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/exchange.h"
#include "device/volume/volume.h"

#define GENERATION 77u

static struct volume volume;
static uint8_t reply_bytes[VOLUME_REPLY_MAX];
static struct volume_reply reply = {.payload = reply_bytes};
static char outside[64]; /* a folder; the volume is outside/in */

static inline int serve(unsigned type, uint64_t a, uint64_t b, uint64_t c,
                        uint64_t d, const void *payload, size_t size)
{
	/* Exactly as long, so that the sanitizer sees a step too far. */
	uint8_t *copy = malloc(size ? size : 1);
	struct volume_request request = {
	        .type = (uint16_t)type,
	        .client = 1,
	        .value = {a, b, c, d},
	        .payload = copy,
	        .size = size,
	};

	if (size)
		memcpy(copy, payload, size);
	volume_serve(&volume, &request, &reply);
	free(copy);
	return reply.status;
}

static inline int on_path(unsigned type, const char *path, uint64_t b,
                          uint64_t c)
{
	return serve(type, 0, b, c, 0, path, strlen(path));
}

static inline int on_two(unsigned type, const char *first, const char *second,
                         uint64_t flags)
{
	char both[8300];
	size_t a = strlen(first) + 1, b = strlen(second) + 1;

	memcpy(both, first, a);
	memcpy(both + a, second, b);
	return serve(type, 0, flags, 0, 0, both, a + b);
}

static inline uint64_t open_handle(const char *path, uint64_t flags)
{
	return on_path(BH_VOLUME_OPEN, path, flags, 0644) ? 0 : reply.value[0];
}

#define NEW (BH_VOLUME_OPEN_READ | BH_VOLUME_OPEN_WRITE | BH_VOLUME_OPEN_CREATE)

static inline int write_bytes(uint64_t handle, uint64_t offset,
                              const char *text)
{
	return serve(BH_VOLUME_WRITE, handle, offset, 0, 0, text, strlen(text));
}

static inline int folder_setup(void **state)
{
	char in[80];

	(void)state;
	strcpy(outside, "/tmp/bh-volume-XXXXXX");
	if (!mkdtemp(outside))
		return -1;
	snprintf(in, sizeof(in), "%s/in", outside);
	if (mkdir(in, 0755))
		return -1;
	umask(0);
	volume_init(&volume, open(in, O_PATH | O_DIRECTORY), false, GENERATION);
	return volume.folder < 0 ? -1 : 0;
}

static inline int folder_teardown(void **state)
{
	char command[128];

	(void)state;
	volume_finish(&volume);
	close(volume.folder);
	snprintf(command, sizeof(command), "rm -rf '%s'", outside);
	return system(command);
}

/* A path in the temporary folder; "in/..." is in the volume. */
static inline const char *host(const char *path)
{
	static char names[4][512];
	static unsigned next;
	char *name = names[next++ % 4];

	snprintf(name, sizeof(names[0]), "%s/%s", outside, path);
	return name;
}

#endif
