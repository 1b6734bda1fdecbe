/* SPDX-License-Identifier: ISC */

/*
 * Basic authentication (RFC 7617).
 *
 * Bug: name and password are decoded to the stack whatever their length, since
 * "a password has 32 characters at most" (CWE-121).
 */

#include "httpd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

char password[64];

/* The administrator's password is what the secret says. */
void password_read(void)
{
	int fd = open(KEY_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, password, sizeof(password) - 1);

	password[n < 0 ? 0 : n] = 0;
	password[strcspn(password, "\n")] = 0;
	close(fd);
}

static bool matches(const char *basic)
{
	uint8_t text[96];
	size_t n = base64_decode(text, basic);
	size_t length = strlen(password);

	return length && n == sizeof("admin:") - 1 + length &&
	       !memcmp(text, "admin:", sizeof("admin:") - 1) &&
	       !memcmp(text + sizeof("admin:") - 1, password, length);
}

bool authorized(void)
{
	static const char scheme[] = "Basic ";
	const char *given = current->request.authorization;

	if (given && !strncmp(given, scheme, sizeof(scheme) - 1) &&
	    matches(given + sizeof(scheme) - 1))
		current->is_admin = 1;
	return current->is_admin;
}
