#!/usr/bin/env python3
"""Reads every #include of lb/, config/ and bench/ and fails if one goes up or sideways in the layers,
or uses an outside library away from its home.

usage: layers.py [REPOSITORY_ROOT]
"""

import pathlib
import re
import sys

# Which folders a folder may include besides itself. Dependencies go down only; folders of one layer never
# include each other, which is why most lines name a union of lower layers and nothing beside them.
BASE = {"lb/base"}
VALUES = {"lb/model", "lb/http"}
DECISIONS = {"lb/routing", "lb/balance", "lb/health", "lb/sticky", "lb/observe", "config"}
IO = {"lb/net", "lb/wire"}
SERVICES = {"lb/proxy", "lb/probe", "lb/admin", "lb/trace"}
BELOW_SERVICES = BASE | VALUES | DECISIONS | IO

MAY_INCLUDE = {
    "lb/base": set(),
    **{folder: BASE for folder in VALUES},
    **{folder: BASE | VALUES for folder in DECISIONS},
    "lb/net": BASE,
    "lb/wire": BASE | VALUES | {"lb/net"},
    **{folder: BELOW_SERVICES for folder in SERVICES},
    "lb/explain": BELOW_SERVICES | {"lb/proxy", "lb/admin"},  # the proxy without a network
    "lb/server": BELOW_SERVICES | SERVICES | {"lb/explain"},
    "lb": BELOW_SERVICES | SERVICES | {"lb/server"},  # main.cc
    "bench": BASE | VALUES | DECISIONS | IO,
}

# Outside libraries: first what is written between <>, then where it may be. A home is a folder, or the beginning
# of file names in a folder. An empty list: anywhere.
LIBRARY_HOMES = [
    (r"yaml-cpp/", ["config/"]),
    (r"llhttp\.h$|nghttp2/", ["lb/http/"]),
    (r"uv\.h$|uv/|ares(_\w+)?\.h$", ["lb/net/"]),
    (r"openssl/", ["lb/net/", "lb/sticky/", "bench/websocket/"]),
    (r"re2/", ["lb/model/pattern"]),
    (r"spdlog/", ["lb/base/log"]),
    (r"CLI/", ["lb/server/", "lb/main.cc", "bench/"]),
    (r"systemd/", ["lb/server/systemd"]),
    (r"benchmark/|curl/", ["bench/"]),
    (r"doctest", ["tests/"]),
    (r"fmt/|nlohmann/|xxhash\.h$", []),
    (r"(arpa|linux|net|netinet|sys)/", []),
]

SOURCES = {".h", ".hh", ".hpp", ".inc", ".c", ".cc", ".cpp"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"(?P<own>[^"]+)"|<(?P<outside>[^>]+)>)', re.MULTILINE)
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def folder_of(path):
    """lb/net/timer.h -> lb/net; config/load.h and config/examples/x.h -> config; lb/main.cc -> lb."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[0] == "lb" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def check_own(path, header):
    folder, other = folder_of(path), folder_of(header)
    if ".." in pathlib.PurePosixPath(header).parts or (other not in MAY_INCLUDE and not header.startswith("lb/")):
        return f'"{header}" is no file of lb, config or bench: write it from the root of the repository'
    if other not in MAY_INCLUDE:
        return f'"{header}": {other} has no place in the table of layers'
    if other != folder and other not in MAY_INCLUDE[folder]:
        allowed = ", ".join(sorted(MAY_INCLUDE[folder])) or "nothing"
        return f'"{header}": {folder} may not include {other}; it may include {allowed}'
    return None


def check_outside(path, header):
    if re.match(r"(lb|config|bench|tests)/", header):
        return f'<{header}>: our own headers are included with ""'
    for pattern, homes in LIBRARY_HOMES:
        if re.match(pattern, header):
            if homes and not any(path.startswith(home) for home in homes):
                return f"<{header}> belongs in {' or '.join(homes)} only"
            return None
    if "/" in header:
        return f"<{header}>: this library has no home in the table of libraries"
    return None


def check_file(path, text):
    """All complaints about one file, as `path:line: message`."""
    text = BLOCK_COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), text)
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["own"]:
            complaint = check_own(path, match["own"])
        else:
            complaint = check_outside(path, match["outside"])
        if complaint:
            yield f"{path}:{line}: {complaint}"


def check_tree(root):
    """All complaints about a repository, and the number of files read."""
    complaints, count = [], 0
    for top in ("lb", "config", "bench"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCES or not file.is_file():
                continue
            count += 1
            path = file.relative_to(root).as_posix()
            if folder_of(path) not in MAY_INCLUDE:
                complaints.append(f"{path}:1: {folder_of(path)} has no place in the table of layers")
                continue
            complaints.extend(check_file(path, file.read_text(encoding="utf-8", errors="replace")))
    return complaints, count


def main(arguments):
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[2]
    complaints, count = check_tree(root)
    for complaint in complaints:
        print(complaint)
    if count == 0:
        print(f"{root}: no source files in lb, config or bench")
    print(f"layers: {count} files read, {len(complaints)} includes refused")
    return 1 if complaints or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
