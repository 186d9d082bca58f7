# SPDX-License-Identifier: BSD-3-Clause
"""Two network namespaces with an emulated path between them, servers on one side and
downloads on the other: what every measurement over a bad link stands on. See README.md.

    rig.enter_namespaces()                      first of all: does not return the first time
    figures = rig.Rig(BUILD).measure(SPEC, [rig.KERNEL, rig.EVTCP], "cubic", SECONDS)

Whoever uses it sits in the server's namespace; all that was started ends with it.
"""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

KERNEL, EVTCP = "kernel", "evtcp"
TWIN = "twin"  # the kernel once more, for what two of its own flows do to each other

CLIENT = "10.99.0.1"
BEYOND = "10.99.1.0/24"  # evtcpd's own TUN, to which the server's kernel forwards
ADDRESS = {KERNEL: "10.99.0.2", TWIN: "10.99.0.2", EVTCP: "10.99.1.2"}
PORT = {KERNEL: 80, TWIN: 81, EVTCP: 80}

# Both namespaces get these. Nothing of one run is remembered in the next, no buffer is what
# limits it, and nobody speaks IPv6, whose first words would be packets that the seed counts.
BUFFER_MAX = 32 << 20  # bytes
SYSCTLS = {
    "net.ipv4.tcp_no_metrics_save": "1",
    "net.ipv4.tcp_rmem": f"4096 8388608 {BUFFER_MAX}",
    "net.ipv4.tcp_wmem": f"4096 1048576 {BUFFER_MAX}",
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
}

# evtcpd tells its figures so long before a download ends: after that the connection is gone.
SNAPSHOT_SECONDS = 0.2


class RigError(Exception):
    """A measurement could not be made; the text says why."""


class NoSuchCongestionControl(RigError):
    """A side does not know the congestion control that was asked for."""


def wait_for_others():
    """Two at a time would measure each other: waits until no other bench runs on this machine
    (or, to be exact, in this network namespace), and keeps others waiting from then on. The
    name is the kernel's, and gone with the last process that has it."""
    if os.environ.get("EVTCP_BENCH_INSIDE"):
        return
    name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    has_said = False
    while True:
        try:
            name.bind("\0evtcp-bench")
            break
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        if not has_said:
            print("bench: waiting for another bench on this machine", file=sys.stderr)
        has_said = True
        time.sleep(1)
    name.detach()  # not closed before this process ends


def machine():
    """What it was measured on, as a line."""
    system = os.uname()
    return (f"{system.sysname} {system.release} {system.machine}, {os.cpu_count()} processors,"
            f" load {os.getloadavg()[0]:.1f}")


