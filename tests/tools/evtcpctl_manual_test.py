#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that evtcpctl(1) knows what evtcpctl --help knows, and that groff has nothing to say against
it. Arguments: the path of evtcpctl.1, the path of evtcpctl."""

import re
import shutil
import subprocess
import sys
import unittest

EVTCPCTL = sys.argv.pop()
PAGE = sys.argv.pop()


def run(*command):
    return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def source():
    """The page with what is special to roff undone."""
    with open(PAGE, encoding="utf-8") as page:
        text = page.read()
    text = re.sub(r"\\f[BIR]|\\&", "", text)
    return text.replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\e", "\\")


def section(text, heading):
    """The lines of --help below a heading."""
    return re.search(rf"^{heading}:\n(.*?)(?:\n\n|\Z)", text, re.M | re.S).group(1)


class Manual(unittest.TestCase):
    def setUp(self):
        self.help = run(EVTCPCTL, "--help").stdout

    def test_each_command(self):
        wanted = re.findall(r"^  (\S+) ?(\S.*?)?(?:  |$)", section(self.help, "Commands"), re.M)
        self.assertGreater(len(wanted), 7)
        for name, arguments in wanted:
            self.assertIn(f".TP\n{name}{' ' + arguments if arguments else ''}\n", source())

    def test_each_option(self):
        wanted = re.findall(r"^  -(\w), --([\w-]+) ?(\S*)", self.help, re.M)
        self.assertGreater(len(wanted), 4)
        found = re.findall(r"^\.TP\n-(\w), --([\w-]+) ?(\S*)$", source(), re.M)
        self.assertEqual(found, wanted)

    def test_each_exit_status(self):
        wanted = re.findall(r"^ +(\d+)  (\S.*)$", self.help, re.M)
        self.assertGreater(len(wanted), 4)
        self.assertEqual(re.findall(r"^\.TP\n(\d+)\n(.*)$", source(), re.M), wanted)

    def test_lines_of_help_fit(self):
        self.assertLessEqual(max(map(len, self.help.split("\n"))), 80)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_warns_of_nothing(self):
        self.assertEqual(run("groff", "-wall", "-man", "-Tutf8", PAGE).stderr, "")


if __name__ == "__main__":
    unittest.main()
