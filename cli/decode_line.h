/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_DECODE_LINE_H
#define BH_CLI_DECODE_LINE_H

/* What the decoders of the protocols share (decode*.c). */

#include "decode.h"

/* A line under construction, cut where it does not fit. */
struct line {
	char *text;
	size_t size, used;
};

void line_add(struct line *line, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* " 17 bytes" */
void line_add_bytes(struct line *line, uint64_t count);
/* ` "text" and 3 more`: up to MAX bytes, escaped; nothing if MAX is 0. */
void line_add_excerpt(struct line *line, const uint8_t *data, size_t size,
                      size_t max);
bool line_is_full(const struct line *line);

/*
 * The payload of a turn, and what a volume's record says, after the operation's
 * name.  REQUEST: from the client, whatever its direction.
 */
void decode_net(struct line *line, const struct batch_record *record,
                bool request, size_t payload_max);
void decode_volume(struct line *line, const struct batch_record *record,
                   bool request, size_t payload_max);

const char *decode_volume_type(uint16_t type);

#endif
