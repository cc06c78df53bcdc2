#!/usr/bin/env python3
"""Instructions of user space for one small GET through weir, counted by callgrind: plain, with ten rules of
which it meets the last, with the cookie of a sticky session, and with a line in a JSON access log.

Two runs of different length are subtracted, so that start and stop do not count. The figures are nearly
the same on every machine with the same compiler, and so tell at once what a change costs: compared with
bench/instructions.json, one that is over 3 % higher is an error until the file is changed with the code.
A session may cost so much more than none, whatever is recorded.

  bench/instructions.py                 print the figures and compare them
  bench/instructions.py --update        write them to the file
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
REQUEST = b"GET /small HTTP/1.1\r\nHost: www.example.com\r\n%s\r\n"
ANSWER = (b"HTTP/1.1 200 OK\r\nServer: target\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\n"
          b"Content-Length: 128\r\nConnection: keep-alive\r\n\r\n" + b"x" * 128)
CONNECTIONS = 16
SHORT, LONG = 800, 4000
TOLERANCE = 0.03
SESSION_LIMIT = 6000


def plain(text):
    return text


def ten_rules(text):
    rules = [f"{{ match: {{ host: api.example.com, path: /service-{i}/* }}, forward: targets }}" for i in range(9)]
    rules.append("{ match: { host: www.example.com, path: /sm* }, forward: targets }")
    return text.replace("    forward: targets\n", f"    forward: targets\n    rules: [{', '.join(rules)}]\n", 1)


def sticky(text):
    return text.replace("  targets:\n", "  targets:\n    stickiness: { type: lb_cookie }\n", 1)


def access_log(text):
    return text.replace("output: off", "output: /dev/null, format: json", 1)


SCENARIOS = {"small_get": plain, "ten_rules": ten_rules, "sticky": sticky, "access_log": access_log}


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


class Client:
    """A connection, with the cookie that was set last."""

    def __init__(self, port):
        self.connection = socket.create_connection(("127.0.0.1", port), 60)
        self.cookie = b""

    def ask(self):
        self.connection.sendall(REQUEST % self.cookie)

    def read_answer(self):
        answer = read_answer(self.connection)
        if found := re.search(rb"\r\nSet-Cookie: ([^;]*);", answer):
            self.cookie = b"Cookie: " + found[1] + b"\r\n"


def read_answer(connection):
    answer = b""
    while not answer.endswith(b"x" * 128):
        data = connection.recv(65536)
        if not data:
            sys.exit("weir closed the connection")
        answer += data
    if not answer.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"weir answered {answer[:80]!r}")
    return answer


def listening_port(process):
    """The port that weir says it listens on."""
    messages = ""
    for line in process.stderr:
        messages += line
        if found := re.search(r"listener web: listening on 127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    sys.exit(f"weir does not serve under callgrind: {messages}")


def count(weir, scenario, target, directory, requests):
    """All instructions of a run with so many requests."""
    with open(os.path.join(BENCH, "peers", "weir.yaml")) as file:
        text = file.read()
    # No flag is set; see bench/compare/template.h.
    text = re.sub(r"^@if [a-z-]+@.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^@unless [a-z-]+@", "", text, flags=re.MULTILINE)
    values = {"@PORT@": "0", "@TARGET@": f"127.0.0.1:{target}", "@WORKERS@": "1", "@CLIENTS@": "1000", "@IDLE@": "128"}
    for name, value in values.items():
        text = text.replace(name, value)
    text = SCENARIOS[scenario](text.replace("warn", "info"))
    config = os.path.join(directory, "weir.yaml")
    with open(config, "w") as file:
        file.write(text)
    process = subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", weir, "run", "-c",
                                config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    port = listening_port(process)
    clients = [Client(port) for _ in range(CONNECTIONS)]
    for _ in range(requests // CONNECTIONS):
        for client in clients:
            client.ask()
        for client in clients:
            client.read_answer()
    for client in clients:
        client.connection.close()
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
    with open(RECORD) as file:
        record = json.load(file)
    key = compiler(options.weir)
    target = start_target()
    figures = {}
    dearer = []
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="weir-instructions-") as directory:
            short, long = (count(options.weir, scenario, target, directory, requests) for requests in (SHORT, LONG))
        figures[scenario] = round((long - short) / (LONG - SHORT))
        recorded = record.setdefault(scenario, {}).get(key)
        print(f"{scenario}: {figures[scenario]} instructions ({key}; recorded: {recorded or 'none'})")
        if recorded and figures[scenario] > recorded * (1 + TOLERANCE):
            dearer.append(f"{scenario}: {figures[scenario] / recorded - 1:.1%} more than recorded")
    session = figures["sticky"] - figures["small_get"]
    if session > SESSION_LIMIT:
        sys.exit(f"a session costs {session} instructions, more than {SESSION_LIMIT}")
    if options.update:
        for scenario, figure in figures.items():
            record[scenario][key] = figure
        with open(RECORD, "w") as file:
            json.dump(record, file, indent=2, sort_keys=True)
            file.write("\n")
    elif dearer:
        sys.exit("; ".join(dearer) + ": make it cheaper, or run bench/instructions.py --update and say why in the "
                 "commit")


if __name__ == "__main__":
    main()
