/* SPDX-License-Identifier: ISC */
#ifndef BH_TESTS_UNIT_LINUX_STRING_H
#define BH_TESTS_UNIT_LINUX_STRING_H

/* The names that string.c of the Linux personality has in tests. */

#include <stddef.h>

void *linux_memcpy(void *to, const void *from, size_t size);
void *linux_memmove(void *to, const void *from, size_t size);
void *linux_memset(void *to, int byte, size_t size);
int linux_memcmp(const void *a, const void *b, size_t size);
void *linux_memchr(const void *bytes, int byte, size_t size);
size_t linux_strlen(const char *text);
size_t linux_strnlen(const char *text, size_t size);
int linux_strcmp(const char *a, const char *b);
int linux_strncmp(const char *a, const char *b, size_t size);
char *linux_strchr(const char *text, int byte);
char *linux_strrchr(const char *text, int byte);

#endif
