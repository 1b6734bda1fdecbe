/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <limits.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)

static void identities(void)
{
	gid_t groups[32];
	uid_t r, e, s;

	begin("ids");
	say(getuid());
	say(geteuid());
	say(getgid());
	say(getegid());
	done();
	begin("getresuid");
	say(getresuid(&r, &e, &s));
	printf(" %u %u %u", r, e, s);
	done();
	begin("getresgid");
	say(getresgid(&r, &e, &s));
	printf(" %u %u %u", r, e, s);
	done();
	ASK("getresuid-fault", CALL(getresuid, 8, &e, &s));
	ASK("getresgid-fault", CALL(getresgid, &r, &e, 8));
	ASK("setuid-same", CALL(setuid, 1000));
	ASK("setuid-other", CALL(setuid, 0));
	ASK("setuid-invalid", CALL(setuid, -1));
	ASK("setgid-other", CALL(setgid, 0));
	ASK("setgid-invalid", CALL(setgid, -1));
	ASK("setreuid-keep", CALL(setreuid, -1, -1));
	ASK("setreuid-other", CALL(setreuid, -1, 7));
	ASK("setregid-other", CALL(setregid, 7, -1));
	ASK("setresuid-keep", CALL(setresuid, -1, -1, -1));
	ASK("setresuid-same", CALL(setresuid, 1000, 1000, 1000));
	ASK("setresuid-other", CALL(setresuid, 1000, 1000, 0));
	ASK("setresgid-other", CALL(setresgid, 0, -1, -1));
	ASK("setfsuid", CALL(setfsuid, -1));
	ASK("setfsuid-other", CALL(setfsuid, 0));
	ASK("setfsuid-kept", CALL(setfsuid, -1));
	ASK("setfsgid", CALL(setfsgid, -1));
	ASK("getgroups", getgroups(32, groups));
	ASK("getgroups-count", getgroups(0, NULL));
	ASK("getgroups-negative", getgroups(-1, groups));
	ASK("setgroups", setgroups(1, groups));
	ASK("setgroups-none", setgroups(0, NULL));
	ASK("setgroups-many", CALL(setgroups, 65537, groups));
	ASK("getpgid-none", getpgid(1 << 29));
	ASK("getpgid-negative", getpgid(-1));
	ASK("getpgid-self", getpgid(0) == getpgid(getpid()));
	ASK("getsid-none", getsid(1 << 29));
	ASK("getsid-self", getsid(0) == getsid(getpid()));
	ASK("setpgid-none", setpgid(1 << 29, 0));
	ASK("setpgid-negative", setpgid(0, -1));
	ASK("kill-none", kill(1 << 29, 0));
	ASK("kill-bad", kill(getpid(), 65));
	ASK("kill-nothing", kill(getpid(), 0));
	ASK("wait-none", wait(NULL));
	ASK("wait-options", CALL(wait4, -1, 0, 0x100, 0));
	ASK("waitid-none", CALL(waitid, P_ALL, 0, 0, WEXITED, 0));
	ASK("waitid-options", CALL(waitid, P_ALL, 0, 0, 0, 0));
	ASK("waitid-kind", CALL(waitid, 77, 0, 0, WEXITED, 0));
}

struct capability_header {
	uint32_t version;
	int32_t pid;
};

struct capability_set {
	uint32_t effective, permitted, inheritable;
};

