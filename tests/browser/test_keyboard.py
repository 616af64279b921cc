"""The tour without a mouse: everything is reached by Tab and worked by keys, and the focus is never lost."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.console import Console, form_state
from tests.browser.drafts import Agent, Draft
from tests.served import Api

_MOST_TABS = 120

# What has the focus, and whether that is drawn; null behind the last place of the page, where nothing has it.
_FOCUSED = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    (window.walked ??= new Set()).add(node);
    const drawn = node.matches('.switch input') ? node.nextElementSibling : node;
    const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
    return { html: node.outerHTML.slice(0, 120), isDrawn: outlineStyle !== 'none' && outlineWidth !== '0px' };
}"""
# What can be used, and did not have the focus; of radio buttons, Tab leads to the one that is chosen.
_MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter((node) => node.tabIndex >= 0 && !node.disabled && node.checkVisibility() && !walked.has(node))
    .filter((node) => node.type !== 'radio' || node.checked)
    .map((node) => node.outerHTML.slice(0, 120))"""


def _tab_to(console: Console, goal: Locator, key: str = "Tab") -> None:
    """Press Tab until the focus is there."""
    for _ in range(_MOST_TABS):
        if goal.count() and goal.evaluate("(node) => node === document.activeElement"):
            return
        console.page.keyboard.press(key)
    raise AssertionError(f"{_MOST_TABS} tabs do not lead to {goal}")


def _press(key: str, console: Console, goal: Locator, tab: str = "Tab") -> None:
    _tab_to(console, goal, tab)
    console.page.keyboard.press(key)


def test_the_tour_without_a_mouse(console: Console, api: Api) -> None:
    keys = console.page.keyboard
    name = f"Ada {uuid.uuid4().hex[:8]}"
    console.visit("persona")
    expect(console.page.get_by_role("heading", name="Personas")).to_be_visible()

    # The first thing that Tab reaches skips the navigation.
    keys.press("Tab")
    expect(console.page.get_by_role("link", name="Skip to content")).to_be_focused()
    keys.press("Enter")
    expect(console.page.get_by_role("main")).to_be_focused()

    # A draft is begun, typed into, and a row is chosen from the catalog.
    _press("Enter", console, console.button("New persona").first)
    _tab_to(console, console.field("Name"))
    keys.type(name)
    console.see_saved(1)
    expect(console.field("Name")).to_be_focused()
    _tab_to(console, console.picker("Departments"))
    keys.type("cust")
    expect(console.option()).to_have_text(["Customer Support", "Create “cust”"])
    keys.press("Enter")
    console.see_saved(2)
    _press("Space", console, console.page.get_by_role("switch", name="Active"), "Shift+Tab")
    console.see_saved(3)

    # The last edit is taken back and done again.
    keys.press("Control+z")
    console.see_saved(4)
    expect(console.page.get_by_role("switch", name="Active")).not_to_be_checked()
    keys.press("Control+Shift+Z")
    console.see_saved(5)

    # Two versions are compared in a dialog that Escape closes; the focus is where it was.
    _press("Space", console, console.field("Select version 1 to compare it"))
    _press("Space", console, console.field("Select version 3 to compare it"), "Shift+Tab")
    _press("Enter", console, console.button("Compare"))
    expect(console.page.get_by_role("dialog", name="Version 1 → version 3")).to_contain_text("Departments")
    keys.press("Escape")
    expect(console.page.get_by_role("dialog")).to_have_count(0)
    expect(console.button("Compare")).to_be_focused()

    # A suggestion is made, found and accepted.
    _press("Enter", console, console.button("Suggest"), "Shift+Tab")
    expect(console.state).to_have_text("Suggesting")
    _tab_to(console, console.page.get_by_role("textbox", name="Description"))
    keys.type("suggested")
    _press("Enter", console, console.button("Propose"), "Shift+Tab")
    console.see_saved(5)
    _press("ArrowRight", console, console.page.get_by_role("tab", name=re.compile("^History")))
    _press("Enter", console, console.button("Accept"))
    console.see_saved(6)

    state = form_state(api, "persona", console.draft_id)
    assert (state["name"], state["description"], state["active"]) == (name, "suggested", True)
    assert state["department_ids"] == ["customer-support"]


def test_a_graph_is_walked_and_a_step_edited_by_keys(console: Console) -> None:
    keys = console.page.keyboard
    console.visit("agents")
    _press("Enter", console, console.button("Start with an example"))
    console.see_saved(1)

    _press("ArrowRight", console, console.page.locator('.step-card[data-key="step start"]'))
    expect(console.page.locator('.step-card[data-key="step triage"]')).to_be_focused()
    keys.press("Enter")
    panel = console.page.get_by_role("region", name="Step Triage")
    expect(panel.get_by_label("Name", exact=True)).to_be_focused()
    keys.press("End")
    keys.type(" first")
    console.see_saved(2)
    keys.press("Escape")

    expect(console.page.locator(".step-panel")).to_have_count(0)
    expect(console.page.locator('.step-card[data-key="step triage"]')).to_be_focused()
    expect(console.page.locator('.step-card[data-key="step triage"]')).to_contain_text("Triage first")


def _form(console: Console, _api: Api) -> None:
    console.begin("persona")
    for shown in (".swatches button", ".drawings img"):
        expect(console.page.locator(shown).first).to_be_visible()


def _agent(console: Console, api: Api) -> None:
    console.visit(Agent(api).route)
    expect(console.page.locator(".entry")).to_have_count(1)


def _step(console: Console, api: Api) -> None:
    draft = Agent(api)
    console.visit(draft.route)
    expect(draft.text(console)).to_be_visible()
    expect(console.page.locator(".entry")).to_have_count(1)


def _conflict(console: Console, api: Api) -> None:
    draft = Agent(api)
    console.visit(draft.route)
    console.see_saved(1)
    console.meet_reads(lambda route: route.fulfill(status=304))
    assert draft.change("theirs") == 200
    draft.text(console).fill("mine")
    expect(console.page.get_by_role("alertdialog")).to_be_focused()
    expect(console.page.locator(".entry")).to_have_count(2)


@pytest.mark.parametrize(("view", "least"), [(_form, 35), (_agent, 30), (_step, 40), (_conflict, 45)])
def test_tab_reaches_every_place_and_each_shows_the_focus(
    console: Console, api: Api, view: Callable[[Console, Api], None], least: int
) -> None:
    view(console, api)
    bare: list[str] = []
    ends = tabs = 0

    # From wherever the focus is to the end of the page, then through all of it.
    while ends < 2:
        console.page.keyboard.press("Tab")
        tabs += 1
        assert tabs <= 2 * _MOST_TABS, "the focus does not come to an end"
        focused = console.page.evaluate(_FOCUSED)
        if focused is None:
            ends += 1
        elif not focused["isDrawn"]:
            bare.append(focused["html"])

    assert bare == []
    assert console.page.evaluate(_MISSED) == []
    assert console.page.evaluate("walked.size") >= least


def test_a_conflict_is_decided_by_keys(console: Console, draft: Draft) -> None:
    keys = console.page.keyboard
    console.visit(draft.route)
    console.see_saved(1)
    console.meet_reads(lambda route: route.fulfill(status=304))
    assert draft.change("theirs") == 200

    if isinstance(draft, Agent):
        _press("Enter", console, console.page.locator('.step-card[data-key="step triage"]'))
    _tab_to(console, draft.text(console))
    keys.press("Control+a")
    keys.type("mine")
    panel = console.page.get_by_role("alertdialog")
    expect(panel).to_be_focused()
    _press("ArrowRight", console, panel.get_by_role("radio", name=re.compile("^Mine")))
    expect(panel.get_by_role("radio", name=re.compile("^Theirs"))).to_be_checked()
    _press("Enter", console, panel.get_by_role("button", name="Keep theirs"))
    console.see_saved(2)

    expect(panel).to_have_count(0)
    expect(draft.text(console)).to_have_value("theirs")
    expect(draft.text(console)).to_be_focused()
    assert draft.stored == ("theirs", "before")
