#!/usr/bin/env python3
"""Types a line into a zsh on a terminal, asks for a completion, and prints what the line has become.

usage: zsh_completes.py DIRECTORY LINE      (DIRECTORY has the completion function _weir)
"""

import os
import pty
import re
import sys
import time


def read_until(terminal, pattern):
    seen = ""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        seen += os.read(terminal, 4096).decode(errors="replace")
        found = re.search(pattern, seen)
        if found:
            return found
    sys.exit(f"zsh said {seen!r}")


def main():
    directory, line = sys.argv[1:]
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "dumb"
        os.execvp("zsh", ["zsh", "-f", "-i"])
    # The command that prints the line is on a key, and so is not part of it.
    os.write(terminal, (f"fpath=({directory} $fpath); autoload -Uz compinit; compinit -u -D; "
                        "show() { print -r -- \"<$BUFFER>\" }; zle -N show; bindkey '^X^Y' show; "
                        "print rea''dy\n").encode())
    read_until(terminal, r"\nready")
    os.write(terminal, line.encode() + b"\t\x18\x19")
    print(read_until(terminal, r"<([^<>$]*)>")[1].strip())
    os.kill(child, 9)


if __name__ == "__main__":
    main()
