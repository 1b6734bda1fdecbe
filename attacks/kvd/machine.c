/* SPDX-License-Identifier: ISC */

/* What runs a compiled expression: it trusts the compiler. */

#include "kvd.h"

#include <string.h>

#define STACK 64

static int64_t length(const char *text)
{
	return (int64_t)strlen(text);
}

/* FNV-1a */
static int64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325;

	while (*text)
		sum = (sum ^ (uint8_t)*text++) * 0x100000001b3;
	return (int64_t)(sum >> 1);
}

/* Cells stay from one expression to the next. */
static struct {
	int64_t cells[CELLS];
	int64_t (*functions[2])(const char *text);
} machine = {.functions = {length, hash}};

int machine_function(const char *name, size_t size)
{
	static const char *const names[] = {"length", "hash"};

	for (int i = 0; i < 2; i++)
		if (strlen(names[i]) == size && !memcmp(names[i], name, size))
			return i;
	return -1;
}

static int64_t combine(int64_t operation, uint64_t a, uint64_t b)
{
	if (operation == ADD)
		return (int64_t)(a + b);
	if (operation == SUBTRACT)
		return (int64_t)(a - b);
	return (int64_t)(a * b);
}

int64_t machine_run(const struct expression *expression)
{
	const int64_t *next = expression->code;
	int64_t stack[STACK + 1] = {0}, *top = stack, operation;

	while ((operation = *next++) != END)
		switch (operation) {
		case PUSH:
			*++top = *next++;
			break;
		case CALL:
			*++top = machine.functions[next[0]](expression->texts +
			                                    next[1]);
			next += 2;
			break;
		case LOAD:
			*top = machine.cells[*top];
			break;
		case STORE:
			machine.cells[top[-1]] = top[0];
			top[-1] = top[0];
			top--;
			break;
		default:
			top[-1] = combine(operation, (uint64_t)top[-1],
			                  (uint64_t)top[0]);
			top--;
		}
	return *top;
}

static struct expression expression;

void evaluate(const struct text *arguments)
{
	static char source[REQUEST_MAX + 1];
	const char *error;

	memcpy(source, arguments[1].bytes, arguments[1].size);
	source[arguments[1].size] = 0;
	error = compile(&expression, source);
	if (error)
		reply_error(error);
	else
		reply_number(machine_run(&expression));
}
