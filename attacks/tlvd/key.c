/* SPDX-License-Identifier: ISC */

/* KEY: the server's key, for operators.  LOGIN key: become one.  MOTD. */

#include "tlvd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

const struct role roles[2] __attribute__((aligned(64))) = {
        [GUEST] = {"guest", 0},
        [OPERATOR] = {"operator", 1},
};
char server_key[64];

static uint64_t keys_sent;

void login_start(void)
{
	int fd = open(KEY_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, server_key, sizeof(server_key) - 1);

	close(fd);
	if (n > 0 && server_key[n - 1] == '\n')
		server_key[n - 1] = '\0';
}

void key(const uint8_t *value, size_t length)
{
	(void)value;
	(void)length;
	if (!current->role->may_read_key && !current->profile.is_operator) {
		reply_error("operators only");
		return;
	}
	send_key();
	keys_sent++;
}

void login(const uint8_t *value, size_t length)
{
	if (length != strlen(server_key) || memcmp(value, server_key, length)) {
		reply_error("wrong key");
		return;
	}
	current->role = &roles[OPERATOR];
	reply(TLV_LOGIN, "ok", 2);
}

void motd(const uint8_t *value, size_t length)
{
	(void)value;
	(void)length;
	send_file("/etc/motd");
}
