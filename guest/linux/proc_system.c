/* SPDX-License-Identifier: ISC */
#include "guest/linux/clock.h"
#include "guest/linux/proc.h"
#include "guest/linux/start.h"
#include "guest/linux/task.h"

/* The machine as /proc tells it: the same on all instruction sets. */

#define CENTISECOND (NANOSECONDS / 100)
/* Version and name as uname(2) has them. */
#define RELEASE "6.12.0-bh"
#define VERSION "#1 Broken-Hype"

int proc_show_cpuinfo(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "processor\t: 0\nmodel name\t: Broken-Hype vCPU\n\n");
	return 0;
}

/* The memory that may be used; of what is used, only what files hold would be
 * the same everywhere, and nobody asks for that. */
int proc_show_meminfo(struct text *text, int64_t key)
{
	uint64_t total = memory_limit() / 1024, free = total / 4 * 3;
	const struct {
		const char *name;
		uint64_t value;
	} lines[] = {
	        {"MemTotal:", total},    {"MemFree:", free},
	        {"MemAvailable:", free}, {"Buffers:", 0},
	        {"Cached:", 0},          {"SwapCached:", 0},
	        {"Active:", 0},          {"Inactive:", 0},
	        {"SwapTotal:", 0},       {"SwapFree:", 0},
	        {"Dirty:", 0},           {"Shmem:", 0},
	        {"CommitLimit:", total}, {"Committed_AS:", 0},
	        {"HugePages_Total:", 0}, {"HugePages_Free:", 0},
	        {"Hugepagesize:", 2048},
	};

	(void)key;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int padding = 16 - (int)strlen(lines[i].name);

		text_add(text, "%s%.*s%8llu kB\n", lines[i].name,
		         padding > 0 ? padding : 0, "                ",
		         (unsigned long long)lines[i].value);
	}
	return 0;
}

int proc_show_stat(struct text *text, int64_t key)
{
	uint64_t started = (clock_realtime() - clock_monotonic()) / NANOSECONDS;

	(void)key;
	text_add(text, "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n"
	               "intr 0\nctxt 0\n");
	text_add(text,
	         "btime %llu\nprocesses %u\nprocs_running 1\n"
	         "procs_blocked 0\nsoftirq 0\n",
	         (unsigned long long)started, task_count());
	return 0;
}

int proc_show_uptime(struct text *text, int64_t key)
{
	uint64_t time = clock_monotonic() / CENTISECOND;

	(void)key;
	text_add(text, "%llu.%02llu 0.00\n", (unsigned long long)(time / 100),
	         (unsigned long long)(time % 100));
	return 0;
}

int proc_show_loadavg(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "0.00 0.00 0.00 1/%u 1\n", task_count());
	return 0;
}

int proc_show_version(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "Linux version " RELEASE " (bh) " VERSION "\n");
	return 0;
}

int proc_show_filesystems(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\n"
	               "nodev\tdevtmpfs\nnodev\toverlay\n");
	return 0;
}

static const char *source_of(const struct mount *mount)
{
	return mount->covered ? mount->file_system->type : "root";
}

int proc_show_mounts(struct text *text, int64_t key)
{
	const struct mount *mount;

	(void)key;
	for (unsigned i = 0; (mount = vfs_mounts(i)); i++)
		text_add(text, "%s %s %s %s,noatime 0 0\n", source_of(mount),
		         mount->path, mount->file_system->type,
		         mount->file_system->read_only ? "ro" : "rw");
	return 0;
}

int proc_show_mountinfo(struct text *text, int64_t key)
{
	const struct mount *mount;

	(void)key;
	for (unsigned i = 0; (mount = vfs_mounts(i)); i++) {
		const struct file_system *of = mount->file_system;
		const char *access = of->read_only ? "ro" : "rw";

		text_add(text, "%u %u %u:%u / %s %s,noatime - %s %s %s\n",
		         i + 20, i ? 20 : 1, device_major(of->device),
		         device_minor(of->device), mount->path, access,
		         of->type, source_of(mount), access);
	}
	return 0;
}

/* ------------------------------------------------------------ /proc/sys ... */

static int show_hostname(struct text *text, int64_t key)
{
	const char *name = boot_option("hostname");

	(void)key;
	text_add(text, "%s\n", name ? name : "localhost");
	return 0;
}

static int show_osrelease(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, RELEASE "\n");
	return 0;
}

static int show_ostype(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "Linux\n");
	return 0;
}

static int show_version(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, VERSION "\n");
	return 0;
}

