#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""That pictures say what they were given: read back as XML."""

import re
import unittest
import xml.etree.ElementTree as xml

import chart

SVG = "{http://www.w3.org/2000/svg}"


def shapes(svg, kind):
    return [shape.attrib for shape in xml.fromstring(svg).iter(SVG + kind)]


def texts(svg):
    return {text.text: text.attrib for text in xml.fromstring(svg).iter(SVG + "text")}


def pictured(*bars):
    return chart.bars("title", "remark", [[chart.Panel("panel", "more is better", list(bars))]])


class Bars(unittest.TestCase):
    def widths(self, svg):
        return [float(rect["width"]) for rect in shapes(svg, "rect")
                if rect["class"].startswith("fill")]

    def test_lengths_are_as_the_values(self):
        a, b = self.widths(pictured(chart.Bar("a", 10, 10, 10, "10"), chart.Bar("b", 40, 40, 40, "")))
        self.assertAlmostEqual(b / a, 4, places=1)

    def test_the_spread_has_room(self):
        svg = pictured(chart.Bar("a", 10, 5, 20, "10"))
        ends = [float(line["x2"]) for line in shapes(svg, "line") if line["class"] == "spread"]
        width, = self.widths(svg)
        self.assertAlmostEqual(max(ends) - chart.MARGIN - chart.NAME, 2 * width, places=1)
        self.assertAlmostEqual(min(ends) - chart.MARGIN - chart.NAME, width / 2, places=1)

    def test_what_is_not_there_has_a_word_and_no_bar(self):
        svg = pictured(chart.Bar("a", None, None, None, "not measured"))
        self.assertEqual(self.widths(svg), [])
        self.assertIn("not measured", texts(svg))

    def test_panels_do_not_lie_on_each_other(self):
        panel = chart.Panel("p", "", [chart.Bar("a", 1, 1, 1, "")] * 3)
        svg = chart.bars("", "", [[panel, panel], [panel]])
        places = [(float(rect["x"]), float(rect["y"])) for rect in shapes(svg, "rect")
                  if rect["class"] == "fill0"]
        self.assertEqual(len(set(places)), 9)
        self.assertLess(max(y for _, y in places) + chart.BAR,
                        float(xml.fromstring(svg).attrib["height"]))

    def test_a_name_keeps_its_colour(self):
        one = chart.Panel("p", "", [chart.Bar("a", 1, 1, 1, ""), chart.Bar("b", 1, 1, 1, "")])
        other = chart.Panel("q", "", [chart.Bar("b", 1, 1, 1, ""), chart.Bar("c", 1, 1, 1, "")])
        fills = [rect["class"] for rect in shapes(chart.bars("", "", [[one, other]]), "rect")
                 if rect["class"].startswith("fill")]
        self.assertEqual(fills, ["fill0", "fill1", "fill1", "fill2"])

    def test_any_text_may_stand_there(self):
        self.assertIn("<&>", texts(pictured(chart.Bar("<&>", 1, 1, 1, '"'))))

    def test_both_kinds_of_page_know_every_colour(self):
        light, dark = pictured().split("@media (prefers-color-scheme: dark)")
        for i in range(len(chart.LIGHT)):
            self.assertIn(f".fill{i} {{", light)
            self.assertIn(f".fill{i} {{", dark)
        self.assertEqual(len(chart.LIGHT), len(chart.DARK))


class Curves(unittest.TestCase):
    def curve(self, **series):
        return chart.curve("title", "", "connections", "ns", series)

    def points(self, svg):
        return [[tuple(map(float, point.split(","))) for point in line["points"].split()]
                for line in shapes(svg, "polyline")]

    def test_powers_of_ten_are_equally_far_apart(self):
        (a, b, c), = self.points(self.curve(a=[(100, 1), (1000, 1), (10000, 1)]))
        self.assertAlmostEqual(b[0] - a[0], c[0] - b[0], places=0)
        self.assertEqual(a[1], b[1])

    def test_y_begins_at_nothing(self):
        (a, b, c), = self.points(self.curve(a=[(1, 0), (10, 50), (100, 100)]))
        self.assertAlmostEqual(a[1] - b[1], b[1] - c[1], places=0)
        self.assertGreater(a[1], c[1], "more is higher")

    def test_axes_are_told_in_round_numbers(self):
        said = texts(self.curve(a=[(100, 210), (10 ** 6, 620)]))
        for text in ("0", "200", "800", "100", "10,000", "1,000,000", "connections", "ns", "a"):
            self.assertIn(text, said)
        for most, step in ((1, 0.2), (620, 200), (51, 20), (5, 1), (0.03, 0.01)):
            self.assertAlmostEqual(chart.round_step(most), step)

    def test_names_of_lines_that_end_together_can_be_read(self):
        self.assertEqual(chart.label_places([100, 101, 50]), [100, 115, 50])

    def test_one_point_is_a_curve(self):
        self.assertEqual(len(self.points(self.curve(a=[(100, 5)]))[0]), 1)
        self.assertRegex(self.curve(a=[(100, 0)]), re.escape("</svg>"))


if __name__ == "__main__":
    unittest.main()
