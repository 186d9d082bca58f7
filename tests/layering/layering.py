#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds the sources to the house plan: who may include whom, how large a thing may
grow, that nothing that changes is global, and that every test is run.

Input: the top directory of a source tree. Output: one line for each finding on
stdout, "error: FILE:LINE: ..." for what fails and "note: ..." for what is only
large. Exit status 1 if there was an error. It reads C as tokens, without a
preprocessor: a function hidden in a macro is not seen.

    layering.py TOP
"""

import os
import pathlib
import re
import sys

# Every room may include these of the public headers.
SHARED_PUBLIC = {"types.h", "causes.h", "limits.h", "info.h"}

ALL_PUBLIC = None  # any public header

# room: (rooms it may include beside itself, public headers it may include)
ROOMS = {
    "util": (set(), set()),
    "wire": ({"util"}, set()),
    "trace": ({"wire", "util"}, {"trace.h", "link.h", "ladder.h", "qlog.h"}),
    "tcp": ({"wire", "util", "trace"}, {"trace.h", "link.h"}),
    "ip": ({"wire", "util", "trace"}, {"trace.h", "link.h"}),
    "link": ({"wire", "util", "trace"}, {"trace.h", "link.h", "tun.h", "capture.h", "impair.h"}),
    "faults": ({"wire", "util", "trace"}, {"trace.h", "link.h", "fault.h"}),
    "stack": ({"wire", "util", "trace", "tcp", "ip", "link", "faults"}, ALL_PUBLIC),
    "http": (set(), ALL_PUBLIC),
    "control": (set(), set()),
    "evtcpd": ({"http", "control", "program"}, ALL_PUBLIC),
    "evtcpctl": ({"control", "program"}, set()),
    "program": (set(), set()),
    "pcap": ({"wire", "util"}, set()),
    "ladder": ({"pcap", "program", "wire", "util", "trace"}, set()),
}

# System headers that would bring in what a room must not have: the loop, a
# clock, input and output. An evbuffer is memory and allowed where data waits.
LOOP = {"event2/event.h", "event2/bufferevent.h", "event2/listener.h", "event.h"}
CLOCK_AND_IO = {"time.h", "sys/time.h", "unistd.h", "poll.h", "sys/epoll.h", "fcntl.h"}
FORBIDDEN_SYSTEM = {
    "util": LOOP | CLOCK_AND_IO,
    "wire": LOOP | CLOCK_AND_IO,
    "tcp": LOOP | CLOCK_AND_IO,
    "ip": LOOP | CLOCK_AND_IO,
    "trace": LOOP,
    "pcap": LOOP | CLOCK_AND_IO,
    "ladder": LOOP,
}
# Leaves in util with a rule of their own. Header of ours: (the rooms it is for, and for no other;
# which such headers its source may have all the same; what other rooms have not).
LEAVES = {
    "util/descriptor.h": ({"util", "link", "evtcpd"}, CLOCK_AND_IO, "descriptors"),
    "util/guard.h": ({"util", "link", "control"}, CLOCK_AND_IO, "guards"),
    "util/lazy_timer.h": ({"util", "link", "faults", "stack"}, LOOP, "loop"),
    "util/utf8.h": ({"util", "trace", "ladder", "control"}, set(), "text of strangers"),
}

# What changes belongs to an object, but for this: libevent's memory functions have no argument, nor
# has the handler of a signal.
MUTABLE_GLOBALS = {("src/evtcpd/heap.c", "heap_arena"), ("src/evtcpd/heap.c", "heap_mine"),
                   ("src/evtcpd/sandbox.c", "sandbox_told")}

FUNCTION_LINES = (60, 100)  # printed above the first, fails above the second
FILE_LINES = (600, 800)
PARAMETERS = 5
NESTING = 3

FORBIDDEN_NAMES = {"util", "utils", "misc", "common", "helper", "helpers"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\S")


class Report:
    def __init__(self):
        self.errors = 0
        self.notes = 0
        self.seen = {"files": 0, "functions": 0}

    def error(self, where, text):
        self.errors += 1
        print(f"error: {where}: {text}")

    def note(self, where, text):
        self.notes += 1
        print(f"note: {where}: {text}")


# ---- includes --------------------------------------------------------------


def check_includes(report, path, lines):
    room = room_of(path)
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            fault = include_fault(path, room, match.group(1), match.group(2))
            if fault:
                report.error(f"{path}:{number}", fault)


def room_of(path):
    """The room a file belongs to: src/ROOM/..., "include", or "tests"."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    return parts[0]


