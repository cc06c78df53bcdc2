"""A WebSocket server and client for the end-to-end tests.

usage: websocket_peer.py serve        echoes; prints its address first
       websocket_peer.py talk URL     talks to it and prints what worked
"""

import asyncio
import sys

import websockets

LARGE = bytes(range(256)) * 8192  # 2 MiB


async def echo(socket, *_):
    async for message in socket:
        await socket.send(message)


async def serve():
    async with websockets.serve(echo, "127.0.0.1", 0, max_size=None, ping_interval=None) as server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"{host}:{port}", flush=True)
        await asyncio.Future()


async def talk(url):
    async with websockets.connect(url, max_size=None, compression=None) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
        print("text ok")

        await socket.send(LARGE)
        assert await socket.recv() == LARGE
        print("binary ok")

        await (await socket.ping())
        print("ping ok")

        async def send_many():
            for number in range(500):
                await socket.send(str(number) * 500)

        sender = asyncio.ensure_future(send_many())
        for number in range(500):
            assert await socket.recv() == str(number) * 500
        await sender
        print("both ways at once ok")
    assert socket.close_code == 1000, socket.close_code
    print("close ok")


if sys.argv[1] == "serve":
    asyncio.run(serve())
else:
    asyncio.run(asyncio.wait_for(talk(sys.argv[2]), 60))
