/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <string.h>

#include "abi/protocol/volume.h"
#include "decode_line.h"

const char *decode_volume_type(uint16_t type)
{
	static const char *const names[] = {
	        [BH_VOLUME_OPEN] = "open",
	        [BH_VOLUME_CLOSE] = "close",
	        [BH_VOLUME_READ] = "read",
	        [BH_VOLUME_WRITE] = "write",
	        [BH_VOLUME_FSYNC] = "fsync",
	        [BH_VOLUME_TRUNCATE] = "truncate",
	        [BH_VOLUME_ALLOCATE] = "allocate",
	        [BH_VOLUME_LOOKUP] = "lookup",
	        [BH_VOLUME_ATTRIBUTES] = "attributes",
	        [BH_VOLUME_LIST] = "list",
	        [BH_VOLUME_MAKE_FOLDER] = "make-folder",
	        [BH_VOLUME_REMOVE_FOLDER] = "remove-folder",
	        [BH_VOLUME_UNLINK] = "unlink",
	        [BH_VOLUME_RENAME] = "rename",
	        [BH_VOLUME_LINK] = "link",
	        [BH_VOLUME_SYMLINK] = "symlink",
	        [BH_VOLUME_READ_LINK] = "read-link",
	        [BH_VOLUME_SET_MODE] = "set-mode",
	        [BH_VOLUME_SET_TIMES] = "set-times",
	        [BH_VOLUME_SPACE] = "space",
	        [BH_VOLUME_SYNC_FOLDER] = "sync-folder",
	        [BH_VOLUME_ATTACH] = "attach",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* Paths are always shown: they are what the record is about. */
#define PATH_SHOWN 255u

static void add_path(struct line *line, const uint8_t *path, size_t size)
{
	if (size == 0)
		line_add(line, " \"\"");
	else
		line_add_excerpt(line, path, size, PATH_SHOWN);
}

static void add_paths(struct line *line, const char *word,
                      const struct batch_record *r)
{
	size_t size = r->payload_size;
	const uint8_t *end = size ? memchr(r->payload, 0, size) : NULL;
	size_t first = end ? (size_t)(end - r->payload) : size;

	add_path(line, r->payload, first);
	if (!end)
		return;
	line_add(line, " %s", word);
	size -= first + 1;
	add_path(line, end + 1, strnlen((const char *)end + 1, size));
}

/* The low half; the other is the device's generation. */
static void add_handle(struct line *line, uint64_t handle)
{
	line_add(line, " handle %" PRIu32, (uint32_t)handle);
}

static void add_flags(struct line *line, uint64_t flags)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
	        {BH_VOLUME_OPEN_READ, "read"},
	        {BH_VOLUME_OPEN_WRITE, "write"},
	        {BH_VOLUME_OPEN_CREATE, "create"},
	        {BH_VOLUME_OPEN_EXCLUSIVE, "exclusive"},
	        {BH_VOLUME_OPEN_TRUNCATE, "truncate"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].flag)
			line_add(line, " %s", names[i].name);
}

static void add_time(struct line *line, const char *word, uint64_t ns)
{
	if (ns == BH_NEVER)
		return;
	line_add(line, " %s %" PRIu64 ".%09" PRIu64, word, ns / 1000000000,
	         ns % 1000000000);
}

/* Requests whose payload is a path, or two. */
static void request_of_path(struct line *line, const struct batch_record *r)
{
	const uint64_t *value = r->header.value;

	switch (r->header.type) {
	case BH_VOLUME_LIST:
		add_paths(line, "after", r);
		break;
	case BH_VOLUME_RENAME:
	case BH_VOLUME_LINK:
		add_paths(line, "to", r);
		break;
	case BH_VOLUME_SYMLINK:
		add_paths(line, "at", r);
		break;
	default:
		add_path(line, r->payload, r->payload_size);
		break;
	}
	switch (r->header.type) {
	case BH_VOLUME_OPEN:
		add_flags(line, value[1]);
		if (value[1] & BH_VOLUME_OPEN_CREATE)
			line_add(line, " mode 0%" PRIo64, value[2]);
		break;
	case BH_VOLUME_MAKE_FOLDER:
	case BH_VOLUME_SET_MODE:
		line_add(line, " mode 0%" PRIo64, value[1]);
		break;
	case BH_VOLUME_SET_TIMES:
		add_time(line, "accessed", value[1]);
		add_time(line, "modified", value[2]);
		break;
	default:
		break;
	}
}

