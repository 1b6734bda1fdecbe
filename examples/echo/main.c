/* SPDX-License-Identifier: ISC */

/* Reads the console to its end and writes back what it has read. */

#include <stdio.h>

#include <bh.h>

int main(void)
{
	static char buffer[4096];
	int64_t size;

	while ((size = bh_console_read(buffer, sizeof(buffer))) > 0) {
		/* Nobody reads any more: no reason to go on. */
		if (bh_console_write(buffer, (size_t)size) < 0)
			return 1;
	}
	if (size < 0) {
		fprintf(stderr, "echo: cannot read the console (%d)\n",
		        (int)-size);
		return 1;
	}
	return 0;
}
