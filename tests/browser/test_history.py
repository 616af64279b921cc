"""The history beside a draft: branches, comparison, pins and labels, and the way back."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.console import Console, agent_content, agent_path, form_state, new_form
from tests.browser.drafts import Agent
from tests.served import Api


@pytest.fixture
def branched(console: Console, api: Api) -> str:
    """An open draft: one was saved, two was saved and undone, three was saved instead; version 4 is current."""
    draft = new_form(api, "persona", name="one", description="kept")
    for path, body, version in (("", {"draft_id": draft, "name": "two"}, 1), (f"/{draft}/undo", None, 2)):
        assert api.call("POST", f"/persona/draft{path}", body, if_match=f'"{version}"').status == 200
    assert api.call("POST", "/persona/draft", {"draft_id": draft, "name": "three"}, if_match='"3"').status == 200
    console.visit(f"persona/{draft}")
    console.see_saved(4)
    return draft


def _entry(console: Console, version: int) -> Locator:
    # The number alone: v1 is not v12.
    return console.page.locator(".entry").filter(has=console.page.get_by_text(f"v{version}", exact=True))


def test_the_time_line_shows_branches(console: Console, branched: str) -> None:
    entries = console.page.get_by_role("list", name="Versions, newest first").get_by_role("listitem")

    expect(entries).to_have_count(3)
    expect(entries.nth(0)).to_contain_text(re.compile(r"v4.*now.*Saved · dev.*\d+ B"))
    expect(entries.nth(1)).to_contain_text(re.compile(r"v2.*abandoned"))
    expect(entries.nth(2)).to_contain_text(re.compile(r"v1.*Created · dev"))


def test_a_new_version_appears_while_one_types(console: Console, branched: str) -> None:
    console.field("Name").fill("four")
    console.see_saved(5)

    expect(_entry(console, 5)).to_contain_text("now")
    expect(_entry(console, 4)).not_to_contain_text("now")


def test_any_two_versions_are_compared(console: Console, branched: str) -> None:
    console.field("Select version 2 to compare it").check()
    console.field("Select version 4 to compare it").check()
    console.button("Compare").click()

    dialog = console.page.get_by_role("dialog", name="Version 2 → version 4")
    expect(dialog).to_contain_text("1 field changed")
    expect(dialog.locator("del").last).to_have_text("two")
    expect(dialog.locator("ins").last).to_have_text("three")
    expect(dialog.get_by_role("heading", name="Description")).to_have_count(0)


def test_a_version_is_pinned_and_labelled_and_stays_so(console: Console, api: Api, branched: str) -> None:
    console.button("Pin version 2").click()
    expect(console.button("Unpin version 2")).to_be_visible()
    _entry(console, 2).locator(".entry-open").click()
    console.field("Label of version 2").fill("the other way")
    console.field("Label of version 2").press("Enter")
    expect(_entry(console, 2).locator(".entry-label")).to_have_text("the other way")

    console.page.reload()
    console.button("Pinned and labelled").click()
    expect(console.page.get_by_role("list", name="Versions, newest first").get_by_role("listitem")).to_have_count(1)
    entry = api.call("GET", f"/persona/draft/{branched}/history/2").json
    assert (entry["pinned"], entry["label"]) == (True, "the other way")


def test_an_abandoned_version_is_restored_after_a_look_at_what_changes(
    console: Console, api: Api, branched: str
) -> None:
    _entry(console, 2).locator(".entry-open").click()
    console.button("Restore…").click()
    dialog = console.page.get_by_role("dialog", name="Restore version 2?")
    expect(dialog).to_contain_text("1 field would change")
    dialog.get_by_role("button", name="Restore version 2").click()
    console.see_saved(5)

    expect(dialog).to_have_count(0)
    expect(console.field("Name")).to_have_value("two")
    assert form_state(api, "persona", branched)["name"] == "two"


@pytest.fixture
def left(console: Console, api: Api) -> tuple[Agent, dict[str, Any]]:
    """An open agent, and its version 2, in which a step went after another one; version 4 was saved instead of it."""
    draft = Agent(api)
    path = agent_path(draft.id)
    first = agent_content(api, draft.id)
    second, fourth = copy.deepcopy(first), copy.deepcopy(first)
    second["flow"]["steps"].insert(2, {"id": "check", "type": "TOOL", "name": "Check the order"})
    second["flow"]["edges"][1:] = [{"source": "triage", "target": "check"}, {"source": "check", "target": "end"}]
    second["flow"]["steps"][1]["prompt"] = "one two four, and so on to ten"
    fourth["comment"] = "instead"
    assert api.call("PUT", path, second, if_match='"1"').status == 200
    assert api.call("POST", f"{path}:undo", if_match='"2"').status == 200
    assert api.call("PUT", path, fourth, if_match='"3"').status == 200
    console.visit(draft.route)
    console.see_saved(4)
    return draft, second


def test_two_versions_of_an_agent_are_compared_by_step(console: Console, left: tuple[Agent, dict[str, Any]]) -> None:
    console.field("Select version 1 to compare it").check()
    console.field("Select version 2 to compare it").check()
    console.button("Compare").click()

    dialog = console.page.get_by_role("dialog", name="Version 1 → version 2")
    expect(dialog).to_contain_text("5 places changed")
    expect(dialog.get_by_role("heading", level=3)).to_have_text(["Step Triage", "Step Check the order", "Edges"])
    expect(dialog.locator("del").last).to_have_text("three")
    expect(dialog.locator("ins").last).to_have_text("four, and so on to ten")
    step = dialog.locator(".difference").nth(1)
    expect(step).to_contain_text(re.compile("Added.*TOOL"))
    for edge in ("Removed Triage → Answer is sent", "Added Triage → Check the order"):
        expect(dialog.get_by_text(edge)).to_be_visible()
    expect(dialog.get_by_role("heading", name="Comment")).to_have_count(0)


def test_an_abandoned_version_of_an_agent_is_restored_after_a_look_at_what_changes(
    console: Console, api: Api, left: tuple[Agent, dict[str, Any]]
) -> None:
    draft, second = left
    _entry(console, 2).locator(".entry-open").click()
    console.button("Restore…").click()
    dialog = console.page.get_by_role("dialog", name="Restore version 2?")
    expect(dialog).to_contain_text("6 places would change")
    expect(dialog).to_contain_text("Check the order")
    dialog.get_by_role("button", name="Restore version 2").click()
    console.see_saved(5)

    expect(dialog).to_have_count(0)
    expect(console.page.locator('.step-card[data-key="step check"]')).to_be_visible()
    expect(draft.text(console)).to_have_value("one two four, and so on to ten")
    expect(_entry(console, 5)).to_contain_text("now")
    assert agent_content(api, draft.id) == second
