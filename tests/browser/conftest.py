"""One server and one browser for the tier; each test has a browser profile and drafts of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests import npm
from tests.browser.chromium import chromium
from tests.browser.console import Console, listen
from tests.browser.drafts import Agent, Draft, Persona
from tests.served import Api, served

expect.set_options(timeout=20_000)

_FAILED = pytest.StashKey[bool]()
_PICTURES = npm.CACHE / "screenshots" / "failed"

Profiles = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    with served() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture
def profiles(request: pytest.FixtureRequest, api: Api, browser: Browser) -> Iterator[Profiles]:
    """Makes browser profiles, given the other servers that they may call.

    In no test may one break the policy, fail silently, or call elsewhere. Pages of a test that fails are photographed.
    """
    made = []

    def make(*others: Api) -> BrowserContext:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en", timezone_id="UTC")
        made.append((context, listen(context, *(f"http://127.0.0.1:{one.port}/" for one in (api, *others)))))
        return context

    yield make
    for context, told in made:
        if request.node.stash.get(_FAILED, False):
            _photograph(context, request.node.name)
        context.close()
        assert told.violations == []
        assert told.errors == []
        assert told.elsewhere == []


def _photograph(context: BrowserContext, test: str) -> None:
    for number, page in enumerate(context.pages, 1):
        page.screenshot(path=_PICTURES / f"{re.sub('[^a-z0-9_]+', '-', test)}-{number}.png")


@pytest.fixture
def profile(profiles: Profiles) -> BrowserContext:
    return profiles()


@pytest.fixture
def console(profile: BrowserContext, api: Api) -> Console:
    return Console(profile.new_page(), api)


@pytest.fixture(params=[Persona, Agent])
def draft(request: pytest.FixtureRequest, api: Api) -> Draft:
    """A draft of each kind."""
    made: Draft = request.param(api)
    return made
