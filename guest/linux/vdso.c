/* SPDX-License-Identifier: ISC */
#include "guest/linux/areas.h"
#include "guest/linux/clock.h"
#include "guest/linux/start.h"
#include "guest/vdso/vdso.h"

/* The file that guest/vdso is linked to (linux.mk), a multiple of a page. */
__asm__(".section .rodata\n"
        ".balign 8\n"
        ".globl vdso_file, vdso_file_end\n"
        ".hidden vdso_file, vdso_file_end\n"
        "vdso_file: .incbin \"" LINUX_VDSO "\"\n"
        "vdso_file_end:\n"
        ".previous\n");
extern const uint8_t vdso_file[] __attribute__((visibility("hidden")));
extern const uint8_t vdso_file_end[] __attribute__((visibility("hidden")));

uint64_t vdso_map(void)
{
	size_t size = (size_t)(vdso_file_end - vdso_file);
	uint64_t address = mm_place(size + PAGE_SIZE);

	if (!address ||
	    mm_map_named(address, size, MM_READ | MM_EXECUTE, "[vdso]") < 0 ||
	    mm_map_named(address + size, PAGE_SIZE, MM_READ | MM_WRITE,
	                 "[vvar]") < 0 ||
	    mm_poke(address, vdso_file, size))
		panic("no memory for the clocks");
	clock_publish(address + size);
	return address;
}
