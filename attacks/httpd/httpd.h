/* SPDX-License-Identifier: ISC */
#ifndef HTTPD_H
#define HTTPD_H

/*
 * httpd: a web server with a few pages of its own, files, and pastes that
 * clients leave (HTTP/1.1, GET, HEAD, PUT and DELETE, connections that stay).
 *
 * It is a target for the exploits in attacks/exploits: each file with a bug
 * says so at its top.  The rest is meant to be right.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_FILE    "/etc/secret"
#define MOTD_FILE   "/etc/motd"
#define FILES       "/srv/www/"
#define CONNECTIONS 8
#define HEAD_MAX    4096u /* longest head of a request */

/* A head, taken apart in place.  Texts that are not there are NULL. */
struct request {
	const char *method, *path, *version;
	const char *query; /* behind the '?', or "" */
	const char *authorization, *cookie, *range;
	size_t length; /* of its body, unless that comes in chunks */
	bool chunked, keeps_alive;
};

struct paste {
	char name[24];
	void (*show)(const struct paste *paste);
	uint8_t *bytes;
	size_t size, room;
};

/* A body on its way. */
struct upload {
	struct paste *to; /* NULL: none */
	size_t filled;
	size_t left; /* of the body, or of the chunk */
};

struct connection {
	int fd;         /* -1: free */
	char agent[40]; /* the client's name for itself */
	uint32_t is_admin, requests;
	bool closing;
	size_t received;
	struct request request;
	struct upload upload;
	char input[HEAD_MAX + 1]; /* ends with a NUL */
};

extern struct connection *current; /* whose request is being answered */
extern char password[64];          /* of the administrator */

/* serve.c */
void serve(void);
/* A body for this paste is on its way. */
bool upload_is_under_way(const struct paste *paste);

/* request.c: HEAD ends with an empty line; false: it is none */
bool request_parse(struct request *request, char *head);

/* agent.c */
void agent_set(const char *agent);

/* page.c: answers the request of `current` */
void page_answer(void);

/* respond.c: answers to `current`; HEAD asks for no body */
void respond(int status, const char *headers, const void *body, size_t size);
void respond_text(int status, const char *text);
void respond_file(const char *path);
void respond_private(void);

/* range.c: makes of the body the part that was asked for.  The header that
 * says which; "" if it is all. */
const char *range_cut(const void **body, size_t *size);

/* auth.c */
void password_read(void);
bool authorized(void);

/* base64.c, percent.c: how many bytes TEXT stands for, which are written to TO
 */
size_t base64_decode(uint8_t *to, const char *text);
size_t percent_decode(char *to, const char *text);

/* Pages: missing.c, files.c, visitor.c, paste.c */
void missing(void);
void files(void);
void visitor(void);
void paste_page(void);

/* paste.c: the paste NAME with room for a body; NULL: there is none */
struct paste *paste_open(const char *name, size_t room);
/* The requests that have come together are answered. */
void paste_batch_ends(void);

/* body.c: takes the request's body for a paste */
void body_begin(void);
/* Takes some of it from the input; how much, 0 if more has to come. */
size_t body_take(void);

#endif
