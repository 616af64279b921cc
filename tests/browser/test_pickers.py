"""Pickers on a slow network, and beside others: what is typed is taken, and nothing of others is overwritten."""

from __future__ import annotations

import uuid

from playwright.sync_api import Route, expect

from tests.browser.console import Console, form_state, new_form
from tests.served import Api


def _hold(console: Console, address: str) -> list[Route]:
    """Hold requests back; returns them as they come."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    console.page.route(address, hold)
    return held


def test_enter_takes_no_row_of_the_search_before(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada")
    console.visit(f"persona/{draft}")
    box = console.picker("Departments")
    box.focus()
    expect(console.option("Customer Support")).to_be_visible()
    held = _hold(console, "**/catalog/departments?q=fin*")

    with console.page.expect_request("**/catalog/departments?q=fin*"):
        box.press_sequentially("fin")
        box.press("Enter")
    box.press("Enter")
    expect(console.page.get_by_role("listbox").get_by_role("option", selected=True)).to_have_count(0)
    held.pop().continue_()
    expect(console.page.get_by_role("listbox").get_by_role("option", selected=True)).to_have_text("Finance")
    box.press("Enter")
    console.see_saved(2)

    assert form_state(api, "persona", draft)["department_ids"] == ["finance"]


def test_a_search_without_an_answer_offers_nothing_of_the_one_before(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    box = console.picker("Departments")
    box.focus()
    expect(console.option("Customer Support")).to_be_visible()

    console.page.route("**/catalog/departments?q=fin*", lambda route: route.abort())
    box.press_sequentially("fin")

    expect(console.option()).to_have_text(["The server cannot be reached."])


def test_a_row_that_is_created_joins_what_is_chosen_by_then(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", department_ids=["sales", "legal"])
    name = f"Returns {uuid.uuid4()}"
    console.visit(f"persona/{draft}")
    console.picker("Departments").fill(name)
    held = _hold(console, "**/catalog/departments")
    with console.page.expect_request("**/catalog/departments"):
        console.option(f"Create “{name}”").click()

    console.button("Remove Sales").click()
    console.see_saved(2)
    reply = api.call("POST", "/persona/draft", {"draft_id": draft, "department_ids": ["legal", "finance"]})
    assert reply.status == 200
    console.see_saved(3)
    held.pop().continue_()
    console.see_saved(4)

    chosen = form_state(api, "persona", draft)["department_ids"]
    assert chosen[:2] == ["legal", "finance"]
    assert api.call("GET", f"/catalog/departments/{chosen[2]}").json["value"] == name
