"""axe-core, which finds what keeps people with disabilities out of a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests import npm

_PACKAGE = "axe-core@4.14.1"
_TARBALL_SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
_GRAVE = frozenset({"serious", "critical"})


@cache
def _source() -> str:
    return (npm.package(_PACKAGE, _TARBALL_SHA256, npm.CACHE / "axe-core") / "axe.min.js").read_text(encoding="utf-8")


def grave_violations(page: Page) -> list[str]:
    """What is serious or critical on the page as it is now, a line for each rule and the places that break it."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{one['impact']}: {one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']]}"
        for one in found
        if one["impact"] in _GRAVE
    ]
