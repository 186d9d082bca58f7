# SPDX-License-Identifier: BSD-3-Clause
"""Figures as pictures: SVG that needs nothing else, and that reads on a light page as on a dark
one.

    chart.bars("speed", "Linux 6.1, 2 processors", [
        [chart.Panel("requests64, req/s", "more is better",
                     [chart.Bar("evtcpd", 180, 170, 190, "180 (1.8 x nginx)"),
                      chart.Bar("nginx", 100, 90, 110, "100")]),
         chart.Panel("CPU, us/req", "less is better", [...])],
        [...]])                                                 each list is a row of panels

    chart.curve("cost of a packet", "", "connections", "ns/packet",
                {"in order": [(100, 210.0), (10000, 250.0)]})   x is logarithmic

Both return the text of an SVG file. Each name has the same colour wherever it appears in a
picture, by the order in which names come first; it stands beside what is drawn, too: colours
alone say nothing.
"""

import collections
import math
from xml.sax.saxutils import escape

# value: how long the bar is; least and most: its spread, or None; text: behind it. value None:
# there is no bar, and text says why.
Bar = collections.namedtuple("Bar", "name value least most text")

Panel = collections.namedtuple("Panel", "title remark bars")

# Of the names, in their order; hues that those who confuse red and green tell apart.
LIGHT = ("#0b6fb8", "#12875f", "#8b8f94", "#c65a11", "#8450b8", "#a8850c")
DARK = ("#55aef0", "#35c297", "#9aa0a6", "#f08a45", "#b98be8", "#d8b63a")

# background, text, what is said softly, grid
LIGHT_PAGE = ("#ffffff", "#1c1f23", "#5c636b", "#dfe3e8")
DARK_PAGE = ("#14171a", "#e8eaed", "#a2a9b1", "#343a41")

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"

PANEL = 440      # width of a panel, px
NAME = 104       # of that, what names have,
TEXT = 134       # and what stands behind the longest bar
BAR, GAP = 15, 6
MARGIN = 24

PLOT = (640, 320)   # of a curve
TICKS = 5           # of its y axis, about


class Drawing:
    """An SVG file as it is written, from top to bottom."""

    def __init__(self, width, height, names):
        self.size, self.shapes = (width, height), []
        self.series = {name: i % len(LIGHT) for i, name in enumerate(dict.fromkeys(names))}

    def text(self, x, y, text, kind="text", anchor="start"):
        self.shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"'
                           f' text-anchor="{anchor}">{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, kind="grid"):
        self.shapes.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
                           f' class="{kind}"/>')

    def bar(self, name, x, y, width):
        self.shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}"'
                           f' height="{BAR}" rx="2" class="fill{self.series[name]}"/>')

    def path(self, name, points):
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(f'<polyline points="{text}" class="line{self.series[name]}"/>')
        self.shapes += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"'
                        f' class="fill{self.series[name]}"/>' for x, y in points]

    def svg(self):
        width, height = self.size
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}">',
            "<style>", style(LIGHT_PAGE, LIGHT),
            "@media (prefers-color-scheme: dark) {", style(DARK_PAGE, DARK), "}", "</style>",
            f'<rect width="{width}" height="{height}" class="page"/>', *self.shapes, "</svg>", ""])


def style(page, colours):
    background, text, soft, grid = page
    rules = [
        f".page {{ fill: {background} }}",
        f"text {{ font: 12px {FONT}; fill: {text} }}",
        ".head { font-size: 17px; font-weight: 600 }",
        ".title { font-size: 13px; font-weight: 600 }",
        f".soft {{ fill: {soft} }}",
        f".grid {{ stroke: {grid}; stroke-width: 1 }}",
        f".spread {{ stroke: {text}; stroke-width: 1.5 }}"]
    for i, colour in enumerate(colours):
        rules.append(f".fill{i} {{ fill: {colour} }} .line{i} {{ stroke: {colour};"
                     " stroke-width: 2; fill: none }")
    return "\n".join(rules)


# ---- bars ------------------------------------------------------------------------


def panel_height(panel):
    return 48 + len(panel.bars) * (BAR + GAP)


