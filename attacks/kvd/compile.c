/* SPDX-License-Identifier: ISC */

/*
 * EVAL source: the value of the last of its statements.
 *
 *	source     statement { ; statement }
 *	statement  sum [ = sum ]       the left one is a cell
 *	sum        product { (+|-) product }
 *	product    value { * value }
 *	value      number | ( sum ) | c [ sum ] | name ( "text" )
 *
 * Bug: the index of a cell is checked where it is a number, and not where it is
 * computed (CWE-129).
 */

#include "kvd.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8

static struct {
	const char *at, *error;
	struct expression *to;
	size_t code, texts;
	int depth;
} state;

static void fail(const char *why)
{
	if (!state.error)
		state.error = why;
	state.at = "";
}

static void emit(int64_t word)
{
	/* There is always room for an END. */
	if (state.code + 1 < CODE_MAX)
		state.to->code[state.code++] = word;
	else
		fail("too long");
}

static bool take(char c)
{
	while (*state.at == ' ')
		state.at++;
	if (*state.at != c)
		return false;
	state.at++;
	return true;
}

static void want(char c)
{
	if (!take(c))
		fail("something is missing");
}

static void sum(void);

/* Behind `c[`: leaves the index. */
static void index_of_cell(void)
{
	char *end;
	unsigned long literal = strtoul(state.at, &end, 10);

	if (end != state.at && *end == ']' && literal >= CELLS)
		fail("no such cell");
	sum();
	want(']');
}

static void call(void)
{
	const char *name = state.at;
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz");
	int function = machine_function(name, size);
	const char *end;

	state.at += size;
	want('(');
	want('"');
	end = strchr(state.at, '"');
	if (function < 0 || !end ||
	    (size_t)(end - state.at) >= sizeof(state.to->texts) - state.texts) {
		fail("no such call");
		return;
	}
	size = (size_t)(end - state.at);
	emit(CALL);
	emit(function);
	emit((int64_t)state.texts);
	memcpy(state.to->texts + state.texts, state.at, size);
	state.texts += size;
	state.to->texts[state.texts++] = 0;
	state.at = end + 1;
	want(')');
}

static void value(void)
{
	char *end;

	if (take('(')) {
		sum();
		want(')');
	} else if (isdigit((unsigned char)*state.at)) {
		emit(PUSH);
		emit(strtoll(state.at, &end, 10));
		state.at = end;
	} else if (state.at[0] == 'c' && state.at[1] == '[') {
		state.at += 2;
		index_of_cell();
		emit(LOAD);
	} else {
		call();
	}
}

static void product(void)
{
	value();
	while (take('*')) {
		value();
		emit(MULTIPLY);
	}
}

static void sum(void)
{
	if (++state.depth > DEPTH_MAX)
		fail("too deep");
	else
		product();
	while (!state.error) {
		if (take('+')) {
			product();
			emit(ADD);
		} else if (take('-')) {
			product();
			emit(SUBTRACT);
		} else {
			break;
		}
	}
	state.depth--;
}

/* A cell on the left stores instead of being loaded. */
static void statement(void)
{
	sum();
	if (!take('='))
		return;
	if (!state.code || state.to->code[state.code - 1] != LOAD) {
		fail("only a cell can be set");
		return;
	}
	state.code--;
	sum();
	emit(STORE);
}

const char *compile(struct expression *to, const char *source)
{
	memset(&state, 0, sizeof(state));
	state.at = source;
	state.to = to;
	do
		statement();
	while (take(';'));
	if (*state.at)
		fail("something is too much");
	to->code[state.code] = END;
	return state.error;
}
