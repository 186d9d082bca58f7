# SPDX-License-Identifier: BSD-3-Clause
"""From what callgrind or perf have seen to rooms: where instructions, or samples, were spent, by
the source file that each belongs to. What the compiler has inlined counts for the file that it
was written in, and for the function that it has become part of.

    costs = parse_callgrind(text, PROGRAM)      Costs
    costs = parse_perf_script(text, resolve)    Costs

A cost is (room, function): so many. Rooms are those of src/, "bench" for what tests/bench has of
its own, libraries by their names, and "kernel".
"""

import collections
import os
import re
import subprocess

Cost = collections.namedtuple("Cost", "room function cost")

# In the order in which tables have them; what is not here comes behind.
ROOMS = ["util", "wire", "ip", "tcp", "trace", "link", "faults", "stack", "http", "evtcpd",
         "bench", "llhttp", "libevent", "libsodium", "libc", "kernel"]

# A source file by how its path ends: a build names it from its own directory.
OURS = re.compile(r"(?:^|/)src/(%s)/[^/]+$" % "|".join(ROOMS[:ROOMS.index("bench")]))
BENCH = re.compile(r"(?:^|/)tests/bench/[^/]+$")
LLHTTP = re.compile(r"(?:^|/)llhttp[^/]*/[^/]+$")

# A shared object by its file's name.
OBJECTS = [(re.compile(r"^libevent"), "libevent"), (re.compile(r"^libsodium"), "libsodium"),
           (re.compile(r"^(libc|libm|libpthread|ld-linux)[.-]"), "libc"),
           (re.compile(r"^\[(kernel|guest\.kernel|vdso)"), "kernel"), (re.compile(r"\.ko"), "kernel")]


def room_of_file(path):
    """The room of a source file; None if it is nobody's: a header of the system, "???"."""
    match = OURS.search(path)
    if match:
        return match.group(1)
    if BENCH.search(path):
        return "bench"
    return "llhttp" if LLHTTP.search(path) else None


def room_of_object(path):
    """The room of a library or the kernel; "?" of a program, which has many."""
    name = os.path.basename(path)
    for pattern, room in OBJECTS:
        if pattern.search(name):
            return room
    return name if name.startswith("[") or ".so" in name else "?"


def by_room(costs):
    """room: sum, in the order of ROOMS."""
    sums = collections.Counter()
    for cost in costs:
        sums[cost.room] += cost.cost
    return {room: sums[room] for room in sorted(sums, key=lambda room: (
        ROOMS.index(room) if room in ROOMS else len(ROOMS), room))}


def top(costs, room, n):
    """The n functions of a room that cost most: (function, sum)."""
    sums = collections.Counter()
    for cost in costs:
        if cost.room == room:
            sums[cost.function] += cost.cost
    return sums.most_common(n)


# ---- callgrind -----------------------------------------------------------------

SPEC = re.compile(r"^(c?)(ob|fl|fi|fe|fn)=(?:\((\d+)\))?\s*(.*)$")
CALL = re.compile(r"^calls=")
COST = re.compile(r"^[+\-*0-9]\S*\s+(\d+)")


class Callgrind:
    """Reads the file format of callgrind, of which self costs are what we need: a line after
    "calls=" is what the callee has cost, and skipped."""

    def __init__(self):
        self.names = {"ob": {}, "fl": {}, "fn": {}}
        self.at = {"ob": "", "fl": "", "fn": ""}
        self.line_file = ""  # of the lines that follow: another one where something was inlined
        self.skip = False
        self.sums = collections.Counter()

    def read(self, text):
        for line in text.split("\n"):
            spec = SPEC.match(line)
            if spec:
                self.turn(*spec.groups())
            elif CALL.match(line):
                self.skip = True
            else:
                self.count(line)
        return [Cost(*key, cost) for key, cost in self.sums.items()]

    def turn(self, called, kind, number, name):
        """A name, which its number stands for from then on. That of a callee (cfn=) is only to
        be known."""
        table = "fl" if kind in ("fi", "fe") else kind
        if number:
            name = self.names[table].setdefault(number, name) if name else \
                self.names[table].get(number, "")
        if called:
            return
        if kind in ("fi", "fe"):
            self.line_file = name
            return
        self.at[kind] = name
        if kind == "fl":
            self.line_file = name

    def count(self, line):
        match = COST.match(line)
        if not match:
            return
        if self.skip:
            self.skip = False
            return
        room = (room_of_file(self.line_file) or room_of_file(self.at["fl"])
                or room_of_object(self.at["ob"]))
        self.sums[room, self.at["fn"]] += int(match.group(1))


def parse_callgrind(text):
    return Callgrind().read(text)


# ---- perf -----------------------------------------------------------------------

# A frame of "perf script -F ip,sym,symoff,dso": "   5555 function+0x12 (/path/of/object)"
FRAME = re.compile(r"^\s*[0-9a-f]+ (.+?)(?:\+0x([0-9a-f]+))? \((.*)\)$")


def parse_perf_script(text, resolve):
    """resolve(object, [(symbol, offset)]) tells the source file of each, or "" """
    samples = collections.Counter()
    for line in text.split("\n"):
        match = FRAME.match(line)
        if match:
            symbol, offset, dso = match.groups()
            samples[dso, symbol, int(offset or "0", 16)] += 1
    places = collections.defaultdict(list)
    for dso, symbol, offset in samples:
        places[dso].append((symbol, offset))
    files = {(dso, *place): path for dso in places
             for place, path in zip(places[dso], resolve(dso, places[dso]))}
    sums = collections.Counter()
    for key, count in samples.items():
        sums[room_of_file(files[key]) or room_of_object(key[0]), key[1]] += count
    return [Cost(*key, cost) for key, cost in sums.items()]


def resolve_by_addr2line(dso, places):
    """The source file of each place, by the debug information of the object. One process for all
    of them. (The innermost file where something was inlined.)"""
    unknown = [""] * len(places)
    try:
        symbols = subprocess.run(["nm", "--defined-only", dso], capture_output=True, text=True,
                                 check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return unknown
    # Static functions of different files may have the same name: then there is no telling.
    addresses = collections.defaultdict(set)
    for line in symbols.split("\n"):
        fields = line.split()
        if len(fields) == 3 and fields[1] in "tTwWi":
            addresses[fields[2]].add(int(fields[0], 16))
    known = [i for i, (symbol, _) in enumerate(places) if len(addresses[symbol]) == 1]
    wanted = "".join(f"{min(addresses[places[i][0]]) + places[i][1]:#x}\n" for i in known)
    if not known:
        return unknown
    told = subprocess.run(["addr2line", "-e", dso], input=wanted, capture_output=True, text=True,
                          check=True).stdout.split("\n")
    for i, place in zip(known, told):
        unknown[i] = place.rpartition(":")[0]
    return unknown
