#!/usr/bin/env python3
"""The man pages are well formed, and weir.yaml(5) has every key of the reference."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

PACKAGING = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = PACKAGING.parent / "config" / "reference.yaml"
# Maps with words of the user's own: what stands in them is an example.
OWN_WORDS = {"header", "headers", "query", "cookie", "set", "add", "groups"}
NAMED = {"listeners", "target_groups"}


def paths(value, path=""):
    """The keys of the reference as the page writes them: target_groups.NAME.targets.zone."""
    last = path.rsplit(".", 1)[-1]
    if isinstance(value, list):
        for item in value:
            yield from paths(item, path)
    elif isinstance(value, dict):
        if last in OWN_WORDS and path not in {"listeners.NAME.rules.headers"}:
            return
        for key, inner in value.items():
            name = "NAME" if path in NAMED else key
            here = f"{path}.{name}" if path else name
            yield here
            yield from paths(inner, here)


def page():
    return subprocess.run([sys.executable, PACKAGING / "man" / "yaml_page.py", "0.0.0"], input=REFERENCE.read_text(),
                          capture_output=True, text=True, check=True).stdout


def rendered(text):
    """As a terminal shows it, without emphasis."""
    environment = {**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(["man", "--warnings", "--encoding=UTF-8", "-l", "-"], input=text, capture_output=True, text=True,
                          check=True, env=environment)
    return re.sub(".\b", "", done.stdout), done.stderr


class Pages(unittest.TestCase):
    def test_every_key_is_there(self):
        shown, _ = rendered(page())
        keys = {line.strip().split(":")[0] for line in shown.splitlines()}
        titles = {line.lower().replace(" ", "_") for line in shown.splitlines()}
        wanted = set(paths(yaml.safe_load(REFERENCE.read_text())))
        self.assertGreater(len(wanted), 150)
        for path in sorted(wanted):
            self.assertIn(path, titles if "." not in path else keys)

    def test_every_comment_is_there(self):
        """What the reference says of a key stands in the page, words in another case and without a full stop."""
        shown = re.sub(r"[^a-z0-9]+", "", rendered(page())[0].lower())
        for line in REFERENCE.read_text().splitlines():
            match = re.search(r"^ *[a-z_]+:.* # (.*)", line)
            text = re.split(r";? ?(?:default: |required)", match[1])[0] if match else ""
            if text and not line.startswith("  public"):
                self.assertIn(re.sub(r"[^a-z0-9]+", "", text.lower()), shown, line)

    def test_they_are_well_formed(self):
        with tempfile.TemporaryDirectory() as directory:
            made = pathlib.Path(directory) / "weir.yaml.5"
            made.write_text(page())
            for path in (PACKAGING / "weir.1", PACKAGING / "weir-bench.1", made):
                self.assertEqual(rendered(path.read_text())[1], "", path)
                lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True,
                                      check=False).stdout
                # The pages have no date: it would be that of a build.
                found = [line for line in lint.splitlines() if "missing date" not in line]
                self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
