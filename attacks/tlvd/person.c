/* SPDX-License-Identifier: ISC */

/*
 * NAME text: how the client is called.  PROFILE text: where it is.
 *
 * Bugs: a name may be one byte longer than its room, and that byte is the
 * lowest of the pointer behind it (CWE-193); a profile's place may be as long
 * as it likes, and is_operator is behind it (CWE-120).
 */

#include "tlvd.h"

#include <string.h>

void set_name(const uint8_t *value, size_t length)
{
	for (size_t i = 0; i < length && i <= sizeof(current->name); i++)
		current->name[i] = (char)value[i];
	reply(TLV_NAME, "ok", 2);
}

void set_profile(const uint8_t *value, size_t length)
{
	char *to = current->profile.place;

	for (size_t i = 0; i < length && value[i] != '\0'; i++)
		*to++ = (char)value[i];
	reply(TLV_PROFILE, "ok", 2);
}
