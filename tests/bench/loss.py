#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench loss: the same bad path in front of the kernel's TCP and in front of evtcpd.

A client on the kernel's TCP downloads from either for some seconds over the link emulator,
in turn, with the same seed; what came is the goodput. See README.md for how each figure
comes about. Exit status 0 when everything could be measured, whatever the figures are.
"""

import argparse
import collections
import json
import math
import os
import statistics
import sys

import rig

# RTT in ms; percent lost of what the server sends; percent of it late, by a quarter RTT.
Point = collections.namedtuple("Point", "rtt_ms loss late")

SETS = {
    "grid": [Point(rtt, loss, late) for rtt in (20, 40, 100) for loss in (0.1, 1, 3)
             for late in (0, 1)],
    "late": [Point(20, 0, 10), Point(40, 0, 10), Point(20, 0, 1), Point(40, 0, 1),
             Point(100, 0, 1)],
    "quick": [Point(20, 0.1, 0), Point(40, 1, 0), Point(40, 1, 1), Point(40, 0, 10)],
    "fair": [Point(20, 0, 0), Point(40, 0, 0), Point(100, 0, 0)],
}

MTU, PAYLOAD = 1500, 1448  # bytes of a full segment, with IPv4 and TCP timestamps
QUEUE_LEAST = 30           # packets

# A run is made again, so often, when it was disturbed: more packets than this were later than
# 5 ms beyond what the emulator meant, or somebody waited for a processor for so long.
TRIES, LATE_SHARE, WAITED_SHARE = 3, 0.005, 0.1


def parse_points(text):
    """"grid,40/0/10": names of sets, and RTT/LOSS/LATE."""
    points = []
    for word in text.split(","):
        if word in SETS:
            points += SETS[word]
            continue
        try:
            point = Point(*(float(number) for number in word.split("/")))
        except (TypeError, ValueError):
            raise argparse.ArgumentTypeError(
                f"'{word}' is none of {', '.join(SETS)}, and not RTT_MS/LOSS_%/LATE_%") from None
        if not (0 < point.rtt_ms <= 1000 and 0 <= point.loss < 100 and 0 <= point.late <= 100):
            raise argparse.ArgumentTypeError(f"'{word}' is out of range")
        points.append(point)
    return points


def spec_of(point, rate_mbit, seed):
    """The point as a specification of the link emulator. The ACKs' direction has the delay
    and nothing else."""
    packets = rate_mbit * 1e6 / 8 * point.rtt_ms / 1e3 / MTU
    return (f"delay={point.rtt_ms * 500:.0f}us,tx.rate={rate_mbit * 1000:.0f}kbit,"
            f"tx.queue={max(packets, QUEUE_LEAST):.0f},tx.loss={point.loss:g}%,"
            f"tx.reorder={point.late:g}%/{point.rtt_ms * 250:.0f}us,seed={seed}")


# ---- measuring -----------------------------------------------------------------


def is_disturbed(result, seconds):
    path = result["path"]
    delivered = path["to_client"]["delivered"] + path["to_server"]["delivered"]
    return (path["late"]["5000"] > delivered * LATE_SHARE or
            any(cpu["waited_ms"] > seconds * 1000 * WAITED_SHARE
                for cpu in result["cpu"].values()))


def measure(bench, point, cc, sides, run):
    """One download of each of the sides, at once; again while the machine disturbs it."""
    options, spec = bench.options, spec_of(point, bench.options.rate, bench.options.seed + run)
    pcap = options.pcap and os.path.join(
        options.pcap, f"{cc}-{point.rtt_ms:g}-{point.loss:g}-{point.late:g}-{run}-"
                      f"{'-'.join(sides)}.pcapng")
    for attempt in range(1, TRIES + 1):
        result = bench.rig.measure(spec, sides, cc, options.seconds, pcap)
        disturbed = is_disturbed(result, options.seconds)
        if not disturbed:
            break
    result.update(point._asdict(), spec=spec, cc=cc, run=run, sides=sides, attempt=attempt,
                  disturbed=disturbed)
    if result["path"]["to_client"].get("link_error"):
        raise rig.RigError("the client's TUN refused packets: this machine is too slow for it")
    for side in sides:
        say(f"{cc:7} {point.rtt_ms:4g} ms {point.loss:4g} % lost {point.late:3g} % late, run "
            f"{run + 1}: {side:6} {goodput(result, side):6.2f} Mbit/s"
            f"{', disturbed' if disturbed else ''}")
    return result


def goodput(result, side):
    client = result[side]["client"]
    return client["bytes"] * 8 / client["seconds"] / 1e6


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.rig = rig.Rig(options.build, options.evtcpd)
        self.results = []

    def congestion_controls(self):
        """Those that both sides know; says which are left out."""
        for cc in self.options.cc.split(","):
            try:
                for side in self.options.sides:
                    with rig.Started() as started:
                        started.add(self.rig.server(side, cc))
                yield cc
            except rig.NoSuchCongestionControl as error:
                print(f"{cc}: skipped: {error}")

    def compare(self):
        for cc in self.congestion_controls():
            for point in self.options.points:
                for run in range(self.options.runs):
                    for side in self.options.sides:
                        self.results.append(measure(self, point, cc, [side], run))
            print(table(rows_of(self.results, cc), cc, self.options))

    def share(self):
        for cc in self.congestion_controls():
            for point in self.options.points:
                for run in range(self.options.runs):
                    sides = self.options.sides[::(-1) ** run]  # who begins
                    self.results.append(measure(self, point, cc, sides, run))
            print(share_table(rows_of(self.results, cc), cc, self.options))


# ---- figures ---------------------------------------------------------------------


class Row(collections.namedtuple("Row", "point of disturbed")):
    """A point; of[side] are the results of its runs."""

    def goodputs(self, side):
        return [goodput(result, side) for result in self.of[side]]

    def ratio(self):
        """Of the medians."""
        return (statistics.median(self.goodputs(rig.EVTCP)) /
                statistics.median(self.goodputs(rig.KERNEL)))

    def pairs(self, side=rig.EVTCP):
        """The ratio to the kernel's of each run: both met the same dice."""
        return [b / a for a, b in zip(self.goodputs(rig.KERNEL), self.goodputs(side))]

    def percent(self, side, what):
        return share_of([self], side, what)


