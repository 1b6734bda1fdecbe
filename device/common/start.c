/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/core.h"
#include "device/common/post.h"
#include "device/device.h"

#define EXIT_SETUP 125
#define FLAGS      (BH_CORE_NO_SANDBOX_ROOT | BH_CORE_NO_LANDLOCK)

/* exo kills a device that could not start; until then its words must stay. */
#define LAST_WORDS_SECONDS 10

void device_fail(struct device *device, const char *format, ...)
{
	char line[BH_CONTROL_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (!device->control)
		_exit(EXIT_SETUP);
	memcpy(device->control->message, line, sizeof(line));
	post(device, BH_POST_ERROR);
	sleep(LAST_WORDS_SECONDS);
	_exit(EXIT_SETUP);
}

static void read_block(struct device *device, void *to, size_t size,
                       size_t offset)
{
	ssize_t n = pread(BH_DEVICE_FD_START, to, size, (off_t)offset);

	if (n < 0)
		device_fail(device, "start block: %s", strerror(errno));
	if ((size_t)n != size)
		device_fail(device, "start block: %zd bytes at %zu, not %zu", n,
		            offset, size);
}

static bool is_buffer_size(uint32_t size)
{
	return size >= BH_AREA_BUFFER_MIN && size <= BH_AREA_BUFFER_MAX &&
	       (size & (size - 1)) == 0;
}

static void check_start(struct device *device)
{
	const struct bh_device_start *s = &device->start;

	if (s->magic != BH_DEVICE_MAGIC || s->version >> 16 != BH_ABI_MAJOR ||
	    s->size != sizeof(*s))
		device_fail(device, "start block: another version");
	if (s->flags & ~FLAGS || s->reserved[0] || s->reserved[1] ||
	    s->generation == 0 || s->descriptor_count > 512)
		device_fail(device, "start block: a field is out of range");
	if (!is_buffer_size(s->submission_size) ||
	    !is_buffer_size(s->completion_size))
		device_fail(device, "start block: impossible buffers");
}

static void map_area(struct device *device)
{
	const struct bh_device_start *s = &device->start;
	size_t size = (size_t)BH_AREA_SUBMISSION + s->submission_size +
	              s->completion_size;
	struct stat status;
	uint8_t *area;

	if (fstat(BH_DEVICE_FD_AREA, &status) ||
	    (uint64_t)status.st_size != size)
		device_fail(device,
		            "area: its size is not that of its buffers");
	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
	            BH_DEVICE_FD_AREA, 0);
	if (area == MAP_FAILED)
		device_fail(device, "area: %s", strerror(errno));
	device->submission = (void *)(area + BH_AREA_SUBMISSION);
	device->completion =
	        (const void *)(area + BH_AREA_SUBMISSION + s->submission_size);
}

static void create_epoll(struct device *device)
{
	struct epoll_event wake = {.events = EPOLLIN | EPOLLET,
	                           .data.u64 = DEVICE_WAKE};

	device->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (device->epoll < 0 ||
	    epoll_ctl(device->epoll, EPOLL_CTL_ADD, BH_DEVICE_FD_WAKE, &wake))
		device_fail(device, "epoll: %s", strerror(errno));
}

void device_open(struct device *device, void *configuration, size_t size,
                 bool exact)
{
	void *page = mmap(NULL, BH_AREA_CONTROL_SIZE, PROT_READ | PROT_WRITE,
	                  MAP_SHARED, BH_DEVICE_FD_AREA, BH_AREA_CONTROL);

	*device = (struct device){.epoll = -1};
	/* A peer that goes away is an error of write(), not our end. */
	signal(SIGPIPE, SIG_IGN);
	if (page == MAP_FAILED)
		_exit(EXIT_SETUP);
	device->control = page;
	device->posted = __atomic_load_n(&device->control->exo.completed,
	                                 __ATOMIC_RELAXED);
	read_block(device, &device->start, sizeof(device->start), 0);
	check_start(device);
	if (device->start.configuration_size > size ||
	    (exact && device->start.configuration_size != size))
		device_fail(device, "start block: %u bytes of configuration",
		            device->start.configuration_size);
	read_block(device, configuration, device->start.configuration_size,
	           sizeof(device->start));
	map_area(device);
	create_epoll(device);
}

void device_enter_sandbox(struct device *device, struct bh_sandbox *sandbox)
{
	const char *stage;
	int last = BH_DEVICE_FD_FIRST - 1 + (int)device->start.descriptor_count;
	int r;

	sandbox->keep_fds = device->epoll > last ? device->epoll : last;
	sandbox->root = !(device->start.flags & BH_CORE_NO_SANDBOX_ROOT);
	sandbox->landlock = !(device->start.flags & BH_CORE_NO_LANDLOCK);
	r = bh_sandbox_enter(sandbox, &stage);
	if (r)
		device_fail(device, "sandbox: %s: %s", stage, strerror(-r));
	close(BH_DEVICE_FD_START);
	close(BH_DEVICE_FD_AREA);
}

void device_seal(struct device *device, const struct bh_seccomp_rule *rules,
                 size_t count)
{
	int r = bh_seccomp_enter(rules, count);

	if (r)
		device_fail(device, "seccomp: %s", strerror(-r));
}
