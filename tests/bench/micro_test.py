#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""That tools/bench micro and tools/bench profile say what is so: what they make of figures that
were made up for them; then, that each load of the program does what it says, which takes some
turns and no time. Arguments: the build directory, and whether it is built with sanitizers (0 or
1)."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree
from unittest import mock

import micro
import micro_chart
import profile as bench_profile
import profile_rooms as rooms
import rig
from bench_case import only_where

SANITIZED = sys.argv.pop() == "1"
BUILD = sys.argv.pop()
PROGRAM = os.path.join(BUILD, "tests/bench/micro")


def run(ns, misses=None, memory=1000, connections=100):
    return {"ns": ns, "connections": connections, "unit": "request", "instructions": None, "cache_misses": misses,
            "octets_for_each_connection": memory}


class Figures(unittest.TestCase):
    def test_the_median_counts_and_the_spread_is_told(self):
        found = micro.summary([run(30), run(10), run(14)])
        self.assertEqual((found["ns"], found["ns_least"], found["ns_most"]), (14, 10, 30))
        self.assertIsNone(found["cache_misses"])

    def curve(self, *runs):
        """Of each run what each size has cost."""
        told = [[run(ns, connections=size) for size, ns in figures.items()] for figures in runs]
        with mock.patch.object(micro, "run_once", lambda options, arguments: told.pop(0)):
            return micro.measure_all(argparse.Namespace(runs=len(runs)), {}, list(runs[0]))[1]

    def test_the_curve_is_relative_to_what_the_first_has_cost_in_the_same_run(self):
        points = self.curve({100: 200, 10000: 300}, {100: 800, 10000: 1000}, {100: 300, 10000: 480})
        self.assertEqual([point["relative"] for point in points], [1, 1.5])
        self.assertEqual((points[1]["relative_least"], points[1]["relative_most"]), (1.25, 1.6))
        lines = micro.curve_table(points).split("\n")
        self.assertRegex(lines[1], r"^ +100 +300 +1\.00 +1\.00 +1\.00 +- +-$")
        self.assertRegex(lines[2], r"^ +10,000 +480 +1\.50 +1\.25 +1\.60 +- +1,000$")

    def test_what_there_is_no_memory_for_is_left_out_and_said(self):
        options = argparse.Namespace(load=["requests", "lookup, 1 M", micro.CURVE],
                                     sizes=[10 ** 6, 100, 20000], quick=False)
        with mock.patch.object(micro, "available_octets", lambda: 10 ** 8), \
                mock.patch("builtins.print") as said:
            self.assertEqual(micro.wanted_sizes(options), [100, 20000])
            self.assertIn("1000000", said.call_args[0][0])
            self.assertEqual(micro.wanted_rows(options).keys(), {"requests"})
            self.assertIn("lookup, 1 M", said.call_args[0][0])

    def test_the_picture_is_one(self):
        points = self.curve({100: 900, 10000: 1300, 1000000: 2600})
        picture = xml.etree.ElementTree.fromstring(micro_chart.curve_svg(points))
        spots = [float(spot.get("cy")) for spot in picture.iter("{http://www.w3.org/2000/svg}circle")]
        self.assertEqual(spots, sorted(spots, reverse=True), "what costs more is higher")
        # The axis starts from zero: heights are in the ratio of the figures.
        base = micro_chart.HEIGHT - micro_chart.BOTTOM
        self.assertAlmostEqual((base - spots[2]) / (base - spots[0]), 2600 / 900, places=2)

    def test_steps_of_an_axis_are_round(self):
        self.assertEqual([micro_chart.nice_step(most, 8) for most in (8, 9, 30, 41, 900)],
                         [1, 2, 5, 10, 200])


CALLGRIND = """events: Ir
ob=(1) /build/src/evtcpd/evtcpd
fl=(1) /build/../src/tcp/output.c
fn=(1) output_next
10 100
cob=(2) /lib/libevent_core-2.1.so.7
cfi=(2) ???
cfn=(2) evbuffer_add
calls=5 0
12 7000
fi=(3) ../src/util/list.h
+3 20
fi=(4) /usr/include/x86_64-linux-gnu/bits/string_fortified.h
* 3
fe=(1)
20 7

ob=(2)
fl=(2)
fn=(2)
0 50
fn=(3) 0x0000b670
0 4

fl=(5) /usr/share/llhttp/llhttp.c
ob=(1)
fn=(4) llhttp__run
1 9
totals: 7193
"""


