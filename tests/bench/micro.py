#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench micro: what the stack by itself costs, without a kernel: segments in and out,
requests, connections, deadlines, lookups; and how the cost of a packet grows with the number of
connections.

See README.md for how each figure comes about. Exit status 0 when everything could be measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

import micro_chart
import rig

# label: the load of the program, and what it is told
ROWS = {
    "in": ["in", "--offload", "0"],
    "in, offload": ["in", "--offload", "1"],
    "out": ["out", "--offload", "0"],
    "out, offload": ["out", "--offload", "1"],
    "http-out": ["http-out"],
    "requests": ["requests"],
    "http": ["http"],
    "connect": ["connect"],
    "http-connect": ["http-connect"],
    "timers, 1,000": ["timers", "--connections", "1000"],
    "timers, 1 M": ["timers", "--connections", "1000000"],
    "timers-due, 1,000": ["timers-due", "--connections", "1000"],
    "timers-due, 1 M": ["timers-due", "--connections", "1000000"],
    "lookup, 100": ["lookup", "--connections", "100"],
    "lookup, 1 M": ["lookup", "--connections", "1000000"],
    "lookup-miss, 1 M": ["lookup-miss", "--connections", "1000000"],
}
CURVE = "curve"
CURVE_LOAD = "requests"
SIZES = [100, 10_000, 100_000, 1_000_000]

# What a connection of a crowd needs, at most; who has less does not measure it.
OCTETS_FOR_EACH = 4096


def run_once(options, arguments):
    """One run of the program: what it says of each crowd."""
    found = subprocess.run(
        [os.path.join(options.build, "tests/bench/micro"), *arguments, "--ms", str(options.ms)],
        capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise rig.RigError(found.stderr.strip() or f"micro ended with {found.returncode}")
    return [json.loads(line) for line in found.stdout.splitlines()]


def summary(runs, beside=None):
    """The median of the runs' figures, and how far they are apart; and relative to those that
    were measured beside them."""
    figures = [run["ns"] for run in runs]
    found = {"ns": statistics.median(figures), "ns_least": min(figures), "ns_most": max(figures),
             "runs": runs}
    if beside:
        ratios = [run["ns"] / other["ns"] for run, other in zip(runs, beside)]
        found.update(relative=statistics.median(ratios), relative_least=min(ratios),
                     relative_most=max(ratios))
    for name in ("instructions", "cache_misses", "octets_for_each_connection"):
        told = [run[name] for run in runs if run[name] is not None]
        found[name] = statistics.median(told) if told else None
    return found


def available_octets():
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def fits(connections):
    return connections * OCTETS_FOR_EACH < available_octets()


def connections_of(arguments):
    at = arguments.index("--connections") if "--connections" in arguments else None
    return int(arguments[at + 1]) if at is not None else 0


def measure_all(options, rows, sizes):
    """Every row, and the curve, in turn, options.runs times: rows as label: summary, the curve
    as its points."""
    found = {label: [] for label in rows}
    curve = []
    for _ in range(options.runs):
        for label, arguments in rows.items():
            found[label] += run_once(options, arguments)
            progress(".")
        if sizes:
            curve.append(run_once(options, curve_arguments(sizes)))
            progress("+")
    progress("\n")
    # From runs of all sizes to sizes with all runs.
    points = [summary(runs, [run[0] for run in curve]) for runs in zip(*curve)]
    return {label: summary(runs) for label, runs in found.items()}, points


def curve_arguments(sizes):
    return [CURVE_LOAD] + [word for size in sizes for word in ("--connections", str(size))]


def progress(text):
    if sys.stderr.isatty():
        print(text, end="", file=sys.stderr, flush=True)


# ---- telling ---------------------------------------------------------------------


def rows_table(rows):
    lines = [f"{'':20}{'ns':>10}{'least':>10}{'most':>10}{'a second':>14}"]
    for label, found in rows.items():
        unit = found["runs"][0]["unit"]
        lines.append(f"{label:20}{found['ns']:>10,.1f}{found['ns_least']:>10,.1f}"
                     f"{found['ns_most']:>10,.1f}{1e9 / found['ns']:>14,.0f} {unit}s")
    return "\n".join(lines) + "\n"


def curve_table(points):
    lines = [f"{'connections':>12}{'ns/packet':>12}{'relative':>10}{'least':>8}{'most':>8}"
             f"{'misses':>9}{'memory':>9}"]
    for point in points:
        size = point["runs"][0]["connections"]
        misses = "-" if point["cache_misses"] is None else f"{point['cache_misses']:.1f}"
        # Of a hundred the pages that everybody has are most.
        memory = f"{point['octets_for_each_connection']:,.0f}" if size >= 10_000 else "-"
        lines.append(f"{size:>12,}{point['ns']:>12,.0f}{point['relative']:>10.2f}"
                     f"{point['relative_least']:>8.2f}{point['relative_most']:>8.2f}"
                     f"{misses:>9}{memory:>9}")
    return "\n".join(lines) + "\n"


# ---- the whole ----------------------------------------------------------------------


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench micro",
        description="The stack by itself, without a kernel. See tests/bench/README.md.")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs="+", choices=[*ROWS, CURVE], metavar="LOAD",
                        default=[*ROWS, CURVE],
                        help=f"some of: {'; '.join([*ROWS, CURVE])} (default: all)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N",
                        help="connections of the curve (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each, in turn: %(default)s")
    parser.add_argument("--ms", type=int, default=200,
                        help="that the stack works in a run: %(default)s")
    parser.add_argument("--quick", action="store_true",
                        help="one run of 50 ms, and no more than 100,000 connections")
    parser.add_argument("--json", metavar="FILE", help="everything that was measured")
    parser.add_argument("--svg", metavar="FILE", help="the curve as a picture")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.ms = 1, 50
        options.sizes = [size for size in options.sizes if size <= 100_000]
    return options


def wanted_rows(options):
    """What was asked for and can be done here."""
    wanted = {label: ROWS[label] for label in options.load if label != CURVE}
    if options.quick:
        wanted = {label: row for label, row in wanted.items() if connections_of(row) < 1_000_000}
    for label, row in list(wanted.items()):
        if not fits(connections_of(row)):
            print(f"bench: no memory for {label}: left out", file=sys.stderr)
            del wanted[label]
    return wanted


def wanted_sizes(options):
    """Those of the curve, all of which are there at the same time."""
    sizes = sorted(options.sizes) if CURVE in options.load else []
    while sizes and not fits(sum(sizes)):
        print(f"bench: no memory for {sizes.pop()} connections: left out", file=sys.stderr)
    return sizes


def main():
    options = arguments()
    rig.wait_for_others()
    print(f"{rig.machine()}; medians of {options.runs} runs\n")
    try:
        rows, points = measure_all(options, wanted_rows(options), wanted_sizes(options))
    except (rig.RigError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if rows:
        print(rows_table(rows))
    if points:
        print(curve_table(points))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"machine": rig.machine(), "rows": rows, "curve": points}, file, indent=1)
            file.write("\n")
    if options.svg and points:
        with open(options.svg, "w", encoding="utf-8") as file:
            file.write(micro_chart.curve_svg(points))
    return 0


if __name__ == "__main__":
    sys.exit(main())
