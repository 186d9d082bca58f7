#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that tools/conformance reads citations as they are written, sees each kind of fault,
and none where there is none. Argument: the path of conformance."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = sys.argv.pop(1)
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("conformance", TOOL)
spec = importlib.util.spec_from_loader("conformance", loader)
conformance = importlib.util.module_from_spec(spec)
loader.exec_module(conformance)

REQUIREMENTS = """# comment
3.1 MUST-1\tMUST\tOne
3.2 MUST-2\tMUST NOT\tTwo
3.3 MUST-3\tMUST\tThree\tdoes not apply: no such thing here
"""
STEPS = """2\tNOTE\tWhat words mean
6.2 step 1\tSTEP\tThe first
6.2 (2)\tSTEP\tThe second
9.1 example 1\tEXAMPLE\tA story
"""
ATTACKS = "1.3 T01\tATTACK\tThe wrap\n"

SOURCE = """/* RFC 9293 3.1, MUST-1,
 * -2: both; RFC 7 6.2 steps 1
 * and 2 */
"""
SCRIPT = """# RFC 9293 3.1, MUST-1 and
# MUST-2: a script. RFC 7 6.2, first and second, 9.1 example 1; ATTACKS T01.
# also told by packetdrill: suite path
connect
"""


class Project:
    """A project of a source, a script, and three tables."""

    def __init__(self, **files):
        self.files = {"tests/conformance/rfc9293.tsv": REQUIREMENTS,
                      "tests/conformance/rfc7.tsv": STEPS,
                      "tests/conformance/attacks.tsv": ATTACKS,
                      "src/a.c": SOURCE, "tests/trace/b/c.trace": SCRIPT}
        self.files |= {name.replace("__", "/").replace("_dot_", "."): text
                       for name, text in files.items()}

    def faults(self, *options):
        """(exit status, the lines printed with --quiet)."""
        with tempfile.TemporaryDirectory() as name:
            top = pathlib.Path(name)
            for path, text in self.files.items():
                (top / path).parent.mkdir(parents=True, exist_ok=True)
                (top / path).write_text(text)
            command = [sys.executable, "-B", TOOL, "--quiet", "--scripts", "1", "--retold", "1"]
            run = subprocess.run([*command, *options, name], check=False, text=True,
                                 stdout=subprocess.PIPE)
        return run.returncode, run.stdout.splitlines()

    def first_fault(self, *options):
        status, lines = self.faults(*options)
        assert status == (1 if len(lines) > 1 else 0)
        return lines[0]


def project(source=SOURCE, script=SCRIPT, steps=STEPS, **files):
    return Project(src__a_dot_c=source, tests__trace__b__c_dot_trace=script,
                   tests__conformance__rfc7_dot_tsv=steps, **files)


class Citations(unittest.TestCase):
    def check(self, text, *expected):
        found = [f"{document} {place}".strip() for document, place, _ in
                 conformance.citations(text)]
        self.assertEqual(found, list(expected))

    def test_a_document_a_section_a_label(self):
        self.check("RFC 8985: TLP", "RFC 8985")
        self.check("RFC 8985 7.2: PTO", "RFC 8985 7.2")
        self.check("(RFC 8985 6.2 step 4)", "RFC 8985 6.2 step 4")
        self.check("RFC 5682 2.1 step 3a:", "RFC 5682 2.1 step 3a")
        self.check("RFC 4443 2.4 (e.3)", "RFC 4443 2.4 step e.3")
        self.check("RFC 7323 5.3 R1 and", "RFC 7323 5.3 step R1")
        self.check("RFC 5681 3.1, equation 4", "RFC 5681 3.1 equation 4")
        self.check("RFC 7323 appendix A", "RFC 7323 appendix A")
        self.check("RFC 9293 3.10.7.4, fifth: x", "RFC 9293 3.10.7.4 step 5")

    def test_lists(self):
        self.check("RFC 6298 5.4, 5.5 and 5.6;", "RFC 6298 5.4", "RFC 6298 5.5", "RFC 6298 5.6")
        self.check("RFC 2883 4 rules 1 and 2, which", "RFC 2883 4 rule 1", "RFC 2883 4 rule 2")
        self.check("RFC 6675 5 (1), (2) to (4)", "RFC 6675 5 step 1", "RFC 6675 5 step 2",
                   "RFC 6675 5 step 3", "RFC 6675 5 step 4")
        self.check("RFC 6675 4 (1.a) and 5.1.", "RFC 6675 4 step 1.a", "RFC 6675 5.1")
        self.check("RFC 5961 3, 4: a", "RFC 5961 3", "RFC 5961 4")
        self.check("RFC 2018 4 rules 2 and 4; 4.2: x, 5 rule 1", "RFC 2018 4 rule 2",
                   "RFC 2018 4 rule 4", "RFC 2018 4.2")
        self.check("RFC 2018 3 rule 1, 4 rules 2 and 3: x", "RFC 2018 3 rule 1",
                   "RFC 2018 4 rule 2", "RFC 2018 4 rule 3")
        self.check("RFC 6298 5.4 to 5.6: x", "RFC 6298 5.4", "RFC 6298 5.5", "RFC 6298 5.6")
        self.check("RFC 9293 3.10.7.4, sixth to eighth", "RFC 9293 3.10.7.4 step 6",
                   "RFC 9293 3.10.7.4 step 7", "RFC 9293 3.10.7.4 step 8")
        self.check("RFC 9293 3.6, case 3, figure 13", "RFC 9293 3.6 case 3",
                   "RFC 9293 3.6 figure 13")
        self.check("RFC 9293 MUST-13, 3.10.8 rule 3", "RFC 9293 3.10.8 rule 3", "RFC 9293 MUST-13")
        self.check("RFC 9293 3.4, MUST-66, 3.10.7.4, first", "RFC 9293 3.4",
                   "RFC 9293 3.10.7.4 step 1", "RFC 9293 MUST-66")
        self.check("MUST-24, -25 and -27", "RFC 9293 MUST-24", "RFC 9293 MUST-25",
                   "RFC 9293 MUST-27")
        self.check("ATTACKS T04, T01; section 2", "ATTACKS T04", "ATTACKS T01")
        self.check("ATTACKS T09 to T11", "ATTACKS T09", "ATTACKS T10", "ATTACKS T11")

    def test_prose_behind_a_section_is_no_section(self):
        self.check("RFC 5681 3.1, 4 segments", "RFC 5681 3.1")
        self.check("RFC 5681 2's definition", "RFC 5681 2")
        self.check("RFC 9293 A segment", "RFC 9293")
        self.check("RFC 8985 7.2 (PTO)", "RFC 8985 7.2")

    def test_a_citation_goes_on_in_the_next_line_of_a_comment(self):
        self.check("/* RFC\n\t * 6191 2, and */", "RFC 6191 2")
        self.check("# RFC 2018 3,\n# 4: blocks", "RFC 2018 3", "RFC 2018 4")


