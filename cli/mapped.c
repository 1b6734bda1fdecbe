/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

int mapped_fd(struct mapped *file, int fd)
{
	struct stat status;
	void *data;

	*file = (struct mapped){NULL, 0};
	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_size <= 0)
		return -EINVAL;
	data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd,
	            0);
	if (data == MAP_FAILED)
		return -errno;
	*file = (struct mapped){data, (size_t)status.st_size};
	return 0;
}

int mapped_open(struct mapped *file, const char *path)
{
	BH_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? -errno : mapped_fd(file, fd);
}

void mapped_close(struct mapped *file)
{
	if (file->data)
		munmap((void *)(uintptr_t)file->data, file->size);
	*file = (struct mapped){NULL, 0};
}
