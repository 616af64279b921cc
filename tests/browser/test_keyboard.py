"""The tour without a mouse: everything is reached by Tab and worked by keys, and the focus is never lost."""

from __future__ import annotations

import re
import uuid

from playwright.sync_api import Locator, expect

from tests.browser.console import Console, form_state
from tests.served import Api

_MOST_TABS = 120

# What has the focus, and whether that is drawn; nothing has it behind the last place of the page.
_FOCUSED = """() => {
    const node = document.activeElement;
    if (node === document.body) return ['', false];
    const drawn = node.matches('.switch input') ? node.nextElementSibling : node;
    const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
    return [node.id || node.textContent + node.ariaLabel, outlineStyle !== 'none' && outlineWidth !== '0px'];
}"""


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


def test_every_place_that_tab_reaches_shows_the_focus(console: Console) -> None:
    console.visit("persona/new-1")
    expect(console.state).to_have_text("Nothing saved yet")
    bare: list[str] = []
    seen: set[str] = set()

    while True:
        console.page.keyboard.press("Tab")
        name, shows = console.page.evaluate(_FOCUSED)
        if not name or name in seen or len(seen) > _MOST_TABS:
            break
        seen.add(name)
        if not shows:
            bare.append(name)

    assert len(seen) > 20
    assert bare == []
