# SPDX-License-Identifier: BSD-3-Clause
"""The loads that tools/bench speed puts on a server: programs that others trust, and the
figures they tell. See README.md.

    found = loads.LOADS["requests64"].run(server, SECONDS, SETTINGS)

found is a dictionary: "count" of octets, requests or connections, in how many "seconds";
"server", "client", "machine" and "bench", the Cpu that they have used in "window_seconds";
"p50_ms", "p99_ms" and "p999_ms" of what has a latency; "flows", the octets of each transfer;
"kept", the part of its rate that a load keeps beside another; "rss_bytes" and the like, what an
idle connection costs; "errors", how much failed.

    loads.LOADS["idle10000"].obstacle("prober")

says why a load cannot be put on a server, if that is so.
"""

import ipaddress
import json
import math
import os
import re
import resource
import subprocess
import time

import rig
import speed_servers as servers

WARM_UP_SECONDS = 0.3    # of a transfer, before it counts
LATE_SECONDS = 10        # after which a load that should be over is not waited for
REST_SECONDS = 9         # after which a server has looked whether a connection that is idle has all
LWIP_CROWD = 20000       # connections that it gets together in a minute
MIXED_TURNS = 2          # alone, beside, alone, beside
UPLOAD = 1 << 40         # octets of the file that is sent, all of them holes: it never ends


class Load:
    """crowd: how many idle connections it needs beside those that it uses."""

    unit, program, crowd = None, None, 0

    def obstacle(self, server_name):
        """None if there is none."""
        return None


class Window:
    """What of the processors is used from now on until it ends."""

    def __init__(self, server, clients=()):
        self.server, self.clients = server, clients
        self.began, self.before = time.monotonic(), self.sample()

    def sample(self):
        own = os.times()
        return {"server": self.server.cpu(), "client": servers.cpu_of(*self.clients),
                "bench": servers.Cpu((own.user + own.system) * 1e6, own.user * 1e6, 0),
                "machine": servers.machine_cpu()}

    def end(self):
        after = self.sample()
        return {"window_seconds": time.monotonic() - self.began,
                **{name: servers.cpu_between(self.before[name], after[name]) for name in after}}


class Transfer(Load):
    """Some curls, each a flow. What counts is what curl has written to /dev/null, or read from
    its file, in a window of time, as the kernel counts it for each process."""

    unit, program = "octets", "curl"

    def __init__(self, flows, counter, *options):
        self.flows, self.counter, self.options = flows, counter, options
        self.about = f"{flows} curl{'s' if flows > 1 else ''}"

    def command(self, server, settings):
        raise NotImplementedError

    def octets(self, curls):
        found = []
        for curl in curls:
            with open(f"/proc/{curl.pid}/io", encoding="ascii") as file:
                found.append(int(re.search(rf"^{self.counter}: (\d+)$", file.read(), re.M)[1]))
        return found

    def run(self, server, seconds, settings):
        curls = []
        try:
            for _ in range(self.flows):
                curls.append(subprocess.Popen(
                    ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null",
                     *self.command(server, settings)],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE, text=True))
            time.sleep(WARM_UP_SECONDS)
            return self.watch(server, curls, seconds, settings)
        finally:
            for curl in curls:
                curl.kill()
                curl.communicate()

    def watch(self, server, curls, seconds, settings):
        must_run(curls)
        before, window = self.octets(curls), Window(server, [curl.pid for curl in curls])
        time.sleep(seconds)
        must_run(curls)
        after, found = self.octets(curls), window.end()
        flows = [b - a for a, b in zip(before, after)]
        return {**found, "seconds": found["window_seconds"], "count": sum(flows), "flows": flows,
                "errors": 0}


def must_run(curls):
    for curl in curls:
        if curl.poll() is not None:
            raise rig.RigError(f"curl ended with status {curl.returncode}: "
                               f"{curl.stderr.read().strip()}")


class Download(Transfer):
    """The same body again and again, on one connection."""

    def __init__(self, flows):
        super().__init__(flows, "wchar")
        self.about += f", GET /bytes/{servers.BODY}"

    def command(self, server, settings):
        return [server.url(f"/bytes/{servers.BODY}?[1-1000000]")]


