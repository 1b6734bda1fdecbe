/* SPDX-License-Identifier: ISC */
/* links: cli/trace_read.o cli/trace_print.o cli/trace_pcap.o cli/pcap.o cli/decode.o cli/decode_net.o cli/decode_volume.o
 * cli/escape.o
 * cli/json.o cli/memory.o cli/names.o cli/problem.o */
/* libs: -ljansson */

/* Traces, as text, as JSON and as packets, behind a sound file header. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/trace_pcap.h"
#include "cli/trace_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What is printed goes nowhere; libFuzzer itself speaks on stderr. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return freopen("/dev/null", "w", stdout) ? 0 : -1;
}

static void print(uint8_t *bytes, size_t size, bool json)
{
	const struct trace_filter filter = {
	        .last = UINT64_MAX,
	        .payload = json ? SIZE_MAX : TRACE_PAYLOAD_SHORT,
	        .json = json,
	};
	FILE *file = fmemopen(bytes, size, "r");
	struct trace_printer printer;
	struct trace_reader reader;
	struct problem problem;

	if (!file)
		abort();
	if (trace_open(&reader, file, "trace", &problem) == 0 &&
	    trace_printer_init(&printer, &filter, &reader, &problem) == 0)
		while (trace_next(&reader, &problem) > 0)
			trace_print(&printer, &reader);
	trace_close(&reader);
	fclose(file);
}

static void capture(uint8_t *bytes, size_t size)
{
	FILE *file = fmemopen(bytes, size, "r");
	struct trace_reader reader;
	struct trace_pcap pcap;
	struct problem problem;

	if (!file)
		abort();
	trace_pcap_start(&pcap, stdout);
	if (trace_open(&reader, file, "trace", &problem) == 0)
		while (trace_next(&reader, &problem) > 0)
			trace_pcap_add(&pcap, &reader, true);
	trace_pcap_finish(&pcap);
	trace_close(&reader);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bh_trace_header header = {
	        .magic = BH_TRACE_MAGIC,
	        .version = BH_ABI_VERSION,
	        .domain_count = 2,
	        .domains = {"one", "two"},
	};
	uint8_t *bytes = malloc(sizeof(header) + size);

	if (!bytes)
		abort();
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), data, size);
	print(bytes, sizeof(header) + size, false);
	print(bytes, sizeof(header) + size, true);
	capture(bytes, sizeof(header) + size);
	free(bytes);
	return 0;
}
