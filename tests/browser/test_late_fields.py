"""Fields whose text counts once they are left: nothing that is typed there is lost, or gets to another place."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.console import Console, agent_content, form_state, new_agent, new_form
from tests.served import Api

_AGENT: dict[str, Any] = {
    "slots": [{"name": "boss", "displayName": "Boss", "requiredKind": "HUMAN"}],
    "flow": {
        "steps": [
            {"id": "start", "type": "ENTRY_POINT", "name": "Message arrives"},
            {"id": "triage", "type": "AGENT", "name": "Triage", "prompt": "Read it.", "more": 1},
            {"id": "end", "type": "EXIT_POINT", "name": "Answer is sent"},
        ],
        "edges": [{"source": "start", "target": "triage"}, {"source": "triage", "target": "end"}],
    },
}


def _late(console: Console, api: Api, place: str) -> tuple[Locator, str]:
    """Open a draft at its first version with a field that is committed late, and what the server has of that field."""
    if place in {"id of a step", "name of an approver"}:
        agent = new_agent(api, _AGENT)
        console.visit(f"agents/{agent}/1")
        if place == "name of an approver":
            return console.page.locator(".slot").get_by_label("Name", exact=True), agent
        console.page.locator('.step-card[data-key="step triage"]').click()
        return console.field("Id"), agent
    if place == "name of an argument":
        draft = new_form(api, "tool", name="track", args_drafts=[{"name": "order"}])
        console.visit(f"tool/{draft}")
        return console.field("Name of argument 1"), draft
    draft = new_form(api, "persona", name="Ada", color="#111111")
    console.visit(f"persona/{draft}")
    return console.field("Color"), draft


def _stored(api: Api, place: str, draft: str) -> str:
    match place:
        case "id of a step":
            return str(agent_content(api, draft)["flow"]["steps"][1]["id"])
        case "name of an approver":
            return str(agent_content(api, draft)["slots"][0]["name"])
        case "name of an argument":
            return str(form_state(api, "tool", draft)["args_drafts"][0]["name"])
        case _:
            return str(form_state(api, "persona", draft)["color"])


_PLACES = pytest.mark.parametrize(
    ("place", "typed"),
    [
        ("id of a step", "sort"),
        ("name of an approver", "lead"),
        ("name of an argument", "parcel"),
        ("color", "#3366cc"),
    ],
)


@_PLACES
def test_what_is_typed_outlives_a_reload(console: Console, api: Api, place: str, typed: str) -> None:
    box, draft = _late(console, api, place)
    console.see_saved(1)

    box.fill(typed)
    console.page.reload()
    console.see_saved(2)

    assert _stored(api, place, draft) == typed


@_PLACES
def test_what_is_typed_is_saved_by_hand_without_leaving(console: Console, api: Api, place: str, typed: str) -> None:
    box, draft = _late(console, api, place)
    console.see_saved(1)

    box.fill(typed)
    box.press("Control+s")
    console.see_saved(2)

    expect(box).to_be_focused()
    assert _stored(api, place, draft) == typed


@_PLACES
def test_undo_belongs_to_the_text_that_is_typed(console: Console, api: Api, place: str, typed: str) -> None:
    box, draft = _late(console, api, place)
    before = _stored(api, place, draft)
    is_agent = "/agents/" in console.page.url
    if is_agent:
        console.field("Comment").fill("second")
    else:
        console.field("Name").fill("second")
    console.see_saved(2)

    box.press("End")
    box.press_sequentially(typed)
    for _ in typed:
        # How many letters it takes back at once is the browser's matter: all of them, unless typing was slow.
        if box.input_value() != before:
            box.press("Control+z")

    expect(box).to_have_value(before)
    console.see_saved(2)
    # The text is as it was: from now on it is the draft that is undone.
    box.press("Control+z")
    console.see_saved(3)
    if is_agent:
        assert agent_content(api, draft) == _AGENT


def test_what_is_typed_is_kept_when_the_page_is_left_for_another(console: Console, api: Api) -> None:
    console.visit("persona")
    box, draft = _late(console, api, "color")
    console.see_saved(1)

    box.fill("#3366cc")
    console.page.go_back()
    expect(console.page.get_by_role("heading", name="Personas")).to_be_visible()
    console.visit(f"persona/{draft}")
    console.see_saved(2)

    assert form_state(api, "persona", draft)["color"] == "#3366cc"


def test_a_new_example_is_saved_while_it_is_typed(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", examples=["Good morning"])
    console.visit(f"persona/{draft}")
    fresh = console.field("New example")

    fresh.press_sequentially("Good ")
    console.see_saved(2)
    assert form_state(api, "persona", draft)["examples"] == ["Good morning", "Good "]
    fresh.press_sequentially("evening")
    console.see_saved(3)

    expect(fresh).to_be_focused()
    expect(fresh).to_have_value("Good evening")
    assert form_state(api, "persona", draft)["examples"] == ["Good morning", "Good evening"]
    fresh.press("Tab")
    expect(console.field("Example 2")).to_have_value("Good evening")
    expect(fresh).to_have_value("")


def test_a_new_example_that_is_emptied_again_is_none(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", examples=["Good morning"])
    console.visit(f"persona/{draft}")

    console.field("New example").fill("Good")
    console.see_saved(2)
    console.field("New example").fill("")
    console.see_saved(3)

    assert form_state(api, "persona", draft)["examples"] == ["Good morning"]


def test_an_example_that_is_emptied_goes_once_it_is_left(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", examples=["Good morning", "Good evening"])
    console.visit(f"persona/{draft}")

    console.field("Example 1").fill("")
    console.field("Example 1").press("Tab")
    console.see_saved(2)

    expect(console.field("Example 1")).to_have_value("Good evening")
    assert form_state(api, "persona", draft)["examples"] == ["Good evening"]


def test_an_example_that_is_emptied_and_typed_anew_stays(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", examples=["Good morning", "Good evening"])
    console.visit(f"persona/{draft}")

    console.field("Example 1").fill("")
    console.field("Example 1").press_sequentially("Hello")
    console.see_saved(2)
    console.field("Example 1").press("Tab")

    assert form_state(api, "persona", draft)["examples"] == ["Hello", "Good evening"]
    expect(console.field("Example 1")).to_have_value("Hello")


def test_a_default_is_saved_while_it_is_typed_and_stays_as_it_is_written(console: Console, api: Api) -> None:
    draft = new_form(api, "tool", name="track", args_drafts=[{"name": "weight", "field_type": "number"}])
    console.visit(f"tool/{draft}")
    box = console.field("Default")

    box.press_sequentially("1.0")
    console.see_saved(2)
    assert form_state(api, "tool", draft)["args_drafts"][0]["default_value"] == 1
    box.press_sequentially("5")
    console.see_saved(3)

    expect(box).to_have_value("1.05")
    assert form_state(api, "tool", draft)["args_drafts"][0]["default_value"] == 1.05


def test_a_default_keeps_all_its_digits(console: Console, api: Api) -> None:
    draft = new_form(api, "tool", name="track", args_drafts=[{"name": "code", "field_type": "integer"}])
    console.visit(f"tool/{draft}")

    console.field("Default").fill("12345678901234567890")
    console.see_saved(2)

    assert form_state(api, "tool", draft)["args_drafts"][0]["default_value"] == 12345678901234567890
    expect(console.field("Default")).to_have_value("12345678901234567890")


def test_the_name_of_an_argument_is_not_given_to_one_that_others_put_before_it(console: Console, api: Api) -> None:
    draft = new_form(api, "tool", name="track", args_drafts=[{"name": "order"}, {"name": "parcel"}])
    console.visit(f"tool/{draft}")
    known = form_state(api, "tool", draft)["args_drafts"]
    console.field("Name of argument 2").fill("package")

    reply = api.call("POST", "/tool/draft", {"draft_id": draft, "args_drafts": [{"name": "country"}, *known]})
    assert reply.status == 200
    console.see_saved(2)
    expect(console.field("Name of argument 3")).to_have_value("package")
    console.field("Name of argument 3").press("Enter")
    console.see_saved(3)

    names = [one["name"] for one in form_state(api, "tool", draft)["args_drafts"]]
    assert names == ["country", "order", "package"]


def test_the_name_of_an_output_is_not_given_to_one_that_others_put_before_it(console: Console, api: Api) -> None:
    argument = {"name": "order", "outputs": [{"name": "state"}, {"name": "place"}]}
    draft = new_form(api, "tool", name="track", args_drafts=[argument])
    console.visit(f"tool/{draft}")
    (known,) = form_state(api, "tool", draft)["args_drafts"]
    console.field("Name of output 2 of order").fill("town")

    changed = known | {"outputs": [{"name": "date"}, *known["outputs"]]}
    assert api.call("POST", "/tool/draft", {"draft_id": draft, "args_drafts": [changed]}).status == 200
    console.see_saved(2)
    console.field("Name of output 3 of order").press("Enter")
    console.see_saved(3)

    (argument,) = form_state(api, "tool", draft)["args_drafts"]
    assert [one["name"] for one in argument["outputs"]] == ["date", "state", "town"]


def test_the_name_of_an_approver_is_not_given_to_one_that_others_put_before_it(console: Console, api: Api) -> None:
    box, agent = _late(console, api, "name of an approver")
    box.fill("lead")

    changed = _AGENT | {"slots": [{"name": "owner"}, *_AGENT["slots"]]}
    path = f"/v1/tenants/local/agents/{agent}/revisions/1/draft"
    assert api.call("PUT", path, changed, if_match='"1"').status == 200
    console.see_saved(2)
    box.nth(1).press("Enter")
    console.see_saved(3)

    assert [one["name"] for one in agent_content(api, agent)["slots"]] == ["owner", "lead"]


def test_an_argument_that_is_moved_keeps_the_focus(console: Console, api: Api) -> None:
    draft = new_form(api, "tool", name="track", args_drafts=[{"name": "a"}, {"name": "b"}, {"name": "c"}])
    console.visit(f"tool/{draft}")

    console.button("Move c up").press("Enter")
    expect(console.field("Name of argument 2")).to_have_value("c")
    expect(console.button("Move c up")).to_be_focused()
    console.page.keyboard.press("Enter")
    expect(console.field("Name of argument 1")).to_have_value("c")
    expect(console.button("Move c down")).to_be_focused()
    console.button("Move c down").press("Enter")

    expect(console.field("Name of argument 2")).to_have_value("c")
    expect(console.button("Move c down")).to_be_focused()


def test_an_argument_that_is_named_and_left_by_a_key_keeps_the_focus_in_its_row(console: Console, api: Api) -> None:
    draft = new_form(api, "tool", name="track", args_drafts=[{"name": "order"}])
    console.visit(f"tool/{draft}")

    console.field("Name of argument 1").fill("parcel")
    console.field("Name of argument 1").press("Tab")
    console.see_saved(2)

    expect(console.field("Type of parcel")).to_be_focused()
    assert form_state(api, "tool", draft)["args_drafts"][0]["name"] == "parcel"
