/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cell.h"

void launcher_send(enum bh_message_type type, uint16_t domain, uint16_t variant,
                   uint64_t value, uint64_t detail, const char *text)
{
	struct bh_message message = {
	        .type = type,
	        .domain = domain,
	        .variant = variant,
	        .value = value,
	        .detail = detail,
	};

	strncpy(message.text, text, sizeof(message.text) - 1);
	/*
	 * If the launcher is gone the next receive says so, and exo ends: there
	 * is nothing to do about it here.
	 */
	while (write(BH_EXO_FD_CONTROL, &message, sizeof(message)) < 0 &&
	       errno == EINTR)
		;
}

static void act_on_death(struct cell *cell, const struct bh_message *message,
                         uint64_t now)
{
	struct domain *domain;

	if (message->domain >= cell->config.domain_count)
		return;
	domain = &cell->domains[message->domain];
	if (message->variant < domain->config->variant_count)
		domain_variant_died(domain, message->variant,
		                    (uint32_t)message->value, now);
}

static void act_on(struct cell *cell, const struct bh_message *message,
                   uint64_t now)
{
	switch (message->type) {
	case BH_MESSAGE_DEAD:
		act_on_death(cell, message, now);
		break;
	case BH_MESSAGE_STOP:
		cell_note_result(cell, BH_RESULT_STOPPED, 0);
		cell_end(cell);
		break;
	case BH_MESSAGE_SIGNAL:
		if (message->domain < cell->config.domain_count)
			domain_signal(&cell->domains[message->domain],
			              message->value);
		break;
	case BH_MESSAGE_REPORT_TAKEN:
		cell->report_pending = false;
		break;
	default:
		break;
	}
}

bool launcher_receive(struct cell *cell, uint64_t now)
{
	struct bh_message message;
	ssize_t got;

	for (;;) {
		got = recv(BH_EXO_FD_CONTROL, &message, sizeof(message),
		           MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN;
		if (got == 0)
			return false;
		if (got == sizeof(message))
			act_on(cell, &message, now);
	}
}