def enter_namespaces():
    """Runs this program again in namespaces of its own (processes, network, mounts; as an
    ordinary user of users, too): nothing of it is seen outside, and all of it ends with it,
    or with this process, which waits for it and ends as it did."""
    if os.environ.get("EVTCP_BENCH_INSIDE"):
        return
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    environment = {**os.environ, "EVTCP_BENCH_INSIDE": "1",
                   "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    for program in ("unshare", "nsenter", "ip", "sysctl"):
        if shutil.which(program, path=environment["PATH"]) is None:
            sys.exit(f"bench: {program} is not installed")
    inside = subprocess.Popen(command + [sys.executable, "-B"] + sys.argv, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: inside.kill())  # unshare itself ignores it
    signal.signal(signal.SIGINT, signal.SIG_IGN)             # Ctrl-C reaches both
    status = inside.wait()
    sys.exit(status if status >= 0 else 128 - status)


def run(*command):
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RigError(f"{' '.join(command)}: {done.stdout.strip()}")


class Process:
    """A program that says on stdout when it is ready and what it found out."""

    def __init__(self, name, *command):
        self.name = name
        self.popen = subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def line(self):
        """The next line of stdout. Ends when the process does."""
        line = self.popen.stdout.readline()
        if not line:
            raise RigError(self.popen.stderr.read().strip() or
                           f"{self.name} ended with status {self.popen.wait()}")
        return line

    def json(self):
        return json.loads(self.line())

    def cpu(self):
        """How long it has run and how long it had to wait for a processor, in ms."""
        with open(f"/proc/{self.popen.pid}/schedstat", encoding="ascii") as file:
            ran, waited, _ = file.read().split()
        return {"ran_ms": int(ran) / 1e6, "waited_ms": int(waited) / 1e6}

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.popen.stdout.close()
        self.popen.stderr.close()


class KernelServer(Process):
    """The kernel's TCP. Its figures come when the download has ended."""

    def __init__(self, build, cc, port):
        super().__init__("kernel_server", f"{build}/tests/bench/kernel_server", str(port), cc)
        try:
            self.line()
        except RigError as error:
            self.stop()
            raise (NoSuchCongestionControl(str(error)) if self.popen.returncode == 3 else error)

    def snapshot(self):
        pass

    def figures(self):
        return self.json()


class EvtcpServer(Process):
    """evtcpd on a TUN of its own, and the way there. Asked for its figures by HTTP, not over
    the path."""

    def __init__(self, build, cc, options):
        self.snapshot_ = {}
        super().__init__("evtcpd", f"{build}/src/evtcpd/evtcpd", "-i", "evtcp0", "--no-offload",
                         "-a", ADDRESS[EVTCP] + "/24", "--cc", cc,
                         "--limit", f"send_buffer_max={BUFFER_MAX}", *options)
        said = ""
        while "serving http://" not in said:
            line = self.popen.stderr.readline()
            said += line
            if not line:
                self.stop()
                raise (NoSuchCongestionControl if "--cc" in said else RigError)(said.strip())

    def snapshot(self):
        with socket.create_connection((ADDRESS[EVTCP], PORT[EVTCP]), 2) as connection:
            connection.sendall(b"GET /connections HTTP/1.1\r\nHost: evtcpd\r\n"
                               b"Connection: close\r\n\r\n")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        said = json.loads(answer.split(b"\r\n\r\n", 1)[1])
        self.snapshot_ = next(c for c in said["connections"] if c["remote"].startswith(CLIENT))
        self.snapshot_["counters"] = said["counters"]

    def figures(self):
        """As they were at the last snapshot; and it must end in order."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        said, status = self.popen.stderr.read().strip(), self.popen.wait(10)
        if status != 0:
            raise RigError(f"evtcpd ended with status {status}: {said}")
        return self.snapshot_


def run_before_others():
    """Whatever is started from here on gets a processor before everything else on this
    machine: what else it computes must not make the path or an end of it late. False if that
    is not permitted."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return False
    return True


class Rig:
    """The server's namespace, and how to measure from it."""

    def __init__(self, build, evtcpd_options=()):
        self.build, self.evtcpd_options = build, evtcpd_options
        self.is_before_others = run_before_others()
        for name, value in {**SYSCTLS, "net.ipv4.ip_forward": "1"}.items():
            run("sysctl", "-qw", f"{name}={value}")
        run("ip", "link", "set", "lo", "up")

    def server(self, side, cc):
        if side == EVTCP:
            return EvtcpServer(self.build, cc, self.evtcpd_options)
        return KernelServer(self.build, cc, PORT[side])

    def path(self, spec, pcap=None):
        path = Process("emulated_path", f"{self.build}/tests/bench/emulated_path",
                       "--client", CLIENT + "/24", "--server", ADDRESS[KERNEL] + "/24",
                       "--impair", spec, *(["--pcap", pcap] if pcap else []))
        path.line()
        for name, value in SYSCTLS.items():
            run(*self.in_client(path, "sysctl", "-qw", f"{name}={value}"))
        run(*self.in_client(path, "ip", "route", "add", BEYOND, "dev", "path0"))
        return path

    @staticmethod
    def in_client(path, *command):
        return ("nsenter", f"--net=/proc/{path.popen.pid}/ns/net", *command)

    def client_counters(self, path):
        """What the client's kernel has counted of TCP since the path is there (TcpExt in
        /proc/net/netstat), where it is not 0."""
        text = subprocess.run(self.in_client(path, "cat", "/proc/net/netstat"), check=True,
                              text=True, stdout=subprocess.PIPE).stdout.split("\n")
        names, values = (line.split()[1:] for line in text if line.startswith("TcpExt:"))
        return {name: int(value) for name, value in zip(names, values) if value != "0"}

    def measure(self, spec, sides, cc, seconds, pcap=None):
        """One download from each of the sides, all at once over the same path. A dictionary:
        "path" as emulated_path tells it, "client_counters", and for each side "client",
        "server" and what the path saw of it, "flow"."""
        with Started() as started:
            path = started.add(self.path(spec, pcap))
            servers = {side: started.add(self.server(side, cc)) for side in sides}
            clients = {side: started.add(Process("bulk_client", *self.in_client(
                path, f"{self.build}/tests/bench/bulk_client", ADDRESS[side], str(PORT[side]),
                str(seconds)))) for side in sides}
            time.sleep(seconds - SNAPSHOT_SECONDS)
            cpu = {process.name: process.cpu()
                   for process in [path, *servers.values(), *clients.values()]}
            for server in servers.values():
                server.snapshot()
            result = {side: {"client": clients[side].json(), "server": servers[side].figures()}
                      for side in sides}
            result["client_counters"] = self.client_counters(path)
            path.popen.send_signal(signal.SIGTERM)
            result["path"] = path.json()
        for flow in result["path"].pop("flows"):
            for side in sides:
                if flow["server"] == f"{ADDRESS[side]}:{PORT[side]}":
                    result[side]["flow"] = flow
        result["cpu"], result["load"] = cpu, os.getloadavg()[0]
        return result


class Started:
    """Processes that are stopped at the end, whatever happens, the last one first."""

    def __init__(self):
        self.processes = []

    def add(self, process):
        self.processes.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
