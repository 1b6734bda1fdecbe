/* SPDX-License-Identifier: ISC */

/* The first C code of the kernel, and the order in which its modules start
 * (start.h).  Built without the stack protector, whose guard is set here. */

#include "guest/linux/internal.h"
#include "guest/linux/rewrite.h"
#include "guest/start.h"

#define OPTION "bh."

uintptr_t __stack_chk_guard;

const char *boot_option(const char *name)
{
	const char *p = (const char *)(uintptr_t)boot->environment;
	size_t size = strlen(name);

	for (uint32_t i = 0; i < boot->environment_count; i++) {
		if (!strncmp(p, OPTION, sizeof(OPTION) - 1) &&
		    !strncmp(p + sizeof(OPTION) - 1, name, size) &&
		    p[sizeof(OPTION) - 1 + size] == '=')
			return p + sizeof(OPTION) + size;
		p += strlen(p) + 1;
	}
	return NULL;
}

/* In the first task, on its own stack. */
static void __attribute__((noinline)) start_modules(void)
{
	static void (*const starts[])(void) = {
	        file_start, vfs_start, net_start, volume_start,
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (starts[i])
			starts[i]();
	program_start();
}

static void __attribute__((noinline, noreturn))
run(const struct bh_boot_info *info)
{
	memory_start(info);
	channel_start(info);
	clock_start();
	calls_start();
	mm_start();
	rewrite_start();
	task_start(start_modules);
}

void bh_start(const struct bh_boot_info *info)
{
	bh_relocate();
	if (info->magic != BH_BOOT_MAGIC || info->size < sizeof(*info))
		__builtin_trap();
	__stack_chk_guard = info->secret[0] & ~UINT64_C(0xff);
	run(info);
}
