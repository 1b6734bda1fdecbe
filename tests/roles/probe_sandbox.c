/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is left of the world after lib/sandbox.c. */

static const struct probe_role *role;

static void check(const char *name, bool good, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "%s (last error: %s)", why,
	         strerror(errno));
	probe_say(role, name, good ? NULL : text);
}

/* Did the last call fail with this error? */
static bool failed(long result, int error)
{
	return result < 0 && errno == error;
}

static void enter(struct bh_sandbox sandbox)
{
	const char *stage;
	int r = bh_sandbox_enter(&sandbox, &stage);

	if (r) {
		probe_note("not ok %s-sandbox: %s: %s\n", role->name, stage,
		           strerror(-r));
		_exit(1);
	}
}

/* --- what the launcher's namespaces give ---------------------------------- */

static bool network_is_down(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct if_nameindex *list = if_nameindex();
	bool down = fd >= 0 && list;

	for (unsigned i = 0; down && list[i].if_index; i++) {
		struct ifreq request = {0};

		snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s",
		         list[i].if_name);
		if (ioctl(fd, SIOCGIFFLAGS, &request) ||
		    (request.ifr_flags & IFF_UP))
			down = false;
	}
	close(fd);
	return down;
}

static void check_namespaces(void)
{
	struct sockaddr_in loopback = {
	        .sin_family = AF_INET,
	        .sin_port = htons(80),
	        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	check("pid-namespace", getpid() == 1, "it is not process 1");
	check("user-namespace", getuid() == 0 && getgid() == 0,
	      "it is not user 0 inside");
	check("no-network", network_is_down(), "an interface is up");
	check("no-loopback",
	      failed(connect(fd, (struct sockaddr *)&loopback,
	                     sizeof(loopback)), ENETUNREACH),
	      "127.0.0.1 can be reached");
	close(fd);
}

/* --- empty root, without Landlock in front of it --------------------------- */

static bool root_is_empty(void)
{
	DIR *root = opendir("/");
	struct dirent *entry;
	unsigned count = 0;

	if (!root)
		return false;
	while ((entry = readdir(root)))
		count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(root);
	return count == 0;
}

static bool nothing_is_there(void)
{
	static const char *const paths[] = {
	        "/etc", "/proc", "/proc/self", "/dev", "/dev/null", "/dev/kvm",
	        "/sys", "/tmp", "/usr", "/bin/sh", "/lib", "/root", "/..",
	        "/../etc", "/../../proc",
	};
	struct stat status;
	struct stat root;

	if (stat("/", &root))
		return false;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (stat(paths[i], &status))
			continue;
		/* Only the root's own parent is there: the root. */
		if (status.st_ino != root.st_ino || status.st_dev != root.st_dev)
			return false;
	}
	return true;
}

static void check_root(void)
{
	struct bh_sandbox sandbox = role->sandbox;
	struct statvfs status = {0};

	sandbox.landlock = false;
	sandbox.starts_threads = true;
	enter(sandbox);
	check("root-is-empty", root_is_empty(), "it has an entry");
	check("nothing-is-there", nothing_is_there(), "a path exists");
	check("root-is-read-only",
	      failed(mkdir("/x", 0700), EROFS) &&
	              failed(open("/x", O_CREAT | O_WRONLY, 0600), EROFS),
	      "a file can be made");
	check("root-flags",
	      statvfs("/", &status) == 0 &&
	              (status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV |
	                                ST_NOEXEC)) ==
	                      (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC),
	      "not read-only, nosuid, nodev, noexec");
	check("no-mount", failed(mount("x", "/", "tmpfs", 0, NULL), EPERM),
	      "a file system can be mounted");
	check("no-remount",
	      failed(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM),
	      "the root can be made writable");
	check("no-chroot-out",
	      failed(chroot("."), EPERM) && chdir("/../..") == 0 &&
	              root_is_empty(),
	      "there is a way out");
	check("no-unmount", failed(umount2("/", MNT_DETACH), EPERM),
	      "the root can be unmounted");
}

/* --- Landlock, without the empty root in front of it ------------------------ */

