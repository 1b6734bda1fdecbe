#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""kept_change.py FILE WHAT: spoils kept translations (xlate/kept.h): their magic
number, the build that they are of, all host code, or what all guest code is."""

import struct
import sys

HEADER, UNIT = 104, 40
path, what = sys.argv[1:]
data = bytearray(open(path, "rb").read())
if what == "magic":
    data[0] ^= 1
if what == "build":
    data[16] ^= 1
at, end = HEADER, struct.unpack_from("<Q", data, 56)[0]
while what in ("code", "source") and at < end:
    (size, _, pendings, pcs, literals, exits, deferred, _, _, blocks, links,
     origins) = struct.unpack_from("<12H", data, at + 12)
    if what == "code":
        data[at + UNIT:at + UNIT + size] = b"\xcc" * size
    else:
        data[at] ^= 1
    at += UNIT + size + 4 * (pendings + exits + deferred)
    at += 2 * (pcs + literals) + blocks + links + origins
    at += -at % 4
open(path, "wb").write(data)
