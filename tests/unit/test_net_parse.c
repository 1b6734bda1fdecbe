/* SPDX-License-Identifier: ISC */
/* links: cli/net_parse.o cli/problem.o */
#include "test.h"

#include <string.h>

#include "cli/net.h"

/* What --publish and --connect may say. */

static void publishes(void **state)
{
	static const struct {
		const char *text;
		struct net_publish want;
	} good[] = {
	        {"8080:80", {"0.0.0.0", 8080, 80, false}},
	        {"1:65535/tcp", {"0.0.0.0", 1, 65535, false}},
	        {"53:53/udp", {"0.0.0.0", 53, 53, true}},
	        {"127.0.0.1:8080:80", {"127.0.0.1", 8080, 80, false}},
	        {"[::1]:8080:80/udp", {"::1", 8080, 80, true}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct net_publish p;
		struct problem problem;

		assert_int_equal(
		        net_parse_publish(good[i].text, "x", &p, &problem), 0);
		assert_string_equal(p.host, good[i].want.host);
		assert_int_equal(p.host_port, good[i].want.host_port);
		assert_int_equal(p.guest_port, good[i].want.guest_port);
		assert_int_equal(p.datagram, good[i].want.datagram);
	}
}

static void connects(void **state)
{
	static const struct {
		const char *text;
		struct net_connect want;
	} good[] = {
	        {"db.example.org:5432", {"db.example.org", 5432, false}},
	        {"10.0.0.1:*", {"10.0.0.1", 0, false}},
	        {"[2001:db8::1]:53/udp", {"2001:db8::1", 53, true}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct net_connect c;
		struct problem problem;

		assert_int_equal(
		        net_parse_connect(good[i].text, "x", &c, &problem), 0);
		assert_string_equal(c.host, good[i].want.host);
		assert_int_equal(c.port, good[i].want.port);
		assert_int_equal(c.datagram, good[i].want.datagram);
	}
}

static void refuses_publish(const char *text)
{
	struct net_publish p;
	struct problem problem = {""};

	assert_int_equal(net_parse_publish(text, "--publish", &p, &problem),
	                 -1);
	assert_memory_equal(problem.text, "--publish: ", 11);
}

static void refuses_connect(const char *text)
{
	struct net_connect c;
	struct problem problem = {""};

	assert_int_equal(net_parse_connect(text, "--connect", &c, &problem),
	                 -1);
	assert_memory_equal(problem.text, "--connect: ", 11);
}

static void refuses(void **state)
{
	static const char *const publish[] = {
	        "",         "80",         ":80",       "80:",
	        "0:80",     "80:0",       "65536:80",  "80:65536",
	        "-1:80",    " 80:80",     "80:80 ",    "80:*",
	        "80:80/",   "80:80/sctp", "::1:80:80", "[::1:80:80",
	        "[]:80:80", "a b:80:80",  "000080:80", "80:80/udp/tcp",
	};
	static const char *const connect[] = {
	        "",       "host",    "host:",  ":80",    "host:0",
	        "*:80/x", "host:**", "::1:80", "a/b:80", "[host]x:80",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(publish) / sizeof(*publish); i++)
		refuses_publish(publish[i]);
	for (size_t i = 0; i < sizeof(connect) / sizeof(*connect); i++)
		refuses_connect(connect[i]);
	/* Longer than a host, and than any of them. */
	for (size_t length = 100; length < 1000; length += 100) {
		memset(text, 'h', length);
		strcpy(text + length, ":1:1");
		refuses_publish(text);
		if (length >= sizeof(((struct net_connect *)0)->host))
			refuses_connect(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(publishes),
	        cmocka_unit_test(connects),
	        cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
