/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_JSON_H
#define BH_CLI_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "decode.h"

/* Writes the object, and ends the line. */
void json_put_line(FILE *file, const json_t *object);
/* A number; jansson's integers are signed, so larger ones become strings. */
json_t *json_unsigned(uint64_t number);
/* "0x401020", for addresses and tags, which use all 64 bits. */
json_t *json_address(uint64_t address);
/* Bytes as text: what is not printable ASCII is escaped as \xNN. */
json_t *json_bytes(const void *data, size_t size);
/* Bytes as hexadecimal digits. */
json_t *json_hex(const void *data, size_t size);
/* Adds a record's header fields, up to PAYLOAD_MAX bytes of its payload, and of
 * a turn of the net protocol its items. */
void json_add_record(json_t *object, const struct decode_channels *channels,
                     const struct batch_record *record,
                     enum decode_direction direction, size_t payload_max);

#endif
