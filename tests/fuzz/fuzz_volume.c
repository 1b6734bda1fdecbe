/* SPDX-License-Identifier: ISC */
/* links: device/volume/path.o device/volume/files.o device/volume/names.o
 * device/volume/list.o device/volume/serve.o */
#define _GNU_SOURCE
#include "tests/unit/volume_folder.h"

/*
 * Arbitrary requests, one after another, to a volume on a folder next to a
 * file that none of them may reach.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct stat before;

static void clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", outside);
	if (system(command))
		abort();
}

static void begin(void)
{
	int fd;

	if (folder_setup(NULL))
		abort();
	fd = open(host("secret"), O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || write(fd, "secret", 6) != 6 || fstat(fd, &before))
		abort();
	close(fd);
	if (mkdirat(volume.folder, "d", 0755) ||
	    symlinkat("..", volume.folder, "u") ||
	    symlinkat("../secret", volume.folder, "s") ||
	    mknodat(volume.folder, "p", S_IFIFO | 0666, 0))
		abort();
	atexit(clean);
}

static void check_outside(void)
{
	struct stat now;

	if (stat(host("secret"), &now) || now.st_size != before.st_size ||
	    now.st_ino != before.st_ino || now.st_mode != before.st_mode ||
	    now.st_nlink != 1 || now.st_mtime != before.st_mtime)
		abort();
}

/* 1 byte type, 1 byte which values are small, 8 bytes of value, 2 of size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;

	if (!begun) {
		begin();
		begun = true;
	}
	while (size >= 12) {
		uint64_t value[4] = {0}, handle;
		size_t payload = data[10] | (size_t)data[11] << 8;

		handle = (uint64_t)GENERATION << 32 | (data[2] & 7u);
		for (unsigned i = 0; i < 4; i++)
			value[i] = data[1] >> i & 1 ? ~UINT64_C(0) - data[2 + i]
			                            : data[6 + i];
		if (data[1] & 16)
			value[0] = handle;
		else if (data[1] & 32)
			value[0] = data[1] & 64 ? GENERATION : 0;
		if (payload > size - 12)
			payload = size - 12;
		/* Sparse files of any size are the file system's matter. */
		if (data[0] % 24 != BH_VOLUME_ALLOCATE || value[2] < 65536)
			serve(data[0] % 24, value[0], value[1], value[2],
			      value[3], data + 12, payload);
		if (reply.size > VOLUME_REPLY_MAX || reply.status > 0)
			abort();
		data += 12 + payload;
		size -= 12 + payload;
	}
	serve(BH_VOLUME_ATTACH, 0, 0, 0, 0, NULL, 0);
	check_outside();
	return 0;
}
