/* SPDX-License-Identifier: ISC */
#include "abi/protocol/entropy.h"
#include "guest/linux/internal.h"
#include "guest/linux/mm.h"
#include "guest/vdso/vdso.h"

static uint64_t monotonic, realtime;
static unsigned reads;
static uint64_t published; /* address of the program's struct vdso_data, or 0 */
static struct list timers = LIST_INIT(timers);

uint64_t clock_monotonic(void)
{
	return monotonic;
}

uint64_t clock_realtime(void)
{
	return realtime;
}

uint64_t clock_after(uint64_t duration)
{
	return duration < NEVER - monotonic ? monotonic + duration : NEVER;
}

/* The program may have unmapped it; then it has to ask. */
static void publish(void)
{
	const struct vdso_data data = {monotonic, realtime, 0, 0};

	if (published)
		user_write(published, &data, sizeof(data));
}

void clock_publish(uint64_t address)
{
	published = address;
	publish();
}

void clock_set(uint64_t new_monotonic, uint64_t new_realtime)
{
	monotonic = new_monotonic;
	realtime = new_realtime;
	reads = 0;
	publish();
}

static bool vdso_is_used_up(void)
{
	struct vdso_data data;

	return published && !user_read(&data, published, sizeof(data)) &&
	       data.reads >= VDSO_READS_MAX;
}

void clock_read_by_program(void)
{
	if (++reads >= CLOCK_READS_MAX || vdso_is_used_up())
		channel_exchange_now();
}

/* --------------------------------------------------------------- timers */

void timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
	list_init(&timer->link);
	timer->expired = expired;
	timer->deadline = NEVER;
}

void timer_set(struct timer *timer, uint64_t deadline)
{
	struct list *at;

	list_remove(&timer->link);
	timer->deadline = deadline;
	if (deadline == NEVER)
		return;
	for (at = timers.previous; at != &timers; at = at->previous)
		if (CONTAINER_OF(at, struct timer, link)->deadline <= deadline)
			break;
	list_insert_before(at->next, &timer->link);
}

void timer_cancel(struct timer *timer)
{
	list_remove(&timer->link);
}

bool timer_is_set(const struct timer *timer)
{
	return timer->link.next != &timer->link;
}

uint64_t timer_repeat(struct timer *timer, uint64_t interval)
{
	uint64_t late = monotonic - timer->deadline;

	timer_set(timer, clock_after(interval - late % interval));
	return late / interval;
}

uint64_t clock_next_deadline(void)
{
	struct timer *first = LIST_FIRST(&timers, struct timer, link);

	return first ? first->deadline : NEVER;
}

/* One that is set again for now has its turn with the next exchange. */
void clock_run_timers(void)
{
	struct list due = LIST_INIT(due);

	while (clock_next_deadline() <= monotonic) {
		struct list *first = timers.next;

		list_remove(first);
		list_append(&due, first);
	}
	while (!list_is_empty(&due)) {
		struct timer *timer = LIST_FIRST(&due, struct timer, link);

		list_remove(&timer->link);
		timer->expired(timer);
	}
}

/* ----------------------------------------------------------- randomness */

/* ChaCha20 as in RFC 8439, with a 64-bit counter; one generator. */
struct chacha {
	uint32_t state[16];
	uint8_t block[64];
	unsigned used;
};

static struct chacha shared, apart, own;

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

static void next_block(struct chacha *g)
{
	uint32_t x[16];

	memcpy(x, g->state, sizeof(x));
	for (unsigned i = 0; i < 10; i++) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 1, 5, 9, 13);
		quarter(x, 2, 6, 10, 14);
		quarter(x, 3, 7, 11, 15);
		quarter(x, 0, 5, 10, 15);
		quarter(x, 1, 6, 11, 12);
		quarter(x, 2, 7, 8, 13);
		quarter(x, 3, 4, 9, 14);
	}
	for (unsigned i = 0; i < 16; i++)
		x[i] += g->state[i];
	memcpy(g->block, x, sizeof(x));
	g->used = 0;
	if (++g->state[12] == 0)
		g->state[13]++;
}

static void seed(struct chacha *g, const void *key, size_t size)
{
	static const uint32_t sigma[4] = {0x61707865, 0x3320646e, 0x79622d32,
	                                  0x6b206574};

	memset(g, 0, sizeof(*g));
	memcpy(g->state, sigma, sizeof(sigma));
	memcpy(g->state + 4, key, size);
	g->used = sizeof(g->block);
}

static void generate(struct chacha *g, uint8_t *to, size_t size)
{
	while (size) {
		size_t n;

		if (g->used == sizeof(g->block))
			next_block(g);
		n = sizeof(g->block) - g->used;
		if (n > size)
			n = size;
		memcpy(to, g->block + g->used, n);
		/* What has been given out cannot be found here later. */
		memset(g->block + g->used, 0, n);
		g->used += (unsigned)n;
		to += n;
		size -= n;
	}
}

void random_bytes(void *to, size_t size)
{
	generate(&shared, to, size);
}

void random_bytes_apart(void *to, size_t size)
{
	generate(&apart, to, size);
}

void random_bytes_own(void *to, size_t size)
{
	generate(&own, to, size);
}

uint64_t layout_random(void)
{
	uint64_t value;

	random_bytes_own(&value, sizeof(value));
	return value;
}

void clock_start(void)
{
	const uint64_t wanted[4] = {32};
	int channel = channel_find("entropy");
	uint8_t key[32];

	if (channel < 0 ||
	    channel_call((unsigned)channel, BH_ENTROPY_GET, wanted, NULL, 0,
	                 NULL, 0, NULL, key, sizeof(key)))
		panic("no entropy");
	seed(&shared, key, sizeof(key));
	random_bytes(key, sizeof(key));
	seed(&apart, key, sizeof(key));
	memset(key, 0, sizeof(key));
	seed(&own, boot->secret, sizeof(boot->secret));
}
