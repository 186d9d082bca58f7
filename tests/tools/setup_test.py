#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows what tools/setup.sh does to a machine, and does not: it runs in a copy of a
tree, with apt-get, sudo, id, meson and ninja replaced by programs that only write down
how they were called. Argument: the path of setup.sh."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SETUP = sys.argv.pop(1)

# A package that is there once apt-get was called, and one that always is.
NEEDS = """
setup_policy=$STATE/policy-rc.d
some_needs() { setup_need lacking test -e "$STATE/installed"; setup_need present true; }
service_needs() { setup_need nginx test -e "$STATE/installed"; }
"""

STUBS = {
    "apt-get": 'echo "apt-get $*" >>"$STATE/calls"\n'
               'echo "frontend=$DEBIAN_FRONTEND policy=$(tail -n 1 "$STATE/policy-rc.d")"'
               ' >>"$STATE/environment"\n'
               'case "$*" in *install*) [ -z "$BROKEN" ] || exit 100; touch "$STATE/installed" ;; esac\n'
               'echo output of apt-get\n',
    "apt-cache": "exit 1\n",
    "update-rc.d": 'echo "update-rc.d $*" >>"$STATE/calls"; exit "${BROKEN_RC:-0}"\n',
    "sudo": 'echo "sudo $1" >>"$STATE/calls"; [ "$1" != -n ] || shift; FAKE_ID=0 exec "$@"\n',
    "id": 'case $1 in -u) echo "$FAKE_ID" ;; *) [ -z "$NAMELESS" ] || exit 1; echo someone ;; esac\n',
    "findmnt": 'echo "${MOUNTED:-rw},relatime"\n',
    "meson": 'echo "meson $2" >>"$STATE/calls"; for a; do d=$b; b=$a; done\n'
             'mkdir -p "$d/meson-private"; touch "$d/build.ninja" "$d/meson-private/coredata.dat"\n'
             'echo output of meson\n',
    "ninja": 'case $* in *" -n "*) echo "[$STEPS/$STEPS] Linking"; [ -e "$2/$4" ] && echo "ninja: no work to do." ; exit 0 ;; esac\n'
             'echo "ninja $3" >>"$STATE/calls"; [ -z "$BROKEN" ] || { echo the compiler says no; exit 1; }\n'
             'mkdir -p "$(dirname "$2/$3")"; touch "$2/$3"; chmod 755 "$2/$3"; echo output of ninja\n',
}