def include_fault(path, room, system, quoted):
    """Why this include is wrong, or None."""
    if room == "tests":
        return None
    if room == "include":
        return public_header_fault(system, quoted)
    if room not in ROOMS:
        return f"src/{room} is a room that layering.py does not know"
    rooms, public = ROOMS[room]
    if quoted is not None:
        target = quoted.split("/")[0]
        if "/" not in quoted or target not in ROOMS:
            return f'include "{quoted}" by its room: "ROOM/{quoted}"'
        if quoted in LEAVES:
            users, _, what = LEAVES[quoted]
            return None if room in users else f"src/{room} has no {what}: {quoted}"
        if target != room and target not in rooms:
            return f'src/{room} may not include "{quoted}"'
        return None
    if system.startswith("evtcp/"):
        header = system[len("evtcp/"):]
        if public is not ALL_PUBLIC and header not in SHARED_PUBLIC | public:
            return f"src/{room} may not include <{system}>"
        return None
    if system in FORBIDDEN_SYSTEM.get(room, set()) - brought_by_leaf(path):
        return f"src/{room} has no loop, clock or I/O: <{system}>"
    return None


def brought_by_leaf(path):
    """The system headers that this file may have although its room may not."""
    header = re.sub(r"^src/(.*)\.c$", r"\1.h", path)
    return LEAVES[header][1] if header in LEAVES else set()


def public_header_fault(system, quoted):
    if quoted is not None:
        return f'a public header includes <evtcp/...>, not "{quoted}"'
    if system.split("/")[0] in ROOMS:
        return f"a public header may not include <{system}>"
    return None


# ---- sizes -----------------------------------------------------------------


def code_only(text):
    """text without comments, literals and preprocessor lines, newlines kept."""
    def blank(match):
        return "\n" * match.group(0).count("\n") if match.group(0)[0] == "/" else "0"

    text = re.sub(
        r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)
    return re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda match: "\n" * match.group(0).count("\n"), text, flags=re.M)


def tokens_of(text):
    tokens = []
    for number, line in enumerate(code_only(text).split("\n"), 1):
        tokens += [(word, number) for word in TOKEN.findall(line)]
    return tokens


CLOSER = {"(": ")", "[": "]", "{": "}"}


def skip_group(tokens, i):
    """The index after the bracket group that opens at i."""
    depth = 0
    while i < len(tokens):
        word = tokens[i][0]
        if word in CLOSER:
            depth += 1
        elif word in CLOSER.values():
            depth -= 1
            if depth == 0:
                return i + 1
        i += 1
    return i


def functions_of(tokens):
    """(name, parameters, first line, last line, nesting) of each function."""
    start = i = 0
    while i < len(tokens):
        word = tokens[i][0]
        if word in (";", "}"):
            i += 1
            start = i
        elif word == "(" or word == "[":
            i = skip_group(tokens, i)
        elif word == "{":
            head, end = tokens[start:i], skip_group(tokens, i)
            if [w for w, _ in head] == ["extern", "0"]:
                i += 1
                start = i
                continue
            found = signature_of(head)
            if found:
                nesting = Nesting(tokens, i, end)
                yield (*found, head[0][1], tokens[end - 1][1], nesting.deepest)
                start = end
            i = end
        else:
            i += 1


def mutable_globals(tokens):
    """(name, line) of each variable of static storage that can change."""
    start = i = 0
    while i < len(tokens):
        word = tokens[i][0]
        if word == "{" and [w for w, _ in tokens[start:i]] == ["extern", "0"]:
            i += 1
            start = i
        elif word in CLOSER:
            end = skip_group(tokens, i)
            if word == "{" and signature_of(tokens[start:i]):
                yield from mutable_statics(tokens[i:end])
                start = end
            i = end
        elif word in (";", "}"):
            yield from variable_of(tokens[start:i])
            i += 1
            start = i
        else:
            i += 1


def mutable_statics(body):
    """The same, for what is declared static inside a function."""
    for i, (word, _) in enumerate(body):
        if word == "static":
            end = next((j for j in range(i, len(body)) if body[j][0] == ";"), len(body))
            yield from variable_of(body[i:end])


def variable_of(declaration):
    """Yields (name, line) if the declaration is that of a variable without const."""
    words = [word for word, _ in declaration]
    before = words[:first_outside_brackets(words, "=")]
    if len(before) < 2 or before[0] in ("typedef", "extern", "_Static_assert", "static_assert"):
        return
    if "const" in before or "(" in before or before[-1] == ")":
        return
    if before[0] in ("struct", "union", "enum") and (len(before) == 2 or before[-1] == "}"):
        return
    name = [word for word in before if re.match(r"[A-Za-z_]", word)][-1]
    if before[-1] == "]":
        name = next(w for w, after in zip(before, before[1:]) if after == "[")
    yield name, declaration[0][1]


def first_outside_brackets(words, wanted):
    depth = 0
    for i, word in enumerate(words):
        depth += (word in CLOSER) - (word in CLOSER.values())
        if depth == 0 and word == wanted:
            return i
    return len(words)


def signature_of(head):
    """(name, number of parameters) if head declares a function, else None."""
    words = [word for word, _ in head]
    if "=" in words or "(" not in words:
        return None
    for i, word in enumerate(words[:-1]):
        if words[i + 1] == "(" and re.match(r"[A-Za-z_]", word) and word != "__attribute__":
            return word, count_parameters(words, i + 1)
    return None


def count_parameters(words, opening):
    depth = commas = content = 0
    for word in words[opening:]:
        depth += (word in CLOSER) - (word in CLOSER.values())
        if depth == 0:
            break
        commas += depth == 1 and word == ","
        content += 1
    if content == 1 or (content == 2 and words[opening + 1] == "void"):
        return 0
    return commas + 1


