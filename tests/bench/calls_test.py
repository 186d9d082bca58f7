#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""That tools/bench calls counts right: call_counter, on a program that calls a known number of
times; what is made of its figures and of strace's; then, where namespaces and TUN devices may be
made, some measurements of a second. Arguments as bench_case says."""

import collections
import os
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

import bench_case
import calls
import rig
from bench_case import only_where

STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.20    0.010502           5      2003         3 readv
 20.10    0.003451           3      1001           writev
 10.00    0.001716           1      1000           epoll_wait
  8.70    0.001500           1       999           timerfd_settime
------ ----------- ----------- --------- --------- ----------------
100.00    0.017169           3      5003         3 total
"""


class CallCounter(unittest.TestCase):
    def counted(self, times):
        with tempfile.TemporaryDirectory() as directory:
            counter = calls.Counter(bench_case.BUILD, os.path.join(directory, "calls"))
            subprocess.run([f"{bench_case.BUILD}/tests/bench/call_counter_test", str(times)],
                           check=True, env={**os.environ, **counter.environment})
            return counter.read()

    def test_every_call_is_counted_once(self):
        more = self.counted(1300)
        more.subtract(self.counted(300))
        self.assertEqual({name: n for (_, name), n in more.items() if n}, {
            "malloc": 1000, "calloc": 1000, "realloc": 1000, "memalign": 1000, "free": 3000,
            "read": 1000, "write": 2000, "poll": 1000, "clock_gettime": 1000})

    def test_counts_of_a_program_are_added_to_those_of_others(self):
        with tempfile.TemporaryDirectory() as directory:
            counter = calls.Counter(bench_case.BUILD, os.path.join(directory, "calls"))
            with counter.within():
                for _ in range(2):
                    subprocess.run([f"{bench_case.BUILD}/tests/bench/call_counter_test", "10"],
                                   check=True)
            self.assertEqual(counter.read()["memory", "memalign"], 20)
            self.assertNotIn("CALL_COUNTER", os.environ)


class Figures(unittest.TestCase):
    COUNTS = collections.Counter({
        ("read", "readv"): 20, ("write", "writev"): 10, ("wait", "epoll_wait"): 5,
        ("other", "timerfd_settime"): 1, ("memory", "malloc"): 3, ("memory", "realloc"): 2,
        ("memory", "free"): 4, ("clock", "clock_gettime"): 7})

    def test_calls_of_the_system_are_reads_writes_waits_and_others(self):
        self.assertEqual(calls.by_column(self.COUNTS), {
            "read": 20, "write": 10, "wait": 5, "other": 1, "system": 36, "malloc": 5, "free": 4,
            "clock": 7})

    def test_they_are_told_by_the_request(self):
        row = calls.result("requests1", "counted", "evtcpd", calls.Window(10, 2.0, self.COUNTS))
        self.assertEqual((row["rate"], row["per_request"]["system"], row["per_request"]["malloc"]),
                         (5, 3.6, 0.5))
        text = calls.table("requests1", "counted", [row])
        self.assertRegex(text, r"(?m)^evtcpd +5 +2\.000 +1\.000 +0\.500 +0\.100 +3\.600 +0\.500"
                               r" +0\.400 +0\.700$")
        self.assertIn("readv 2.000, writev 1.000, clock_gettime 0.700", text)

    def test_strace_tells_the_same_but_what_it_does_not_see(self):
        counts = calls.parse_strace(STRACE)
        self.assertEqual(counts["read", "readv"], 2003)
        self.assertEqual(calls.by_column(counts), {
            "read": 2003, "write": 1001, "wait": 1000, "other": 999, "system": 5003})
        with self.assertRaises(rig.RigError):
            calls.parse_strace("strace: something else\n")

    def test_one_that_fails_does_not_keep_the_others_from_being_measured(self):
        def measure(options, settings, load, name):
            if name == "nginx":
                raise rig.RigError("no")
            return calls.Window(10, 2.0, self.COUNTS)

        options = calls.parse_arguments(["--build", "nowhere", "--load", "requests64",
                                         "--method", "counted"])
        with mock.patch.dict(calls.METHODS, counted=measure), mock.patch("builtins.print"), \
                mock.patch("speed.say"):
            results, failed = calls.measure(options)
        self.assertTrue(failed)
        self.assertEqual([row["server"] for row in results], ["evtcpd", "lwip"])


class Measured(bench_case.BenchCase):
    program, usual = calls.__file__, ["--quick"]

    def check(self, *arguments):
        status, text, told = self.bench(*arguments)
        self.assertEqual(status, 0, text)
        for row in told["results"]:
            self.assertGreater(row["requests"], 0, text)
            self.assertGreaterEqual(row["per_request"]["write"], 0.9, "each answer is written")
            self.assertLess(row["per_request"]["system"], 20, text)
        return told["results"]

    @only_where(not bench_case.SANITIZED)  # a sanitizer stands where the counter would
    def test_both_ways_of_counting_agree_on_one_connection(self):
        ways = ["counted", "strace"] if shutil.which("strace") else ["counted"]
        rows = self.check("--load", "requests1", "--server", "evtcpd", "--method", *ways)
        for row in rows:
            self.assertAlmostEqual(row["per_request"]["write"], 1, delta=0.1)
            self.assertAlmostEqual(row["per_request"]["system"], rows[0]["per_request"]["system"],
                                   delta=0.3)
            self.assertLess(row["per_request"]["system"], 5.1)

    @only_where(not bench_case.SANITIZED)  # the daemon keeps no memory that is watched
    def test_a_request_takes_no_memory_of_the_allocator(self):
        row, = self.check("--load", "requests64", "--server", "evtcpd", "--method", "counted")
        for column in ("malloc", "free"):
            self.assertLess(row["per_request"][column], 0.002, row)

    @only_where(shutil.which("strace"))
    def test_by_strace(self):
        self.check("--load", "requests64", "--server", "evtcpd", "--method", "strace")

    @only_where(shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"))
    def test_of_processes_that_a_server_has_made(self):
        row, = self.check("--load", "requests64", "--server", "nginx", "--method", "counted")
        self.assertGreater(row["per_request"]["malloc"], 0)
        self.assertGreater(row["calls"]["recv"], 0)

    def test_what_cannot_be_measured_is_a_failure_that_is_explained(self):
        status, text, _ = self.bench("--load", "requests1", "--server", "evtcpd", "--method",
                                     "strace", "--evtcpd=--no-such-option")
        self.assertEqual(status, 1, text)
        self.assertIn("no-such-option" if shutil.which("strace") else "strace", text)


if __name__ == "__main__":
    unittest.main(argv=bench_case.ARGV)
