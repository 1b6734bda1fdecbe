# SPDX-License-Identifier: ISC
"""The sets that are attacked, and words for what comes of it."""

from common import ISAS

SETS = {isa: (isa,) for isa in ISAS}
SETS["twice"] = ("x86_64", "x86_64")
SETS["three"] = ISAS
SETS["twice-diverse"] = SETS["twice"]
SETS["three-diverse"] = ISAS
OPTIONS = {"twice-diverse": ["--diversify"], "three-diverse": ["--diversify"]}
TITLES = {"x86_64": "x86-64 alone", "aarch64": "aarch64 alone",
          "riscv64": "riscv64 alone", "twice": "2 x x86-64",
          "three": "three ISAs", "twice-diverse": "2 x, diverse",
          "three-diverse": "three, diverse"}


def left(result):
    """How much left after the last request of a stopped attack: what the client
    got, what the variants agreed to send, or what the client got without that."""
    if result["outcome"] != "stopped":
        return 0
    return max(result["after"], result["left_in_trace"],
               result["received"] - result["sent_in_trace"])


def text_of(result, which):
    if result["outcome"] == "stopped":
        return (f"stopped at exchange {result['exchange']}: "
                f"{left(result)} bytes left")
    if result["outcome"] == "owned" and len(SETS[which]) > 1:
        return "missed"
    return result["outcome"]


def cell(results, which):
    """What came of all attempts; if all the same, the one that told most."""
    kinds = {}
    for result in results:
        kinds.setdefault(result["outcome"], []).append(result)
    if len(kinds) == 1:
        return text_of(max(results, key=left), which)
    return ", ".join(f"{len(same)} {text_of(same[0], which).split(' at ')[0]}"
                     for same in kinds.values())


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
