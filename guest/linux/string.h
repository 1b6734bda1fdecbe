/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_STRING_H
#define BH_LINUX_STRING_H

/* The few functions of <string.h> that the kernel uses; compilers call the
 * first four on their own. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *bytes, int byte, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t size);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int byte);
char *strrchr(const char *text, int byte);

/* As snprintf(3) with %s %d %i %u %x %o %c %p-free: %s %d %u %x %o %c, widths,
 * zero padding, l and ll, %.*s.  Returns what it would have written. */
int format(char *to, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
int format_list(char *to, size_t size, const char *format, va_list list);

/* A copy in kernel memory, to be freed with memory_free(); NULL: none left. */
char *string_copy(const char *text);

#endif
