/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include "test.h"

#include <string.h>

#include "abi/protocol/service.h"
#include "fake_cell.h"

static struct cell cell;
static struct bh_cell good;

#define DOMAIN (cell.config.domains[0])

static int begin(void **state)
{
	(void)state;
	memset(&cell, 0, sizeof(cell));
	fake_begin(&cell);
	fake_domain(&cell, 2, 0);
	fake_domain(&cell, 1, BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART);
	fake_connect(&cell, 0, 1, 16);
	for (uint32_t d = 0; d < 2; d++)
		for (uint32_t v = 0; v < BH_MAX_VARIANTS; v++)
			cell.config.domains[d].variants[v] =
			        (struct bh_cell_variant){.area_fd = 20,
			                                 .doorbell_fd = 20,
			                                 .wake_fd = -1};
	good = cell.config;
	return 0;
}

static bool is_good(void)
{
	const char *problem = NULL;
	int r = config_check(&cell.config, &problem);

	/* There is always a line to show. */
	assert_true(r == 0 || (problem && *problem));
	return r == 0;
}

/* One field with one wrong value; then everything is as before. */
#define BAD(field, wrong)                                                      \
	do {                                                                   \
		cell.config.field = (wrong);                                   \
		assert_false(is_good());                                       \
		cell.config = good;                                            \
		assert_true(is_good());                                        \
	} while (0)

#define GOOD(field, right)                                                     \
	do {                                                                   \
		cell.config.field = (right);                                   \
		assert_true(is_good());                                        \
		cell.config = good;                                            \
	} while (0)

static void head_of_the_cell(void **state)
{
	(void)state;
	assert_true(is_good());
	BAD(magic, 0);
	BAD(version, BH_ABI_VERSION + 0x10000);
	GOOD(version, BH_ABI_VERSION + 1);
	BAD(size, sizeof(struct bh_cell) - 1);
	BAD(flags, 8);
	BAD(reserved, 1);
	BAD(domain_count, 0);
	BAD(domain_count, BH_MAX_DOMAINS + 1);
	BAD(domain_count, UINT32_MAX);
	BAD(connection_count, BH_MAX_CONNECTIONS + 1);
	BAD(connection_count, UINT32_MAX);
}

static void fields_of_a_domain(void **state)
{
	(void)state;
	BAD(domains[0].name[0], 0);
	memset(DOMAIN.name, 'x', BH_NAME_SIZE);
	assert_false(is_good());
	cell.config = good;
	BAD(domains[0].flags, 16);
	BAD(domains[0].response, 5);
	BAD(domains[0].variant_count, 0);
	BAD(domains[0].variant_count, BH_MAX_VARIANTS + 1);
	GOOD(domains[0].variant_count, BH_MAX_VARIANTS);
	BAD(domains[1].name[0], 0);
}

static void responses(void **state)
{
	(void)state;
	GOOD(domains[0].response, BH_RESPONSE_REPORT);
	BAD(domains[0].restart_limit, 1);
	BAD(domains[0].restart_window, 1);
	/* A limit is part of those that restart, */
	BAD(domains[0].response, BH_RESPONSE_RESTART);
	DOMAIN.response = BH_RESPONSE_RESTART;
	DOMAIN.restart_window = 1;
	assert_false(is_good());
	DOMAIN.restart_limit = BH_RESTART_LIMIT_MAX + 1;
	assert_false(is_good());
	DOMAIN.restart_limit = BH_RESTART_LIMIT_MAX;
	assert_true(is_good());
	/* and two cannot vote. */
	DOMAIN.response = BH_RESPONSE_VOTE_RESTART;
	assert_false(is_good());
	DOMAIN.variant_count = 3;
	assert_true(is_good());
	DOMAIN.response = BH_RESPONSE_VOTE;
	assert_false(is_good());
	DOMAIN.restart_limit = 0;
	DOMAIN.restart_window = 0;
	assert_true(is_good());
	/* A past is for those that vote. */
	DOMAIN.past_mib = BH_PAST_MIB_MAX;
	assert_true(is_good());
	DOMAIN.past_mib++;
	assert_false(is_good());
	cell.config = good;
	BAD(domains[0].past_mib, 1);
}

static void sizes_of_buffers(void **state)
{
	(void)state;
	BAD(domains[0].submission_size, 0);
	BAD(domains[0].submission_size, 2048);
	BAD(domains[0].submission_size, 4097);
	BAD(domains[0].submission_size, 8192);
	BAD(domains[0].completion_size, 0);
	BAD(domains[0].completion_size, 12288);
	BAD(domains[0].completion_size, 2 * BH_AREA_BUFFER_MAX);
	GOOD(domains[0].completion_size, BH_AREA_BUFFER_MAX);
}

static void descriptors(void **state)
{
	const int32_t wrong[] = {-2, 0, 1, 3, 4, 7, 1024, INT32_MAX, INT32_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		BAD(domains[0].variants[1].area_fd, wrong[i]);
		BAD(domains[0].variants[0].doorbell_fd, wrong[i]);
		BAD(domains[0].input_fd, wrong[i]);
		BAD(domains[0].output_fd[0], wrong[i]);
		BAD(domains[0].output_fd[1], wrong[i]);
	}
	BAD(domains[0].variants[0].area_fd, -1);
	BAD(domains[0].variants[0].doorbell_fd, -1);
	GOOD(domains[0].input_fd, -1);
	GOOD(domains[0].input_fd, 8);
	GOOD(domains[0].output_fd[0], 1023);
	GOOD(domains[0].output_fd[1], 1023);
}

