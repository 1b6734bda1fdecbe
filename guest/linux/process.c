/* SPDX-License-Identifier: ISC */

/* What the process is: limits, names, usage. */

#include "guest/linux/arch.h"
#include "guest/linux/internal.h"
#include "guest/linux/mm.h"

#define LIMITS 16u
#define INFINITE UINT64_MAX

struct process process;

static char host_name[65] = "localhost";
static char domain_name[65] = "(none)";

enum { GRND_NONBLOCK = 1 }; /* uapi/linux/random.h */

/* asm-generic/resource.h */
enum { LIMIT_STACK = 3, LIMIT_CORE = 4, LIMIT_NPROC = 6, LIMIT_NOFILE = 7,
       LIMIT_MEMLOCK = 8, LIMIT_NICE = 13, LIMIT_RTPRIO = 14 };

static uint32_t number_of(const char **text)
{
	uint32_t value = 0;

	for (; **text >= '0' && **text <= '9'; ++*text)
		value = value * 10 + (uint32_t)(**text - '0');
	return value;
}

static void set_limit(unsigned which, uint64_t soft, uint64_t hard)
{
	process.limits[which][0] = soft;
	process.limits[which][1] = hard;
}

void process_start(void)
{
	const char *user = boot_option("user"), *name = boot_option("hostname");

	if (user && *user >= '0' && *user <= '9') {
		process.uid = process.gid = number_of(&user);
		if (*user == ':') {
			user++;
			process.gid = number_of(&user);
		}
		process.euid = process.suid = process.uid;
		process.egid = process.sgid = process.gid;
	}
	if (name)
		format(host_name, sizeof(host_name), "%s", name);
	process.umask = 022;
	process.dumpable = true;
	process.process_group = process.session = PROCESS_ID;
	for (unsigned i = 0; i < LIMITS; i++)
		set_limit(i, INFINITE, INFINITE);
	set_limit(LIMIT_STACK, 8u << 20, INFINITE);
	set_limit(LIMIT_CORE, 0, INFINITE);
	set_limit(LIMIT_NPROC, 4096, 4096);
	set_limit(LIMIT_NOFILE, 1024, 1048576);
	set_limit(LIMIT_MEMLOCK, 8u << 20, 8u << 20);
	set_limit(LIMIT_NICE, 0, 0);
	set_limit(LIMIT_RTPRIO, 0, 0);
}

/* ---------------------------------------------------------------- limits */

static int set_limits(unsigned which, const uint64_t wanted[2])
{
	if (wanted[0] > wanted[1])
		return -EINVAL;
	if (wanted[1] > process.limits[which][1] && process.euid)
		return -EPERM;
	if (which == LIMIT_NOFILE && wanted[1] > 1048576)
		return -EPERM;
	set_limit(which, wanted[0], wanted[1]);
	return 0;
}

SYSCALL(prlimit64)
{
	unsigned which = (unsigned)call->a[1];
	uint64_t wanted[2], old[2];
	int r;

	if (call_int(call, 0) && call_int(call, 0) != PROCESS_ID)
		return -ESRCH;
	if (which >= LIMITS)
		return -EINVAL;
	memcpy(old, process.limits[which], sizeof(old));
	if (call->a[2]) {
		if (user_read(wanted, call->a[2], sizeof(wanted)))
			return -EFAULT;
		r = set_limits(which, wanted);
		if (r)
			return r;
	}
	if (call->a[3] && user_write(call->a[3], old, sizeof(old)))
		return -EFAULT;
	return 0;
}

SYSCALL(getrlimit)
{
	unsigned which = (unsigned)call->a[0];

	if (which >= LIMITS)
		return -EINVAL;
	return user_write(call->a[1], process.limits[which],
	                  sizeof(process.limits[which]));
}

SYSCALL(setrlimit)
{
	unsigned which = (unsigned)call->a[0];
	uint64_t wanted[2];

	if (which >= LIMITS)
		return -EINVAL;
	if (user_read(wanted, call->a[1], sizeof(wanted)))
		return -EFAULT;
	return set_limits(which, wanted);
}

/* ----------------------------------------------------------------- names */

