/* SPDX-License-Identifier: ISC */
/* links: cli/decode.o cli/decode_net.o cli/decode_volume.o cli/escape.o cli/names.o */

/* Records in words, and bytes as text. */

#include <string.h>

#include "abi/protocol/clock.h"
#include "abi/protocol/console.h"
#include "abi/protocol/control.h"
#include "abi/protocol/net.h"
#include "abi/protocol/recovery.h"
#include "abi/protocol/volume.h"
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
	channels.info[6].protocol = BH_PROTOCOL_NET;
	strcpy(channels.info[6].name, "net");
	channels.info[7].protocol = BH_PROTOCOL_VOLUME;
	strcpy(channels.info[7].name, "data");
	channels.count = 8;
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
	const struct bh_record complaint = {.channel = 1,
	                                    .type = BH_CONSOLE_WRITE,
	                                    .value = {BH_CONSOLE_ERROR}};
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
	assert_string_equal(decode(complaint, "hi\n", DECODE_SUBMISSION),
	                    "console write as an error, 3 bytes \"hi\\n\"");
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

/* A turn under construction. */
static uint8_t turn[4096];
static size_t turn_size;

static void put(struct bh_net_item item, const void *data, size_t size)
{
	item.size = (uint32_t)(sizeof(item) + size);
	memcpy(turn + turn_size, &item, sizeof(item));
	memcpy(turn + turn_size + sizeof(item), data, size);
	turn_size += (item.size + 7u) & ~7u;
}

static struct batch_record turn_record(void)
{
	return (struct batch_record){
	        .header = {.channel = 6, .type = BH_NET_TURN, .value = {5}},
	        .payload = turn,
	        .payload_size = turn_size,
	};
}

static const char *decode_turn(enum decode_direction direction)
{
	static char text[1024];
	struct batch_record record = turn_record();

	decode_record(text, sizeof(text), &channels, &record, direction, 8);
	memset(turn, 0, sizeof(turn));
	turn_size = 0;
	return text;
}

static const struct bh_net_address v4 = {
        .family = BH_NET_IPV4, .port = 80, .bytes = {127, 0, 0, 1}};
static const struct bh_net_address v6 = {
        .family = BH_NET_IPV6, .port = 443, .bytes = {[15] = 1}};

static void put_commands(void)
{
	put((struct bh_net_item){.type = BH_NET_LISTEN, .socket = 1,
	                         .value = 128, .local = v4}, "", 0);
	put((struct bh_net_item){.type = BH_NET_CONNECT, .socket = 2,
	                         .address = v6}, "", 0);
	put((struct bh_net_item){.type = BH_NET_SEND,
	                         .socket = BH_NET_ACCEPTED_BIT | 3},
	    "HTTP/1.1\r\n", 10);
	put((struct bh_net_item){.type = BH_NET_CLOSE, .socket = 2,
	                         .value = 1}, "", 0);
}

static void words_commands_of_turns(void **state)
{
	(void)state;
	put_commands();
	assert_string_equal(
	        decode_turn(DECODE_SUBMISSION),
	        "net turn: listen socket 1 at 127.0.0.1:80 backlog 128; "
	        "connect socket 2 to [::1]:443; send connection 3 10 bytes "
	        "\"HTTP/1.1\" and 2 more; close socket 2 with a reset");
	put((struct bh_net_item){.type = BH_NET_OPTION, .socket = 2,
	                         .value = UINT64_C(1) << 32 | 1}, "", 0);
	put((struct bh_net_item){.type = BH_NET_BIND, .socket = 7,
	                         .flags = BH_NET_FLAG_DATAGRAM}, "", 0);
	put((struct bh_net_item){.type = 99, .socket = 8}, "", 0);
	assert_string_equal(decode_turn(DECODE_SUBMISSION),
	                    "net turn: option socket 2 no-delay 1; bind UDP "
	                    "socket 7; type 99 socket 8");
	assert_string_equal(decode_turn(DECODE_SUBMISSION),
	                    "net turn: nothing");
}

static void words_events_of_turns(void **state)
{
	struct bh_net_name names[3] = {
	        {.name = "db"}, {.name = "a\033b"}, {.address = v4}};

	(void)state;
	put((struct bh_net_item){.type = BH_NET_HELLO}, names, sizeof(names));
	put((struct bh_net_item){.type = BH_NET_ACCEPTED, .socket = 1,
	                         .value = BH_NET_ACCEPTED_BIT | 4,
	                         .address = v4, .local = v6}, "", 0);
	put((struct bh_net_item){.type = BH_NET_DATA,
	                         .socket = BH_NET_ACCEPTED_BIT | 4}, "\001", 1);
	put((struct bh_net_item){.type = BH_NET_BROKEN, .socket = 2,
	                         .status = -BH_ECONNRESET}, "", 0);
	put((struct bh_net_item){.type = BH_NET_SENT, .socket = 2,
	                         .value = 1}, "", 0);
	assert_string_equal(
	        decode_turn(DECODE_COMPLETION),
	        "net turn answered: hello db, a\\x1bb, loopback "
	        "127.0.0.1:80; accepted socket 1: "
	        "connection 4 from 127.0.0.1:80 at [::1]:443; data connection "
	        "4 1 byte \"\\x01\"; broken socket 2: Connection reset by "
	        "peer (-104); sent socket 2 1 byte");
}

