/* SPDX-License-Identifier: ISC */
#ifndef TLVD_H
#define TLVD_H

/*
 * tlvd: a daemon that keeps notes, counters and variables for its clients.
 *
 * A request is a header and a value:
 *
 *	type     u8
 *	flags    u8, 0
 *	length   u16, of the value, big-endian
 *	value    length bytes
 *
 * The answer has the same form and the same type, or TLV_ERROR.  Numbers in
 * values are big-endian.
 *
 * It is a target for the exploits in attacks/exploits: each handler with a bug
 * says so at its top.  The rest is meant to be right.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_FILE   "/etc/secret"
#define TLV_HEADER 4u
#define TLV_VALUE  2048u /* longest value of a request */
#define SESSIONS   8

enum {
	TLV_HELLO = 1,
	TLV_ECHO,
	TLV_KEY,
	TLV_LOGIN,
	TLV_MOTD,
	TLV_NOTE_NEW,
	TLV_NOTE_SET,
	TLV_NOTE_GET,
	TLV_NOTE_DROP,
	TLV_NOTE_PIN,
	TLV_NOTE_SHOW,
	TLV_COUNTER_ADD,
	TLV_COUNTER_GET,
	TLV_VARIABLE_SET,
	TLV_VARIABLE_CAST,
	TLV_VARIABLE_GET,
	TLV_LOG,
	TLV_NAME,
	TLV_PROFILE,
	TLV_TABLE,
	TLV_HEARTBEAT,
	TLV_STATUS,
	TLV_LABEL,
	TLV_JOB,
	TLV_RUN,
	TLV_ADDRESS,
	TLV_TYPES,
	TLV_ERROR = 255,
};

struct role {
	char name[24];
	uint64_t may_read_key;
};

struct session {
	int fd; /* -1: free */
	uint32_t received;
	char name[32];
	const struct role *role;
	uint32_t requests;
	struct {
		char place[24];
		char language[8];
		uint32_t is_operator;
	} profile;
};

extern struct session sessions[SESSIONS];
extern uint8_t inputs[SESSIONS][TLV_HEADER + TLV_VALUE];
extern struct session *current; /* whose request is being answered */
extern char server_key[64];     /* what operators log in with */

typedef void handler(const uint8_t *value, size_t length);

/* serve.c */
void serve(void);

/* dispatch.c: answers a whole request at the start of the input; how long it
 * was, or 0 */
size_t dispatch(struct session *session, const uint8_t *input);

/* reply.c: answers to `current` */
void reply(uint8_t type, const void *value, size_t length);
void reply_error(const char *why);
void send_file(const char *path);
void send_key(void);

/* value.c */
uint16_t get_u16(const uint8_t *p);
uint32_t get_u32(const uint8_t *p);
uint64_t get_u64(const uint8_t *p);
void put_u64(uint8_t *p, uint64_t value);

/* key.c */
enum { GUEST, OPERATOR };
extern const struct role roles[2];

/* One file each, or one for a group. */
handler hello, echo, key, login, motd;
handler note_new, note_set, note_get, note_drop, note_pin, note_show;
handler counter_add, counter_get;
handler variable_set, variable_cast, variable_get;
handler log_text, set_name, set_profile, table, heartbeat, status;
handler label, job_add, job_run, address;

void label_start(void);
void login_start(void);

#endif
