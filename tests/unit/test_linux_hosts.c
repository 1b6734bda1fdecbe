/* SPDX-License-Identifier: ISC */
/* links: guest/linux/net_hosts.o guest/linux/format.o */

/* What becomes of the names that a net device tells, true or not. */

#include "guest/linux/net.h"
#include "guest/linux/vfs.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

static char written[65536];
static size_t written_size;
static int open_result;

/* ------------------------------------------- what lies around net_hosts.c */

bool inet_is_loopback(const struct bh_net_address *address)
{
	return address->bytes[0] == 127;
}

void log_line(const char *format, ...)
{
	(void)format;
}

int vfs_open(int64_t descriptor, const char *path, uint32_t flags,
             uint32_t mode, struct file **file)
{
	(void)descriptor;
	(void)mode;
	assert_string_equal(path, "/etc/hosts");
	assert_true(flags & O_APPEND);
	*file = NULL;
	return open_result;
}

void io_from_kernel(struct io *io, struct io_piece *piece, void *buffer,
                    uint64_t size)
{
	(void)io;
	(void)piece;
	assert_true(size < sizeof(written));
	memcpy(written, buffer, size);
	written[size] = 0;
	written_size = size;
}

int64_t file_write(struct file *file, struct io *io)
{
	(void)file;
	(void)io;
	return (int64_t)written_size;
}

void file_release(struct file *file)
{
	(void)file;
}

/* ------------------------------------------------------------------ cases */

static struct bh_net_name name_of(const char *name, uint8_t family)
{
	struct bh_net_name n = {
	        .address = {.family = family, .bytes = {10, 1, 2, 3}},
	};

	strncpy(n.name, name, sizeof(n.name) - 1);
	return n;
}

/* The file after a device has told COUNT names. */
static const char *hosts(const struct bh_net_name *names, size_t count)
{
	written[0] = 0;
	written_size = 0;
	net_hosts_take((const uint8_t *)names, count * sizeof(*names));
	net_hosts_write();
	return written;
}

static void writes_names(void **state)
{
	struct bh_net_name names[] = {
	        name_of("db.example.org", BH_NET_IPV4),
	        name_of("six", BH_NET_IPV6),
	};

	(void)state;
	names[1].address.bytes[15] = 0xfe;
	assert_string_equal(hosts(names, 2), "10.1.2.3 db.example.org\n"
	                                     "a01:203:0:0:0:0:0:fe six\n");
	/* The newest device's names alone. */
	assert_string_equal(hosts(names, 1), "10.1.2.3 db.example.org\n");
	assert_string_equal(hosts(names, 0), "");
}

static void leaves_out_what_is_no_name(void **state)
{
	struct bh_net_name names[] = {
	        name_of("two words", BH_NET_IPV4),
	        name_of("a\n127.0.0.1", BH_NET_IPV4),
	        name_of("#a", BH_NET_IPV4),
	        name_of("\xc3\xa9", BH_NET_IPV4),
	        name_of("", BH_NET_IPV4),
	        name_of("family", 5),
	        name_of("last", BH_NET_IPV4),
	};

	(void)state;
	assert_string_equal(hosts(names, 7), "10.1.2.3 last\n");
}

static void ends_names_and_lists(void **state)
{
	struct bh_net_name *names = calloc(1, sizeof(*names));

	(void)state;
	/* No zero at the end, and bytes behind the last whole entry. */
	memset(names, 'n', sizeof(*names));
	names->address.family = BH_NET_IPV4;
	assert_int_equal(strlen(hosts(names, 1)), strlen("110.110.110.110 \n") +
	                                                  sizeof(names->name) -
	                                                  1);
	net_hosts_take((const uint8_t *)names, sizeof(*names) - 1);
	written[0] = 0;
	net_hosts_write();
	assert_string_equal(written, "");
	free(names);
}

static void keeps_whole_lines(void **state)
{
	enum { MANY = 1000 };
	struct bh_net_name *names = calloc(MANY, sizeof(*names));

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		names[i] = name_of("", BH_NET_IPV4);
		memset(names[i].name, 'n', sizeof(names[i].name) - 1);
	}
	hosts(names, MANY);
	assert_in_range(written_size, 30000, 32768);
	assert_int_equal(written[written_size - 1], '\n');
	free(names);
}

static void knows_shared_loopback(void **state)
{
	struct bh_net_name names[100] = {0};
	struct bh_net_address any = {
	        .family = BH_NET_IPV4, .port = 80, .bytes = {127, 0, 0, 1}};

	(void)state;
	for (size_t i = 0; i < 100; i++)
		names[i].address =
		        (struct bh_net_address){.family = BH_NET_IPV4,
		                                .port = (uint16_t)(1000 + i),
		                                .bytes = {127, 0, 0, 2}};
	names[0].address = any;
	names[0].address.port = 0;
	assert_string_equal(hosts(names, 100), "");
	assert_true(net_shares_loopback(&any));
	assert_true(net_shares_loopback(&names[1].address));
	any.bytes[3] = 3;
	assert_false(net_shares_loopback(&any));
	/* More than there is room for are the guest's own. */
	assert_false(net_shares_loopback(&names[99].address));
	hosts(names, 0);
	assert_false(net_shares_loopback(&names[1].address));
}

static void lives_without_the_file(void **state)
{
	struct bh_net_name name = name_of("a", BH_NET_IPV4);

	(void)state;
	open_result = -30;
	assert_string_equal(hosts(&name, 1), "");
	open_result = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(writes_names),
	        cmocka_unit_test(leaves_out_what_is_no_name),
	        cmocka_unit_test(ends_names_and_lists),
	        cmocka_unit_test(keeps_whole_lines),
	        cmocka_unit_test(knows_shared_loopback),
	        cmocka_unit_test(lives_without_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
