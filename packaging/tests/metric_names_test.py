#!/usr/bin/env python3
"""The dashboard and the alerts ask for metrics that there are: names that weir writes, or that its contract promises."""

import json
import pathlib
import re
import sys
import unittest

import yaml

PACKAGING = pathlib.Path(__file__).resolve().parent.parent
# Written by parts of weir that are still to come.
PROMISED = {
    "weir_tls_certificate_expiry_timestamp_seconds",
    "weir_tls_handshakes_total",
}
OTHERS = {"up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
          "process_max_fds"}
NAME = re.compile(r"\b(?:weir|process)_[a-z_]+\b|\bup\b|\bALERTS\b")


def written():
    """The names in the source of the metrics."""
    names = set()
    for source in (PACKAGING.parent / "lb" / "observe").glob("*.cc"):
        names |= set(re.findall(r'"(weir_[a-z_]+)"', source.read_text()))
    return names


def asked(expression):
    """The names in an expression, whose strings and labels are none."""
    expression = re.sub(r'"[^"]*"', '""', expression)
    expression = re.sub(r"\b(by|on|without|ignoring) *\([^)]*\)", "", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in NAME.findall(expression)}


def dashboard():
    return json.loads((PACKAGING / "grafana" / "weir.json").read_text())


def expressions():
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["definition"]
    for group in yaml.safe_load((PACKAGING / "prometheus" / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


class MetricNames(unittest.TestCase):
    def test_every_metric_exists(self):
        known = written() | PROMISED | OTHERS
        self.assertGreater(len(written()), 30)
        for place, expression in expressions():
            names = asked(expression)
            self.assertTrue(names, f"{place} asks for nothing")
            self.assertEqual(names - known, set(), f"{place} asks for what there is not")

    def test_a_wrong_name_is_noticed(self):
        self.assertEqual(asked('rate(weir_request_total{code="up"}[5m]) by (up)'), {"weir_request_total"})

    def test_panels_stand_beside_each_other(self):
        taken = set()
        for panel in dashboard()["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            taken |= cells

    def test_every_alert_tells_what_to_do(self):
        rules = yaml.safe_load((PACKAGING / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
        tested = (PACKAGING / "prometheus" / "alerts_test.yaml").read_text()
        for rule in rules:
            self.assertIn("severity", rule["labels"], rule["alert"])
            self.assertTrue(rule["annotations"]["summary"], rule["alert"])
            self.assertGreater(len(rule["annotations"]["description"]), 60, rule["alert"])
            self.assertIn(rule["alert"], tested)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
