"""Any address shows a page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console


@pytest.mark.parametrize("route", ["constructor", "__proto__", "%", "hasOwnProperty"])
def test_an_address_of_no_view_shows_a_list(console: Console, route: str) -> None:
    console.visit(route)

    expect(console.page.get_by_role("heading", name="Personas")).to_be_visible()


@pytest.mark.parametrize("route", ["persona/%", "persona/constructor", "agents/%25/1"])
def test_an_address_of_no_draft_says_what_is_wrong(console: Console, route: str) -> None:
    console.visit(route)

    expect(console.page.get_by_role("alert")).to_be_visible()
