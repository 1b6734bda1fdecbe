/* SPDX-License-Identifier: ISC */
/* links: cli/decode.o cli/escape.o cli/names.o */

/* Records in words, and bytes as text. */

#include <string.h>

#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/recovery.h"
#include "cli/decode.h"
#include "cli/escape.h"
#include "tests/unit/test.h"

static struct decode_channels channels;

static int set_channels(void **state)
{
	(void)state;
	decode_channels_default(&channels);
	channels.info[4].protocol = BH_PROTOCOL_RECOVERY;
	strcpy(channels.info[4].name, "recovery");
	channels.info[5].protocol = BH_PROTOCOL_SERVICE;
	channels.info[5].role = BH_ROLE_SERVER;
	strcpy(channels.info[5].name, "store");
	channels.count = 6;
	return 0;
}

static const char *decode(struct bh_record header, const char *payload,
                          enum decode_direction direction)
{
	static char text[512];
	struct batch_record record = {
	        .header = header,
	        .payload = (const uint8_t *)payload,
	        .payload_size = strlen(payload),
	};

	decode_record(text, sizeof(text), &channels, &record, direction, 8);
	return text;
}

static void words_records(void **state)
{
	const struct bh_record write = {.channel = 1, .type = BH_CONSOLE_WRITE};
	const struct bh_record read = {
	        .channel = 1, .type = BH_CONSOLE_READ, .value = {100}};
	const struct bh_record clock = {
	        .channel = 2, .type = BH_CLOCK_GET, .value = {1500000000}};
	const struct bh_record out = {.type = BH_CONTROL_EXIT, .value = {3}};
	const struct bh_record service = {.channel = 5,
	                                  .type = 7,
	                                  .tag = 9,
	                                  .client = 2,
	                                  .value = {0, 4}};
	const struct bh_record failed = {
	        .channel = 1, .type = BH_CONSOLE_WRITE, .status = -BH_EPIPE};
	const struct bh_record wild = {.channel = 77, .type = 66, .tag = 5};

	(void)state;
	assert_string_equal(decode(write, "hi\n", DECODE_SUBMISSION),
	                    "console write 3 bytes \"hi\\n\"");
	assert_string_equal(decode(write, "0123456789", DECODE_SUBMISSION),
	                    "console write 10 bytes \"01234567\" and 2 more");
	assert_string_equal(decode(read, "", DECODE_SUBMISSION),
	                    "console read up to 100 bytes");
	assert_string_equal(decode(read, "", DECODE_COMPLETION),
	                    "console read the end of input");
	assert_string_equal(decode(clock, "", DECODE_COMPLETION),
	                    "clock get 1.500000000 s");
	assert_string_equal(decode(out, "", DECODE_SUBMISSION),
	                    "control exit status 3");
	assert_string_equal(decode(service, "", DECODE_COMPLETION),
	                    "store request type 7 tag 9 from client 2 "
	                    "values 0,4");
	assert_string_equal(decode(service, "x", DECODE_SUBMISSION),
	                    "store reply type 7 tag 9 from client 2 values "
	                    "0,4 1 byte \"x\"");
	assert_string_equal(decode(failed, "", DECODE_COMPLETION),
	                    "console write failed: nobody reads it (-32)");
	assert_string_equal(decode(wild, "", DECODE_SUBMISSION),
	                    "channel 77 type 66 tag 5 0 bytes");
}

static void cuts_long_lines(void **state)
{
	struct batch_record record = {
	        .header = {.channel = 1, .type = BH_CONSOLE_WRITE}};
	char text[12];

	(void)state;
	decode_record(text, sizeof(text), &channels, &record, DECODE_SUBMISSION,
	              8);
	assert_string_equal(text, "console wri");
}

static void walks_batches(void **state)
{
	uint8_t batch[256] = {0};
	struct bh_record a = {.size = 67}, b = {.size = 64};
	struct batch_walk walk = {batch, 72 + 64, 0, false};
	struct batch_record record;

	(void)state;
	memcpy(batch, &a, sizeof(a));
	memcpy(batch + 72, &b, sizeof(b));
	assert_true(batch_next(&walk, &record));
	assert_int_equal(record.payload_size, 3);
	assert_true(batch_next(&walk, &record));
	assert_int_equal(record.offset, 72);
	assert_false(batch_next(&walk, &record));
	assert_false(walk.broken);
}

static void stops_at_impossible_records(void **state)
{
	static const uint32_t sizes[] = {0, 1, 63, 129, UINT32_MAX};
	uint8_t batch[128] = {0};
	struct batch_record record;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct batch_walk walk = {batch, sizeof(batch), 0, false};

		memcpy(batch, &sizes[i], sizeof(sizes[i]));
		assert_false(batch_next(&walk, &record));
		assert_true(walk.broken);
		assert_false(batch_next(&walk, &record));
	}
	struct batch_walk cut = {batch, 63, 0, false};
	assert_false(batch_next(&cut, &record));
	assert_true(cut.broken);
}

static void escapes_every_byte(void **state)
{
	char text[8];

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		uint8_t data = (uint8_t)byte;

		assert_int_equal(escape_bytes(text, sizeof(text), &data, 1), 1);
		for (const char *p = text; *p; p++)
			assert_in_range(*p, 0x20, 0x7e);
	}
	assert_int_equal(escape_bytes(text, 5, "\1\2", 2), 1);
	assert_string_equal(text, "\\x01");
	escape_bytes(text, sizeof(text), "\"\\", 2);
	assert_string_equal(text, "\\\"\\\\");
	escape_text(text, sizeof(text), "\"\\", 2);
	assert_string_equal(text, "\"\\");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_records),
	        cmocka_unit_test(cuts_long_lines),
	        cmocka_unit_test(walks_batches),
	        cmocka_unit_test(stops_at_impossible_records),
	        cmocka_unit_test(escapes_every_byte),
	};

	return cmocka_run_group_tests(tests, set_channels, NULL);
}
