#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What tools/bench loss makes of its measurements, on figures made up for it; then, where
namespaces and TUN devices may be made, one measurement of a second. Argument: the build
directory, and whether it is built with sanitizers (0 or 1)."""

import argparse
import os
import select
import subprocess
import sys
import unittest

import bench_case
import loss
import rig


def result(point, side, mbit, segments=1000, again=0, vain=0, run=0, late=0, waited=0.0):
    """As rig.measure and loss.measure give it: a download of 10 s."""
    return {
        side: {"client": {"bytes": mbit * 1e6 / 8 * 10, "seconds": 10},
               "flow": {"segments": segments, "again_segments": again, "vain_segments": vain}},
        "path": {"to_client": {"delivered": 900}, "to_server": {"delivered": 100},
                 "late": {"5000": late}},
        "cpu": {"emulated_path": {"ran_ms": 1.0, "waited_ms": waited}},
        **point._asdict(), "cc": "cubic", "run": run, "sides": [side], "disturbed": False,
    }


def results(point, kernel, evtcp, **more):
    """Runs in turn, as they are made."""
    both = []
    for run, (a, b) in enumerate(zip(kernel, evtcp)):
        both += [result(point, rig.KERNEL, a, run=run, **more),
                 result(point, rig.EVTCP, b, run=run, **more)]
    return both


A, B = loss.Point(20, 0.1, 0), loss.Point(40, 1, 1)


class Points(unittest.TestCase):
    def test_the_grid_is_the_one_that_was_promised(self):
        grid = loss.parse_points("grid")
        self.assertEqual(len(set(grid)), 18)
        self.assertEqual({p.rtt_ms for p in grid}, {20, 40, 100})
        self.assertEqual({p.loss for p in grid}, {0.1, 1, 3})
        self.assertEqual({p.late for p in grid}, {0, 1})

    def test_sets_and_points_of_ones_own_stand_together(self):
        self.assertEqual(loss.parse_points("fair,40/0/10")[-2:],
                         [loss.Point(100, 0, 0), loss.Point(40, 0, 10)])

    def test_what_is_no_point_is_refused(self):
        for text in ("", "nosuch", "40/1", "40/1/1/1", "0/1/1", "40/100/0", "40/1/x", "-1/0/0"):
            with self.assertRaises(argparse.ArgumentTypeError, msg=text):
                loss.parse_points(text)

    def test_a_point_becomes_a_path(self):
        self.assertEqual(
            loss.spec_of(B, 100, 7),
            "delay=20000us,tx.rate=100000kbit,tx.queue=333,tx.loss=1%,tx.reorder=1%/10000us,seed=7")
        self.assertIn("tx.queue=30,", loss.spec_of(A, 10, 1), "a queue has room for a burst")


class Figures(unittest.TestCase):
    def test_the_ratio_is_that_of_the_medians(self):
        row, = loss.rows_of(results(A, (10, 20, 90), (5, 30, 31)), "cubic")
        self.assertAlmostEqual(row.ratio(), 30 / 20)

    def test_pairs_of_runs_met_the_same_dice(self):
        row, = loss.rows_of(results(A, (10, 20, 40), (5, 40, 40)), "cubic")
        self.assertEqual(row.pairs(), [0.5, 2, 1])

    def test_each_point_has_its_row_and_each_algorithm_its_own(self):
        other = [dict(r, cc="bbr") for r in results(A, (1,), (1,))]
        rows = loss.rows_of(results(A, (10,), (5,)) + other + results(B, (10,), (20,)), "cubic")
        self.assertEqual([row.point for row in rows], [A, B])
        self.assertEqual([row.ratio() for row in rows], [0.5, 2])

    def test_the_geometric_mean_treats_twice_and_half_alike(self):
        self.assertAlmostEqual(loss.geometric_mean([0.5, 2]), 1)
        self.assertAlmostEqual(loss.geometric_mean([0.9, 0.9, 0.9]), 0.9)

    def test_what_was_in_vain_is_a_part_of_what_was_sent(self):
        rows = loss.rows_of([
            result(A, rig.KERNEL, 10, segments=1000, vain=10),
            result(A, rig.EVTCP, 10, segments=1000, vain=0),
            result(B, rig.KERNEL, 10, segments=3000, vain=10),
            result(B, rig.EVTCP, 10, segments=4000, vain=10)], "cubic")
        self.assertAlmostEqual(loss.share_of(rows, rig.KERNEL, "vain_segments"), 0.5)
        self.assertAlmostEqual(loss.share_of(rows, rig.EVTCP, "vain_segments"), 0.2)
        self.assertIn("0.40 times the kernel's", loss.summary(rows, "all"))

    def test_the_summary_names_the_worst_point(self):
        rows = loss.rows_of(results(A, (10,), (9,)) + results(B, (10,), (5,)), "cubic")
        text = loss.summary(rows, "the grid")
        self.assertIn("worst 0.500 (RTT 40 ms, 1 % lost, 1 % late)", text)
        self.assertIn("the grid (2): geometric mean of the ratios 0.671 (of all 2 pairs", text)
        self.assertIn("the kernel: none", text)

    def test_only_what_belongs_to_the_grid_counts_there(self):
        rows = loss.rows_of(results(A, (10,), (9,)) +
                            results(loss.Point(40, 0, 10), (10,), (1,)), "cubic")
        options = argparse.Namespace(seconds=10, runs=1, rate=100)
        *_, every, grid = loss.table(rows, "cubic", options).split("\n")
        self.assertRegex(every, r"^all points \(2\): .* 0\.300 .*, worst 0\.100")
        self.assertRegex(grid, r"^the grid \(1\): .* 0\.900 .*, worst 0\.900")


class Disturbed(unittest.TestCase):
    def test_a_quiet_run_counts(self):
        self.assertFalse(loss.is_disturbed(result(A, rig.EVTCP, 1, late=5, waited=900.0), 10))

    def test_a_late_path_does_not(self):
        self.assertTrue(loss.is_disturbed(result(A, rig.EVTCP, 1, late=6), 10))

    def test_nor_does_one_that_had_to_wait(self):
        self.assertTrue(loss.is_disturbed(result(A, rig.EVTCP, 1, waited=1100.0), 10))


class OneAtATime(unittest.TestCase):
    def test_a_second_bench_waits_for_the_first(self):
        first, second = (subprocess.Popen(
            [sys.executable, "-B", "-c", "import rig, sys; rig.wait_for_others(); print('mine',"
             " flush=True); sys.stdin.read()"], cwd=os.path.dirname(loss.__file__), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2))
        # A bench that really runs makes both wait: as long as it takes.
        ready, _, _ = select.select([first.stdout, second.stdout], [], [], 5)
        if not ready:
            self.skipTest("a bench is running on this machine")
        if second.stdout in ready:
            first, second = second, first
        self.assertEqual(first.stdout.readline(), "mine\n")
        self.assertEqual(second.stderr.readline(),
                         "bench: waiting for another bench on this machine\n")
        self.assertEqual(select.select([second.stdout], [], [], 1.5)[0], [])
        first.communicate()
        self.assertEqual(second.stdout.readline(), "mine\n")
        second.communicate()


class Measured(bench_case.BenchCase):
    program = loss.__file__
    usual = ["--seconds", "1", "--runs", "1", "--rate", "20"]

    def test_both_sides_are_measured_over_the_same_path(self):
        status, text, told = self.bench("--cc", "cubic", "--points", "20/1/0")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"the grid \(1\): geometric mean")
        kernel, evtcp = told["results"]
        self.assertEqual(kernel["spec"], evtcp["spec"])
        for side, run in ((rig.KERNEL, kernel), (rig.EVTCP, evtcp)):
            self.assertLess(loss.goodput(run, side), 20)
            self.assertGreater(loss.goodput(run, side), 0.5)
            self.assertGreater(run["path"]["to_client"]["impair_loss"], 0)
            self.assertGreater(run[side]["flow"]["again_segments"], 0)
            self.assertLess(run[side]["client"]["connected_us"], 500000)
            self.assertGreater(run[side]["client"]["connected_us"], 20000)
        # Whom one asks does not matter: the path counts what the sender says.
        self.assertLessEqual(kernel[rig.KERNEL]["server"]["retransmits"],
                             kernel[rig.KERNEL]["flow"]["again_segments"])
        self.assertGreater(evtcp[rig.EVTCP]["server"]["bytes_sent"], 0)

    def test_side_by_side_they_share_it(self):
        for other, more in ((rig.EVTCP, []), (rig.TWIN, ["--control"])):
            status, text, told = self.bench("--cc", "cubic", "--points", "20/0/0", "--fairness",
                                            *more)
            self.assertEqual(status, 0, text)
            both, = told["results"]
            shares = [loss.goodput(both, side) for side in (rig.KERNEL, other)]
            self.assertLess(sum(shares), 20)
            self.assertGreater(min(shares), 0.5)
            self.assertIn(f"a flow of the kernel and one of {other} over one", text)

    def test_a_congestion_control_that_one_lacks_is_skipped_with_a_line(self):
        status, text, told = self.bench("--cc", "nosuch", "--points", "20/1/0")
        self.assertEqual((status, told["results"]), (0, []), text)
        self.assertRegex(text, r"(?m)^nosuch: skipped: ")

    def test_it_ends_when_it_is_told_to_with_all_that_it_started(self):
        self.check_that_it_ends("--points", "20/1/0", "--cc", "cubic", "--seconds", "60")

    def test_what_cannot_be_measured_is_a_failure(self):
        status, text, _ = self.bench("--cc", "cubic", "--points", "20/1/0",
                                     "--evtcpd=--no-such-option")
        self.assertEqual(status, 1, text)
        self.assertIn("no-such-option", text)


if __name__ == "__main__":
    unittest.main(argv=bench_case.ARGV)
