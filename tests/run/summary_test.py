#!/usr/bin/env python3
"""Tests of summary.py: no failure may get lost on the way to the last line."""

import sys
import unittest

from summary import count_run, count_test

PASS = "[doctest] test cases:  7 |  7 passed | 0 failed | 0 skipped\n[doctest] assertions: 9 | 9 passed | 0 failed |\n"
FAIL = "[doctest] test cases: 12 | 10 passed | 2 failed | 1 skipped\n[doctest] Status: FAILURE!\n"


def junit(*tests):
    cases = "".join(
        f'<testcase name="{name}" status="{status}"><system-out>{output}</system-out></testcase>'
        for name, status, output in tests)
    return f'<?xml version="1.0"?><testsuite name="x">{cases}</testsuite>'


class CountRun(unittest.TestCase):
    def check(self, text, exit_status, passed, failed):
        counted = count_run(text, exit_status)
        self.assertEqual(counted[:2], (passed, failed), counted[2])
        self.assertEqual(bool(counted[2]), failed > 0)

    def test_cases_of_doctest_are_summed(self):
        self.check(junit(("a", "run", PASS), ("b", "run", PASS)), 0, 14, 0)

    def test_other_tests_count_as_one(self):
        self.check(junit(("a", "run", "fine"), ("b", "run", PASS)), 0, 8, 0)
        self.check(junit(("a", "fail", "not fine"), ("b", "run", PASS)), 8, 7, 1)

    def test_failed_cases(self):
        self.check(junit(("a", "fail", FAIL), ("b", "run", PASS)), 8, 17, 2)

    def test_failed_cases_in_a_test_that_ended_with_0(self):
        self.check(junit(("a", "run", FAIL)), 0, 10, 2)

    def test_two_summaries_in_one_test(self):
        self.check(junit(("a", "fail", PASS + FAIL)), 8, 17, 2)

    def test_colours(self):
        self.assertEqual(count_test("run", PASS.replace("7 passed", "\x1b[32m7 passed\x1b[0m")), (7, 0, None))

    def test_a_crash_before_the_summary(self):
        self.check(junit(("a", "fail", "Segmentation fault")), 8, 0, 1)

    def test_an_exit_before_the_summary(self):
        self.check(junit(("a", "run", '[doctest] doctest version is "2.4.9"\nsome output')), 0, 0, 1)

    def test_a_leak_reported_after_the_summary(self):
        self.check(junit(("a", "fail", PASS + "LeakSanitizer: detected memory leaks")), 8, 7, 1)

    def test_a_missing_binary(self):
        self.check(junit(("a", "notrun", "Unable to find executable"), ("b", "run", PASS)), 8, 7, 1)

    def test_skipped_and_disabled_tests_are_failures(self):
        self.check(junit(("a", "disabled", ""), ("b", "notrun", "")), 0, 0, 2)

    def test_a_binary_without_cases(self):
        empty = "[doctest] test cases: 0 | 0 passed | 0 failed | 3 skipped"
        self.check(junit(("a", "run", empty)), 0, 0, 1)

    def test_no_tests(self):
        self.check(junit(), 0, 0, 1)

    def test_no_file_or_a_broken_one(self):
        self.check("", 0, 0, 1)
        self.check("<testsuite><testcase", 8, 0, 1)

    def test_a_failure_that_the_file_does_not_show(self):
        self.check(junit(("a", "run", PASS)), 8, 7, 1)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False).result.wasSuccessful() else 1)
