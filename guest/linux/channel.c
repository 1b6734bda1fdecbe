/* SPDX-License-Identifier: ISC */
#include "abi/exchange.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "guest/linux/internal.h"

#define BUCKETS 64u
#define GATHERS_MAX 8u

/* Completions that came while others were being handed out. */
struct late_batch {
	struct list link;
	uint32_t bytes;
	uint8_t records[];
};

const struct bh_boot_info *boot;

static struct list buckets[BUCKETS]; /* struct request by tag */
static void (*gathers[GATHERS_MAX])(void);
static unsigned gather_count;
static uint8_t *received; /* private copy of a completion's batch */
static struct list late = LIST_INIT(late);
static bool dispatching, gathering;
static uint64_t last_tag, exchanges;
static uint32_t used, count; /* of the batch being filled */
static int log_channel = -ENOENT;

int64_t hypercall(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t (*entry)(uint64_t, uint64_t, uint64_t, uint64_t) =
	        (void *)(uintptr_t)boot->hypercall;

	return entry(call, a, b, c);
}

static struct bh_submission *submission(void)
{
	return (struct bh_submission *)(uintptr_t)boot->submission;
}

static uint8_t *batch(void)
{
	return (uint8_t *)(submission() + 1);
}

static size_t batch_size(void)
{
	return boot->submission_size - sizeof(struct bh_submission);
}

/* bh.log=off: a program that tries what this kernel lacks on one instruction
 * set only (redis tests fork on aarch64) would make variants differ. */
static bool is_log_off(void)
{
	const char *log = boot_option("log");

	return log && !strcmp(log, "off");
}

void channel_start(const struct bh_boot_info *info)
{
	boot = info;
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&buckets[i]);
	received = memory_pages(PAGE_UP(boot->completion_size) / PAGE_SIZE);
	if (!received)
		panic("no memory for completions");
	log_channel = is_log_off() ? -ENOENT : channel_find("console");
}

const struct bh_channel_info *channel_info(unsigned channel)
{
	if (channel >= boot->channel_count)
		return NULL;
	return (const void *)(uintptr_t)(boot->channels +
	                                 (uint64_t)channel *
	                                         boot->channel_size);
}

int channel_find(const char *name)
{
	for (unsigned i = 0; i < boot->channel_count; i++)
		if (!strncmp(channel_info(i)->name, name, BH_NAME_SIZE))
			return (int)i;
	return -ENOENT;
}

int channel_next(enum bh_protocol protocol, int after)
{
	for (unsigned i = (unsigned)(after + 1); i < boot->channel_count; i++)
		if (channel_info(i)->protocol == protocol)
			return (int)i;
	return -ENOENT;
}

size_t channel_payload_max(void)
{
	uint32_t smaller = boot->submission_size < boot->completion_size
	                           ? boot->submission_size
	                           : boot->completion_size;

	return smaller - sizeof(struct bh_submission) -
	       sizeof(struct bh_record) - BH_RECORD_ALIGN;
}

uint64_t channel_exchanges(void)
{
	return exchanges;
}

void channel_before_exchange(void (*gather)(void))
{
	if (gather_count == GATHERS_MAX)
		panic("too many modules gather");
	gathers[gather_count++] = gather;
}

/* ---------------------------------------------------------- completions */

static void control_record(const struct bh_record *record)
{
	struct signal_info info = {.number = (int32_t)record->value[0]};

	if (record->type == BH_CONTROL_SIGNAL)
		signal_send_process(info.number, &info);
}

static void hand_out(const struct bh_record *record)
{
	if (record->channel == BH_CHANNEL_CONTROL) {
		control_record(record);
		return;
	}
	LIST_EACH(request, &buckets[record->tag % BUCKETS], struct request,
	          link) {
		if (request->tag == record->tag) {
			list_remove(&request->link);
			request->completed(request, record);
			return;
		}
	}
}