class Faults(unittest.TestCase):
    def test_a_project_without_fault_passes(self):
        self.assertEqual(project().faults(), (0, ["9 passed, 0 failed"]))

    def test_a_rule_without_place_or_test_fails(self):
        without = SOURCE.replace("-2: both", "")
        self.assertEqual(project(source=without).faults(), (1, [
            "RFC 9293 3.2 MUST-2 (Two) lacks a place that applies it", "8 passed, 1 failed"]))
        self.assertEqual(project(script=SCRIPT.replace("MUST-1", "")).first_fault(),
                         "RFC 9293 3.1 MUST-1 (One) lacks a test")
        self.assertEqual(project(script=SCRIPT.replace("example 1", "")).first_fault(),
                         "RFC 7 9.1 example 1 (A story) lacks a test")
        self.assertEqual(project(script=SCRIPT.replace("T01", "T01x")).first_fault(),
                         "ATTACKS 1.3 T01 (The wrap) lacks a test")

    def test_a_section_stands_for_none_of_its_rules(self):
        whole = project(source=SOURCE.replace("steps 1\n * and 2", ""))
        self.assertIn("RFC 7 6.2 step 1 (The first) lacks a place that applies it",
                      whole.faults()[1])

    def test_a_citation_that_names_no_rule_fails(self):
        for cited, fault in (("SHLD-9", "RFC 9293 SHLD-9"), ("RFC 7 6.3", "RFC 7 6.3"),
                             ("RFC 7 6.2 step 3", "RFC 7 6.2 step 3"),
                             ("ATTACKS T99", "ATTACKS T99")):
            self.assertEqual(project(source=f"{SOURCE}\n\n/* {cited} */\n").first_fault(),
                             f"src/a.c:6: {fault} names no rule")

    def test_sections_and_what_contains_them_may_be_cited(self):
        cited = "/* RFC 7, RFC 7 2, RFC 7 6, RFC 7 6.2, RFC 8 1.1, ATTACKS section 2 */"
        self.assertEqual(project(source=SOURCE + cited).faults()[0], 0)

    def test_what_helps_tests_proves_nothing(self):
        for name in "tests__trace__run_dot_c", "tests__unit__a_dot_h":
            found = project(script=SCRIPT.replace("MUST-1", ""), **{name: "/* MUST-1 */"})
            self.assertIn("lacks a test", found.first_fault())
        helper = project(tests__trace__run_dot_c="/* MUST-9 */")
        self.assertIn("names no rule", helper.first_fault())

    def test_a_table_that_cannot_be_read_fails(self):
        for line, fault in (("7\tMUST", "a rule has a name, a level, a text"),
                            ("7\tOUGHT\tx", "OUGHT is no level"),
                            ("7\tMUST\tx\tbecause", "a reason begins with"),
                            ("2\tMUST\tx\tnot followed: y", "2 stands there twice"),
                            ("7 whatever\tMUST\tx", "no citation can name 7 whatever")):
            self.assertIn(fault, project(steps=f"{STEPS}{line}\n").first_fault())

    def test_a_script_without_subject_fails(self):
        for opening in "# whatever\n", "# ATTACKS: all\n":
            found = project(tests__trace__b__d_dot_trace=opening + "connect\n# RFC 1\n")
            self.assertEqual(found.first_fault(), "tests/trace/b/d.trace: its opening comment "
                             "names no RFC, nor a class of ATTACKS")
        limit = project(tests__trace__b__d_dot_trace="# ATTACKS section 2\n")
        self.assertEqual(limit.faults()[0], 0)

    def test_scripts_and_what_they_tell_of_packetdrill_are_counted(self):
        self.assertEqual(project().first_fault("--scripts", "2"),
                         "1 trace scripts are fewer than 2")
        self.assertEqual(project().first_fault("--retold", "2"), "1 scripts tell what packetdrill "
                         "suites check, fewer than 2")
        twice = project(tests__trace__b__d_dot_trace=SCRIPT)
        self.assertEqual(twice.first_fault(), "packetdrill's suite path is told by 2 scripts")


if __name__ == "__main__":
    unittest.main()