class Setup(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        for name in ("tools", "src", "include", "subprojects", "state", "bin"):
            (self.top / name).mkdir()
        (self.top / "meson.build").touch()
        shutil.copy(SETUP, self.top / "tools/setup.sh")
        for name, text in STUBS.items():
            stub = self.top / "bin" / name
            stub.write_text("#!/bin/sh\n" + text)
            stub.chmod(0o755)

    def run_script(self, script, user=0, **environment):
        run = subprocess.run(
            ["bash", "-c", f"set -u; setup_exit=42; . '{self.top}/tools/setup.sh'; {NEEDS} {script}"],
            env={"PATH": f"{self.top}/bin:/usr/bin:/bin", "STATE": str(self.top / "state"),
                 "FAKE_ID": str(user), "BROKEN": "", "NAMELESS": "", "STEPS": "3",
                 **environment},
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            check=False)
        self.assertEqual(run.stdout, "", "stdout is the caller's alone")
        return run.returncode, run.stderr

    def calls(self):
        file = self.top / "state/calls"
        text = file.read_text() if file.exists() else ""
        file.unlink(missing_ok=True)
        return text.split("\n")[:-1]


class Install(Setup):
    def test_nothing_missing_means_no_apt_and_no_sudo(self):
        (self.top / "state/installed").touch()
        for user in (0, 1000):
            self.assertEqual(self.run_script("setup_install some_needs", user), (0, ""))
        self.assertEqual(self.calls(), [])

    def test_root_installs_what_is_missing_and_nothing_else(self):
        status, said = self.run_script("setup_install some_needs")
        self.assertEqual(status, 0)
        self.assertIn("lacking", said)
        update, install = self.calls()
        self.assertEqual(update, "apt-get -q update")
        self.assertRegex(install, r" -y .*--no-install-recommends install lacking$")

    def test_no_question_is_asked_and_no_service_started(self):
        self.run_script("setup_install some_needs")
        text = (self.top / "state/environment").read_text()
        self.assertIn("frontend=noninteractive policy=exit 101", text)
        self.assertFalse((self.top / "state/policy-rc.d").exists(), "it is taken back")

    def test_a_service_that_is_installed_does_not_start_at_the_next_boot_either(self):
        for broken in ("0", "1"):
            (self.top / "state/installed").unlink(missing_ok=True)
            status, said = self.run_script("setup_install service_needs", BROKEN_RC=broken)
            self.assertEqual((status, self.calls()[2:]), (0, ["update-rc.d nginx disable"]))
            self.assertEqual("may start at the next boot" in said, broken == "1")

    def test_a_policy_that_is_there_stays(self):
        (self.top / "state/policy-rc.d").write_text("mine\n")
        self.run_script("setup_install some_needs")
        self.assertEqual((self.top / "state/policy-rc.d").read_text(), "mine\n")

    def test_a_user_goes_through_sudo_without_a_question_where_there_is_no_terminal(self):
        status, said = self.run_script("setup_install some_needs", user=1000)
        self.assertEqual((status, self.calls()[0]), (0, "sudo -n"))
        self.assertIn("sudo apt-get", said)

    def test_a_user_without_sudo_is_told_what_to_do(self):
        no_sudo = 'command() { [ "$2" != sudo ] && builtin command "$@"; }; '
        status, said = self.run_script(no_sudo + "setup_install some_needs", user=1000)
        self.assertEqual((status, self.calls()), (42, []))
        self.assertIn("apt-get install lacking", said)

    def test_a_failing_apt_is_a_failure(self):
        status, said = self.run_script("setup_install some_needs", BROKEN="1")
        self.assertEqual(status, 42)
        self.assertIn("could not install: lacking", said)


BUILD = "setup_directory build-x a/program && setup_build a/program --option"


class Build(Setup):
    def test_the_second_time_nothing_is_done_or_said(self):
        self.assertEqual(self.run_script(BUILD)[0], 0)
        self.assertEqual([call.split()[0] for call in self.calls()], ["meson", "ninja"])
        self.assertEqual(self.run_script(BUILD), (0, ""))
        self.assertEqual(self.calls(), [])

    def test_other_options_configure_anew(self):
        self.run_script(BUILD)
        self.calls()
        self.assertEqual(self.run_script(BUILD + " --another")[0], 0)
        self.assertEqual(self.calls(), ["meson --wipe"])

    def test_a_failing_build_shows_what_the_compiler_said(self):
        status, said = self.run_script(BUILD, BROKEN="1")
        self.assertEqual(status, 42)
        self.assertIn("the compiler says no", said)

    def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_done(self):
        status, said = self.run_script("setup_writable() { false; }; " + BUILD)
        self.assertEqual((status, self.calls()), (42, []))
        self.assertIn("cannot write to", said)

    def test_why_it_cannot_be_written_to_is_found_out(self):
        no = "setup_writable() { false; }; " + BUILD
        _, said = self.run_script(no, 12345)
        self.assertRegex(said, "belongs to .*, and you are someone. Run this as that user")
        _, said = self.run_script(no, 12345, NAMELESS="1")
        self.assertRegex(said, "and you are 12345")
        self.assertEqual(len(said.strip().split("\n")), 1, "nothing else leaks")
        _, said = self.run_script(no, 12345, MOUNTED="ro")
        self.assertIn("the file system is read-only there", said)
        _, said = self.run_script(no)
        self.assertIn("permissions", said)

    def test_a_build_that_takes_long_says_so_before_it_begins(self):
        _, said = self.run_script(BUILD, STEPS="129")
        self.assertIn("building", said)
        self.assertIn(": 129 steps, about 40 s", said)

    def test_a_short_one_does_not(self):
        _, said = self.run_script(BUILD)
        self.assertNotIn("steps", said)

    def test_what_stands_there_up_to_date_is_used_all_the_same(self):
        self.run_script(BUILD)
        self.calls()
        status, said = self.run_script("setup_writable() { false; }; " + BUILD)
        self.assertEqual((status, said, self.calls()), (1, "", []))
        os.utime(self.top / "meson.build", (2 ** 33, 2 ** 33))
        self.assertEqual(self.run_script("setup_writable() { false; }; " + BUILD)[0], 42)


TRAINED = "setup_build_needs() { :; }; setup_trained a/program"


class Trained(Setup):
    def setUp(self):
        super().setUp()
        compiler = self.top / "bin/cc"
        compiler.write_text('#!/bin/sh\necho "${COMPILER:-cc (Debian) 12}"\n')
        compiler.chmod(0o755)

    def teach(self):
        """The micro-benchmark that ninja has "built" is empty: lets it learn something, and write down
        what it was told to do. The compiler's output that it belongs to is not there either."""
        lesson = self.top / "build-training/tests/bench/micro"
        lesson.parent.mkdir(parents=True)
        lesson.write_text('#!/bin/sh\necho "lesson $*" >>"$STATE/calls"\n'
                          'mkdir -p "$0.p"; echo "$1" >"$0.p/file.gcda"\n')
        lesson.chmod(0o755)

    def test_the_compiler_is_taught_before_it_builds(self):
        self.teach()
        status, said = self.run_script(TRAINED)
        self.assertEqual(status, 0)
        calls = self.calls()
        lessons = [call for call in calls if call.startswith("lesson ")]
        self.assertIn("lesson http --turns 400", lessons)
        self.assertIn("lesson out --offload 1 --turns 400", lessons)
        self.assertEqual([call for call in calls if call not in lessons],
                         ["meson -Db_pgo=generate", "meson -Db_pgo=use", "ninja a/program"])
        self.assertIn("training", said)
        learned = self.top / "build-trained/tests/bench/micro.p/file.gcda"
        self.assertTrue(learned.exists(), "what was learned lies where the compiler looks for it")

    def test_the_second_time_nothing_is_done_or_said(self):
        self.teach()
        self.run_script(TRAINED)
        self.calls()
        self.assertEqual(self.run_script(TRAINED), (0, ""))
        self.assertEqual(self.calls(), [])

    def test_what_changed_is_learned_anew(self):
        self.teach()
        self.run_script(TRAINED)
        self.calls()
        os.utime(self.top / "build-training/tests/bench/micro", (2 ** 33, 2 ** 33))
        self.run_script(TRAINED)
        self.assertIn("lesson in --turns 400", self.calls())

    def test_a_lesson_that_fails_is_a_failure(self):
        self.teach()
        (self.top / "build-training/tests/bench/micro").write_text("#!/bin/sh\necho no >&2; exit 1\n")
        status, said = self.run_script(TRAINED)
        self.assertEqual(status, 42)
        self.assertIn("the lesson 'http' failed", said)

    def test_clang_is_not_taught(self):
        status, _ = self.run_script(TRAINED, COMPILER="Debian clang version 14")
        self.assertEqual((status, self.calls()), (0, ["meson -Ddebug=false", "ninja a/program"]))

    def test_nor_is_it_behind_another_word(self):
        status, _ = self.run_script(TRAINED, CC="env cc", COMPILER="Debian clang version 14")
        self.assertEqual((status, self.calls()), (0, ["meson -Ddebug=false", "ninja a/program"]))

    def test_what_was_learned_and_cannot_be_had_is_a_failure(self):
        self.teach()
        cp = self.top / "bin/cp"
        cp.write_text("#!/bin/sh\nexit 1\n")
        cp.chmod(0o755)
        self.assertEqual(self.run_script(TRAINED)[0], 42)
        self.assertNotIn("ninja a/program", self.calls())


class Check(Setup):
    def run_check(self, *arguments):
        shutil.copy(pathlib.Path(SETUP).parent / "check", self.top / "tools/check")
        run = subprocess.run(["bash", self.top / "tools/check", *arguments], check=False, text=True,
                             env={"PATH": f"{self.top}/bin:/usr/bin:/bin", "STATE": str(self.top / "state")},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.assertEqual(self.calls(), [], "nothing is installed or built")
        return run.returncode, run.stdout, run.stderr

    def test_help_is_a_wish_and_goes_to_stdout(self):
        for wish in ("--help", "-h"):
            status, out, err = self.run_check(wish)
            self.assertEqual((status, err), (0, ""))
            self.assertTrue(out.startswith("Usage: tools/check [--long]\n"), out)

    def test_an_unknown_argument_is_refused_with_the_usage(self):
        status, out, err = self.run_check("--lnog")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("unknown argument: --lnog\n\nUsage:", err)


if __name__ == "__main__":
    unittest.main()