static void doubts_turns(void **state)
{
	static const uint32_t sizes[] = {0, 1, 63, 65, 1u << 20, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		put((struct bh_net_item){.type = BH_NET_SEND, .socket = 1},
		    "", 0);
		memcpy(turn, &sizes[i], sizeof(sizes[i]));
		assert_string_equal(decode_turn(DECODE_SUBMISSION),
		                    "net turn: the rest is malformed");
	}
	put((struct bh_net_item){.type = BH_NET_SHUTDOWN, .socket = 1}, "", 0);
	turn_size += 5;
	assert_string_equal(decode_turn(DECODE_SUBMISSION),
	                    "net turn: shutdown socket 1; the rest is "
	                    "malformed");
}

static void narrows_turns(void **state)
{
	struct batch_record record, all;

	(void)state;
	put_commands();
	record = all = turn_record();
	decode_net_narrow(&record, 64 + 64 + 70);
	assert_ptr_equal(record.payload, turn + 128);
	assert_int_equal(record.payload_size, 80);
	record = all;
	decode_net_narrow(&record, 0);
	assert_ptr_equal(record.payload, turn);
	assert_int_equal(record.payload_size, 64);
	record = all;
	decode_net_narrow(&record, all.payload_size);
	assert_int_equal(record.payload_size, all.payload_size);
	decode_turn(DECODE_SUBMISSION);
}

static const char *decode_data(struct bh_record header, const void *payload,
                               size_t size, enum decode_direction direction)
{
	static char text[1024];
	struct batch_record record = {
	        .header = header, .payload = payload, .payload_size = size};

	record.header.channel = 7;
	decode_record(text, sizeof(text), &channels, &record, direction, 8);
	return text;
}

static void words_volumes(void **state)
{
	const struct bh_record open = {
	        .type = BH_VOLUME_OPEN,
	        .value = {0, BH_VOLUME_OPEN_WRITE | BH_VOLUME_OPEN_CREATE,
	                  0640}};
	const struct bh_record write = {.type = BH_VOLUME_WRITE,
	                                .value = {UINT64_C(9) << 32 | 3, 4096}};
	const struct bh_record written = {.type = BH_VOLUME_WRITE,
	                                  .value = {5, 4101}};
	const struct bh_record rename = {.type = BH_VOLUME_RENAME};
	const struct bh_record lookup = {.type = BH_VOLUME_LOOKUP,
	                                 .status = -BH_EIO};
	const struct bh_record list = {.type = BH_VOLUME_LIST, .value = {1}};
	const struct bh_volume_attributes attributes = {.size = 77,
	                                                .mode = 0100640};
	struct {
		struct bh_volume_entry entry;
		char name[8];
	} entries[2] = {{{1, 24, 8}, "a"}, {{2, 24, 8}, "1234567"}};

	(void)state;
	assert_string_equal(
	        decode_data(open, "log/a", 5, DECODE_SUBMISSION),
	        "data open \"log/a\" write create mode 0640");
	assert_string_equal(
	        decode_data((struct bh_record){.type = BH_VOLUME_OPEN,
	                                       .value = {UINT64_C(9) << 32 | 3}},
	                    &attributes, sizeof(attributes),
	                    DECODE_COMPLETION),
	        "data open done handle 3, mode 0100640 77 bytes");
	assert_string_equal(decode_data(write, "hello\n", 6, DECODE_SUBMISSION),
	                    "data write handle 3 at 4096 6 bytes \"hello\\n\"");
	assert_string_equal(decode_data(written, "", 0, DECODE_COMPLETION),
	                    "data write done 5 bytes, size 4101");
	assert_string_equal(decode_data(rename, "a\0b", 4, DECODE_SUBMISSION),
	                    "data rename \"a\" to \"b\"");
	assert_string_equal(decode_data(rename, "a", 1, DECODE_SUBMISSION),
	                    "data rename \"a\"");
	assert_string_equal(decode_data(lookup, "", 0, DECODE_COMPLETION),
	                    "data lookup failed: Input/output error (-5)");
	assert_string_equal(decode_data(list, entries, sizeof(entries),
	                                DECODE_COMPLETION),
	                    "data list done \"a\", \"1234567\" and more");
	entries[1].entry.size = 25;
	assert_string_equal(decode_data(list, entries, sizeof(entries),
	                                DECODE_COMPLETION),
	                    "data list done \"a\" the rest is malformed");
	assert_string_equal(decode_data((struct bh_record){.type = 99}, "x", 1,
	                                DECODE_SUBMISSION),
	                    "data type 99 tag 0 1 byte \"x\"");
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
	        cmocka_unit_test(words_commands_of_turns),
	        cmocka_unit_test(words_events_of_turns),
	        cmocka_unit_test(doubts_turns),
	        cmocka_unit_test(narrows_turns),
	        cmocka_unit_test(words_volumes),
	        cmocka_unit_test(cuts_long_lines),
	        cmocka_unit_test(walks_batches),
	        cmocka_unit_test(stops_at_impossible_records),
	        cmocka_unit_test(escapes_every_byte),
	};

	return cmocka_run_group_tests(tests, set_channels, NULL);
}
