# SPDX-License-Identifier: BSD-3-Clause
"""The servers that tools/bench speed compares, each on a device of its own in the client's
network namespace, and what of the processor they use. See README.md.

    with rig.Started() as started:
        server = started.add(servers.start("nginx", SETTINGS))
        server.url("/"), server.cpu(), server.stop()

All of them answer GET / with the same 13 octets, GET /bytes/N with N octets (nginx and
evtcpd-files: of BODY alone, which is a file) and, but for evtcpd-files, take what is sent to /sink.
"""

import collections
import http.client
import ipaddress
import json
import os
import time

import rig

EVTCPD, NGINX, PROBER, LWIP = "evtcpd", "nginx", "prober", "lwip"
EVTCPD_PLAIN, PROBER_PLAIN = "evtcpd-plain", "prober-plain"  # without offload
EVTCPD_WORKERS = "evtcpd-workers2"  # two threads
EVTCPD_FILES = "evtcpd-files"  # what it sends are nginx's files
NGINX_WORKERS = "nginx-workers2"  # two processes

HELLO = b"Hello World!\n"
BODY = 256 << 20  # octets of a download: more than the processor's caches hold

READY_SECONDS = 10

# Of what the benches of connections need more than the defaults let strangers have: a
# thousand handshakes at once, and as many connections that the client has not closed yet.
EVTCPD_LIMITS = {"half_open": 4096, "orphans": 16384, "http_drain": 1}

# What else it needs for a crowd that stays: no limit to its size, nor to its patience.
EVTCPD_CROWD_LIMITS = {"connections": 0, "http_connections": 0, "http_keepalive": 0,
                       "http_header_time": 0}

# evtcpd:  the build's, or any other; directory: for files, in memory, gone with the bench;
# crowd: how many connections will be idle beside those that are used.
Settings = collections.namedtuple("Settings", "build evtcpd evtcpd_options directory crowd")


class Server(rig.Process):
    """One of them, serving. Its CPU time is that of its process and of those it has made."""

    device = None  # of the client's namespace
    descriptors = 0  # open files that a connection needs

    def __init__(self, name, address, *command):
        self.address = address
        super().__init__(name, *command)

    def url(self, path):
        return f"http://{self.address}{path}"

    def wait_until_it_answers(self):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                return self.check()
            except (OSError, http.client.HTTPException) as error:
                if self.popen.poll() is not None:
                    raise rig.RigError(f"{self.name} ended with status {self.popen.returncode}: "
                                       f"{self.popen.stderr.read().strip()}") from None
                if time.monotonic() > deadline:
                    raise rig.RigError(f"{self.name} does not answer: {error}") from None
            time.sleep(0.02)

    def check(self):
        """What is compared must be the same."""
        connection = http.client.HTTPConnection(self.address, timeout=1)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            if (answer.status, answer.read()) != (200, HELLO):
                raise rig.RigError(f"{self.name} does not answer as the others do")
        finally:
            connection.close()

    def cpu(self):
        return cpu_of(self.popen.pid)

    def memory(self):
        """What it has of this machine's memory, in octets: "rss", and "pss", in which a page that
        some processes share counts for each in part. "counted" is what it says itself."""
        return memory_of(self.popen.pid)

    def figures(self):
        """What it tells of itself at the end; stops it."""
        self.must_run()
        self.stop()
        return {}

    def must_run(self):
        if self.popen.poll() is not None:
            raise rig.RigError(f"{self.name} ended with status {self.popen.returncode} while it "
                               f"was measured: {self.popen.stderr.read().strip()}")


class Evtcpd(Server):
    device = "evtcp0"
    pages = ""  # where they are

    def __init__(self, settings, name):
        plain = ["--no-offload"] if name == EVTCPD_PLAIN else []
        wanted = {**EVTCPD_LIMITS, **(EVTCPD_CROWD_LIMITS if settings.crowd else {})}
        limits = [f"--limit={limit}={value}" for limit, value in wanted.items()]
        super().__init__(name, "10.98.1.2", settings.evtcpd, "--quiet", "-i", self.device,
                         "-a", "10.98.1.2/24", *limits, *plain, *settings.evtcpd_options)

    def memory(self):
        found = super().memory()  # first: the page that tells the rest takes memory
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("GET", self.pages + "/connections")
            usage = json.load(connection.getresponse())["usage"]
        finally:
            connection.close()
        return {**found, "counted": usage["memory_bytes"]}


