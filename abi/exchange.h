/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_EXCHANGE_H
#define BH_ABI_EXCHANGE_H

/*
 * The exchange area: the one piece of memory that a variant shares with exo.
 *
 *      offset 0                       control page (core and exo only)
 *      BH_AREA_SUBMISSION             submission buffer (guest writes)
 *      + submission size              completion buffer (exo writes)
 *
 * Both buffers are a power of two of at least BH_AREA_BUFFER_MIN bytes, fixed
 * when the domain is created.  The guest sees the submission buffer
 * read-write and the completion buffer read-only; it never sees the control
 * page.  Each variant has an area of its own.
 *
 * One exchange: the guest fills the submission buffer (header, then a batch
 * of records) and makes the hypercall BH_CALL_EXCHANGE.  The core posts it by
 * raising `posted` and ringing its doorbell.  When all variants of the domain
 * have posted, exo copies the first submission, compares the others with the
 * copy byte for byte, acts on it, and, when what the guest waits for is there,
 * writes the same completion buffer for every variant and raises `completed`.
 *
 * Trust: exo copies what it needs once, checks the copy and uses only the
 * copy.  A variant that changes its area meanwhile can change nothing that
 * exo has already compared.  Of the completion buffer and of its own half of
 * the control page exo never reads anything back.
 */

#include "base.h"

#define BH_AREA_CONTROL 0u
#define BH_AREA_CONTROL_SIZE 4096u
#define BH_AREA_SUBMISSION 4096u
#define BH_AREA_BUFFER_MIN 4096u
#define BH_AREA_BUFFER_DEFAULT 65536u
#define BH_AREA_BUFFER_MAX (1u << 24)

/* What an exchange waits for. */
enum bh_wait {
	BH_WAIT_NONE = 0, /* nothing: return at once with whatever is there */
	BH_WAIT_ANY = 1,  /* at least one record */
	BH_WAIT_TAG = 2,  /* the reply whose tag is `wait_tag`: it is in the batch,
	                     or, if `more` is set, in one of the next */
};

/*
 * Header of the submission buffer, written by the guest and compared between
 * variants together with the batch; all but the deadline, which is no output.
 * exo waits until the earliest of the variants' deadlines, and those that wait
 * for a later one wait again.
 */
struct bh_submission {
	uint32_t bytes;       /* length of the batch after this header, a
	                         multiple of BH_RECORD_ALIGN */
	uint32_t count;       /* number of records in the batch */
	uint32_t wait;        /* enum bh_wait */
	uint32_t reserved0;   /* zero */
	uint64_t exchange;    /* 1 for the first exchange, then 2, 3, ... */
	uint64_t wait_tag;    /* for BH_WAIT_TAG, else zero */
	uint64_t deadline;    /* return no later than this monotonic time even if
	                         nothing has come; BH_NEVER: no deadline */
	uint64_t reserved[3]; /* zero */
};

#define BH_NEVER UINT64_MAX

BH_ASSERT_SIZE(bh_submission, 64);
BH_ASSERT_OFFSET(bh_submission, count, 4);
BH_ASSERT_OFFSET(bh_submission, wait, 8);
BH_ASSERT_OFFSET(bh_submission, exchange, 16);
BH_ASSERT_OFFSET(bh_submission, wait_tag, 24);
BH_ASSERT_OFFSET(bh_submission, deadline, 32);

/* Header of the completion buffer, written by exo, the same for every variant. */
struct bh_completion {
	uint32_t bytes;       /* length of the batch after this header */
	uint32_t count;       /* number of records in the batch */
	int32_t status;       /* 0: what was waited for is there;
	                         -BH_ETIMEDOUT: a variant's deadline came first */
	uint32_t more;        /* 1 if records are left for the next exchange */
	uint64_t exchange;    /* the exchange that this completes */
	uint64_t monotonic;   /* time since the cell started, never goes back */
	uint64_t realtime;    /* time since 1970-01-01T00:00:00Z, no leap seconds */
	uint64_t reserved[3]; /* zero */
};

