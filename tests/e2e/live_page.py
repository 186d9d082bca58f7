# SPDX-License-Identifier: BSD-3-Clause
"""Goes through the live page in a browser, and prints what it found as lines of a shell,
"page_NAME=VALUE".

    live_page.py URL REMOTE DIRECTORY

REMOTE is a connection over which much is sent and some of it lost. Screenshots go to DIRECTORY."""

import os
import shlex
import signal
import subprocess
import sys
import time

import browser

SECONDS = 60  # after which what was waited for is not there
SEQUENCE = "document.querySelector('#sequence')"


def found(name, value):
    print(f"page_{name}={shlex.quote(str(value))}")


def picture(page, directory, name):
    page.screenshot(os.path.join(directory, f"live-{name}.png"), whole=True)


def look_at_list(page, remote):
    page.wait("document.querySelectorAll('tbody tr').length >= 4", SECONDS)
    found("rows", page.ask("document.querySelectorAll('tbody tr').length"))
    found("own", page.ask("document.querySelectorAll('tbody .is-own').length"))
    page.wait("/Mbit/.test([...document.querySelectorAll('tbody tr')].find("
              f"(row) => row.textContent.includes('{remote}')).textContent)", SECONDS)
    found("row", page.ask("[...document.querySelectorAll('tbody tr')].find("
                          f"(row) => row.textContent.includes('{remote}')).innerText"
                          ".replace(/\\s+/g, ' ')"))


def look_at_graphs(page):
    page.wait(f"Number({SEQUENCE}.dataset.again) > 0 && Number({SEQUENCE}.dataset.points) > 100",
              SECONDS)
    found("points", page.ask(f"{SEQUENCE}.dataset.points"))
    found("again", page.ask("document.querySelectorAll('#sequence .again path.head').length"))
    found("why", page.ask("document.querySelector('#sequence .again').getAttribute('aria-label')"))
    page.wait(f"Number({SEQUENCE}.dataset.lost) > 0", SECONDS)
    found("lost_marks", page.ask("document.querySelectorAll('#sequence .fate').length"))
    found("fate", page.ask("document.querySelector('#sequence .fate').getAttribute('aria-label')"))
    found("lost_note", page.ask("document.querySelector('#notes .is-lost').innerText"
                                ".replace(/\\n/g, ' ')"))
    found("note", page.ask("document.querySelector('#notes .is-again').innerText"
                           ".replace(/\\n/g, ' ')"))
    found("lit", page.ask("document.querySelector('#states .node.is').textContent"))
    for name, place, least in (("cwnd", "#windows path.cwnd", 10), ("rtt", "#rtt path.rtt", 5)):
        steps = f"document.querySelector('{place}').getAttribute('d').split('H').length - 1"
        page.wait(f"{steps} >= {least}", SECONDS)
        found(name, page.ask(steps))


def go_from_mark_to_mark(page):
    """By the arrows, while the graph stands still: each is told in words, and stands out."""
    told = []
    for key in ["ArrowDown"] + 40 * ["ArrowUp"]:
        page.press(key)
        told.append(page.ask("document.querySelector('#marked').textContent"))
    found("told_lost", next((words for words in told if "lost on the way" in words), ""))
    found("told_again", next((words for words in told if "sent again" in words), ""))
    found("told_in_order", [words.split()[0] for words in told] ==
          sorted((words.split()[0] for words in told), key=float, reverse=True))
    found("stands_out", page.ask("document.querySelectorAll('#sequence .is-at').length"))


def use_keys(page, remote):
    """Stops and goes on in the graph, leaves, and comes back by the list."""
    page.ask(f"{SEQUENCE}.focus()")
    page.press(" ", text=" ")
    page.ask("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    points = page.ask(f"{SEQUENCE}.querySelector('path.data').getAttribute('d')")
    time.sleep(1)
    later = page.ask(f"{SEQUENCE}.querySelector('path.data').getAttribute('d')")
    found("stopped", page.ask("document.querySelector('#pause').getAttribute('aria-pressed')") +
          (" still" if points == later else " moving"))
    go_from_mark_to_mark(page)
    page.press("End")
    found("goes_on", page.ask("document.querySelector('#pause').getAttribute('aria-pressed')"))
    page.press("Escape")
    found("closed", str(page.ask("document.querySelector('#chosen').hidden")).lower())
    page.ask("document.querySelector('tbody td button').focus()")
    page.press("ArrowDown")
    page.ask("new Promise((resolve) => setTimeout(resolve, 50))")
    expected = page.ask("document.activeElement.textContent")
    page.press("Enter", text="\r")
    found("keyboard", str(page.wait(
        f"document.querySelector('#chosen-title').textContent === '{expected}' && "
        f"'{expected}' !== document.querySelector('tbody td button').textContent", 5)).lower())
    page.ask(f"location.hash = '#{remote}'")
    page.wait(f"Number({SEQUENCE}.dataset.again) > 0", SECONDS)


def look_at_names(page):
    """Of all that can be focused or is a picture, as an assistive technology is told."""
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    wanted = {"button", "combobox", "image", "table", "columnheader", "list", "group", "heading"}
    found("nameless", " ".join(
        node["role"]["value"] for node in nodes
        if not node.get("ignored") and node["role"]["value"] in wanted and
        not node.get("name", {}).get("value")))


def widths(page):
    return page.ask("`${document.documentElement.scrollWidth} ${innerWidth}`")


def background(page):
    return page.ask("getComputedStyle(document.body).backgroundColor")


def look_at_looks(page, directory):
    """Large and light, large and dark, small. A graph fills up first."""
    page.wait("document.querySelector('#notes').childElementCount > 10", SECONDS)
    time.sleep(3)
    found("wide", widths(page))
    found("light", background(page))
    picture(page, directory, "desktop-light")
    page.dark(True)
    time.sleep(0.5)
    found("dark", background(page))
    picture(page, directory, "desktop-dark")
    page.dark(False)
    page.size(390, 844)
    time.sleep(1)
    found("narrow", widths(page))
    picture(page, directory, "phone")
    page.size(1440, 900)


def see_an_end(page, url, remote):
    """Of a connection that was chosen before it was there."""
    address, _, _ = remote.rpartition(":")
    port = 41009
    page.ask(f"location.hash = '#{address}:{port}'")
    page.wait("!document.querySelector('#remark').hidden", SECONDS)
    subprocess.run(["curl", "-s", "-m", "60", "-o", os.devnull, "--local-port", str(port),
                    url.replace("/_/", "/bytes/100000")], check=True)
    found("end", page.wait(
        "['CLOSED', 'TIME-WAIT'].includes(document.querySelector('#chosen-state').textContent) && "
        "document.querySelector('#states .node.is').textContent", SECONDS))


def main(url, remote, directory):
    with browser.Browser() as page:
        page.size(1440, 900)
        page.dark(False)
        page.open(url)
        look_at_list(page, remote)
        page.ask(f"[...document.querySelectorAll('tbody td button')].find("
                 f"(button) => button.textContent === '{remote}').click()")
        look_at_graphs(page)
        look_at_names(page)
        use_keys(page, remote)
        look_at_looks(page, directory)
        see_an_end(page, url, remote)
        found("complaints", " | ".join(page.complaints))
        # What the browser says of a server that is gone is no complaint about the page.
        os.kill(int(os.environ["PAGE_SERVER"]), signal.SIGKILL)
        page.wait("document.querySelector('#status').dataset.state === 'lost'", SECONDS)
        found("lost", page.ask("document.querySelector('#status').dataset.state"))


if __name__ == "__main__":
    main(*sys.argv[1:])
