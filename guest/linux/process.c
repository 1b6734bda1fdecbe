/* SPDX-License-Identifier: ISC */

/* What the process is: identities, limits, names, usage. */

#include "guest/linux/arch.h"
#include "guest/linux/internal.h"
#include "guest/linux/mm.h"

#define LIMITS 16u
#define INFINITE UINT64_MAX

struct process process;

static char host_name[65] = "localhost";
static char domain_name[65] = "(none)";

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

/* ------------------------------------------------------------ identities */

SYSCALL(getpid)
{
	(void)call;
	return PROCESS_ID;
}

SYSCALL(getppid)
{
	(void)call;
	return 0;
}

SYSCALL(getuid)
{
	(void)call;
	return process.uid;
}

SYSCALL(geteuid)
{
	(void)call;
	return process.euid;
}

SYSCALL(getgid)
{
	(void)call;
	return process.gid;
}

SYSCALL(getegid)
{
	(void)call;
	return process.egid;
}

SYSCALL(getpgrp)
{
	(void)call;
	return process.process_group;
}

static bool may_become(uint32_t id, uint32_t real, uint32_t effective,
                       uint32_t saved)
{
	return process.euid == 0 || id == real || id == effective ||
	       id == saved;
}

/* set*id calls with three values; UINT32_MAX leaves one as it is. */
static int64_t set_ids(uint32_t *ids[3], const uint32_t wanted[3])
{
	for (unsigned i = 0; i < 3; i++)
		if (wanted[i] != UINT32_MAX &&
		    !may_become(wanted[i], *ids[0], *ids[1], *ids[2]))
			return -EPERM;
	for (unsigned i = 0; i < 3; i++)
		if (wanted[i] != UINT32_MAX)
			*ids[i] = wanted[i];
	return 0;
}

static int64_t set_user(uint32_t real, uint32_t effective, uint32_t saved)
{
	uint32_t *ids[3] = {&process.uid, &process.euid, &process.suid};

	return set_ids(ids, (const uint32_t[3]){real, effective, saved});
}

static int64_t set_group(uint32_t real, uint32_t effective, uint32_t saved)
{
	uint32_t *ids[3] = {&process.gid, &process.egid, &process.sgid};

	return set_ids(ids, (const uint32_t[3]){real, effective, saved});
}

#define KEEP UINT32_MAX

SYSCALL(setuid)
{
	uint32_t id = (uint32_t)call->a[0];
	bool all = process.euid == 0;

	return id == KEEP ? -EINVAL
	                  : set_user(all ? id : KEEP, id, all ? id : KEEP);
}

SYSCALL(setgid)
{
	uint32_t id = (uint32_t)call->a[0];
	bool all = process.euid == 0;

	return id == KEEP ? -EINVAL
	                  : set_group(all ? id : KEEP, id, all ? id : KEEP);
}

SYSCALL(setreuid)
{
	uint32_t real = (uint32_t)call->a[0], effective = (uint32_t)call->a[1];

	return set_user(real, effective,
	                real != KEEP || effective != KEEP ? effective : KEEP);
}

SYSCALL(setregid)
{
	uint32_t real = (uint32_t)call->a[0], effective = (uint32_t)call->a[1];

	return set_group(real, effective,
	                 real != KEEP || effective != KEEP ? effective : KEEP);
}

SYSCALL(setresuid)
{
	return set_user((uint32_t)call->a[0], (uint32_t)call->a[1],
	                (uint32_t)call->a[2]);
}

SYSCALL(setresgid)
{
	return set_group((uint32_t)call->a[0], (uint32_t)call->a[1],
	                 (uint32_t)call->a[2]);
}

static int64_t get_ids(const struct syscall *call, uint32_t real,
                       uint32_t effective, uint32_t saved)
{
	if (user_write(call->a[0], &real, 4) ||
	    user_write(call->a[1], &effective, 4) ||
	    user_write(call->a[2], &saved, 4))
		return -EFAULT;
	return 0;
}

SYSCALL(getresuid)
{
	return get_ids(call, process.uid, process.euid, process.suid);
}

SYSCALL(getresgid)
{
	return get_ids(call, process.gid, process.egid, process.sgid);
}

/* File permissions are those of the effective user, so these follow it. */
SYSCALL(setfsuid)
{
	(void)call;
	return process.euid;
}

SYSCALL(setfsgid)
{
	(void)call;
	return process.egid;
}

SYSCALL(getgroups)
{
	int room = call_int(call, 0);

	if (room < 0 || (room && (unsigned)room < process.group_count))
		return -EINVAL;
	if (room && user_write(call->a[1], process.groups,
	                       process.group_count * sizeof(uint32_t)))
		return -EFAULT;
	return process.group_count;
}

SYSCALL(setgroups)
{
	uint32_t groups[ARRAY_SIZE(process.groups)];
	unsigned count = (unsigned)call->a[0];

	if (process.euid)
		return -EPERM;
	if (count > ARRAY_SIZE(groups))
		return -EINVAL;
	if (user_read(groups, call->a[1], count * sizeof(uint32_t)))
		return -EFAULT;
	memcpy(process.groups, groups, count * sizeof(uint32_t));
	process.group_count = count;
	return 0;
}

