#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that tools/check-summary counts what test programs say, and never turns a
failure into a pass. Argument: the path of check-summary."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

SUMMARY = sys.argv.pop(1)


def summary(*tests, ci=""):
    """(last line, exit status, everything printed) for test programs given as
    (result, stdout)."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
        for i, (result, stdout) in enumerate(tests):
            log.write(json.dumps({"name": f"test-{i}", "result": result, "stdout": stdout,
                                  "stderr": "", "returncode": 0}) + "\n")
        log.flush()
        run = subprocess.run([sys.executable, "-B", SUMMARY, log.name], check=False, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**os.environ, "CI": ci})
    return run.stdout.strip().split("\n")[-1], run.returncode, run.stdout


class CheckSummary(unittest.TestCase):
    def test_each_way_of_counting_is_understood(self):
        line, status, _ = summary(
            ("OK", "silent"),
            ("OK", "seed 1\n40 passed, 0 failed\n2000 passed, 0 failed\n"),
            ("OK", "[==========] 3 test(s) run.\n[  PASSED  ] 3 test(s).\n"),
            ("OK", "Ran 5 tests in 0.1s\n\nOK (skipped=1)\n"))
        self.assertEqual((line, status), ("2008 passed, 0 failed, 1 skipped", 0))

    def test_a_failure_shows_its_log_and_fails(self):
        line, status, text = summary(
            ("OK", "7 passed, 0 failed"),
            ("FAIL", "expected: S.\nactual: R.\n5 passed, 2 failed"))
        self.assertEqual((line, status), ("12 passed, 2 failed", 1))
        self.assertIn("actual: R.", text)
        self.assertIn("failed (FAIL", text)

    def test_cmocka_failures_are_counted(self):
        line, status, _ = summary(
            ("FAIL", "[  PASSED  ] 3 test(s).\n[  FAILED  ] tests: 2 test(s), listed below:\n"))
        self.assertEqual((line, status), ("3 passed, 2 failed", 1))

    def test_a_program_that_dies_or_hangs_counts_a_failure_whatever_it_said(self):
        for result in ("FAIL", "TIMEOUT", "ERROR", "INTERRUPT"):
            line, status, _ = summary((result, "9 passed, 0 failed"))
            self.assertEqual((line, status), ("9 passed, 1 failed", 1))

    def test_nothing_run_is_a_failure(self):
        self.assertEqual(summary()[:2], ("0 passed, 0 failed", 1))

    def test_a_skip_shows_its_reason_and_fails_in_ci_only(self):
        tests = [("OK", "silent"), ("SKIP", "no /dev/net/tun here")]
        line, status, text = summary(*tests)
        self.assertEqual((line, status), ("1 passed, 0 failed, 1 skipped", 0))
        self.assertIn("no /dev/net/tun here", text)
        self.assertEqual(summary(*tests, ci="true")[1], 1)


if __name__ == "__main__":
    unittest.main()
