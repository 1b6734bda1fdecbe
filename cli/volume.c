/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/device.h"
#include "device.h"
#include "lib/cleanup.h"
#include "memory.h"

void volume_release(struct plan_volume *volume)
{
	free(volume->host);
	free(volume->guest);
	*volume = (struct plan_volume){NULL, NULL, false};
}

static bool ends_with(const char *text, size_t size, const char *end)
{
	size_t length = strlen(end);

	return size >= length && !memcmp(text + size - length, end, length);
}

static bool is_dots(const char *name, size_t size)
{
	return (size == 1 && name[0] == '.') ||
	       (size == 2 && name[0] == '.' && name[1] == '.');
}

/* One slash between components, none at the end; NULL: no path for a mount. */
static char *normalise(const char *path, size_t size)
{
	char *to = memory_format("%.*s", (int)size, path), *end = to;
	const char *p = path;

	if (!size || path[0] != '/') {
		free(to);
		return NULL;
	}
	while (p < path + size) {
		const char *slash = memchr(p, '/', (size_t)(path + size - p));
		size_t length = (size_t)((slash ? slash : path + size) - p);

		if (is_dots(p, length)) {
			free(to);
			return NULL;
		}
		if (length) {
			*end++ = '/';
			memcpy(end, p, length);
			end += length;
		}
		p += length + 1;
	}
	*end = 0;
	return to;
}

static int check_guest(const struct plan_domain *domain, const char *text,
                       const char *guest, struct problem *problem)
{
	if (!guest)
		return problem_set(problem,
		                   "volume '%.300s': the guest's folder is not "
		                   "an absolute path",
		                   text);
	if (!guest[0])
		return problem_set(problem,
		                   "volume '%.300s': a volume cannot be the "
		                   "guest's root",
		                   text);
	for (unsigned i = 0; i < domain->volume_count; i++)
		if (strcmp(domain->volumes[i].guest, guest) == 0)
			return problem_set(problem,
			                   "two volumes at the guest's folder "
			                   "%.300s",
			                   guest);
	return 0;
}

int volume_parse(struct plan_domain *domain, const char *text,
                 char *(*resolve)(const void *context, const char *path),
                 const void *context, struct problem *problem)
{
	size_t size = strlen(text);
	bool read_only = ends_with(text, size, ":ro");
	struct plan_volume *volume = &domain->volumes[domain->volume_count];
	BH_AUTO_FREE char *host = NULL, *guest = NULL;
	const char *colon;

	if (read_only || ends_with(text, size, ":rw"))
		size -= 3;
	colon = memrchr(text, ':', size);
	if (!colon || colon == text)
		return problem_set(problem,
		                   "volume '%.300s' is not "
		                   "HOSTFOLDER:GUESTFOLDER[:ro]",
		                   text);
	if (domain->volume_count == PLAN_VOLUMES_MAX)
		return problem_set(problem, "at most %u volumes for one guest",
		                   PLAN_VOLUMES_MAX);
	guest = normalise(colon + 1, (size_t)(text + size - colon - 1));
	if (check_guest(domain, text, guest, problem))
		return -1;
	host = memory_format("%.*s", (int)(colon - text), text);
	volume->host = resolve ? resolve(context, host) : memory_string(host);
	volume->guest = bh_steal_ptr(&guest);
	volume->read_only = read_only;
	domain->volume_count++;
	return 0;
}

/* ------------------------------------------------------------- the device */

static int open_folder(const char *path, struct problem *problem)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return problem_set(problem, "volume %.300s: no such folder",
		                   path);
	if (errno == ENOTDIR)
		return problem_set(problem, "volume %.300s: not a folder",
		                   path);
	return problem_errno(problem, errno, "volume %.300s", path);
}

static int prepare(const struct plan *plan, unsigned number,
                   struct device_slot *slot, struct problem *problem)
{
	const struct plan_domain *device = &plan->domains[number];
	const struct plan_volume *volume =
	        &plan->domains[device->serves].volumes[device->purpose];
	struct bh_volume_configuration *configuration;
	struct stat status;
	int fd = open_folder(volume->host, problem);

	if (fd < 0)
		return -1;
	slot->fds[slot->fd_count++] = fd;
	if (fstat(fd, &status))
		return problem_errno(problem, errno, "volume %.300s",
		                     volume->host);
	/* Files are to belong to whom the folder belongs to. */
	slot->as_owner = true;
	slot->uid = status.st_uid;
	slot->gid = status.st_gid;
	configuration = memory_new(1, sizeof(*configuration));
	*configuration = (struct bh_volume_configuration){
	        .read_only = volume->read_only,
	};
	slot->configuration = configuration;
	slot->configuration_size = sizeof(*configuration);
	return 0;
}

static const struct device_kind kind = {
        .program = "bh-device-volume",
        .protocol = BH_PROTOCOL_VOLUME,
        .prepare = prepare,
};

/* ------------------------------------------------------------ the kernel */

/* "NAME=PATH[:ro]", with a backslash before what would end the path. */
static char *mount_option(const char *before, unsigned number,
                          const struct plan_volume *volume)
{
	BH_AUTO_FREE char *path = memory_new(2 * strlen(volume->guest) + 1, 1);
	char *to = path;

	for (const char *p = volume->guest; *p; p++) {
		if (strchr(",:\\", *p))
			*to++ = '\\';
		*to++ = *p;
	}
	*to = 0;
	return memory_format("%s%svolume-%u=%s%s", before, number ? "," : "",
	                     number, path, volume->read_only ? ":ro" : "");
}

int volume_plan(struct plan *plan, unsigned number, struct problem *problem)
{
	struct plan_domain *domain = &plan->domains[number];
	BH_AUTO_FREE char *option = memory_string("bh.volumes=");
	char name[BH_NAME_SIZE];

	for (unsigned i = 0; i < domain->volume_count; i++) {
		char *longer = mount_option(option, i, &domain->volumes[i]);
		int device;

		free(option);
		option = longer;
		snprintf(name, sizeof(name), "volume-%u", i);
		device = plan_add_device(plan, number, &kind, name,
		                         BH_VOLUME_CREDIT, problem);
		if (device < 0)
			return -1;
		plan->domains[device].purpose = i;
	}
	if (domain->volume_count && domain->linux_image)
		plan_strings_add(&domain->environment, option);
	return 0;
}
