/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "descriptors.h"
#include "doctor.h"
#include "lib/cleanup.h"
#include "names.h"
#include "net.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

#define SAY(item, ...)                                                         \
	snprintf((item)->found, sizeof((item)->found), __VA_ARGS__)
#define ADVISE(item, text)                                                     \
	snprintf((item)->advice, sizeof((item)->advice), text)

static void check_kernel(struct doctor *doctor)
{
	struct doctor_item *item = doctor_add(doctor, "kernel", DOCTOR_NOTE);
	struct utsname name;

	if (uname(&name) == 0)
		SAY(item, "%.30s %.60s on %.30s", name.sysname, name.release,
		    name.machine);
	item = doctor_add(doctor, "user", DOCTOR_NOTE);
	if (geteuid() == 0)
		SAY(item, "root; roles run as nobody in user namespaces");
	else
		SAY(item, "%u; roles run as this user in user namespaces",
		    (unsigned)geteuid());
}

static void check_cpus(struct doctor *doctor)
{
	struct doctor_item *item = doctor_add(doctor, "CPUs", DOCTOR_OK);
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;
	int usable =
	        sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	SAY(item, "%d usable of %ld", usable, online);
	if (usable >= 4)
		return;
	item->state = DOCTOR_NOTE;
	ADVISE(item, "variants share CPUs; three variants and the exokernel "
	             "are fastest with 4");
}

static void check_dispatch(struct doctor *doctor)
{
	struct doctor_item *item =
	        doctor_add(doctor, "Syscall User Dispatch", DOCTOR_OK);

	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0) == 0) {
		SAY(item, "offered");
		return;
	}
	item->state = DOCTOR_WEAKER;
	SAY(item, "not offered");
	ADVISE(item, "the native core cannot run; use --core kvm or unicorn, "
	             "or Linux 5.11 and newer");
}

static void check_fsgsbase(struct doctor *doctor)
{
#ifdef __x86_64__
	struct doctor_item *item = doctor_add(doctor, "FSGSBASE", DOCTOR_OK);

	if (getauxval(AT_HWCAP2) & 2) { /* HWCAP2_FSGSBASE */
		SAY(item, "offered");
		return;
	}
	item->state = DOCTOR_WEAKER;
	SAY(item, "not offered");
	ADVISE(item, "thread pointers cost a system call; a newer CPU or a "
	             "kernel without nofsgsbase has it");
#else
	(void)doctor;
#endif
}

static void check_landlock(struct doctor *doctor)
{
	struct doctor_item *item = doctor_add(doctor, "Landlock", DOCTOR_OK);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	if (abi > 0) {
		SAY(item, "ABI %ld", abi);
		return;
	}
	item->state = DOCTOR_WEAKER;
	SAY(item, "%s", strerror(errno));
	ADVISE(item, "one wall fewer around each role; boot with "
	             "lsm=landlock,... on Linux 5.13 and newer");
}

static void check_seccomp(struct doctor *doctor)
{
	struct doctor_item *item = doctor_add(doctor, "seccomp", DOCTOR_OK);
	unsigned action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) {
		SAY(item, "offered");
		return;
	}
	item->state = DOCTOR_MISSING;
	SAY(item, "%s", strerror(errno));
	ADVISE(item, "bh does not run without; use a kernel with "
	             "CONFIG_SECCOMP_FILTER");
}

static void check_memfd(struct doctor *doctor)
{
	struct doctor_item *item = doctor_add(doctor, "memfd seals", DOCTOR_OK);
	BH_AUTO_CLOSE int fd =
	        memfd_create("bh-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
		SAY(item, "offered");
		return;
	}
	item->state = DOCTOR_MISSING;
	SAY(item, "%s", strerror(errno));
	ADVISE(item, "bh does not run without; use a kernel with "
	             "CONFIG_MEMFD_CREATE");
}

static void check_descriptors(struct doctor *doctor)
{
	struct doctor_item *item =
	        doctor_add(doctor, "open files", DOCTOR_OK);
	unsigned long long limit = descriptors_max();

	SAY(item, "%llu at once for a process", limit);
	if (limit >= NET_CONNECTIONS)
		return;
	item->state = DOCTOR_WEAKER;
	ADVISE(item, "a published port serves fewer connections at once; "
	             "raise the limit (ulimit -Hn)");
}

static void check_cgroups(struct doctor *doctor)
{
	struct doctor_item *item = doctor_add(doctor, "cgroups", DOCTOR_NOTE);

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
		SAY(item, "version 2");
	else if (access("/sys/fs/cgroup/memory", F_OK) == 0)
		SAY(item, "version 1");
	else
		SAY(item, "none mounted");
	ADVISE(item, "bh limits roles by rlimits and needs no cgroup");
}

void doctor_check_host(struct doctor *doctor)
{
	check_kernel(doctor);
	check_cpus(doctor);
	check_dispatch(doctor);
	check_fsgsbase(doctor);
	check_seccomp(doctor);
	check_landlock(doctor);
	check_memfd(doctor);
	check_descriptors(doctor);
	check_cgroups(doctor);
}
