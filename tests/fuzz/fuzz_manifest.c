/* SPDX-License-Identifier: ISC */
/* links: cli/manifest.o cli/manifest_schema.o @plan */
/* libs: -lcyaml -lyaml -lnettle */

/* Manifests.  What is accepted keeps to the limits that the launcher relies
 * on; what is refused has a reason. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/protocol/service.h"
#include "cli/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_domain(const struct plan_domain *domain)
{
	require(memchr(domain->name, 0, sizeof(domain->name)) != NULL);
	require(domain->name[0] != 0);
	require(domain->variant_count <= BH_MAX_VARIANTS);
	require(domain->isa_count <= BH_MAX_VARIANTS);
	require(domain->memory <= PLAN_MEMORY_MAX);
	require(domain->arena_high <= PLAN_ARENA_MAX);
	require(domain->stack && domain->stack <= PLAN_STACK_MAX);
	require(domain->recovery <= PLAN_RECOVERY_MAX);
	require(domain->deadline <= PLAN_DEADLINE_MAX);
	require(domain->arguments.count >= 1 || domain->linux_image);
	require(domain->set || domain->variant_count || domain->linux_image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan plan;
	struct problem problem = {""};

	if (manifest_parse("cell.yaml", data, size, &plan, &problem) == 0) {
		require(plan.domain_count >= 1 &&
		        plan.domain_count <= BH_MAX_DOMAINS);
		require(plan.connection_count <= BH_MAX_CONNECTIONS);
		for (unsigned d = 0; d < plan.domain_count; d++)
			check_domain(&plan.domains[d]);
		for (unsigned c = 0; c < plan.connection_count; c++) {
			require(plan.connections[c].client < plan.domain_count);
			require(plan.connections[c].server < plan.domain_count);
			require(plan.connections[c].credit <=
			        BH_SERVICE_CREDIT_MAX);
		}
	} else {
		require(strncmp(problem.text, "cell.yaml:", 10) == 0);
	}
	plan_free(&plan);
	return 0;
}
