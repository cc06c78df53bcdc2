"""`weir top` in a pseudo-terminal, in front of a weir that comes and goes.

usage: top_screen.py WEIR FILE ADMIN

Starts `WEIR run -c FILE`, whose admin API is at ADMIN, and looks at what `WEIR top` shows: that it fits, follows the
size of the terminal and its keys, says that the daemon is gone and finds it again; and that the terminal is as
before on every way out. Prints what is wrong, a line each; the exit status is 0 if nothing is.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import urllib.request

PATIENCE = 20
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
COLOURS = re.compile(rb"\x1b\[[0-9;]*m")

weir, file, admin = sys.argv[1:]
wrong = []


def complain(*what):
    wrong.append(" ".join(str(each) for each in what))


def eventually(condition):
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if condition():
            return True
        time.sleep(0.01)
    return False


def answers():
    try:
        return urllib.request.urlopen(f"http://{admin}/readyz", timeout=PATIENCE).status == 200
    except OSError:
        return False


def start_daemon():
    daemon = subprocess.Popen([weir, "run", "-c", file], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    if not eventually(answers):
        complain("the daemon does not start")
    return daemon


def stop_daemon(daemon):
    daemon.send_signal(signal.SIGTERM)
    if daemon.wait(PATIENCE) != 0:
        complain("the daemon ended with", daemon.returncode)


class Screen:
    """`weir top` on a terminal of its own. The slave stays open here: modes can be read when weir has ended."""

    def __init__(self, rows=24, columns=80, environment=None):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.received = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(self.slave, descriptor)
            os.execve(weir, [weir, "top", "--admin", admin], {**os.environ, "TERM": "xterm", **(environment or {})})

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, patience=0.05):
        while select.select([self.master], [], [], patience)[0]:
            self.received += os.read(self.master, 65536)
            patience = 0

    def frame(self):
        """The lines of the last whole frame, without colours."""
        self.read()
        end = self.received.rfind(b"\x1b[J")
        begin = self.received.rfind(b"\x1b[H", 0, max(end, 0))
        if begin < 0 or end < 0:
            return []
        text = COLOURS.sub(b"", self.received[begin + 3:end]).replace(b"\x1b[K", b"")
        return [line.rstrip("\r") for line in text.decode().split("\n")]  # the terminal adds its own

    def shows(self, what, *parts):
        if not eventually(lambda: all(any(part in line for line in self.frame()) for part in parts)):
            complain(what, "is not shown:", self.frame(), self.received[-300:] if not self.frame() else "")

    def fits(self, rows, columns):
        def fitting():
            frame = self.frame()
            return len(frame) == rows and all(len(line) <= columns for line in frame) and len(frame[-1]) == columns

        if not eventually(fitting):
            complain(f"the frame does not fit {columns}x{rows}:", self.frame())

    def type(self, keys):
        os.write(self.master, keys)

    def ends(self, how, code):
        """Waits for its end; the code as a shell has it."""
        status = None

        def ended():
            nonlocal status
            self.read(0)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return pid == self.pid

        if not eventually(ended):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            return complain(how, "does not end it")
        self.read()
        got = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if got not in (code if isinstance(code, tuple) else (code,)):
            complain(how, "ends it with", got, self.received[-500:])
        self.restored(how)
        os.close(self.master)
        return os.close(self.slave)

    def restored(self, how):
        if termios.tcgetattr(self.slave) != self.before:
            complain(how, "leaves the terminal in another mode")
        for on, off in ((ENTER, LEAVE), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?7l", b"\x1b[?7h")):
            if self.received.count(on) != self.received.count(off):
                complain(how, "leaves the screen", self.received[-100:])


def look_and_quit():
    screen = Screen()
    screen.shows("traffic", "req/s", "LISTENER", "TARGET GROUP", "TARGET  ", "app-1", "RULE")
    screen.fits(24, 80)
    if termios.tcgetattr(screen.slave)[3] & (termios.ECHO | termios.ICANON):
        complain("the terminal still echoes")
    if b"\x1b[32mhealthy" not in screen.received:
        complain("health has no colour")
    screen.resize(40, 132)
    screen.fits(40, 132)
    screen.resize(10, 60)
    screen.fits(10, 60)
    screen.type(b"\x1b[B\x1b[Bj")
    screen.resize(10, 80)
    screen.shows("the scrolled part", "lines 4-")
    screen.type(b"s")
    screen.shows("the next order", "sort: requests")
    screen.type(b"g")
    screen.shows("a group alone", "group: app")
    screen.type(b"q")
    screen.ends("q", 0)


def without_colours():
    screen = Screen(environment={"NO_COLOR": "1"})
    screen.shows("traffic", "req/s")
    if re.search(rb"\x1b\[[0-9;]*[1-9]m", screen.received):
        complain("NO_COLOR is not heeded")
    screen.type(b"\x03")
    screen.ends("Ctrl-C", 0)


def other_ways_out():
    # Sanitizers end a process that has a fault with a code of their own.
    for number, code in ((signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131), (signal.SIGINT, 0),
                         (signal.SIGABRT, (134, 1, 66)), (signal.SIGSEGV, (139, 1, 66))):
        screen = Screen()
        screen.shows("a frame", "LISTENER")
        os.kill(screen.pid, number)
        screen.ends(number.name, code)


def suspended():
    screen = Screen()
    screen.shows("a frame", "LISTENER")
    os.kill(screen.pid, signal.SIGTSTP)
    if not eventually(lambda: os.waitpid(screen.pid, os.WNOHANG | os.WUNTRACED)[0] == screen.pid):
        complain("Ctrl-Z does not stop it")
    screen.read()
    screen.restored("Ctrl-Z")
    stopped = screen.received
    screen.received = b""
    os.kill(screen.pid, signal.SIGCONT)
    screen.shows("a frame again", "LISTENER")
    screen.received = stopped + screen.received
    screen.type(b"q")
    screen.ends("q after Ctrl-Z", 0)


def daemon_goes(daemon):
    screen = Screen()
    screen.shows("a frame", "LISTENER")
    stop_daemon(daemon)
    screen.shows("that the daemon is gone", "trying again")
    screen.shows("what it did last", "app-1")
    daemon = start_daemon()
    if not eventually(lambda: screen.frame() and not any("trying again" in line for line in screen.frame())):
        complain("the daemon is not found again:", screen.frame())
    screen.shows("rates of the new daemon", "req/s")
    screen.type(b"q")
    screen.ends("q after a restart", 0)
    return daemon


def nobody():
    screen = Screen()
    screen.ends("nobody there", 1)
    if b"no weir answers on" not in screen.received or ENTER in screen.received:
        complain("nobody there:", screen.received)


def main():
    daemon = start_daemon()
    try:
        for step in (look_and_quit, without_colours, other_ways_out, suspended):
            step()
        daemon = daemon_goes(daemon)
    finally:
        stop_daemon(daemon)
    nobody()
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
