"""Clients of all kinds at the same time, for the end-to-end tests of reloads and upgrades.

usage: traffic.py ADDRESS STICKY_ADDRESS

Keep-alive connections, new connections, WebSockets, slow downloads by ADDRESS, and users with cookies by
STICKY_ADDRESS, all of them targets that say who they are in X-Target. Prints `ready` when each kind has begun,
runs until SIGTERM and until each kind has done enough for the report to say something, however slow the machine,
and prints the report as JSON: what was done and what failed.
"""

import asyncio
import base64
import json
import os
import signal
import sys

PATIENCE = 20
KEEP_ALIVE, NEW, WEBSOCKETS, DOWNLOADS, USERS = 4, 2, 5, 2, 10
PAUSE = 0.02
DOWNLOAD = 8 << 20
ENOUGH = {"requests": 11, "echoes": 11, "sticky_requests": 11}

told_to_stop = asyncio.Event()
stopping = asyncio.Event()
report = {"requests": 0, "sockets": 0, "echoes": 0, "downloads": 0, "sticky_requests": 0, "moved": 0, "failures": []}


class Closed(Exception):
    pass


async def read_head(reader):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise Closed(f"closed after {len(error.partial)} bytes of a head") from None
    lines = head.decode("latin-1").split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), value.strip())
    return int(lines[0].split()[1]), fields


class Client:
    """One connection that is made again when the other side has said that it is the last request."""

    def __init__(self, address):
        self.host, self.port = address.rsplit(":", 1)
        self.writer = None

    async def open(self):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, int(self.port), limit=1 << 20)

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.writer = None

    # An idle connection may be closed by the other side at any time (RFC 9112 9.3.1): a request that met that
    # close is sent once more.
    async def get(self, path="/", cookies="", keep=True):
        fresh = self.writer is None
        try:
            return await self.once(path, cookies, keep)
        except (Closed, ConnectionError) as error:
            self.close()
            if fresh or "after 0 bytes" not in str(error):
                raise
            report["stale"] = report.get("stale", 0) + 1
            return await self.once(path, cookies, keep)

    async def once(self, path, cookies, keep):
        await self.open()
        request = f"GET {path} HTTP/1.1\r\nHost: traffic\r\n"
        if cookies:
            request += f"Cookie: {cookies}\r\n"
        if not keep:
            request += "Connection: close\r\n"
        self.writer.write((request + "\r\n").encode())
        status, fields = await read_head(self.reader)
        try:
            await self.reader.readexactly(int(fields.get("content-length", "0")))
        except asyncio.IncompleteReadError:
            raise Closed("closed in the middle of a body") from None
        if fields.get("connection", "").lower() == "close":
            self.close()
        return status, fields


def fail(kind, error):
    report["failures"].append(f"{kind}: {error!r}")


async def until_stopped(kind, step, pause=PAUSE):
    while not stopping.is_set():
        try:
            await asyncio.wait_for(step(), PATIENCE)
        except Exception as error:  # every kind of failure is one
            fail(kind, error)
            await asyncio.sleep(0.1)
        await asyncio.sleep(pause)


async def keep_alive(address):
    client = Client(address)

    async def step():
        status, _ = await client.get()
        assert status == 200, status
        report["requests"] += 1

    await until_stopped("keep-alive", step)


async def new_connections(address):
    async def step():
        client = Client(address)
        status, _ = await client.get(keep=False)
        client.close()
        assert status == 200, status
        report["requests"] += 1

    await until_stopped("new connection", step)


async def user(address):
    client = Client(address)
    state = {"cookies": {}, "target": None}

    async def step():
        cookies = "; ".join(f"{name}={value}" for name, value in state["cookies"].items())
        status, fields = await client.get(cookies=cookies)
        assert status == 200, status
        if "set-cookie" in fields:
            name, _, value = fields["set-cookie"].split(";")[0].partition("=")
            state["cookies"][name] = value
        if state["target"] not in (None, fields["x-target"]):
            report["moved"] += 1
        state["target"] = fields["x-target"]
        report["sticky_requests"] += 1

    await until_stopped("user", step)


def frame(opcode, payload):
    mask = os.urandom(4)
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


async def websocket(address):
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        (
            "GET /chat HTTP/1.1\r\nHost: traffic\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        ).encode()
    )
    status, _ = await asyncio.wait_for(read_head(reader), PATIENCE)
    if status != 101:
        return fail("WebSocket", f"status {status}")
    report["sockets"] += 1
    number = 0
    while not stopping.is_set():
        payload = str(number).encode()
        writer.write(frame(1, payload))
        try:
            answer = await asyncio.wait_for(reader.readexactly(2 + len(payload)), PATIENCE)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.TimeoutError) as error:
            return fail("WebSocket", error)
        if answer[2:] != payload:
            return fail("WebSocket", f"{answer!r} for {payload!r}")
        report["echoes"] += 1
        number += 1
        await asyncio.sleep(5 * PAUSE)


async def download(address):
    async def step():
        host, port = address.rsplit(":", 1)
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 16)
        writer.write(f"GET /bytes/{DOWNLOAD} HTTP/1.1\r\nHost: traffic\r\nConnection: close\r\n\r\n".encode())
        status, fields = await read_head(reader)
        assert status == 200 and int(fields["content-length"]) == DOWNLOAD, (status, fields)
        left = DOWNLOAD
        while left > 0:
            piece = await reader.read(1 << 16)
            assert piece, f"{left} bytes are missing"
            left -= len(piece)
            if not stopping.is_set():
                await asyncio.sleep(PAUSE)
        writer.close()
        report["downloads"] += 1

    await until_stopped("download", step)


async def stop_when_enough():
    await told_to_stop.wait()
    for _ in range(int(PATIENCE / PAUSE)):
        if report["failures"] or all(report[kind] >= count for kind, count in ENOUGH.items()):
            break
        await asyncio.sleep(PAUSE)
    stopping.set()


async def main(address, sticky):
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    tasks = [asyncio.ensure_future(kind(address)) for kind, count in
             ((keep_alive, KEEP_ALIVE), (new_connections, NEW), (websocket, WEBSOCKETS), (download, DOWNLOADS))
             for _ in range(count)]
    tasks += [asyncio.ensure_future(user(sticky)) for _ in range(USERS)]
    tasks.append(asyncio.ensure_future(stop_when_enough()))
    while report["sockets"] < WEBSOCKETS or report["sticky_requests"] < USERS or report["requests"] < 10:
        if report["failures"]:
            break
        await asyncio.sleep(PAUSE)
    print("ready", flush=True)
    await asyncio.gather(*tasks)
    print(json.dumps(report), flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2]))