static void hand_out_batch(const uint8_t *records, uint32_t bytes)
{
	uint32_t at = 0;

	while (bytes - at >= sizeof(struct bh_record)) {
		const struct bh_record *record =
		        (const void *)(records + at);
		uint64_t stride = BH_RECORD_STRIDE(record->size);

		if (record->size < sizeof(*record) || stride > bytes - at)
			panic("a malformed completion");
		hand_out(record);
		at += (uint32_t)stride;
	}
}

/*
 * Whoever gets a completion may submit, and so exchange, so what is handed out
 * is a copy, and what comes meanwhile waits.
 */
static void dispatch(const uint8_t *records, uint32_t bytes)
{
	if (dispatching) {
		struct late_batch *b = memory_allocate(sizeof(*b) + bytes);

		if (!b)
			panic("no memory for completions");
		b->bytes = bytes;
		memcpy(b->records, records, bytes);
		list_append(&late, &b->link);
		return;
	}
	dispatching = true;
	memcpy(received, records, bytes);
	hand_out_batch(received, bytes);
	while (!list_is_empty(&late)) {
		struct late_batch *b =
		        LIST_FIRST(&late, struct late_batch, link);

		list_remove(&b->link);
		hand_out_batch(b->records, b->bytes);
		memory_free(b);
	}
	dispatching = false;
}

/* A gathering module may fill the batch, which exchanges: not again then. */
static void gather_all(void)
{
	if (gathering)
		return;
	gathering = true;
	for (unsigned i = 0; i < gather_count; i++)
		gathers[i]();
	gathering = false;
}

static void exchange(enum bh_wait wait, uint64_t deadline)
{
	struct bh_submission *header = submission();
	const struct bh_completion *completion =
	        (const void *)(uintptr_t)boot->completion;

	gather_all();
	*header = (struct bh_submission){
	        .bytes = used,
	        .count = count,
	        .wait = wait,
	        .exchange = ++exchanges,
	        .deadline = deadline,
	};
	used = count = 0;
	hypercall(BH_CALL_EXCHANGE, 0, 0, 0);
	if (completion->bytes >
	    boot->completion_size - sizeof(struct bh_completion))
		panic("a malformed completion");
	clock_set(completion->monotonic, completion->realtime);
	dispatch((const uint8_t *)(completion + 1), completion->bytes);
}

void channel_exchange_now(void)
{
	exchange(BH_WAIT_NONE, BH_NEVER);
}

void channel_wait(uint64_t deadline)
{
	exchange(BH_WAIT_ANY, deadline);
}

/* ---------------------------------------------------------- submissions */

static bool has_room(uint64_t size)
{
	return BH_RECORD_STRIDE(size) <= batch_size() - used;
}

static struct bh_record *append(unsigned channel, unsigned type,
                                size_t payload)
{
	struct bh_record *record = (void *)(batch() + used);
	uint64_t size = sizeof(*record) + payload;

	*record = (struct bh_record){
	        .size = (uint32_t)size,
	        .channel = (uint16_t)channel,
	        .type = (uint16_t)type,
	};
	memset((uint8_t *)record + size, 0, BH_RECORD_STRIDE(size) - size);
	used += (uint32_t)BH_RECORD_STRIDE(size);
	count++;
	return record;
}

int channel_submit(struct request *request, unsigned channel, unsigned type,
                   const uint64_t values[4], const void *first,
                   size_t first_size, const void *second, size_t second_size)
{
	uint64_t size = sizeof(struct bh_record) + first_size + second_size;
	struct bh_record *record;

	if (BH_RECORD_STRIDE(size) > batch_size() || size < first_size)
		return -EMSGSIZE;
	if (!has_room(size))
		exchange(BH_WAIT_NONE, BH_NEVER);
	/* Those who gather may have filled it again. */
	while (!has_room(size)) {
		gathering = true;
		exchange(BH_WAIT_NONE, BH_NEVER);
		gathering = false;
	}
	record = append(channel, type, first_size + second_size);
	record->tag = request->tag = ++last_tag;
	if (values)
		memcpy(record->value, values, sizeof(record->value));
	memcpy(record + 1, first, first_size);
	memcpy((uint8_t *)(record + 1) + first_size, second, second_size);
	list_append(&buckets[request->tag % BUCKETS], &request->link);
	return 0;
}

