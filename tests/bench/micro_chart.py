# SPDX-License-Identifier: BSD-3-Clause
"""The cost of a packet over the number of connections, as an SVG picture: both axes are of the
kind that a curve of costs needs, the lower logarithmic, the upper from zero."""

import math

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
INK, FAINT, LINE = "#333333", "#dddddd", "#1f77b4"


def nice_step(most, n):
    """A step of 1, 2 or 5 times a power of ten, of which n or fewer reach most."""
    step = 10 ** math.floor(math.log10(most / n))
    return next(step * factor for factor in (1, 2, 5, 10) if step * factor * n >= most)


def text(x, y, words, anchor="middle", size=12):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
            f' fill="{INK}">{words}</text>')


def line(x1, y1, x2, y2, colour=FAINT):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def curve_svg(points):
    """points: summaries of micro, relative ones."""
    points = [{**point, "connections": point["runs"][0]["connections"]} for point in points]
    first, last = (math.log10(points[i]["connections"]) for i in (0, -1))
    step = nice_step(max(point["ns_most"] for point in points) * 1.05, 8)
    most = step * math.ceil(max(point["ns_most"] for point in points) * 1.05 / step)

    def x_of(connections):
        share = (math.log10(connections) - first) / (last - first) if last > first else 0.5
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y_of(ns):
        return HEIGHT - BOTTOM - ns / most * (HEIGHT - TOP - BOTTOM)

    parts = [text(WIDTH / 2, 22, "cost of a packet over the number of connections", size=14),
             text(WIDTH / 2, HEIGHT - 10, "connections"),
             text(14, 22, "ns", anchor="start")]
    for i in range(round(most / step) + 1):
        parts += [line(LEFT, y_of(i * step), WIDTH - RIGHT, y_of(i * step)),
                  text(LEFT - 8, y_of(i * step) + 4, f"{i * step:,.0f}", anchor="end")]
    for point in points:
        x = x_of(point["connections"])
        parts += [text(x, HEIGHT - BOTTOM + 18, f"{point['connections']:,}"),
                  line(x, y_of(point["ns_least"]), x, y_of(point["ns_most"]), LINE),
                  f'<circle cx="{x:.1f}" cy="{y_of(point["ns"]):.1f}" r="3.5" fill="{LINE}"/>',
                  text(x, y_of(point["ns_most"]) - 8, f"{point['relative']:.2f}&#215;")]
    path = " ".join(f"{x_of(point['connections']):.1f},{y_of(point['ns']):.1f}"
                    for point in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
            f' viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
