"""The system's Chromium, driven headless."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# It speaks to nobody but the server under test.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")


class ChromiumMissing(RuntimeError):
    """There is no Chromium here; the message says what to do."""


def executable() -> str:
    """The path of Chromium: $CHROMIUM, or the first one on PATH. Raises: ChromiumMissing."""
    for name in (os.environ.get("CHROMIUM"), *_NAMES):
        if name and (path := shutil.which(name)):
            return path
    raise ChromiumMissing(
        "Chromium is needed (Debian: apt install chromium): none on PATH, and CHROMIUM= names none that runs"
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium for as long as the context lasts."""
    # Its sandbox refuses to run as root.
    flags = (*_QUIET, "--no-sandbox") if os.geteuid() == 0 else _QUIET
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(flags))
        try:
            yield browser
        finally:
            browser.close()
