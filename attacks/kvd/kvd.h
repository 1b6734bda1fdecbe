/* SPDX-License-Identifier: ISC */
#ifndef KVD_H
#define KVD_H

/*
 * kvd: a key-value store that computes.
 *
 * Requests are arrays of strings as in Redis' protocol (RESP2):
 *
 *	*2 CR LF $3 CR LF GET CR LF $1 CR LF a CR LF
 *
 * and so are answers: +text, -error, :number or $length and bytes.
 *
 * It is a target for the exploits in attacks/exploits: each file with a bug
 * says so at its top.  The rest is meant to be right.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOTD_FILE   "/etc/motd"
#define REQUEST_MAX 4096u /* longest request */
#define ARGUMENTS   4u    /* most of a request, its name included */
#define KEY_MAX     23u   /* longest key */

/* Bytes within the request. */
struct text {
	const char *bytes;
	size_t size;
};

/* Answers a request; as many arguments as the command wants are there. */
typedef void command(const struct text *arguments);

extern int client; /* whose request is being answered */

/* serve.c */
void serve(void);

/* request.c: takes the request at the start of INPUT apart; how long it is, 0
 * if not all of it is there, -1 if it is none. */
int request_parse(struct text arguments[ARGUMENTS], size_t *count,
                  const char *input, size_t size);

/* number.c */
size_t text_number(const struct text *text);

/* command.c */
void command_run(const struct text *arguments, size_t count);

/* reply.c: to `client` */
void reply_ok(void);
void reply_error(const char *why);
void reply_number(int64_t number);
void reply_bytes(const void *bytes, size_t size);
void reply_file(const char *path);

/* store.c */
command store_get, store_set, store_set_range, store_increment, store_copy,
        store_delete;

/* watch.c */
command watch_add, watch_changes;
void watch_touch(const char *key);

/* compile.c, machine.c */
enum operation {
	END,
	PUSH,  /* an operand follows: the number */
	CALL,  /* two follow: which function, where its text is */
	LOAD,  /* index: value of the cell */
	STORE, /* index, value: value */
	ADD,
	SUBTRACT,
	MULTIPLY,
};

#define CODE_MAX 128u
#define CELLS    16

struct expression {
	int64_t code[CODE_MAX];
	char texts[256]; /* each ends with a NUL */
};

command evaluate;

/* NULL, or what is wrong with the source. */
const char *compile(struct expression *to, const char *source);

/* The number of a function; -1: there is none of this name. */
int machine_function(const char *name, size_t size);
int64_t machine_run(const struct expression *expression);

#endif
