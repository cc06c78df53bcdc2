"""Reads config/reference.yaml as what it is: keys with comments. A YAML parser would drop the comments."""

import re
from dataclasses import dataclass, field

# Maps whose keys are the user's own words, not weir's.
OWN_WORDS = {"header", "headers", "query", "cookie", "set", "add", "groups"}
# Maps of things that the user names: all of them together describe one.
NAMED = {"listeners", "target_groups"}


@dataclass
class Key:
    name: str
    value: str = ""
    texts: list = field(default_factory=list)  # paragraphs
    default: str = ""  # as words: "off"; empty: the value is the default
    required: str = ""  # as words: "required in this form"
    children: dict = field(default_factory=dict)

    def child(self, name):
        return self.children.setdefault(name, Key(name))


def outside_quotes(text):
    """The positions of `text` that no quotes hold."""
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            yield at


def split_comment(line):
    for at in outside_quotes(line):
        if line[at] == "#" and (at == 0 or line[at - 1] == " "):
            return line[:at].rstrip(), line[at + 1 :].strip()
    return line.rstrip(), ""


def split_flow(value):
    """The entries of `{ a: 1, b: [2, 3] }`."""
    parts, depth, begin = [], 0, 1
    for at in outside_quotes(value):
        depth += (value[at] in "[{") - (value[at] in "]}")
        if (value[at] == "," and depth == 1) or depth == 0:
            parts.append(value[begin:at])
            begin = at + 1
    return [tuple(half.strip() for half in part.split(":", 1)) for part in parts if part.strip()]


def describe(key, comment, block, first):
    texts = list(block)
    default, required, words = "", "", []
    for clause in re.split(r"; (?=default: |required)", comment):
        if clause.startswith("default: "):
            default = clause[len("default: ") :]
        elif clause.startswith("required"):
            required = clause
        elif clause:
            words.append(clause)
    texts += words
    if first:
        key.default, key.required = default, required
    key.texts += [text for text in texts if text not in key.texts]


def fill(key, value, comment, block):
    """Another line about the key: what it adds to what is known."""
    first = not key.value and not key.texts and not key.children
    if value.startswith("{") and value != "{}" and key.name not in OWN_WORDS:
        entries = split_flow(value)
        value = ""
        known = bool(key.children)
        for name, inner in entries:
            lone = known and len(entries) == 1 and name not in key.children
            fill(key.child(name), inner, comment if lone else "", [])
            if lone:
                comment = ""
        if not first and not comment:
            return
    describe(key, comment, block, first)
    if first:
        key.value = value


class Reader:
    """`stack` holds (indentation, key) of the keys that the current line stands in."""

    def __init__(self, text):
        self.root = Key("")
        self.head = []  # the lines of the comment atop the file
        self.stack = [(-1, self.root)]
        self.block = []  # paragraphs of the comment above the next key
        lines = text.splitlines()
        while lines and lines[0].startswith("#"):
            self.head.append(lines.pop(0)[1:].removeprefix(" "))
        for line in lines:
            self.read(line)

    def read(self, line):
        text, comment = split_comment(line)
        if not line.strip():
            self.block = []
        elif not text:
            self.note(comment)
        else:
            self.entry(text, comment)
            self.block = []

    def note(self, comment):
        if not comment or not self.block:
            self.block.append(comment)
        else:
            self.block[-1] = f"{self.block[-1]} {comment}".strip()

    def entry(self, text, comment):
        indent = len(text) - len(text.lstrip())
        item = text.lstrip().startswith("- ")
        body = text.lstrip().removeprefix("- ")
        while self.stack[-1][0] >= indent + (1 if item else 0):
            self.stack.pop()
        parent = self.stack[-1][1]
        match = re.match(r"([a-z0-9_-]+):(?: (.*))?$", body)
        if not match:
            if comment:
                parent.texts.append(f"An item may be {comment}, or a map")
            return
        name, value = match[1], match[2] or ""
        block = [paragraph for paragraph in self.block if paragraph]
        key = parent.child("NAME" if parent.name in NAMED else name)
        if key.name == "NAME" and key.texts:
            comment, block = "", []
        fill(key, value, comment, block)
        self.stack.append((indent + (2 if item else 0), key))


def read(text):
    """The root key, and the lines atop the file."""
    reader = Reader(text)
    return reader.root, reader.head
