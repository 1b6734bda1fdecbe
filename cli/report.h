/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_REPORT_H
#define BH_CLI_REPORT_H

/* Descriptors of bh-report; see report_main.c for its arguments. */
enum report_fd {
	REPORT_FD_RAW = 3,   /* the raw report, read with pread() */
	REPORT_FD_JSON = 4,  /* where the JSON report goes; may be absent */
	REPORT_FD_IMAGE = 5, /* the variants' images, in order */
};

#endif
