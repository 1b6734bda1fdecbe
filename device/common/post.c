/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "device/common/post.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/*
 * The same dance as in core/exchange.c: both sides first raise their own flag
 * and then look at the other's, with a full fence between.
 */

/* How long to look for an answer before sleeping, and how long one offer of the
 * CPU may take before the machine counts as busy; in nanoseconds. */
#define LOOK_LIMIT  UINT64_C(50000)
#define YIELD_LIMIT UINT64_C(25000)

uint64_t device_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Only a full counter refuses, and then exo has been rung for. */
static void ring(void)
{
	static const uint64_t one = 1;

	while (write(BH_DEVICE_FD_DOORBELL, &one, sizeof(one)) < 0 &&
	       errno == EINTR)
		;
}

void post(struct device *device, enum bh_post kind)
{
	struct bh_control *control = device->control;

	__atomic_store_n(&control->variant.kind, (uint32_t)kind,
	                 __ATOMIC_RELAXED);
	device->posted++;
	device->is_posted = true;
	__atomic_store_n(&control->variant.posted, device->posted,
	                 __ATOMIC_RELEASE);
	atomic_thread_fence(memory_order_seq_cst);
	if (!__atomic_load_n(&control->exo.exo_polling, __ATOMIC_RELAXED))
		ring();
}

bool device_is_answered(struct device *device)
{
	const struct bh_control_exo *exo = &device->control->exo;

	if (!device->is_posted)
		return false;
	if (__atomic_load_n(&exo->completed, __ATOMIC_ACQUIRE) !=
	    device->posted)
		return false;
	if (__atomic_load_n(&exo->command, __ATOMIC_RELAXED) != BH_COMMAND_RUN)
		_exit(0);
	device->is_posted = false;
	device->next = 0;
	return true;
}

bool device_has_requests(const struct device *device)
{
	return __atomic_load_n(&device->control->exo.requests,
	                       __ATOMIC_SEQ_CST) != device->requests;
}

bool device_may_sleep(struct device *device)
{
	__atomic_store_n(&device->control->variant.variant_waiting, 1,
	                 __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_seq_cst);
	if (!device->is_posted)
		return !device_has_requests(device);
	return __atomic_load_n(&device->control->exo.completed,
	                       __ATOMIC_ACQUIRE) != device->posted;
}

void device_has_woken(struct device *device)
{
	__atomic_store_n(&device->control->variant.variant_waiting, 0,
	                 __ATOMIC_RELAXED);
}

bool device_look(struct device *device)
{
	uint64_t start = device_now(), before = start, now;

	for (;;) {
		if (device_is_answered(device))
			return true;
		sched_yield();
		now = device_now();
		if (now - before > YIELD_LIMIT || now - start > LOOK_LIMIT)
			return false;
		before = now;
	}
}

void device_await(struct device *device)
{
	struct epoll_event event;

	if (device_look(device))
		return;
	while (!device_is_answered(device)) {
		if (device_may_sleep(device))
			epoll_pwait(device->epoll, &event, 1, -1, NULL);
		device_has_woken(device);
	}
}

void device_start(struct device *device)
{
	post(device, BH_POST_READY);
	device_await(device);
	/* There are no requests in the answer to READY. */
	device->next = UINT32_MAX;
}

void device_begin(struct device *device)
{
	memset(device->submission, 0, sizeof(*device->submission));
}

void device_post(struct device *device, enum bh_wait wait)
{
	struct bh_submission *s = device->submission;

	s->wait = wait;
	s->deadline = BH_NEVER;
	s->exchange = ++device->exchange;
	/* What has come by now is in the answer. */
	device->requests = __atomic_load_n(&device->control->exo.requests,
	                                   __ATOMIC_ACQUIRE);
	post(device, BH_POST_EXCHANGE);
}

struct bh_record *device_reply(struct device *device,
                               const struct bh_record *request, uint32_t room)
{
	struct bh_submission *s = device->submission;
	uint64_t stride = BH_RECORD_STRIDE(sizeof(*request) + (uint64_t)room);
	uint64_t used = sizeof(*s) + (uint64_t)s->bytes;

	if (stride > device->start.submission_size - used)
		return NULL;
	device->reply = (void *)((uint8_t *)s + used);
	*device->reply = (struct bh_record){
	        .channel = request->channel,
	        .type = request->type,
	        .tag = request->tag,
	};
	return device->reply;
}

void device_reply_end(struct device *device, uint32_t payload_size)
{
	struct bh_submission *s = device->submission;
	struct bh_record *reply = device->reply;
	uint64_t stride;

	reply->size = (uint32_t)sizeof(*reply) + payload_size;
	stride = BH_RECORD_STRIDE(reply->size);
	memset((uint8_t *)reply + reply->size, 0, stride - reply->size);
	s->bytes += (uint32_t)stride;
	s->count++;
	device->reply = NULL;
}

const struct bh_record *device_next(struct device *device)
{
	const struct bh_completion *c = device->completion;
	uint64_t room = device->start.completion_size - sizeof(*c);

	if (c->bytes < room)
		room = c->bytes;
	while (device->next < room) {
		const struct bh_record *record =
		        (const void *)((const uint8_t *)(c + 1) + device->next);

		if (room - device->next < sizeof(*record) ||
		    record->size < sizeof(*record) ||
		    BH_RECORD_STRIDE(record->size) > room - device->next)
			_exit(1); /* not exo's */
		device->next += (uint32_t)BH_RECORD_STRIDE(record->size);
		if (record->channel != BH_CHANNEL_CONTROL)
			return record;
	}
	return NULL;
}
