"""
A real Chromium, driven from a thread of its own.

Playwright's synchronous interface runs an event loop in the thread that starts it, and Django refuses the database
in such a thread. So what a test holds is a stand-in: every call on it is made in the browser's thread, and what
comes back is a stand-in again.
"""

import os
import platform
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect as playwrights_expect
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
WIDTHS = {1366: 900, 768: 1024, 390: 844, 320: 640}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
AXE = Axe()
PLAIN = (str, bytes, int, float, bool, type(None), dict)


def find():
    """Return the path of a Chromium, or nothing."""
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    if platform.system() == "Darwin" and MAC.exists():
        found.append(str(MAC))
    return next((path for path in found if path), None)


class Browser:
    """Chromium and the thread that drives it."""

    def __init__(self, path):
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self.playwright = self.do(lambda: sync_playwright().start())
        # Chromium's own sandbox does not start as root.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        self.chromium = self.do(lambda: self.playwright.chromium.launch(executable_path=path, args=flags))

    def do(self, call):
        return self.thread.submit(call).result()

    def open(self, base_url, width, height, **options):
        """Return a page in a session of its own, and the list that its complaints go to."""
        complaints = []

        def start():
            context = self.chromium.new_context(
                base_url=base_url, viewport={"width": width, "height": height}, **options
            )
            context.set_default_timeout(10_000)
            context.set_default_navigation_timeout(20_000)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if is_refusal(said.text) else None)
            return page

        return StandIn(self, self.do(start)), complaints

    def close(self):
        self.do(self.chromium.close)
        self.do(self.playwright.stop)
        self.thread.shutdown()


class StandIn:
    """What a Playwright object is, for a test in another thread."""

    def __init__(self, browser, target):
        self._browser, self._target = browser, target

    def __getattr__(self, name):
        return self._wrap(self._browser.do(lambda: getattr(self._target, name)))

    def __call__(self, *args, **options):
        args, options = [bare(arg) for arg in args], {name: bare(value) for name, value in options.items()}
        return self._wrap(self._browser.do(lambda: self._target(*args, **options)))

    def __enter__(self):
        return self._wrap(self._browser.do(self._target.__enter__))

    def __exit__(self, *error):
        return self._browser.do(lambda: self._target.__exit__(*error))

    def _wrap(self, value):
        if isinstance(value, PLAIN):
            return value
        if isinstance(value, (list, tuple)):
            return [self._wrap(item) for item in value]
        return StandIn(self._browser, value)


def bare(value):
    return value._target if isinstance(value, StandIn) else value


def is_refusal(text):
    return "Content Security Policy" in text or "Content-Security-Policy" in text


def expect(stand_in, *args):
    """Playwright's own expect(), which waits for what it is told to find."""
    return StandIn(stand_in._browser, playwrights_expect(stand_in._target, *args))


def axe(page):
    """Return what axe finds wrong on the page at WCAG 2.2 A and AA: the rule, and each place."""
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = page._browser.do(lambda: run_axe(page._target, options))
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found["violations"]]


def run_axe(page, options):
    # Half a megabyte of script, which a page that is looked at again, at another width, has already.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    return page.evaluate("options => axe.run(options)", options)


def sideways(page):
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
