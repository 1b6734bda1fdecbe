/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PAGE_JSON_H
#define BH_CLI_PAGE_JSON_H

/* Members of a report, which may lack any of them or have another type. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* "" if it is no string. */
const char *page_string(const json_t *object, const char *key);
/* Reports give numbers above INT64_MAX as strings. */
uint64_t page_number(const json_t *object, const char *key, uint64_t absent);
bool page_true(const json_t *object, const char *key);

#endif
