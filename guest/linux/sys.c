/* SPDX-License-Identifier: ISC */
#include "guest/linux/synthetic.h"

/* /sys: the little that libraries look for.  One CPU, on all machines. */

#define SYSFS_MAGIC 0x62656572u
#define FOLDER      (S_IFDIR | 0555)
#define FILE_READ   (S_IFREG | 0444)

static int show_cpu(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "0\n");
	return 0;
}

static int show_never(struct text *text, int64_t key)
{
	(void)key;
	text_add(text, "always madvise [never]\n");
	return 0;
}

static const struct synthetic cpu[] = {
        {.name = "online", .mode = FILE_READ, .show = show_cpu},
        {.name = "possible", .mode = FILE_READ, .show = show_cpu},
        {.name = "present", .mode = FILE_READ, .show = show_cpu},
        {0},
};

static const struct synthetic system_folder[] = {
        {.name = "cpu", .mode = FOLDER, .entries = cpu},
        {0},
};

static const struct synthetic devices[] = {
        {.name = "system", .mode = FOLDER, .entries = system_folder},
        {0},
};

static const struct synthetic huge_pages[] = {
        {.name = "defrag", .mode = FILE_READ, .show = show_never},
        {.name = "enabled", .mode = FILE_READ, .show = show_never},
        {0},
};

static const struct synthetic mm[] = {
        {.name = "transparent_hugepage", .mode = FOLDER, .entries = huge_pages},
        {0},
};

static const struct synthetic kernel[] = {
        {.name = "mm", .mode = FOLDER, .entries = mm},
        {0},
};

/* Control groups mount here; there are none. */
static const struct synthetic fs[] = {{0}};

static const struct synthetic root_entries[] = {
        {.name = "devices", .mode = FOLDER, .entries = devices},
        {.name = "fs", .mode = FOLDER, .entries = fs},
        {.name = "kernel", .mode = FOLDER, .entries = kernel},
        {0},
};

static const struct synthetic root = {
        .mode = FOLDER,
        .entries = root_entries,
};

struct file_system *sys_create(void)
{
	return synthetic_create("sysfs", SYSFS_MAGIC, &root);
}