static bool is_self(int id)
{
	return id == 0 || id == PROCESS_ID;
}

SYSCALL(getpgid)
{
	return is_self(call_int(call, 0)) ? process.process_group : -ESRCH;
}

SYSCALL(setpgid)
{
	return is_self(call_int(call, 0)) && is_self(call_int(call, 1))
	               ? 0
	               : -ESRCH;
}

SYSCALL(getsid)
{
	return is_self(call_int(call, 0)) ? process.session : -ESRCH;
}

/* The first process leads its session already. */
SYSCALL(setsid)
{
	(void)call;
	return -EPERM;
}

SYSCALL(capget)
{
	struct {
		uint32_t effective, permitted, inheritable;
	} sets[2] = {{0, 0, 0}, {0, 0, 0}};
	struct {
		uint32_t version;
		int32_t pid;
	} header;

	if (user_read(&header, call->a[0], sizeof(header)))
		return -EFAULT;
	if (header.version != 0x20080522) {
		header.version = 0x20080522;
		if (user_write(call->a[0], &header, sizeof(header)))
			return -EFAULT;
		return call->a[1] ? -EINVAL : 0;
	}
	if (process.euid == 0) {
		sets[0].effective = sets[0].permitted = UINT32_MAX;
		sets[1].effective = sets[1].permitted = 0x1ff;
	}
	return user_write(call->a[1], sets, sizeof(sets));
}

SYSCALL(capset)
{
	(void)call;
	return 0;
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

	if (!is_self(call_int(call, 0)))
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

SYSCALL(prctl)
{
	enum {
		SET_PDEATHSIG = 1,
		GET_PDEATHSIG = 2,
		GET_DUMPABLE = 3,
		SET_DUMPABLE = 4,
		GET_KEEPCAPS = 7,
		SET_KEEPCAPS = 8,
		SET_NAME = 15,
		GET_NAME = 16,
		GET_SECCOMP = 21,
		CAPBSET_READ = 23,
		CAPBSET_DROP = 24,
		SET_TIMERSLACK = 29,
		GET_TIMERSLACK = 30,
		SET_NO_NEW_PRIVS = 38,
		GET_NO_NEW_PRIVS = 39,
		SET_THP_DISABLE = 41,
		GET_THP_DISABLE = 42,
		CAP_AMBIENT = 47,
		CAP_AMBIENT_RAISE = 2,
		CAP_AMBIENT_MAX = 4,
		CAPABILITY_LAST = 40,
		SET_VMA = 0x53564d41,
	};
	char name[16] = {0};

	switch (call_int(call, 0)) {
	case SET_NAME:
		for (unsigned i = 0; i < sizeof(name) - 1; i++) {
			if (user_read(&name[i], call->a[1] + i, 1))
				return -EFAULT;
			if (!name[i])
				break;
		}
		memcpy(task_current->name, name, sizeof(name));
		return 0;
	case GET_NAME:
		return user_write(call->a[1], task_current->name,
		                  sizeof(task_current->name));
	case GET_DUMPABLE:
		return process.dumpable;
	case SET_DUMPABLE:
		if (call->a[1] > 1)
			return -EINVAL;
		process.dumpable = call->a[1];
		return 0;
	case SET_NO_NEW_PRIVS:
		process.no_new_privileges = true;
		return 0;
	case GET_NO_NEW_PRIVS:
		return process.no_new_privileges;
	case GET_PDEATHSIG:
		return user_zero(call->a[1], sizeof(int32_t));
	case CAPBSET_READ: /* who asks for more learns how many there are */
		return call->a[1] <= CAPABILITY_LAST ? 1 : -EINVAL;
	case CAP_AMBIENT: /* the ambient set is empty and stays so */
		if (call->a[1] == 0 || call->a[1] > CAP_AMBIENT_MAX)
			return -EINVAL;
		return call->a[1] == CAP_AMBIENT_RAISE ? -EPERM : 0;
	case GET_TIMERSLACK:
		return 50000;
	case GET_SECCOMP:
	case GET_KEEPCAPS:
	case GET_THP_DISABLE:
	case SET_PDEATHSIG:
	case SET_KEEPCAPS:
	case CAPBSET_DROP:
	case SET_TIMERSLACK:
	case SET_THP_DISABLE:
		return 0;
	case SET_VMA: /* names of anonymous memory are not kept */
	default:
		return -EINVAL;
	}
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

SYSCALL(getrandom)
{
	uint8_t bytes[256];
	uint64_t size = min_u64(call->a[1], INT32_MAX), done = 0;

	if (call->a[2] & ~UINT64_C(7) || (call->a[2] & 6) == 6)
		return -EINVAL;
	while (done < size) {
		uint64_t n = min_u64(size - done, sizeof(bytes));

		if (!user_writable(call->a[0] + done, n))
			return done ? (int64_t)done : -EFAULT;
		random_bytes(bytes, n);
		user_write(call->a[0] + done, bytes, n);
		done += n;
	}
	return (int64_t)done;
}