BH_ASSERT_SIZE(bh_completion, 64);
BH_ASSERT_OFFSET(bh_completion, count, 4);
BH_ASSERT_OFFSET(bh_completion, status, 8);
BH_ASSERT_OFFSET(bh_completion, more, 12);
BH_ASSERT_OFFSET(bh_completion, exchange, 16);
BH_ASSERT_OFFSET(bh_completion, monotonic, 24);
BH_ASSERT_OFFSET(bh_completion, realtime, 32);

/* What a core posts. */
enum bh_post {
	BH_POST_NONE = 0,
	BH_POST_READY = 1,    /* the image is loaded, the guest has not started */
	BH_POST_EXCHANGE = 2, /* the guest made the hypercall */
	BH_POST_FAULT = 3,    /* the guest faulted and cannot go on; the control
	                         page's state says how */
	BH_POST_ERROR = 4,    /* the core could not start the guest; the control
	                         page's message says why */
	BH_POST_STATE = 5,    /* the answer to BH_COMMAND_DESCRIBE, or to the
	                         signal that interrupts a guest which computes */
};

/* What exo tells a core along with a completion. */
enum bh_command {
	BH_COMMAND_RUN = 0,      /* go on with the guest */
	BH_COMMAND_DESCRIBE = 1, /* fill in `state`, post BH_POST_STATE, wait */
	BH_COMMAND_STOP = 2,     /* exit */
};

/*
 * The control page's first two cache lines.  Each has one writer.
 *
 * `posted` and `completed` count modulo 2^32.  A core posts by storing `kind`,
 * then `posted` + 1 (release), then writing 1 to its doorbell (an eventfd)
 * unless exo_polling is set, and waits (futex) until `completed` equals
 * `posted`.  exo answers a post by storing `command`, then `completed`
 * (release), then waking the futex if variant_waiting is set.
 * A core that starts takes `completed` as it finds it for its first `posted`;
 * so exo, before it uses an area again, lets the two agree.
 * See Linux's futex(2) and eventfd(2).
 */
struct bh_control_variant {
	uint32_t posted;
	uint32_t kind;            /* enum bh_post */
	uint32_t variant_waiting; /* 1 while the core sleeps on `completed` */
	uint32_t reserved[13];
};

struct bh_control_exo {
	uint32_t completed;
	uint32_t command;     /* enum bh_command */
	uint32_t exo_polling; /* 1 while exo looks at `posted` without a doorbell */
	uint32_t requests;    /* devices: raised when a request comes while nothing
	                         is posted, see device.h */
	uint32_t reserved[12];
};

/* A fault as the monitor sees it; coarse enough to be alike on all ISAs. */
enum bh_fault {
	BH_FAULT_NONE = 0,
	BH_FAULT_READ = 1,        /* data read from where nothing is readable */
	BH_FAULT_WRITE = 2,       /* data write to where nothing is writable */
	BH_FAULT_EXECUTE = 3,     /* instruction fetch from where nothing is
	                             executable */
	BH_FAULT_INSTRUCTION = 4, /* undefined or privileged instruction */
	BH_FAULT_TRAP = 5,        /* an instruction whose purpose is to trap: ud2,
	                             int3; brk; ebreak, unimp */
	BH_FAULT_ARITHMETIC = 6,  /* trapping integer or FP arithmetic */
	BH_FAULT_SYSCALL = 7,     /* a system call instruction and no handler */
	BH_FAULT_ALIGNMENT = 8,
	BH_FAULT_HYPERCALL = 9,   /* an unknown or malformed hypercall */
	BH_FAULT_OTHER = 10,      /* what the core could not classify */
};

#define BH_STATE_BACKTRACE 16u
#define BH_STATE_CODE 48u
#define BH_STATE_STACK 256u

