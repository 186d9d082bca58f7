#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that layering.py reports what it is there for: each test writes a small
source tree that breaks one rule (or just keeps it) and reads the findings."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True
import layering  # noqa: E402

LICENCE = "/* SPDX-License-Identifier: BSD-3-Clause */\n"


def findings(files):
    """What layering.py prints for a tree of {path: text}, and its exit status."""
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            file = pathlib.Path(top, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(LICENCE + text, encoding="utf-8")
            if file.suffix == ".sh":
                file.chmod(0o755)
        build = pathlib.Path(top, "tests/unit/meson.build")
        if build.parent.exists() and not build.exists():
            build.write_text("'a'\n", encoding="utf-8")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = layering.main([top])
    return output.getvalue(), status


def function(lines, parameters="void"):
    """A function of so many lines, signature and braces included."""
    return f"int f({parameters})\n{{\n" + "\tg();\n" * (lines - 3) + "}\n"


class Findings(unittest.TestCase):
    def accepts(self, files):
        output, status = findings(files)
        self.assertEqual((status, output.count("\n")), (0, 1), output)

    def rejects(self, files, *texts):
        output, status = findings(files)
        self.assertEqual((status, output.count("error: ")), (1, len(texts)), output)
        for text in texts:
            self.assertIn(text, output)

    def notes(self, files, text):
        output, status = findings(files)
        self.assertEqual((status, output.count("note: ")), (0, 1), output)
        self.assertIn(text, output)


class Includes(Findings):
    def test_a_room_includes_itself_those_below_and_the_shared_words(self):
        self.accepts({"src/tcp/a.c": '#include "tcp/a.h"\n#include "wire/b.h"\n'
                      '#include "util/c.h"\n#include "trace/d.h"\n'
                      "#include <evtcp/types.h>\n#include <evtcp/causes.h>\n#include <string.h>\n"})

    def test_a_room_may_not_include_one_above_it(self):
        for lower, upper in [("util", "wire"), ("wire", "trace"), ("trace", "tcp"),
                             ("tcp", "ip"), ("ip", "tcp"), ("tcp", "stack"), ("link", "stack"),
                             ("stack", "http"), ("http", "stack"), ("http", "evtcpd"),
                             ("evtcpd", "stack"), ("evtcpd", "util")]:
            self.rejects({f"src/{lower}/a.c": f'#include "{upper}/b.h"\n'},
                         f'src/{lower}/a.c:2: src/{lower} may not include "{upper}/b.h"')

    def test_a_room_below_the_stack_may_not_include_the_public_api(self):
        self.rejects({"src/tcp/a.c": "#include <evtcp/stack.h>\n"},
                     "src/tcp may not include <evtcp/stack.h>")

    def test_daemon_and_http_include_public_headers(self):
        self.accepts({"src/evtcpd/a.c": '#include <evtcp/evtcp.h>\n#include "http/http.h"\n',
                      "src/http/a.c": "#include <evtcp/conn.h>\n#include <llhttp.h>\n"})

    def test_a_quoted_include_names_its_room(self):
        self.rejects({"src/tcp/a.c": '#include "a.h"\n#include "../ip/b.h"\n'},
                     'include "a.h" by its room', 'include "../ip/b.h" by its room')

    def test_tcp_has_no_loop_and_no_clock(self):
        self.rejects({"src/tcp/a.c": "#include <event2/event.h>\n#include <time.h>\n"
                      "#include <event2/buffer.h>\n"},
                     "<event2/event.h>", "<time.h>")

    def test_descriptors_are_for_link_and_daemon_only(self):
        include = '#include "util/descriptor.h"\n'
        self.accepts({"src/link/a.c": include, "src/evtcpd/a.c": include,
                      "src/util/descriptor.c": include + "#include <unistd.h>\n"})
        self.rejects({"src/tcp/a.c": include, "src/http/a.c": include,
                      "src/evtcpd/b.c": '#include "util/list.h"\n',
                      "src/util/b.c": "#include <unistd.h>\n"},
                     "src/tcp has no descriptors", "src/http has no descriptors",
                     "src/evtcpd may not", "src/util has no loop")

    def test_the_lazy_timer_is_for_rooms_that_have_a_loop(self):
        include = '#include "util/lazy_timer.h"\n'
        self.accepts({"src/link/a.c": include, "src/faults/a.c": include, "src/stack/a.c": include,
                      "src/util/lazy_timer.c": include + "#include <event2/event.h>\n"})
        self.rejects({"src/tcp/a.c": include, "src/ip/a.c": include, "src/evtcpd/a.c": include,
                      "src/util/lazy_timer.c": "#include <unistd.h>\n",
                      "src/util/descriptor.c": "#include <event2/event.h>\n"},
                     "src/tcp has no loop", "src/ip has no loop", "src/evtcpd has no loop",
                     "lazy_timer.c:2: src/util has no loop", "descriptor.c:2: src/util has no loop")

    def test_guards_are_for_link_and_control(self):
        include = '#include "util/guard.h"\n'
        self.accepts({"src/link/a.c": include, "src/control/a.c": include,
                      "src/util/guard.c": include + "#include <unistd.h>\n"})
        self.rejects({"src/evtcpd/a.c": include, "src/stack/a.c": include},
                     "src/evtcpd has no guards", "src/stack has no guards")

    def test_control_reads_text_as_ladders_do(self):
        include = '#include "util/utf8.h"\n'
        self.accepts({"src/control/a.c": include, "src/trace/a.c": include,
                      "src/ladder/a.c": include})
        self.rejects({"src/http/a.c": include, "src/evtcpd/a.c": include},
                     "src/http has no text of strangers", "src/evtcpd has no text of strangers")

    def test_a_public_header_includes_no_room(self):
        self.rejects({"include/evtcp/a.h": '#include "tcp/tcb.h"\n#include <tcp/tcb.h>\n'},
                     "a.h:2: a public header includes", "a.h:3: a public header may not")

    def test_an_unknown_room_is_reported(self):
        self.rejects({"src/extra/a.c": "#include <string.h>\n"}, "src/extra is a room")

    def test_tests_may_include_anything(self):
        self.accepts({"tests/unit/a.c": '#include "tcp/tcb.h"\n#include <event2/event.h>\n'})


class Sizes(Findings):
    def test_a_function_of_60_lines_passes_61_is_noted_100_noted_101_fails(self):
        self.accepts({"src/tcp/a.c": function(60)})
        self.notes({"src/tcp/a.c": function(61)}, "a.c:2: f has 61 lines, above 60")
        self.notes({"src/tcp/a.c": function(100)}, "f has 100 lines, above 60")
        self.rejects({"src/tcp/a.c": function(101)}, "f has 101 lines, above 100")

    def test_a_file_of_600_lines_passes_601_is_noted_801_fails(self):
        self.accepts({"src/tcp/a.c": "\n" * 599})
        self.notes({"tests/unit/a.c": "\n" * 600}, "file has 601 lines, above 600")
        self.rejects({"include/evtcp/a.h": "\n" * 800}, "file has 801 lines, above 800")

    def test_six_parameters_are_noted_five_are_not(self):
        self.accepts({"src/tcp/a.c": function(5, "int a, int b, int c, int d, int (*e)(int, int)")})
        self.notes({"src/tcp/a.c": function(5, "int a, int b, int c, int d, int e, int f")},
                   "f has 6 parameters, above 5")

    def test_four_nested_statements_are_noted_three_are_not(self):
        three = "int f(void)\n{\n\tfor (;;)\n\t\tif (a) {\n\t\t\twhile (b)\n\t\t\t\tg();\n\t\t}\n}\n"
        self.accepts({"src/tcp/a.c": three})
        self.notes({"src/tcp/a.c": three.replace("g();", "do g(); while (c);")},
                   "f nests 4 deep, above 3")

    def test_an_else_if_chain_is_not_deep(self):
        chain = "int f(void)\n{\n\tif (a)\n\t\tg();\n" + "\telse if (b)\n\t\tg();\n" * 6 + "}\n"
        self.accepts({"src/tcp/a.c": chain})

    def test_cases_labels_initialisers_and_list_macros_are_understood(self):
        self.accepts({"src/tcp/a.c": "static const int t[] = {1, 2};\nint f(int a)\n{\n"
                      "\tstruct s s = {.x = {1}, .y = 2};\n\tswitch (a) {\n\tcase 1: {\n\t\tg();\n"
                      "\t}\n\tdefault:\n\t\tTAILQ_FOREACH (s, a, b) {\n\t\t\tif (s)\n"
                      "\t\t\t\tgoto out;\n\t\t}\n\t}\nout:\n\treturn a ? 1 : 2;\n}\n"})

    def test_braces_in_comments_and_literals_do_not_count(self):
        self.notes({"src/tcp/a.c": 'int f(void)\n{\n\tg("}{", \'{\'); /* } */ // {\n'
                    + "\tg();\n" * 57 + "}\n"}, "f has 61 lines")


class Globals(Findings):
    def test_a_variable_of_static_storage_is_const(self):
        self.rejects({"src/tcp/a.c": "static int count;\nint total = 3;\nstruct s box[2] = {{1}, {2}};\n"
                      "int f(void)\n{\n\tstatic unsigned calls = 1;\n\treturn calls++;\n}\n"},
                     "a.c:2: count is a mutable global", "a.c:3: total", "a.c:4: box",
                     "a.c:7: calls")

    def test_what_is_const_or_no_variable_is_accepted(self):
        self.accepts({"src/tcp/a.c": "struct s;\nstruct t {\n\tint a;\n};\nenum e { A = 1, B };\nenum { C = 2 };\n"
                      "typedef int number;\nextern int elsewhere;\nint f(int a);\n"
                      "static const int table[] = {1, 2};\nstatic const char *const names[] = {0};\n"
                      "static int (*const call)(int) = f;\n_Static_assert(1, 0);\n"
                      "int f(int a)\n{\n\tstatic const int b = 1;\n\tint c = a;\n\treturn b + c;\n}\n"})

    def test_tests_may_have_some(self):
        self.accepts({"tests/unit/a.c": "static int count;\n"})


class Tests(Findings):
    def test_a_test_that_no_build_names_is_reported(self):
        self.rejects({"src/tcp/a.c": "", "tests/e2e/meson.build": "'one', 'two.sh' # three\n",
                      "tests/e2e/one.sh": "", "tests/e2e/two.sh": "", "tests/e2e/three.sh": "",
                      "tests/unit/a.c": "", "tests/unit/b.c": ""},
                     "tests/e2e/three.sh: stands in no meson.build",
                     "tests/unit/b.c: stands in no meson.build")


class Files(Findings):
    def test_the_licence_is_the_first_line(self):
        output, status = findings({"src/tcp/a.c": ""})
        self.assertEqual(status, 0, output)
        with tempfile.TemporaryDirectory() as top:
            file = pathlib.Path(top, "src/tcp/a.c")
            file.parent.mkdir(parents=True)
            file.write_text("int a;\n", encoding="utf-8")
            with contextlib.redirect_stdout(io.StringIO()) as output:
                self.assertEqual(layering.main([top]), 1)
        self.assertIn("a.c:1: the first line is not the SPDX licence line", output.getvalue())

    def test_a_file_without_a_subject_is_reported(self):
        self.rejects({"src/tcp/utils.c": ""}, "named after its one subject")

    def test_an_empty_tree_is_an_error(self):
        self.rejects({"README.c": ""}, "nothing was checked")


if __name__ == "__main__":
    unittest.main()
