"""A balancer of connections: gives each new one to the next server of a list, as a Service of Kubernetes does.

Usage: balancer.py FILE

FILE has a HOST:PORT a line and is read again for each connection, so servers may be added. A server that
does not take a connection is passed over; when none does, the connection is closed. Prints the address that
it listens on. Only the standard library.
"""

import asyncio
import contextlib
import itertools
import sys

numbers = itertools.count()


async def connect(path):
    with open(path, encoding="ascii") as file:
        servers = file.read().split()
    first = next(numbers)
    for i in range(len(servers)):
        host, port = servers[(first + i) % len(servers)].rsplit(":", 1)
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            return await asyncio.wait_for(asyncio.open_connection(host, int(port)), 2)
    return None


async def copy(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def serve(path, reader, writer):
    server = await connect(path)
    if server is None:
        writer.close()
        return
    await asyncio.gather(copy(reader, server[1]), copy(server[0], writer))


async def main(path):
    server = await asyncio.start_server(lambda r, w: serve(path, r, w), "127.0.0.1", 0)
    print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(sys.argv[1]))
