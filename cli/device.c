/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi/device.h"
#include "helper.h"
#include "lib/cleanup.h"

void device_slot_init(struct device_slot *slot)
{
	*slot = (struct device_slot){.executable = -1};
}

void device_slot_release(struct device_slot *slot)
{
	bh_close(&slot->executable);
	for (unsigned i = 0; i < slot->fd_count; i++)
		bh_close(&slot->fds[i]);
	free(slot->configuration);
	device_slot_init(slot);
}

int device_prepare(const struct plan *plan, unsigned number,
                   struct device_slot *slot, struct problem *problem)
{
	const struct device_kind *kind = plan->domains[number].device;

	slot->executable = helper_open(kind->program, problem);
	if (slot->executable < 0)
		return -1;
	return kind->prepare(plan, number, slot, problem);
}

int device_start_block(const struct device_slot *slot, uint32_t sandbox_flags,
                       uint32_t buffer_size)
{
	struct bh_device_start start = {
	        .magic = BH_DEVICE_MAGIC,
	        .version = BH_ABI_VERSION,
	        .size = sizeof(start),
	        .flags = sandbox_flags,
	        .submission_size = buffer_size,
	        .completion_size = buffer_size,
	        .descriptor_count = slot->fd_count,
	        .configuration_size = (uint32_t)slot->configuration_size,
	};
	struct iovec parts[] = {
	        {&start, sizeof(start)},
	        {slot->configuration, slot->configuration_size},
	};
	BH_AUTO_CLOSE int fd = memfd_create("bh-start", MFD_CLOEXEC);
	ssize_t n;

	while (start.generation == 0)
		if (getrandom(&start.generation, sizeof(start.generation), 0) !=
		    sizeof(start.generation))
			return -EIO;
	if (fd < 0)
		return -errno;
	n = writev(fd, parts, 2);
	if (n < 0)
		return -errno;
	if ((size_t)n != sizeof(start) + slot->configuration_size)
		return -EIO;
	lseek(fd, 0, SEEK_SET);
	return bh_steal_fd(&fd);
}
