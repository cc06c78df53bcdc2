#!/usr/bin/env python3
"""Instructions of user space for one small GET through weir, counted by callgrind.

Two runs of different length are subtracted, so that start and stop do not count. The figure is nearly
the same on every machine with the same compiler, and so tells at once what a change costs: compared with
bench/instructions.json, one that is over 3 % higher is an error until the file is changed with the code.

  bench/instructions.py                 print the figure and compare it
  bench/instructions.py --update        write it to the file
"""
import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

BENCH = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(BENCH, "instructions.json")
REQUEST = b"GET /small HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
ANSWER = (b"HTTP/1.1 200 OK\r\nServer: target\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\n"
          b"Content-Length: 128\r\nConnection: keep-alive\r\n\r\n" + b"x" * 128)
CONNECTIONS = 16
SHORT, LONG = 800, 4000
TOLERANCE = 0.03


def serve(connection):
    """Answers each request on the connection of a target."""
    pending = b""
    while data := connection.recv(65536):
        pending += data
        while (end := pending.find(b"\r\n\r\n")) >= 0:
            pending = pending[end + 4:]
            connection.sendall(ANSWER)


def start_target():
    listening = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listening.getsockname()[1]


def read_answer(connection):
    answer = b""
    while not answer.endswith(b"x" * 128):
        data = connection.recv(65536)
        if not data:
            sys.exit("weir closed the connection")
        answer += data
    if not answer.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"weir answered {answer[:80]!r}")


def listening_port(process):
    """The port that weir says it listens on."""
    messages = ""
    for line in process.stderr:
        messages += line
        if found := re.search(r"listener web: listening on 127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    sys.exit(f"weir does not serve under callgrind: {messages}")


def count(weir, target, directory, requests):
    """All instructions of a run with so many requests."""
    with open(os.path.join(BENCH, "peers", "weir.yaml")) as file:
        text = file.read()
    # No flag is set; see bench/compare/template.h.
    text = re.sub(r"^@if [a-z-]+@.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^@unless [a-z-]+@", "", text, flags=re.MULTILINE)
    values = {"@PORT@": "0", "@TARGET@": f"127.0.0.1:{target}", "@WORKERS@": "1", "@CLIENTS@": "1000", "@IDLE@": "128"}
    for name, value in values.items():
        text = text.replace(name, value)
    text = text.replace("warn", "info")
    config = os.path.join(directory, "weir.yaml")
    with open(config, "w") as file:
        file.write(text)
    process = subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", weir, "run", "-c",
                                config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    port = listening_port(process)
    clients = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(CONNECTIONS)]
    for _ in range(requests // CONNECTIONS):
        for client in clients:
            client.sendall(REQUEST)
        for client in clients:
            read_answer(client)
    for client in clients:
        client.close()
    process.send_signal(signal.SIGTERM)
    messages = process.communicate(timeout=120)[1]
    found = re.search(r"Collected : (\d+)", messages)
    if not found or process.returncode != 0:
        sys.exit(f"callgrind failed: {messages}")
    return int(found[1])


def compiler(weir):
    """"gcc 12": another one makes other instructions."""
    version = subprocess.run([weir, "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(gcc|clang)[^0-9\n]*(\d+)", version, re.IGNORECASE)
    return f"{found[1].lower()} {found[2]}" if found else "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default="build/release/weir", help="the binary to measure")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    target = start_target()
    with tempfile.TemporaryDirectory(prefix="weir-instructions-") as directory:
        short, long = (count(options.weir, target, directory, requests) for requests in (SHORT, LONG))
    figure = round((long - short) / (LONG - SHORT))
    with open(RECORD) as file:
        record = json.load(file)
    key = compiler(options.weir)
    recorded = record["small_get"].get(key)
    print(f"small GET: {figure} instructions ({key}; recorded: {recorded or 'none'})")
    if options.update:
        record["small_get"][key] = figure
        with open(RECORD, "w") as file:
            json.dump(record, file, indent=2, sort_keys=True)
            file.write("\n")
    elif recorded and figure > recorded * (1 + TOLERANCE):
        sys.exit(f"{figure / recorded - 1:.1%} more than recorded: make it cheaper, or run bench/instructions.py "
                 "--update and say why in the commit")


if __name__ == "__main__":
    main()
