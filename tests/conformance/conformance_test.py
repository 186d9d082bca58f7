#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that tools/conformance sees each kind of fault, and nothing where there is none.
Argument: the path of conformance."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = sys.argv.pop(1)

RULES = """# comment
MUST-1\tMUST\t3.1\tOne
MUST-2\tMUST NOT\t3.2\tTwo
MUST-3\tMUST\t3.3\tThree\tno such thing here
MAY-1\tMAY\t3.4\tFour
"""
SOURCE = "/* RFC 9293 3.1, MUST-1,\n * -2: both */\n"
SCRIPT = "# RFC 9293 3.1, MUST-1 and\n# MUST-2: a script.\nconnect\n"


def conformance(source=SOURCE, script=SCRIPT):
    """(exit status, lines printed with --quiet) for a project of these two files."""
    with tempfile.TemporaryDirectory() as name:
        top = pathlib.Path(name)
        for path, text in (("tests/conformance/rfc9293.tsv", RULES), ("src/a.c", source),
                           ("tests/trace/b/c.trace", script)):
            (top / path).parent.mkdir(parents=True)
            (top / path).write_text(text)
        run = subprocess.run([sys.executable, "-B", TOOL, "--quiet", name], check=False,
                             text=True, stdout=subprocess.PIPE)
    return run.returncode, run.stdout.splitlines()


class Conformance(unittest.TestCase):
    def test_a_project_without_fault_passes(self):
        self.assertEqual(conformance(), (0, ["5 passed, 0 failed"]))

    def test_a_must_without_place_or_test_fails(self):
        self.assertEqual(conformance(source="/* MUST-1 */\n"), (1, [
            "MUST-2 (RFC 9293 3.2: Two) lacks a place that applies it", "4 passed, 1 failed"]))
        self.assertEqual(conformance(script="# RFC 9293 MUST-2\n")[1][0],
                         "MUST-1 (RFC 9293 3.1: One) lacks a test")

    def test_a_tag_that_names_no_rule_fails(self):
        self.assertEqual(conformance(source=SOURCE + "\n\n/* SHLD-9 */\n")[1][0],
                         "src/a.c:5: SHLD-9 is no rule of RFC 9293")

    def test_a_script_without_subject_fails(self):
        status, lines = conformance(source=SOURCE + "/* ", script="# MUST-1, -2\nconnect\n# RFC 1\n")
        self.assertEqual((status, lines[0]), (1, "tests/trace/b/c.trace: its opening comment "
                                                 "names no RFC, nor a class of ATTACKS"))
        self.assertEqual(conformance(script="# ATTACKS T07: MUST-1, -2.\n")[0], 0)


if __name__ == "__main__":
    unittest.main()
