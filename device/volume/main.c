/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/stat.h>

#include "abi/protocol/service.h"
#include "device/device.h"
#include "device/volume/volume.h"

/* bh-device-volume: answers requests in the order in which they come. */

#define FOLDER BH_DEVICE_FD_FIRST

static uint32_t generation_of(const struct device *device)
{
	uint32_t g = (uint32_t)(device->start.generation ^
	                        device->start.generation >> 32);

	return g ? g : 1;
}

static void answer(struct device *device, struct volume *volume,
                   const struct bh_record *record)
{
	struct bh_record *to = device_reply(device, record, VOLUME_REPLY_MAX);
	struct volume_request request = {
	        .type = record->type,
	        .client = record->client,
	        .payload = (const uint8_t *)(record + 1),
	        .size = device_payload_size(record),
	};
	struct volume_reply reply = {.payload = (uint8_t *)(to + 1)};

	if (!to) /* more than the credit of the channel allows */
		__builtin_trap();
	memcpy(request.value, record->value, sizeof(request.value));
	volume_serve(volume, &request, &reply);
	to->status = reply.status;
	memcpy(to->value, reply.value, sizeof(to->value));
	device_reply_end(device, (uint32_t)reply.size);
}

static void serve(struct device *device, struct volume *volume)
        __attribute__((noreturn));

static void serve(struct device *device, struct volume *volume)
{
	const struct bh_record *request;

	for (;;) {
		device_begin(device);
		while ((request = device_next(device)))
			answer(device, volume, request);
		device_post(device, BH_WAIT_ANY);
		device_await(device);
	}
}

static void check_start(struct device *device,
                        const struct bh_volume_configuration *configuration)
{
	struct stat status;

	if (configuration->read_only > 1 || configuration->reserved)
		device_fail(device, "configuration: a field is out of range");
	if (device->start.submission_size < BH_VOLUME_BUFFER_MIN)
		device_fail(device, "start block: buffers are too small");
	if (device->start.descriptor_count != 1 || fstat(FOLDER, &status) ||
	    !S_ISDIR(status.st_mode))
		device_fail(device, "descriptor %d is not a folder", FOLDER);
}

int main(void)
{
	static struct device device;
	static struct volume volume;
	struct bh_volume_configuration configuration;
	struct bh_sandbox sandbox = {.writes_files = true, .folder = FOLDER};
	const struct bh_seccomp_rule *rules;
	size_t count;

	device_open(&device, &configuration, sizeof(configuration), true);
	check_start(&device, &configuration);
	umask(0); /* the guest has its own */
	sandbox.folder_read_only = configuration.read_only;
	device_enter_sandbox(&device, &sandbox);
	volume_init(&volume, FOLDER, configuration.read_only,
	            generation_of(&device));
	rules = volume_seccomp_rules(configuration.read_only, &count);
	device_seal(&device, rules, count);
	device_start(&device);
	serve(&device, &volume);
}
