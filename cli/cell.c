/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "abi/core.h"
#include "abi/exchange.h"
#include "launch.h"

struct fd_table {
	int *fds;
	unsigned count;
};

/* The number under which exo will know the descriptor; -1 for none. */
static int32_t pass(struct fd_table *table, int fd)
{
	if (fd < 0)
		return -1;
	table->fds[table->count] = fd;
	return (int32_t)(BH_EXO_FD_CELL + table->count++);
}

static void describe_deadline(const struct plan_domain *plan,
                              struct bh_cell_domain *domain)
{
	if (plan->deadline) {
		domain->deadline = plan->deadline * 1000 * 1000;
		domain->slack = 0;
		domain->step = domain->deadline;
	} else {
		domain->deadline = PLAN_DEADLINE_NS;
		domain->slack = PLAN_SLACK;
		domain->step = BH_NEVER;
	}
}

static void describe_domain(const struct launch *launch, unsigned number,
                            struct bh_cell_domain *domain,
                            struct fd_table *table)
{
	const struct plan_domain *plan = &launch->plan->domains[number];
	const struct domain_slot *slot = &launch->domains[number];

	memcpy(domain->name, plan->name, sizeof(domain->name));
	domain->flags = (plan->service ? BH_DOMAIN_SERVICE : 0) |
	                (plan->restart ? BH_DOMAIN_RESTART : 0) |
	                (plan->signals ? BH_DOMAIN_SIGNALS : 0) |
	                (plan->device ? BH_DOMAIN_DEVICE : 0);
	domain->response = plan->response;
	if (plan_restarts(plan)) {
		domain->restart_limit = plan->restart_limit;
		domain->restart_window = 
		        plan->restart_window * 1000 * 1000 * 1000;
	}
	if (plan_votes(plan))
		domain->past_mib = (uint32_t)(plan->past >> 20);
	domain->variant_count = plan->variant_count;
	domain->submission_size = plan->buffer_size;
	domain->completion_size = plan->buffer_size;
	domain->recovery_size = (uint32_t)plan->recovery;
	domain->input_fd = -1;
	if (number == launch->plan->terminal && !plan->quiet)
		domain->input_fd = pass(table, STDIN_FILENO);
	for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
		domain->output_fd[i] = pass(table, slot->outputs[i]);
	describe_deadline(plan, domain);
	domain->channel_count = plan->channel_count;
	memcpy(domain->channels, plan->channels, sizeof(domain->channels));
	for (unsigned v = 0; v < plan->variant_count; v++) {
		struct bh_cell_variant *variant = &domain->variants[v];

		variant->isa = plan->variants[v].isa;
		variant->core = plan->variants[v].core;
		variant->area_fd = pass(table, slot->cores[v].area);
		variant->doorbell_fd = pass(table, slot->cores[v].doorbell);
		variant->wake_fd = pass(table, slot->cores[v].wake);
	}
}

unsigned cell_describe(const struct launch *launch, struct bh_cell *cell,
                       int fds[CELL_FDS_MAX])
{
	const struct plan *plan = launch->plan;
	struct fd_table table = {fds, BH_EXO_FD_FIRST - BH_EXO_FD_CELL};

	for (unsigned i = 0; i < table.count; i++)
		fds[i] = -1;
	fds[0] = launch->cell;
	fds[BH_EXO_FD_CONTROL - BH_EXO_FD_CELL] = launch->control_exo;
	fds[BH_EXO_FD_REPORT - BH_EXO_FD_CELL] = launch->report;
	fds[BH_EXO_FD_TRACE - BH_EXO_FD_CELL] = launch->trace;
	*cell = (struct bh_cell){
	        .magic = BH_CELL_MAGIC,
	        .version = BH_ABI_VERSION,
	        .size = sizeof(*cell),
	        .flags = (plan->seeded ? BH_CELL_SEEDED : 0) |
	                 (plan->trace ? BH_CELL_TRACE : 0),
	        .seed = plan->seed,
	        .domain_count = plan->domain_count,
	        .connection_count = plan->connection_count,
	        .sandbox = host_sandbox_flags(&launch->host),
	};
	for (unsigned d = 0; d < plan->domain_count; d++)
		describe_domain(launch, d, &cell->domains[d], &table);
	for (unsigned c = 0; c < plan->connection_count; c++) {
		const struct plan_connection *from = &plan->connections[c];

		cell->connections[c] = (struct bh_cell_connection){
		        .client_domain = (uint16_t)from->client,
		        .client_channel = from->client_channel,
		        .server_domain = (uint16_t)from->server,
		        .server_channel = from->server_channel,
		};
	}
	return table.count;
}
