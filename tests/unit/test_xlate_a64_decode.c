/* SPDX-License-Identifier: ISC */
/* links: @xlate */
/* libs: -lcapstone */

/*
 * The decoder of A64 against capstone: random words around every row of the
 * table are an instruction for both or for neither, with the same name.
 */

#include <capstone/capstone.h>
#include <string.h>

#include "tests/unit/a64_rows.h"
#include "tests/unit/test.h"

#define WORDS_PER_ROW 300u
#define NAME_SIZE     32u

/* Other names of an instruction when some of its operands are special. */
static const char *const aliases[][2] = {
        {"adds", "cmn"},      {"ands", "tst"},     {"asrv", "asr"},
        {"bfm", "bfi"},       {"bfm", "bfxil"},    {"csinc", "cinc"},
        {"csinc", "cset"},    {"csinv", "cinv"},   {"csinv", "csetm"},
        {"csneg", "cneg"},    {"dup", "mov"},      {"extr", "ror"},
        {"hint", "nop"},      {"hint", "sev"},     {"hint", "sevl"},
        {"hint", "wfe"},      {"hint", "wfi"},     {"hint", "yield"},
        {"hint", "esb"},      {"hint", "csdb"},    {"hint", "psb"},
        {"ins", "mov"},       {"ldp", "ldnp"},     {"lslv", "lsl"},
        {"lsrv", "lsr"},      {"madd", "mul"},     {"movi", "fmov"},
        {"movi", "mvni"},     {"movn", "mov"},     {"movz", "mov"},
        {"msub", "mneg"},     {"not", "mvn"},      {"orn", "mvn"},
        {"orr", "mov"},       {"rorv", "ror"},     {"sbc", "ngc"},
        {"sbcs", "ngcs"},     {"sbfm", "asr"},     {"sbfm", "sbfiz"},
        {"sbfm", "sbfx"},     {"sbfm", "sxtb"},    {"sbfm", "sxth"},
        {"sbfm", "sxtw"},     {"smaddl", "smull"}, {"smsubl", "smnegl"},
        {"stp", "stnp"},      {"sub", "neg"},      {"subs", "cmp"},
        {"subs", "negs"},     {"ubfm", "lsl"},     {"ubfm", "lsr"},
        {"ubfm", "ubfiz"},    {"ubfm", "ubfx"},    {"ubfm", "uxtb"},
        {"ubfm", "uxth"},     {"umaddl", "umull"}, {"umov", "mov"},
        {"umsubl", "umnegl"}, {"add", "mov"},
};

static bool is_alias(const char *ours, const char *theirs)
{
	for (size_t n = 0; n < sizeof(aliases) / sizeof(aliases[0]); n++)
		if (!strcmp(aliases[n][0], ours) &&
		    !strcmp(aliases[n][1], theirs))
			return true;
	return false;
}

/* Theirs may tell the order and the size (ldaddalb), or that nothing is loaded
 * (stadd). */
static bool is_same_atomic(const char *ours, const char *theirs)
{
	size_t n = strlen(ours), from = !strncmp(theirs, "st", 2) ? 2 : 0;

	return !strncmp(ours + from, theirs + from, n - from) &&
	       theirs[n + strspn(theirs + n, "al")] != 'p' &&
	       strlen(theirs) - n == strspn(theirs + n, "albh");
}

/* Theirs may tell the half (saddl2), the size (ldarb), that all lanes are
 * loaded (ld1r), the condition (b.eq), how an access is addressed (ldur, ldtr).
 */
static bool is_same_name(const char *ours, const char *theirs)
{
	size_t n = strlen(ours);

	if (is_atomic(ours))
		return is_same_atomic(ours, theirs);
	if (!strncmp(ours, theirs, n) &&
	    (!theirs[n] || strchr("2bhr.", theirs[n])))
		return true;
	if (is_alias(ours, theirs))
		return true;
	if (strlen(theirs) != n + 1)
		return false;
	for (size_t at = 2; at < 4; at++)
		if (strchr("ut", theirs[at]) && !strncmp(ours, theirs, at) &&
		    !strcmp(ours + at, theirs + at + 1))
			return true;
	return false;
}

/* The operands that make a result unpredictable, and bits that are ignored:
 * capstone shows neither.  pmull of 64 bits is of the cryptographic extension.
 */
static bool is_known(const char *name, const char *theirs)
{
	if (theirs)
		return !name && !strncmp(theirs, "pmull", 5);
	return is_atomic(name) || !strncmp(name, "ld", 2) || !strncmp(name, "st", 2) ||
	       !strncmp(name, "ins_element", 11) ||
	       !strncmp(name, "dup_general", 11);
}

static void check_word(csh capstone, uint32_t word)
{
	const char *name = aarch64_name(word), *theirs = NULL;
	char ours[NAME_SIZE] = "";
	cs_insn *instruction;

	if (cs_disasm(capstone, (const uint8_t *)&word, 4, 0, 1, &instruction))
		theirs = instruction->mnemonic;
	if (name)
		memcpy(ours, name, strcspn(name, "_"));
	if (name && theirs ? !is_same_name(ours, theirs)
	                   : (name || theirs) && !is_known(name, theirs))
		fail_msg("%08x is %s, not %s", word,
		         theirs ? theirs : "nothing", name ? name : "nothing");
	if (theirs)
		cs_free(instruction, 1);
}

static void instructions_have_their_names(void **state)
{
	csh capstone;

	(void)state;
	assert_int_equal(cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &capstone), 0);
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		for (unsigned k = 0; k < WORDS_PER_ROW; k++)
			check_word(capstone,
			           ((uint32_t)next() & ~rows[r].mask) |
			                   rows[r].match);
	cs_close(&capstone);
}

static void every_row_is_reached(void **state)
{
	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		bool reached = false;

		for (unsigned k = 0; k < WORDS_PER_ROW && !reached; k++) {
			const char *name = aarch64_name(
			        ((uint32_t)next() & ~rows[r].mask) |
			        rows[r].match);

			reached = name && !strcmp(name, rows[r].name);
		}
		if (!reached)
			fail_msg("no word is %s", rows[r].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(instructions_have_their_names),
	        cmocka_unit_test(every_row_is_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
