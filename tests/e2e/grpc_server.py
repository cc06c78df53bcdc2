"""A server of gRPC with grpc.health.v1 for the end-to-end tests, by python3-grpcio.

usage: grpc_server.py [CERTIFICATE KEY]     on a free port, which it prints; with two PEM files over TLS

It is SERVING, as a whole and as shop.v1.Cart, until SIGUSR1 makes it NOT_SERVING, and from SIGUSR2 on again.
"""

import signal
import sys
from concurrent import futures

import grpc

SERVING, NOT_SERVING = 1, 2
KNOWN = ("", "shop.v1.Cart")

status = SERVING


def service_of(request):
    """The one field of HealthCheckRequest: a tag, the length, the name."""
    return request[2:].decode() if request else ""


def check(request, context):
    if service_of(request) not in KNOWN:
        context.abort(grpc.StatusCode.NOT_FOUND, "no such service: " + service_of(request))
    return bytes([8, status])


def become(new_status):
    global status
    status = new_status


def main():
    signal.signal(signal.SIGUSR1, lambda *_: become(NOT_SERVING))
    signal.signal(signal.SIGUSR2, lambda *_: become(SERVING))
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers)])
    if len(sys.argv) > 2:
        with open(sys.argv[1], "rb") as certificate, open(sys.argv[2], "rb") as key:
            credentials = grpc.ssl_server_credentials([(key.read(), certificate.read())])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"127.0.0.1:{port}", flush=True)
    while True:
        signal.pause()


main()
