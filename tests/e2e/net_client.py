# SPDX-License-Identifier: ISC
# Clients of tests/guests/net.c: net_client.py PORT UDPPORT,
# or net_client.py break PORT PID.
# Of net_program.c: net_client.py queue PORT UDPPORT COUNT, reset PORT, half PORT;
# and servers for it: net_client.py serve tcp|udp ADDRESS, which says its port.
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


def datagrams(port, sizes=(0, 1, 1000, 60000)):
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(10)
    for size in sizes:
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


def queue(port, udp, count):
    """Clients wait until a datagram comes, and none is lost."""
    all_ = [connect(port) for _ in range(count)]
    for i, s in enumerate(all_):
        s.sendall(b"x" * (i + 1))
        s.shutdown(socket.SHUT_WR)
    datagrams(udp, (5,))
    for i, s in enumerate(all_):
        assert read_all(s) == b"%d bytes" % (i + 1), "a waiting client is lost"


def reset(port):
    s = connect(port)
    s.sendall(b"x")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def half(port):
    s = connect(port)
    assert read_all(s) == b"first", "the first half is lost"
    s.sendall(b"y" * 100000)


def serve(kind, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    type_ = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    s = socket.socket(family, type_)
    s.bind((address, 0))
    if kind == "tcp":
        s.listen()
    print(s.getsockname()[1], flush=True)
    if kind == "tcp":
        c, _ = s.accept()
        c.sendall(b"you said " + read_all(c))
    else:
        data, peer = s.recvfrom(1000)
        s.sendto(b"you said " + data, peer)


if sys.argv[1] == "break":
    breaks(int(sys.argv[2]), int(sys.argv[3]))
elif sys.argv[1] == "queue":
    queue(*map(int, sys.argv[2:5]))
elif sys.argv[1] == "reset":
    reset(int(sys.argv[2]))
elif sys.argv[1] == "half":
    half(int(sys.argv[2]))
elif sys.argv[1] == "serve":
    serve(*sys.argv[2:4])
else:
    tcp, udp = int(sys.argv[1]), int(sys.argv[2])
    big(tcp)
    many(tcp)
    slow_and_reset(tcp)
    datagrams(udp)
