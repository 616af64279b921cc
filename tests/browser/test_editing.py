"""Typing into a draft: saved by itself, taken back and done again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console, form_state, new_form
from tests.browser.drafts import BEFORE, Draft
from tests.served import Api


def test_what_is_typed_is_saved_by_itself_and_is_there_after_a_reload(console: Console, api: Api) -> None:
    console.begin("persona")

    console.field("Name").fill("Ada")
    console.see_saved(1)
    console.field("Description").fill("Answers customers")
    console.see_saved(2)

    state = form_state(api, "persona", console.draft_id)
    assert (state["name"], state["description"]) == ("Ada", "Answers customers")
    console.page.reload()
    console.see_saved(2)
    expect(console.field("Name")).to_have_value("Ada")
    expect(console.field("Description")).to_have_value("Answers customers")


def test_undo_and_redo_by_button(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="first")
    console.visit(f"persona/{draft}")
    console.field("Name").fill("second")
    console.see_saved(2)

    console.button("Undo (Ctrl+Z)").click()
    expect(console.field("Name")).to_have_value("first")
    console.see_saved(3)
    console.button("Redo (Ctrl+Shift+Z)").click()
    expect(console.field("Name")).to_have_value("second")
    console.see_saved(4)

    assert form_state(api, "persona", draft)["name"] == "second"


@pytest.mark.parametrize("redo", ["Control+Shift+Z", "Control+Y"])
def test_undo_and_redo_by_keys(console: Console, draft: Draft, redo: str) -> None:
    console.visit(draft.route)
    draft.text(console).fill("second")
    console.see_saved(2)

    console.page.keyboard.press("Control+Z")
    expect(draft.text(console)).to_have_value(BEFORE)
    console.see_saved(3)
    assert draft.stored == (BEFORE, "before")
    console.page.keyboard.press(redo)
    expect(draft.text(console)).to_have_value("second")
    console.see_saved(4)

    assert draft.stored == ("second", "before")


def test_an_edit_can_be_undone_the_moment_it_is_saved(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='first')}")
    console.see_saved(1)
    # The read that follows a save does not come.
    console.page.route(
        "**/persona/draft/*", lambda route: route.abort() if route.request.method == "GET" else route.continue_()
    )

    console.field("Name").fill("second")
    console.see_saved(2)
    console.page.keyboard.press("Control+Z")

    console.see_saved(3)
    expect(console.field("Name")).to_have_value("first")
