"""Sends servers what no client should: see garbage_test. Only the standard library.

Usage: garbage.py SECONDS SEED KIND=PORT...

KIND is ingest, worker, coordinator or tls, which listen for gRPC, or health, for HTTP.
"""

import gzip
import os
import random
import socket
import struct
import sys
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
EXPORT = b"/opentelemetry.proto.collector.logs.v1.LogsService/Export"
METHODS = {
    "ingest": [EXPORT, b"/weir.ingest.v1.IngestService/PushEvents", b"/vector.Vector/PushEvents"],
    "worker": [b"/weir.worker.v1.WorkerService/Feed", b"/weir.worker.v1.WorkerService/CommitTick",
               b"/weir.worker.v1.WorkerService/UpdateAlerts"],
    "coordinator": [b"/weir.rule.v1.RuleService/ApplyRules", b"/weir.alert.v1.AlertService/ListAlerts",
                    b"/weir.alert.v1.AlertService/WatchAlerts"],
    "tls": [EXPORT],
}
SENDERS = 2   # of each port


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header as HPACK's literal without indexing, with lengths below 127."""
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def headers(stream, path, encoding=b"identity"):
    fields = [
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"x"),
        (b"content-type", b"application/grpc"), (b"te", b"trailers"), (b"grpc-encoding", encoding),
    ]
    return frame(1, 4, stream, b"".join(literal(name, value) for name, value in fields))


def message(payload, packed=False, size=None):
    return bytes([1 if packed else 0]) + struct.pack(">I", len(payload) if size is None else size) + payload


def data(stream, payload, end=True):
    out = b""
    pieces = [payload[i:i + 16384] for i in range(0, len(payload), 16384)] or [b""]
    for i, piece in enumerate(pieces):
        out += frame(0, 1 if end and i == len(pieces) - 1 else 0, stream, piece)
    return out


def bomb(megabytes):
    """A request whose one body unfolds to so many megabytes of blanks."""
    size = megabytes << 20

    def varint(value):
        out = b""
        while value > 127:
            out += bytes([value & 127 | 128])
            value >>= 7
        return out + bytes([value])

    head = b""
    inner = size
    for tag in (b"\x0a", b"\x2a", b"\x12", b"\x12", b"\x0a"):
        field = tag + varint(inner)
        head = field + head
        inner += len(field)
    return gzip.compress(head + b" " * size, 9)


class Garbage:
    """What goes to any port."""

    def __init__(self, port, seed):
        self.port = port
        self.random = random.Random(seed)
        self.sent = 0
        self.connections = 0

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self.connections += 1
        return connection

    def random_bytes(self):
        with self.connect() as connection:
            connection.sendall(self.random.randbytes(self.random.randrange(1, 5000)))

    def silent(self):
        held = [self.connect() for _ in range(50)]
        for connection in held:
            connection.sendall(self.greeting)
        time.sleep(0.5)
        for connection in held:
            connection.close()

    def run(self, until):
        while time.monotonic() < until:
            try:
                self.random.choice(self.kinds)()
            except OSError:
                pass   # the server is right to hang up
            self.sent += 1


class GrpcGarbage(Garbage):
    greeting = PREFACE + frame(4, 0, 0, b"")

    def __init__(self, port, seed, methods, packed):
        super().__init__(port, seed)
        self.methods = list(zip(range(1, 100, 2), methods))
        self.bomb = packed
        self.kinds = [self.random_bytes, self.random_frames, self.half_message, self.random_request,
                      self.gzip_bomb, self.slow_reader, self.silent]

    def opened(self):
        connection = self.connect()
        connection.sendall(self.greeting)
        return connection

    def random_frames(self):
        with self.opened() as connection:
            for _ in range(20):
                payload = self.random.randbytes(self.random.randrange(0, 300))
                connection.sendall(frame(self.random.randrange(12), self.random.randrange(256),
                                         self.random.randrange(8), payload))

    def half_message(self):
        with self.opened() as connection:
            for stream, path in self.methods:
                half = message(b"\x0a\x05ab", size=60 << 20)
                connection.sendall(headers(stream, path) + data(stream, half, False))
            time.sleep(0.2)

    def random_request(self):
        with self.opened() as connection:
            for stream, path in self.methods:
                body = message(self.random.randbytes(self.random.randrange(0, 2000)))
                connection.sendall(headers(stream, path) + data(stream, body))
            connection.settimeout(2)
            connection.recv(1000)

    def gzip_bomb(self):
        with self.opened() as connection:
            for stream, path in self.methods:
                connection.sendall(headers(stream, path, b"gzip") + data(stream, message(self.bomb, True)))
            connection.settimeout(5)
            connection.recv(1000)
            time.sleep(0.3)

    def slow_reader(self):
        """Asks much and reads nothing, with a window of a byte."""
        with self.connect() as connection:
            connection.sendall(PREFACE + frame(4, 0, 0, struct.pack(">HI", 4, 1)))
            for stream in range(1, 400, 2):
                path = self.methods[stream // 2 % len(self.methods)][1]
                connection.sendall(headers(stream, path) + data(stream, message(b"")))
            time.sleep(0.5)


class TlsGarbage(GrpcGarbage):
    """Also what begins as TLS does, and no more of it."""

    def __init__(self, port, seed, methods, packed):
        super().__init__(port, seed, methods, packed)
        self.kinds += [self.half_hello, self.damaged_hello]

    def half_hello(self):
        held = [self.connect() for _ in range(20)]
        for connection in held:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + self.random.randbytes(20))
        time.sleep(0.5)
        for connection in held:
            connection.close()

    def damaged_hello(self):
        with self.connect() as connection:
            connection.sendall(b"\x16\x03\x01\x02\x00" + self.random.randbytes(512))
            connection.settimeout(1)
            connection.recv(1000)


class HttpGarbage(Garbage):
    greeting = b"GET /metr"

    def __init__(self, port, seed):
        super().__init__(port, seed)
        self.kinds = [self.random_bytes, self.long_header, self.endless_body, self.no_reader,
                      self.byte_by_byte, self.silent]

    def long_header(self):
        with self.connect() as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
            for _ in range(200):
                connection.sendall(b"x" * 65536)

    def endless_body(self):
        with self.connect() as connection:
            connection.sendall(b"POST /livez HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")
            for _ in range(200):
                connection.sendall(b"x" * 65536)

    def no_reader(self):
        with self.connect() as connection:
            for _ in range(500):
                connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.5)

    def byte_by_byte(self):
        with self.connect() as connection:
            for byte in b"GET /metrics HTTP/1.1\r\nHost":
                connection.sendall(bytes([byte]))
                time.sleep(0.02)


def main():
    seconds, seed = float(sys.argv[1]), int(sys.argv[2])
    packed = bomb(256)
    until = time.monotonic() + seconds
    senders = []
    for i, place in enumerate(sys.argv[3:] * SENDERS):
        kind, port = place.split("=")
        if kind == "health":
            senders.append(HttpGarbage(int(port), seed * 100 + i))
        else:
            made = TlsGarbage if kind == "tls" else GrpcGarbage
            senders.append(made(int(port), seed * 100 + i, METHODS[kind], packed))
    threads = [threading.Thread(target=sender.run, args=(until,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ports = len(sys.argv) - 3
    connections = sum(sender.connections for sender in senders)
    print(f"{sum(sender.sent for sender in senders)} pieces over {connections} connections to {ports} listeners",
          flush=True)
    # Each listener goes on to take connections.
    os._exit(0 if all(sender.connections >= seconds for sender in senders) else 1)


main()