static void channel_tables(void **state)
{
	(void)state;
	BAD(domains[0].channel_count, 0);
	BAD(domains[0].channel_count, BH_MAX_CHANNELS + 1);
	BAD(domains[0].channel_count, UINT32_MAX);
	BAD(domains[0].channels[0].protocol, BH_PROTOCOL_CONSOLE);
	BAD(domains[0].channels[1].protocol, BH_PROTOCOL_CONTROL);
	BAD(domains[0].channels[1].protocol, BH_PROTOCOL_VOLUME + 1);
	BAD(domains[0].channels[1].protocol, UINT16_MAX);
	BAD(domains[0].channels[1].role, BH_ROLE_SERVER);
	BAD(domains[0].channels[1].name[0], 0);
	BAD(domains[0].channels[FAKE_SERVICE].role, 2);
	BAD(domains[0].channels[FAKE_SERVICE].credit, 0);
	BAD(domains[0].channels[FAKE_SERVICE].credit,
	    BH_SERVICE_CREDIT_MAX + 1);
}

static void connections(void **state)
{
	(void)state;
	BAD(connection_count, 0);
	BAD(connections[0].client_domain, 2);
	BAD(connections[0].client_domain, UINT16_MAX);
	BAD(connections[0].client_domain, 1);
	BAD(connections[0].server_domain, 0);
	BAD(connections[0].server_domain, UINT16_MAX);
	BAD(connections[0].client_channel, FAKE_CONSOLE);
	BAD(connections[0].client_channel, UINT16_MAX);
	BAD(connections[0].server_channel, FAKE_SERVICE + 1);
	BAD(connections[0].server_channel, 33);
	BAD(domains[0].channels[FAKE_SERVICE].credit, 8);
	/* The same ends twice. */
	cell.config.connections[1] = cell.config.connections[0];
	BAD(connection_count, 2);
}

static void devices(void **state)
{
	struct bh_cell_domain *device = &cell.config.domains[1];

	(void)state;
	/* A wake descriptor is a device's, and only its. */
	BAD(domains[1].variants[0].wake_fd, 21);
	BAD(domains[1].variants[0].core, BH_CORE_DEVICE);
	BAD(domains[1].variants[0].reserved, 1);
	BAD(domains[1].flags, BH_DOMAIN_DEVICE);
	device->flags = BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART |
	                BH_DOMAIN_DEVICE;
	device->variants[0].core = BH_CORE_DEVICE;
	assert_false(is_good());
	device->variants[0].wake_fd = 21;
	assert_true(is_good());
	good = cell.config;
	BAD(domains[1].variants[0].wake_fd, 7);
	BAD(domains[1].variants[0].core, BH_CORE_NATIVE);
	BAD(domains[1].variant_count, 2);
}

static void buffers_of_device_channels(void **state)
{
	const uint32_t small = 256u << 10, large = 512u << 10;

	(void)state;
	for (uint16_t p = BH_PROTOCOL_NET; p <= BH_PROTOCOL_VOLUME; p++) {
		begin(NULL);
		cell.config.domains[0].channels[FAKE_SERVICE].protocol = p;
		assert_false(is_good());
		cell.config.domains[1].channels[FAKE_SERVICE].protocol = p;
		assert_false(is_good());
		for (uint32_t d = 0; d < 2; d++)
			cell.config.domains[d].submission_size =
			        cell.config.domains[d].completion_size = large;
		assert_true(is_good());
		good = cell.config;
		BAD(domains[0].submission_size, small);
		BAD(domains[1].submission_size, small);
		cell.config.domains[1].submission_size = small;
		cell.config.domains[1].completion_size = small;
		assert_false(is_good());
	}
}

static void nobody_is_his_own_server(void **state)
{
	(void)state;
	begin(NULL);
	cell.config.connection_count = 0;
	cell.config.domains[0].channel_count = FAKE_SERVICE;
	cell.config.domains[1].channel_count = FAKE_SERVICE;
	assert_true(is_good());
	fake_connect(&cell, 0, 0, 4);
	assert_false(is_good());
}

static void area_must_be_sealed_and_whole(void **state)
{
	const char *problem;

	(void)state;
	assert_int_equal(fake_create(&cell), 0);
	fake_destroy(&cell);
	begin(NULL);
	/* Descriptor 0 to 2 duplicated high: no sealed memfd. */
	assert_true(cell_create(&cell, &problem) < 0);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(head_of_the_cell),
	        TEST(fields_of_a_domain),
	        TEST(responses),
	        TEST(sizes_of_buffers),
	        TEST(descriptors),
	        TEST(channel_tables),
	        TEST(connections),
	        TEST(devices),
	        TEST(buffers_of_device_channels),
	        TEST(nobody_is_his_own_server),
	        TEST(area_must_be_sealed_and_whole),
	};

	return cmocka_run_group_tests_name("exo/config", tests, NULL, NULL);
}
