/* SPDX-License-Identifier: ISC */
#include "guest/linux/ipc.h"

#include "guest/linux/channel.h"
#include "guest/linux/clock.h"
#include "guest/linux/task.h"

/* So many calls in a row that found nothing; so many polls that found
 * something at once. */
#define IDLE_MAX  64u
#define POLLS_MAX 32u

/* st_dev of pipes and sockets on Linux (pipefs, sockfs); any number will do. */
#define ANONYMOUS_DEVICE 13u

static unsigned idle_calls, polls;
static uint64_t seen_exchange, last_number;

/* Counts start again when an exchange was made meanwhile. */
static void note_exchange(void)
{
	if (seen_exchange == channel_exchanges())
		return;
	seen_exchange = channel_exchanges();
	idle_calls = polls = 0;
}

void ipc_relax(void)
{
	if (!task_others_runnable())
		channel_exchange_now();
	task_yield();
}

int64_t ipc_would_block(void)
{
	note_exchange();
	if (++idle_calls >= IDLE_MAX) {
		idle_calls = 0;
		ipc_relax();
	}
	return -EAGAIN;
}

void ipc_poll_returns(void)
{
	note_exchange();
	if (++polls < POLLS_MAX)
		return;
	polls = 0;
	channel_exchange_now();
	if (task_others_runnable())
		task_yield();
}

uint64_t ipc_number(void)
{
	return ++last_number;
}

int ipc_status(uint32_t mode, uint64_t number, struct linux_stat *status)
{
	*status = (struct linux_stat){
	        .device = ANONYMOUS_DEVICE,
	        .inode = number,
	        .block_size = PAGE_SIZE,
	        .mode = mode,
	        .links = 1,
	};
	return 0;
}

int64_t ipc_install(const struct file_ops *ops, void *data, uint32_t flags)
{
	struct file *file =
	        file_create(ops, flags & ~(uint32_t)O_CLOEXEC, data);

	if (!file)
		return -ENFILE;
	return descriptor_install(file, flags & O_CLOEXEC, 0);
}