NGINX_CONF = """
daemon off;
user root root;
worker_processes {workers};
pid {directory}/nginx.pid;
error_log stderr crit;
events {{
    worker_connections {connections};
}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
    lingering_time 3600s;
    client_max_body_size 0;
    default_type text/plain;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 80 backlog=4096;
        root {directory};
        location = / {{
            return 200 "Hello World!\\n";
        }}
        location = /sink {{
            return 200 "";
        }}
    }}
}}
"""

# What a namespace of the kernel's TCP gets. Nothing of one run is remembered in the next, no
# run lacks ports because of the one before, and a burst of handshakes finds room. Buffers are
# the kernel's own defaults, which distributions and machines change.
KERNEL_SYSCTLS = {
    "net.ipv4.tcp_rmem": "4096 131072 6291456",
    "net.ipv4.tcp_wmem": "4096 16384 4194304",
    "net.ipv4.tcp_no_metrics_save": "1",
    "net.ipv4.ip_local_port_range": "1024 65535",
    "net.ipv4.tcp_tw_reuse": "1",
    "net.ipv4.tcp_max_syn_backlog": "4096",
    "net.core.somaxconn": "4096",
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
}


def set_up_kernel(*prefix):
    """In the namespace that a command with that prefix runs in."""
    for name, value in KERNEL_SYSCTLS.items():
        rig.run(*prefix, "sysctl", "-qw", f"{name}={value}")
    rig.run(*prefix, "ip", "link", "set", "lo", "up")


def use_cubic(device, address, *prefix):
    """For what the kernel sends to the network of that address. Whatever this machine's
    default is, and also where it keeps namespaces from choosing another."""
    network = str(ipaddress.ip_network(address, strict=False))
    rig.run(*prefix, "ip", "route", "replace", network, "dev", device, "scope", "link",
            "congctl", "cubic")


class Nginx(Server):
    """In a namespace of its own, at the other end of a veth pair."""

    device = "client0"
    descriptors = 1

    def __init__(self, settings, name):
        directory = write_files(settings)
        conf = os.path.join(directory, "nginx.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(NGINX_CONF.format(directory=directory,
                                         workers=2 if name == NGINX_WORKERS else 1,
                                         connections=16384 + settings.crowd))
        super().__init__(name, "10.98.2.2", "unshare", "--net", "nginx", "-e", "stderr",
                         "-p", directory, "-c", conf)
        try:
            self.connect()
        except rig.RigError:
            self.stop()
            raise

    def connect(self):
        self.wait_for_namespace()
        pid = str(self.popen.pid)
        inside = ("nsenter", f"--net=/proc/{pid}/ns/net")
        rig.run("ip", "link", "add", self.device, "type", "veth", "peer", "name", "server0",
                "netns", pid)
        set_up_kernel(*inside)
        rig.run(*inside, "ip", "address", "add", "10.98.2.2/24", "dev", "server0")
        rig.run(*inside, "ip", "link", "set", "server0", "up")
        rig.run("ip", "address", "add", "10.98.2.1/24", "dev", self.device)
        rig.run("ip", "link", "set", self.device, "up")
        use_cubic("server0", "10.98.2.2/24", *inside)

    def wait_for_namespace(self):
        ours, deadline = os.readlink("/proc/self/ns/net"), time.monotonic() + READY_SECONDS
        while self.popen.poll() is None and time.monotonic() < deadline:
            if os.readlink(f"/proc/{self.popen.pid}/ns/net") != ours:
                return
            time.sleep(0.005)
        raise rig.RigError("nginx gets no namespace: " + self.popen.stderr.read().strip())

    def stop(self):
        """The kernel deletes the pair with the namespace, some time after the last process."""
        super().stop()
        deadline = time.monotonic() + READY_SECONDS
        while os.path.exists(f"/proc/sys/net/ipv4/conf/{self.device}"):
            if time.monotonic() > deadline:
                raise rig.RigError(f"{self.device} does not go away")
            time.sleep(0.005)


def write_files(settings):
    """What is downloaded, if it is not there yet. Its directory, which a server may write to."""
    directory = os.path.join(settings.directory, "files")
    body = os.path.join(directory, "bytes", str(BODY))
    os.makedirs(os.path.dirname(body), exist_ok=True)
    with open(os.path.join(directory, "index.html"), "wb") as file:
        file.write(HELLO)
    if not os.path.exists(body):
        with open(body, "wb") as file:
            for _ in range(BODY >> 20):
                file.write(os.urandom(1 << 20))
    return directory


