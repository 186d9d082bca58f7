#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What tools/bench watch makes of its measurements, on figures made up for it; then, where
namespaces and TUN devices may be made, a pair of a second. Arguments as bench_case says."""

import unittest

import bench_case
import watch


def side(us_per_gb, frames=0, told=0, disturbed=False):
    return {"us_per_gb": us_per_gb, "gbit": 1, "disturbed": disturbed, "frames": frames,
            "told": told}


def pair(without, with_reader, disturbed=False):
    return {"reader": "list", "without": side(without), "ratio": with_reader / without,
            "with": side(with_reader, 12, 24000, disturbed)}


class Figures(unittest.TestCase):
    def test_the_figure_is_the_median_of_the_ratios_of_pairs(self):
        text = watch.table([pair(100e3, 101e3), pair(200e3, 204e3), pair(100e3, 150e3, True)])
        self.assertRegex(text, r"(?m)^list +3 +100\.0 ms +150\.0 ms +1\.020 +1\.010 - 1\.500 +12 "
                               r"+8\.0$")
        self.assertIn("1 of 3 pairs disturbed", text)

    def test_what_cannot_be_measured_is_refused(self):
        for arguments in (["--seconds", "0"], ["--pairs", "0"], ["--reader", "none"]):
            with self.assertRaises(SystemExit):
                watch.parse_arguments(["--build", "b", *arguments])


class Measured(bench_case.BenchCase):
    program, usual = watch.__file__, ["--pairs", "1", "--seconds", "1"]

    def test_a_pair_of_each_reader_is_measured(self):
        status, text, told = self.bench()
        self.assertEqual(status, 0, text)
        self.assertEqual([pair["reader"] for pair in told["pairs"]], ["list", "segments"])
        for found in told["pairs"]:
            self.assertGreater(found["without"]["us_per_gb"], 0)
            self.assertEqual(found["without"]["frames"], 0)
            self.assertGreaterEqual(found["with"]["frames"], 1)
        self.assertRegex(text, r"(?m)^segments +1 ")

    def test_it_ends_when_it_is_told_to(self):
        self.check_that_it_ends("--pairs", "50")


if __name__ == "__main__":
    unittest.main(argv=bench_case.ARGV)
