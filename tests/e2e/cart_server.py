"""A shop that keeps the carts of its users in its memory, for the end-to-end tests.

usage: cart_server.py PORT     0: a free one; prints its address first

GET /add/ITEM with X-User adds to that user's cart and answers with all that is in it.
"""

import asyncio
import sys

carts = {}


def answer(target, fields):
    cart = carts.setdefault(fields.get("x-user", ""), [])
    if target.startswith("/add/"):
        cart.append(target.removeprefix("/add/"))
    body = ",".join(cart).encode()
    seen = fields.get("cookie", "").encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Cookie: %s\r\n\r\n%s" % (len(body), seen, body)


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = {}
            for line in head[1:-2]:
                name, value = line.split(":", 1)
                fields[name.lower()] = value.strip()
            writer.write(answer(head[0].split()[1], fields))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"{host}:{port}", flush=True)
        await asyncio.Future()


asyncio.run(main())
