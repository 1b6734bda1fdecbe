/* SPDX-License-Identifier: ISC */
#include "trace.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "abi/trace.h"
#include "clock.h"

static bool tracing;
static uint8_t buffer[65536];
static size_t used;

static void lose_trace(void)
{
	tracing = false;
	launcher_send(BH_MESSAGE_TRACE_LOST, 0, 0, (uint64_t)errno, 0, "");
}

static void write_all(const uint8_t *bytes, size_t size)
{
	while (tracing && size) {
		ssize_t written = write(BH_EXO_FD_TRACE, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			lose_trace();
			return;
		}
		bytes += written;
		size -= (size_t)written;
	}
}

void trace_flush(void)
{
	write_all(buffer, used);
	used = 0;
}

static void put(const void *bytes, size_t size)
{
	if (size == 0)
		return;
	if (size > sizeof(buffer) - used)
		trace_flush();
	if (size > sizeof(buffer)) {
		write_all(bytes, size);
		return;
	}
	memcpy(buffer + used, bytes, size);
	used += size;
}

static void put_chunk_header(const struct domain *domain,
                             enum bh_trace_kind kind, uint64_t size)
{
	struct bh_trace_chunk chunk = {
	        .size = (uint32_t)size,
	        .kind = (uint16_t)kind,
	        .domain = domain->number,
	        .exchange = domain->exchange,
	        .monotonic = clock_monotonic(),
	};

	put(&chunk, sizeof(chunk));
}

static void put_padding(uint64_t size)
{
	static const uint8_t zero[8];

	put(zero, (8 - size % 8) % 8);
}

static void put_chunk(const struct domain *domain, enum bh_trace_kind kind,
                      const void *bytes, uint64_t size)
{
	if (!tracing)
		return;
	put_chunk_header(domain, kind, size);
	put(bytes, size);
	put_padding(size);
}

void trace_start(const struct cell *cell)
{
	struct bh_trace_header header = {
	        .magic = BH_TRACE_MAGIC,
	        .version = BH_ABI_VERSION,
	        .domain_count = cell->config.domain_count,
	        .realtime = clock_realtime(),
	};

	if (!(cell->config.flags & BH_CELL_TRACE))
		return;
	tracing = true;
	for (uint32_t i = 0; i < cell->config.domain_count; i++)
		memcpy(header.domains[i], cell->config.domains[i].name,
		       BH_NAME_SIZE);
	put(&header, sizeof(header));
	for (uint32_t i = 0; i < cell->config.domain_count; i++) {
		const struct bh_cell_domain *domain = &cell->config.domains[i];

		put_chunk(&cell->domains[i], BH_TRACE_CHANNELS,
		          domain->channels,
		          domain->channel_count * sizeof(*domain->channels));
	}
}

void trace_submission(const struct domain *domain,
                      const struct bh_submission *submission)
{
	put_chunk(domain, BH_TRACE_SUBMISSION, submission,
	          sizeof(*submission) + submission->bytes);
}

void trace_completion(const struct domain *domain,
                      const struct bh_completion *completion)
{
	put_chunk(domain, BH_TRACE_COMPLETION, completion,
	          sizeof(*completion) + completion->bytes);
}

void trace_restart(const struct domain *domain)
{
	put_chunk(domain, BH_TRACE_RESTART, NULL, 0);
}

void trace_verdict(const struct domain *domain, const struct trace_part *parts,
                   uint32_t count, uint64_t size)
{
	if (!tracing)
		return;
	put_chunk_header(domain, BH_TRACE_VERDICT, size);
	for (uint32_t i = 0; i < count; i++)
		put(parts[i].bytes, parts[i].size);
	put_padding(size);
	trace_flush();
}
