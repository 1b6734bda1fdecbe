/* SPDX-License-Identifier: ISC */

/*
 * The first C code of a guest: relocates the image, sets the stack
 * protector's guard, calls main.  Built without the stack protector, since the
 * guard changes while bh_start() runs.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/internal.h"

extern void (*const init_begin[])(void) __asm__("__init_array_start")
        __attribute__((visibility("hidden")));
extern void (*const init_end[])(void) __asm__("__init_array_end")
        __attribute__((visibility("hidden")));

uintptr_t __stack_chk_guard;

/*
 * Copies COUNT strings that lie back to back to the heap, since C lets a
 * program write to them, and returns a table of them that ends with NULL.
 */
static char **copy_strings(uint64_t address, uint32_t count)
{
	const char *from = (const char *)address;
	size_t size = 0;
	char **table, *to;

	for (uint32_t i = 0; i < count; i++)
		size += strlen(from + size) + 1;
	table = malloc((count + 1) * sizeof(*table) + size);
	if (!table)
		bh_abort(BH_ABORT_BOOT, "no memory for the arguments");
	to = (char *)(table + count + 1);
	if (size)
		memcpy(to, from, size);
	for (uint32_t i = 0; i < count; i++) {
		table[i] = to;
		to += strlen(to) + 1;
	}
	table[count] = NULL;
	return table;
}

__attribute__((noinline, noreturn))
static void run(const struct bh_boot_info *boot)
{
	char **arguments;

	bh_exchange_init(boot);
	bh_heap_init(boot);
	arguments = copy_strings(boot->arguments, boot->argument_count);
	environ = copy_strings(boot->environment, boot->environment_count);
	for (size_t i = 0; i < (size_t)(init_end - init_begin); i++)
		init_begin[i]();
	exit(main((int)boot->argument_count, arguments, environ));
}

void bh_start(const struct bh_boot_info *boot)
{
	bh_relocate();
	/* Without these there is nobody to complain to. */
	if (boot->magic != BH_BOOT_MAGIC || boot->size < sizeof(*boot))
		__builtin_trap();
	/*
	 * The byte of the guard that lies lowest is zero, so that no string
	 * function reads it out or writes it.
	 */
	__stack_chk_guard = boot->secret[0] & ~UINT64_C(0xff);
	run(boot);
}