static void capabilities(void)
{
	struct capability_header v3 = {0x20080522}, old = {0x19980330}, bad = {1};
	struct capability_set sets[2] = {{1, 1, 1}, {1, 1, 1}};

	ASK("capget", CALL(capget, &v3, sets));
	begin("capget-sets");
	for (int i = 0; i < 2; i++)
		printf(" %x %x %x", sets[i].effective, sets[i].permitted,
		       sets[i].inheritable);
	done();
	ASK("capget-old", CALL(capget, &old, sets));
	ASK("capget-version", CALL(capget, &bad, sets));
	ASK("capget-preferred", bad.version);
	bad.version = 1;
	ASK("capget-ask-version", CALL(capget, &bad, 0));
	ASK("capget-fault", CALL(capget, 8, sets));
	ASK("capget-sets-fault", CALL(capget, &v3, 8));
	v3.pid = -1;
	ASK("capget-negative", CALL(capget, &v3, sets));
	v3.pid = 1 << 29;
	ASK("capget-none", CALL(capget, &v3, sets));
	v3.pid = getpid();
	ASK("capget-self", CALL(capget, &v3, sets));
	ASK("capset-same", CALL(capset, &v3, sets));
	sets[0].permitted = 1;
	ASK("capset-more", CALL(capset, &v3, sets));
	sets[0].permitted = 0;
	sets[0].effective = 1;
	ASK("capset-effective", CALL(capset, &v3, sets));
	sets[0].effective = 0;
	sets[0].inheritable = 1;
	ASK("capset-inheritable", CALL(capset, &v3, sets));
	sets[0].inheritable = 0;
	v3.pid = 1 << 29;
	ASK("capset-other", CALL(capset, &v3, sets));
	bad.version = 1;
	ASK("capset-version", CALL(capset, &bad, sets));
	ASK("capset-fault", CALL(capset, &v3, 8));
}

static void limits(void)
{
	static const int all[] = {
	        RLIMIT_CPU,     RLIMIT_FSIZE,   RLIMIT_DATA,     RLIMIT_STACK,
	        RLIMIT_CORE,    RLIMIT_RSS,     RLIMIT_NPROC,    RLIMIT_NOFILE,
	        RLIMIT_MEMLOCK, RLIMIT_AS,      RLIMIT_LOCKS,    RLIMIT_MSGQUEUE,
	        RLIMIT_NICE,    RLIMIT_RTPRIO,  RLIMIT_RTTIME,
	        RLIMIT_SIGPENDING,
	};
	struct rlimit r, set;
	int bad = 0, fd;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		bad += getrlimit(all[i], &r) || r.rlim_cur > r.rlim_max;
	ASK("getrlimit-all", bad);
	ASK("getrlimit-bad", CALL(getrlimit, 16, &r));
	ASK("getrlimit-negative", CALL(getrlimit, -1, &r));
	ASK("getrlimit-fault", CALL(getrlimit, RLIMIT_NOFILE, 8));
	ASK("setrlimit-bad", CALL(setrlimit, 16, &r));
	ASK("setrlimit-fault", CALL(setrlimit, RLIMIT_NOFILE, 8));
	ASK("prlimit-bad", CALL(prlimit64, 0, 16, 0, &r));
	ASK("prlimit-nobody", CALL(prlimit64, 1 << 29, RLIMIT_CORE, 0, &r));
	ASK("prlimit-fault", CALL(prlimit64, 0, RLIMIT_CORE, 8, 0));
	ASK("prlimit-old-fault", CALL(prlimit64, 0, RLIMIT_CORE, 0, 8));
	ASK("prlimit-nothing", CALL(prlimit64, 0, RLIMIT_CORE, 0, 0));
	ASK("prlimit-self", CALL(prlimit64, getpid(), RLIMIT_CORE, 0, &r));
	r = (struct rlimit){200, 100};
	ASK("setrlimit-backwards", setrlimit(RLIMIT_CORE, &r));
	r = (struct rlimit){100, 200};
	ASK("setrlimit", setrlimit(RLIMIT_CORE, &r));
	ASK("setrlimit-get", (getrlimit(RLIMIT_CORE, &set),
	                      set.rlim_cur * 1000 + set.rlim_max));
	r.rlim_max = 300;
	ASK("setrlimit-raise", setrlimit(RLIMIT_CORE, &r));
	r = (struct rlimit){200, 200};
	ASK("setrlimit-soft", setrlimit(RLIMIT_CORE, &r));
	r = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	ASK("setrlimit-infinite", setrlimit(RLIMIT_CORE, &r));
	getrlimit(RLIMIT_NOFILE, &set);
	r = (struct rlimit){20, set.rlim_max};
	ASK("nofile", setrlimit(RLIMIT_NOFILE, &r));
	ASK("nofile-dup2", dup2(0, 20));
	ASK("nofile-dupfd", fcntl(0, F_DUPFD, 20));
	ASK("nofile-dup2-below", dup2(0, 19));
	while ((fd = dup(0)) >= 0)
		;
	ASK("nofile-dup", dup(0));
	ASK("nofile-open", open("/", O_RDONLY));
	ASK("nofile-pipe", pipe((int[2]){0}));
	close(19);
	ASK("nofile-half-pipe", pipe((int[2]){0}));
	ASK("nofile-one", dup(0));
	ASK("nofile-conf", sysconf(_SC_OPEN_MAX));
	for (fd = 3; fd < 20; fd++)
		close(fd);
	setrlimit(RLIMIT_NOFILE, &set);
}

