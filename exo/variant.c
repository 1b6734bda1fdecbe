/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "variant.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int variant_create(struct variant *variant, const struct bh_cell_variant *from,
                   uint32_t submission_size, uint32_t completion_size)
{
	uint64_t size = BH_AREA_SUBMISSION + (uint64_t)submission_size +
	                completion_size;
	int seals = fcntl(from->area_fd, F_GET_SEALS);
	struct stat status;
	uint8_t *area;

	if (seals < 0 || fstat(from->area_fd, &status))
		return -errno;
	if ((seals & SEALS) != SEALS || (uint64_t)status.st_size != size)
		return -EINVAL;
	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
	            from->area_fd, 0);
	if (area == MAP_FAILED)
		return -errno;
	*variant = (struct variant){
	        .control = (struct bh_control *)(void *)area,
	        .submission = area + BH_AREA_SUBMISSION,
	        .completion = area + BH_AREA_SUBMISSION + submission_size,
	        .wake_fd = from->wake_fd,
	};
	return 0;
}

void variant_reset(struct variant *variant, uint32_t submission_size,
                   uint32_t completion_size)
{
	memset(variant->control, 0, sizeof(*variant->control));
	memset(variant->submission, 0, submission_size);
	memset(variant->completion, 0, completion_size);
	*variant = (struct variant){
	        .control = variant->control,
	        .submission = variant->submission,
	        .completion = variant->completion,
	        .wake_fd = variant->wake_fd,
	};
}

/* Reads the counter of posts; false: there is nothing new. */
static bool find_post(const struct variant *variant, uint32_t *posted)
{
	if (variant->post != BH_POST_NONE || variant->dead ||
	    (variant->dropped && variant->fresh < FRESH_STARTING))
		return false;
	*posted = __atomic_load_n(&variant->control->variant.posted,
	                          __ATOMIC_ACQUIRE);
	return *posted != variant->answered;
}

bool variant_has_post(const struct variant *variant)
{
	uint32_t posted;

	return find_post(variant, &posted);
}

void variant_set_polling(struct variant *variant, bool polling)
{
	__atomic_store_n(&variant->control->exo.exo_polling, polling,
	                 __ATOMIC_SEQ_CST);
}

bool variant_poll(struct variant *variant)
{
	struct bh_control_variant *shared = &variant->control->variant;
	uint32_t posted;

	if (!find_post(variant, &posted))
		return false;
	variant->posted = posted;
	variant->post = __atomic_load_n(&shared->kind, __ATOMIC_RELAXED);
	if (variant->post < BH_POST_READY || variant->post > BH_POST_STATE)
		variant->post = BH_POST_FAULT; /* a core that talks nonsense */
	return true;
}

/* Only a full counter refuses, and then the device has been rung for. */
static void ring(const struct variant *variant)
{
	static const uint64_t one = 1;

	while (write(variant->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static bool is_waiting(const struct variant *variant)
{
	return __atomic_load_n(&variant->control->variant.variant_waiting,
	                       __ATOMIC_SEQ_CST);
}

void variant_request(struct variant *variant)
{
	__atomic_store_n(&variant->control->exo.requests, ++variant->requests,
	                 __ATOMIC_SEQ_CST);
	if (is_waiting(variant))
		ring(variant);
}

void variant_complete(struct variant *variant,
                      const struct bh_completion *completion)
{
	memcpy(variant->completion, completion,
	       sizeof(*completion) + completion->bytes);
}

void variant_answer(struct variant *variant, enum bh_command command)
{
	struct bh_control *control = variant->control;

	variant->answered = variant->posted;
	variant->post = BH_POST_NONE;
	__atomic_store_n(&control->exo.command, command, __ATOMIC_RELAXED);
	__atomic_store_n(&control->exo.completed, variant->answered,
	                 __ATOMIC_SEQ_CST);
	if (!is_waiting(variant))
		return;
	if (variant->wake_fd >= 0)
		ring(variant);
	else
		syscall(SYS_futex, &control->exo.completed, FUTEX_WAKE, INT_MAX,
		        NULL, NULL, 0);
}
