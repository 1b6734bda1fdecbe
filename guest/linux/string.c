/* SPDX-License-Identifier: ISC */
#include "guest/linux/kernel.h"

/*
 * Words are moved at any alignment, which all three ISAs do for normal memory;
 * may_alias since the bytes belong to anything.
 */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *to, const void *from, size_t size)
{
	uint8_t *t = to;
	const uint8_t *f = from;

#if defined(__x86_64__)
	if (size >= 256) {
		__asm__ volatile("rep movsb"
		                 : "+D"(t), "+S"(f), "+c"(size)::"memory");
		return to;
	}
#endif
	while (size >= 4 * sizeof(word)) {
		word a = ((const word *)f)[0], b = ((const word *)f)[1];
		word c = ((const word *)f)[2], d = ((const word *)f)[3];

		((word *)t)[0] = a;
		((word *)t)[1] = b;
		((word *)t)[2] = c;
		((word *)t)[3] = d;
		t += 4 * sizeof(word);
		f += 4 * sizeof(word);
		size -= 4 * sizeof(word);
	}
	while (size >= sizeof(word)) {
		*(word *)t = *(const word *)f;
		t += sizeof(word);
		f += sizeof(word);
		size -= sizeof(word);
	}
	while (size--)
		*t++ = *f++;
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if (t <= f || t >= f + size) {
		while (size >= sizeof(word)) {
			*(word *)t = *(const word *)f;
			t += sizeof(word);
			f += sizeof(word);
			size -= sizeof(word);
		}
		while (size--)
			*t++ = *f++;
		return to;
	}
	while (size >= sizeof(word)) {
		size -= sizeof(word);
		*(word *)(t + size) = *(const word *)(f + size);
	}
	while (size--)
		t[size] = f[size];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	uint8_t *t = to;
	uint64_t pattern = (uint8_t)byte * UINT64_C(0x0101010101010101);

#if defined(__x86_64__)
	if (size >= 256) {
		__asm__ volatile("rep stosb"
		                 : "+D"(t), "+c"(size)
		                 : "a"(byte)
		                 : "memory");
		return to;
	}
#endif
	while (size >= sizeof(word)) {
		*(word *)t = pattern;
		t += sizeof(word);
		size -= sizeof(word);
	}
	while (size--)
		*t++ = (uint8_t)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

void *memchr(const void *bytes, int byte, size_t size)
{
	const uint8_t *p = bytes;

	for (; size; size--, p++)
		if (*p == (uint8_t)byte)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strlen(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

size_t strnlen(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && text[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size; size--, a++, b++) {
		if (*a != *b)
			return (uint8_t)*a < (uint8_t)*b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}

char *strchr(const char *text, int byte)
{
	for (;; text++) {
		if (*text == (char)byte)
			return (char *)(uintptr_t)text;
		if (!*text)
			return NULL;
	}
}

char *strrchr(const char *text, int byte)
{
	const char *found = NULL;

	for (;; text++) {
		if (*text == (char)byte)
			found = text;
		if (!*text)
			return (char *)(uintptr_t)found;
	}
}

char *string_copy(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memory_allocate(size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}
