/* SPDX-License-Identifier: ISC */

/*
 * LABEL text: keeps a label for the session.
 *
 * Weakness: labels lie in the page that plug-ins had their code in, which is
 * writable and executable (CWE-1231's cousin: no W^X).
 */

#include "tlvd.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

uint8_t plugin_page[PAGE] __attribute__((aligned(PAGE)));

void label_start(void)
{
	mprotect(plugin_page, sizeof(plugin_page),
	         PROT_READ | PROT_WRITE | PROT_EXEC);
}

void label(const uint8_t *value, size_t length)
{
	if (length > sizeof(plugin_page)) {
		reply_error("too long");
		return;
	}
	memcpy(plugin_page, value, length);
	__builtin___clear_cache((char *)plugin_page,
	                        (char *)plugin_page + length);
	reply(TLV_LABEL, "ok", 2);
}
