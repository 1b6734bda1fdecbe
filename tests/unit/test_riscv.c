/* SPDX-License-Identifier: ISC */
/* links: cli/report_riscv.o cli/report_rvc.o */

/*
 * The riscv64 disassembler.  Encodings and texts as binutils 2.40 and LLVM 14
 * give them for the same instructions.
 */

#include <string.h>

#include "cli/report_disasm.h"
#include "tests/unit/test.h"

static const struct {
	uint32_t code;
	unsigned length;
	const char *text;
} cases[] = {
        {0x00000013, 4, "nop"},
        {0x00008067, 4, "ret"},
        {0x00000073, 4, "ecall"},
        {0xff010113, 4, "addi sp,sp,-16"},
        {0x00113423, 4, "sd ra,8(sp)"},
        {0x00813083, 4, "ld ra,8(sp)"},
        {0xfe0518e3, 4, "bnez a0,0xff0"},
        {0x00a5c463, 4, "blt a1,a0,0x1008"},
        {0xffdff0ef, 4, "jal ra,0xffc"},
        {0x00008517, 4, "auipc a0,0x8"},
        {0x02b50533, 4, "mul a0,a0,a1"},
        {0x02b55533, 4, "divu a0,a0,a1"},
        {0x4025551b, 4, "sraiw a0,a0,2"},
        {0x03f51513, 4, "slli a0,a0,63"},
        {0x1005252f, 4, "lr.w a0,(a0)"},
        {0x00b6b52f, 4, "amoadd.d a0,a1,(a3)"},
        {0x02b57553, 4, "fadd.d fa0,fa0,fa1"},
        {0x22a50553, 4, "fsgnj.d fa0,fa0,fa0"},
        {0xd2257553, 4, "fcvt.d.l fa0,a0"},
        {0x003027f3, 4, "frcsr a5"},
        {0xffffffff, 4, ".word 0xffffffff"},
        {0x0874853b, 4, "add.uw a0,s1,t2"},
        {0x2074a533, 4, "sh1add a0,s1,t2"},
        {0x2074c533, 4, "sh2add a0,s1,t2"},
        {0x2074e533, 4, "sh3add a0,s1,t2"},
        {0x2074a53b, 4, "sh1add.uw a0,s1,t2"},
        {0x2074c53b, 4, "sh2add.uw a0,s1,t2"},
        {0x2074e53b, 4, "sh3add.uw a0,s1,t2"},
        {0x4074f533, 4, "andn a0,s1,t2"},
        {0x4074e533, 4, "orn a0,s1,t2"},
        {0x4074c533, 4, "xnor a0,s1,t2"},
        {0x0a74e533, 4, "max a0,s1,t2"},
        {0x0a74f533, 4, "maxu a0,s1,t2"},
        {0x0a74c533, 4, "min a0,s1,t2"},
        {0x0a74d533, 4, "minu a0,s1,t2"},
        {0x60749533, 4, "rol a0,s1,t2"},
        {0x6074d533, 4, "ror a0,s1,t2"},
        {0x6074953b, 4, "rolw a0,s1,t2"},
        {0x6074d53b, 4, "rorw a0,s1,t2"},
        {0x48749533, 4, "bclr a0,s1,t2"},
        {0x4874d533, 4, "bext a0,s1,t2"},
        {0x68749533, 4, "binv a0,s1,t2"},
        {0x28749533, 4, "bset a0,s1,t2"},
        {0x60049513, 4, "clz a0,s1"},
        {0x60149513, 4, "ctz a0,s1"},
        {0x60249513, 4, "cpop a0,s1"},
        {0x6004951b, 4, "clzw a0,s1"},
        {0x6014951b, 4, "ctzw a0,s1"},
        {0x6024951b, 4, "cpopw a0,s1"},
        {0x60449513, 4, "sext.b a0,s1"},
        {0x60549513, 4, "sext.h a0,s1"},
        {0x0804c53b, 4, "zext.h a0,s1"},
        {0x2874d513, 4, "orc.b a0,s1"},
        {0x6b84d513, 4, "rev8 a0,s1"},
        {0x0a54951b, 4, "slli.uw a0,s1,37"},
        {0x6254d513, 4, "rori a0,s1,37"},
        {0x4a549513, 4, "bclri a0,s1,37"},
        {0x4a54d513, 4, "bexti a0,s1,37"},
        {0x6a549513, 4, "binvi a0,s1,37"},
        {0x2a549513, 4, "bseti a0,s1,37"},
        {0x6114d51b, 4, "roriw a0,s1,17"},
        {0x4501, 2, "li a0,0"},
        {0x1141, 2, "addi sp,sp,-16"},
        {0xe406, 2, "sd ra,8(sp)"},
        {0x60a2, 2, "ld ra,8(sp)"},
        {0x0800, 2, "addi s0,sp,16"},
        {0x8082, 2, "ret"},
        {0x9002, 2, "ebreak"},
        {0x9702, 2, "jalr a4"},
        {0x852a, 2, "mv a0,a0"},
        {0x952e, 2, "add a0,a0,a1"},
        {0x8d0d, 2, "sub a0,a0,a1"},
        {0x9d2d, 2, "addw a0,a0,a1"},
        {0x7179, 2, "addi sp,sp,-48"},
        {0xc119, 2, "beqz a0,0x1006"},
        {0xa001, 2, "j 0x1000"},
        {0x6505, 2, "lui a0,0x1"},
        {0x0000, 2, "unimp"},
};

static void knows_instructions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint8_t code[] = {(uint8_t)cases[i].code,
		                        (uint8_t)(cases[i].code >> 8),
		                        (uint8_t)(cases[i].code >> 16),
		                        (uint8_t)(cases[i].code >> 24)};
		char text[96];

		assert_int_equal(riscv_disassemble(code, sizeof(code), 0x1000,
		                                   text, sizeof(text)),
		                 cases[i].length);
		assert_string_equal(text, cases[i].text);
	}
}

static void needs_all_bytes(void **state)
{
	const uint8_t code[] = {0x13, 0, 0, 0};
	char text[96];

	(void)state;
	for (size_t size = 0; size < sizeof(code); size++)
		assert_int_equal(
		        riscv_disassemble(code, size, 0, text, sizeof(text)),
		        0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(knows_instructions),
	        cmocka_unit_test(needs_all_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
