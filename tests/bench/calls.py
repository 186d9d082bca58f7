#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench calls: what a request costs in calls, of the system, of the memory allocator, and
of the clock, in evtcpd, in nginx and on lwIP.

See README.md for how each figure comes about. Exit status 0 when everything could be
measured, whatever the figures are.
"""

import argparse
import collections
import contextlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import rig
import speed
import speed_loads as loads
import speed_servers as servers

USUAL_SERVERS = [servers.EVTCPD, servers.NGINX, servers.LWIP]
USUAL_LOADS = ["requests1", "requests64"]

# As call_counter.c writes it.
ROW = struct.Struct("8s24sQ")

# What has gone on in a window of time: how many requests in how many seconds, and the Counter of
# calls, which are named as in the table below.
Window = collections.namedtuple("Window", "requests seconds calls")

# Kinds of calls, as call_counter tells them, and what they are called here.
SYSTEM = ("read", "write", "wait", "other")
COLUMNS = (*SYSTEM, "system", "malloc", "free", "clock")

# What strace's names are, as far as they are not "other".
STRACE_KINDS = {
    **dict.fromkeys(("read", "readv", "recvfrom", "recvmsg", "pread64"), "read"),
    **dict.fromkeys(("write", "writev", "sendto", "sendmsg", "sendfile"), "write"),
    **dict.fromkeys(("epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select"),
                    "wait"),
}

SETTLE_SECONDS = 0.5  # of a load, before calls count


# ---- counting --------------------------------------------------------------------


class Counter:
    """Of all calls of programs that are started with its environment."""

    def __init__(self, build, path):
        self.path = path
        self.environment = {
            "LD_PRELOAD": os.path.abspath(f"{build}/tests/bench/call_counter.so"),
            "CALL_COUNTER": path}
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    @contextlib.contextmanager
    def within(self):
        """What is started here has its environment."""
        os.environ.update(self.environment)
        try:
            yield
        finally:
            for name in self.environment:
                del os.environ[name]

    def read(self):
        with open(self.path, "rb") as file:
            return parse_counts(file.read())


def parse_counts(rows):
    """A Counter of (kind, name)."""
    found = collections.Counter()
    for kind, name, n in ROW.iter_unpack(rows):
        found[kind.rstrip(b"\0").decode(), name.rstrip(b"\0").decode()] += n
    return found


def by_column(counts):
    """A Counter of (kind, name) as one of columns."""
    found = collections.Counter()
    for (kind, name), n in counts.items():
        if kind == "memory":
            found["free" if name == "free" else "malloc"] += n
        else:
            found[kind] += n
            if kind in SYSTEM:
                found["system"] += n
    return found


class Strace:
    """Counts the system calls of processes from now on until it ends."""

    def __init__(self, pids, directory):
        self.path = os.path.join(directory, "strace")
        self.popen = subprocess.Popen(
            ["strace", "-c", "-f", "-o", self.path, *(f"-p{pid}" for pid in pids)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in pids:
            line = self.popen.stderr.readline()
            if " attached" not in line:
                self.popen.kill()
                raise rig.RigError("strace: " + (line + self.popen.communicate()[1]).strip())

    def end(self):
        self.popen.send_signal(signal.SIGINT)
        self.popen.communicate()
        with open(self.path, encoding="ascii") as file:
            return parse_strace(file.read())


def parse_strace(text):
    """The table of "strace -c" as a Counter of (kind, name)."""
    found = collections.Counter()
    for line in text.splitlines():
        row = re.fullmatch(r" *[\d.]+ +[\d.]+ +\d+ +(\d+)(?: +\d+)? +(\w+)", line)
        if row and row[2] != "total":
            found[STRACE_KINDS.get(row[2], "other"), row[2]] += int(row[1])
    if not found:
        raise rig.RigError(f"strace says what is not understood:\n{text}")
    return found


# ---- measuring -------------------------------------------------------------------


def tree(pid):
    return [str(pid)] + [found for child in servers.children_of(pid) for found in tree(child)]


def measure_counted(options, settings, load, name):
    """In the midst of a load, at its speed: what the counters have grown by. wrk is counted, too:
    it writes once for each request."""
    ours, theirs = (Counter(options.build, os.path.join(settings.directory, side))
                    for side in ("server.calls", "wrk.calls"))
    with rig.Started() as started:
        with ours.within():
            server = started.add(servers.start(name, settings))
        with theirs.within():
            wrk = subprocess.Popen(
                loads.LOADS[load].command(server, options.seconds + 1, settings),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(SETTLE_SECONDS)
            began, before, asked = time.monotonic(), ours.read(), theirs.read()
            time.sleep(options.seconds)
            asked, after, took = theirs.read() - asked, ours.read(), time.monotonic() - began
            loads.parse_wrk(wrk.communicate()[0])
        finally:
            wrk.kill()
    return Window(asked["write", "write"], took, after - before)


def measure_traced(options, settings, load, name):
    """From before a load until after it. The server has less time for each request."""
    with rig.Started() as started:
        server = started.add(servers.start(name, settings))
        strace = Strace(tree(server.popen.pid), settings.directory)
        try:
            told = loads.LOADS[load].run(server, options.seconds, settings)
        finally:
            calls = strace.end()
    return Window(told["count"], told["seconds"], calls)


METHODS = {"counted": measure_counted, "strace": measure_traced}


def measure(options):
    """The results, and whether all of it could be measured."""
    results, failed = [], False
    settings = servers.Settings(options.build, options.evtcpd_program, options.evtcpd,
                                speed.DIRECTORY, 0)
    for load in options.load:
        for method in options.method:
            rows = []
            for name in options.server:
                try:
                    window = METHODS[method](options, settings, load, name)
                    if window.requests == 0:
                        raise rig.RigError("nothing came")
                    rows.append(result(load, method, name, window))
                except (rig.RigError, OSError) as error:
                    speed.say(f"bench: {load}, {name}, {method}: {error}")
                    failed = True
            print(table(load, method, rows), flush=True)
            results += rows
    return results, failed


# ---- figures ---------------------------------------------------------------------


def result(load, method, name, window):
    columns = by_column(window.calls)
    return {"load": load, "method": method, "server": name, "requests": window.requests,
            "rate": window.requests / window.seconds,
            "per_request": {column: columns[column] / window.requests for column in COLUMNS},
            "calls": {name: n for (_, name), n in window.calls.items() if n}}


HOW = {"counted": "counted in the process", "strace": "by strace, which takes its time"}


def table(load, method, rows):
    """For people. What was not looked for is a dash."""
    shown = COLUMNS if method == "counted" else (*SYSTEM, "system")
    lines = ["", f"{load}, calls per request, {HOW[method]}",
             f"{'':12}  {'req/s':>8} " + " ".join(f"{column:>7}" for column in shown)]
    for row in rows:
        lines.append(f"{row['server']:12}  {row['rate']:>8.0f} " + " ".join(
            f"{row['per_request'][column]:>7.3f}" for column in shown))
        lines.append(f"{'':12}  " + ", ".join(
            f"{name} {n / row['requests']:.3f}" for name, n in
            sorted(row["calls"].items(), key=lambda item: -item[1])
            if n / row["requests"] >= 0.0005))
    return "\n".join(lines)


# ---- the program -----------------------------------------------------------------


def parse_arguments(arguments):
    requests = [name for name, load in loads.LOADS.items()
                if load.program == "wrk" and not load.crowd]
    parser = argparse.ArgumentParser(
        prog="tools/bench calls", allow_abbrev=False,
        description="How many calls of the system, of the memory allocator and of the clock a"
                    " small request costs, counted in the server's process and by strace."
                    " Figures for people on stdout.")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--beside-others", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs="+", choices=requests, default=USUAL_LOADS,
                        metavar="NAME", help="which of " + ", ".join(requests) +
                        " (default: the first two)")
    parser.add_argument("--server", nargs="+", choices=servers.CLASSES, default=USUAL_SERVERS,
                        metavar="NAME", help="which of " + ", ".join(servers.CLASSES) +
                        " (default: " + ", ".join(USUAL_SERVERS) + ")")
    parser.add_argument("--method", nargs="+", choices=METHODS, default=list(METHODS),
                        metavar="NAME", help="counted, strace (default: both)")
    parser.add_argument("--seconds", type=int, metavar="N", help="of a measurement (default: 3)")
    parser.add_argument("--quick", action="store_true", help="a second each")
    parser.add_argument("--json", metavar="FILE", help="write everything that was counted")
    parser.add_argument("--evtcpd", action="append", default=[], metavar="OPTION",
                        help="pass an option to evtcpd; repeatable")
    parser.add_argument("--evtcpd-program", metavar="FILE",
                        help="another evtcpd than the release build")
    options = parser.parse_args(arguments)
    if options.seconds is None:
        options.seconds = 1 if options.quick else 3
    options.evtcpd_program = options.evtcpd_program or f"{options.build}/src/evtcpd/evtcpd"
    if not 1 <= options.seconds <= 60:
        parser.error("a measurement takes 1 to 60 s")
    return options


def main(arguments):
    options = parse_arguments(arguments)
    if not options.beside_others:
        rig.wait_for_others()
    rig.enter_namespaces()
    sys.stdout.reconfigure(line_buffering=True)
    try:
        speed.need_programs(options)
        if "strace" in options.method and shutil.which("strace") is None:
            raise rig.RigError("not installed: strace (Debian's package strace)")
        speed.prepare()
        print(f"# {rig.machine()}")
        results, failed = measure(options)
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": rig.machine(), "options": vars(options),
                           "results": results}, file, indent=1)
    except (rig.RigError, OSError) as error:
        speed.say(f"bench: {error}")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