static volatile sig_atomic_t caught;

static void handler(int number)
{
	caught = number;
}

/* The answers are written when the limit is gone: it holds for them, too. */
static void file_size(void)
{
	struct rlimit r = {.rlim_cur = 1000}, old;
	int fd = open("limited", O_RDWR | O_CREAT, 0644), n = 0;
	long results[8], signals[8];
	char buffer[3000] = {0};

#define NOTE(call)                                                             \
	do {                                                                   \
		caught = 0;                                                    \
		results[n] = (call);                                           \
		if (results[n] < 0)                                            \
			results[n] = -errno;                                   \
		signals[n++] = caught == SIGXFSZ;                              \
	} while (0)

	getrlimit(RLIMIT_FSIZE, &old);
	r.rlim_max = old.rlim_max;
	signal(SIGXFSZ, handler);
	setrlimit(RLIMIT_FSIZE, &r);
	NOTE(write(fd, buffer, 3000));
	NOTE(write(fd, buffer, 1));
	NOTE(pwrite(fd, buffer, 10, 100));
	NOTE(ftruncate(fd, 1001));
	NOTE(truncate("limited", 1001));
	NOTE(ftruncate(fd, 500));
	NOTE(fallocate(fd, 0, 0, 2000));
	NOTE(pwrite(fd, buffer, 600, 600));
	setrlimit(RLIMIT_FSIZE, &old);
	for (int i = 0; i < n; i++) {
		begin("fsize");
		say(i);
		errno = -results[i];
		say(results[i] < 0 ? -1 : results[i]);
		say(signals[i]);
		done();
	}
	close(fd);
}

static void usage(void)
{
	struct sysinfo info;
	struct rusage u;

	ASK("getrusage", getrusage(RUSAGE_SELF, &u));
	ASK("getrusage-thread", getrusage(RUSAGE_THREAD, &u));
	ASK("getrusage-children", getrusage(RUSAGE_CHILDREN, &u));
	ASK("getrusage-children-time",
	    u.ru_utime.tv_sec + u.ru_utime.tv_usec + u.ru_maxrss);
	ASK("getrusage-bad", CALL(getrusage, 2, &u));
	ASK("getrusage-negative", CALL(getrusage, -2, &u));
	ASK("getrusage-fault", CALL(getrusage, RUSAGE_SELF, 8));
	ASK("sysinfo", sysinfo(&info));
	ASK("sysinfo-sane", info.totalram >= info.freeram &&
	                            info.uptime >= 0 && info.mem_unit > 0);
	ASK("sysinfo-fault", CALL(sysinfo, 8));
}

