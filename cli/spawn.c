/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/core.h"
#include "descriptors.h"
#include "lib/cleanup.h"

/* The kernel's overflow user: owns nothing. */
#define NOBODY 65534u

/* Descriptors are moved up here before they are put in their places. */
#define SCRATCH_FD 400

const char *spawn_stage_name(int stage)
{
	switch (stage) {
	case SPAWN_NAMESPACE:
		return "entering namespaces";
	case SPAWN_IDENTITY:
		return "becoming an unprivileged user";
	case SPAWN_DESCRIPTORS:
		return "placing descriptors";
	default:
		return "executing it";
	}
}

/* Root of a user namespace that knows no nobody can only be itself. */
static bool knows_nobody(void)
{
	BH_AUTO_FCLOSE FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned inside, outside, count;

	while (map && fscanf(map, "%u %u %u", &inside, &outside, &count) == 3)
		if (NOBODY >= inside && NOBODY - inside < count)
			return true;
	return false;
}

void host_init(struct host *host)
{
	*host = (struct host){
	        .user_namespace = true,
	        .namespaces = SPAWN_NAMESPACES,
	        .landlock =
	                syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0,
	        .root = geteuid() == 0 && knows_nobody(),
	};
}

static pid_t clone_child(int flags, int *pidfd)
{
	struct clone_args args = {
	        .flags = (uint64_t)(uint32_t)flags | CLONE_PIDFD,
	        .pidfd = (uint64_t)(uintptr_t)pidfd,
	        .exit_signal = SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* A child that enters FLAGS, says whether it could, and ends. */
static bool can_enter(int clone_flags, int unshare_flags)
{
	int status, pidfd = -1;
	pid_t pid = clone_child(clone_flags, &pidfd);

	if (pid == 0)
		_exit(unshare_flags && unshare(unshare_flags) ? 1 : 0);
	if (pid < 0)
		return false;
	close(pidfd);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

void host_probe(struct host *host)
{
	static const int others[] = {CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWIPC,
	                             CLONE_NEWUTS, CLONE_NEWCGROUP};
	int user;

	host->user_namespace = can_enter(CLONE_NEWUSER, 0);
	user = host->user_namespace ? CLONE_NEWUSER : 0;
	host->namespaces = 0;
	if (can_enter(user | CLONE_NEWPID, 0))
		host->namespaces |= CLONE_NEWPID;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (can_enter(user, others[i]))
			host->namespaces |= others[i];
}

uint32_t host_sandbox_flags(const struct host *host)
{
	bool root = host->user_namespace && (host->namespaces & CLONE_NEWNS);

	return (root ? 0 : BH_CORE_NO_SANDBOX_ROOT) |
	       (host->landlock ? 0 : BH_CORE_NO_LANDLOCK);
}

static int write_file(const char *path, const char *text)
{
	BH_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	return n < 0 ? -errno : 0;
}

/*
 * Inside, the child is user 0, so that it may mount its empty root; outside
 * it is nobody if root starts it, else the user's own self.
 */
static int write_map(pid_t pid, const char *file, unsigned outside)
{
	char path[64], map[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	snprintf(map, sizeof(map), "0 %u 1\n", outside);
	return write_file(path, map);
}

static int write_maps(pid_t pid, const struct spawn *spawn,
                      const struct host *host)
{
	unsigned uid = spawn->as_owner ? spawn->uid : NOBODY;
	unsigned gid = spawn->as_owner ? spawn->gid : NOBODY;
	char path[64];
	int r = write_map(pid, "uid_map", host->root ? uid : geteuid());

	if (r)
		return r;
	/* Before an unprivileged gid map; root's child drops its groups. */
	snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
	if (!host->root)
		r = write_file(path, "deny");
	if (r)
		return r;
	return write_map(pid, "gid_map", host->root ? gid : getegid());
}

static void child_fail(const struct spawn *spawn, enum spawn_stage stage)
{
	struct spawn_failure failure = {stage, errno};
	ssize_t n = write(spawn->status, &failure, sizeof(failure));

	_exit(n == sizeof(failure) ? 125 : 126);
}

static int become_nobody(const struct spawn *spawn, const struct host *host)
{
	uid_t uid = spawn->as_owner ? spawn->uid : NOBODY;
	gid_t gid = spawn->as_owner ? spawn->gid : NOBODY;

	if (host->root && setgroups(0, NULL))
		return -1;
	if (!host->user_namespace && !host->root)
		return 0;
	if (host->user_namespace) /* where write_maps() has mapped it */
		uid = gid = 0;
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -1;
	return 0;
}

static int place_fds(const struct spawn *spawn)
{
	int scratch[1024];
	unsigned count = spawn->fd_count;

	if (count > sizeof(scratch) / sizeof(scratch[0])) {
		errno = EMFILE;
		return -1;
	}
	for (unsigned i = 0; i < count; i++) {
		scratch[i] = -1;
		if (spawn->fds[i] < 0)
			continue;
		scratch[i] = fcntl(spawn->fds[i], F_DUPFD_CLOEXEC, SCRATCH_FD);
		if (scratch[i] < 0)
			return -1;
	}
	for (unsigned i = 0; i < count; i++) {
		int target = spawn->first + (int)i;

		if (scratch[i] < 0)
			close(target);
		else if (dup2(scratch[i], target) < 0)
			return -1;
	}
	return 0;
}

/* A role has nothing to say outside its channels; sanitizers do. */
#ifdef BH_SANITIZE
#define LAST_SILENT_FD 1
#else
#define LAST_SILENT_FD 2
#endif

static int silence_standard_fds(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -1;
	for (int fd = 0; fd <= LAST_SILENT_FD; fd++)
		if (dup2(null, fd) < 0)
			return -1;
	return 0;
}

/*
 * PR_SET_PDEATHSIG is set last, since changing the user clears it; a launcher
 * that died before that is noticed by its pidfd.
 */
static void tie_to_launcher(int launcher)
{
	struct pollfd gone = {launcher, POLLIN, 0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&gone, 1, 0) != 0)
		_exit(125);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_main(const struct spawn *spawn, const struct host *host,
                       int launcher, int maps_written)
        __attribute__((noreturn));

static void child_main(const struct spawn *spawn, const struct host *host,
                       int launcher, int maps_written)
{
	int namespaces = host->namespaces & ~CLONE_NEWPID &
	                 ~(spawn->network ? CLONE_NEWNET : 0);
	char *title = strdup(spawn->title);
	char *argv[] = {title, NULL}, *envp[] = {NULL};
	int executable = fcntl(spawn->executable, F_DUPFD_CLOEXEC, SCRATCH_FD);
	int status = fcntl(spawn->status, F_DUPFD_CLOEXEC, SCRATCH_FD);
	struct spawn moved = *spawn;
	char byte;

	moved.status = status;
	setsid();
	if (namespaces && unshare(namespaces))
		child_fail(&moved, SPAWN_NAMESPACE);
	if (read(maps_written, &byte, 1) != 1)
		_exit(125);
	if (become_nobody(spawn, host))
		child_fail(&moved, SPAWN_IDENTITY);
	tie_to_launcher(launcher);
	if (spawn->network)
		descriptors_raise_to_max();
	if (place_fds(&moved) || silence_standard_fds())
		child_fail(&moved, SPAWN_DESCRIPTORS);
	reset_signals();
	syscall(SYS_execveat, executable, "", argv, envp, AT_EMPTY_PATH);
	child_fail(&moved, SPAWN_EXECUTE);
	_exit(125);
}

int spawn_start(const struct spawn *spawn, const struct host *host,
                struct process *process)
{
	int flags = host->namespaces & CLONE_NEWPID;
	BH_AUTO_CLOSE int launcher = (int)syscall(SYS_pidfd_open, getpid(), 0);
	BH_AUTO_CLOSE int maps_read = -1;
	BH_AUTO_CLOSE int maps_write = -1;
	int ends[2], pidfd = -1, r = 0;
	pid_t pid;

	if (launcher < 0 || pipe2(ends, O_CLOEXEC))
		return -errno;
	maps_read = ends[0];
	maps_write = ends[1];
	if (host->user_namespace)
		flags |= CLONE_NEWUSER;
	pid = clone_child(flags, &pidfd);
	if (pid == 0) {
		close(maps_write);
		child_main(spawn, host, launcher, maps_read);
	}
	if (pid < 0)
		return -errno;
	*process = (struct process){pid, pidfd};
	if (host->user_namespace)
		r = write_maps(pid, spawn, host);
	if (!r && write(maps_write, "", 1) != 1)
		r = -errno;
	if (r) {
		process_signal(process, SIGKILL);
		process_reap(process);
	}
	return r;
}

void process_signal(const struct process *process, int signal)
{
	if (process->pid > 0)
		syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0);
}

void process_reap(struct process *process)
{
	if (process->pid <= 0)
		return;
	while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(process->pidfd);
	*process = (struct process){0, -1};
}
