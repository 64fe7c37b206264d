"""Sends a server what no client should: see garbage_test. Only the standard library.

Usage: garbage.py PORT SECONDS SEED
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
PUSH = b"/weir.ingest.v1.IngestService/PushEvents"


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
    def __init__(self, port, seed):
        self.port = port
        self.random = random.Random(seed)
        self.bomb = bomb(256)
        self.sent = 0

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        return connection

    def opened(self):
        connection = self.connect()
        connection.sendall(PREFACE + frame(4, 0, 0, b""))
        return connection

    def random_bytes(self):
        with self.connect() as connection:
            connection.sendall(self.random.randbytes(self.random.randrange(1, 5000)))

    def random_frames(self):
        with self.opened() as connection:
            for _ in range(20):
                payload = self.random.randbytes(self.random.randrange(0, 300))
                connection.sendall(frame(self.random.randrange(12), self.random.randrange(256),
                                         self.random.randrange(8), payload))

    def half_message(self):
        with self.opened() as connection:
            connection.sendall(headers(1, EXPORT) + data(1, message(b"\x0a\x05ab", size=60 << 20), False))
            time.sleep(0.2)

    def random_request(self):
        with self.opened() as connection:
            for stream, path in ((1, EXPORT), (3, PUSH), (5, b"/vector.Vector/PushEvents")):
                body = message(self.random.randbytes(self.random.randrange(0, 2000)))
                connection.sendall(headers(stream, path) + data(stream, body))
            connection.settimeout(2)
            connection.recv(1000)

    def gzip_bomb(self):
        with self.opened() as connection:
            for stream, path in ((1, EXPORT), (3, PUSH), (5, b"/vector.Vector/PushEvents")):
                connection.sendall(headers(stream, path, b"gzip") + data(stream, message(self.bomb, True)))
            connection.settimeout(5)
            connection.recv(1000)
            time.sleep(0.3)

    def slow_reader(self):
        """Asks much and reads nothing, with a window of a byte."""
        with self.connect() as connection:
            connection.sendall(PREFACE + frame(4, 0, 0, struct.pack(">HI", 4, 1)))
            for stream in range(1, 400, 2):
                connection.sendall(headers(stream, EXPORT) + data(stream, message(b"")))
            time.sleep(0.5)

    def silent(self):
        held = [self.opened() for _ in range(50)]
        time.sleep(0.5)
        for connection in held:
            connection.close()

    def run(self, until):
        kinds = [self.random_bytes, self.random_frames, self.half_message, self.random_request,
                 self.gzip_bomb, self.slow_reader, self.silent]
        while time.monotonic() < until:
            try:
                self.random.choice(kinds)()
            except OSError:
                pass   # the server is right to hang up
            self.sent += 1


def main():
    port, seconds, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    until = time.monotonic() + seconds
    senders = [Garbage(port, seed * 100 + i) for i in range(4)]
    threads = [threading.Thread(target=sender.run, args=(until,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{sum(sender.sent for sender in senders)} pieces of garbage sent", flush=True)
    os._exit(0)


main()
