/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/landlock.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

/* Rights that newer kernels know; Debian 12's headers stop at ABI 2. */
#define LANDLOCK_FS_RIGHTS_V1 ((UINT64_C(1) << 13) - 1)
#define LANDLOCK_FS_REFER_V2 (UINT64_C(1) << 13)
#define LANDLOCK_FS_TRUNCATE_V3 (UINT64_C(1) << 14)
#define LANDLOCK_NET_RIGHTS_V4 UINT64_C(3)   /* bind, connect TCP */
#define LANDLOCK_CONNECT_V4    UINT64_C(2)
#define LANDLOCK_RULE_NET_PORT_V4 2
#define LANDLOCK_SCOPES_V6 UINT64_C(3)       /* abstract sockets, signals */

struct landlock_port_rule {
	uint64_t allowed_access;
	uint64_t port;
};

struct landlock_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* ABI 4 */
	uint64_t scoped;             /* ABI 6 */
};

static int as_errno(long result)
{
	return result < 0 ? -errno : 0;
}

/*
 * An empty tmpfs becomes the root.  /proc exists on every Linux; what it
 * shows is of no interest, it only serves as a mount point until pivot_root.
 */
static int replace_root(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("empty", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
	          "size=4k,nr_inodes=2,mode=0555") ||
	    chdir("/proc") || syscall(SYS_pivot_root, ".", ".") ||
	    umount2(".", MNT_DETACH) || chdir("/"))
		return -errno;
	return as_errno(mount(NULL, "/", NULL,
	                      MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID |
	                              MS_NODEV | MS_NOEXEC,
	                      NULL));
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
	        .version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -errno;
	return as_errno(syscall(SYS_capset, &header, none));
}

static int limit(int resource, rlim_t value)
{
	struct rlimit r = {value, value};

	return as_errno(setrlimit(resource, &r));
}

static int set_limits(const struct bh_sandbox *sandbox)
{
	int r = limit(RLIMIT_CORE, 0);

	if (!r && !sandbox->writes_files)
		r = limit(RLIMIT_FSIZE, 0);
	if (!r && !sandbox->starts_threads)
		r = limit(RLIMIT_NPROC, 0);
	if (!r)
		r = limit(RLIMIT_MEMLOCK, 0);
	if (!r && sandbox->address_space)
		r = limit(RLIMIT_AS, sandbox->address_space);
	return r;
}

/* No devices, FIFOs, sockets to be made, no program to be executed. */
#define FOLDER_READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FOLDER_CHANGES                                                         \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |       \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |        \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |           \
	 LANDLOCK_FS_REFER_V2 | LANDLOCK_FS_TRUNCATE_V3)

/* Rights that only a role with a folder has any use for. */
static uint64_t folder_rights(long abi)
{
	return (abi >= 2 ? LANDLOCK_FS_REFER_V2 : 0) |
	       (abi >= 3 ? LANDLOCK_FS_TRUNCATE_V3 : 0);
}

static int allow_folder(int ruleset, const struct bh_sandbox *sandbox,
                        uint64_t handled)
{
	struct landlock_path_beneath_attr beneath = {
	        .allowed_access = handled &
	                          (FOLDER_READS | (sandbox->folder_read_only
	                                                   ? 0
	                                                   : FOLDER_CHANGES)),
	        .parent_fd = sandbox->folder,
	};

	return as_errno(syscall(SYS_landlock_add_rule, ruleset,
	                        LANDLOCK_RULE_PATH_BENEATH, &beneath, 0));
}

/* False: the role may connect to any port, so connecting is not handled. */
static bool connects_are_limited(const struct bh_sandbox *sandbox)
{
	for (uint32_t i = 0; i < sandbox->connect_count; i++)
		if (sandbox->connect_ports[i] == 0)
			return false;
	return true;
}

static int allow_ports(int ruleset, const struct bh_sandbox *sandbox)
{
	int r = 0;

	for (uint32_t i = 0; !r && i < sandbox->connect_count; i++) {
		struct landlock_port_rule rule = {
		        .allowed_access = LANDLOCK_CONNECT_V4,
		        .port = sandbox->connect_ports[i],
		};

		r = as_errno(syscall(SYS_landlock_add_rule, ruleset,
		                     LANDLOCK_RULE_NET_PORT_V4, &rule, 0));
	}
	return r;
}

static int restrict_by_landlock(const struct bh_sandbox *sandbox)
{
	struct landlock_attr attr = {LANDLOCK_FS_RIGHTS_V1, 0, 0};
	size_t size = sizeof(uint64_t);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	                   LANDLOCK_CREATE_RULESET_VERSION);
	BH_AUTO_CLOSE int ruleset = -1;
	int r = 0;

	if (abi < 0)
		return -errno;
	if (sandbox->folder)
		attr.handled_access_fs |= folder_rights(abi);
	if (abi >= 4) {
		attr.handled_access_net = LANDLOCK_NET_RIGHTS_V4;
		if (!connects_are_limited(sandbox))
			attr.handled_access_net &= ~LANDLOCK_CONNECT_V4;
		size = 2 * sizeof(uint64_t);
	}
	if (abi >= 6) {
		attr.scoped = LANDLOCK_SCOPES_V6;
		size = sizeof(attr);
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return -errno;
	if (sandbox->folder)
		r = allow_folder(ruleset, sandbox, attr.handled_access_fs);
	if (!r && attr.handled_access_net & LANDLOCK_CONNECT_V4)
		r = allow_ports(ruleset, sandbox);
	return r ? r
	         : as_errno(syscall(SYS_landlock_restrict_self, ruleset, 0));
}

int bh_sandbox_enter(const struct bh_sandbox *sandbox, const char **stage)
{
	int r;

	*stage = "closing descriptors";
	r = as_errno(syscall(SYS_close_range, sandbox->keep_fds + 1, ~0u, 0));
	if (!r && sandbox->root) {
		*stage = "empty root";
		r = replace_root();
	}
	if (!r) {
		*stage = "capabilities";
		r = drop_capabilities();
	}
	if (!r) {
		*stage = "limits";
		r = set_limits(sandbox);
	}
	if (!r && sandbox->landlock) {
		*stage = "Landlock";
		r = restrict_by_landlock(sandbox);
	}
	return r;
}
