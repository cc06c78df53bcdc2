#!/usr/bin/env python3
"""The dashboard, the alerts and the recording rules ask for metrics that weir writes, and for reasons of errors by the
statuses that weir answers with."""

import json
import pathlib
import re
import sys
import unittest

import yaml

PACKAGING = pathlib.Path(__file__).resolve().parent.parent
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


def rules_of(name):
    groups = yaml.safe_load((PACKAGING / "prometheus" / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def statuses():
    """The status that goes with each reason of an error, by the tables in the source; 0 where there is none."""
    lb = PACKAGING.parent / "lb"
    reasons = re.findall(r'^    \{"(\w+)", (\d+), "\w*"\},$', (lb / "wire" / "failure.cc").read_text(), re.M)
    problems = re.findall(r'^    \{(\d+), k\w+, "(\w+)", ', (lb / "http" / "problem.cc").read_text(), re.M)
    known = {reason: int(status) for reason, status in reasons}
    known |= {reason: int(status) for status, reason in problems if reason != "none"}
    del known["malformed"]  # one of the problems stands in its place
    return known | {"client_gone": 460, "other": 0}


def expressions():
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["definition"]
    for rule in rules_of("alerts.yaml"):
        yield rule["alert"], rule["expr"]
    for rule in rules_of("alb_rules.yaml"):
        yield rule["record"], rule["expr"]


class MetricNames(unittest.TestCase):
    def test_every_metric_exists(self):
        known = written() | OTHERS
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

    def test_alb_counts_have_the_reasons_of_their_status(self):
        self.assertGreater(len(statuses()), 60)
        counted = {}
        for rule in rules_of("alb_rules.yaml"):
            name = re.search(r"HTTPCode_ELB_(\w+)_Count", rule["record"])
            if name is None:
                continue
            sign, pattern = re.search(r'reason(!~|=~)"([^"]*)"', rule["expr"]).groups()
            counted[name[1]] = {reason for reason in statuses()
                                if (re.fullmatch(pattern, reason) is not None) == (sign == "=~")}
        self.assertEqual(set(counted), {"4XX", "5XX", "500", "502", "503", "504"})
        for name, reasons in counted.items():
            begin = int(name.rstrip("X"))
            expected = {reason for reason, status in statuses().items() if begin in (status, status // 100)}
            self.assertEqual(reasons, expected, name)

    def test_recording_rules_are_named_by_level_metric_and_operation(self):
        for rule in rules_of("alb_rules.yaml"):
            self.assertRegex(rule["record"], r"^weir_(instance|listener|target_group):[A-Z]\w+:(sum_1m|avg_1m|p\d\d_1m|last)$")

    def test_every_alert_tells_what_to_do(self):
        rules = rules_of("alerts.yaml")
        tested = (PACKAGING / "prometheus" / "alerts_test.yaml").read_text()
        for rule in rules:
            self.assertIn("severity", rule["labels"], rule["alert"])
            self.assertTrue(rule["annotations"]["summary"], rule["alert"])
            self.assertGreater(len(rule["annotations"]["description"]), 60, rule["alert"])
            self.assertIn(rule["alert"], tested)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
