# SPDX-License-Identifier: ISC
"""A look into the attacker's own copy of a server."""

import struct


class Program:
    """An ELF file: symbols, section contents, calls."""

    def __init__(self, path):
        self.path = path
        self.data = path.read_bytes()
        self.machine = struct.unpack_from("<H", self.data, 18)[0]
        table, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        raw = [struct.unpack_from("<IIQQQQIIQQ", self.data, table + i * size)
               for i in range(count)]
        self.sections = {self.text(raw[names][4] + s[0]): s for s in raw}
        self.symbols = {}
        self.sizes = {}
        tables = (".symtab", ".strtab")
        if tables[0] not in self.sections:
            tables = (".dynsym", ".dynstr")  # a library without its names
        for name, value, length in self.read_symbols(*tables):
            self.symbols.setdefault(name, value)
            self.sizes.setdefault(name, length)

    def text(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def read_symbols(self, table, strings):
        section = self.sections[table]
        for at in range(section[4], section[4] + section[5], 24):
            name, _, _, _, value, size = struct.unpack_from("<IBBHQQ", self.data, at)
            yield self.text(self.sections[strings][4] + name), value, size

    def __getitem__(self, name):
        return self.symbols[name]

    def get(self, name):
        """0 if there is no such symbol."""
        return self.symbols.get(name, 0)

    def bytes_at(self, address, size):
        for s in self.sections.values():
            if s[1] != 8 and s[3] <= address < s[3] + s[5] and s[3]:
                at = s[4] + address - s[3]
                return self.data[at:at + size]
        raise KeyError(hex(address))

    def code(self):
        """Address and bytes of the section that most code is in."""
        section = self.sections[".text"]
        return section[3], self.bytes_at(section[3], section[5])

    def find_code(self, wanted):
        """Where WANTED, some bytes, is part of the code."""
        start, code = self.code()
        return start + code.index(wanted)

    def find_data(self, wanted):
        """Where WANTED is among the data that do not change."""
        section = self.sections[".rodata"]
        return section[3] + self.bytes_at(section[3], section[5]).index(wanted)

    @property
    def isa(self):
        return self.path.name.split("-")[0]

    def injected(self):
        """Code of the attacker's own, attacks/injected, for this instruction set."""
        return (self.path.parent.parent / f"injected/{self.isa}").read_bytes()

    def c_library(self):
        folder = self.path.parent
        return Program(folder.parent / f"{folder.name}-root/{self.isa}/lib/libc.so.6")

    def got(self, function):
        """Where the address of an imported FUNCTION is kept."""
        names = [n for n, _, _ in self.read_symbols(".dynsym", ".dynstr")]
        section = self.sections[".rela.plt"]
        for at in range(section[4], section[4] + section[5], 24):
            place, info = struct.unpack_from("<QQ", self.data, at)
            if names[info >> 32] == function:
                return place
        raise KeyError(function)

    def calls(self, caller, callee=None):
        """(address, return address) of the calls in a function: direct ones to
        CALLEE, or the indirect ones."""
        to = None if callee is None else self[callee]
        return [(at, after) for at, after, target in
                self.calls_within(self[caller], self.sizes[caller])
                if target == to]

    def calls_within(self, start, size):
        """(address, return address, target or None) of the calls in SIZE bytes of
        code from START on."""
        code = self.bytes_at(start, size)
        scan = {62: calls_x86_64, 183: calls_aarch64, 243: calls_riscv64}
        return [(start + at, start + at + length, target)
                for at, length, target in scan[self.machine](code, start)]


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


def calls_x86_64(code, start):
    for at in range(len(code) - 1):
        if code[at] == 0xe8 and at + 5 <= len(code):
            distance, = struct.unpack_from("<i", code, at + 1)
            yield at, 5, start + at + 5 + distance
        elif code[at] == 0xff and code[at + 1] >> 3 & 7 == 2:
            mode, low = code[at + 1] >> 6, code[at + 1] & 7
            size = 2 + (mode != 3 and low == 4) + {0: 0, 1: 1, 2: 4, 3: 0}[mode]
            yield at, size, None


def calls_aarch64(code, start):
    for at in range(0, len(code), 4):
        insn, = struct.unpack_from("<I", code, at)
        if insn >> 26 == 0x25:
            yield at, 4, start + at + 4 * signed(insn & 0x3ffffff, 26)
        elif insn & 0xfffffc1f == 0xd63f0000:
            yield at, 4, None


def calls_riscv64(code, start):
    at = 0
    while at + 2 <= len(code):
        half, = struct.unpack_from("<H", code, at)
        if half & 3 != 3:
            if half & 0xf07f == 0x9002 and half >> 7 & 31:
                yield at, 2, None
            at += 2
            continue
        insn, = struct.unpack_from("<I", code, at)
        if insn & 0xfff == 0x0ef:
            distance = (insn >> 31 << 20 | (insn >> 12 & 0xff) << 12 |
                        (insn >> 20 & 1) << 11 | (insn >> 21 & 0x3ff) << 1)
            yield at, 4, start + at + signed(distance, 21)
        at += 4
