/* SPDX-License-Identifier: ISC */
#include "guest/linux/proc.h"

#include "guest/linux/clock.h"
#include "guest/linux/signal.h"
#include "guest/linux/task.h"

/* /proc/1 and /proc/1/task/N.  The key is the task's number. */

static const struct task *task_of(int64_t key)
{
	const struct task *task = task_find((int32_t)key);

	return task ? task : task_current;
}

static const char *name_of(int64_t key)
{
	return task_of(key)->name;
}

int64_t proc_next_process(int64_t n)
{
	return n <= PROCESS_ID ? PROCESS_ID : -1;
}

/* Numbers of tasks grow in the order of the list. */
static int64_t next_task(int64_t n)
{
	int64_t found = -1;

	LIST_EACH(task, &task_list, struct task, link)
	if (!task->ended && task->id >= n && (found < 0 || task->id < found))
		found = task->id;
	return found;
}

static int show_cmdline(struct text *text, int64_t key)
{
	(void)key;
	text_bytes(text, process.arguments, process.arguments_size);
	return 0;
}

static int show_environ(struct text *text, int64_t key)
{
	(void)key;
	text_bytes(text, process.environment, process.environment_size);
	return 0;
}

static int show_auxv(struct text *text, int64_t key)
{
	(void)key;
	text_bytes(text, process.auxiliary,
	           process.auxiliary_count * sizeof(uint64_t));
	return 0;
}

static int show_comm(struct text *text, int64_t key)
{
	text_add(text, "%s\n", name_of(key));
	return 0;
}

static int store_comm(const char *bytes, size_t size, int64_t key)
{
	struct task *task = task_find((int32_t)key);

	if (!task)
		return -ESRCH;
	if (size && bytes[size - 1] == '\n')
		size--;
	if (size >= sizeof(task->name))
		size = sizeof(task->name) - 1;
	memset(task->name, 0, sizeof(task->name));
	memcpy(task->name, bytes, size);
	return 0;
}

static int show_stat(struct text *text, int64_t key)
{
	int32_t nice = task_of(key)->nice;

	text_add(text, "%lld (%s) R 0 %d %d 0 -1 4194304 0 0 0 0 0 0 0 0 %d %d ",
	         (long long)key, name_of(key), process.process_group,
	         process.session, 20 + nice, nice);
	text_add(text, "%u 0 0 %llu %llu 18446744073709551615 ", task_count(),
	         (unsigned long long)PROC_SHOWN_SIZE,
	         (unsigned long long)(PROC_SHOWN_RESIDENT / PAGE_SIZE));
	text_add(text, "0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 "
	               "0\n");
	return 0;
}

static int show_statm(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "%llu %llu 0 0 0 %llu 0\n",
	         (unsigned long long)(PROC_SHOWN_SIZE / PAGE_SIZE),
	         (unsigned long long)(PROC_SHOWN_RESIDENT / PAGE_SIZE),
	         (unsigned long long)(PROC_SHOWN_RESIDENT / PAGE_SIZE));
	return 0;
}

static void add_ids(struct text *text)
{
	text_add(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n",
	         process.uid, process.euid, process.suid, process.euid,
	         process.gid, process.egid, process.sgid, process.egid);
	text_add(text, "FDSize:\t64\nGroups:\t");
	for (unsigned i = 0; i < process.group_count; i++)
		text_add(text, "%u ", process.groups[i]);
}

static int show_status(struct text *text, int64_t key)
{
	const struct task *task = task_of(key);
	unsigned long long size = PROC_SHOWN_SIZE / 1024,
	                   resident = PROC_SHOWN_RESIDENT / 1024;

	text_add(text,
	         "Name:\t%s\nUmask:\t%04o\nState:\tR (running)\nTgid:\t%d\n"
	         "Ngid:\t0\nPid:\t%d\nPPid:\t0\nTracerPid:\t0\n",
	         task->name, process.umask, PROCESS_ID, task->id);
	add_ids(text);
	text_add(text,
	         "\nVmPeak:\t%8llu kB\nVmSize:\t%8llu kB\nVmLck:\t       0 kB\n"
	         "VmHWM:\t%8llu kB\nVmRSS:\t%8llu kB\nRssAnon:\t%8llu kB\n"
	         "VmData:\t%8llu kB\nVmSwap:\t       0 kB\n",
	         size, size, resident, resident, resident, resident);
	text_add(text,
	         "Threads:\t%u\nSigPnd:\t%016llx\nShdPnd:\t%016llx\n"
	         "SigBlk:\t%016llx\nNoNewPrivs:\t%d\nSeccomp:\t0\n"
	         "Cpus_allowed:\t1\nCpus_allowed_list:\t0\n",
	         task_count(), (unsigned long long)task->pending, 0ull,
	         (unsigned long long)task->blocked, process.no_new_privileges);
	return 0;
}

