# SPDX-License-Identifier: ISC
"""What exploits share: the servers' protocols and packing."""

import importlib
import re
import socket
import struct
import time

from program import Program

ISAS = ("x86_64", "aarch64", "riscv64")

(HELLO, ECHO, KEY, LOGIN, MOTD, NOTE_NEW, NOTE_SET, NOTE_GET, NOTE_DROP,
 NOTE_PIN, NOTE_SHOW, COUNTER_ADD, COUNTER_GET, VARIABLE_SET, VARIABLE_CAST,
 VARIABLE_GET, LOG, NAME, PROFILE, TABLE, HEARTBEAT, STATUS, LABEL, JOB, RUN,
 ADDRESS) = range(1, 27)

SECRET_FILE = b"/etc/secret\0"
CHUNK = 1 << 16  # most that is read at once, whatever the server announces


def word(value):
    return struct.pack("<Q", value & (1 << 64) - 1)


def words(data):
    count = len(data) // 8
    return list(struct.unpack(f"<{count}Q", data[:count * 8]))


class Gone(Exception):
    """The server does not answer any more."""


class Connection:
    """One client of a server.  `values` is what the answers held, `evidence`
    what those held that the attacker keeps, `received` how many bytes all were;
    `last_sent` and `after_last` are when the last request left and how much came
    after it; `addresses` are those of all its connections."""

    def __init__(self, port, timeout):
        self.values = self.evidence = b""
        self.after_last = self.received = 0
        self.last_sent = self.ended = self.socket = None
        self.addresses = []
        self.port, self.timeout = port, timeout
        self.connect()

    def connect(self):
        """Anew, if there is a connection already."""
        if self.socket:
            self.socket.close()
        try:
            self.socket = socket.create_connection(("127.0.0.1", self.port),
                                                   self.timeout)
        except OSError:
            if not self.addresses:
                raise
            self.ended = time.monotonic()
            raise Gone from None
        self.socket.settimeout(self.timeout)
        self.addresses.append("%s:%d" % self.socket.getsockname())

    def send(self, data):
        self.after_last = 0
        self.last_sent = time.monotonic()
        try:
            self.socket.sendall(data)
        except OSError:
            self.ended = time.monotonic()
            raise Gone from None

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(min(size - len(data), CHUNK))
            except OSError:
                more = b""
            self.after_last += len(more)
            self.received += len(more)
            if not more:
                self.ended = time.monotonic()
                raise Gone
            data += more
        return data

    def read_until(self, end):
        data = b""
        while not data.endswith(end):
            data += self.read(1)
        return data

    def ask(self, *request):
        """What the server answers."""
        answer = self.quiet(*request)
        self.evidence += answer
        return answer

    def quiet(self, *request):
        """A request whose answer tells nothing."""
        self.send(self.encode(*request))
        answer = self.receive()
        self.values += answer
        return answer

    def another(self):
        """One more answer to the last request."""
        answer = self.receive()
        self.values += answer
        self.evidence += answer

    def take(self, size):
        """What the server sends outside its protocol."""
        data = self.read(size)
        self.values += data
        self.evidence += data


class Tlvd(Connection):
    PORT = 7000
    HONEST = (MOTD,)

    @staticmethod
    def encode(kind, value=b""):
        return struct.pack(">BBH", kind, 0, len(value)) + value

    def receive(self):
        return self.read(struct.unpack(">BBH", self.read(4))[2])


class Httpd(Connection):
    PORT = 8000
    HONEST = ("/",)

    @staticmethod
    def encode(path, headers=(), method="GET", body=b""):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers,
                 "", ""]
        return "\r\n".join(lines).encode() + body

    @classmethod
    def encode_put(cls, path, body):
        return cls.encode(path, [f"Content-Length: {len(body)}"], "PUT", body)

    def put(self, path, body):
        self.send(self.encode_put(path, body))
        self.another()

    def ask_range(self, path, first, last, *headers):
        return self.ask(path, [f"Range: bytes={first}-{last}", *headers])

    def receive(self):
        head = self.read_until(b"\r\n\r\n")
        size = re.search(rb"\r\nContent-Length: (\d+)", head)
        if not size:
            raise Gone  # it speaks another language now
        return self.read(int(size.group(1)))


class Kvd(Connection):
    PORT = 6000
    HONEST = ("MOTD",)

    @staticmethod
    def encode(*arguments):
        texts = [a if isinstance(a, bytes) else a.encode() for a in arguments]
        return b"*%d\r\n" % len(texts) + b"".join(
            b"$%d\r\n%s\r\n" % (len(text), text) for text in texts)

    def receive(self):
        head = self.read_until(b"\r\n")
        size = re.fullmatch(rb"\$(\d+)\r\n", head)
        return self.read(int(size.group(1)) + 2)[:-2] if size else head


SERVERS = {"tlvd": Tlvd, "httpd": Httpd, "kvd": Kvd}


class Exploit:
    """A file of this folder."""

    def __init__(self, name):
        self.module = importlib.import_module(name)
        self.server = getattr(self.module, "SERVER", "tlvd")
        self.build = self.module.BUILD
        self.payloads = getattr(self.module, "PAYLOADS", ISAS)

    def image(self, build):
        return build / "attacks" / f"{self.server}-{self.build}"

    def program(self, build, isa):
        return Program(build / f"attacks/{self.server}/{isa}-{self.build}")

    def connect(self, port, timeout):
        return SERVERS[self.server](port, timeout)

    def attack(self, client, program):
        """Sends it, until the server is gone or the attacker gives up."""
        try:
            self.module.attack(client, program)
        except Gone:
            pass
        except (IndexError, StopIteration, struct.error):
            pass  # the leak shows something that this payload has no use for