def bars(title, remark, rows):
    """A picture of panels; in each of them the longest bar, its spread included, has the width."""
    width = MARGIN + max(len(row) for row in rows) * (PANEL + MARGIN)
    height = 76 + sum(max(panel_height(panel) for panel in row) for row in rows)
    drawing = Drawing(width, height, (bar.name for row in rows for panel in row
                                      for bar in panel.bars))
    drawing.text(MARGIN, 34, title, "head")
    drawing.text(MARGIN, 54, remark, "soft")
    y = 76
    for row in rows:
        for i, panel in enumerate(row):
            draw_panel(drawing, panel, MARGIN + i * (PANEL + MARGIN), y)
        y += max(panel_height(panel) for panel in row)
    return drawing.svg()


def draw_panel(drawing, panel, x, y):
    drawing.text(x, y + 14, panel.title, "title")
    drawing.text(x + PANEL, y + 14, panel.remark, "soft", "end")
    most = max((bar.most or bar.value for bar in panel.bars if bar.value), default=0)
    scale = (PANEL - NAME - TEXT) / most if most else 0
    for i, bar in enumerate(panel.bars):
        draw_bar(drawing, bar, (x, y + 24 + i * (BAR + GAP)), scale)
    bottom = y + 24 + len(panel.bars) * (BAR + GAP) - GAP / 2
    drawing.line(x + NAME, y + 21, x + NAME, bottom)


def draw_bar(drawing, bar, at, scale):
    x, y = at
    base, middle = y + BAR - 3, y + BAR / 2
    drawing.text(x + NAME - 8, base, bar.name, "text", "end")
    x += NAME
    if bar.value is None:
        drawing.text(x + 6, base, bar.text, "soft")
        return
    end = bar.value
    drawing.bar(bar.name, x, y, bar.value * scale)
    if bar.least is not None and bar.most > bar.least:
        end = max(bar.most, end)
        drawing.line(x + bar.least * scale, middle, x + bar.most * scale, middle, "spread")
        for value in (bar.least, bar.most):
            drawing.line(x + value * scale, middle - 3, x + value * scale, middle + 3, "spread")
    drawing.text(x + end * scale + 6, base, bar.text)


# ---- curves ----------------------------------------------------------------------


def round_step(most, ticks=TICKS):
    """1, 2 or 5 times a power of ten: so far apart are the marks of an axis that reaches most."""
    rough = most / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


def curve(title, remark, x_name, y_name, series):
    """A line for each name of series, which has points (x, y), x > 0 and y >= 0; y begins at 0."""
    wide, high = PLOT
    left, top = MARGIN + 56, 88
    points = [point for line in series.values() for point in line]
    low, span = decades([x for x, _ in points])
    most = max(y for _, y in points) or 1
    step = round_step(most)
    upper = math.ceil(most / step - 1e-9) * step

    def place(x, y):
        return left + (math.log10(x) - low) / span * wide, top + high - y / upper * high

    drawing = Drawing(left + wide + 150, top + high + 64, series)
    drawing.text(MARGIN, 34, title, "head")
    drawing.text(MARGIN, 54, remark, "soft")
    drawing.text(MARGIN, top - 12, y_name, "soft")
    for i in range(round(upper / step) + 1):
        y = place(10 ** low, i * step)[1]
        drawing.line(left, y, left + wide, y)
        drawing.text(left - 8, y + 4, number(i * step), "soft", "end")
    for i in range(span + 1):
        x = place(10.0 ** (low + i), 0)[0]
        drawing.line(x, top + high, x, top + high + 5)
        drawing.text(x, top + high + 20, number(10.0 ** (low + i)), "soft", "middle")
    drawing.text(left + wide / 2, top + high + 44, x_name, "soft", "middle")
    for (name, line), y in zip(series.items(), label_places([place(*line[-1])[1]
                                                            for line in series.values()])):
        drawing.path(name, [place(*point) for point in line])
        drawing.text(place(*line[-1])[0] + 10, y + 4, name)
    return drawing.svg()


def number(value):
    return f"{value:,.0f}" if value == round(value) else f"{value:.6g}"


def decades(values):
    """The power of ten where the axis begins, and how many more it has."""
    low = math.floor(math.log10(min(values)) + 1e-9)
    return low, max(math.ceil(math.log10(max(values)) - 1e-9) - low, 1)


def label_places(wanted, apart=15):
    """Near where they are wanted, from top to bottom, and not one over the other."""
    places, last = list(wanted), -math.inf
    for i in sorted(range(len(wanted)), key=lambda i: wanted[i]):
        last = places[i] = max(wanted[i], last + apart)
    return places