static int show_maps(struct text *text, int64_t key)
{
	struct mm_area_info area;

	(void)key;
	for (uint64_t at = 0; mm_next_area(at, &area); at = area.end) {
		size_t before = text->size;

		text_add(text, "%08llx-%08llx %c%c%c%c %08llx 00:00 0",
		         (unsigned long long)area.start,
		         (unsigned long long)area.end,
		         area.protection & MM_READ ? 'r' : '-',
		         area.protection & MM_WRITE ? 'w' : '-',
		         area.protection & MM_EXECUTE ? 'x' : '-',
		         area.shared ? 's' : 'p',
		         (unsigned long long)area.offset);
		if (area.name && *area.name) {
			while (!text->failed && text->size - before < 73)
				text_add(text, " ");
			text_add(text, "%s", area.name);
		}
		text_add(text, "\n");
	}
	return 0;
}

static int show_limits(struct text *text, int64_t key)
{
	static const char *const names[16] = {
	        "Max cpu time",          "Max file size",
	        "Max data size",         "Max stack size",
	        "Max core file size",    "Max resident set",
	        "Max processes",         "Max open files",
	        "Max locked memory",     "Max address space",
	        "Max file locks",        "Max pending signals",
	        "Max msgqueue size",     "Max nice priority",
	        "Max realtime priority", "Max realtime timeout",
	};

	(void)key;
	text_add(text, "Limit                     Soft Limit           "
	               "Hard Limit           Units     \n");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		size_t start = text->size;

		text_add(text, "%s", names[i]);
		for (unsigned j = 0; j < 2; j++) {
			while (!text->failed &&
			       text->size - start < 26 + j * 21)
				text_add(text, " ");
			if (process.limits[i][j] == UINT64_MAX)
				text_add(text, "unlimited");
			else
				text_add(text, "%llu",
				         (unsigned long long)
				                 process.limits[i][j]);
		}
		text_add(text, "\n");
	}
	return 0;
}

static int show_cgroup(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "0::/\n");
	return 0;
}

/* Nothing is ever killed for want of memory: taken, and forgotten. */
static int show_oom(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "0\n");
	return 0;
}

static int store_oom(const char *bytes, size_t size, int64_t key)
{
	(void)bytes;
	(void)key;
	return size ? 0 : -EINVAL;
}

/* ------------------------------------------------------------------- links */

static int follow_path(const char *path, struct place *to)
{
	return path ? vfs_walk(AT_FDCWD, path, true, to) : -ENOENT;
}

static int follow_exe(int64_t key, struct place *to)
{
	(void)key;
	return follow_path(process.executable, to);
}

static int show_exe(struct text *text, int64_t key)
{
	(void)key;
	if (!process.executable)
		return -ENOENT;
	text_add(text, "%s", process.executable);
	return 0;
}

static int follow_cwd(int64_t key, struct place *to)
{
	const struct place *current = vfs_current();

	(void)key;
	to->path = string_copy(current->path);
	if (!to->path)
		return -ENOMEM;
	to->inode = inode_hold(current->inode);
	return 0;
}

static int show_cwd(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "%s", vfs_current()->path);
	return 0;
}

static int follow_root(int64_t key, struct place *to)
{
	(void)key;
	return follow_path("/", to);
}

static int show_root(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "/");
	return 0;
}

/* ------------------------------------------------------------- descriptors */

static int64_t next_descriptor(int64_t n)
{
	return n > DESCRIPTORS_MAX ? -1 : descriptor_next((int)n);
}

