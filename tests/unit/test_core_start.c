/* SPDX-License-Identifier: ISC */
/* links: core/start.o core/boot.o lib/random.o */

/*
 * Reading the start block, where every field that is wrong is named, and
 * writing the boot information from it.
 */

#define _GNU_SOURCE
#include "core_stub.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREA_SIZE (BH_AREA_SUBMISSION + 4096u + 8192u)
#define STRINGS   "guest\0one\0two words\0NAME=value"

static const struct core_ops ops = {
        .name = "test",
        .isas = 1u << BH_ISA_X86_64 | 1u << BH_ISA_RISCV64,
};

struct block {
	struct bh_core_start start;
	char strings[sizeof(STRINGS)];
};

static struct block good_block(void)
{
	struct block b = {
	        .start = {.magic = BH_CORE_MAGIC,
	                  .version = BH_ABI_VERSION,
	                  .size = sizeof(b.start),
	                  .isa = BH_ISA_RISCV64,
	                  .submission_size = 4096,
	                  .completion_size = 8192,
	                  .stack_size = 4 * BH_PAGE_SIZE,
	                  .heap_size = 0,
	                  .seed = {1, 2, 3, 4},
	                  .argument_count = 3,
	                  .environment_count = 1,
	                  .strings_size = sizeof(STRINGS),
	                  .channel_count = 2,
	                  .channels = {{BH_PROTOCOL_CONTROL, 0, 1, "control"},
	                               {BH_PROTOCOL_CONSOLE, 0, 9, "console"}}},
	        .strings = STRINGS,
	};

	return b;
}

static void give(const struct block *block, size_t size)
{
	int fd = memfd_create("start", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, block, size), size);
	if (fd != BH_CORE_FD_START) {
		dup2(fd, BH_CORE_FD_START);
		close(fd);
	}
}

static void read_start(struct core *core, const struct block *block,
                       size_t size)
{
	*core = (struct core){.ops = &ops, .area_size = AREA_SIZE};
	give(block, size);
	core_read_start(core);
}

static void reads_a_good_block(void **state)
{
	struct block b = good_block();
	struct core core;

	(void)state;
	read_start(&core, &b, sizeof(b));
	assert_memory_equal(&core.start, &b.start, sizeof(b.start));
	assert_memory_equal(core.strings, STRINGS, sizeof(STRINGS));
}

/* One field of the good block and what is said when it has this value. */
struct fault {
	size_t at, size;
	uint64_t value;
	const char *text;
};

#define FIELD(m) offsetof(struct block, m), sizeof(((struct block *)0)->m)

static const struct fault faults[] = {
        {FIELD(start.magic), 7, "magic is 0x7"},
        {FIELD(start.version), 0x20001, "version 2.1, this core has 1"},
        {FIELD(start.size), 8, "size is 8"},
        {FIELD(start.flags), 0x80, "unknown flags 0x80"},
        {FIELD(start.isa), BH_ISA_AARCH64, "core test cannot run"},
        {FIELD(start.isa), BH_ISA_NONE, "core test cannot run"},
        {FIELD(start.isa), 1000, "core test cannot run"},
        {FIELD(start.submission_size), 2048, "submission buffer of 2048"},
        {FIELD(start.submission_size), 4097, "submission buffer of 4097"},
        {FIELD(start.submission_size), 8192, "its buffers need 20480"},
        {FIELD(start.completion_size), 1u << 25, "completion buffer of 3355"},
        {FIELD(start.completion_size), 0, "completion buffer of 0"},
        {FIELD(start.stack_size), 0, "stack of 0 bytes"},
        {FIELD(start.stack_size), 4095, "stack of 4095 bytes"},
        {FIELD(start.stack_size), 0xfffff000, "stack of 4294963200"},
        {FIELD(start.heap_size), 1, "memory of 1 bytes"},
        {FIELD(start.heap_size), UINT64_MAX - 4095, "up to 128 GiB"},
        {FIELD(start.channel_count), 0, "0 channels"},
        {FIELD(start.channel_count), BH_MAX_CHANNELS + 1, "33 channels"},
        {FIELD(start.channels[0].protocol), 1, "channel 0 speaks protocol 1"},
        {FIELD(start.strings_size), BH_CORE_STRINGS_MAX + 1, "65537 bytes"},
        {FIELD(start.strings_size), sizeof(STRINGS) - 1, "does not end"},
        {FIELD(start.strings_size), 4, "does not end"},
        {FIELD(start.argument_count), 4, "4 strings, announced were 4"},
        {FIELD(start.argument_count), UINT32_MAX, "announced were 4294967295"},
        {FIELD(start.environment_count), 0, "4 strings, announced were 3"},
};

static void refuses_bad_blocks(void **state)
{
	static volatile size_t i;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *f = &faults[i];
		struct block b = good_block();
		struct core core;

		memcpy((uint8_t *)&b + f->at, &f->value, f->size);
		if (CORE_STUB_EXPECT()) {
			read_start(&core, &b, sizeof(b));
			fail_msg("case %zu was accepted", i);
		}
		if (!strstr(core_stub_message, faults[i].text))
			fail_msg("case %zu: \"%s\"", i, core_stub_message);
	}
}

static void refuses_endless_names(void **state)
{
	struct block b = good_block();
	struct core core;

	(void)state;
	memset(b.start.channels[1].name, 'x', BH_NAME_SIZE);
	if (CORE_STUB_EXPECT()) {
		read_start(&core, &b, sizeof(b));
		fail_msg("a name without an end was accepted");
	}
	assert_non_null(strstr(core_stub_message, "name of channel 1"));
}

static void refuses_short_blocks(void **state)
{
	static const struct block b;
	static volatile size_t size;

	(void)state;
	for (size = 0; size < sizeof(b.start); size += 97) {
		if (CORE_STUB_EXPECT()) {
			struct core core;

			read_start(&core, &b, size);
			fail_msg("%zu bytes were accepted", size);
		}
		assert_non_null(strstr(core_stub_message, "ends after"));
	}
}

static void writes_boot_information(void **state)
{
	static uint8_t pages[2 * BH_PAGE_SIZE]
	        __attribute__((aligned(BH_PAGE_SIZE)));
	const struct bh_boot_info *info = (const void *)pages;
	const struct bh_channel_info *channels;
	struct block b = good_block();
	struct core core;

	(void)state;
	read_start(&core, &b, sizeof(b));
	core.boot_info = (uint64_t)(uintptr_t)pages;
	core.hypercall = 0x1234000;
	assert_int_equal(core_boot_size(&core), BH_PAGE_SIZE);
	core_write_boot(&core);

	assert_int_equal(info->magic, BH_BOOT_MAGIC);
	assert_int_equal(info->size, sizeof(*info));
	assert_int_equal(info->isa, BH_ISA_RISCV64);
	assert_int_equal(info->hypercall, 0x1234000);
	assert_int_equal(info->argument_count, 3);
	assert_memory_equal((const char *)(uintptr_t)info->arguments,
	                    "guest\0one\0two words", 20);
	assert_string_equal((const char *)(uintptr_t)info->environment,
	                    "NAME=value");
	assert_int_equal(info->channel_size, sizeof(*channels));
	channels = (const void *)(uintptr_t)info->channels;
	assert_string_equal(channels[1].name, "console");
	assert_int_equal(channels[1].credit, 9);
	assert_int_not_equal(info->secret[0], info->secret[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(reads_a_good_block),
	        cmocka_unit_test(refuses_bad_blocks),
	        cmocka_unit_test(refuses_endless_names),
	        cmocka_unit_test(refuses_short_blocks),
	        cmocka_unit_test(writes_boot_information),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
