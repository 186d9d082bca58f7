#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes one HTML file of the live page's parts, and C of that.

    embed.py PAGE.html PART... > page.c

In PAGE.html a line "<!-- style NAME... -->" or "<!-- script NAME... -->" stands for an element with
these files in it, in this order. The policy names each such element by its hash, so that nothing else
that may get into the page can run. Python is there wherever Meson is, so building needs no
further program.
"""

import base64
import hashlib
import pathlib
import re
import sys

PLACE = re.compile(r"^[ \t]*<!-- (style|script) ([\w. ]+) -->$", re.M)


def assemble(page, parts):
    """The whole page, and the hashes of its elements by kind."""
    hashes = {"style": [], "script": []}

    def element(match):
        kind, names = match[1], match[2].split()
        text = "\n" + "".join(without_licence(parts[name]) for name in names)
        if f"</{kind}" in text:
            raise SystemExit(f"{names} would end its own element")
        digest = hashlib.sha256(text.encode()).digest()
        hashes[kind].append(f"'sha256-{base64.b64encode(digest).decode()}'")
        return f"<{kind}>{text}</{kind}>"

    return PLACE.sub(element, page), hashes


def without_licence(text):
    """It is said once, at the top of the page."""
    return re.sub(r"^/\* SPDX[^\n]*\n", "", text)


def policy(hashes):
    return "; ".join((
        "default-src 'none'",
        "script-src " + " ".join(hashes["script"]),
        "style-src " + " ".join(hashes["style"]),
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ))


def as_c(page, text):
    octets = page.encode()
    rows = (octets[at:at + 24] for at in range(0, len(octets), 24))
    lines = ",\n".join(",".join(map(str, row)) for row in rows)
    return (f'/* Made by live/embed.py. */\n#include "evtcpd/live/page.h"\n\n'
            f"const unsigned char live_page[] = {{\n{lines}}};\n"
            f"const size_t live_page_len = sizeof(live_page);\n"
            f'const char live_page_policy[] = "{text}";\n')


def main(arguments):
    page, *parts = (pathlib.Path(argument) for argument in arguments)
    whole, hashes = assemble(page.read_text(encoding="utf-8"),
                             {part.name: part.read_text(encoding="utf-8") for part in parts})
    print(as_c(whole, policy(hashes)), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