def share_of(rows, side, what):
    """Percent of all segments that a side sent in these rows."""
    flows = [result[side]["flow"] for row in rows for result in row.of[side]]
    return 100 * sum(flow[what] for flow in flows) / sum(flow["segments"] for flow in flows)


def rows_of(results, cc):
    rows = {}
    for result in results:
        if result["cc"] != cc:
            continue
        point = Point(*(result[name] for name in Point._fields))
        row = rows.setdefault(point, Row(point, collections.defaultdict(list), []))
        for side in result["sides"]:
            row.of[side].append(result)
        row.disturbed.append(result["disturbed"])
    return list(rows.values())


def geometric_mean(ratios):
    return math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))


def spread(values):
    return f"{statistics.median(values):6.2f} ({min(values):.4g}-{max(values):.4g})"


def table(rows, cc, options):
    """For people: a line for each point, then what all of them come to."""
    lines = [
        "",
        f"{cc}: Mbit/s that arrived in the first {options.seconds:g} s, start included;"
        f" of {options.runs} the median (least-most).",
        f"The path could carry {options.rate * PAYLOAD / MTU:.1f}.",
        "RTT ms  lost %  late %  kernel                evtcp                  ratio"
        "   sent again %    in vain %",
        "                                                                            "
        " kernel  evtcp  kernel  evtcp",
    ]
    for row in rows:
        lines.append(
            f"{row.point.rtt_ms:6g}  {row.point.loss:6g}  {row.point.late:6g}"
            f"  {spread(row.goodputs(rig.KERNEL)):20}  {spread(row.goodputs(rig.EVTCP)):20}"
            f"  {row.ratio():6.3f}  "
            + "  ".join(f"{row.percent(side, what):6.3f}"
                        for what in ("again_segments", "vain_segments")
                        for side in (rig.KERNEL, rig.EVTCP))
            + ("  disturbed" if any(row.disturbed) else ""))
    return "\n".join(lines + [summary(rows, "all points")] +
                     [summary([row for row in rows if row.point in SETS["grid"]], "the grid")])