class Callgrind(unittest.TestCase):
    def test_each_line_counts_once_for_the_room_it_was_written_in(self):
        costs = rooms.parse_callgrind(CALLGRIND)
        self.assertEqual(rooms.by_room(costs),
                         {"util": 20, "tcp": 110, "llhttp": 9, "libevent": 54})

    def test_rooms_come_in_their_order_and_functions_by_cost(self):
        costs = rooms.parse_callgrind(CALLGRIND)
        self.assertEqual(list(rooms.by_room(costs)), ["util", "tcp", "llhttp", "libevent"])
        self.assertEqual(rooms.top(costs, "libevent", 5), [("evbuffer_add", 50), ("0x0000b670", 4)])
        self.assertEqual(rooms.top(costs, "util", 1), [("output_next", 20)], "where it was inlined")

    def test_setting_up_is_in_both_runs_and_goes(self):
        longer = [rooms.Cost("tcp", "input", 1300), rooms.Cost("stack", "open", 500)]
        shorter = [rooms.Cost("tcp", "input", 100), rooms.Cost("stack", "open", 500)]
        self.assertEqual(bench_profile.difference(longer, shorter, 12),
                         [rooms.Cost("tcp", "input", 100)])

    def test_a_room_is_a_directory_of_ours_and_nothing_else(self):
        for path, room in (("/x/src/http/text.c", "http"), ("../src/wire/seq.h", "wire"),
                           ("/x/tests/bench/micro_rig.c", "bench"), ("/x/src/other/a.c", None),
                           ("./string/memchr.S", None), ("???", None),
                           ("/x/src/tcp/deep/a.c", None)):
            self.assertEqual(rooms.room_of_file(path), room, path)
        for path, room in (("/lib/libc.so.6", "libc"), ("/lib/libc-2.36.so", "libc"),
                           ("/lib/libsodium.so.23", "libsodium"), ("[kernel.kallsyms]", "kernel"),
                           ("[tun]", "[tun]"), ("/x/evtcpd", "?")):
            self.assertEqual(rooms.room_of_object(path), room, path)


PERF = """
    55aa output_next+0x1c (/x/evtcpd)
    55ab output_next+0x1c (/x/evtcpd)
    55ac seq_lt+0x2 (/x/evtcpd)
ffffffff81 tun_get_user+0x99 ([kernel.kallsyms])
    7f00 [unknown] (/lib/libevent_core-2.1.so.7)
"""


class Perf(unittest.TestCase):
    def test_samples_count_for_the_source_file_or_else_for_the_object(self):
        def resolve(dso, places):
            files = {("output_next", 0x1c): "/x/src/tcp/output.c", ("seq_lt", 2): "/x/src/wire/seq.h"}
            return [files.get(place, "") if dso == "/x/evtcpd" else "" for place in places]

        self.assertEqual(rooms.by_room(rooms.parse_perf_script(PERF, resolve)),
                         {"wire": 1, "tcp": 2, "libevent": 1, "kernel": 1})

    @only_where(shutil.which("addr2line"))
    def test_addresses_are_found_in_a_program_with_debug_information(self):
        found = rooms.resolve_by_addr2line(PROGRAM, [("rig_turn", 4), ("no_such_symbol", 0)])
        self.assertEqual(rooms.room_of_file(found[0]), "bench")
        self.assertEqual(found[1], "")

    def test_no_object_is_no_file(self):
        self.assertEqual(rooms.resolve_by_addr2line("[kernel.kallsyms]", [("a", 0)]), [""])


class Tables(unittest.TestCase):
    RESULT = {"load": "http", "of": "instructions", "unit": "request", "costs": [
        rooms.Cost("tcp", "output_next", 600), rooms.Cost("tcp", "input", 150),
        rooms.Cost("wire", "checksum", 250)]}

    def test_rooms_have_shares_and_functions_if_they_are_wanted(self):
        lines = bench_profile.table(self.RESULT, 1, []).split("\n")
        self.assertEqual(lines[0], "http: 1,000 instructions for each request")
        self.assertRegex(lines[1], r"^  wire +250 +25\.0%$")
        self.assertRegex(lines[3], r"^  tcp +750 +75\.0%$")
        self.assertRegex(lines[4], r"^ +600 +60\.0%  output_next$")
        self.assertEqual(len(bench_profile.table(self.RESULT, 0, ["tcp"]).split("\n")), 3)

    def test_json_has_everything(self):
        told = json.loads(json.dumps(bench_profile.as_json(self.RESULT)))
        self.assertEqual((told["total"], told["rooms"]), (1000, {"wire": 250, "tcp": 750}))
        self.assertEqual(told["functions"][0]["function"], "output_next")


