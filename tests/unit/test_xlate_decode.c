/* SPDX-License-Identifier: ISC */
/* links: @xlate cli/report_riscv.o cli/report_rvc.o */

/*
 * The decoder of RV64GC against the disassembler of the reports, which is
 * written from the manual on its own: both agree on what is an instruction, how
 * long it is, its name, and the full form of a compressed one.  All compressed
 * words, and random words around every row of the table.  (capstone 4 does not
 * know RISC-V.)
 */

#include <string.h>

#include "cli/report_disasm.h"
#include "tests/unit/test.h"
#include "xlate/riscv64/riscv64.h"

#define WORDS_PER_ROW 500u
#define NAME_SIZE     32u

static const struct {
	uint32_t match, mask;
} rows[] = {
#define RV(name, match, mask, ...) {match, mask},
#include "xlate/riscv64/rv64gc.def"
#undef RV
};

static void decode(struct xlate_instruction *i, uint32_t word, size_t size)
{
	const uint8_t code[4] = {(uint8_t)word, (uint8_t)(word >> 8),
	                         (uint8_t)(word >> 16), (uint8_t)(word >> 24)};

	riscv64_decode(i, code, size);
}

static bool same_operands(const struct xlate_instruction *a,
                          const struct xlate_instruction *b)
{
	return a->id == b->id && a->operation == b->operation &&
	       a->rd == b->rd && a->rs1 == b->rs1 && a->imm == b->imm &&
	       a->immediate == b->immediate &&
	       (a->immediate || a->rs2 == b->rs2);
}

/* Stores and branches have both; all other fields do not matter there. */
static bool is_same(const struct xlate_instruction *a,
                    const struct xlate_instruction *b)
{
	struct xlate_instruction c = *b;

	if (a->operation >= OP_BRANCH_EQ && a->operation <= OP_BRANCH_GEU)
		c.rd = a->rd;
	if (xlate_writes(a))
		c.rd = a->rd;
	if (a->operation == OP_BREAKPOINT)
		return a->id == b->id;
	/* c.mv is an addi there, which means the same. */
	if (a->id == RV_add && a->rs1 == 0 && b->id == RV_addi && b->imm == 0)
		return a->rd == b->rd && a->rs2 == b->rs1;
	return same_operands(a, &c);
}

static void compressed_are_short_forms(void **state)
{
	(void)state;
	for (uint32_t word = 0; word < 0x10000; word++) {
		struct xlate_instruction a, b;
		uint32_t full;

		if ((word & 3) == 3)
			continue;
		full = riscv_expand((uint16_t)word);
		decode(&a, word, 2);
		assert_int_equal(a.length, 2);
		if (!full != !a.id)
			fail_msg("%04x is %s an instruction", word,
			         a.id ? "taken for" : "not taken for");
		if (!full)
			continue;
		decode(&b, full, 4);
		if (!is_same(&a, &b))
			fail_msg("%04x is not %08x", word, full);
	}
}

/* "fence_i" for "fence.i a,b"; the aliases of the disassembler undone. */
static void name_of(char *name, const char *text)
{
	static const char *const aliases[][2] = {
	        {"nop", "addi"},      {"li", "addi"},
	        {"mv", "addi"},       {"ret", "jalr"},
	        {"jr", "jalr"},       {"j", "jal"},
	        {"beqz", "beq"},      {"bnez", "bne"},
	        {"blez", "bge"},      {"bgez", "bge"},
	        {"bltz", "blt"},      {"bgtz", "blt"},
	        {"seqz", "sltiu"},    {"snez", "sltu"},
	        {"sext_w", "addiw"},  {"not", "xori"},
	        {"neg", "sub"},       {"negw", "subw"},
	        {"frcsr", "csrrs"},   {"csrr", "csrrs"},
	        {"csrw", "csrrw"},    {"frflags", "csrrs"},
	        {"frrm", "csrrs"},    {"fscsr", "csrrw"},
	        {"fsflags", "csrrw"}, {"fsrm", "csrrw"},
	        {"csrs", "csrrs"},    {"csrc", "csrrc"},
	        {"csrwi", "csrrwi"},  {"csrsi", "csrrsi"},
	        {"csrci", "csrrci"},  {"rdcycle", "csrrs"},
	        {"rdtime", "csrrs"},  {"rdinstret", "csrrs"},
	        {"sltz", "slt"},      {"sgtz", "slt"},
	        {"zext_b", "andi"},
	};
	size_t n = 0;

	while (text[n] && text[n] != ' ' && n < NAME_SIZE - 1) {
		name[n] = text[n] == '.' ? '_' : text[n];
		n++;
	}
	name[n] = 0;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (!strcmp(name, aliases[i][0]))
			strcpy(name, aliases[i][1]);
}

/* Processors refuse such words; a report may show them. */
static bool has_reserved_rounding(uint32_t word, const char *ours,
                                  const char *theirs)
{
	uint32_t mode = word >> 12 & 7;

	return !ours && theirs[0] == 'f' && (mode == 5 || mode == 6);
}

static void check_word(uint32_t word)
{
	const uint8_t code[4] = {(uint8_t)word, (uint8_t)(word >> 8),
	                         (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
	const char *ours = riscv64_name(code, sizeof(code));
	char text[96], theirs[NAME_SIZE];
	unsigned length = riscv_disassemble(code, sizeof(code), 0x1000, text,
	                                    sizeof(text));

	assert_int_equal(length, 4);
	name_of(theirs, text);
	if (has_reserved_rounding(word, ours, theirs))
		return;
	if (!strcmp(theirs, "_word") != !ours ||
	    (ours && strncmp(ours, theirs, strlen(ours))))
		fail_msg("%08x is %s, not %s", word, text,
		         ours ? ours : "nothing");
}

static void full_have_their_names(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		for (unsigned k = 0; k < WORDS_PER_ROW; k++) {
			random = random * UINT64_C(6364136223846793005) + 1;
			check_word(((uint32_t)(random >> 32) & ~rows[r].mask) |
			           rows[r].match);
		}
}

static void short_code_has_no_length(void **state)
{
	struct xlate_instruction i;

	(void)state;
	decode(&i, 0x13, 2);
	assert_int_equal(i.length, 0);
	assert_int_equal(i.id, RV_none);
	decode(&i, 0x13, 0);
	assert_int_equal(i.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(compressed_are_short_forms),
	        cmocka_unit_test(full_have_their_names),
	        cmocka_unit_test(short_code_has_no_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
