#!/usr/bin/env python3
"""Counts the test cases of one ctest run from its JUnit file and prints `PASSED FAILED`.

usage: summary.py JUNIT_FILE CTEST_EXIT_STATUS

A doctest binary counts as its own test cases, as its last lines tell them; any other test counts as one.
What did not run, crashed, timed out, was skipped or ran no case at all counts as failed, and so does a run that
ctest calls failed or that left no readable file. What failed is named on stderr.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
DOCTEST = re.compile(r"^\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|", re.MULTILINE)


def count_test(status, output):
    """(passed, failed, what is wrong or None) of one ctest test."""
    summaries = DOCTEST.findall(ESCAPES.sub("", output))
    passed = sum(int(summary[1]) for summary in summaries)
    failed = sum(int(summary[2]) for summary in summaries)
    if status not in ("run", "fail"):
        return 0, 1, f"did not run ({status or 'no status'})"
    if failed:
        return passed, failed, f"{failed} failed"
    if status == "fail":
        return passed, 1, "crashed, timed out or failed outside its test cases"
    if not summaries and "[doctest] doctest version" in output:
        return 0, 1, "ended before its test cases did"
    if not summaries:
        return 1, 0, None
    if passed == 0:
        return 0, 1, "ran no test case"
    return passed, 0, None


def count_run(junit_text, exit_status):
    """(passed, failed, list of complaints) of one ctest run."""
    passed, failed, complaints = 0, 0, []
    try:
        tests = list(ElementTree.fromstring(junit_text).iter("testcase"))
    except ElementTree.ParseError as error:
        return 0, 1, [f"the JUnit file is unreadable: {error}"]
    for test in tests:
        output = "".join(part.text or "" for part in test.iter("system-out"))
        more_passed, more_failed, complaint = count_test(test.get("status"), output)
        passed += more_passed
        failed += more_failed
        if complaint:
            complaints.append(f"{test.get('name')}: {complaint}")
    if not tests:
        failed += 1
        complaints.append("ctest found no tests")
    elif exit_status and not failed:
        failed += 1
        complaints.append(f"ctest ended with status {exit_status}, though no test is marked as failed")
    return passed, failed, complaints


def main():
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError as error:
        text = ""
        print(f"  {error}", file=sys.stderr)
    passed, failed, complaints = count_run(text, int(sys.argv[2]))
    for complaint in complaints:
        print(f"  FAILED {complaint}", file=sys.stderr)
    print(passed, failed)


if __name__ == "__main__":
    main()
