/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_MANIFEST_SCHEMA_H
#define BH_CLI_MANIFEST_SCHEMA_H

/*
 * The manifest as libcyaml reads it: every value still as text, so that the
 * same functions check it as check the options of `bh run`.  NULL: not given.
 */

#include <stddef.h>

#include "problem.h"

struct entry_variant {
	char *isa;
	char *core;
	char *image;
	char *root;
};

struct entry {
	char *name;
	char *set;
	char *linux_image; /* key: linux, a macro of C */
	char **command;
	unsigned command_count;
	char *workdir;
	char *user;
	char *hostname;
	char *diversify;
	struct entry_variant *variants;
	unsigned variants_count;
	char **isas;
	unsigned isas_count;
	char *service;
	char *restart;
	char *console;
	char *recovery;
	char *memory;
	char *stack;
	char *arena;
	char **arguments;
	unsigned arguments_count;
	char **environment;
	unsigned environment_count;
	char **volumes;
	unsigned volumes_count;
	char **publish;
	unsigned publish_count;
	char **connect;
	unsigned connect_count;
	char *signals;
	char *response;
	char *restart_limit; /* key: restart-limit */
	char *replace;
	char *deadline;
};

struct entry_channel {
	char *name;
	char *client;
	char *server;
	char *credit;
};

struct manifest {
	struct entry single; /* the short form */
	struct entry *domains;
	unsigned domains_count;
	struct entry_channel *channels;
	unsigned channels_count;
};

/* Errors name file, line and key. */
int manifest_schema_load(const char *path, const void *text, size_t size,
                         struct manifest **manifest, struct problem *problem);
void manifest_schema_free(struct manifest *manifest);

#endif
