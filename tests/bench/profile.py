#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench profile: where the instructions of a packet or a request go, room by room.

See README.md for how each figure comes about. Exit status 0 when everything could be measured.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

import profile_rooms as rooms
import rig

# Without a kernel, by callgrind: what of tests/bench/micro is told. Those with --offload are as
# over a TUN that has it.
LOADS = {
    "requests": ["requests"],
    "http": ["http"],
    "http-connect": ["http-connect"],
    "in": ["in"],
    "in-offload": ["in", "--offload", "1"],
    "http-out": ["http-out"],
    "out": ["out"],
    "out-offload": ["out", "--offload", "1"],
}
# What evtcpd does under wrk, kernel and all, by perf.
EVTCPD = "evtcpd"
USUAL = ["http", "requests", "http-connect", "in", "out"]

TURNS = 240  # of the longer of two runs
SHORT_TURNS = 60

# perf's events, best first: a virtual machine may have no counters, then time is what is sampled.
EVENTS = ["cycles", "cpu-clock"]
FREQUENCY = 5000  # Hz


# ---- in memory: callgrind --------------------------------------------------------


def run_callgrind(program, load, turns, directory):
    """What one run has spent in what micro times, and how many units it did."""
    path = os.path.join(directory, f"callgrind.{turns}")
    found = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}",
         "--toggle-collect=rig_timed", program, *load, "--turns", str(turns)],
        capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise rig.RigError(f"valgrind: {found.stderr.strip()}")
    told = json.loads(found.stdout)
    with open(path, encoding="utf-8") as file:
        return rooms.parse_callgrind(file.read()), told["units"] + told["warm_units"], told["unit"]


def difference(longer, shorter, units):
    """Costs for each unit, without what both runs have in common: setting up."""
    sums = collections.Counter({(cost.room, cost.function): cost.cost for cost in longer})
    sums.subtract({(cost.room, cost.function): cost.cost for cost in shorter})
    return [rooms.Cost(*key, cost / units) for key, cost in sums.items() if cost != 0]


def profile_load(options, name):
    program = os.path.join(options.build, "tests/bench/micro")
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        longer, n_longer, unit = run_callgrind(program, LOADS[name], options.turns, directory)
        shorter, n_shorter, _ = run_callgrind(
            program, LOADS[name], max(options.turns // 4, 1), directory)
    if n_longer <= n_shorter:
        raise rig.RigError("too few turns to tell setting up from work")
    return {"load": name, "of": "instructions", "unit": unit,
            "costs": difference(longer, shorter, n_longer - n_shorter)}


# ---- evtcpd over its TUN: perf -------------------------------------------------------


def perf_event():
    """The best event that perf counts here."""
    for event in EVENTS:
        found = subprocess.run(["perf", "stat", "-x,", "-e", event, "true"], capture_output=True,
                               text=True, check=False)
        if found.returncode == 0 and "<not" not in found.stderr:
            return event
    raise rig.RigError("perf counts nothing here: is perf_event_paranoid above 2?")


def record(server, event, load, path, options):
    """Samples of the server while the load runs on it; what the load has counted."""
    perf = subprocess.Popen(
        ["perf", "record", "-q", "-e", event, "-F", str(FREQUENCY), "-p", str(server.popen.pid),
         "-o", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        found = load.run(server, options.seconds, options.directory)
    finally:
        perf.send_signal(2)
        _, errors = perf.communicate(timeout=30)
    if not os.path.exists(path):
        raise rig.RigError(f"perf: {errors.strip()}")
    return found


def profile_evtcpd(options):
    """Samples are shares of the server's processor time, and that is known for each request."""
    # Only here: they want nginx and wrk to be known.
    import speed_loads
    import speed_servers as servers

    event = perf_event()
    servers.set_up_kernel()
    program = os.path.join(options.build, "src/evtcpd/evtcpd")
    settings = servers.Settings(options.build, program, [], options.directory, crowd=0)
    with rig.Started() as started, tempfile.TemporaryDirectory(dir=options.directory) as directory:
        path = os.path.join(directory, "perf.data")
        server = started.add(servers.start(servers.EVTCPD, settings))
        found = record(server, event, speed_loads.LOADS["requests64"], path, options)
        script = subprocess.run(["perf", "script", "-i", path, "-F", "ip,sym,symoff,dso"],
                                capture_output=True, text=True, check=True).stdout
    costs = rooms.parse_perf_script(script, rooms.resolve_by_addr2line)
    samples = sum(cost.cost for cost in costs)
    if samples == 0 or found["count"] == 0:
        raise rig.RigError("perf has seen nothing")
    each = found["server"].us * 1000 / found["count"] / samples
    return {"load": EVTCPD, "of": "ns", "unit": "request", "event": event, "samples": samples,
            "costs": [cost._replace(cost=cost.cost * each) for cost in costs]}


# ---- telling ---------------------------------------------------------------------------


def table(result, n_top, only):
    """Rooms, what each costs a unit, and its share; the functions below if they are wanted."""
    sums = {room: cost for room, cost in rooms.by_room(result["costs"]).items()
            if room in only or not only}
    total = sum(cost.cost for cost in result["costs"])
    lines = [f"{result['load']}: {total:,.0f} {result['of']} for each {result['unit']}"]
    for room, cost in sums.items():
        if cost < total * 0.0005:
            continue
        lines.append(f"  {room:<12}{cost:>10,.0f}{cost / total:>8.1%}")
        for function, part in rooms.top(result["costs"], room, n_top):
            if part >= total * 0.0005:
                lines.append(f"    {part:>12,.0f}{part / total:>8.1%}  {function}")
    return "\n".join(lines) + "\n"


def as_json(result):
    functions = sorted(result["costs"], key=lambda cost: -cost.cost)
    return {**{key: value for key, value in result.items() if key != "costs"},
            "total": sum(cost.cost for cost in functions),
            "rooms": rooms.by_room(functions),
            "functions": [cost._asdict() for cost in functions]}


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/bench profile",
        description="Instructions (in memory, by callgrind), or nanoseconds (evtcpd under wrk, by"
        " perf), for each packet or request, by room. See tests/bench/README.md.")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs="+", choices=[*LOADS, EVTCPD], default=USUAL,
                        help=f"default: {' '.join(USUAL)}")
    parser.add_argument("--top", type=int, default=0, metavar="N",
                        help="the N functions of each room that cost most")
    parser.add_argument("--room", nargs="+", default=[], help="tell of these only")
    parser.add_argument("--turns", type=int, default=TURNS,
                        help="of a run in memory: %(default)s of 64 packets each")
    parser.add_argument("--seconds", type=int, default=5, help="of wrk: %(default)s")
    parser.add_argument("--json", metavar="FILE", help="everything that was found")
    return parser.parse_args()


def main():
    options = arguments()
    options.directory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    rig.wait_for_others()
    if EVTCPD in options.load:
        rig.enter_namespaces()
    results, failed = [], False
    for load in options.load:
        try:
            results.append(profile_evtcpd(options) if load == EVTCPD
                           else profile_load(options, load))
        except (rig.RigError, OSError, subprocess.SubprocessError) as error:
            print(f"bench: {load}: {error}", file=sys.stderr)
            failed = True
            continue
        print(table(results[-1], options.top, options.room), flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([as_json(result) for result in results], file, indent=1)
            file.write("\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
