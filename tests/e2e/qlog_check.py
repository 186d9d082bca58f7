#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds a trace of evtcpd --trace to its schema, and to what no schema can say.

    qlog_check.py SCHEMA TRACE [--sequence]

Each line is JSON, the first is the header, every other an event of the schema. Times do not go back
within a worker. What is sent again has been sent before, what tells of a loss tells of bytes that
were sent, and a timer that expires or is cancelled was set. With --sequence each record begins with a record separator (RFC 7464). Output: a line for
each kind of event with how many there are, "workers N", "connections N"; or what is wrong, and exit
status 1.
"""

import collections
import json
import sys

import jsonschema

SEPARATOR = "\x1e"


class Fault(Exception):
    pass


def records(path, sequence):
    """The JSON texts of the file; every line is whole."""
    with open(path, encoding="ascii", newline="") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith("\n"):
                raise Fault(f"line {number} is not whole")
            if line.startswith(SEPARATOR) != sequence:
                raise Fault(f"line {number}: a record separator {'is missing' if sequence else 'too many'}")
            yield number, json.loads(line.lstrip(SEPARATOR))


def span(data):
    """The sequence numbers of a segment, as begin and length."""
    flags = data["header"]["flags"]
    return data["header"]["sequence_number"], data["raw"]["payload_length"] + ("SYN" in flags) + ("FIN" in flags)


class Connections:
    """What each connection has sent, from its SYN's number to its highest; and which timers run."""

    def __init__(self):
        self.sent = {}
        self.timers = collections.defaultdict(set)
        self.lacks = False  # lines are missing

    def take(self, number, event):
        name, data, group = event["name"], event["data"], event.get("group_id")
        if name == "transport:packet_sent":
            self.take_sent(number, group, data)
        elif name == "recovery:packet_lost":
            begin, end = self.sent[group]
            first = (data["header"]["sequence_number"] - begin) % 2**32
            last = (data["header"]["sequence_end"] - begin) % 2**32
            if not first < last <= end or data["raw"]["payload_length"] > last - first:
                raise Fault(f"line {number}: what is lost was not sent")
        elif name.endswith("timer_updated"):
            self.take_timer(number, group, data)
        elif name == "loglevel:warning":
            self.lacks = True

    def take_timer(self, number, group, data):
        kind, what, running = data["timer_type"], data["event_type"], self.timers[group]
        if what == "set":
            running.add(kind)
            return
        if what == "expired" and kind == "probe" and kind not in running:
            kind = "retransmit"  # a probe leaves in its place (RFC 8985 7.2)
        if kind not in running and not self.lacks:
            raise Fault(f"line {number}: the {kind} timer has {what}, and was not set")
        running.discard(kind)

    def take_sent(self, number, group, data):
        seq, length = span(data)
        if "SYN" in data["header"]["flags"]:
            if self.sent.get(group, (seq,))[0] != seq and "trigger" in data:
                raise Fault(f"line {number}: a SYN is sent again with another number")
            self.sent[group] = (seq, max(length, self.sent.get(group, (0, 0))[1]))
            return
        if group not in self.sent:
            return  # a reset to nobody's segment
        begin, end = self.sent[group]
        at = (seq - begin) % 2**32
        if "trigger" in data and length > 0 and at >= end and data["trigger"] != "pto_probe":
            raise Fault(f"line {number}: sent again, and never before")
        self.sent[group] = (begin, max(end, at + length))


def validator_of(schema, definition):
    """Of one of the two that a line can be, as that is quicker than to try both."""
    part = {"$ref": f"#/definitions/{definition}", "definitions": schema["definitions"]}
    return jsonschema.Draft7Validator(part)


def check(schema, path, sequence):
    header, event = validator_of(schema, "header"), validator_of(schema, "event")
    counts, times = collections.Counter(), {}
    connections, groups = Connections(), set()

    for number, record in records(path, sequence):
        for error in (header if number == 1 else event).iter_errors(record):
            context = "; ".join(e.message for e in error.context)
            raise Fault(f"line {number}: {error.message}: {context}")
        if number == 1:
            wanted = "application/qlog+json-seq" if sequence else "application/x-ndjson"
            if record["serialization_format"] != wanted:
                raise Fault("the header tells of another format")
            continue
        counts[record["name"]] += 1
        groups.add(record.get("group_id"))
        if record["time"] < times.get(record["worker"], 0):
            raise Fault(f"line {number}: the time goes back")
        times[record["worker"]] = record["time"]
        connections.take(number, record)
    for name in sorted(counts):
        print(name, counts[name])
    print("workers", len(times))
    print("connections", len(groups - {None}))


def main(arguments):
    with open(arguments[0], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    try:
        check(schema, arguments[1], "--sequence" in arguments)
    except (Fault, json.JSONDecodeError) as fault:
        print(fault)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
