/* SPDX-License-Identifier: ISC */
#ifndef HTTPD_H
#define HTTPD_H

/*
 * httpd: a web server with a few pages of its own (HTTP/1.1, GET and HEAD,
 * connections that stay).
 *
 * It is a target for the exploits in attacks/exploits: each file with a bug
 * says so at its top.  The rest is meant to be right.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_FILE    "/etc/secret"
#define MOTD_FILE   "/etc/motd"
#define CONNECTIONS 8
#define HEAD_MAX    4096u /* longest head of a request */

struct connection {
	int fd; /* -1: free */
	bool closing;
	size_t received;
	char input[HEAD_MAX + 1];
};

/* A head, taken apart in place. */
struct request {
	const char *method, *path, *version;
	const char *query;         /* behind the '?', or "" */
	const char *authorization; /* NULL: not there */
	bool keeps_alive;
};

extern struct connection *current; /* whose request is being answered */
extern char password[64];          /* of the administrator */

/* serve.c */
void serve(void);

/* request.c: HEAD ends with an empty line; false: it is none */
bool request_parse(struct request *request, char *head);

/* page.c: answers the request */
void page_answer(const struct request *request);

/* respond.c: answers to `current`; HEAD asks for no body */
void respond(const struct request *request, int status, const char *headers,
             const void *body, size_t size);
void respond_file(const struct request *request, const char *path);
void respond_private(void);

/* auth.c */
void password_read(void);
bool authorized(const struct request *request);

/* base64.c: how many bytes TEXT stands for, which are written to TO */
size_t base64_decode(uint8_t *to, const char *text);

#endif