def summary(rows, which):
    if not rows:
        return f"{which}: none measured"
    worst = min(rows, key=Row.ratio)
    pairs = [ratio for row in rows for ratio in row.pairs()]
    vain = [share_of(rows, side, "vain_segments") for side in (rig.KERNEL, rig.EVTCP)]
    times = f"{vain[1] / vain[0]:.2f} times the kernel's" if vain[0] else "the kernel: none"
    return (f"{which} ({len(rows)}): geometric mean of the ratios"
            f" {geometric_mean([row.ratio() for row in rows]):.3f}"
            f" (of all {len(pairs)} pairs of runs {geometric_mean(pairs):.3f}),"
            f" worst {worst.ratio():.3f} (RTT {worst.point.rtt_ms:g} ms, {worst.point.loss:g} %"
            f" lost, {worst.point.late:g} % late); in vain {vain[1]:.4f} % against"
            f" {vain[0]:.4f} %: {times}")


def share_table(rows, cc, options):
    other = options.sides[1]
    lines = [
        "",
        f"{cc}: a flow of the kernel and one of {other} over one bottleneck for"
        f" {options.seconds:g} s, Mbit/s; of {options.runs} the median (least-most).",
        f"RTT ms  lost %  late %  kernel                {other:20}  times the kernel's",
    ]
    for row in rows:
        lines.append(
            f"{row.point.rtt_ms:6g}  {row.point.loss:6g}  {row.point.late:6g}"
            f"  {spread(row.goodputs(rig.KERNEL)):20}  {spread(row.goodputs(other)):20}"
            f"  {spread(row.pairs(other))}" + ("  disturbed" if any(row.disturbed) else ""))
    return "\n".join(lines)


# ---- the program -----------------------------------------------------------------


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/bench loss", allow_abbrev=False,
        description="The same bad path in front of the kernel's TCP and in front of evtcpd, in"
                    " real time: goodput of both. tests/bench/README.md says how.")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--beside-others", action="store_true",
                        help="do not wait until no other bench runs on this machine")
    parser.add_argument("--cc", default="cubic,bbr", metavar="NAMES",
                        help="congestion controls, each against the kernel's of that name"
                             " (default: %(default)s)")
    parser.add_argument("--points", type=parse_points, metavar="LIST",
                        help="sets, and RTT_MS/LOSS_%%/LATE_%%: grid,40/0/10 (default: grid,late;"
                             " the sets are " + ", ".join(SETS) + ")")
    parser.add_argument("--rate", type=float, default=100, metavar="MBIT",
                        help="of the path (default: %(default)s Mbit/s)")
    parser.add_argument("--seconds", type=float, metavar="N", help="of a download (default: 10)")
    parser.add_argument("--runs", type=int, metavar="N", help="of each point (default: 3)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of the first run; each later one has the next (default: 1)")
    parser.add_argument("--quick", action="store_true",
                        help="four points, 5 s, one run each: to try something out")
    parser.add_argument("--fairness", action="store_true",
                        help="instead: a flow of ours beside one of the kernel's, 30 s")
    parser.add_argument("--control", action="store_true",
                        help="with --fairness: two of the kernel's flows instead, to compare")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured")
    parser.add_argument("--pcap", metavar="DIRECTORY", help="write a capture of each run there")
    parser.add_argument("--evtcpd", action="append", default=[], metavar="OPTION",
                        help="pass an option to evtcpd; repeatable")
    options = parser.parse_args(arguments)
    usual = (5, 1, "quick") if options.quick else \
        (30, 3, "fair") if options.fairness else (10, 3, "grid,late")
    options.seconds = options.seconds or usual[0]
    options.runs = options.runs or usual[1]
    options.points = options.points or parse_points(usual[2])
    options.sides = [rig.KERNEL, rig.TWIN if options.control else rig.EVTCP]
    if options.control and not options.fairness:
        parser.error("--control goes with --fairness")
    if options.seconds < 1 or options.runs < 1 or options.rate <= 0:
        parser.error("a download takes at least a second, and there is at least one run")
    return options


def main(arguments):
    options = parse_arguments(arguments)
    if not options.beside_others:
        rig.wait_for_others()
    rig.enter_namespaces()
    sys.stdout.reconfigure(line_buffering=True)
    bench = Bench(options)
    print(f"# {rig.machine()}" + ("" if bench.rig.is_before_others else
                              "; real-time priority is not permitted, others may disturb"))
    try:
        bench.share() if options.fairness else bench.compare()
    except (rig.RigError, OSError) as error:
        say(f"bench: {error}")
        return 1
    finally:
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"options": vars(options), "results": bench.results}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
