# SPDX-License-Identifier: ISC
# Clients of tests/guests/net.c: net_client.py PORT UDPPORT,
# or net_client.py break PORT PID.
import os, signal, socket, struct, sys, threading, time


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def read_all(s):
    parts = []
    while True:
        b = s.recv(1 << 20)
        if not b:
            return b"".join(parts)
        parts.append(b)


def big(port):
    s = connect(port)
    data = os.urandom(3 << 20)

    def send():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    t = threading.Thread(target=send)
    t.start()
    assert read_all(s) == data, "a big transfer differs"
    t.join()


def many(port):
    all_ = [connect(port) for _ in range(500)]
    for i, s in enumerate(all_):
        s.sendall(b"%d" % i)
    for i, s in enumerate(all_):
        assert s.recv(10) == b"%d" % i, "connections are mixed up"


def slow_and_reset(port):
    slow = connect(port)
    slow.setblocking(False)
    try:
        while True:
            slow.send(b"x" * 65536)
    except BlockingIOError:
        pass
    # A slow client stalls nobody.
    s = connect(port)
    s.sendall(b"quick")
    assert s.recv(10) == b"quick", "a slow client stalls another"
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    slow.close()
    s.sendall(b"again")
    assert s.recv(10) == b"again", "a reset stalls another"


def datagrams(port):
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(10)
    for size in (0, 1, 1000, 60000):
        u.sendto(b"d" * size, ("127.0.0.1", port))
        assert len(u.recvfrom(65536)[0]) == size, "a datagram is lost"


def breaks(port, pid):
    s = connect(port)
    s.sendall(b"before")
    assert s.recv(10) == b"before"
    os.kill(pid, signal.SIGKILL)
    try:
        assert s.recv(10) == b"", "bytes from the dead"
    except ConnectionResetError:
        pass
    s = connect(port)
    s.sendall(b"after")
    assert s.recv(10) == b"after", "no service"


if sys.argv[1] == "break":
    breaks(int(sys.argv[2]), int(sys.argv[3]))
else:
    tcp, udp = int(sys.argv[1]), int(sys.argv[2])
    big(tcp)
    many(tcp)
    slow_and_reset(tcp)
    datagrams(udp)
