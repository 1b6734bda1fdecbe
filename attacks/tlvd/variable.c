/* SPDX-License-Identifier: ISC */

/*
 * Variables: SET index type value, CAST index type, GET index.  A value is a
 * number (8 bytes) or a text.
 *
 * Bug: CAST changes the type and keeps the value, so that a number becomes the
 * address of a text (CWE-843).
 */

#include "tlvd.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLES 16

enum type { NONE, NUMBER, TEXT, TYPES };

static struct {
	enum type type;
	uint32_t length;
	union {
		uint64_t number;
		char *text;
	};
} variables[VARIABLES];

void variable_set(const uint8_t *value, size_t length)
{
	if (length < 2 || value[0] >= VARIABLES) {
		reply_error("no such variable");
		return;
	}
	if (value[1] == NUMBER && length == 10) {
		variables[value[0]].number = get_u64(value + 2);
	} else if (value[1] == TEXT) {
		char *text = malloc(length - 2);

		memcpy(text, value + 2, length - 2);
		variables[value[0]].text = text;
	} else {
		reply_error("bad value");
		return;
	}
	variables[value[0]].type = value[1];
	variables[value[0]].length = (uint32_t)length - 2;
	reply(TLV_VARIABLE_SET, "ok", 2);
}

void variable_cast(const uint8_t *value, size_t length)
{
	if (length != 2 || value[0] >= VARIABLES || value[1] >= TYPES) {
		reply_error("no such variable");
		return;
	}
	variables[value[0]].type = value[1];
	reply(TLV_VARIABLE_CAST, "ok", 2);
}

void variable_get(const uint8_t *value, size_t length)
{
	uint8_t number[8];

	if (length != 1 || value[0] >= VARIABLES) {
		reply_error("no such variable");
		return;
	}
	switch (variables[value[0]].type) {
	case NUMBER:
		put_u64(number, variables[value[0]].number);
		reply(TLV_VARIABLE_GET, number, sizeof(number));
		break;
	case TEXT:
		reply(TLV_VARIABLE_GET, variables[value[0]].text,
		      variables[value[0]].length);
		break;
	default:
		reply_error("no value");
	}
}
