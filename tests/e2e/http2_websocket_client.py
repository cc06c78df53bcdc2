"""A WebSocket client over HTTP/2 (RFC 8441) for the end-to-end tests, by python3-h2.

usage: http2_websocket_client.py HOST:PORT CA      talks to it over TLS and prints what worked
"""

import os
import socket
import ssl
import struct
import sys

import h2.config
import h2.connection
import h2.events
import h2.settings

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
LARGE = bytes(range(256)) * 8192  # 2 MiB


class Stream:
    """A stream that begins with an extended CONNECT, as a pair of blocking byte streams."""

    def __init__(self, address, authority):
        host, port = address.split(":")
        context = ssl.create_default_context(cafile=authority)
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection((host, int(port)), timeout=60)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        assert self.socket.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.received = bytearray()
        self.status = None
        self.ended = False
        self.h2.initiate_connection()
        self.flush()
        extended = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL
        while not self.h2.remote_settings.get(extended):
            self.pump()
        self.id = self.h2.get_next_available_stream_id()
        self.h2.send_headers(
            self.id,
            [
                (":method", "CONNECT"),
                (":protocol", "websocket"),
                (":scheme", "https"),
                (":path", "/chat"),
                (":authority", f"localhost:{port}"),
                ("sec-websocket-version", "13"),
            ],
        )
        self.flush()
        while self.status is None:
            self.pump()
        assert self.status == "200", self.status

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def pump(self):
        """Takes in what comes next."""
        data = self.socket.recv(65536)
        assert data, "the connection is closed"
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                self.status = dict(event.headers)[":status"]
            elif isinstance(event, h2.events.DataReceived):
                self.received += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended = True
            elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                raise AssertionError(event)
        self.flush()

    def send(self, data):
        while data:
            room = min(self.h2.local_flow_control_window(self.id), self.h2.max_outbound_frame_size)
            if room == 0:
                self.pump()
                continue
            self.h2.send_data(self.id, data[:room])
            self.flush()
            data = data[room:]

    def read(self, count):
        while len(self.received) < count:
            self.pump()
        data = bytes(self.received[:count])
        del self.received[:count]
        return data

    def end(self):
        self.h2.end_stream(self.id)
        self.flush()
        while not self.ended:
            self.pump()


def frame(opcode, payload):
    """A whole message of a client, masked (RFC 6455 5.2)."""
    mask = os.urandom(4)
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    repeated = (mask * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")
    return head + mask + masked


def message(stream):
    """The next message of the server: (opcode, payload)."""
    opcode, payload = None, b""
    while True:
        first, size = struct.unpack("!BB", stream.read(2))
        if size == 126:
            size = struct.unpack("!H", stream.read(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", stream.read(8))[0]
        opcode = opcode or first & 0xF
        payload += stream.read(size)
        if first & 0x80:
            return opcode, payload


def main():
    stream = Stream(sys.argv[1], sys.argv[2])
    stream.send(frame(TEXT, b"hello"))
    assert message(stream) == (TEXT, b"hello")
    print("text ok")

    stream.send(frame(BINARY, LARGE))
    assert message(stream) == (BINARY, LARGE)
    print("binary ok")

    stream.send(frame(PING, b"are you there"))
    assert message(stream) == (PONG, b"are you there")
    print("ping ok")

    # Sent before the first answer is read, within the windows.
    numbers = [str(number).encode() * 200 for number in range(100)]
    stream.send(b"".join(frame(TEXT, number) for number in numbers))
    for number in numbers:
        assert message(stream) == (TEXT, number)
    print("both ways at once ok")

    stream.send(frame(CLOSE, struct.pack("!H", 1000)))
    opcode, payload = message(stream)
    assert (opcode, payload[:2]) == (CLOSE, struct.pack("!H", 1000)), (opcode, payload)
    stream.end()
    print("close ok")


main()
