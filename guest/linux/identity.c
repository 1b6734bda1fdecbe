/* SPDX-License-Identifier: ISC */

/* Who the process is: ids, groups, capabilities. */

#include "guest/linux/internal.h"
#include "guest/linux/mm.h"

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
	if (call_int(call, 1) < 0)
		return -EINVAL;
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

/* ----------------------------------------------------------- capabilities */

#define CAPABILITY_WORDS 2u
#define CAPABILITIES_1   0x1ff /* of the second word: up to number 40 */

struct capability_header {
	uint32_t version;
	int32_t pid;
};

struct capability_word {
	uint32_t effective, permitted, inheritable;
};

/* The version to use of the three that there have been; the first has one word
 * per set.  *WORDS: zero if there is no such version. */
static int read_header(uint64_t address, struct capability_header *header,
                       unsigned *words)
{
	if (user_read(header, address, sizeof(*header)))
		return -EFAULT;
	*words = 0;
	switch (header->version) {
	case 0x19980330:
		*words = 1;
		return 0;
	case 0x20071026:
	case 0x20080522:
		*words = 2;
		return 0;
	default:
		header->version = 0x20080522;
		return user_write(address, header, sizeof(header->version));
	}
}

/* Whoever is root may do everything, nobody else anything. */
static void have_capabilities(struct capability_word words[CAPABILITY_WORDS])
{
	memset(words, 0, CAPABILITY_WORDS * sizeof(*words));
	if (process.euid)
		return;
	words[0].effective = words[0].permitted = UINT32_MAX;
	words[1].effective = words[1].permitted = CAPABILITIES_1;
}

SYSCALL(capget)
{
	struct capability_word words[CAPABILITY_WORDS];
	struct capability_header header;
	unsigned count;
	int r = read_header(call->a[0], &header, &count);

	if (r)
		return r;
	if (!count)
		return call->a[1] ? -EINVAL : 0;
	if (header.pid < 0)
		return -EINVAL;
	if (header.pid && !task_find(header.pid))
		return -ESRCH;
	have_capabilities(words);
	return call->a[1]
	               ? user_write(call->a[1], words, count * sizeof(*words))
	               : 0;
}

/* Nobody gets more; what root gives up is not remembered. */
SYSCALL(capset)
{
	struct capability_word words[CAPABILITY_WORDS] = {0};
	struct capability_word have[CAPABILITY_WORDS];
	struct capability_header header;
	unsigned count;
	int r = read_header(call->a[0], &header, &count);

	if (r)
		return r;
	if (!count)
		return -EINVAL;
	if (header.pid && header.pid != task_current->id)
		return -EPERM;
	if (user_read(words, call->a[1], count * sizeof(*words)))
		return -EFAULT;
	have_capabilities(have);
	for (unsigned i = 0; i < count; i++)
		if (words[i].permitted & ~have[i].permitted ||
		    words[i].effective & ~words[i].permitted ||
		    words[i].inheritable & ~have[i].permitted)
			return -EPERM;
	return 0;
}