/* `machine` is the same for all variants, since programs print it. */
SYSCALL(uname)
{
	struct {
		char system[65], node[65], release[65], version[65];
		char machine[65], domain[65];
	} name = {
	        .system = "Linux",
	        .release = "6.12.0-bh",
	        .version = "#1 Broken-Hype",
	        .machine = "x86_64",
	};

	memcpy(name.node, host_name, sizeof(host_name));
	memcpy(name.domain, domain_name, sizeof(domain_name));
	return user_write(call->a[0], &name, sizeof(name));
}

static int64_t set_name(const struct syscall *call, char *name)
{
	char new[65] = {0};

	if (process.euid)
		return -EPERM;
	if (call->a[1] >= sizeof(new))
		return -EINVAL;
	if (user_read(new, call->a[0], call->a[1]))
		return -EFAULT;
	memcpy(name, new, sizeof(new));
	return 0;
}

SYSCALL(sethostname)
{
	return set_name(call, host_name);
}

SYSCALL(setdomainname)
{
	return set_name(call, domain_name);
}

/* PER_LINUX is the one personality. */
SYSCALL(personality)
{
	uint32_t wanted = (uint32_t)call->a[0];

	return wanted == UINT32_MAX || wanted == 0 ? 0 : -EINVAL;
}

SYSCALL(umask)
{
	uint32_t old = process.umask;

	process.umask = (uint32_t)call->a[0] & 0777;
	return old;
}

/* ----------------------------------------------------------------- usage */

/* Figures that all variants share: what a variant has used itself is not. */
SYSCALL(sysinfo)
{
	struct {
		int64_t uptime;
		uint64_t loads[3], total, free, shared, buffers, swap;
		uint64_t free_swap;
		uint16_t processes, padding;
		uint32_t padding2;
		uint64_t high, free_high;
		uint32_t unit, padding3;
	} info = {
	        .uptime = (int64_t)(clock_monotonic() / NANOSECONDS),
	        .total = boot->memory_limit,
	        .free = boot->memory_limit / 2,
	        .processes = (uint16_t)task_count(),
	        .unit = 1,
	};

	_Static_assert(sizeof(info) == 112, "struct sysinfo");
	return user_write(call->a[0], &info, sizeof(info));
}

/* All time is the program's, since the cell started. */
SYSCALL(times)
{
	int64_t ticks = (int64_t)(clock_monotonic() / (NANOSECONDS / 100));
	int64_t times[4] = {ticks, 0, 0, 0};

	if (call->a[0] && user_write(call->a[0], times, sizeof(times)))
		return -EFAULT;
	return ticks;
}

SYSCALL(getrusage)
{
	int64_t usage[18] = {0};
	int who = call_int(call, 0);

	if (who < -1 || who > 1)
		return -EINVAL;
	if (who != -1) {
		usage[0] = (int64_t)(clock_monotonic() / NANOSECONDS);
		usage[1] = (int64_t)(clock_monotonic() % NANOSECONDS / 1000);
	}
	return user_write(call->a[1], usage, sizeof(usage));
}

/*
 * glibc's allocator asks once, for a word among its variables, which it writes
 * into freed memory to notice a second free.  With `bh.heap` (boot_option) each
 * variant has another.  Whoever else asks for a word in this way, as mktemp(3)
 * does, has it on the stack, and it may well be seen outside.
 */
static bool is_for_heap(uint64_t to, uint64_t size)
{
	static bool asked;
	uint64_t stack = task_current->frame->registers[ARCH_STACK];

	if (asked || size != sizeof(uint64_t) ||
	    (to >= stack && to < process.stack_start))
		return false;
	asked = true;
	return boot_option("heap") != NULL;
}

/*
 * GRND_NONBLOCK is what allocators ask with (glibc's, mimalloc): the variants may
 * have different ones.
 */
SYSCALL(getrandom)
{
	void (*random)(void *, size_t) = random_bytes;
	uint8_t bytes[256];
	uint64_t size = min_u64(call->a[1], INT32_MAX), done = 0;

	if (call->a[2] & ~UINT64_C(7) || (call->a[2] & 6) == 6)
		return -EINVAL;
	if (call->a[2] & GRND_NONBLOCK)
		random = is_for_heap(call->a[0], size) ? random_bytes_own
		                                       : random_bytes_apart;
	while (done < size) {
		uint64_t n = min_u64(size - done, sizeof(bytes));

		if (!user_writable(call->a[0] + done, n))
			return done ? (int64_t)done : -EFAULT;
		random(bytes, n);
		user_write(call->a[0] + done, bytes, n);
		done += n;
	}
	return (int64_t)done;
}
