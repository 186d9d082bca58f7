# SPDX-License-Identifier: BSD-3-Clause
"""A real browser without a window, led by a test: Chromium, spoken to in its DevTools protocol over
two pipes, which takes nothing but Python.

    with Browser() as browser:
        browser.size(1280, 800)
        browser.open("http://10.0.0.2/_/")
        browser.wait("document.querySelector('td')", 30)
        browser.screenshot("/tmp/page.png")

What the page itself complains of (an exception, a console error, what its policy forbids) is in
browser.complaints.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")

OPTIONS = ("--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
           "--no-first-run", "--disable-background-networking", "--disable-component-update",
           "--disable-sync", "--hide-scrollbars", "--no-proxy-server")

ANSWER_SECONDS = 60


class BrowserError(Exception):
    pass


def find():
    """The path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    def __init__(self):
        program = find()
        if program is None:
            raise BrowserError("no Chromium is installed")
        self.profile = tempfile.mkdtemp(prefix="evtcp-browser.")
        self.calls, self.buffer, self.complaints, self.arrived = 0, b"", [], []
        from_us, self.to_browser = os.pipe()
        self.from_browser, to_us = os.pipe()
        # The protocol's ends are descriptors 3 and 4. The sandbox is for pages of strangers, and
        # cannot be had inside the namespaces of a test.
        script = f"exec 3<&{from_us} 4>&{to_us}; exec \"$@\""
        self.popen = subprocess.Popen(
            ["bash", "-c", script, "browser", program, "--no-sandbox", *OPTIONS,
             f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(from_us, to_us), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(from_us)
        os.close(to_us)
        target = self.call("Target.createTarget", {"url": "about:blank"}, None)["targetId"]
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True},
                                 None)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        shutil.rmtree(self.profile, ignore_errors=True)

    # ---- the protocol

    def call(self, method, parameters=None, session=""):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session or self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            answer = self.next(deadline)
            if answer.get("id") != self.calls:
                self.hear(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def next(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.from_browser], [], [], deadline - time.monotonic())[0]:
                raise BrowserError("the browser does not answer")
            got = os.read(self.from_browser, 1 << 20)
            if not got:
                raise BrowserError(f"the browser has ended with status {self.popen.wait()}")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def hear(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or
                                   details["text"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])

    # ---- what a test does

    def size(self, width, height, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600})

    def dark(self, on):
        self.call("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if on else "light"}]})

    def open(self, url):
        """Loads a page, and waits until it is there."""
        told = self.call("Page.navigate", {"url": url})
        if "errorText" in told:
            raise BrowserError(f"{url}: {told['errorText']}")
        if not self.wait("location.href !== 'about:blank' && document.readyState === 'complete'",
                         ANSWER_SECONDS):
            raise BrowserError(f"{url}: it does not load")

    def ask(self, expression):
        """The value of an expression in the page."""
        told = self.call("Runtime.evaluate", {
            "expression": expression, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in told:
            raise BrowserError(f"{expression}: {told['exceptionDetails']['text']}")
        return told["result"].get("value")

    def wait(self, expression, seconds):
        """Its value once that is true; None when that takes too long."""
        deadline = time.monotonic() + seconds
        while True:
            value = self.ask(expression)
            if value:
                return value
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)

    def press(self, key, **more):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", {"type": kind, "key": key, **more})

    def screenshot(self, path, whole=False):
        told = self.call("Page.captureScreenshot", {"captureBeyondViewport": whole})
        with open(path, "wb") as file:
            file.write(base64.b64decode(told["data"]))


if __name__ == "__main__":
    raise SystemExit(0 if find() else 1)
