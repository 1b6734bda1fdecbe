/* SPDX-License-Identifier: ISC */
/* links: exo/recovery.o exo/memory.o */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "abi/base.h"
#include "exo/recovery.h"

static struct recovery fresh(uint64_t size)
{
	struct recovery log;

	assert_int_equal(recovery_create(&log, size), 0);
	return log;
}

static void append(struct recovery *log, uint8_t value, uint32_t size)
{
	uint8_t payload[4096];

	memset(payload, value, size);
	assert_int_equal(recovery_append(log, payload, size), 0);
}

static void check(struct recovery *log, uint64_t number, uint8_t value,
                  uint32_t size)
{
	const void *payload;
	uint32_t got;

	assert_int_equal(recovery_read(log, number, &payload, &got), 0);
	assert_int_equal(got, size);
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(((const uint8_t *)payload)[i], value);
}

static int read_status(struct recovery *log, uint64_t number)
{
	const void *payload;
	uint32_t size;

	return recovery_read(log, number, &payload, &size);
}

static void no_memory_holds_nothing(void **state)
{
	struct recovery log = fresh(0);

	(void)state;
	assert_int_equal(recovery_free(&log), 0);
	assert_int_equal(recovery_append(&log, "x", 1), -BH_ENOSPC);
	assert_int_equal(recovery_replace(&log, "x", 1), -BH_ENOSPC);
	assert_int_equal(recovery_replace(&log, NULL, 0), 0);
	assert_int_equal(read_status(&log, 0), -BH_ENOENT);
}

static void reads_back_in_any_order(void **state)
{
	struct recovery log = fresh(65536);

	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		append(&log, (uint8_t)i, i + 1);
	for (uint32_t i = 0; i < 50; i++)
		check(&log, i, (uint8_t)i, i + 1);
	for (uint32_t i = 50; i-- > 0;)
		check(&log, i, (uint8_t)i, i + 1);
	srand(2);
	for (int i = 0; i < 1000; i++) {
		uint32_t number = (uint32_t)rand() % 50;

		check(&log, number, (uint8_t)number, number + 1);
	}
	assert_int_equal(read_status(&log, 50), -BH_ENOENT);
	assert_int_equal(read_status(&log, UINT64_MAX), -BH_ENOENT);
}

static void free_is_exact(void **state)
{
	uint8_t payload[1024] = {0};

	(void)state;
	for (uint64_t size = 0; size < 300; size++) {
		struct recovery log = fresh(size);

		while (recovery_free(&log)) {
			uint64_t room = recovery_free(&log);

			assert_int_equal(recovery_append(&log, payload,
			                                 (uint32_t)room + 1),
			                 -BH_ENOSPC);
			assert_int_equal(recovery_append(&log, payload, 1), 0);
			assert_true(log.used <= size);
		}
		assert_int_equal(recovery_append(&log, payload, 1), -BH_ENOSPC);
	}
}

static void full_log_changes_nothing(void **state)
{
	struct recovery log = fresh(256);

	(void)state;
	append(&log, 1, 100);
	append(&log, 2, 100);
	assert_int_equal(recovery_append(&log, "xxxxxxxxxxxxxxxxxxxxxxxxxxx",
	                                 100), -BH_ENOSPC);
	assert_int_equal(log.count, 2);
	check(&log, 0, 1, 100);
	check(&log, 1, 2, 100);
}

static void replace_is_one_step(void **state)
{
	struct recovery log = fresh(256);
	uint8_t payload[300];

	(void)state;
	memset(payload, 9, sizeof(payload));
	append(&log, 1, 50);
	append(&log, 2, 50);
	check(&log, 1, 2, 50);
	assert_int_equal(recovery_replace(&log, payload, 249), -BH_ENOSPC);
	assert_int_equal(log.count, 2);
	check(&log, 0, 1, 50);
	assert_int_equal(recovery_replace(&log, payload, 248), 0);
	assert_int_equal(log.count, 1);
	check(&log, 0, 9, 248);
	assert_int_equal(recovery_free(&log), 0);
	assert_int_equal(recovery_replace(&log, NULL, 0), 0);
	assert_int_equal(log.count, 0);
	assert_int_equal(read_status(&log, 0), -BH_ENOENT);
	append(&log, 3, 10);
	check(&log, 0, 3, 10);
}

/* Whatever byte of an entry changes: an error, and never a byte from
 * elsewhere. */
static void every_corrupted_byte_is_noticed(void **state)
{
	(void)state;
	for (uint64_t byte = 0; byte < 40; byte++)
		for (int bit = 0; bit < 8; bit++) {
			struct recovery log = fresh(4096);

			append(&log, 5, 32);
			append(&log, 6, 32);
			log.bytes[40 + byte] ^= (uint8_t)(1 << bit);
			check(&log, 0, 5, 32);
			assert_int_equal(read_status(&log, 1), -BH_EIO);
		}
}

static void corrupted_length_ends_the_walk(void **state)
{
	const uint32_t lengths[] = {0x7fffffff, UINT32_MAX, 4096, 57, 41};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct recovery log = fresh(4096);

		append(&log, 5, 32);
		append(&log, 6, 8);
		memcpy(log.bytes, &lengths[i], 4);
		assert_int_equal(read_status(&log, 1), -BH_EIO);
		assert_int_equal(read_status(&log, 0), -BH_EIO);
	}
}

/* RFC 3720, B.4. */
static void checksum_is_crc32c(void **state)
{
	static const struct { uint8_t fill; uint8_t step; uint32_t crc; } known[] = {
	        {0x00, 0, 0x8a9136aa}, {0xff, 0, 0x62a8ab43},
	        {0x00, 1, 0x46dd794e}, {0x1f, 255, 0x113fdb5c},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct recovery log = fresh(4096);
		uint8_t payload[32];
		uint32_t crc;

		for (int j = 0; j < 32; j++)
			payload[j] = (uint8_t)(known[i].fill +
			                       j * known[i].step);
		assert_int_equal(recovery_append(&log, payload, 32), 0);
		memcpy(&crc, log.bytes + 4, 4);
		assert_int_equal(crc, known[i].crc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_memory_holds_nothing),
	        cmocka_unit_test(reads_back_in_any_order),
	        cmocka_unit_test(free_is_exact),
	        cmocka_unit_test(full_log_changes_nothing),
	        cmocka_unit_test(replace_is_one_step),
	        cmocka_unit_test(every_corrupted_byte_is_noticed),
	        cmocka_unit_test(corrupted_length_ends_the_walk),
	        cmocka_unit_test(checksum_is_crc32c),
	};

	return cmocka_run_group_tests_name("exo/recovery", tests, NULL, NULL);
}
