/* SPDX-License-Identifier: ISC */

/* The commands. */

#include "kvd.h"

#include <string.h>
#include <strings.h>

static uint64_t motd_visits;

static void motd(const struct text *arguments)
{
	(void)arguments;
	reply_file(MOTD_FILE);
	motd_visits++;
}

static const struct {
	const char *name;
	size_t count; /* of arguments, the name included */
	command *run;
} commands[] = {
        {"GET", 2, store_get},
        {"SET", 3, store_set},
        {"SETRANGE", 4, store_set_range},
        {"INCRBY", 3, store_increment},
        {"COPY", 3, store_copy},
        {"DEL", 2, store_delete},
        {"WATCH", 2, watch_add},
        {"CHANGES", 2, watch_changes},
        {"EVAL", 2, evaluate},
        {"MOTD", 1, motd},
};

void command_run(const struct text *arguments, size_t count)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (count != commands[i].count ||
		    arguments[0].size != strlen(commands[i].name) ||
		    strncasecmp(arguments[0].bytes, commands[i].name,
		                arguments[0].size) != 0)
			continue;
		commands[i].run(arguments);
		return;
	}
	reply_error("no such command");
}
