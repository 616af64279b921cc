"""A suggestion becomes a proposal; somebody sees before and after, and takes all, some or none of it."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.console import Console, agent_content, agent_path, form_state, new_agent, new_form
from tests.browser.drafts import BEFORE, Agent
from tests.served import Api


def _propose(api: Api, draft: str, version: int, **members: Any) -> None:
    reply = api.call(
        "POST",
        "/persona/draft",
        {"draft_id": draft, **members, "soft": True},
        if_match=f'"{version}"',
        idempotency_key=str(uuid.uuid4()),
    )
    assert reply.status == 200, reply.body


def _proposal(console: Console, name: str) -> Locator:
    """The proposal in the inbox that is of the draft with this name."""
    return console.page.get_by_role("article").filter(has=console.page.get_by_role("link", name=name))


def test_a_suggestion_waits_in_the_inbox_and_is_accepted_there_in_part(console: Console, api: Api) -> None:
    name = f"Ada {uuid.uuid4().hex}"
    draft = new_form(api, "persona", name=name, description="before", instructions="before")
    console.visit(f"persona/{draft}")
    console.see_saved(1)

    console.button("Suggest").click()
    console.field("Description").fill("after")
    console.field("Instructions").fill("afterwards")
    expect(console.state).to_have_text("Suggesting: not saved, not sent")
    console.button("Propose").click()
    console.see_saved(1)
    assert form_state(api, "persona", draft)["description"] == "before"
    console.page.get_by_role("link", name="Proposals").click()
    proposal = _proposal(console, name)
    expect(proposal).to_contain_text("made of version 1")
    expect(proposal.locator("del")).to_have_text(["before", "before"])
    expect(proposal.locator("ins")).to_have_text(["after", "afterwards"])
    proposal.get_by_role("checkbox", name="Instructions").uncheck()
    proposal.get_by_role("button", name="Accept 1 of 2").click()
    expect(_proposal(console, name)).to_have_count(0)

    state = form_state(api, "persona", draft)
    assert (state["description"], state["instructions"]) == ("after", "before")


def test_a_proposal_is_rejected_after_a_question(console: Console, api: Api) -> None:
    name = f"Ada {uuid.uuid4().hex}"
    draft = new_form(api, "persona", name=name, description="before")
    _propose(api, draft, 1, description="after")
    console.visit("proposals")

    _proposal(console, name).get_by_role("button", name="Reject").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Reject it").click()
    expect(_proposal(console, name)).to_have_count(0)

    assert form_state(api, "persona", draft)["description"] == "before"
    assert api.call("GET", f"/persona/draft/{draft}/proposals").json == []


def test_a_proposal_for_a_draft_that_moved_elsewhere_says_so_and_keeps_both(console: Console, api: Api) -> None:
    name = f"Ada {uuid.uuid4().hex}"
    draft = new_form(api, "persona", name=name, description="before")
    _propose(api, draft, 1, description="after")
    assert api.call("POST", "/persona/draft", {"draft_id": draft, "color": "#3366cc"}).status == 200
    console.visit(f"persona/{draft}")

    console.page.get_by_role("tab", name=re.compile("^Proposals")).click()
    expect(console.page.get_by_text("The draft has moved on from version 1 to 2.")).to_be_visible()
    console.button("Accept").click()
    console.see_saved(3)

    expect(console.page.get_by_role("textbox", name="Description")).to_have_value("after")
    state = form_state(api, "persona", draft)
    assert (state["description"], state["color"]) == ("after", "#3366cc")


def test_a_place_that_the_draft_changed_too_must_be_chosen(console: Console, api: Api) -> None:
    name = f"Ada {uuid.uuid4().hex}"
    draft = new_form(api, "persona", name=name, description="before")
    _propose(api, draft, 1, description="proposed")
    assert api.call("POST", "/persona/draft", {"draft_id": draft, "description": "moved"}).status == 200
    console.visit("proposals")
    proposal = _proposal(console, name)

    expect(proposal).to_contain_text("Choose at the conflict first.")
    expect(proposal.get_by_role("button", name=re.compile("^Accept"))).to_be_disabled()
    place = proposal.get_by_role("group")
    expect(place).to_contain_text("moved")
    expect(place).to_contain_text("proposed")
    place.get_by_role("radio", name="Take the proposed").check()
    proposal.get_by_role("button", name="Accept", exact=True).click()
    expect(_proposal(console, name)).to_have_count(0)

    assert form_state(api, "persona", draft)["description"] == "proposed"


def test_a_suggestion_for_an_agent_is_accepted_beside_its_draft(console: Console, api: Api) -> None:
    agent = new_agent(api, {"comment": "before"})
    console.visit(f"agents/{agent}/1")
    console.see_saved(1)

    console.button("Suggest").click()
    console.field("Comment").fill("after")
    console.button("Propose").click()
    console.page.get_by_role("tab", name=re.compile("^Proposals")).click()
    console.button("Accept").click()
    console.see_saved(2)

    assert agent_content(api, agent)["comment"] == "after"
    assert api.call("GET", f"{agent_path(agent)}/proposals").json == []


def test_a_part_of_a_suggestion_for_an_agent_is_accepted_in_the_inbox(console: Console, api: Api) -> None:
    draft = Agent(api)
    console.visit(draft.route)
    console.see_saved(1)

    console.button("Suggest").click()
    draft.text(console).fill("one two four, and so on to ten")
    draft.other(console).fill("after")
    expect(console.page.locator(".step-card.changed")).to_have_text(re.compile("^Triage"))
    console.button("Propose").click()
    console.see_saved(1)
    assert draft.stored == (BEFORE, "before")
    console.page.get_by_role("link", name="Proposals").click()
    proposal = _proposal(console, f"{draft.id}, revision 1")
    step = proposal.locator(".proposed").filter(has=console.page.get_by_role("checkbox", name="Step Triage"))
    expect(step).to_contain_text("prompt")
    expect(step.locator("del")).to_have_text("three")
    expect(step.locator("ins")).to_have_text("four, and so on to ten")
    proposal.get_by_role("checkbox", name="Comment").uncheck()
    proposal.get_by_role("button", name="Accept 1 of 2").click()
    expect(_proposal(console, f"{draft.id}, revision 1")).to_have_count(0)

    assert draft.stored == ("one two four, and so on to ten", "before")


def _save_agent(api: Api, draft: Agent, version: int, prompt: str, comment: str = "before", soft: str = "") -> None:
    content = agent_content(api, draft.id)
    content["comment"] = comment
    content["flow"]["steps"][1]["prompt"] = prompt
    path, key = agent_path(draft.id) + soft, str(uuid.uuid4())
    assert api.call("PUT", path, content, if_match=f'"{version}"', idempotency_key=key).status == 200


def _open_conflict(console: Console, api: Api) -> Agent:
    """The proposals beside an agent whose prompt was changed since one of them was made."""
    draft = Agent(api)
    _save_agent(api, draft, 1, "as it was proposed", "proposed", "?soft=true")
    _save_agent(api, draft, 1, "as it moved on")
    console.visit(draft.route)
    console.see_saved(2)
    console.page.get_by_role("tab", name=re.compile("^Proposals")).click()
    return draft


@pytest.mark.parametrize(
    ("choice", "verdict", "kept"),
    [("Keep the draft", "Accept 1 of 2", "as it moved on"), ("Take the proposed", "Accept", "as it was proposed")],
)
def test_a_step_that_the_draft_changed_too_must_be_chosen(
    console: Console, api: Api, choice: str, verdict: str, kept: str
) -> None:
    draft = _open_conflict(console, api)
    proposal = console.page.get_by_role("article")

    expect(proposal).to_contain_text(
        "The draft has moved on from version 1 to 2, and 1 of these places changed there too: choose below."
    )
    expect(proposal).to_contain_text("Choose at the conflict first.")
    expect(proposal.get_by_role("button", name=re.compile("^Accept"))).to_be_disabled()
    place = proposal.get_by_role("group", name="Step Triage")
    for text in ("prompt", BEFORE, "as it moved on", "as it was proposed"):
        expect(place).to_contain_text(text)
    place.get_by_role("radio", name=re.compile(f"^{choice}")).check()
    proposal.get_by_role("button", name=verdict, exact=True).click()
    console.see_saved(3)
    expect(proposal).to_have_count(0)

    expect(draft.text(console)).to_have_value(kept)
    assert draft.stored == (kept, "proposed")


def test_a_choice_at_a_conflict_counts_for_what_was_shown(console: Console, api: Api) -> None:
    draft = _open_conflict(console, api)
    proposal = console.page.get_by_role("article")
    proposal.get_by_role("radio", name="Take the proposed").check()

    _save_agent(api, draft, 2, "as it moved on once more")
    proposal.get_by_role("button", name="Accept", exact=True).click()

    expect(console.page.get_by_text("Nothing was decided: look at it once more.")).to_be_visible()
    expect(proposal).to_contain_text("as it moved on once more")
    expect(proposal).to_contain_text("Choose at the conflict first.")
    expect(proposal.get_by_role("radio", checked=True)).to_have_count(0)
    assert draft.stored == ("as it moved on once more", "before")