struct call {
	struct request request;
	struct task *task;
	struct bh_record *header;
	void *reply;
	size_t room;
	int status;
	bool done;
};

static void call_completed(struct request *request,
                           const struct bh_record *reply)
{
	struct call *call = CONTAINER_OF(request, struct call, request);
	size_t size = reply->size - sizeof(*reply);

	call->done = true;
	call->status = reply->status;
	if (call->header)
		*call->header = *reply;
	if (call->reply)
		memcpy(call->reply, reply + 1,
		       size < call->room ? size : call->room);
	if (call->task)
		task_wake(call->task);
}

int channel_call(unsigned channel, unsigned type, const uint64_t values[4],
                 const void *first, size_t first_size, const void *second,
                 size_t second_size, struct bh_record *header, void *reply,
                 size_t room)
{
	struct call call = {
	        .request.completed = call_completed,
	        .task = task_current,
	        .header = header,
	        .reply = reply,
	        .room = room,
	};
	int r = channel_submit(&call.request, channel, type, values, first,
	                       first_size, second, second_size);

	if (r)
		return r;
	while (!call.done) {
		/* Before the first task there is nobody else to run. */
		if (task_current)
			task_sleep_deaf();
		else
			channel_wait(NEVER);
	}
	return call.status;
}

/* ------------------------------------------------------- the last words */

static void __attribute__((noreturn)) leave(void)
{
	exchange(BH_WAIT_ANY, BH_NEVER);
	__builtin_trap();
}

void channel_exit(int status)
{
	gather_all();
	if (!has_room(sizeof(struct bh_record)))
		exchange(BH_WAIT_NONE, BH_NEVER);
	append(BH_CHANNEL_CONTROL, BH_CONTROL_EXIT, 0)->value[0] =
	        (uint64_t)status & 0xff;
	gathering = true;
	leave();
}

void channel_abort(unsigned why, const char *text)
{
	size_t size = strnlen(text, BH_ABORT_TEXT);
	struct bh_record *record;

	if (!has_room(sizeof(*record) + BH_ABORT_TEXT))
		used = count = 0;
	record = append(BH_CHANNEL_CONTROL, BH_CONTROL_ABORT, size);
	record->value[0] = why;
	memcpy(record + 1, text, size);
	gathering = true;
	leave();
}

void panic(const char *why)
{
	static bool again;

	if (again || !boot)
		__builtin_trap();
	again = true;
	channel_abort(BH_ABORT_CALLED, why);
}

void __stack_chk_fail(void) __attribute__((noreturn));
void __stack_chk_fail(void)
{
	channel_abort(BH_ABORT_STACK_SMASHED, "the kernel's stack overran");
}

/* A line of the kernel's own; nobody waits for it to be written. */
struct line {
	struct request request;
	char text[240];
};

static void line_written(struct request *request, const struct bh_record *reply)
{
	(void)reply;
	memory_free(CONTAINER_OF(request, struct line, request));
}

void log_line(const char *text, ...)
{
	static const char prefix[] = "linux: ";
	static const uint64_t values[4] = {BH_CONSOLE_ERROR};
	struct line *line;
	va_list list;
	size_t size;

	if (log_channel < 0)
		return;
	line = memory_allocate(sizeof(*line));
	if (!line)
		return;
	line->request.completed = line_written;
	va_start(list, text);
	format_list(line->text, sizeof(line->text) - 1, text, list);
	va_end(list);
	size = strlen(line->text);
	line->text[size++] = '\n';
	if (channel_submit(&line->request, (unsigned)log_channel,
	                   BH_CONSOLE_WRITE, values, prefix, sizeof(prefix) - 1,
	                   line->text, size))
		memory_free(line);
}
