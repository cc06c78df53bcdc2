#!/usr/bin/env python3
"""Shows that layers.py refuses what it must: small trees, each with what must be said about it."""

import contextlib
import io
import pathlib
import sys
import tempfile

import layers

# name, {file: text}, what the output must contain; None: the tree must be accepted.
CASES = [
    ("down is fine", {
        "lb/base/a.h": "#include <vector>\n#include <sys/socket.h>\n#include <fmt/format.h>\n",
        "lb/base/log.cc": "#include <spdlog/spdlog.h>\n",
        "lb/model/a.h": '#include "lb/base/a.h"\n#include "lb/model/b.h"\n',
        "lb/model/pattern.cc": "#include <re2/re2.h>\n",
        "lb/http/a.h": '#include <llhttp.h>\n#include "lb/base/a.h"\n',
        "config/load.cc": '#include <yaml-cpp/yaml.h>\n#include "config/x.h"\n#include "lb/model/a.h"\n',
        "lb/observe/a.cc": '#include "lb/http/a.h"\n',
        "lb/net/a.h": '#include <uv.h>\n#include "lb/base/a.h"\n',
        "lb/wire/a.h": '#include "lb/net/a.h"\n#include "lb/http/a.h"\n#include "lb/model/a.h"\n',
        "lb/proxy/a.h": '#include "lb/wire/a.h"\n#include "lb/routing/a.h"\n#include "config/load.h"\n',
        "lb/server/a.cc": '#include <CLI/CLI.hpp>\n#include "lb/proxy/a.h"\n#include "lb/admin/a.h"\n',
        "lb/main.cc": '#include "lb/server/a.h"\n',
        "bench/a.cc": '#include "bench/b.h"\n#include "lb/wire/a.h"\n#include "lb/observe/a.h"\n',
    }, None),
    ("up", {"lb/base/a.h": '#include "lb/model/a.h"\n'}, "lb/base/a.h:1: "),
    ("up from net", {"lb/net/a.cc": '#include "lb/http/a.h"\n'}, "lb/net may not include lb/http"),
    ("up from wire", {"lb/wire/a.cc": '\n#include "lb/proxy/a.h"\n'}, "lb/wire/a.cc:2: "),
    ("up from a service", {"lb/proxy/a.cc": '#include "lb/server/a.h"\n'}, "lb/proxy may not include lb/server"),
    ("up to main's folder", {"lb/server/a.cc": '#include "lb/a.h"\n'}, "lb/server may not include lb;"),
    ("wire takes no decisions", {"lb/wire/a.cc": '#include "lb/routing/a.h"\n'}, "may not include lb/routing"),
    ("model beside http", {"lb/http/a.h": '#include "lb/model/a.h"\n'}, "lb/http may not include lb/model"),
    ("http beside model", {"lb/model/a.h": '#include "lb/http/a.h"\n'}, "lb/model may not include lb/http"),
    ("decision beside decision", {"lb/health/a.h": '#include "lb/balance/a.h"\n'}, "may not include lb/balance"),
    ("decision beside config", {"lb/routing/a.h": '#include "config/a.h"\n'}, "may not include config"),
    ("config beside observe", {"config/a.cc": '#include "lb/observe/a.h"\n'}, "may not include lb/observe"),
    ("service beside service", {"lb/admin/a.h": '#include "lb/probe/a.h"\n'}, "may not include lb/probe"),
    ("bench at the proxy", {"bench/a.cc": '#include "lb/proxy/a.h"\n'}, "bench may not include lb/proxy"),
    ("the product uses no bench", {"lb/server/a.cc": '#include "bench/a.h"\n'}, "may not include bench"),
    ("the product uses no tests", {"lb/server/a.cc": '#include "tests/support/a.h"\n'}, "is no file of lb"),
    ("written from the folder", {"lb/net/a.cc": '#include "a.h"\n'}, "write it from the root"),
    ("written with dots", {"lb/net/a.cc": '#include "lb/net/../http/a.h"\n'}, "write it from the root"),
    ("own header in angle brackets", {"lb/net/a.cc": "#include <lb/base/a.h>\n"}, "are included with"),
    ("odd spacing", {"lb/base/a.h": '  #  include   "lb/net/a.h"\n'}, "may not include lb/net"),
    ("unknown folder", {"lb/misc/a.h": "\n"}, "lb/misc has no place"),
    ("include of an unknown folder", {"lb/server/a.h": '#include "lb/misc/a.h"\n'}, "lb/misc has no place"),
    ("YAML away from config", {"lb/server/a.cc": "#include <yaml-cpp/yaml.h>\n"}, "belongs in config/ only"),
    ("llhttp away from http", {"lb/wire/a.cc": "#include <llhttp.h>\n"}, "belongs in lb/http/ only"),
    ("libuv away from net", {"lb/server/a.cc": "#include <uv.h>\n"}, "belongs in lb/net/ only"),
    ("OpenSSL away from net", {"lb/wire/a.cc": "#include <openssl/ssl.h>\n"}, "belongs in lb/net/ or"),
    ("OpenSSL elsewhere in bench", {"bench/load/a.cc": "#include <openssl/evp.h>\n"}, "or bench/websocket/ only"),
    ("RE2 elsewhere in model", {"lb/model/rule.cc": "#include <re2/re2.h>\n"}, "lb/model/pattern only"),
    ("spdlog away from the front", {"lb/proxy/a.cc": "#include <spdlog/spdlog.h>\n"}, "lb/base/log only"),
    ("doctest in the product", {"lb/base/a.cc": "#include <doctest/doctest.h>\n"}, "tests/ only"),
    ("a library nobody decided on", {"lb/base/a.cc": "#include <boost/asio.hpp>\n"}, "has no home"),
    ("comments do not count", {
        "lb/base/a.h": '// #include "lb/net/a.h"\n/*\n#include "lb/net/a.h"\n*/\n',
    }, None),
    ("lines count through comments", {"lb/base/a.h": '/*\n*/\n#include "lb/net/a.h"\n'}, "lb/base/a.h:3: "),
    ("nothing to read", {"README.md": "\n"}, "no source files"),
]


def run_case(files, expected):
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            file = pathlib.Path(directory, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = layers.main([directory])
    said = output.getvalue()
    if expected is None:
        return f"refused:\n{said}" if status else None
    if status == 0:
        return f"accepted:\n{said}"
    return None if expected in said else f"does not say '{expected}':\n{said}"


def main():
    failures = 0
    for name, files, expected in CASES:
        problem = run_case(files, expected)
        if problem:
            failures += 1
            print(f"FAILED: {name}: {problem}")
    print(f"layers self-test: {len(CASES)} trees, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
