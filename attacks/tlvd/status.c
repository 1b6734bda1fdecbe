/* SPDX-License-Identifier: ISC */

/*
 * STATUS: a fixed record about the session.
 *
 * Bug: only the texts in it are written, and the whole record is sent
 * (CWE-457): what was on the stack before goes out.
 */

#include "tlvd.h"

#include <stdio.h>

void status(const uint8_t *value, size_t length)
{
	struct {
		char role[64];
		char motto[448];
		char requests[32];
	} record;

	(void)value;
	(void)length;
	snprintf(record.role, sizeof(record.role), "%s", current->role->name);
	snprintf(record.requests, sizeof(record.requests), "%u",
	         current->requests);
	reply(TLV_STATUS, &record, sizeof(record));
}
