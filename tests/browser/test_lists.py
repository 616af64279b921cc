"""Drafts are found, begun and discarded."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from tests.browser.console import Console, form_state, new_form
from tests.served import Api


def test_a_draft_is_begun_from_the_list_and_found_there_afterwards(console: Console) -> None:
    name = f"Ada {uuid.uuid4()}"
    console.visit("persona")

    console.button("New persona").click()
    console.field("Name").fill(name)
    console.see_saved(1)
    console.page.get_by_role("link", name="Back to the list").click()

    console.page.get_by_role("link", name=name).click()
    expect(console.field("Name")).to_have_value(name)


def test_the_list_is_searched_by_name(console: Console, api: Api) -> None:
    mark = uuid.uuid4().hex
    new_form(api, "tool", name=f"track {mark}")
    new_form(api, "tool", name=f"refund {uuid.uuid4().hex}")
    console.visit("tool")

    console.field("Search tools by name").fill(mark)

    expect(console.page.locator(".card-title")).to_have_text([f"track {mark}"])
    console.field("Search tools by name").fill(f"{mark}{mark}")
    expect(console.page.get_by_text(f"No tool has “{mark}{mark}” in its name.")).to_be_visible()


def test_a_draft_is_discarded_only_after_a_question(console: Console, api: Api) -> None:
    name = f"Ada {uuid.uuid4()}"
    draft = new_form(api, "persona", name=name)
    console.visit(f"persona/{draft}")

    console.button("Discard the draft").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    assert form_state(api, "persona", draft)["name"] == name
    console.button("Discard the draft").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Discard", exact=True).click()

    expect(console.page.get_by_role("heading", name="Personas")).to_be_visible()
    expect(console.page.get_by_role("link", name=name)).to_have_count(0)
    assert api.call("GET", f"/persona/draft/{draft}").status == 404


def test_a_draft_that_is_not_there_is_said_so(console: Console) -> None:
    console.visit(f"persona/{uuid.uuid4()}")

    expect(console.page.get_by_role("alert")).to_contain_text("There is nothing here, or nothing that you may see.")
