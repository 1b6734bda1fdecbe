/* SPDX-License-Identifier: ISC */
#include "cell.h"

#include "clock.h"
#include "entropy.h"

#define MILLISECOND UINT64_C(1000000)

/* Output that nobody takes within this time after the end is lost. */
#define DRAIN_LIMIT (5000 * MILLISECOND)

/* Far more than any chain of domains that wait for each other. */
#define STEP_ROUNDS 64

#define EACH_DOMAIN(cell, domain)                                              \
	for (struct domain *domain = (cell)->domains;                          \
	     domain < (cell)->domains + (cell)->config.domain_count; domain++)

int cell_create(struct cell *cell, const char **problem)
{
	int r = config_check(&cell->config, problem);

	if (r)
		return r;
	*problem = "a domain's area or memory could not be set up";
	for (uint16_t i = 0; !r && i < cell->config.domain_count; i++)
		r = domain_create(&cell->domains[i], cell, i);
	if (cell->config.flags & BH_CELL_SEEDED)
		entropy_seed(cell->config.seed);
	return r;
}

void cell_note_result(struct cell *cell, enum bh_cell_result result,
                      uint32_t status)
{
	if (cell->result == BH_RESULT_EXITED) {
		cell->result = result;
		cell->status = status;
	}
}

void cell_end(struct cell *cell)
{
	if (cell->ended)
		return;
	cell->ended = true;
	cell->ended_at = clock_monotonic();
	EACH_DOMAIN(cell, domain)
		domain_end(domain);
}

/* Does any domain that is not a service still run? */
static bool work_is_left(struct cell *cell)
{
	EACH_DOMAIN(cell, domain)
		if (domain->phase != DOMAIN_ENDED &&
		    !(domain->config->flags & BH_DOMAIN_SERVICE))
			return true;
	return false;
}

static bool is_main(const struct cell *cell, const struct domain *domain)
{
	for (uint32_t i = 0; i < domain->number; i++)
		if (!(cell->config.domains[i].flags & BH_DOMAIN_SERVICE))
			return false;
	return !(domain->config->flags & BH_DOMAIN_SERVICE);
}

void cell_domain_ended(struct cell *cell, struct domain *domain,
                       enum bh_cell_result result, uint32_t status)
{
	if (domain->phase == DOMAIN_ENDED)
		return;
	domain_end(domain);
	if (result == BH_RESULT_EXITED) {
		launcher_send(BH_MESSAGE_EXITED, domain->number, 0, status,
		              domain->exchange, "");
		if (is_main(cell, domain) && cell->result == BH_RESULT_EXITED)
			cell->status = status;
	} else {
		cell_note_result(cell, result, status);
	}
	/*
	 * What could not even be started ends the cell: the user has to mend
	 * it.  A core that fails when its domain is started again has only
	 * itself to lose; its neighbours go on.
	 */
	if (!work_is_left(cell) ||
	    (result == BH_RESULT_ERROR && domain->restarts == 0))
		cell_end(cell);
}

bool cell_step(struct cell *cell, uint64_t now)
{
	bool news = true;

	/* What one domain does may be what another one waits for. */
	for (int round = 0; news && round < STEP_ROUNDS; round++) {
		news = false;
		EACH_DOMAIN(cell, domain)
			news |= domain_step(domain, now);
	}
	return news;
}

bool cell_expects_posts(const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->config.domain_count; i++)
		if (domain_expects_posts(&cell->domains[i]))
			return true;
	return false;
}

bool cell_has_posts(const struct cell *cell)
{
	for (uint32_t d = 0; d < cell->config.domain_count; d++)
		for (uint32_t v = 0;
		     v < cell->config.domains[d].variant_count; v++)
			if (variant_has_post(&cell->domains[d].variants[v]))
				return true;
	return false;
}

void cell_set_polling(struct cell *cell, bool polling)
{
	for (uint32_t d = 0; d < cell->config.domain_count; d++)
		for (uint32_t v = 0;
		     v < cell->config.domains[d].variant_count; v++)
			variant_set_polling(&cell->domains[d].variants[v],
			                    polling);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t cell_timer(const struct cell *cell)
{
	uint64_t timer = BH_NEVER;

	if (cell->ended)
		timer = cell->ended_at + DRAIN_LIMIT;
	for (uint32_t i = 0; i < cell->config.domain_count; i++)
		timer = earlier(timer, domain_timer(&cell->domains[i]));
	return timer;
}

bool cell_is_finished(struct cell *cell, uint64_t now)
{
	if (!cell->ended || now >= cell->ended_at + DRAIN_LIMIT)
		return cell->ended;
	EACH_DOMAIN(cell, domain)
		if (console_has_output(&domain->console))
			return false;
	return !cell->report_pending;
}
