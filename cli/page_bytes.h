/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PAGE_BYTES_H
#define BH_CLI_PAGE_BYTES_H

/* Hexadecimal dumps of a report's payloads. */

#include <jansson.h>
#include <stdio.h>

/* The bytes that DIGITS stand for, sixteen a row; long ones are cut. */
void page_dump(FILE *out, const char *digits);

/*
 * If variants submitted different bytes: what each would have sent around the
 * first difference, what differs from the majority's marked.
 */
void page_difference(FILE *out, const json_t *report);

#endif