def measure(load, *arguments):
    found = subprocess.run([PROGRAM, load, *arguments], capture_output=True, text=True,
                           check=False)
    if found.returncode != 0:
        raise AssertionError(found.stderr)
    return json.loads(found.stdout)


class Program(unittest.TestCase):
    """The program itself ends where an answer is missing, comes twice, or is a reset."""

    def test_every_load_does_in_a_turn_what_it_says(self):
        listed = [json.loads(line) for line in subprocess.run(
            [PROGRAM, "--list"], capture_output=True, text=True, check=True).stdout.splitlines()]
        each = {"in": 64, "requests": 64, "http": 64, "connect": 64 / 3, "http-connect": 64 / 3,
                "timers": 256, "timers-due": 256, "lookup": 64, "lookup-miss": 64}
        self.assertEqual({row["load"] for row in listed}, {*each, "out", "http-out"})
        for load, units in each.items():
            few = ["--connections", "300"] if load.startswith(("timers", "lookup")) else []
            found = measure(load, "--turns", "24", *few)
            self.assertEqual((found["turns"], found["units"]), (24, 24 * units), load)
            self.assertEqual(found["warm_units"], 12 * units, load)
            self.assertGreater(found["ns"], 0)

    def test_a_flow_out_fills_its_window(self):
        self.assertEqual(measure("out", "--turns", "24", "--batch", "32")["units"], 24 * 32)

    def test_with_offload_many_segments_are_a_packet(self):
        self.assertEqual(measure("in", "--offload", "1", "--batch", "4", "--turns", "24")["units"],
                         24 * 4 * 45)
        self.assertGreater(measure("out", "--offload", "1", "--turns", "24")["units"], 24 * 600)
        self.assertGreater(measure("http-out", "--turns", "24")["units"], 24 * 80)

    def test_requests_of_a_crowd_are_answered_without_offload_too(self):
        found = measure("http", "--connections", "500", "--batch", "16", "--offload", "0",
                        "--turns", "60")
        self.assertEqual(found["units"], 60 * 16)

    def test_crowds_take_turns_and_each_has_its_line(self):
        found = subprocess.run([PROGRAM, "requests", "--connections", "100", "--connections", "64",
                                "--turns", "24"], capture_output=True, text=True, check=True)
        told = [json.loads(line) for line in found.stdout.splitlines()]
        self.assertEqual([(row["connections"], row["units"]) for row in told],
                         [(100, 24 * 64), (64, 24 * 64)])

    def test_what_makes_no_sense_is_refused(self):
        for wrong in (["nothing"], ["in", "--batch", "65"], ["requests", "--connections", "7"],
                      ["in", "--turns", "x"]):
            found = subprocess.run([PROGRAM, *wrong], capture_output=True, text=True, check=False)
            self.assertEqual(found.returncode, 1, wrong)
            self.assertRegex(found.stderr, "^micro: ")

    def test_the_bench_prints_rows_and_curve(self):
        found = subprocess.run(
            [sys.executable, "-B", micro.__file__, "--build", BUILD, "--quick", "--ms", "5",
             "--load", "requests", "timers, 1,000", "curve", "--sizes", "100", "300"],
            capture_output=True, text=True, check=False,
            env={**os.environ, "EVTCP_BENCH_INSIDE": "1"})  # waits for nobody
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertRegex(found.stdout, re.compile(r"^requests .* requests$", re.MULTILINE))
        self.assertRegex(found.stdout, re.compile(r"^ +300 +[\d,]+ ", re.MULTILINE))

    @only_where(shutil.which("valgrind") and not SANITIZED)  # which it does not run
    def test_a_profile_finds_every_room_that_a_request_passes(self):
        options = argparse.Namespace(build=BUILD, directory=None, turns=48)
        found = rooms.by_room(bench_profile.profile_load(options, "http")["costs"])
        for room in ("util", "wire", "ip", "tcp", "stack", "http", "libevent", "libc"):
            self.assertGreater(found[room], 20, room)


if __name__ == "__main__":
    unittest.main(verbosity=2)