class Mixed(Download):
    """One download, half of the time alone and half of it with a small request beside it every
    so often, in turn. What counts is the time beside."""

    def __init__(self, interval_ms):
        super().__init__(1)
        self.interval_ms = interval_ms
        self.about += f", and beside it GET / every {interval_ms} ms on a connection that stays"

    def watch(self, server, curls, seconds, settings):
        alone, beside, took = [], [], []
        for _ in range(MIXED_TURNS):
            alone.append(super().watch(server, curls, seconds / MIXED_TURNS, settings))
            with rig.Started() as started:
                ticker = started.add(rig.Process(
                    "ticker", f"{settings.build}/tests/bench/ticker", server.address,
                    str(self.interval_ms * 1000), str(seconds / MIXED_TURNS)))
                beside.append(super().watch(server, curls, seconds / MIXED_TURNS, settings))
                took += ticker.json()["took_us"]
        found, lonely = together(beside), together(alone)
        return {**found, "took_us": took, "alone": lonely["count"],
                "kept": found["count"] / found["seconds"] / lonely["count"] * lonely["seconds"],
                **{name: percentile(took, percent) / 1e3 for name, percent in
                   (("p50_ms", 50), ("p99_ms", 99), ("p999_ms", 99.9))}}


def together(windows):
    """Of some windows of the same processes, as if they were one."""
    added = {name: sum(window[name] for window in windows)
             for name in ("window_seconds", "seconds", "count", "errors")}
    return {**added, "flows": [sum(flow) for flow in zip(*(w["flows"] for w in windows))],
            **{name: servers.Cpu(*(sum(of) for of in zip(*(w[name] for w in windows))))
               for name in ("server", "client", "bench", "machine")}}