static int show_pid_max(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "32768\n");
	return 0;
}

static int show_threads_max(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "%u\n", TASKS_MAX);
	return 0;
}

static int show_cap_last_cap(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "40\n");
	return 0;
}

/* A random UUID of version 4 (RFC 9562). */
static void add_uuid(struct text *text, const uint8_t id[16])
{
	for (unsigned i = 0; i < 16; i++) {
		uint8_t byte = id[i];

		if (i == 6)
			byte = (byte & 0x0f) | 0x40;
		if (i == 8)
			byte = (byte & 0x3f) | 0x80;
		text_add(text, "%s%02x",
		         i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		         byte);
	}
	text_add(text, "\n");
}

static int show_uuid(struct text *text, int64_t key)
{
	uint8_t id[16];

	(void)key;
	random_bytes(id, sizeof(id));
	add_uuid(text, id);
	return 0;
}

static int show_boot_id(struct text *text, int64_t key)
{
	static uint8_t id[16];
	static bool known;

	(void)key;
	if (!known)
		random_bytes(id, sizeof(id));
	known = true;
	add_uuid(text, id);
	return 0;
}

static const struct synthetic random_entries[] = {
        {.name = "boot_id", .mode = PROC_READ, .show = show_boot_id},
        {.name = "uuid", .mode = PROC_READ, .show = show_uuid},
        {0},
};

static const struct synthetic kernel_entries[] = {
        {.name = "cap_last_cap", .mode = PROC_READ, .show = show_cap_last_cap},
        {.name = "hostname", .mode = PROC_READ, .show = show_hostname},
        {.name = "osrelease", .mode = PROC_READ, .show = show_osrelease},
        {.name = "ostype", .mode = PROC_READ, .show = show_ostype},
        {.name = "pid_max", .mode = PROC_READ, .show = show_pid_max},
        {.name = "random", .mode = PROC_FOLDER, .entries = random_entries},
        {.name = "threads-max", .mode = PROC_READ, .show = show_threads_max},
        {.name = "version", .mode = PROC_READ, .show = show_version},
        {0},
};

/* Memory is given as it is touched: 1, as always overcommitting. */
static int show_overcommit(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "1\n");
	return 0;
}

static int show_max_map_count(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "65530\n");
	return 0;
}

static const struct synthetic vm_entries[] = {
        {.name = "max_map_count",
         .mode = PROC_READ,
         .show = show_max_map_count},
        {.name = "overcommit_memory",
         .mode = PROC_READ,
         .show = show_overcommit},
        {0},
};

static int show_somaxconn(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "4096\n");
	return 0;
}

static const struct synthetic core_entries[] = {
        {.name = "somaxconn", .mode = PROC_READ, .show = show_somaxconn},
        {0},
};

static const struct synthetic sys_net_entries[] = {
        {.name = "core", .mode = PROC_FOLDER, .entries = core_entries},
        {0},
};

static int show_nr_open(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "%u\n", DESCRIPTORS_MAX);
	return 0;
}

static int show_file_max(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "9223372036854775807\n");
	return 0;
}

static const struct synthetic fs_entries[] = {
        {.name = "file-max", .mode = PROC_READ, .show = show_file_max},
        {.name = "nr_open", .mode = PROC_READ, .show = show_nr_open},
        {0},
};

const struct synthetic proc_sys_entries[] = {
        {.name = "fs", .mode = PROC_FOLDER, .entries = fs_entries},
        {.name = "kernel", .mode = PROC_FOLDER, .entries = kernel_entries},
        {.name = "net", .mode = PROC_FOLDER, .entries = sys_net_entries},
        {.name = "vm", .mode = PROC_FOLDER, .entries = vm_entries},
        {0},
};

/* -------------------------------------------------------------- /proc/net */

/* The tables' headers: what is connected is not listed. */
static int show_inet(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "  sl  local_address rem_address   st tx_queue rx_queue "
	               "tr tm->when retrnsmt   uid  timeout inode\n");
	return 0;
}

static int show_unix(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "Num       RefCount Protocol Flags    Type St Inode "
	               "Path\n");
	return 0;
}

const struct synthetic proc_net_entries[] = {
        {.name = "tcp", .mode = PROC_READ, .show = show_inet},
        {.name = "tcp6", .mode = PROC_READ, .show = show_inet},
        {.name = "udp", .mode = PROC_READ, .show = show_inet},
        {.name = "udp6", .mode = PROC_READ, .show = show_inet},
        {.name = "unix", .mode = PROC_READ, .show = show_unix},
        {0},
};
