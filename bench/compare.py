#!/usr/bin/env python3
"""CPU per request of weir, HAProxy and nginx, side by side on the same core.

The proxy under test runs alone on the first core; the load (wrk) and the target (nginx) share the
second. Rounds are interleaved: in each round every peer serves every workload once, and ratios are
taken within the round, since single rounds scatter on a shared machine. The figure is user + system
time of the proxy process divided by the requests that it answered.

  bench/compare.py --weir build/release/weir --rounds 6
"""
import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PROXY_CORE, LOAD_CORE = 0, 1
BENCH = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")

POST = 'wrk.method = "POST"\nwrk.body = string.rep("x", 16384)\n'
CLOSE = 'wrk.headers["Connection"] = "close"\n'

# name: (path, lua script, connections)
WORKLOADS = {
    "small": ("/small", "", 64),
    "64k": ("/64k", "", 64),
    "1m": ("/1m", "", 16),
    "post": ("/small", POST, 64),
    "close": ("/small", CLOSE, 64),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(100):
        if process.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def cpu_ticks(pid):
    """User and system time of a process and its children that live, in clock ticks."""
    total = [0, 0]
    pids = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            pids += [int(child) for child in children.read().split()]
    for one in pids:
        with open(f"/proc/{one}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total[0] += int(fields[11])
        total[1] += int(fields[12])
    return total


class Bench:
    def __init__(self, options):
        self.options = options
        self.dir = tempfile.mkdtemp(prefix="weir-bench-")
        self.processes = []
        self.backend = free_port()
        os.chmod(self.dir, 0o755)  # for the workers of nginx
        www = os.path.join(self.dir, "www")
        os.mkdir(www)
        for name, size in (("64k", 65536), ("1m", 1 << 20)):
            with open(os.path.join(www, name), "wb") as file:
                file.write(os.urandom(size))

    def config(self, name, **values):
        with open(os.path.join(BENCH, "peers", name)) as file:
            text = file.read()
        values |= {"DIR": self.dir, "BACKEND": self.backend, "SMALL": "x" * 128}
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        path = os.path.join(self.dir, f"{values.get('PORT', 'backend')}-{name}")
        with open(path, "w") as file:
            file.write(text)
        return path

    def start(self, core, port, *command):
        with open(os.path.join(self.dir, "messages"), "w+") as messages:
            process = subprocess.Popen(["taskset", "-c", str(core), *command], stdout=messages, stderr=messages)
            self.processes.append(process)
            if not wait_for(port, process):
                messages.seek(0)
                sys.exit(f"{command[0]} does not serve: {messages.read()}")
        return process

    def start_peer(self, name, workload):
        port = free_port()
        if name == "weir":
            return port, self.start(PROXY_CORE, port, self.options.weir, "run", "-c",
                                    self.config("weir.yaml", PORT=port))
        if name == "nginx":
            return port, self.start(PROXY_CORE, port, "nginx", "-c", self.config("nginx.conf", PORT=port))
        splice = "option splice-auto" if workload == "1m" else ""
        return port, self.start(PROXY_CORE, port, "haproxy", "-db", "-f",
                                self.config("haproxy.cfg", PORT=port, SPLICE=splice))

    def load(self, port, workload, seconds):
        path, script, connections = WORKLOADS[workload]
        lua = os.path.join(self.dir, f"{workload}.lua")
        with open(lua, "w") as file:
            file.write(script + "done = function(summary) io.write(string.format('\\nRESULT %d %d\\n', "
                       "summary.requests, summary.errors.connect + summary.errors.read + summary.errors.write"
                       " + summary.errors.status + summary.errors.timeout)) end\n")
        output = subprocess.run(["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                                 "-s", lua, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True)
        found = re.search(r"RESULT (\d+) (\d+)", output.stdout)
        if not found:
            sys.exit(f"wrk failed: {output.stderr or output.stdout}")
        return int(found[1]), int(found[2])

    def measure(self, peer, workload):
        port, process = self.start_peer(peer, workload)
        self.load(port, workload, 1)
        before = cpu_ticks(process.pid)
        requests, errors = self.load(port, workload, self.options.seconds)
        after = cpu_ticks(process.pid)
        process.send_signal(signal.SIGKILL if peer != "nginx" else signal.SIGTERM)
        process.wait()
        self.processes.remove(process)
        micro = 1e6 / TICK / max(requests, 1)
        return {"user": (after[0] - before[0]) * micro, "system": (after[1] - before[1]) * micro,
                "cpu": sum(after) * micro - sum(before) * micro, "requests_per_second": requests / self.options.seconds,
                "errors": errors}

    def run(self):
        self.start(LOAD_CORE, self.backend, "nginx", "-c", self.config("backend.conf"))
        peers = [peer for peer in self.options.peers if peer == "weir" or shutil.which(peer)]
        results = {workload: {peer: [] for peer in peers} for workload in self.options.workloads}
        for number in range(self.options.rounds):
            for workload in self.options.workloads:
                for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                    results[workload][peer].append(self.measure(peer, workload))
            print(f"round {number + 1} of {self.options.rounds} done", file=sys.stderr)
        return results

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def report(results):
    print(f"{'workload':9} {'peer':8} {'CPU us/request':>15} {'user':>6} {'system':>7} {'requests/s':>11} "
          f"{'errors':>6}   weir / peer, pair by pair")
    for workload, peers in results.items():
        for peer, rounds in peers.items():
            def median(key):
                return statistics.median(one[key] for one in rounds)
            ratios = [mine["cpu"] / other["cpu"] for mine, other in zip(peers["weir"], rounds) if other["cpu"]]
            print(f"{workload:9} {peer:8} {median('cpu'):15.1f} {median('user'):6.1f} {median('system'):7.1f} "
                  f"{median('requests_per_second'):11.0f} {sum(one['errors'] for one in rounds):6}   "
                  f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default="build/release/weir", help="the binary to measure")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=["weir", "haproxy", "nginx"])
    parser.add_argument("--workloads", type=lambda text: text.split(","), default=list(WORKLOADS))
    parser.add_argument("--json", help="write the figures of every round to this file")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        results = bench.run()
    finally:
        bench.close()
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)
    report(results)


if __name__ == "__main__":
    main()
