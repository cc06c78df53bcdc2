#!/usr/bin/env python3
"""Makes weir.yaml.5, the man page of the configuration file, of config/reference.yaml, so that the two agree.

usage: yaml_page.py VERSION < config/reference.yaml > weir.yaml.5
"""

import re
import sys

import reference

HEAD = r""".\" Made of config/reference.yaml: change that file, not this one.
.TH WEIR.YAML 5 "" "weir {version}" "File Formats"
.SH NAME
weir.yaml \- configuration of the load balancer weir
.SH DESCRIPTION
.I /etc/weir/weir.yaml
says where
.BR weir (1)
listens, what it does with which requests, and which targets it may send them to.
It is a YAML file.
An unknown key is an error;
.B weir check
shows everything that is wrong with a file, each problem with its place, and
.B weir schema
prints its JSON Schema, by which editors complete and check.
.PP
The smallest useful file:
.PP
.RS 4
.nf
listeners:
  web: {{ bind: "0.0.0.0:8080", forward: app }}
target_groups:
  app: {{ targets: [ "10.0.1.10:8080", "10.0.2.10:8080" ] }}
.fi
.RE
.SH NOTATION
Below, a key stands with those that it is inside of, and its default behind it.
Where the text says
.I Default
or
.IR Required ,
what stands behind the key is an example.
.I NAME
is a name of your choice.
"""

TAIL = r""".SH FILES
.TP
.I /etc/weir/weir.yaml
The configuration.
.TP
.I /etc/weir/conf.d/*.yaml
Further listeners and target groups, which the shipped configuration includes.
.TP
.I /usr/share/doc/weir/examples
Complete files for common tasks, and
.IR reference.yaml ,
which shows all keys in their places.
.SH SEE ALSO
.BR weir (1),
.BR weir\-bench (1)
"""


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    text = text.replace("`", "\\(ga").replace("'", "\\(aq")
    return "\\&" + text if text.startswith((".", "'")) else text


# Words that stand in the file as they are written here.
LITERALS = {"auto", "debug", "http", "https", "lax", "off", "on", "source"}


def sentence(text):
    if re.match(r"[A-Za-z_]*", text)[0] not in LITERALS:
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", ":", "?")) else text + "."


def lines(text):
    """A line for each sentence, as man pages are written."""
    return [escape(part) for part in re.split(r"(?<=[.:]) (?=[A-Z])", sentence(text))]


def facts(key):
    if key.default:
        default = "nothing" if key.default == "none" else key.default
        yield f".br\n.I Default:\n{escape(default)}"
    if key.required:
        yield ".br\n" + escape(sentence(key.required))


def entry(path, key):
    heading = f"\\fB{escape(path)}\\fR"
    if key.value:
        heading += f": {escape(key.value)}"
    yield ".TP"
    yield heading
    paragraphs = [lines(text) for text in key.texts]
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".IP"
        yield from paragraph
    known = list(facts(key))
    if known and not paragraphs:
        known[0] = known[0].removeprefix(".br\n")
    yield from known
    if not known and not paragraphs:
        yield "\\&"


def entries(path, key):
    for name, child in key.children.items():
        inner = f"{path}.{name}" if path else name
        yield from entry(inner, child)
        yield from entries(inner, child)


def section(name, key):
    yield f".SH {escape(name.replace('_', ' ').upper())}"
    if not key.children:
        yield from entry(name, key)
        return
    for text in key.texts:
        yield from lines(text)
    yield from entries(name, key)


def values(head):
    """The table of kinds of values in the comment atop the reference."""
    yield ".SH VALUES"
    for line in head:
        match = re.match(r"([A-Z][a-z]+) {2,}(.*)", line)
        if match:
            yield ".TP"
            yield f".B {match[1]}"
            yield escape(match[2])
        elif line.startswith("   "):
            yield escape(line.strip())


def main():
    root, head = reference.read(sys.stdin.read())
    page = [HEAD.format(version=sys.argv[1]).rstrip("\n"), *values(head)]
    for name, key in root.children.items():
        page += section(name, key)
    print("\n".join(page))
    print(TAIL, end="")


if __name__ == "__main__":
    main()
