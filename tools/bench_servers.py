# SPDX-License-Identifier: ISC
"""The part of tools/bench that loads real servers (docs/bench.md)."""

import csv
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections import namedtuple
from pathlib import Path

from bench_common import (BH, BUILD, Failed, children, command_of, compare,
                          record, results, run, say, skip)

SERVER_ROUNDS = int(os.environ.get("SERVER_ROUNDS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
THREE = ["x86_64", "aarch64", "riscv64"]
ON_UNICORN = "three ISAs, two on unicorn"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# --- the server --------------------------------------------------------------

class Server:
    """A server from an image: by Linux itself (no variants), or under bh, which
    can be given more options."""

    ports = {"lighttpd": 80, "redis": 6379}
    commands = {"lighttpd": ["/usr/sbin/lighttpd", "-D", "-f"],
                "redis": ["/usr/bin/redis-server"]}
    configurations = {"lighttpd": ("lighttpd/lighttpd.conf",
                                   "server.port = 80", "server.port = %d"),
                      "redis": ("redis/redis.conf", "port 6379", "port %d")}

    def __init__(self, name, isas, options=(), image=None):
        self.name, self.isas, self.port = name, isas, free_port()
        self.options = options
        self.image = str(image or BUILD / "images" / name)

    def argv(self, folder):
        if self.isas:
            isas = [o for isa in self.isas for o in ("--isa", isa)]
            return [BH, "run", *isas, *self.options, "--env", "bh.log=off",
                    "--publish", "127.0.0.1:%d:%d" % (
                        self.port, self.ports[self.name]), self.image]
        root = Path(folder) / "root"
        run(["fsck.erofs", "--extract=%s" % root, str(
            BUILD / "images" / self.name / "x86_64.erofs")])
        file, old, new = self.configurations[self.name]
        text = (Path(__file__).parent.parent / "examples" / file).read_text()
        text = text.replace(old, new % self.port) \
            .replace("/dev/stderr", "/tmp/log")
        (root / "dev").mkdir(exist_ok=True)
        (root / "tmp").mkdir(exist_ok=True)
        (root / "bench.conf").write_text(text)
        return ["unshare", "-rm", "sh", "-c",
                "mount --rbind /dev $0/dev && exec chroot $0 \"$@\"",
                str(root), *self.commands[self.name], "/bench.conf"]

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        argv = self.argv(self.folder.name)  # unpacks the image for Linux
        start = self.started = time.perf_counter()
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                if time.perf_counter() - start > 60 or \
                        self.process.poll() is not None:
                    self.__exit__()
                    raise Failed("%s does not start" % self.name)
                time.sleep(0.001)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def processes(self):
        """Process numbers by what they are; each variant has its own."""
        if not self.isas:
            return {"server": self.process.pid}
        found, cores = {}, []
        for pid in [self.process.pid] + children(self.process.pid):
            name = command_of(pid)
            if name.startswith("bh-core-"):
                cores.append((pid, name[len("bh-core-"):]))
            elif name.startswith("bh-"):  # not the launcher's own
                found[name[len("bh-"):]] = pid
        # The launcher starts the variants in their order.
        for number, (pid, kind) in enumerate(sorted(cores), 1):
            found["variant %d (%s)" % (number, kind)] = pid
        return found

    def cpu_times(self):
        """Seconds of CPU time so far, by what the process is."""
        return {name: cpu_time(pid) for name, pid in self.processes().items()}

    def resident(self):
        """KiB resident in what executes the program: one variant, or itself."""
        pids = [pid for name, pid in self.processes().items()
                if name.startswith(("variant", "server"))]
        status = Path("/proc/%d/status" % pids[0]).read_text()
        return int(re.search(r"VmRSS:\s+([0-9]+)", status).group(1))


def cpu_time(pid):
    """Of the threads that live, but exact: /proc/PID/stat counts ticks."""
    return sum(int((thread / "schedstat").read_text().split()[0]) / 1e9
               for thread in Path("/proc/%d/task" % pid).iterdir())


# --- the load ----------------------------------------------------------------

# What a client has seen: how many requests, how many per second, and the latency
# in microseconds that half of them, and all but one in a hundred, stay below.
Seen = namedtuple("Seen", "requests rate p50 p99")

UNITS = {"us": 1, "ms": 1000, "s": 1000000}


def microseconds(text):
    value, unit = re.fullmatch(r"([0-9.]+)(us|ms|s)", text).groups()
    return float(value) * UNITS[unit]


class Wrk:
    """wrk, which asks for a small file over and over."""

    def __init__(self, connections):
        self.connections = connections

    def ask(self, server, seconds):
        out = run(["wrk", "-t1", "-c%d" % self.connections, "-d%ds" % seconds,
                   "--latency", "http://127.0.0.1:%d/" % server.port])
        if "Non-2xx" in out or "Socket errors" in out:
            raise Failed("wrk: " + out)
        number = re.search(r"([0-9]+) requests in", out).group(1)
        rate = re.search(r"Requests/sec: +([0-9.]+)", out).group(1)
        if number == "0":
            raise Failed("wrk: no request was answered")
        latency = dict(re.findall(r"^ +(50|99)% +(\S+)$", out, re.M))
        return Seen(int(number), float(rate), microseconds(latency["50"]),
                    microseconds(latency["99"]))

    def warm_up(self, server):
        self.ask(server, 1)

    def measure(self, server):
        return self.ask(server, SECONDS)


class RedisBenchmark:
    """redis-benchmark; it takes a number of requests, not a time."""

    LEAST_SECONDS = 0.3  # for a first estimate

    def __init__(self, test, pipeline, connections=50):
        # Fewer would measure how long the connections take to be made.
        self.least = 20 * pipeline * connections
        self.options = ["-t", test, "-P", str(pipeline), "-c",
                        str(connections)]

    def ask(self, server, count):
        out = run(["redis-benchmark", "-p", str(server.port), "-n", str(count),
                   "--csv", *self.options])
        heading, values = csv.reader(out.splitlines()[-2:])
        row = dict(zip(heading, values))
        return Seen(count, float(row["rps"]),
                    1000 * float(row["p50_latency_ms"]),
                    1000 * float(row["p99_latency_ms"]))

    def warm_up(self, server):
        count, seconds = self.least, 0
        while seconds < self.LEAST_SECONDS:
            count *= 2
            start = time.perf_counter()
            self.ask(server, count)
            seconds = time.perf_counter() - start
        self.count = max(self.least, int(count / seconds * SECONDS))

    def measure(self, server):
        return self.ask(server, self.count)


# --- the comparison ----------------------------------------------------------

# One run: what the client has seen, CPU time of each process per request in
# microseconds, and KiB resident.
Run = namedtuple("Run", "seen cpu resident")


def measure(server, load):
    load.warm_up(server)
    before = server.cpu_times()
    seen = load.measure(server)
    after = server.cpu_times()
    cpu = {name: 1e6 * (after[name] - before[name]) / seen.requests
           for name in after if name in before}
    return Run(seen, cpu, server.resident())


def median_of(values):
    return statistics.median(list(values))


def row(title, kind, runs, baseline=None, baseline_runs=(), goal=None):
    rates = [r.seen.rate for r in runs]
    found = {"name": "%s, %s" % (title, kind), "unit": "/s",
             "value": median_of(rates), "lowest": min(rates),
             "highest": max(rates), "better": "higher", "rounds": len(runs),
             "latency_us": {"p50": median_of(r.seen.p50 for r in runs),
                            "p99": median_of(r.seen.p99 for r in runs)},
             "cpu_us_per_request": {
                 name: median_of(r.cpu[name] for r in runs)
                 for name in runs[0].cpu}}
    if baseline:
        found["baseline"] = baseline
        found["baseline_value"] = median_of(r.seen.rate for r in baseline_runs)
        found["ratio"] = found["value"] / found["baseline_value"]
        found["goal"] = goal
    results.append(found)


def rounds(title, name, load, kinds):
    """All runs of each kind that could be measured; those of one round follow
    each other, so that what else the machine does meets all of them.  A kind is
    what a Server takes: instruction sets and, if wanted, options."""
    runs = {kind: [] for kind in kinds}
    for round_ in range(SERVER_ROUNDS):
        for kind, arguments in kinds.items():
            if kind not in runs:
                continue
            say("%s, %s, round %d of %d" % (title, kind, round_ + 1,
                                            SERVER_ROUNDS))
            try:
                with Server(name, *arguments) as server:
                    runs[kind].append(measure(server, load))
            except Failed as problem:
                skip("%s, %s" % (title, kind), problem)
                del runs[kind]
    return runs


def compare_servers(title, name, load, with_unicorn=False):
    kinds = {"Linux": ([],), "1 native": (THREE[:1],),
             "2 native": (THREE[:1] * 2,), "three ISAs": (THREE,)}
    if with_unicorn:
        kinds[ON_UNICORN] = (THREE[:1] + [isa + ":unicorn"
                                          for isa in THREE[1:]],)
    if name == "lighttpd" and os.access("/dev/kvm", os.R_OK | os.W_OK):
        kinds["1 kvm"] = (["x86_64:kvm"],)
    # Which others they are compared with, and the least ratio that is wanted.
    goals = {"1 native": ("Linux", 0.7), "2 native": ("1 native", 0.8),
             ON_UNICORN: ("three ISAs", None)}
    runs = rounds(title, name, load, kinds)
    for kind in runs:
        baseline, goal = goals.get(kind, ("1 native", None))
        if kind == "Linux" or baseline not in runs:
            row(title, kind, runs[kind])
        else:
            row(title, kind, runs[kind], baseline, runs[baseline], goal)
    return runs


def record_memory(name, runs):
    if "Linux" in runs and "1 native" in runs:
        record("resident memory of a native variant of %s beyond %s on Linux"
               % (name, name), "KiB",
               median_of(r.resident for r in runs["1 native"]) -
               median_of(r.resident for r in runs["Linux"]), 8192)


def record_share(title, runs):
    """Of the CPU time of a set, what exo with the monitor takes."""
    if "three ISAs" in runs:
        record("share of exo in the CPU time, %s, three ISAs" % title, "%",
               median_of(100 * r.cpu["exo"] / sum(r.cpu.values())
                         for r in runs["three ISAs"]), 10)


def bench_servers():
    title = "lighttpd, small file"
    runs = compare_servers(title, "lighttpd", Wrk(64), True)
    record_memory("lighttpd", runs)
    record_share(title, runs)
    compare_servers("lighttpd, small file, 1 connection", "lighttpd", Wrk(1))
    for test in ["get", "set"]:
        for pipeline in [1, 16]:
            title = "redis %s, pipeline %d" % (test, pipeline)
            runs = compare_servers(title, "redis",
                                   RedisBenchmark(test, pipeline),
                                   (test, pipeline) == ("get", 1))
            record_share(title, runs)
    record_memory("redis", runs)
    compare_servers("redis get, 1 connection", "redis",
                    RedisBenchmark("get", 1, 1))


def row_of_cpu(title, kind, runs, baseline, baseline_runs):
    """CPU time of all processes: a busy machine changes it less than rates."""
    ours, theirs = ([sum(r.cpu.values()) for r in some]
                    for some in (runs, baseline_runs))
    results.append({"name": "CPU time per request, %s, %s" % (title, kind),
                    "unit": "us", "value": median_of(ours),
                    "lowest": min(ours), "highest": max(ours),
                    "baseline": baseline, "baseline_value": median_of(theirs),
                    "ratio": median_of(ours) / median_of(theirs),
                    "better": "lower", "rounds": len(ours)})


def compare_diverse(title, name, load):
    """What --diversify costs."""
    plain = {"2 native": THREE[:1] * 2, "three ISAs": THREE}
    kinds = {}
    for kind, isas in plain.items():
        kinds[kind] = (isas,)
        kinds[kind + ", diverse"] = (isas, ["--diversify"])
    runs = rounds(title, name, load, kinds)
    for kind in plain:
        diverse = kind + ", diverse"
        if kind in runs and diverse in runs:
            for add in row, row_of_cpu:
                add(title, diverse, runs[diverse], kind, runs[kind])


def bench_diversity():
    compare_diverse("lighttpd, small file", "lighttpd", Wrk(64))
    compare_diverse("redis get, pipeline 1", "redis", RedisBenchmark("get", 1))


# --- start -------------------------------------------------------------------

def boot(isas, image=None):
    """Milliseconds until lighttpd accepts a connection that it answers."""
    with Server("lighttpd", isas, image=image) as server:
        with socket.create_connection(("127.0.0.1", server.port), 60) as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if not s.recv(1):
                raise Failed("lighttpd: no answer")
        return (time.perf_counter() - server.started) * 1000


def translated(image):
    """Milliseconds to translate it ahead of time."""
    start = time.perf_counter()
    run([BH, "translate", str(image)])
    return (time.perf_counter() - start) * 1000


def kept_sizes(image):
    """Of its translations, as multiples of the code."""
    return [float(x) for x in re.findall(r"blocks, \d+ KiB \(([0-9.]+)x\)",
                                         run([BH, "inspect", str(image)]))]


def bench_kept():
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "lighttpd"
        shutil.copytree(BUILD / "images/lighttpd", image)
        record("translating lighttpd and its libraries ahead of time", "ms",
               translated(image), goal=60000)
        record("size of what is kept, a multiple of the code", "x",
               max(kept_sizes(image)), goal=5)
        time.sleep(3)  # files that are so new are measured each time
        boot(THREE, image)
        compare("lighttpd until its first answer, three ISAs, translated "
                "ahead of time", "ms", lambda: boot(THREE, image),
                "translated while it runs", lambda: boot(THREE), "lower")


def bench_boot():
    for name, isas, goal in [("1 native variant", THREE[:1], 60),
                             ("three ISAs", THREE, 2000)]:
        compare("lighttpd until its first answer, " + name, "ms",
                lambda i=isas: boot(i), "Linux", lambda: boot([]), "lower")
        results[-1]["goal_value"] = goal
    bench_kept()