static void add_request(struct line *line, const struct batch_record *r,
                        size_t payload_max)
{
	const uint64_t *value = r->header.value;

	switch (r->header.type) {
	case BH_VOLUME_CLOSE:
	case BH_VOLUME_ATTRIBUTES:
		add_handle(line, value[0]);
		break;
	case BH_VOLUME_READ:
		add_handle(line, value[0]);
		line_add(line, " at %" PRIu64 " up to", value[1]);
		line_add_bytes(line, value[2]);
		break;
	case BH_VOLUME_WRITE:
		add_handle(line, value[0]);
		line_add(line, " %s %" PRIu64, value[2] ? "appending at" : "at",
		         value[1]);
		line_add_bytes(line, r->payload_size);
		line_add_excerpt(line, r->payload, r->payload_size,
		                 payload_max);
		break;
	case BH_VOLUME_FSYNC:
		add_handle(line, value[0]);
		line_add(line, "%s", value[1] ? " data only" : "");
		break;
	case BH_VOLUME_TRUNCATE:
		add_handle(line, value[0]);
		line_add(line, " to");
		line_add_bytes(line, value[1]);
		break;
	case BH_VOLUME_ALLOCATE:
		add_handle(line, value[0]);
		line_add(line, " at %" PRIu64, value[1]);
		line_add_bytes(line, value[2]);
		break;
	case BH_VOLUME_SPACE:
	case BH_VOLUME_ATTACH:
		break;
	default:
		request_of_path(line, r);
		break;
	}
}

static void add_attributes(struct line *line, const struct batch_record *r)
{
	struct bh_volume_attributes attributes;

	if (r->payload_size < sizeof(attributes))
		return;
	memcpy(&attributes, r->payload, sizeof(attributes));
	line_add(line, ", mode 0%" PRIo32, attributes.mode);
	line_add_bytes(line, attributes.size);
}

static void add_entries(struct line *line, const struct batch_record *r)
{
	struct bh_volume_entry entry;
	size_t at = 0;
	unsigned count = 0;

	while (r->payload_size - at >= sizeof(entry)) {
		size_t left = r->payload_size - at;
		const uint8_t *name = r->payload + at + sizeof(entry);

		memcpy(&entry, r->payload + at, sizeof(entry));
		if (entry.size <= sizeof(entry) || entry.size > left)
			break;
		line_add(line, "%s", count++ ? "," : "");
		add_path(line, name,
		         strnlen((const char *)name,
		                 entry.size - sizeof(entry)));
		at += entry.size;
	}
	if (at < r->payload_size)
		line_add(line, " the rest is malformed");
	else if (r->header.value[0])
		line_add(line, " and more");
	else if (count == 0)
		line_add(line, " nothing");
}

static void add_reply(struct line *line, const struct batch_record *r,
                      size_t payload_max)
{
	const uint64_t *value = r->header.value;

	switch (r->header.type) {
	case BH_VOLUME_OPEN:
		add_handle(line, value[0]);
		add_attributes(line, r);
		break;
	case BH_VOLUME_READ:
		line_add_bytes(line, r->payload_size);
		line_add_excerpt(line, r->payload, r->payload_size,
		                 payload_max);
		break;
	case BH_VOLUME_WRITE:
		line_add_bytes(line, value[0]);
		line_add(line, ", size %" PRIu64, value[1]);
		break;
	case BH_VOLUME_LOOKUP:
	case BH_VOLUME_ATTRIBUTES:
		add_attributes(line, r);
		break;
	case BH_VOLUME_LIST:
		add_entries(line, r);
		break;
	case BH_VOLUME_READ_LINK:
		add_path(line, r->payload, r->payload_size);
		break;
	case BH_VOLUME_ATTACH:
		line_add(line, "%s", value[0] ? ", read-only" : "");
		break;
	default:
		break;
	}
}

void decode_volume(struct line *line, const struct batch_record *record,
                   bool request, size_t payload_max)
{
	if (request) {
		add_request(line, record, payload_max);
		return;
	}
	line_add(line, " done");
	add_reply(line, record, payload_max);
}
