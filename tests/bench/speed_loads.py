# SPDX-License-Identifier: BSD-3-Clause
"""The loads that tools/bench speed puts on a server: programs that others trust, and the
figures they tell. See README.md.

    found = loads.LOADS["requests64"].run(server, SECONDS, DIRECTORY)

found is a dictionary: "count" of octets, requests or connections, in how many "seconds";
"server", "client", "machine" and "bench", the Cpu that they have used in "window_seconds";
"p50_ms" and "p99_ms" of what has a latency; "flows", the octets of each transfer; "errors", how
much failed.
"""

import os
import re
import resource
import subprocess
import time

import rig
import speed_servers as servers

WARM_UP_SECONDS = 0.3    # of a transfer, before it counts
LATE_SECONDS = 10        # after which a load that should be over is not waited for
UPLOAD = 1 << 40         # octets of the file that is sent, all of them holes: it never ends


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


class Transfer:
    """Some curls, each a flow. What counts is what curl has written to /dev/null, or read from
    its file, in a window of time, as the kernel counts it for each process."""

    unit, program = "octets", "curl"

    def __init__(self, flows, counter, *options):
        self.flows, self.counter, self.options = flows, counter, options
        self.about = f"{flows} curl{'s' if flows > 1 else ''}"

    def command(self, server, directory):
        raise NotImplementedError

    def octets(self, curls):
        found = []
        for curl in curls:
            with open(f"/proc/{curl.pid}/io", encoding="ascii") as file:
                found.append(int(re.search(rf"^{self.counter}: (\d+)$", file.read(), re.M)[1]))
        return found

    def run(self, server, seconds, directory):
        curls = []
        try:
            for _ in range(self.flows):
                curls.append(subprocess.Popen(
                    ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null",
                     *self.command(server, directory)],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE, text=True))
            time.sleep(WARM_UP_SECONDS)
            return self.watch(server, curls, seconds)
        finally:
            for curl in curls:
                curl.kill()
                curl.communicate()

    def watch(self, server, curls, seconds):
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

    def command(self, server, directory):
        return [server.url(f"/bytes/{servers.BODY}?[1-1000000]")]


class Upload(Transfer):
    def __init__(self, flows):
        super().__init__(flows, "rchar")
        self.about += ", POST /sink"

    def command(self, server, directory):
        path = os.path.join(directory, "upload")
        with open(path, "wb") as file:
            file.truncate(UPLOAD)
        return ["--request", "POST", "--header", "Expect:", "--upload-file", path,
                server.url("/sink")]


class Asker:
    """A program that asks for as long as it is told to (whole seconds), and then tells how it
    went."""

    def command(self, server, seconds, directory):
        raise NotImplementedError

    def parse(self, text, directory):
        raise NotImplementedError

    def run(self, server, seconds, directory):
        window = Window(server)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = self.command(server, seconds, directory)
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
        return {**found, **self.parse(done.stdout, directory)}


class Requests(Asker):
    unit, program = "requests", "wrk"

    def __init__(self, connections):
        self.connections = connections
        self.about = f"wrk -t1 -c{connections}, GET / on connections that stay"

    def command(self, server, seconds, directory):
        return ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--latency",
                server.url("/")]

    def parse(self, text, directory):
        return parse_wrk(text)


class Connections(Asker):
    unit, program = "connections", "ab"

    def __init__(self, at_once):
        self.at_once = at_once
        self.about = f"ab -c{at_once}, a connection for each GET /"

    def command(self, server, seconds, directory):
        return ["ab", "-q", "-r", f"-c{self.at_once}", "-t", str(seconds),
                "-n", "10000000", "-e", os.path.join(directory, "ab.csv"), server.url("/")]

    def parse(self, text, directory):
        with open(os.path.join(directory, "ab.csv"), encoding="ascii") as file:
            return parse_ab(text, file.read())


LOADS = {
    "bulk1": Download(1),
    "bulk8": Download(8),
    "upload": Upload(1),
    "requests1": Requests(1),
    "requests64": Requests(64),
    "requests1000": Requests(1000),
    "connect": Connections(64),
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
