/* SPDX-License-Identifier: ISC */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "memory.h"

void json_put_line(FILE *file, const json_t *object)
{
	json_dumpf(object, file, JSON_COMPACT);
	fputc('\n', file);
}

json_t *json_unsigned(uint64_t number)
{
	char text[24];

	if (number <= INT64_MAX)
		return json_integer((json_int_t)number);
	snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_string(text);
}

json_t *json_address(uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return json_string(text);
}

json_t *json_bytes(const void *data, size_t size)
{
	size_t room = 4 * size + 1;
	char *text = memory_new(1, room);
	json_t *value;

	escape_text(text, room, data, size);
	value = json_string(text);
	free(text);
	return value;
}

json_t *json_hex(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	char *text = memory_new(1, 2 * size + 1);
	json_t *value;

	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	value = json_string(text);
	free(text);
	return value;
}

static json_t *json_net_address(const struct bh_net_address *address)
{
	char text[DECODE_NET_ADDRESS_SIZE];

	return decode_net_address(address, text, sizeof(text))
	               ? json_string(text)
	               : json_null();
}

/* What a turn of the net protocol holds. */
static json_t *json_net_items(const struct batch_record *record, bool request)
{
	json_t *list = json_array();
	struct decode_net_item item;
	size_t at = 0;

	while (decode_net_next(record, &at, &item)) {
		const struct bh_net_item *header = &item.header;
		const char *type = decode_net_type(header->type, request);
		json_t *object = json_object();

		json_object_set_new(object, "type_name",
		                    type ? json_string(type) : json_null());
		json_object_set_new(object, "type", json_integer(header->type));
		json_object_set_new(object, "flags",
		                    json_integer(header->flags));
		json_object_set_new(object, "socket",
		                    json_integer(header->socket));
		json_object_set_new(object, "status",
		                    json_integer(header->status));
		json_object_set_new(object, "value",
		                    json_unsigned(header->value));
		json_object_set_new(object, "address",
		                    json_net_address(&header->address));
		json_object_set_new(object, "local",
		                    json_net_address(&header->local));
		json_object_set_new(object, "data_size",
		                    json_unsigned(item.size));
		json_array_append_new(list, object);
	}
	return list;
}

void json_add_record(json_t *object, const struct decode_channels *channels,
                     const struct batch_record *record,
                     enum decode_direction direction, size_t payload_max)
{
	const struct bh_record *header = &record->header;
	const char *name = decode_channel_name(channels, header->channel);
	uint16_t protocol = decode_protocol(channels, header->channel);
	const char *type = decode_type(protocol, header->type);
	size_t shown = record->payload_size < payload_max ? record->payload_size
	                                                  : payload_max;
	json_t *values = json_array();

	for (unsigned i = 0; i < 4; i++)
		json_array_append_new(values, json_unsigned(header->value[i]));
	json_object_set_new(object, "channel", json_integer(header->channel));
	json_object_set_new(object, "channel_name",
	                    name ? json_bytes(name, strlen(name))
	                         : json_null());
	json_object_set_new(object, "type", json_integer(header->type));
	json_object_set_new(object, "type_name",
	                    type ? json_string(type) : json_null());
	json_object_set_new(object, "tag", json_address(header->tag));
	json_object_set_new(object, "client", json_integer(header->client));
	json_object_set_new(object, "status", json_integer(header->status));
	json_object_set_new(object, "values", values);
	json_object_set_new(object, "payload_size",
	                    json_unsigned(record->payload_size));
	json_object_set_new(object, "payload_hex",
	                    json_hex(record->payload, shown));
	if (protocol == BH_PROTOCOL_NET && header->type == BH_NET_TURN)
		json_object_set_new(
		        object, "items",
		        json_net_items(record,
		                       decode_is_request(channels, record,
		                                         direction)));
}
