#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that a manual page knows what --help knows, and that man has nothing to say
against it. Arguments: the path of the page, the path of the program."""

import re
import shutil
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop()
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
    """The lines of --help below a heading; none if there is no such section."""
    found = re.search(rf"^{heading}:\n(.*?)(?:\n\n|\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def one_line(text):
    return " ".join(text.split())


class Manual(unittest.TestCase):
    def setUp(self):
        self.help = run(PROGRAM, "--help").stdout

    def test_each_command(self):
        wanted = re.findall(r"^  (\S+) ?(\S.*?)?(?:  |$)", section(self.help, "Commands"), re.M)
        self.assertEqual(len(wanted) > 7, "COMMAND [ARGUMENT...]" in self.help)
        for name, arguments in wanted:
            self.assertIn(f".TP\n{name}{' ' + arguments if arguments else ''}\n", source())

    def test_each_option_of_help_is_in_it_and_no_other(self):
        wanted = re.findall(r"^  (?:-(\w), |    )--([\w-]+) ?(\S*)  ", self.help, re.M)
        found = re.findall(r"^\.TP\n(?:-(\w), )?--([\w-]+) ?(\S*)$", source(), re.M)
        self.assertGreater(len(wanted), 4)
        self.assertEqual(found, wanted)

    def test_each_exit_status_too(self):
        wanted = re.findall(r"^ +(\d+)  (\S.*)$", self.help, re.M)
        self.assertGreater(len(wanted), 4)
        self.assertEqual(re.findall(r"^\.TP\n(\d+)\n(.*)$", source(), re.M), wanted)

    def test_and_each_sentence(self):
        page = one_line(source())
        about = re.split(r"^(?:Commands|Options)\b", self.help, flags=re.M)[0]
        usage, *paragraphs = about.strip().split("\n\n")
        self.assertRegex(usage, "^Usage: ")
        self.assertGreater(len(paragraphs), 1)
        for paragraph in paragraphs:
            self.assertIn(one_line(paragraph), page)

    def test_lines_of_help_fit(self):
        self.assertLessEqual(max(map(len, self.help.split("\n"))), 80)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_warns_of_nothing(self):
        self.assertEqual(run("groff", "-wall", "-man", "-Tutf8", PAGE).stderr, "")

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_man_shows_it(self):
        shown = run("man", "-l", "--warnings", PAGE)
        self.assertEqual(shown.stderr, "")
        self.assertIn("--version", shown.stdout.replace("\b", ""))


if __name__ == "__main__":
    unittest.main()