class OnTun(Server):
    """A program of ours that makes its TUN, says "ready", leaves it to us to give the client its
    address, and tells its figures when it ends."""

    client = None

    def __init__(self, name, address, *command):
        super().__init__(name, address, *command)
        try:
            self.line()
            rig.run("ip", "address", "add", self.client + "/24", "dev", self.device)
            rig.run("ip", "link", "set", self.device, "txqueuelen", "10000", "up")
        except rig.RigError:
            self.stop()
            raise

    def figures(self):
        self.must_run()
        self.popen.terminate()
        told = self.json()
        self.stop()
        return told


class Prober(OnTun):
    device, client = "probe0", "10.98.3.1"

    def __init__(self, settings, name):
        plain = ["plain"] if name == PROBER_PLAIN else []
        super().__init__(name, "10.98.3.2", f"{settings.build}/tests/bench/prober", self.device,
                         "10.98.3.2", self.client, *plain)


class Lwip(OnTun):
    device, client = "lwip0", "10.98.4.1"

    def __init__(self, settings, name):
        super().__init__(name, "10.98.4.2", f"{settings.build}/tests/bench/lwip_server",
                         self.device, "10.98.4.2", self.client)


class EvtcpdWorkers(Evtcpd):
    def __init__(self, settings, name):
        options = ["--workers=2", *settings.evtcpd_options]
        super().__init__(settings._replace(evtcpd_options=options), name)


class EvtcpdFiles(Evtcpd):
    pages = "/_"

    def __init__(self, settings, name):
        options = ["--root", write_files(settings), *settings.evtcpd_options]
        super().__init__(settings._replace(evtcpd_options=options), name)


CLASSES = {EVTCPD: Evtcpd, NGINX: Nginx, PROBER: Prober, LWIP: Lwip, EVTCPD_PLAIN: Evtcpd,
           PROBER_PLAIN: Prober, EVTCPD_WORKERS: EvtcpdWorkers, NGINX_WORKERS: Nginx,
           EVTCPD_FILES: EvtcpdFiles}


def start(name, settings):
    """The server of that name, which answers."""
    server = CLASSES[name](settings, name)
    try:
        server.wait_until_it_answers()
        use_cubic(server.device, server.address + "/24")
    except rig.RigError:
        server.stop()
        raise
    return server


# ---- memory ----------------------------------------------------------------------


def memory_of(pid):
    """Of this process and all that it has made, in octets."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        fields = dict(line.split()[:2] for line in file.read().splitlines()[1:])
    total = {"rss": int(fields["Rss:"]) << 10, "pss": int(fields["Pss:"]) << 10}
    for child in children_of(pid):
        for name, value in memory_of(child).items():
            total[name] += value
    return total


def children_of(pid):
    children = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            children += file.read().split()
    return children


def kernel_memory():
    """What the kernel has of this machine's memory for its own objects, the sockets of both ends
    among them, in octets."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("Slab:"))


# ---- processors ------------------------------------------------------------------

# us: in all; user_us: of that not in the kernel; waited_us: was ready, and another had the
# processor.
Cpu = collections.namedtuple("Cpu", "us user_us waited_us")

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")


def cpu_between(before, after):
    return Cpu(*(b - a for a, b in zip(before, after)))


def cpu_of(*pids):
    """Of these processes and all that they have made, every thread."""
    total = Cpu(0, 0, 0)
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        total = add(total, Cpu(0, int(fields[11]) * TICK_US, 0))
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                ran, waited, _ = (int(field) for field in file.read().split())
            total = add(total, Cpu(ran / 1e3, 0, waited / 1e3))
        total = add(total, cpu_of(*children_of(pid)))
    return total


def add(a, b):
    return Cpu(*(x + y for x, y in zip(a, b)))


def machine_cpu():
    """Of the whole machine, interrupts and what runs in their wake included. A Cpu, whose
    waited_us is what the machine below, if there is one, has kept for itself."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, steal = \
            (int(field) * TICK_US for field in file.readline().split()[1:9])
    return Cpu(user + nice + system + irq + softirq, user + nice, steal)