static void check_landlock(void)
{
	struct bh_sandbox sandbox = role->sandbox;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sandbox.root = false;
	enter(sandbox);
	check("landlock-read", failed(open("/etc/passwd", O_RDONLY), EACCES),
	      "a file can be opened");
	check("landlock-list",
	      failed(open("/", O_RDONLY | O_DIRECTORY), EACCES),
	      "a directory can be listed");
	check("landlock-make", failed(mkdir("/tmp/bh-probe", 0700), EACCES),
	      "a directory can be made");
	check("landlock-execute",
	      failed(execl("/bin/true", "true", (char *)NULL), EACCES),
	      "a program can be executed");
	if (abi < 4)
		probe_note("skip %s-landlock-bind: this kernel's Landlock has "
		           "ABI %ld, TCP needs 4\n", role->name, abi);
	else
		check("landlock-bind",
		      failed(bind(fd, (struct sockaddr *)&any, sizeof(any)),
		             EACCES),
		      "a TCP port can be bound");
	if (abi < 6)
		probe_note("skip %s-landlock-signal: this kernel's Landlock "
		           "has ABI %ld, signals need 6\n", role->name, abi);
	else
		check("landlock-signal", failed(kill(1, 0), EPERM),
		      "a process outside can be signalled");
}

/* --- everything ------------------------------------------------------------- */

static bool no_capability(void)
{
	struct __user_cap_header_struct header = {
	        .version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct have[2] = {{1, 1, 1}, {1, 1, 1}};

	if (syscall(SYS_capget, &header, have))
		return false;
	for (int i = 0; i < 2; i++)
		if (have[i].effective | have[i].permitted | have[i].inheritable)
			return false;
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
			return false;
	return true;
}

static bool limit_is(int resource, rlim_t value)
{
	struct rlimit limit;

	return getrlimit(resource, &limit) == 0 && limit.rlim_cur == value &&
	       limit.rlim_max == value;
}

static bool fds_are_closed(void)
{
	for (int fd = role->sandbox.keep_fds + 1; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return false;
	return true;
}

static void check_rest(void)
{
	size_t count;
	const struct bh_seccomp_rule *rules = role->rules(&count);
	struct rlimit more = {1, 1};

	for (int fd = 200; fd < 210; fd++)
		dup2(PROBE_FD, fd);
	enter(role->sandbox);
	check("descriptors-are-closed", fds_are_closed(), "one is open");
	check("kept-descriptors", fcntl(PROBE_FD, F_GETFD) >= 0,
	      "one that is needed is closed");
	check("no-capability", no_capability(), "one is left");
	check("no-new-privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	      "not set");
	check("limits",
	      limit_is(RLIMIT_CORE, 0) && limit_is(RLIMIT_MEMLOCK, 0) &&
	              (role->sandbox.writes_files || limit_is(RLIMIT_FSIZE, 0)) &&
	              (role->sandbox.starts_threads || limit_is(RLIMIT_NPROC, 0)),
	      "a limit is not zero");
	check("limits-are-final", failed(setrlimit(RLIMIT_CORE, &more), EPERM),
	      "a limit can be raised");
	if (!role->sandbox.starts_threads) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		check("no-fork", failed(pid, EAGAIN), "it can fork");
	}
	check("no-hostname", failed(sethostname("x", 1), EPERM),
	      "the host name can be set");
	/* The last step of the real role: this process may now only end. */
	if (bh_seccomp_enter(rules, count))
		_exit(99);
	syscall(SYS_getppid);
	_exit(98);
}

/* Each needs a process of its own: there is no way back. */
static void in_child(void (*function)(void), int expected, const char *name)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		/* And a root of its own. */
		if (unshare(CLONE_NEWNS))
			_exit(97);
		function();
		_exit(0);
	}
	errno = 0;
	check(name, pid > 0 && waitpid(pid, &status, 0) == pid &&
	                    status == expected,
	      "it did not end as it should");
}

void probe_sandbox(const struct probe_role *probed)
{
	role = probed;
	check_namespaces();
	in_child(check_root, 0, "sandbox-root-checked");
	in_child(check_landlock, 0, "sandbox-landlock-checked");
	in_child(check_rest, SIGSYS, "sandbox-ends-in-seccomp");
}
