/* SPDX-License-Identifier: ISC */
#include "guest/linux/proc.h"

#include "guest/linux/task.h"

#define PROC_MAGIC 0x9fa0u

static int show_self(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "%d", PROCESS_ID);
	return 0;
}

static int show_thread_self(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "%d/task/%d", PROCESS_ID, task_current->id);
	return 0;
}

static int show_mounts_link(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "self/mounts");
	return 0;
}

static int show_net_link(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "self/net");
	return 0;
}

static const struct synthetic root_entries[] = {
        {.name = "cpuinfo", .mode = PROC_READ, .show = proc_show_cpuinfo},
        {.name = "filesystems",
         .mode = PROC_READ,
         .show = proc_show_filesystems},
        {.name = "loadavg", .mode = PROC_READ, .show = proc_show_loadavg},
        {.name = "meminfo", .mode = PROC_READ, .show = proc_show_meminfo},
        {.name = "mounts", .mode = PROC_LINK, .show = show_mounts_link},
        {.name = "net", .mode = PROC_LINK, .show = show_net_link},
        {.name = "self", .mode = PROC_LINK, .show = show_self},
        {.name = "stat", .mode = PROC_READ, .show = proc_show_stat},
        {.name = "sys", .mode = PROC_FOLDER, .entries = proc_sys_entries},
        {.name = "thread-self", .mode = PROC_LINK, .show = show_thread_self},
        {.name = "uptime", .mode = PROC_READ, .show = proc_show_uptime},
        {.name = "version", .mode = PROC_READ, .show = proc_show_version},
        {0},
};

static const struct synthetic process_template = {
        .mode = PROC_FOLDER,
        .entries = proc_process_entries,
};

static const struct synthetic root = {
        .mode = PROC_FOLDER,
        .entries = root_entries,
        .next = proc_next_process,
        .each = &process_template,
};

struct file_system *proc_create(void)
{
	return synthetic_create("proc", PROC_MAGIC, &root);
}
