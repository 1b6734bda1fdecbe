/* SPDX-License-Identifier: ISC */
#include "page_json.h"

#include <stdlib.h>

const char *page_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

uint64_t page_number(const json_t *object, const char *key, uint64_t absent)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return (uint64_t)json_integer_value(value);
	if (json_is_string(value))
		return strtoull(json_string_value(value), NULL, 10);
	return absent;
}

bool page_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}
