# SPDX-License-Identifier: BSD-3-Clause
"""What a stream of server-sent events has told so far.

    events.py FILE WHAT [ARGUMENT...]

FILE is what curl has written; what of it is not whole yet is left out. Exit status 0 if it is so.

    connections           a list of connections was told
    listed REMOTE         this one was in it
    own                   the last list has one that is marked as the reader's own, and only one
    chosen                prints the state of the chosen connection in each frame, or "none"
    state STATE           it was in this state
    states STATE...       its events led from one to the next, in this order, and no other
    sent N                new data of the chosen one comes to N bytes of the stream and the reply's
                          head at least, without a gap
    links                 prints what links did to segments: "out fault 2 1448 lost" is 1448 bytes
                          on the way out, by rule 2
    frames                prints how many lists were told
    sound                 every frame is well-formed, and nothing was missed or skipped
    ended                 the last that was told is the end
"""

import json
import sys


def events_of(text):
    """(name, data) of each event that is whole, as a browser would read it."""
    whole, _, _ = text.rpartition("\n\n")
    for block in whole.split("\n\n") if whole else ():
        fields = [line.partition(":")[::2] for line in block.split("\n")]
        unknown = {name for name, _ in fields} - {"event", "data", "retry"}
        if unknown:
            raise SystemExit(f"no fields of server-sent events: {unknown}")
        data = "\n".join(value.removeprefix(" ") for name, value in fields if name == "data")
        names = [value.removeprefix(" ") for name, value in fields if name == "event"]
        yield names[-1] if names else "message", json.loads(data)


def main(path, what, *arguments):
    with open(path, encoding="ascii") as file:
        told = list(events_of(file.read()))
    lists = [data for name, data in told if name == "connections"]
    chosen = [data for name, data in told if name == "segments"]
    marks = sorted((mark for frame in chosen for mark in frame["marks"]),
                   key=lambda mark: mark["at"])
    return WHAT[what](told, lists, chosen, marks, *arguments)


def states(told, lists, chosen, marks, *wanted):
    found = [mark for mark in marks if mark["kind"] == "state"]
    return ([mark["from"] for mark in found[1:]] == [mark["to"] for mark in found[:-1]] and
            [mark["to"] for mark in found] == list(wanted))


def sent(told, lists, chosen, marks, wanted):
    new = [mark for mark in marks
           if mark["kind"] == "sent" and mark.get("len") and not mark.get("again")]
    gaps = [b["seq"] - a["seq"] - a["len"] for a, b in zip(new, new[1:])]
    return sum(mark["len"] for mark in new) >= int(wanted) and not any(gaps)


def sound(told, lists, chosen, marks):
    return (told[0][0] == "causes" and all(mark["why"] in told[0][1] for mark in marks) and
            not any(frame["missed"] for frame in chosen) and
            not any(frame["skipped"] or frame.get("missing") for frame in lists))


def show(lines):
    print("\n".join(map(str, lines)))
    return True


WHAT = {
    "connections": lambda told, lists, *_: bool(lists),
    "listed": lambda told, lists, chosen, marks, remote: any(
        row["remote"] == remote for frame in lists for row in frame["connections"]),
    "own": lambda told, lists, *_: sum(
        row.get("own", 0) for row in lists[-1]["connections"]) == 1,
    "chosen": lambda told, lists, chosen, marks: show(
        frame.get("connection", {"state": "none"})["state"] for frame in chosen),
    "state": lambda told, lists, chosen, marks, state: any(
        frame.get("connection", {}).get("state") == state for frame in chosen),
    "states": states,
    "sent": sent,
    "links": lambda told, lists, chosen, marks: show(
        " ".join(["out" if mark.get("out") else "in", mark["why"], str(mark.get("rule", 0)),
                  str(mark.get("len", 0))] + (["lost"] if mark.get("lost") else []))
        for mark in marks if mark["kind"] == "link"),
    "frames": lambda told, lists, *_: show([len(lists)]),
    "sound": sound,
    "ended": lambda told, *_: told[-1] == ("end", {}),
}

if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
