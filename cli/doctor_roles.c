/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "helper.h"
#include "lib/cleanup.h"
#include "lib/kvmprobe.h"
#include "names.h"
#include "spawn.h"

static void say(struct doctor_item *item, const char *found, const char *advice)
{
	snprintf(item->found, sizeof(item->found), "%s", found);
	snprintf(item->advice, sizeof(item->advice), "%s", advice);
}

static void check_namespace(struct doctor *doctor, const char *name,
                            bool granted, const char *without)
{
	struct doctor_item *item =
	        doctor_add(doctor, name, granted ? DOCTOR_OK : DOCTOR_WEAKER);

	say(item, granted ? "granted to this user" : "refused to this user",
	    granted ? "" : without);
}

void doctor_check_namespaces(struct doctor *doctor)
{
	static const struct {
		const char *name;
		int flag;
		const char *without;
	} others[] = {
	        {"PID namespaces", CLONE_NEWPID,
	         "roles see other processes' numbers (seccomp still forbids "
	         "signals)"},
	        {"mount namespaces", CLONE_NEWNS,
	         "roles keep the host's root (Landlock still closes it)"},
	        {"network namespaces", CLONE_NEWNET,
	         "only seccomp keeps roles from the network"},
	        {"IPC namespaces", CLONE_NEWIPC,
	         "only seccomp keeps roles from System V IPC"},
	        {"UTS namespaces", CLONE_NEWUTS, "roles share the host name"},
	        {"cgroup namespaces", CLONE_NEWCGROUP,
	         "roles see the host's cgroup names"},
	};
	struct host host;

	host_init(&host);
	host_probe(&host);
	check_namespace(doctor, "user namespaces", host.user_namespace,
	                "roles run as this user without namespaces; see "
	                "user.max_user_namespaces and "
	                "kernel.unprivileged_userns_clone in sysctl(8)");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		check_namespace(doctor, others[i].name,
		                host.namespaces & others[i].flag,
		                others[i].without);
}

static void say_kvm(struct doctor_item *item, int r,
                    const struct bh_kvm_probe *probe)
{
	if (r == 0) {
		snprintf(item->found, sizeof(item->found),
		         "%s; a vCPU in ring 3 runs, an exit takes %u ns; "
		         "Linux programs %s",
		         bh_kvm_kind_name(probe->kind), probe->exit_ns,
		         probe->system_calls ? "run" : "do not run: use native");
		return;
	}
	item->state = DOCTOR_WEAKER;
	snprintf(item->found, sizeof(item->found), "%s: %s",
	         probe->stage ? probe->stage : "a vCPU", strerror(-r));
	snprintf(item->advice, sizeof(item->advice),
	         "--core kvm cannot run; native and unicorn do not need it");
}

void doctor_check_kvm(struct doctor *doctor)
{
	struct doctor_item *item = doctor_add(doctor, "KVM", DOCTOR_OK);
	BH_AUTO_CLOSE int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct bh_kvm_probe probe = {.stage = NULL};

	if (fd < 0) {
		item->state = DOCTOR_WEAKER;
		say(item, strerror(errno),
		    errno == EACCES
		            ? "--core kvm cannot run; add this user to the kvm "
		              "group"
		            : "--core kvm cannot run; native and unicorn do "
		              "not need it");
		return;
	}
	say_kvm(item, bh_kvm_probe(fd, &probe), &probe);
}

static bool check_program(struct doctor *doctor, const char *program,
                          enum doctor_state without, const char *advice)
{
	struct doctor_item *item = doctor_add(doctor, program, DOCTOR_OK);
	struct problem problem;
	char *path = helper_path(program, &problem);
	bool found = path;

	if (!found)
		item->state = without;
	say(item, found ? "installed" : "not installed", found ? "" : advice);
	free(path);
	return found;
}

/* Which core programs are installed. */
struct cores {
	bool native, xlate, unicorn;
};

static void check_isa(struct doctor *doctor, enum bh_isa isa,
                      const struct cores *cores)
{
	struct doctor_item *item = doctor_add(doctor, isa_name(isa), DOCTOR_OK);

	if (isa == HOST_ISA && cores->native) {
		say(item, "runs on native", "");
	} else if (isa != BH_ISA_X86_64 && cores->xlate) {
		say(item, "runs on xlate", "");
	} else if (cores->unicorn) {
		say(item, "runs on unicorn",
		    isa == HOST_ISA ? "tens of times slower than native" : "");
	} else {
		item->state = DOCTOR_WEAKER;
		say(item, "no core can run it", "install bh-core-unicorn");
	}
}

void doctor_check_programs(struct doctor *doctor)
{
	struct cores cores;

	check_program(doctor, "bh-exo", DOCTOR_MISSING,
	              "nothing runs without the exokernel; repair the "
	              "installation");
	cores.native = check_program(doctor, "bh-core-native", DOCTOR_WEAKER,
	                             "nothing runs at full speed");
	check_program(doctor, "bh-core-kvm", DOCTOR_WEAKER,
	              "--core kvm cannot run");
	cores.xlate = check_program(doctor, "bh-core-xlate", DOCTOR_WEAKER,
	                            "aarch64 and riscv64 run on unicorn only");
	check_program(doctor, "bh-core-interpret", DOCTOR_WEAKER,
	              "--core interpret cannot run");
	cores.unicorn = check_program(doctor, "bh-core-unicorn", DOCTOR_WEAKER,
	                              "--core unicorn cannot run");
	check_program(doctor, "bh-device-volume", DOCTOR_WEAKER,
	              "--volume cannot be used");
	check_program(doctor, "bh-translate", DOCTOR_WEAKER,
	              "bh translate cannot be used");
	check_program(doctor, "bh-report", DOCTOR_WEAKER,
	              "a divergence is stopped, but not explained");
	for (enum bh_isa isa = BH_ISA_X86_64; isa <= BH_ISA_RISCV64; isa++)
		check_isa(doctor, isa, &cores);
}
