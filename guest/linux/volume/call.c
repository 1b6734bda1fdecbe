/* SPDX-License-Identifier: ISC */
#include "guest/linux/volume/volume.h"

#include "guest/linux/channel.h"
#include "guest/linux/internal.h" /* task_sleep_deaf(): as files do on Linux */

/* Requests to the device. */

#define ERRNO_MAX 4095

/* exo refuses a request beyond the channel's credit. */
static void take_credit(struct volume *volume)
{
	struct wait_entry entry;

	if (volume->unanswered >= volume->credit) {
		wait_begin(&entry, &volume->queue);
		while (volume->unanswered >= volume->credit)
			task_sleep_deaf();
		wait_end(&entry);
	}
	volume->unanswered++;
}

static void give_credit(struct volume *volume)
{
	volume->unanswered--;
	wait_wake_some(&volume->queue, 0, 1);
}

int volume_call(struct volume *volume, struct volume_call *call)
{
	struct bh_record header = {.size = 0};
	int r;

	take_credit(volume);
	r = channel_call(volume->channel, call->type, call->value, call->first,
	                 call->first_size, call->second, call->second_size,
	                 &header, call->reply, call->room);
	give_credit(volume);
	call->size =
	        header.size > sizeof(header) ? header.size - sizeof(header) : 0;
	call->size = (size_t)min_u64(call->size, call->room);
	memcpy(call->result, header.value, sizeof(call->result));
	/* Zero if exo answers in the place of a device that is no more. */
	if (header.value[3])
		volume->generation = header.value[3];
	if (r == -ECONNRESET)
		r = -EIO;
	return r > 0 || r < -ERRNO_MAX ? -EIO : r;
}

int volume_call_path(struct volume *volume, unsigned type, const char *path,
                     uint64_t a, uint64_t b, uint64_t c)
{
	struct volume_call call = {
	        .type = type,
	        .value = {a, b, c},
	        .first = path,
	        .first_size = strlen(path),
	};

	return volume_call(volume, &call);
}

int volume_call_two(struct volume *volume, unsigned type, const char *first,
                    const char *second, uint64_t flags)
{
	struct volume_call call = {
	        .type = type,
	        .value = {volume->generation, flags},
	        .first = first,
	        .first_size = strlen(first) + 1,
	        .second = second,
	        .second_size = strlen(second) + 1,
	};

	return volume_call(volume, &call);
}

static bool is_plausible(const struct bh_volume_attributes *a)
{
	return a->size <= INT64_MAX && a->blocks <= INT64_MAX;
}

int volume_get_attributes(struct volume *volume, unsigned type, uint64_t handle,
                          const char *path, struct bh_volume_attributes *a)
{
	struct volume_call call = {
	        .type = type,
	        .value = {handle},
	        .first = path,
	        .first_size = path ? strlen(path) : 0,
	        .reply = a,
	        .room = sizeof(*a),
	};
	int r = volume_call(volume, &call);

	if (r)
		return r;
	return call.size == sizeof(*a) && is_plausible(a) ? 0 : -EIO;
}

/* An open that may be made twice names no generation. */
int volume_open_handle(struct volume *volume, const char *path, uint64_t flags,
                       uint64_t mode, uint64_t *handle)
{
	bool once = flags & BH_VOLUME_OPEN_EXCLUSIVE;
	struct volume_call call = {
	        .type = BH_VOLUME_OPEN,
	        .value = {once ? volume->generation : 0, flags, mode},
	        .first = path,
	        .first_size = strlen(path),
	};
	int r = volume_call(volume, &call);

	*handle = call.result[0];
	return !r && !*handle ? -EIO : r;
}

/* Nobody waits for a close. */
struct closing {
	struct request request;
	struct volume *volume;
};

static void closed(struct request *request, const struct bh_record *reply)
{
	struct closing *closing =
	        CONTAINER_OF(request, struct closing, request);

	(void)reply;
	give_credit(closing->volume);
	memory_free(closing);
}

void volume_close_handle(struct volume *volume, uint64_t handle)
{
	const uint64_t values[4] = {handle};
	struct closing *closing = memory_allocate(sizeof(*closing));
	struct volume_call call = {
	        .type = BH_VOLUME_CLOSE,
	        .value = {handle},
	};

	if (!closing) {
		volume_call(volume, &call);
		return;
	}
	*closing = (struct closing){
	        .request.completed = closed,
	        .volume = volume,
	};
	take_credit(volume);
	if (channel_submit(&closing->request, volume->channel, BH_VOLUME_CLOSE,
	                   values, NULL, 0, NULL, 0)) {
		give_credit(volume);
		memory_free(closing);
	}
}