class Nesting:
    """How deep the control statements of one function body stand in each other.
    An `else if` is as deep as its `if`; a macro that takes a block is a loop."""

    def __init__(self, tokens, opening, end):
        self.tokens, self.end, self.deepest = tokens, end, 0
        self.block(opening, 0)

    def word(self, i):
        return self.tokens[i][0] if i < self.end else ""

    def block(self, i, depth):
        i += 1
        while i < self.end and self.word(i) != "}":
            i = self.statement(i, depth)
        return i + 1

    def body(self, i, depth):
        self.deepest = max(self.deepest, depth)
        return self.statement(i, depth)

    def statement(self, i, depth):
        word = self.word(i)
        if word == "{":
            return self.block(i, depth)
        if word == "if":
            return self.if_statement(i, depth)
        if word in ("for", "while", "switch"):
            return self.body(skip_group(self.tokens, i + 1), depth + 1)
        if word == "do":
            i = self.body(i + 1, depth + 1)
            return self.simple(i, depth)
        if word in ("case", "default"):
            while self.word(i) != ":":
                i += 1
            return i + 1
        return self.simple(i, depth)

    def if_statement(self, i, depth):
        i = self.body(skip_group(self.tokens, i + 1), depth + 1)
        if self.word(i) != "else":
            return i
        if self.word(i + 1) == "if":
            return self.if_statement(i + 1, depth)
        return self.body(i + 1, depth + 1)

    def simple(self, i, depth):
        first = i
        while i < self.end:
            word = self.word(i)
            if word == ";":
                return i + 1
            if word == "}":
                return i
            if word == ":" and i == first + 1:
                return i + 1
            if word == "{" and i > first + 1 and self.word(first + 1) == "(" \
                    and skip_group(self.tokens, first + 1) == i:
                return self.body(i, depth + 1)
            i = skip_group(self.tokens, i) if word in CLOSER else i + 1
        return i


def check_globals(report, path, text):
    for name, line in mutable_globals(tokens_of(text)):
        if (path, name) in MUTABLE_GLOBALS:
            continue
        report.error(f"{path}:{line}", f"{name} is a mutable global: what changes belongs to an object")


def check_sizes(report, path, text):
    n_lines = text.count("\n")
    limit(report, path, f"file has {n_lines} lines", n_lines, FILE_LINES)
    for name, parameters, first, last, nesting in functions_of(tokens_of(text)):
        report.seen["functions"] += 1
        where = f"{path}:{first}"
        n_lines = last - first + 1
        limit(report, where, f"{name} has {n_lines} lines", n_lines, FUNCTION_LINES)
        if parameters > PARAMETERS:
            report.note(where, f"{name} has {parameters} parameters, above {PARAMETERS}")
        if nesting > NESTING:
            report.note(where, f"{name} nests {nesting} deep, above {NESTING}")


def limit(report, where, text, value, bounds):
    soft, hard = bounds
    if value > hard:
        report.error(where, f"{text}, above {hard}")
    elif value > soft:
        report.note(where, f"{text}, above {soft}")


# ---- tests that never run ----------------------------------------------------


def check_tests_are_run(report, top):
    """Each source and executable script below tests/ stands in its meson.build: a
    merge that loses a line there loses a test, and nobody would notice."""
    for file in sorted((top / "tests").rglob("*")):
        is_script = file.suffix in (".sh", ".py") and os.access(file, os.X_OK)
        if file.suffix != ".c" and not is_script:
            continue
        build = file.parent / "meson.build"
        text = build.read_text(encoding="utf-8") if build.exists() else ""
        if not re.search(rf"'(?:[\w/]*/)?{re.escape(file.stem)}(?:{re.escape(file.suffix)})?'", text):
            report.error(file.relative_to(top).as_posix(), "stands in no meson.build: it never runs")


# ---- everything -------------------------------------------------------------


def check_file(report, top, path):
    report.seen["files"] += 1
    text = (top / path).read_text(encoding="utf-8")
    lines = text.split("\n")
    if "SPDX-License-Identifier: BSD-3-Clause" not in lines[0]:
        report.error(f"{path}:1", "the first line is not the SPDX licence line")
    if pathlib.PurePosixPath(path).stem in FORBIDDEN_NAMES:
        report.error(path, "a file is named after its one subject")
    check_includes(report, path, lines)
    check_sizes(report, path, text)
    if not path.startswith("tests/"):
        check_globals(report, path, text)


def main(arguments):
    top = pathlib.Path(arguments[0])
    report = Report()
    for room in ("include", "src", "tests"):
        for file in sorted((top / room).rglob("*.[ch]")):
            check_file(report, top, file.relative_to(top).as_posix())
    check_tests_are_run(report, top)
    seen = report.seen
    print(f"{seen['files']} files, {seen['functions']} functions: "
          f"{report.errors} errors, {report.notes} notes")
    if seen["files"] == 0:
        print("error: nothing was checked")
        return 1
    return 1 if report.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