static int follow_descriptor(int64_t key, struct place *to)
{
	struct file *file = descriptor_file(key);

	if (!file)
		return -ENOENT;
	to->path = string_copy(file->path ? file->path : "");
	if (!to->path)
		return -ENOMEM;
	to->file = file_hold(file);
	if (file->inode)
		to->inode = inode_hold(file->inode);
	return 0;
}

static int show_descriptor(struct text *text, int64_t key)
{
	struct file *file = descriptor_file(key);
	struct linux_stat status = {0};

	if (!file)
		return -ENOENT;
	if (file->path) {
		text_add(text, "%s", file->path);
	} else if (file->ops->status && !file_status(file, &status)) {
		text_add(text, "%s:[%llu]", file->ops->name,
		         (unsigned long long)status.inode);
	} else {
		text_add(text, "anon_inode:[%s]", file->ops->name);
	}
	return 0;
}

static int show_descriptor_info(struct text *text, int64_t key)
{
	struct file *file = descriptor_file(key);

	if (!file)
		return -ENOENT;
	text_add(text, "pos:\t%llu\nflags:\t0%o\nmnt_id:\t20\n",
	         (unsigned long long)file->position, file->flags);
	return 0;
}

static const struct synthetic descriptor_template = {
        .mode = S_IFLNK | 0700,
        .show = show_descriptor,
        .follow = follow_descriptor,
};

static const struct synthetic descriptor_info_template = {
        .mode = S_IFREG | 0444,
        .show = show_descriptor_info,
};

/* ------------------------------------------------------------------- tables */

/* What a task has as the process has it. */
#define ENTRY_FILE(NAME, SHOW)                                                 \
	{                                                                      \
		.name = NAME, .mode = PROC_READ, .show = SHOW                  \
	}
#define ENTRY_LINK(NAME, SHOW, FOLLOW)                                         \
	{                                                                      \
		.name = NAME, .mode = PROC_LINK, .show = SHOW,                 \
		.follow = FOLLOW                                               \
	}
#define COMMON_ENTRIES                                                         \
	ENTRY_FILE("auxv", show_auxv), ENTRY_FILE("cgroup", show_cgroup),      \
	        ENTRY_FILE("cmdline", show_cmdline),                           \
	        {.name = "comm",                                               \
	         .mode = PROC_WRITE,                                           \
	         .show = show_comm,                                            \
	         .store = store_comm},                                         \
	        ENTRY_LINK("cwd", show_cwd, follow_cwd),                       \
	        ENTRY_FILE("environ", show_environ),                           \
	        ENTRY_LINK("exe", show_exe, follow_exe),                       \
	        {.name = "fd",                                                 \
	         .mode = S_IFDIR | 0500,                                       \
	         .next = next_descriptor,                                      \
	         .each = &descriptor_template},                                \
	        {.name = "fdinfo",                                             \
	         .mode = PROC_FOLDER,                                          \
	         .next = next_descriptor,                                      \
	         .each = &descriptor_info_template},                           \
	        ENTRY_FILE("limits", show_limits),                             \
	        ENTRY_FILE("maps", show_maps),                                 \
	        ENTRY_FILE("mountinfo", proc_show_mountinfo),                  \
	        ENTRY_FILE("mounts", proc_show_mounts),                        \
	        {.name = "net",                                                \
	         .mode = PROC_FOLDER,                                          \
	         .entries = proc_net_entries},                                 \
	        ENTRY_FILE("oom_score", show_oom),                             \
	        {.name = "oom_score_adj",                                      \
	         .mode = PROC_WRITE,                                           \
	         .show = show_oom,                                             \
	         .store = store_oom},                                          \
	        ENTRY_LINK("root", show_root, follow_root),                    \
	        ENTRY_FILE("stat", show_stat),                                 \
	        ENTRY_FILE("statm", show_statm),                               \
	        ENTRY_FILE("status", show_status)

static const struct synthetic task_entries[] = {
        COMMON_ENTRIES,
        {0},
};

const struct synthetic proc_task_template = {
        .mode = PROC_FOLDER,
        .entries = task_entries,
};

const struct synthetic proc_process_entries[] = {
        COMMON_ENTRIES,
        {.name = "task",
         .mode = PROC_FOLDER,
         .next = next_task,
         .each = &proc_task_template},
        {0},
};
