#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench watch: what a reader of the live page's events costs a bulk transfer.

See README.md for how each figure comes about. Exit status 0 when everything could be
measured, whatever the figures are.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys

import rig
import speed
import speed_loads as loads
import speed_servers as servers

PORT = 40404  # of the transfer, at the client's end

# What is read beside the transfer: nothing, the list of connections, or that and the segments of
# the transfer itself.
READERS = {"none": None, "list": "/_/events", "segments": "/_/events?conn={client}:{port}"}


class Watched(loads.Download):
    """A download from a known port, and beside it a reader."""

    def __init__(self, reader):
        super().__init__(1)
        self.reader = reader

    def command(self, server, settings):
        return ["--local-port", str(PORT), *super().command(server, settings)]

    def run(self, server, seconds, settings):
        path = READERS[self.reader]
        if path is None:
            return {**super().run(server, seconds, settings), "frames": 0, "told": 0}
        told = os.path.join(settings.directory, "told")
        with open(told, "wb") as file:
            curl = subprocess.Popen(
                ["curl", "--silent", "--no-buffer",
                 server.url(path.format(client=client_of(server), port=PORT))],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)
            try:
                found = super().run(server, seconds, settings)
            finally:
                curl.kill()
                curl.wait()
        with open(told, "rb") as file:
            text = file.read()
        frames = text.count(b"event: connections\n")
        if frames < seconds:
            raise rig.RigError(f"the reader was told {frames} times in {seconds} s")
        if self.reader == "segments" and b'"kind":"sent"' not in text:
            raise rig.RigError("the reader was told no segment of the transfer")
        return {**found, "frames": frames, "told": len(text)}


def client_of(server):
    """The address from which the kernel goes to it."""
    route = subprocess.run(["ip", "-o", "route", "get", server.address], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    return re.search(r" src ([\d.]+)", route)[1]


def measure_once(options, reader, settings):
    with rig.Started() as started:
        server = started.add(servers.start(servers.EVTCPD, settings))
        found = Watched(reader).run(server, options.seconds, settings)
        server.figures()
    if found["count"] == 0:
        raise rig.RigError("nothing came")
    return {"us_per_gb": found["server"].us / found["count"] * 1e9,
            "gbit": found["count"] / found["seconds"] * 8e-9,
            "disturbed": speed.is_disturbed(found),
            "frames": found["frames"], "told": found["told"]}


def measure_pair(options, reader, settings, turn):
    """Without and with it, one after the other; which of them is first takes turns."""
    order = ["none", reader] if turn % 2 == 0 else [reader, "none"]
    found = {which: measure_once(options, which, settings) for which in order}
    return {"reader": reader, "without": found["none"], "with": found[reader],
            "ratio": found[reader]["us_per_gb"] / found["none"]["us_per_gb"]}


def measure(options):
    settings = servers.Settings(options.build, options.evtcpd_program, options.evtcpd,
                                speed.DIRECTORY, 0)
    pairs = []
    for turn in range(options.pairs):
        for reader in options.reader:
            pair = measure_pair(options, reader, settings, turn)
            speed.say(f"{reader:9} pair {turn + 1}: {pair['without']['us_per_gb'] / 1e3:7.1f} "
                      f"and {pair['with']['us_per_gb'] / 1e3:7.1f} ms of CPU per GB, ratio "
                      f"{pair['ratio']:.3f}"
                      f"{', disturbed' if is_disturbed(pair) else ''}")
            pairs.append(pair)
    return pairs


def is_disturbed(pair):
    return pair["without"]["disturbed"] or pair["with"]["disturbed"]


def table(pairs):
    """For people: a line for each reader."""
    lines = ["", f"{'reader':9}  {'pairs':>5}  {'without':>9}  {'with':>9}  {'median of ratios':>16}"
                 f"  {'least to most':>15}  {'frames':>6}  {'told, kB/s':>10}"]
    for reader in dict.fromkeys(pair["reader"] for pair in pairs):
        mine = [pair for pair in pairs if pair["reader"] == reader]
        ratios = [pair["ratio"] for pair in mine]
        frames = statistics.median(pair["with"]["frames"] for pair in mine)
        told = statistics.median(pair["with"]["told"] / max(pair["with"]["frames"], 1)
                                 for pair in mine) * 4 / 1e3
        lines.append(
            f"{reader:9}  {len(mine):>5}  " + "  ".join(
                f"{statistics.median(pair[side]['us_per_gb'] for pair in mine) / 1e3:>6.1f} ms"
                for side in ("without", "with")) +
            f"  {statistics.median(ratios):>16.3f}  {min(ratios):>6.3f} - {max(ratios):.3f}"
            f"  {frames:>6.0f}  {told:>10.1f}")
    lines.append(f"{sum(map(is_disturbed, pairs))} of {len(pairs)} pairs disturbed")
    return "\n".join(lines)


def parse_arguments(arguments):
    readers = [name for name, path in READERS.items() if path]
    parser = argparse.ArgumentParser(
        prog="tools/bench watch", allow_abbrev=False,
        description="What evtcpd's CPU time for a gigabyte of one download rises by when somebody"
                    " reads the live page's events. Figures for people on stdout.")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--beside-others", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--reader", nargs="+", choices=readers, default=readers, metavar="NAME",
                        help="which of " + ", ".join(readers) + " (default: both)")
    parser.add_argument("--pairs", type=int, default=10, metavar="N", help="(default: 10)")
    parser.add_argument("--seconds", type=int, default=3, metavar="N",
                        help="of each transfer (default: 3)")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured")
    parser.add_argument("--evtcpd", action="append", default=[], metavar="OPTION",
                        help="pass an option to evtcpd; repeatable")
    parser.add_argument("--evtcpd-program", metavar="FILE",
                        help="another evtcpd than the release build")
    options = parser.parse_args(arguments)
    options.evtcpd_program = options.evtcpd_program or f"{options.build}/src/evtcpd/evtcpd"
    if not 1 <= options.seconds <= 60 or options.pairs < 1:
        parser.error("a transfer takes 1 to 60 s, and there is a pair at least")
    return options


def main(arguments):
    options = parse_arguments(arguments)
    if not options.beside_others:
        rig.wait_for_others()
    rig.enter_namespaces()
    sys.stdout.reconfigure(line_buffering=True)
    try:
        print(f"# {rig.machine()}")
        speed.prepare()
        pairs = measure(options)
        print(table(pairs))
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": rig.machine(), "options": vars(options), "pairs": pairs},
                          file, indent=1)
    except (rig.RigError, OSError) as error:
        speed.say(f"bench: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
