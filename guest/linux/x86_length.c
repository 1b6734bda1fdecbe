/* SPDX-License-Identifier: ISC */
#include "guest/linux/x86_length.h"

#include <stdbool.h>

/*
 * What follows an opcode: `.` nothing, `M` ModRM and what belongs to it, `b`
 * one byte, `w` two, `z` two or four, `v` up to eight, `B` and `Z` ModRM and
 * such an immediate, `e` three bytes, `a` an address, `j` a distance, `t` ModRM
 * and an immediate if it is TEST, `p` a prefix, `x` invalid, `?` unknown.
 */
static const char one_byte[] =
        "MMMMbzxxMMMMbzxx" /* 0f is handled before */
        "MMMMbzxxMMMMbzxx"
        "MMMMbzpxMMMMbzpx"
        "MMMMbzpxMMMMbzpx"
        "pppppppppppppppp"
        "................"
        "xx?MppppzZbB...."
        "bbbbbbbbbbbbbbbb"
        "BZxBMMMMMMMMMMM8"
        "..........x....."
        "aaaa....bz......"
        "bbbbbbbbvvvvvvvv"
        "BBw.??BZe.w..bx."
        "MMMMx?x.MMMMMMMM"
        "bbbbbbbbjjxb...."
        "p.pp..tt......MM";

static const char two_bytes[] =
        "MMMMx.....x.xM.B"
        "MMMMMMMMMMMMMMMM"
        "????xxxxMMMMMMMM"
        "......x.?x?xxxxx" /* 38 and 3a are handled before */
        "MMMMMMMMMMMMMMMM"
        "MMMMMMMMMMMMMMMM"
        "MMMMMMMMMMMMMMMM"
        "BBBBMMM.????MMMM"
        "jjjjjjjjjjjjjjjj"
        "MMMMMMMMMMMMMMMM"
        "...MBM??...MBMMM"
        "MMMMMMMMM?BMMMMM"
        "MMBMBBBM........"
        "MMMMMMMMMMMMMMMM"
        "MMMMMMMMMMMMMMMM"
        "MMMMMMMMMMMMMMM?";

_Static_assert(sizeof(one_byte) == 257 && sizeof(two_bytes) == 257, "tables");

struct reader {
	const uint8_t *code;
	size_t at, size;
	uint8_t rex;
	bool operand, address, other; /* prefixes 66, 67, the rest */
};

static bool take(struct reader *r, uint8_t *byte)
{
	if (r->at >= r->size)
		return false;
	*byte = r->code[r->at++];
	return true;
}

static void read_prefixes(struct reader *r)
{
	while (r->at < r->size && one_byte[r->code[r->at]] == 'p') {
		uint8_t byte = r->code[r->at++];

		/* A REX counts only right before the opcode. */
		r->rex = (byte & 0xf0) == 0x40 ? byte : 0;
		r->operand |= byte == 0x66;
		r->address |= byte == 0x67;
		r->other |= !r->rex && byte != 0x66 && byte != 0x67;
	}
}

static int length(const struct reader *r)
{
	if (r->at > X86_LENGTH_MAX)
		return X86_INVALID;
	return r->at > r->size ? X86_UNKNOWN : (int)r->at;
}

/* ModRM, SIB and displacement, then IMMEDIATE bytes. */
static int with_operand(struct reader *r, size_t immediate)
{
	uint8_t modrm, sib = 0;
	unsigned mode, base;

	if (!take(r, &modrm))
		return X86_UNKNOWN;
	mode = modrm >> 6;
	base = modrm & 7;
	if (mode != 3 && base == 4) {
		if (!take(r, &sib))
			return X86_UNKNOWN;
		base = sib & 7;
	}
	if (mode == 1)
		r->at++;
	else if (mode == 2 || (mode == 0 && base == 5))
		r->at += 4;
	r->at += immediate;
	return length(r);
}

static int without_operand(struct reader *r, size_t immediate)
{
	r->at += immediate;
	return length(r);
}

static int by_kind(struct reader *r, char kind)
{
	bool wide = r->rex & 8;
	size_t z = r->operand && !wide ? 2 : 4;
	uint8_t modrm = r->at < r->size ? r->code[r->at] : 0;

	switch (kind) {
	case '.':
		return without_operand(r, 0);
	case 'b':
		return without_operand(r, 1);
	case 'w':
		return without_operand(r, 2);
	case 'e':
		return without_operand(r, 3);
	case 'z':
		return without_operand(r, z);
	case 'v':
		return without_operand(r, wide ? 8 : z);
	case 'a':
		return without_operand(r, r->address ? 4 : 8);
	case 'j': /* with 66, makers differ */
		return r->operand ? X86_UNKNOWN : without_operand(r, 4);
	case 'M':
		return with_operand(r, 0);
	case 'B':
		return with_operand(r, 1);
	case 'Z':
		return with_operand(r, z);
	case '8': /* POP, or an instruction of XOP */
		return modrm & 0x38 ? X86_UNKNOWN : with_operand(r, 0);
	case 't':
		if (modrm & 0x30)
			return with_operand(r, 0);
		return with_operand(r, r->code[r->at - 1] & 1 ? z : 1);
	case 'x':
		return X86_INVALID;
	default:
		return X86_UNKNOWN;
	}
}

