# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the benches share: they are called with the build directory, and whether
it is built with sanitizers (0 or 1), and run a bench as a user would.

    class Measured(bench_case.BenchCase):
        program, usual = speed.__file__, ["--quick"]

        def test_something(self):
            status, text, told = self.bench("--load", "bulk1")

    if __name__ == "__main__":
        unittest.main(argv=bench_case.ARGV)
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

ARGV = sys.argv[:-2]
BUILD, SANITIZED = sys.argv[-2], sys.argv[-1] == "1"


def may_make_namespaces():
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    unshare = subprocess.run(["unshare", "--net", "--pid", "--fork", "--mount-proc", *user,
                              "test", "-w", "/dev/net/tun"], check=False, capture_output=True)
    return unshare.returncode == 0


def only_where(condition):
    """Of a test that means nothing in this build, or without a program that only a bench installs: there
    it is none. One that is skipped should have run, which is why continuous integration allows none."""
    return (lambda test: test) if condition else (lambda test: None)


@unittest.skipUnless(may_make_namespaces(), "no namespaces or no TUN device for this user")
class BenchCase(unittest.TestCase):
    """program: the bench; usual: options that it always gets."""

    program, usual = None, []

    def command(self, *arguments):
        return [sys.executable, "-B", self.program, "--build", BUILD, "--beside-others",
                *arguments]

    def bench(self, *arguments):
        """Its exit status, what it printed, and its JSON."""
        options = ["--evtcpd=--user", "--evtcpd=root"] if SANITIZED else []
        with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
            done = subprocess.run(
                self.command("--json", file.name, *self.usual, *options, *arguments),
                check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return done.returncode, done.stdout, json.loads(file.read() or "{}")

    def check_that_it_ends(self, *arguments):
        """When it is told to, with all that it started; arguments: so that it would run long."""
        with subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as bench:
            self.assertTrue(bench.stdout.readline().startswith(b"# "))
            bench.terminate()
            self.assertEqual(bench.wait(10), 128 + signal.SIGKILL)
            self.assertEqual(bench.stdout.read(), b"", "nobody is left who holds it open")
