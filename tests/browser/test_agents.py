"""Agents: the flow as a graph, its steps beside it, the same as JSON, and what keeps it from being published."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.console import Console, agent_content, new_agent
from tests.served import Api

_WHOLE: dict[str, Any] = {
    "flow": {
        "steps": [
            {"id": "start", "type": "ENTRY_POINT", "name": "Message arrives"},
            {"id": "triage", "type": "AGENT", "name": "Triage", "prompt": "Read the message."},
            {"id": "end", "type": "EXIT_POINT", "name": "Answer is sent"},
        ],
        "edges": [{"source": "start", "target": "triage"}, {"source": "triage", "target": "end"}],
    }
}
_NO_EXIT: dict[str, Any] = {
    "flow": {
        "steps": _WHOLE["flow"]["steps"][:2],
        "edges": [*_WHOLE["flow"]["edges"][:1], {"source": "triage", "target": "lost"}],
    }
}


def _card(console: Console, name: str) -> Locator:
    return console.page.locator(f'.step-card[title$=": {name}"]')


def _panel(console: Console, name: str) -> Locator:
    return console.page.get_by_role("region", name=f"Step {name}")


def test_an_example_agent_is_drawn_and_publishable(console: Console) -> None:
    console.visit("agents")

    console.button("Start with an example").click()

    console.see_saved(1)
    expect(console.page.locator(".step-card")).to_have_count(6)
    expect(console.page.locator(".edges path.edge")).to_have_count(6)
    expect(_card(console, "Refund")).to_have_accessible_name(
        "Refund refund , Tool, waits for approval, goes to Write the answer"
    )
    expect(console.page.get_by_text("Publishable")).to_be_visible()


def test_an_agent_is_opened_by_its_id_and_remembered(console: Console, api: Api) -> None:
    agent = new_agent(api, _WHOLE)
    console.visit("agents")

    console.field("Agent").fill(agent)
    console.field("Agent").press("Enter")
    console.page.get_by_role("link", name="Revision 1").click()
    console.see_saved(1)

    console.visit("agents")
    expect(console.page.get_by_role("link", name=agent)).to_be_visible()


def test_a_step_is_edited_beside_the_graph(console: Console, api: Api) -> None:
    agent = new_agent(api, _WHOLE)
    console.visit(f"agents/{agent}/1")

    _card(console, "Triage").click()
    _panel(console, "Triage").get_by_label("Prompt").fill("Read it twice.")
    console.see_saved(2)
    _panel(console, "Triage").get_by_label("Name", exact=True).fill("First look")
    console.see_saved(3)

    expect(_card(console, "First look")).to_be_visible()
    step = agent_content(api, agent)["flow"]["steps"][1]
    assert step == {"id": "triage", "type": "AGENT", "name": "First look", "prompt": "Read it twice."}


def test_a_step_is_added_after_another_and_removed(console: Console, api: Api) -> None:
    agent = new_agent(api, _WHOLE)
    console.visit(f"agents/{agent}/1")

    _card(console, "Triage").click()
    _panel(console, "Triage").get_by_role("button", name="Step after this one").click()
    console.see_saved(2)
    assert len(agent_content(api, agent)["flow"]["steps"]) == 4
    console.page.locator(".step-panel").get_by_role("button", name="Remove", exact=True).click()
    console.page.get_by_role("dialog").get_by_role("button", name="Remove the agent step").click()
    console.see_saved(3)

    assert len(agent_content(api, agent)["flow"]["steps"]) == 3


def test_the_graph_follows_the_json(console: Console, api: Api) -> None:
    agent = new_agent(api, _WHOLE)
    console.visit(f"agents/{agent}/1")
    console.button("Both").click()
    text = console.field("The whole agent as JSON")

    changed = json.loads(text.input_value())
    assert changed == _WHOLE
    changed["flow"]["steps"][1]["name"] = "By JSON"
    text.fill(json.dumps(changed))
    console.see_saved(2)

    expect(_card(console, "By JSON")).to_be_visible()
    assert agent_content(api, agent)["flow"]["steps"][1]["name"] == "By JSON"


def test_json_that_does_not_read_is_pointed_at_and_not_saved(console: Console, api: Api) -> None:
    agent = new_agent(api, _WHOLE)
    console.visit(f"agents/{agent}/1")
    console.button("JSON").click()
    text = console.field("The whole agent as JSON")

    text.fill('{"comment": ')
    expect(console.page.get_by_text("Not applied yet.")).to_be_visible()
    expect(text).to_have_attribute("aria-invalid", "true")
    console.page.reload()
    console.button("JSON").click()
    expect(text).to_have_value('{"comment": ')

    console.see_saved(1)
    assert agent_content(api, agent) == _WHOLE


def test_issues_stand_at_their_steps_and_go_when_they_are_mended(console: Console, api: Api) -> None:
    agent = new_agent(api, _NO_EXIT)
    console.visit(f"agents/{agent}/1")

    expect(console.button("2 issues")).to_be_visible()
    expect(console.page.get_by_role("heading", name="2 issues before it can be published")).to_be_visible()
    lost = console.page.locator(".step-card.missing")
    expect(lost).to_contain_text("lost")
    console.page.get_by_role("button", name="names no step").click()
    expect(console.page.locator(".step-panel")).to_contain_text("names no step")
    lost.click()
    console.button("Create this step").click()
    console.page.locator(".step-panel").get_by_label("Type").select_option("EXIT_POINT")

    expect(console.page.get_by_text("Publishable")).to_be_visible()
    expect(console.page.get_by_text("before it can be published")).to_have_count(0)
    assert agent_content(api, agent)["flow"]["steps"][2]["type"] == "EXIT_POINT"


def test_a_refused_flow_is_told_and_kept(console: Console, api: Api) -> None:
    agent = new_agent(api, _WHOLE)
    console.visit(f"agents/{agent}/1")
    console.button("JSON").click()

    console.field("The whole agent as JSON").fill('{"flow": {"steps": 7}}')

    expect(console.state).to_have_text("Not saved")
    expect(console.field("The whole agent as JSON")).to_have_value('{"flow": {"steps": 7}}')
    assert agent_content(api, agent) == _WHOLE
