# SPDX-License-Identifier: ISC
"""What the parts of tools/bench have in common: running programs, comparing two
figures in turns, and the results, which end in BUILD/bench.json."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

BUILD = Path(sys.argv[1]).resolve()
ROUNDS = int(os.environ.get("ROUNDS", "7"))
BH = str(BUILD / "bh")
results = []


class Failed(Exception):
    """What cannot be measured, and why."""


def run(argv, **options):
    """What the program writes to its standard output."""
    done = subprocess.run(argv, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=300, **options)
    if done.returncode != 0:
        raise Failed("%s: exit %d: %s" % (" ".join(map(str, argv)),
                                          done.returncode,
                                          (done.stderr or done.stdout).strip()))
    return done.stdout


def say(text):
    """Shows progress to a person."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
        sys.stderr.flush()


def skip(name, problem):
    results.append({"name": name, "skipped": str(problem)})


def record(name, unit, value, goal=None):
    """A figure that is compared with a fixed goal alone."""
    results.append({"name": name, "unit": unit, "value": value, "goal": goal})


def compare(name, unit, measure, baseline_name, baseline, better, limit=None):
    """Interleaves both, records medians and their ratio."""
    ours, theirs = [], []
    try:
        for round_ in range(ROUNDS):
            say("%s, round %d of %d" % (name, round_ + 1, ROUNDS))
            theirs.append(baseline())
            ours.append(measure())
    except Failed as problem:
        skip(name, problem)
        return
    a, b = statistics.median(ours), statistics.median(theirs)
    results.append({"name": name, "unit": unit, "value": a,
                    "lowest": min(ours), "highest": max(ours),
                    "baseline": baseline_name, "baseline_value": b,
                    "ratio": a / b if b else None, "better": better,
                    "goal": limit, "rounds": ROUNDS})


def children(pid):
    """All processes below PID."""
    found = []
    for child in Path("/proc/%d/task/%d/children" % (pid, pid)) \
            .read_text().split():
        found += [int(child)] + children(int(child))
    return found


def command_of(pid):
    return Path("/proc/%d/comm" % pid).read_text().strip()
