/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_BH_H
#define BH_CLI_BH_H

/*
 * The `bh` command: one file per subcommand.  A subcommand gets its own name
 * as argv[0] and returns an exit status.
 */

#define BH_VERSION "0.1.0"

enum bh_exit {
	BH_EXIT_GUEST_MAX = 119, /* 0 to 119 are the guest's own */
	BH_EXIT_DIVERGENCE = 120,
	BH_EXIT_FAULT = 121, /* all variants faulted alike */
	BH_EXIT_DEADLINE = 124,
	BH_EXIT_ERROR = 125, /* usage or set-up */
};

int command_run(int argc, char **argv);
int command_image(int argc, char **argv);
int command_translate(int argc, char **argv);
int command_inspect(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_report(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_version(int argc, char **argv);

/* Prints "bh: TEXT" on stderr and returns BH_EXIT_ERROR. */
int bh_complain(const char *format, ...)
        __attribute__((format(printf, 1, 2)));

#endif