static void names(void)
{
	struct utsname u;
	char name[64] = {0};
	int value;

	ASK("uname", uname(&u));
	ASK("uname-system", strcmp(u.sysname, "Linux"));
	ASK("uname-node", strlen(u.nodename) > 0);
	ASK("uname-fault", CALL(uname, 8));
	ASK("sethostname", sethostname("x", 1));
	ASK("sethostname-long", sethostname(name, 65));
	ASK("setdomainname", setdomainname("x", 1));
	ASK("prctl-name", prctl(PR_SET_NAME, "a long name of a thread"));
	ASK("prctl-get-name", prctl(PR_GET_NAME, name));
	ASK("prctl-name-cut", strlen(name));
	ASK("prctl-name-fault", prctl(PR_SET_NAME, 8L));
	ASK("prctl-get-name-fault", prctl(PR_GET_NAME, 8L));
	ASK("prctl-name-empty", prctl(PR_SET_NAME, ""));
	ASK("prctl-bad", prctl(9999, 0L, 0L, 0L, 0L));
	ASK("prctl-dumpable", prctl(PR_SET_DUMPABLE, 0L));
	ASK("prctl-dumpable-get", prctl(PR_GET_DUMPABLE));
	ASK("prctl-dumpable-bad", prctl(PR_SET_DUMPABLE, 3L));
	ASK("prctl-dumpable-back", prctl(PR_SET_DUMPABLE, 1L));
	ASK("prctl-deathsig", prctl(PR_SET_PDEATHSIG, (long)SIGUSR1));
	ASK("prctl-deathsig-get", prctl(PR_GET_PDEATHSIG, &value));
	ASK("prctl-deathsig-kept", value);
	ASK("prctl-deathsig-bad", prctl(PR_SET_PDEATHSIG, 65L));
	ASK("prctl-deathsig-fault", prctl(PR_GET_PDEATHSIG, 8L));
	ASK("prctl-deathsig-off", prctl(PR_SET_PDEATHSIG, 0L));
	ASK("prctl-keepcaps", prctl(PR_SET_KEEPCAPS, 1L));
	ASK("prctl-keepcaps-get", prctl(PR_GET_KEEPCAPS));
	ASK("prctl-keepcaps-bad", prctl(PR_SET_KEEPCAPS, 2L));
	ASK("prctl-timerslack", prctl(PR_SET_TIMERSLACK, 70000L));
	ASK("prctl-timerslack-get", prctl(PR_GET_TIMERSLACK));
	ASK("prctl-timerslack-default", prctl(PR_SET_TIMERSLACK, 0L));
	ASK("prctl-no-new-privs-get", prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
	ASK("prctl-no-new-privs-bad", prctl(PR_SET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
	ASK("prctl-no-new-privs-more", prctl(PR_SET_NO_NEW_PRIVS, 1L, 1L, 0L, 0L));
	ASK("prctl-no-new-privs", prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
	ASK("prctl-no-new-privs-set", prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
	ASK("prctl-no-new-privs-get-more",
	    prctl(PR_GET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
	ASK("prctl-subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1L));
	ASK("prctl-subreaper-get", prctl(PR_GET_CHILD_SUBREAPER, &value));
	ASK("prctl-subreaper-kept", value);
	ASK("prctl-capbset-bad", prctl(PR_CAPBSET_READ, 99L));
	ASK("prctl-capbset-drop", prctl(PR_CAPBSET_DROP, 0L));
	ASK("prctl-seccomp", prctl(PR_GET_SECCOMP));
	ASK("prctl-thp", prctl(PR_SET_THP_DISABLE, 1L, 0L, 0L, 0L));
	ASK("prctl-thp-get", prctl(PR_GET_THP_DISABLE, 0L, 0L, 0L, 0L));
	ASK("prctl-thp-more", prctl(PR_GET_THP_DISABLE, 1L, 0L, 0L, 0L));
	ASK("prctl-thp-off", prctl(PR_SET_THP_DISABLE, 0L, 0L, 0L, 0L));
	ASK("personality", personality(0xffffffff));
	ASK("personality-linux", personality(PER_LINUX));
	ASK("umask", umask(07777));
	ASK("umask-cut", umask(022));
}

static void scheduling(void)
{
	struct sched_param p = {.sched_priority = 0};
	struct timespec t;
	unsigned cpu = 77, node = 77;
	unsigned long mask[128];
	int n;

	ASK("sched-get", sched_getscheduler(0));
	ASK("sched-get-self", CALL(sched_getscheduler, getpid()));
	ASK("sched-get-negative", CALL(sched_getscheduler, -1));
	ASK("sched-get-none", CALL(sched_getscheduler, 1 << 29));
	ASK("sched-param", CALL(sched_getparam, 0, &p));
	ASK("sched-param-value", p.sched_priority);
	ASK("sched-param-none", CALL(sched_getparam, 1 << 29, &p));
	ASK("sched-param-negative", CALL(sched_getparam, -1, &p));
	ASK("sched-param-nowhere", CALL(sched_getparam, 0, 0));
	ASK("sched-param-fault", CALL(sched_getparam, 0, 8));
	ASK("sched-set", CALL(sched_setscheduler, 0, SCHED_OTHER, &p));
	ASK("sched-set-batch", CALL(sched_setscheduler, 0, SCHED_BATCH, &p));
	ASK("sched-set-batch-get", CALL(sched_getscheduler, 0));
	ASK("sched-set-back", CALL(sched_setscheduler, 0, SCHED_OTHER, &p));
	ASK("sched-set-bad", CALL(sched_setscheduler, 0, 77, &p));
	ASK("sched-set-negative", CALL(sched_setscheduler, 0, -1, &p));
	ASK("sched-set-nowhere", CALL(sched_setscheduler, 0, SCHED_OTHER, 0));
	ASK("sched-set-fault", CALL(sched_setscheduler, 0, SCHED_OTHER, 8));
	ASK("sched-set-none", CALL(sched_setscheduler, 1 << 29, SCHED_OTHER, &p));
	ASK("sched-set-pid", CALL(sched_setscheduler, -1, SCHED_OTHER, &p));
	p.sched_priority = 1;
	ASK("sched-set-priority", CALL(sched_setscheduler, 0, SCHED_OTHER, &p));
	ASK("sched-set-fifo", CALL(sched_setscheduler, 0, SCHED_FIFO, &p));
	ASK("sched-setparam", CALL(sched_setparam, 0, &p));
	p.sched_priority = 0;
	ASK("sched-set-fifo-zero", CALL(sched_setscheduler, 0, SCHED_FIFO, &p));
	ASK("sched-setparam-zero", CALL(sched_setparam, 0, &p));
	ASK("sched-setparam-none", CALL(sched_setparam, 1 << 29, &p));
	for (int policy = -1; policy < 7; policy++) {
		begin("sched-range");
		say(policy);
		say(sched_get_priority_min(policy));
		say(sched_get_priority_max(policy));
		done();
	}
	ASK("sched-rr", CALL(sched_rr_get_interval, 0, &t));
	ASK("sched-rr-none", CALL(sched_rr_get_interval, 1 << 29, &t));
	ASK("sched-rr-negative", CALL(sched_rr_get_interval, -1, &t));
	ASK("sched-rr-fault", CALL(sched_rr_get_interval, 0, 8));
	ASK("sched-yield", sched_yield());
	ASK("getcpu", CALL(getcpu, &cpu, &node, 0));
	ASK("getcpu-node", node);
	ASK("getcpu-nowhere", CALL(getcpu, 0, 0, 0));
	ASK("getcpu-fault", CALL(getcpu, 8, 0, 0));
	n = CALL(sched_getaffinity, 0, sizeof(mask), mask);
	ASK("affinity", n >= 8 && n % 8 == 0);
	ASK("affinity-odd", CALL(sched_getaffinity, 0, 9, mask));
	ASK("affinity-none", CALL(sched_getaffinity, 1 << 29, sizeof(mask), mask));
	ASK("affinity-fault", CALL(sched_getaffinity, 0, sizeof(mask), 8));
	ASK("affinity-set", CALL(sched_setaffinity, 0, n, mask));
	memset(mask, 0, sizeof(mask));
	ASK("affinity-set-empty", CALL(sched_setaffinity, 0, n, mask));
	ASK("affinity-set-none", CALL(sched_setaffinity, 1 << 29, n, mask));
	ASK("affinity-set-fault", CALL(sched_setaffinity, 0, n, 8));
	ASK("priority", CALL(getpriority, PRIO_PROCESS, 0));
	ASK("priority-which", CALL(getpriority, 3, 0));
	ASK("priority-none", CALL(getpriority, PRIO_PROCESS, 1 << 29));
	ASK("priority-user-none", CALL(getpriority, PRIO_USER, 77777));
	ASK("setpriority", CALL(setpriority, PRIO_PROCESS, 0, 5));
	ASK("setpriority-get", CALL(getpriority, PRIO_PROCESS, 0));
	ASK("setpriority-raise", CALL(setpriority, PRIO_PROCESS, 0, 0));
	ASK("setpriority-less", CALL(setpriority, PRIO_PROCESS, 0, 1000));
	ASK("setpriority-least", CALL(getpriority, PRIO_PROCESS, 0));
	ASK("setpriority-which", CALL(setpriority, 3, 0, 0));
	ASK("setpriority-none", CALL(setpriority, PRIO_PROCESS, 1 << 29, 0));
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	identities();
	capabilities();
	limits();
	file_size();
	usage();
	names();
	scheduling();
	return 0;
}
