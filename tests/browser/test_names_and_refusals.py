"""What a screen reader is told: names that people know, refusals at what they are about, and a focus that stays."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.console import Console, agent_content, new_agent, new_form
from tests.served import Api

_REFUSAL = "This is too long."
_SETTINGS = [{"model_id": "borealis", "type": "reasoning_effort", "value": "high"}]


def test_marks_of_a_chosen_row_are_named_by_its_text(console: Console, api: Api) -> None:
    name = f"Returns {uuid.uuid4()}"
    row = api.call("POST", "/catalog/departments", {"value": name}).json["id"]
    assert row != name
    console.visit(f"persona/{new_form(api, 'persona', name='Ada', department_ids=[row])}")

    expect(console.button(f"Remove {name}")).to_be_visible()
    expect(console.button(f"Pending: {name}")).to_be_visible()


def test_settings_of_a_model_are_named_by_its_name(console: Console, api: Api) -> None:
    draft = new_form(api, "eval", name="Tone", model_ids=["borealis"], model_flag_values=_SETTINGS)
    console.visit(f"eval/{draft}")

    expect(console.page.get_by_role("combobox", name="reasoning effort Borealis", exact=True)).to_have_value("high")
    expect(console.button("Remove reasoning effort Borealis")).to_be_visible()


def _refuse(console: Console, kind: str, pointer: str) -> None:
    """Have the server refuse what is typed next, for what is at `pointer`."""
    problem = {
        "title": "Invalid",
        "status": 422,
        "code": "invalid",
        "errors": [{"pointer": pointer, "message": _REFUSAL}],
    }

    def answer(route: Route) -> None:
        route.fulfill(status=422, headers={"content-type": "application/problem+json"}, json=problem)

    console.page.route(f"**/{kind}/draft", answer)
    console.field("Name").fill("Tone of voice")
    expect(console.state).to_have_text("Not saved")


_FORMS: dict[str, dict[str, Any]] = {
    "persona": {"examples": ["Good morning", "Good evening"]},
    "tool": {"args_drafts": [{"name": "order"}, {"name": "parcel", "outputs": [{"name": "state"}]}]},
    "eval": {"model_ids": ["borealis"], "model_flag_values": _SETTINGS},
}


@pytest.mark.parametrize(
    ("kind", "pointer", "find"),
    [
        ("persona", "/examples/1", lambda console: console.field("Example 2")),
        ("tool", "/args_drafts/1/name", lambda console: console.field("Name of argument 2")),
        ("tool", "/args_drafts/1/field_type", lambda console: console.field("Type of parcel")),
        ("tool", "/args_drafts/1/description", lambda console: console.field("Description").last),
        ("tool", "/args_drafts/1/default_value", lambda console: console.field("Default").last),
        ("tool", "/args_drafts/1/outputs/0/name", lambda console: console.field("Name of output 1 of parcel")),
        ("tool", "/args_drafts/1/outputs/0/template", lambda console: console.field("Template of state")),
        (
            "eval",
            "/model_flag_values/0/value",
            lambda console: console.page.get_by_role("combobox", name="reasoning effort Borealis"),
        ),
    ],
)
def test_a_refusal_is_told_at_the_part_that_it_is_about(
    console: Console, api: Api, kind: str, pointer: str, find: Callable[[Console], Locator]
) -> None:
    console.visit(f"{kind}/{new_form(api, kind, name='Tone', **_FORMS[kind])}")
    console.see_saved(1)

    _refuse(console, kind, pointer)

    expect(find(console)).to_have_attribute("aria-invalid", "true")
    expect(find(console)).to_have_accessible_description(_REFUSAL)
    expect(console.page.locator("[aria-invalid=true]")).to_have_count(1)
    console.page.get_by_role("alert").get_by_role("button", name=re.compile("^(Examples|Arguments|Settings)")).click()
    expect(find(console)).to_be_focused()


@pytest.mark.parametrize(
    ("kind", "pointer", "label"),
    [
        ("persona", "/examples", "Examples"),
        ("persona", "/icon", "Icon"),
        ("persona", "/flag_ids/0", "Flags"),
        ("tool", "/args_drafts", "Arguments"),
        ("eval", "/model_flag_values", "Settings of models"),
    ],
)
def test_a_refusal_is_told_at_the_group_that_it_is_about(
    console: Console, api: Api, kind: str, pointer: str, label: str
) -> None:
    console.visit(f"{kind}/{new_form(api, kind, name='Tone', **_FORMS[kind])}")
    console.see_saved(1)

    _refuse(console, kind, pointer)

    group = console.page.locator(".field").and_(console.page.get_by_role("group", name=label, exact=True))
    expect(group).to_have_accessible_description(_REFUSAL)
    console.page.get_by_role("alert").get_by_role("button", name=label).click()
    expect(group.locator(":focus").or_(group.and_(console.page.locator(":focus")))).to_have_count(1)


def test_a_step_that_gets_another_id_keeps_the_focus_and_the_text_that_is_kept(console: Console, api: Api) -> None:
    content = {"flow": {"steps": [{"id": "triage", "type": "AGENT", "name": "Triage", "more": 1}], "edges": []}}
    agent = new_agent(api, content)
    console.visit(f"agents/{agent}/1")
    console.page.locator('.step-card[data-key="step triage"]').click()
    rest = console.field("Other members of the step, as JSON")
    rest.fill('{"more": 1,')
    expect(console.page.get_by_text("Not applied yet.")).to_be_visible()

    console.field("Id").fill("sort")
    console.field("Id").press("Enter")
    console.see_saved(2)
    expect(console.field("Id")).to_be_focused()
    console.field("Id").fill("order")
    console.field("Id").press("Tab")
    console.see_saved(3)
    expect(console.field("Type")).to_be_focused()

    console.page.reload()
    console.page.locator('.step-card[data-key="step order"]').click()
    expect(rest).to_have_value('{"more": 1,')
    assert agent_content(api, agent)["flow"]["steps"][0]["id"] == "order"


def test_a_discard_counts_nothing(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    console.see_saved(1)

    console.button("Discard the draft").click()

    dialog = console.page.get_by_role("dialog")
    expect(dialog).to_contain_text("The draft and its whole history are gone for every reader.")
    expect(dialog.locator("p")).not_to_have_text(re.compile(r"\d"))
