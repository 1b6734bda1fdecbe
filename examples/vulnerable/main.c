/* SPDX-License-Identifier: ISC */

/*
 * A server with a hole, to be attacked: exploit.sh makes the input.
 *
 * It reads lines from the console and answers each with a greeting.  greet()
 * copies a line of any length to 64 bytes on the stack, so a long line
 * overwrites the return address.  What an attacker wants is reveal(), which
 * the program calls for an administrator only, and nobody is one.
 *
 * Two defences that a guest has by default are off here, because the subject
 * is what remains when they fail: greet() is built without the stack
 * protector, and the image is linked at a fixed address, so that addresses are
 * known as they are after a leak.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static volatile bool administrator;

__attribute__((noinline)) static void reveal(void)
{
	printf("SECRET: the key is 7c1e-55aa-90d2\n");
	exit(0);
}

__attribute__((noinline, no_stack_protector))
static void greet(const char *line, size_t size)
{
	char name[64];

	for (size_t i = 0; i < size; i++)
		((volatile char *)name)[i] = line[i];
	printf("hello, %.*s\n", size > 32 ? 32 : (int)size, name);
}

int main(void)
{
	static char line[1024];
	size_t size = 0;
	int c;

	while ((c = getchar()) != EOF) {
		if (c != '\n' && size < sizeof(line)) {
			line[size++] = (char)c;
			continue;
		}
		greet(line, size);
		size = 0;
		if (administrator)
			reveal();
	}
	return 0;
}
