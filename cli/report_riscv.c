/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report_disasm.h"

/*
 * RV64GC with Zba, Zbb and Zbs in tables.  An entry matches when (code & mask) == match; the first
 * that does wins, so special cases stand before general ones.  The format is
 * text with one letter for each operand:
 *
 *   d s t    rd, rs1, rs2        D S T R  the same (and rs3) as FP registers
 *   i        I immediate         o        S immediate(rs1)
 *   l        I immediate(rs1)    b j      branch and jump targets
 *   u        U immediate         h        shift amount
 *   c z      CSR, CSR immediate  a        (rs1)
 *
 * Rounding modes are left out unless they are unusual, as binutils does for
 * the default.
 */
struct pattern {
	uint32_t mask, match;
	const char *text;
};

static const char *const x_names[32] = {
        "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
        "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
        "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

static const char *const f_names[32] = {
        "ft0", "ft1", "ft2",  "ft3",  "ft4", "ft5", "ft6",  "ft7",
        "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
        "fa6", "fa7", "fs2",  "fs3",  "fs4", "fs5", "fs6",  "fs7",
        "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};

#define OP   0x7fu       /* opcode */
#define OP3  0x707fu     /* and funct3 */
#define OP37 0xfe00707fu /* and funct7 */
#define OP36 0xfc00707fu /* and funct6, for shifts */
#define OPF  0xfe00007fu /* opcode and funct7: FP with rounding */
#define OPFU 0xfff0007fu /* and rs2: FP conversions */
#define ALL  UINT32_MAX

static const struct pattern patterns[] = {
        {ALL, 0x00000013, "nop"},
        {ALL, 0x00000073, "ecall"},
        {ALL, 0x00100073, "ebreak"},
        {ALL, 0x00008067, "ret"},
        {ALL, 0xc0001073, "unimp"},
        {ALL, 0x0ff0000f, "fence"},
        {0x000ff07f, 0x00000013, "li d,i"},
        {0xfff0707f, 0x00000013, "mv d,s"},
        {0xfff07fff, 0x00000067, "jr s"},
        {0xfff07fff, 0x000000e7, "jalr s"},
        {0x00000fff, 0x0000006f, "j j"},
        {OP, 0x37, "lui d,u"},
        {OP, 0x17, "auipc d,u"},
        {OP, 0x6f, "jal d,j"},
        {0x00007fff, 0x00000067, "jr l"},
        {OP3, 0x0067, "jalr d,l"},
        {0x01f0707f, 0x00000063, "beqz s,b"},
        {0x01f0707f, 0x00001063, "bnez s,b"},
        {OP3, 0x0063, "beq s,t,b"},
        {OP3, 0x1063, "bne s,t,b"},
        {0x01f0707f, 0x00004063, "bltz s,b"},
        {0x01f0707f, 0x00005063, "bgez s,b"},
        {0x000ff07f, 0x00004063, "bgtz t,b"},
        {0x000ff07f, 0x00005063, "blez t,b"},
        {OP3, 0x4063, "blt s,t,b"},
        {OP3, 0x5063, "bge s,t,b"},
        {OP3, 0x6063, "bltu s,t,b"},
        {OP3, 0x7063, "bgeu s,t,b"},
        {OP3, 0x0003, "lb d,l"},
        {OP3, 0x1003, "lh d,l"},
        {OP3, 0x2003, "lw d,l"},
        {OP3, 0x3003, "ld d,l"},
        {OP3, 0x4003, "lbu d,l"},
        {OP3, 0x5003, "lhu d,l"},
        {OP3, 0x6003, "lwu d,l"},
        {OP3, 0x0023, "sb t,o"},
        {OP3, 0x1023, "sh t,o"},
        {OP3, 0x2023, "sw t,o"},
        {OP3, 0x3023, "sd t,o"},
        {OP3, 0x0013, "addi d,s,i"},
        {OP3, 0x2013, "slti d,s,i"},
        {0xfff0707f, 0x00103013, "seqz d,s"},
        {OP3, 0x3013, "sltiu d,s,i"},
        {0xfff0707f, 0xfff04013, "not d,s"},
        {OP3, 0x4013, "xori d,s,i"},
        {OP3, 0x6013, "ori d,s,i"},
        {OP3, 0x7013, "andi d,s,i"},
        {OP36, 0x1013, "slli d,s,h"},
        {OP36, 0x5013, "srli d,s,h"},
        {OP36, 0x40005013, "srai d,s,h"},
        {0xfff0707f, 0x0000001b, "sext.w d,s"},
        {OP3, 0x001b, "addiw d,s,i"},
        {OP37, 0x101b, "slliw d,s,h"},
        {OP37, 0x501b, "srliw d,s,h"},
        {OP37, 0x4000501b, "sraiw d,s,h"},
        {OP37, 0x0033, "add d,s,t"},
        {0xfe0ff07f, 0x40000033, "neg d,t"},
        {OP37, 0x40000033, "sub d,s,t"},
        {OP37, 0x1033, "sll d,s,t"},
        {OP37, 0x2033, "slt d,s,t"},
        {0xfe0ff07f, 0x00003033, "snez d,t"},
        {OP37, 0x3033, "sltu d,s,t"},
        {OP37, 0x4033, "xor d,s,t"},
        {OP37, 0x5033, "srl d,s,t"},
        {OP37, 0x40005033, "sra d,s,t"},
        {OP37, 0x6033, "or d,s,t"},
        {OP37, 0x7033, "and d,s,t"},
        {OP37, 0x02000033, "mul d,s,t"},
        {OP37, 0x02001033, "mulh d,s,t"},
        {OP37, 0x02002033, "mulhsu d,s,t"},
        {OP37, 0x02003033, "mulhu d,s,t"},
        {OP37, 0x02004033, "div d,s,t"},
        {OP37, 0x02005033, "divu d,s,t"},
        {OP37, 0x02006033, "rem d,s,t"},
        {OP37, 0x02007033, "remu d,s,t"},
        {OP37, 0x003b, "addw d,s,t"},
        {0xfe0ff07f, 0x4000003b, "negw d,t"},
        {OP37, 0x4000003b, "subw d,s,t"},
        {OP37, 0x103b, "sllw d,s,t"},
        {OP37, 0x503b, "srlw d,s,t"},
        {OP37, 0x4000503b, "sraw d,s,t"},
        {OP37, 0x0200003b, "mulw d,s,t"},
        {OP37, 0x0200403b, "divw d,s,t"},
        {OP37, 0x0200503b, "divuw d,s,t"},
        {OP37, 0x0200603b, "remw d,s,t"},
        {OP37, 0x0200703b, "remuw d,s,t"},
        {OP3, 0x000f, "fence"},
        {OP3, 0x100f, "fence.i"},
        {0xfff0707f, 0x00102073, "frflags d"},
        {0xfff0707f, 0x00202073, "frrm d"},
        {0xfff0707f, 0x00302073, "frcsr d"},
        {0x000ff07f, 0x00002073, "csrr d,c"},
        {OP3, 0x1073, "csrrw d,c,s"},
        {OP3, 0x2073, "csrrs d,c,s"},
        {OP3, 0x3073, "csrrc d,c,s"},
        {OP3, 0x5073, "csrrwi d,c,z"},
        {OP3, 0x6073, "csrrsi d,c,z"},
        {OP3, 0x7073, "csrrci d,c,z"},
        {0xf9f0707f, 0x1000202f, "lr.w d,a"},
        {0xf9f0707f, 0x1000302f, "lr.d d,a"},
        {0xf800707f, 0x1800202f, "sc.w d,t,a"},
        {0xf800707f, 0x1800302f, "sc.d d,t,a"},
        {0xf800707f, 0x0800202f, "amoswap.w d,t,a"},
        {0xf800707f, 0x0800302f, "amoswap.d d,t,a"},
        {0xf800707f, 0x0000202f, "amoadd.w d,t,a"},
        {0xf800707f, 0x0000302f, "amoadd.d d,t,a"},
        {0xf800707f, 0x2000202f, "amoxor.w d,t,a"},
        {0xf800707f, 0x2000302f, "amoxor.d d,t,a"},
        {0xf800707f, 0x6000202f, "amoand.w d,t,a"},
        {0xf800707f, 0x6000302f, "amoand.d d,t,a"},
        {0xf800707f, 0x4000202f, "amoor.w d,t,a"},
        {0xf800707f, 0x4000302f, "amoor.d d,t,a"},
        {0xf800707f, 0x8000202f, "amomin.w d,t,a"},
        {0xf800707f, 0x8000302f, "amomin.d d,t,a"},
        {0xf800707f, 0xa000202f, "amomax.w d,t,a"},
        {0xf800707f, 0xa000302f, "amomax.d d,t,a"},
        {0xf800707f, 0xc000202f, "amominu.w d,t,a"},
        {0xf800707f, 0xc000302f, "amominu.d d,t,a"},
        {0xf800707f, 0xe000202f, "amomaxu.w d,t,a"},
        {0xf800707f, 0xe000302f, "amomaxu.d d,t,a"},
        {OP3, 0x2007, "flw D,l"},
        {OP3, 0x3007, "fld D,l"},
        {OP3, 0x2027, "fsw T,o"},
        {OP3, 0x3027, "fsd T,o"},
        {0x0600007f, 0x00000043, "fmadd.s D,S,T,R"},
        {0x0600007f, 0x02000043, "fmadd.d D,S,T,R"},
        {0x0600007f, 0x00000047, "fmsub.s D,S,T,R"},
        {0x0600007f, 0x02000047, "fmsub.d D,S,T,R"},
        {0x0600007f, 0x0000004b, "fnmsub.s D,S,T,R"},
        {0x0600007f, 0x0200004b, "fnmsub.d D,S,T,R"},
        {0x0600007f, 0x0000004f, "fnmadd.s D,S,T,R"},
        {0x0600007f, 0x0200004f, "fnmadd.d D,S,T,R"},
        {OPF, 0x00000053, "fadd.s D,S,T"},
        {OPF, 0x02000053, "fadd.d D,S,T"},
        {OPF, 0x08000053, "fsub.s D,S,T"},
        {OPF, 0x0a000053, "fsub.d D,S,T"},
        {OPF, 0x10000053, "fmul.s D,S,T"},
        {OPF, 0x12000053, "fmul.d D,S,T"},
        {OPF, 0x18000053, "fdiv.s D,S,T"},
        {OPF, 0x1a000053, "fdiv.d D,S,T"},
        {OPFU, 0x58000053, "fsqrt.s D,S"},
        {OPFU, 0x5a000053, "fsqrt.d D,S"},
        {OP37, 0x20000053, "fsgnj.s D,S,T"},
        {OP37, 0x22000053, "fsgnj.d D,S,T"},
        {OP37, 0x20001053, "fsgnjn.s D,S,T"},
        {OP37, 0x22001053, "fsgnjn.d D,S,T"},
        {OP37, 0x20002053, "fsgnjx.s D,S,T"},
        {OP37, 0x22002053, "fsgnjx.d D,S,T"},
        {OP37, 0x28000053, "fmin.s D,S,T"},
        {OP37, 0x2a000053, "fmin.d D,S,T"},
        {OP37, 0x28001053, "fmax.s D,S,T"},
        {OP37, 0x2a001053, "fmax.d D,S,T"},
        {OP37, 0xa0002053, "feq.s d,S,T"},
        {OP37, 0xa2002053, "feq.d d,S,T"},
        {OP37, 0xa0001053, "flt.s d,S,T"},
        {OP37, 0xa2001053, "flt.d d,S,T"},
        {OP37, 0xa0000053, "fle.s d,S,T"},
        {OP37, 0xa2000053, "fle.d d,S,T"},
        {OPFU, 0x40100053, "fcvt.s.d D,S"},
        {OPFU, 0x42000053, "fcvt.d.s D,S"},
        {OPFU, 0xc0000053, "fcvt.w.s d,S"},
        {OPFU, 0xc0100053, "fcvt.wu.s d,S"},
        {OPFU, 0xc0200053, "fcvt.l.s d,S"},
        {OPFU, 0xc0300053, "fcvt.lu.s d,S"},
        {OPFU, 0xc2000053, "fcvt.w.d d,S"},
        {OPFU, 0xc2100053, "fcvt.wu.d d,S"},
        {OPFU, 0xc2200053, "fcvt.l.d d,S"},
        {OPFU, 0xc2300053, "fcvt.lu.d d,S"},
        {OPFU, 0xd0000053, "fcvt.s.w D,s"},
        {OPFU, 0xd0100053, "fcvt.s.wu D,s"},
        {OPFU, 0xd0200053, "fcvt.s.l D,s"},
        {OPFU, 0xd0300053, "fcvt.s.lu D,s"},
        {OPFU, 0xd2000053, "fcvt.d.w D,s"},
        {OPFU, 0xd2100053, "fcvt.d.wu D,s"},
        {OPFU, 0xd2200053, "fcvt.d.l D,s"},
        {OPFU, 0xd2300053, "fcvt.d.lu D,s"},
        {0xfff0707f, 0xe0000053, "fmv.x.w d,S"},
        {0xfff0707f, 0xe2000053, "fmv.x.d d,S"},
        {0xfff0707f, 0xf0000053, "fmv.w.x D,s"},
        {0xfff0707f, 0xf2000053, "fmv.d.x D,s"},
        {0xfff0707f, 0xe0001053, "fclass.s d,S"},
        {0xfff0707f, 0xe2001053, "fclass.d d,S"},
        {OP37, 0x0800003b, "add.uw d,s,t"},
        {OP37, 0x20002033, "sh1add d,s,t"},
        {OP37, 0x20004033, "sh2add d,s,t"},
        {OP37, 0x20006033, "sh3add d,s,t"},
        {OP37, 0x2000203b, "sh1add.uw d,s,t"},
        {OP37, 0x2000403b, "sh2add.uw d,s,t"},
        {OP37, 0x2000603b, "sh3add.uw d,s,t"},
        {OP37, 0x40007033, "andn d,s,t"},
        {OP37, 0x40006033, "orn d,s,t"},
        {OP37, 0x40004033, "xnor d,s,t"},
        {OP37, 0x0a006033, "max d,s,t"},
        {OP37, 0x0a007033, "maxu d,s,t"},
        {OP37, 0x0a004033, "min d,s,t"},
        {OP37, 0x0a005033, "minu d,s,t"},
        {OP37, 0x60001033, "rol d,s,t"},
        {OP37, 0x60005033, "ror d,s,t"},
        {OP37, 0x6000103b, "rolw d,s,t"},
        {OP37, 0x6000503b, "rorw d,s,t"},
        {OP37, 0x48001033, "bclr d,s,t"},
        {OP37, 0x48005033, "bext d,s,t"},
        {OP37, 0x68001033, "binv d,s,t"},
        {OP37, 0x28001033, "bset d,s,t"},
        {0xfff0707f, 0x60001013, "clz d,s"},
        {0xfff0707f, 0x60101013, "ctz d,s"},
        {0xfff0707f, 0x60201013, "cpop d,s"},
        {0xfff0707f, 0x6000101b, "clzw d,s"},
        {0xfff0707f, 0x6010101b, "ctzw d,s"},
        {0xfff0707f, 0x6020101b, "cpopw d,s"},
        {0xfff0707f, 0x60401013, "sext.b d,s"},
        {0xfff0707f, 0x60501013, "sext.h d,s"},
        {0xfff0707f, 0x0800403b, "zext.h d,s"},
        {0xfff0707f, 0x28705013, "orc.b d,s"},
        {0xfff0707f, 0x6b805013, "rev8 d,s"},
        {OP36, 0x0800101b, "slli.uw d,s,h"},
        {OP36, 0x60005013, "rori d,s,h"},
        {OP36, 0x48001013, "bclri d,s,h"},
        {OP36, 0x48005013, "bexti d,s,h"},
        {OP36, 0x68001013, "binvi d,s,h"},
        {OP36, 0x28001013, "bseti d,s,h"},
        {OP37, 0x6000501b, "roriw d,s,h"},
};

struct output {
	char *text;
	size_t size, used;
};

static void put(struct output *out, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void put(struct output *out, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(out->text + out->used, out->size - out->used, format,
	              list);
	va_end(list);
	if (n > 0)
		out->used += (size_t)n;
	if (out->used >= out->size)
		out->used = out->size - 1;
}

static uint32_t bits(uint32_t code, unsigned high, unsigned low)
{
	return (code >> low) & ((UINT32_C(1) << (high - low + 1)) - 1);
}

/* Sign extension of the low WIDTH bits. */
static int64_t extend(uint32_t value, unsigned width)
{
	unsigned shift = 64 - width;

	return (int64_t)((uint64_t)value << shift) >> shift;
}

static int64_t store_immediate(uint32_t code)
{
	return extend(bits(code, 31, 25) << 5 | bits(code, 11, 7), 12);
}

static int64_t branch_offset(uint32_t code)
{
	return extend(bits(code, 31, 31) << 12 | bits(code, 7, 7) << 11 |
	                      bits(code, 30, 25) << 5 | bits(code, 11, 8) << 1,
	              13);
}

static int64_t jump_offset(uint32_t code)
{
	return extend(bits(code, 31, 31) << 20 | bits(code, 19, 12) << 12 |
	                      bits(code, 20, 20) << 11 |
	                      bits(code, 30, 21) << 1,
	              21);
}

static void put_operand(struct output *out, char kind, uint32_t code,
                        uint64_t address)
{
	const char *rs1 = x_names[bits(code, 19, 15)];

	switch (kind) {
	case 'd':
		put(out, "%s", x_names[bits(code, 11, 7)]);
		break;
	case 's':
		put(out, "%s", rs1);
		break;
	case 't':
		put(out, "%s", x_names[bits(code, 24, 20)]);
		break;
	case 'D':
		put(out, "%s", f_names[bits(code, 11, 7)]);
		break;
	case 'S':
		put(out, "%s", f_names[bits(code, 19, 15)]);
		break;
	case 'T':
		put(out, "%s", f_names[bits(code, 24, 20)]);
		break;
	case 'R':
		put(out, "%s", f_names[bits(code, 31, 27)]);
		break;
	case 'i':
		put(out, "%" PRId64, extend(bits(code, 31, 20), 12));
		break;
	case 'l':
		put(out, "%" PRId64 "(%s)", extend(bits(code, 31, 20), 12),
		    rs1);
		break;
	case 'o':
		put(out, "%" PRId64 "(%s)", store_immediate(code), rs1);
		break;
	case 'a':
		put(out, "(%s)", rs1);
		break;
	case 'b':
		put(out, "0x%" PRIx64, address + (uint64_t)branch_offset(code));
		break;
	case 'j':
		put(out, "0x%" PRIx64, address + (uint64_t)jump_offset(code));
		break;
	case 'u':
		put(out, "0x%x", bits(code, 31, 12));
		break;
	case 'h':
		put(out, "%u", bits(code, 25, 20));
		break;
	case 'c':
		put(out, "0x%x", bits(code, 31, 20));
		break;
	case 'z':
		put(out, "%u", bits(code, 19, 15));
		break;
	default:
		put(out, "%c", kind);
		break;
	}
}

static void print(struct output *out, const char *text, uint32_t code,
                  uint64_t address)
{
	size_t name = strcspn(text, " ");

	put(out, "%.*s", (int)name, text);
	if (!text[name])
		return;
	put(out, " ");
	for (const char *p = text + name + 1; *p; p++)
		put_operand(out, *p, code, address);
}

static bool decode_full(struct output *out, uint32_t code, uint64_t address)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if ((code & patterns[i].mask) == patterns[i].match) {
			print(out, patterns[i].text, code, address);
			return true;
		}
	return false;
}

unsigned riscv_disassemble(const uint8_t *code, size_t size, uint64_t address,
                           char *text, size_t text_size)
{
	struct output out = {text, text_size, 0};
	uint32_t word, full;

	if (size < 2)
		return 0;
	word = (uint32_t)code[0] | (uint32_t)code[1] << 8;
	if ((word & 3) != 3) {
		full = riscv_expand((uint16_t)word);
		if (!full || !decode_full(&out, full, address))
			put(&out, word == 0 ? "unimp" : ".half 0x%04x", word);
		return 2;
	}
	if (size < 4)
		return 0;
	word |= (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
	if (!decode_full(&out, word, address))
		put(&out, ".word 0x%08x", word);
	return 4;
}
