"""A suggestion becomes a proposal; somebody sees before and after, and takes all, some or none of it."""

from __future__ import annotations

import re
import uuid
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.console import Console, agent_content, agent_path, form_state, new_agent, new_form
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