/*
 * Where a variant stands, for the report.  It comes from an untrusted process
 * and is shown to people, never acted upon.
 *
 * Register order: x86-64 rax rcx rdx rbx rsp rbp rsi rdi r8..r15 (the order of
 * their encoding); aarch64 x0..x30, then sp; riscv64 x0..x31.
 */
struct bh_core_state {
	uint32_t fault;         /* enum bh_fault; NONE while it is well */
	uint32_t isa;           /* enum bh_isa */
	uint64_t address;       /* data address of a memory fault, else zero */
	uint64_t pc;            /* for a guest in a hypercall: the return address */
	uint64_t flags;         /* rflags, PSTATE, or zero on riscv64 */
	uint64_t bias;          /* load address minus link address of the image */
	uint64_t registers[32];
	uint64_t code_address;  /* address of code[0]; at or shortly before pc */
	uint64_t stack_address; /* address of stack[0]: the stack pointer */
	uint32_t code_size;     /* readable bytes in code */
	uint32_t stack_size;    /* readable bytes in stack */
	uint32_t backtrace_count;
	uint32_t reserved;
	uint64_t backtrace[BH_STATE_BACKTRACE]; /* return addresses, innermost
	                                           first, by frame pointers */
	uint8_t code[BH_STATE_CODE];
	uint8_t stack[BH_STATE_STACK];
	uint64_t thread_pointer;
};

BH_ASSERT_SIZE(bh_core_state, 768);
BH_ASSERT_OFFSET(bh_core_state, address, 8);
BH_ASSERT_OFFSET(bh_core_state, pc, 16);
BH_ASSERT_OFFSET(bh_core_state, flags, 24);
BH_ASSERT_OFFSET(bh_core_state, bias, 32);
BH_ASSERT_OFFSET(bh_core_state, registers, 40);
BH_ASSERT_OFFSET(bh_core_state, code_address, 296);
BH_ASSERT_OFFSET(bh_core_state, stack_address, 304);
BH_ASSERT_OFFSET(bh_core_state, code_size, 312);
BH_ASSERT_OFFSET(bh_core_state, stack_size, 316);
BH_ASSERT_OFFSET(bh_core_state, backtrace_count, 320);
BH_ASSERT_OFFSET(bh_core_state, backtrace, 328);
BH_ASSERT_OFFSET(bh_core_state, code, 456);
BH_ASSERT_OFFSET(bh_core_state, stack, 504);
BH_ASSERT_OFFSET(bh_core_state, thread_pointer, 760);

#define BH_CONTROL_MESSAGE_SIZE 512u

struct bh_control {
	struct bh_control_variant variant;
	struct bh_control_exo exo;
	char message[BH_CONTROL_MESSAGE_SIZE]; /* BH_POST_ERROR: one line, UTF-8,
	                                          zero-terminated */
	struct bh_core_state state;
	uint8_t reserved[4096 - 128 - 512 - 768];
};

BH_ASSERT_SIZE(bh_control_variant, 64);
BH_ASSERT_OFFSET(bh_control_variant, posted, 0);
BH_ASSERT_OFFSET(bh_control_variant, kind, 4);
BH_ASSERT_OFFSET(bh_control_variant, variant_waiting, 8);
BH_ASSERT_SIZE(bh_control_exo, 64);
BH_ASSERT_OFFSET(bh_control_exo, completed, 0);
BH_ASSERT_OFFSET(bh_control_exo, command, 4);
BH_ASSERT_OFFSET(bh_control_exo, exo_polling, 8);
BH_ASSERT_OFFSET(bh_control_exo, requests, 12);
BH_ASSERT_SIZE(bh_control, 4096);
BH_ASSERT_OFFSET(bh_control, exo, 64);
BH_ASSERT_OFFSET(bh_control, message, 128);
BH_ASSERT_OFFSET(bh_control, state, 640);

#endif
