/* SPDX-License-Identifier: ISC */
/* links: @exo */
#include <stdlib.h>
#include <string.h>

#include "abi/protocol/service.h"
#include "tests/unit/fake_cell.h"

/*
 * Arbitrary changes to a good description of a cell: what config_check()
 * accepts must be within every limit that exo's arrays have, and must be
 * possible to create.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cell cell;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_limits(const struct bh_cell *config)
{
	require(config->domain_count <= BH_MAX_DOMAINS);
	require(config->connection_count <= BH_MAX_CONNECTIONS);
	for (uint32_t d = 0; d < config->domain_count; d++) {
		const struct bh_cell_domain *domain = &config->domains[d];

		require(domain->variant_count <= BH_MAX_VARIANTS);
		require(domain->channel_count <= BH_MAX_CHANNELS);
		require(domain->submission_size <= domain->completion_size);
		require(domain->completion_size <= BH_AREA_BUFFER_MAX);
		for (uint32_t c = 0; c < domain->channel_count; c++)
			require(domain->channels[c].protocol <
			                BH_PROTOCOL_SERVICE ||
			        domain->channels[c].credit <=
			                BH_SERVICE_CREDIT_MAX);
	}
}

/* Each six bytes: an offset and a value for the word there. */
static void change(struct bh_cell *config, const uint8_t *data, size_t size)
{
	for (; size >= 6; data += 6, size -= 6) {
		uint16_t at;

		memcpy(&at, data, sizeof(at));
		memcpy((uint8_t *)config + at % (sizeof(*config) - 3), data + 2,
		       4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *problem = NULL;

	fake_begin(&cell);
	fake_domain(&cell, 2, 0);
	fake_domain(&cell, 1, BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART);
	fake_connect(&cell, 0, 1, 4);
	for (uint32_t d = 0; d < 2; d++)
		for (uint32_t v = 0; v < 2; v++)
			cell.config.domains[d].variants[v].area_fd =
			        cell.config.domains[d].variants[v].doorbell_fd =
			                20;
	change(&cell.config, data, size);
	if (config_check(&cell.config, &problem)) {
		require(problem && *problem);
		cell.config.domain_count = 0;
	} else {
		check_limits(&cell.config);
		/* Areas of any size would only fill the memory. */
		for (uint32_t d = 0; d < cell.config.domain_count; d++)
			if (cell.config.domains[d].completion_size > 65536)
				cell.config.domains[d].completion_size = 65536;
		for (uint32_t d = 0; d < cell.config.domain_count; d++) {
			struct bh_cell_domain *domain = &cell.config.domains[d];

			domain->recovery_size %= 1 << 20;
			if (domain->submission_size > domain->completion_size)
				domain->submission_size =
				        domain->completion_size;
			domain->input_fd = -1;
			domain->output_fd[0] = domain->output_fd[1] = -1;
			domain->variants[0].wake_fd = -1;
		}
		require(fake_create(&cell) == 0);
		fake_start(&cell);
	}
	fake_destroy(&cell);
	return 0;
}