def percentile(values, percent):
    """The least value that so many percent of them do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]


class Upload(Transfer):
    def __init__(self, flows):
        super().__init__(flows, "rchar")
        self.about += ", POST /sink"

    def command(self, server, settings):
        path = os.path.join(settings.directory, "upload")
        with open(path, "wb") as file:
            file.truncate(UPLOAD)
        return ["--request", "POST", "--header", "Expect:", "--upload-file", path,
                server.url("/sink")]


class Asker(Load):
    """A program that asks for as long as it is told to (whole seconds), and then tells how it
    went."""

    def command(self, server, seconds, settings):
        raise NotImplementedError

    def parse(self, text, settings):
        raise NotImplementedError

    def run(self, server, seconds, settings):
        window = Window(server)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = self.command(server, seconds, settings)
        try:
            done = subprocess.run(command, check=False, text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=seconds + LATE_SECONDS)
        except subprocess.TimeoutExpired:
            raise rig.RigError(f"{' '.join(command)} does not end") from None
        found = window.end()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise rig.RigError(f"{' '.join(command)}: {done.stdout.strip()}")
        user = (after.ru_utime - before.ru_utime) * 1e6
        system = (after.ru_stime - before.ru_stime) * 1e6
        found["client"] = servers.Cpu(user + system, user, 0)
        return {**found, **self.parse(done.stdout, settings)}


class Requests(Asker):
    unit, program = "requests", "wrk"

    def __init__(self, connections):
        self.connections = connections
        self.about = f"wrk -t1 -c{connections}, GET / on connections that stay"

    def command(self, server, seconds, settings):
        return ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--latency",
                server.url("/")]

    def parse(self, text, settings):
        return parse_wrk(text)


class Idle(Requests):
    """Requests as usual; then a crowd comes, asks once each and stays, and requests as usual
    beside it. What counts is the time beside it."""

    def __init__(self, crowd):
        super().__init__(64)
        self.crowd = crowd
        self.about += f", beside {crowd} that are idle"

    def obstacle(self, server_name):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if server_name in (servers.PROBER, servers.PROBER_PLAIN):
            return "it holds nothing for a connection, and knows one client's address"
        if (most != resource.RLIM_INFINITY and
                self.crowd * servers.CLASSES[server_name].descriptors + 200 > most):
            return f"it needs an open file for each connection, and {most} are permitted (ulimit -n)"
        if server_name == servers.LWIP and self.crowd > LWIP_CROWD:
            return "it walks a list of all connections for each that is new: a minute is too short"
        return None

    def run(self, server, seconds, settings):
        memory = server.memory()
        without = super().run(server, seconds, settings)
        kernel = servers.kernel_memory()
        with Crowd(server, self.crowd, settings.build) as crowd:
            time.sleep(crowd.opened_ms / 1e3 + REST_SECONDS)
            cost = {f"{name}_bytes": (value - memory[name]) / self.crowd
                    for name, value in server.memory().items()}
            cost["kernel_bytes"] = (servers.kernel_memory() - kernel) / self.crowd
            found = super().run(server, seconds, settings)
            lost = crowd.end()
        return {**found, **cost, "errors": found["errors"] + without["errors"] + lost,
                "opened_ms": crowd.opened_ms, "without": without,
                "kept": (found["count"] / found["seconds"] /
                         without["count"] * without["seconds"])}


class Crowd:
    """Connections that were answered once, held by as many processes as it takes where each may
    have a few open files only."""

    SPARE = 200          # descriptors that a process needs beside
    PER_SOURCE = 20000   # connections of one address of the client
    AT_A_TIME = 100      # that wait for an answer

    def __init__(self, server, number, build):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        each = number if most == resource.RLIM_INFINITY else most - self.SPARE
        each = min(each, self.PER_SOURCE)
        self.sizes = [min(each, number - begin) for begin in range(0, number, each)]
        self.server, self.build, self.processes, self.opened_ms = server, build, [], 0

    def __enter__(self):
        try:
            for i, size in enumerate(self.sizes):
                self.processes.append(self.start(i, size))
            for process, size in zip(self.processes, self.sizes):
                self.take(process, rf"answered {size} failed 0 slowest (\d+) ms")
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, i, size):
        source = str(ipaddress.ip_address(self.server.address) + 100 + i)
        rig.run("ip", "address", "replace", source + "/24", "dev", self.server.device)
        return subprocess.Popen(
            [f"{self.build}/tests/bench/many_connections", "-h", "-w",
             str(max(self.AT_A_TIME // len(self.sizes), 1)), "-s", source, self.server.address,
             "80", str(size)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def take(self, process, wanted):
        line = process.stdout.readline()
        said = re.fullmatch(wanted + "\n", line)
        if not said:
            process.kill()
            raise rig.RigError("a crowd does not come together: " +
                               (line + process.stdout.read()).strip())
        self.opened_ms = max(self.opened_ms, int(said[1]))

    def end(self):
        """How many connections have not lasted."""
        return sum(int(re.search(r"^held \d+ lost (\d+)$", process.communicate()[0], re.M)[1])
                   for process in self.processes)

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.communicate()


class Connections(Asker):
    unit, program = "connections", "ab"

    def __init__(self, at_once):
        self.at_once = at_once
        self.about = f"ab -c{at_once}, a connection for each GET /"

    def command(self, server, seconds, settings):
        return ["ab", "-q", "-r", f"-c{self.at_once}", "-t", str(seconds),
                "-n", "10000000", "-e", os.path.join(settings.directory, "ab.csv"), server.url("/")]

    def parse(self, text, settings):
        with open(os.path.join(settings.directory, "ab.csv"), encoding="ascii") as file:
            return parse_ab(text, file.read())


LOADS = {
    "bulk1": Download(1),
    "bulk8": Download(8),
    "upload": Upload(1),
    "requests1": Requests(1),
    "requests64": Requests(64),
    "requests1000": Requests(1000),
    "connect": Connections(64),
    "mixed": Mixed(10),
    "idle10000": Idle(10000),
    "idle100000": Idle(100000),
}

# ---- what the programs say ----------------------------------------------------------

WRK_UNITS_MS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4, "h": 3.6e6}


def parse_wrk(text):
    """Of "wrk --latency"."""
    try:
        count, seconds, unit = re.search(
            r"^ *(\d+) requests in ([\d.]+)(us|ms|s|m|h)\b", text, re.M).groups()
        latency = {percent: float(value) * WRK_UNITS_MS[unit] for percent, value, unit in
                   re.findall(r"^ +(\d+)% +([\d.]+)(us|ms|s|m|h)$", text, re.M)}
        errors = [int(number) for line in
                  re.findall(r"^ *(?:Socket errors|Non-2xx or 3xx responses):.*$", text, re.M)
                  for number in re.findall(r"\b\d+\b", line.replace("Non-2xx or 3xx", ""))]
        return {"count": int(count), "seconds": float(seconds) * WRK_UNITS_MS[unit] / 1e3,
                "p50_ms": latency["50"], "p99_ms": latency["99"], "errors": sum(errors)}
    except (AttributeError, KeyError):
        raise rig.RigError(f"wrk says what is not understood:\n{text}") from None


def parse_ab(text, csv):
    """Of "ab -e FILE": what it printed, and the file: a line for each percent, and ms."""
    try:
        count, failed, seconds = (float(re.search(rf"^{name}: +([\d.]+)", text, re.M)[1]) for name
                                  in ("Complete requests", "Failed requests",
                                      "Time taken for tests"))
        latency = dict(re.findall(r"^(\d+),([\d.]+)$", csv, re.M))
        return {"count": int(count), "seconds": seconds, "p50_ms": float(latency["50"]),
                "p99_ms": float(latency["99"]), "errors": int(failed)}
    except (TypeError, KeyError):
        raise rig.RigError(f"ab says what is not understood:\n{text}") from None
