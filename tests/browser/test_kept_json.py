"""JSON that is typed beside others' changes: it knows what it was made of and whose it is, and reverts nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

from playwright.sync_api import Locator, expect

from local.settings import DEFAULT_JWT_SECRET
from local.token import mint_token
from tests.browser.console import Console, agent_content, agent_path, new_agent
from tests.served import Api

_AGENT: dict[str, Any] = {
    "comment": "first",
    "flow": {
        "steps": [
            {"id": "start", "type": "ENTRY_POINT", "name": "Message arrives"},
            {"id": "triage", "type": "AGENT", "name": "Triage", "prompt": "Read the message."},
            {"id": "end", "type": "EXIT_POINT", "name": "Answer is sent"},
        ],
        "edges": [{"source": "start", "target": "triage"}, {"source": "triage", "target": "end"}],
    },
}
_CHANGED = "The draft changed while this text could not be read."


def _text(console: Console) -> Locator:
    return console.field("The whole agent as JSON")


def _break(console: Console) -> str:
    """Type a comment, and a comma that does not read, into the open agent; returns the text without the comma."""
    console.button("JSON").click()
    mended = _text(console).input_value().replace('"first"', '"typed"')
    _text(console).fill(mended.replace('"typed",', '"typed",,'))
    expect(console.page.get_by_text("Not applied yet.")).to_be_visible()
    return mended


def _with_name(content: dict[str, Any], name: str) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    changed["flow"]["steps"][1]["name"] = name
    return changed


def test_json_that_is_mended_after_another_edit_does_not_revert_it(console: Console, api: Api) -> None:
    agent = new_agent(api, _AGENT)
    console.visit(f"agents/{agent}/1")
    mended = _break(console)

    console.button("Graph").click()
    console.page.locator('.step-card[data-key="step triage"]').click()
    console.page.get_by_label("Name", exact=True).fill("First look")
    console.see_saved(2)
    console.button("JSON").click()
    _text(console).fill(mended)
    expect(console.page.get_by_text(_CHANGED)).to_be_visible()
    assert agent_content(api, agent) == _with_name(_AGENT, "First look")
    console.button("Use this text").click()
    console.see_saved(3)

    assert agent_content(api, agent) == _with_name(_AGENT, "First look") | {"comment": "typed"}
    assert json.loads(_text(console).input_value()) == agent_content(api, agent)


def test_json_that_is_mended_after_a_reload_does_not_revert_what_others_saved(console: Console, api: Api) -> None:
    agent = new_agent(api, _AGENT)
    console.visit(f"agents/{agent}/1")
    mended = _break(console)
    console.visit("agents")
    expect(console.page.get_by_role("heading", name="Agents")).to_be_visible()

    theirs = _with_name(_AGENT, "Theirs")
    assert api.call("PUT", agent_path(agent), theirs, if_match='"1"').status == 200
    console.visit(f"agents/{agent}/1")
    console.page.reload()
    console.see_saved(2)
    console.button("JSON").click()
    _text(console).fill(mended)
    expect(console.page.get_by_text(_CHANGED)).to_be_visible()
    # Kept because the draft changed: that is still known after a reload.
    console.page.reload()
    console.see_saved(2)
    console.button("JSON").click()
    expect(_text(console)).to_have_value(mended)
    expect(console.page.get_by_text(_CHANGED)).to_be_visible()
    console.button("Use this text").click()
    console.see_saved(3)

    assert agent_content(api, agent) == theirs | {"comment": "typed"}


def test_a_text_that_waits_outlives_further_changes(console: Console, api: Api) -> None:
    agent = new_agent(api, _AGENT)
    console.visit(f"agents/{agent}/1")
    mended = _break(console)
    theirs = _with_name(_AGENT, "Theirs")
    assert api.call("PUT", agent_path(agent), theirs, if_match='"1"').status == 200
    console.see_saved(2)
    _text(console).fill(mended)
    expect(console.page.get_by_text(_CHANGED)).to_be_visible()

    theirs = _with_name(_AGENT, "Theirs again")
    assert api.call("PUT", agent_path(agent), theirs, if_match='"2"').status == 200
    console.see_saved(3)

    expect(_text(console)).to_have_value(mended)
    console.button("Use this text").click()
    console.see_saved(4)
    assert agent_content(api, agent) == theirs | {"comment": "typed"}


def test_kept_json_is_not_shown_to_another_user(console: Console, api: Api) -> None:
    agent = new_agent(api, _AGENT)
    console.visit(f"agents/{agent}/1")
    _break(console)

    console.button("Connection: dev local").click()
    console.field("Bearer token").fill(mint_token(DEFAULT_JWT_SECRET, "local", "grace"))
    console.button("Connect").click()
    expect(console.button("Connection: grace local")).to_be_visible()
    expect(console.state).to_have_text("Nothing saved yet")
    console.button("JSON").click()

    expect(_text(console)).to_have_value("{}")
    console.button("Connection: grace local").click()
    console.field("Bearer token").fill("")
    console.button("Connect").click()
    expect(console.button("Connection: dev local")).to_be_visible()
    console.button("JSON").click()
    expect(console.page.get_by_text("Not applied yet.")).to_be_visible()


def test_members_of_a_step_that_are_mended_later_revert_nothing(console: Console, api: Api) -> None:
    content = copy.deepcopy(_AGENT)
    content["flow"]["steps"][1] |= {"memory": {"turns": 1}, "limits": {"tokens": 1}}
    agent = new_agent(api, content)
    console.visit(f"agents/{agent}/1")
    console.page.locator('.step-card[data-key="step triage"]').click()
    rest = console.field("Other members of the step, as JSON")
    mended = rest.input_value().replace('"turns": 1', '"turns": 2')
    rest.fill(mended + "}")
    expect(console.page.get_by_text("Not applied yet.")).to_be_visible()

    content["flow"]["steps"][1]["limits"] = {"tokens": 7}
    assert api.call("PUT", agent_path(agent), content, if_match='"1"').status == 200
    console.see_saved(2)
    rest.fill(mended)
    expect(console.page.get_by_text(_CHANGED)).to_be_visible()
    console.button("Use this text").click()
    console.see_saved(3)

    content["flow"]["steps"][1]["memory"] = {"turns": 2}
    assert agent_content(api, agent) == content


# Types as soon as the page tells of others' changes: sooner than a long text is written anew.
_TYPE_AT_ONCE = """(text) => {
    window.typed = new Promise((resolve) => {
        new MutationObserver((_, watcher) => {
            if (!document.body.textContent.includes("changed this draft")) return;
            watcher.disconnect();
            text.value = text.value.replace('"first"', '"typed"');
            text.dispatchEvent(new Event("input", { bubbles: true }));
            resolve();
        }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
}"""


def test_what_is_typed_into_a_long_text_right_after_a_change_is_kept(console: Console, api: Api) -> None:
    content = _AGENT | {"assets": [{"id": "long", "text": "x" * 80_000}]}
    agent = new_agent(api, content)
    console.visit(f"agents/{agent}/1")
    console.button("JSON").click()
    _text(console).focus()
    _text(console).evaluate(_TYPE_AT_ONCE)

    theirs = _with_name(content, "Theirs")
    assert api.call("PUT", agent_path(agent), theirs, if_match='"1"').status == 200
    console.see_saved(2)
    console.page.evaluate("window.typed")

    expect(console.page.get_by_text(_CHANGED)).to_be_visible()
    assert '"typed"' in _text(console).input_value()
    console.button("Use this text").click()
    console.see_saved(3)
    assert agent_content(api, agent) == theirs | {"comment": "typed"}