/* A VEX prefix selects one of 32 maps, of which no processor has those from 8 on
 * (Intel SDM volume 2, 2.3.6.1).  `add $8, %rsp` ends in what looks like one. */
#define VEX_MAP_END 8u

/* The opcode after a VEX or EVEX prefix that selects MAP. */
static int vector(struct reader *r, unsigned map)
{
	uint8_t opcode;

	if (!take(r, &opcode))
		return X86_UNKNOWN;
	switch (map) {
	case 1:
		if (opcode == 0x77)
			return length(r);
		return with_operand(r, (opcode >= 0x70 && opcode <= 0x73) ||
		                               opcode == 0xc2 ||
		                               (opcode >= 0xc4 && opcode <= 0xc6));
	case 2:
	case 5:
	case 6:
		return with_operand(r, 0);
	case 3:
		return with_operand(r, 1);
	default:
		return X86_UNKNOWN;
	}
}

static int extended(struct reader *r, uint8_t first)
{
	static const uint8_t prefix[] = {[0] = 3, [1] = 2, [2] = 4};
	unsigned kind = first == 0xc4 ? 0 : first == 0xc5 ? 1 : 2;
	unsigned map = 1;

	if (r->rex || r->operand || (r->other && first == 0x62))
		return X86_UNKNOWN;
	if (r->at >= r->size)
		return X86_UNKNOWN;
	if (kind == 0)
		map = r->code[r->at] & 0x1f;
	else if (kind == 2)
		map = r->code[r->at] & 7;
	if (map >= VEX_MAP_END)
		return X86_INVALID;
	r->at += prefix[kind] - 1u;
	return vector(r, map);
}

int x86_length(const uint8_t *code, size_t size)
{
	struct reader r = {.code = code, .size = size};
	uint8_t opcode;

	read_prefixes(&r);
	if (r.at >= X86_LENGTH_MAX)
		return X86_INVALID;
	if (!take(&r, &opcode))
		return X86_UNKNOWN;
	if (opcode == 0xc4 || opcode == 0xc5 || opcode == 0x62)
		return extended(&r, opcode);
	if (opcode != 0x0f)
		return by_kind(&r, one_byte[opcode]);
	if (!take(&r, &opcode))
		return X86_UNKNOWN;
	if (opcode != 0x38 && opcode != 0x3a)
		return by_kind(&r, two_bytes[opcode]);
	r.at++;
	return by_kind(&r, opcode == 0x38 ? 'M' : 'B');
}

/* MOV of an immediate; MOV, LEA, MOVSXD from or to what is not relative to
 * rip. */
static bool is_movable(const uint8_t *code)
{
	uint8_t modrm;

	if ((*code & 0xf0) == 0x40)
		code++;
	modrm = code[1];
	if ((*code & 0xf8) == 0xb8)
		return true;
	if (*code == 0xc7 && (modrm & 0x38) != 0) /* MOV is extension 0 */
		return false;
	if (*code != 0x89 && *code != 0x8b && *code != 0x8d && *code != 0x63 &&
	    *code != 0xc7)
		return false;
	return (modrm & 0xc7) != 0x05;
}

/* Reads forward from START.  The length of the last instruction, or one of
 * the codes of x86_length(). */
static int last_length(const uint8_t *code, unsigned start)
{
	int n = X86_UNKNOWN;

	while (start < X86_WINDOW) {
		n = x86_length(code + start, X86_WINDOW - start);
		if (n <= 0)
			return n;
		start += (unsigned)n;
	}
	return n;
}

unsigned x86_movable_before(const uint8_t *code)
{
	int common = 0;

	for (unsigned start = 0; start < X86_LENGTH_MAX; start++) {
		int n = last_length(code, start);

		if (n == X86_INVALID)
			continue;
		if (n < (int)X86_JUMP_SIZE || (common && n != common))
			return 0;
		common = n;
	}
	if (!common || !is_movable(code + X86_WINDOW - common))
		return 0;
	return (unsigned)common;
}
