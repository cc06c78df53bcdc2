"""A server and a client of gRPC for the end-to-end tests, by python3-grpcio and without Protocol Buffers.

usage: grpc_peer.py serve                      serves; prints its address first
       grpc_peer.py talk HOST:PORT [CA]        talks to that server through it and prints what worked
       grpc_peer.py fail HOST:PORT [TIMEOUT]   makes one call and prints how it failed; TIMEOUT is a grpc-timeout
                                               that only the other side knows of
"""

import concurrent.futures
import sys
import threading
import time

import grpc

LARGE = bytes(range(256)) * 8192  # 2 MiB
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


# --- the server


def echo(request, context):
    context.set_trailing_metadata((("x-size", str(len(request))),))
    return request


def count(request, context):
    for number in range(int(request)):
        yield str(number).encode()


def add(requests, context):
    return str(sum(int(request) for request in requests)).encode()


def reply(requests, context):
    for request in requests:
        yield b"re: " + request


def refuse(request, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "no such thing: caf\u00e9")


def hang(request, context):
    left = context.time_remaining()
    context.set_trailing_metadata((("x-left", "none" if left is None else f"{left:.1f}"),))
    while context.is_active():
        time.sleep(0.02)
    return b""


HANDLERS = {
    "Echo": grpc.unary_unary_rpc_method_handler(echo),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Add": grpc.stream_unary_rpc_method_handler(add),
    "Reply": grpc.stream_stream_rpc_method_handler(reply),
    "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
    "Hang": grpc.unary_unary_rpc_method_handler(hang),
}


def serve():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16), options=UNLIMITED)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Peer", HANDLERS),))
    print(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", flush=True)
    server.start()
    server.wait_for_termination()


# --- the client


def talk(address, authority):
    with channel_to(address, authority) as channel:
        unary = channel.unary_unary("/test.Peer/Echo")
        answer, call = unary.with_call(b"hello", timeout=60)
        assert answer == b"hello" and dict(call.trailing_metadata())["x-size"] == "5"
        print("call ok")

        assert unary(LARGE, timeout=60) == LARGE
        print("large ok")

        numbers = list(channel.unary_stream("/test.Peer/Count")(b"1000", timeout=60))
        assert numbers == [str(number).encode() for number in range(1000)]
        print("from the server ok")

        requests = (str(number).encode() for number in range(1000))
        assert channel.stream_unary("/test.Peer/Add")(requests, timeout=60) == b"499500"
        print("from the client ok")

        both_ways(channel)
        print("both ways ok")

        try:
            channel.unary_unary("/test.Peer/Refuse")(b"", timeout=60)
            raise AssertionError("not refused")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.NOT_FOUND, error
            assert error.details() == "no such thing: caf\u00e9", error
        print("error ok")

        try:
            channel.unary_unary("/test.Peer/Hang")(b"", timeout=0.5)
            raise AssertionError("no deadline")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
        print("deadline ok")


def both_ways(channel):
    """Each request is sent only when the last one has been replied to."""
    replied = threading.Semaphore(1)

    def requests():
        for number in range(100):
            assert replied.acquire(timeout=60)
            yield str(number).encode()

    count_of_replies = 0
    for answer in channel.stream_stream("/test.Peer/Reply")(requests(), timeout=60):
        assert answer == b"re: " + str(count_of_replies).encode()
        count_of_replies += 1
        replied.release()
    assert count_of_replies == 100


def fail(address, timeout):
    metadata = (("grpc-timeout", timeout),) if timeout else ()
    with channel_to(address, None) as channel:
        try:
            channel.unary_unary("/test.Peer/Hang")(b"hello", metadata=metadata)
            print("OK")
        except grpc.RpcError as error:
            print(error.code().name, error.details())


def channel_to(address, authority):
    if authority is None:
        return grpc.insecure_channel(address, options=UNLIMITED)
    with open(authority, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    options = [*UNLIMITED, ("grpc.ssl_target_name_override", "localhost")]
    return grpc.secure_channel(address, credentials, options=options)


def main():
    if sys.argv[1] == "serve":
        serve()
    elif sys.argv[1] == "talk":
        talk(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
    else:
        fail(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)


main()
