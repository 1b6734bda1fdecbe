/* SPDX-License-Identifier: ISC */
#include "recovery.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "abi/base.h"
#include "memory.h"

struct entry {
	uint32_t size;
	uint32_t checksum;
	uint8_t payload[];
};

static uint64_t stride(uint64_t size)
{
	return (sizeof(struct entry) + size + 7) & ~UINT64_C(7);
}

/*
 * CRC-32C (Castagnoli), reflected polynomial 0x82f63b78, four bits at a time;
 * RFC 3720, appendix B.4.
 */
static uint32_t crc32c(const uint8_t *bytes, uint32_t size)
{
	static const uint32_t table[16] = {
	        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
	        0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

int recovery_create(struct recovery *log, uint64_t size)
{
	*log = (struct recovery){.capacity = size};
	if (size == 0)
		return 0;
	log->bytes = memory_reserve(size);
	return log->bytes ? 0 : -ENOMEM;
}

uint64_t recovery_free(const struct recovery *log)
{
	uint64_t room = log->capacity - log->used;

	return room < stride(0) ? 0 : (room - stride(0)) & ~UINT64_C(7);
}

int recovery_append(struct recovery *log, const void *payload, uint32_t size)
{
	struct entry *entry;

	if (log->capacity - log->used < stride(size))
		return -BH_ENOSPC;
	entry = (struct entry *)(void *)(log->bytes + log->used);
	memcpy(entry->payload, payload, size);
	entry->size = size;
	entry->checksum = crc32c(entry->payload, size);
	log->used += stride(size);
	log->count++;
	return 0;
}

int recovery_replace(struct recovery *log, const void *payload, uint32_t size)
{
	if (size && stride(size) > log->capacity)
		return -BH_ENOSPC;
	log->used = log->count = log->cursor = log->cursor_offset = 0;
	return size ? recovery_append(log, payload, size) : 0;
}

/* The entry at OFFSET, or NULL if its own length is wrong. */
static struct entry *entry_at(const struct recovery *log, uint64_t offset)
{
	uint64_t room = log->used - offset;
	struct entry *entry = (struct entry *)(void *)(log->bytes + offset);

	return room >= stride(0) && stride(entry->size) <= room ? entry : NULL;
}

int recovery_read(struct recovery *log, uint64_t number, const void **payload,
                  uint32_t *size)
{
	struct entry *entry;

	if (number >= log->count)
		return -BH_ENOENT;
	if (number < log->cursor)
		log->cursor = log->cursor_offset = 0;
	while ((entry = entry_at(log, log->cursor_offset)) &&
	       log->cursor < number) {
		log->cursor_offset += stride(entry->size);
		log->cursor++;
	}
	if (!entry || entry->checksum != crc32c(entry->payload, entry->size))
		return -BH_EIO;
	*payload = entry->payload;
	*size = entry->size;
	return 0;
}
