"""Every view by day and by night, on a telephone and on a desk: usable by all, photographed into .cache/screenshots."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests import npm
from tests.browser.axe import grave_violations
from tests.browser.console import Console, agent_content, agent_path, new_agent, new_form
from tests.browser.drafts import Agent
from tests.served import Api

PICTURES = npm.CACHE / "screenshots"
Scheme = Literal["light", "dark"]

_WIDTHS: tuple[ViewportSize, ...] = ({"width": 1440, "height": 900}, {"width": 360, "height": 740})
_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


_PERSONA: dict[str, Any] = {
    "name": "Ada from Support",
    "description": "Answers customers of a parcel service, calmly and to the point.",
    "instructions": "Greet by name. Quote the policy that an answer rests on. When one is late, say what happens next.",
    "examples": ["Good morning, Ms Okafor. Your parcel left Leipzig at 6:10 and arrives tomorrow before noon."],
    "color": "#3366cc",
    "icon": "chat",
    "departments": ["Customer Support"],
    "voice_ids": ["voice-coral"],
    "active": True,
}
_ARGUMENT = {
    "name": "order_number",
    "field_type": "string",
    "description": "As printed on the receipt",
    "required": True,
    "outputs": [{"name": "status", "template": "The parcel is {{status}}."}],
}


def _save(api: Api, draft: str, version: int, **members: Any) -> None:
    reply = api.call("POST", "/persona/draft", {"draft_id": draft, **members}, if_match=f'"{version}"')
    assert reply.status == 200, reply.body


def _persona(console: Console, api: Api) -> str:
    """A persona with a history: a branch that was left, a label, a pin, and a proposal that waits."""
    draft = new_form(api, "persona", name="Ada", description="Answers customers.")
    _save(api, draft, 1, instructions="Be brief.")
    _save(api, draft, 2, instructions="Be brief, and never apologize.", color="#d92d20")
    assert api.call("POST", f"/persona/draft/{draft}/undo", if_match='"3"').status == 200
    _save(api, draft, 4, **_PERSONA)
    label = {"label": "as in the pilot", "pinned": True}
    assert api.call("PATCH", f"/persona/draft/{draft}/history/2", label).status == 200
    _save(api, draft, 5, department_ids=["customer-support", "sales"], pending_ids=["sales"])
    key = {"if_match": '"6"', "idempotency_key": str(uuid.uuid4())}
    proposed = {"description": "Answers customers of a parcel service, calmly, in their language.", "color": "#17b26a"}
    assert api.call("POST", "/persona/draft", {"draft_id": draft, **proposed, "soft": True}, **key).status == 200
    console.visit(f"persona/{draft}")
    console.see_saved(6)
    expect(console.page.get_by_text("as in the pilot")).to_be_visible()
    expect(console.page.get_by_role("tab", name="Proposals")).to_contain_text("1")
    expect(console.page.locator(".drawings img").first).to_be_visible()
    return draft


def _list(console: Console, api: Api) -> None:
    for name in ("Ada from Support", "Grace", "A persona with a name that is as long as names of personas may become"):
        new_form(api, "persona", name=name)
    console.visit("persona")
    expect(console.page.get_by_role("link", name="Ada from Support").first).to_be_visible()


def _empty_list(console: Console, api: Api) -> None:
    console.page.route("**/eval/drafts", lambda route: route.fulfill(json=[]))
    console.visit("eval")
    expect(console.page.get_by_text("No evals yet")).to_be_visible()


def _unreachable(console: Console, api: Api) -> None:
    console.page.route("**/persona/drafts", lambda route: route.abort())
    console.visit("persona")
    expect(console.page.get_by_role("alert")).to_be_visible()


def _persona_proposals(console: Console, api: Api) -> None:
    _persona(console, api)
    console.page.get_by_role("tab", name="Proposals").click()
    expect(console.button("Accept")).to_be_visible()


def _entry(console: Console, api: Api) -> None:
    _persona(console, api)
    console.page.locator(".entry").filter(has_text="as in the pilot").locator(".entry-open").click()
    expect(console.field("Label of version 2")).to_be_visible()


def _compared(console: Console, api: Api) -> None:
    _persona(console, api)
    console.field("Select version 2 to compare it").check()
    console.field("Select version 6 to compare it").check()
    console.button("Compare").click()
    expect(console.page.get_by_role("dialog")).to_contain_text("fields changed")


def _picker(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    console.picker("Voices").press_sequentially("a")
    expect(console.option("Alloy")).to_be_visible()


def _tool(console: Console, api: Api) -> None:
    console.visit(f"tool/{new_form(api, 'tool', name='track_parcel', args_drafts=[_ARGUMENT])}")
    console.see_saved(1)


def _eval(console: Console, api: Api) -> None:
    settings = [{"model_id": "atlas-large", "type": "reasoning_effort", "value": "high"}]
    draft = new_form(api, "eval", name="Tone", model_ids=["atlas-large", "borealis"], model_flag_values=settings)
    console.visit(f"eval/{draft}")
    console.see_saved(1)


def _test(console: Console, api: Api) -> None:
    draft = new_form(
        api, "test", name="A late parcel", value_id="late-parcel", temperature_level_id="temperature-precise"
    )
    console.visit(f"test/{draft}")
    console.see_saved(1)


def _conflict(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", description="Answers customers.")
    console.visit(f"persona/{draft}")
    console.see_saved(1)
    _save(api, draft, 1, name="Grace", description="Answers customers, kindly.")
    console.field("Description").fill("Answers customers of a parcel service.")
    expect(console.page.get_by_role("alertdialog")).to_be_visible()


def _agent_conflict(console: Console, api: Api) -> None:
    draft = Agent(api)
    console.visit(draft.route)
    console.see_saved(1)
    console.meet_reads(lambda route: route.fulfill(status=304))
    assert draft.change("Read the message, and say what it is about.") == 200
    draft.text(console).fill("Read the message twice, and ask when it is unclear.")
    expect(console.page.get_by_role("alertdialog")).to_be_visible()


def _agent_proposals(console: Console, api: Api) -> None:
    """A proposal of the only version that an agent had then, for a step that it has changed since."""
    draft = Agent(api)
    content = agent_content(api, draft.id)
    content["comment"] = "Asks when it is unclear."
    content["flow"]["steps"][1]["prompt"] = "Read the message twice, and ask when it is unclear."
    soft = {"if_match": '"1"', "idempotency_key": str(uuid.uuid4())}
    assert api.call("PUT", f"{agent_path(draft.id)}?soft=true", content, **soft).status == 200
    assert draft.change("Read the message, and say what it is about.") == 200
    console.visit(draft.route)
    console.page.get_by_role("tab", name="Proposals").click()
    expect(console.page.get_by_text("changed by both")).to_be_visible()


def _refused(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    console.field("Color").fill("no such color")
    console.field("Color").press("Enter")
    expect(console.state).to_have_text("Not saved")


def _offline(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    console.see_saved(1)
    console.page.route("**/persona/draft**", lambda route: route.abort())
    console.field("Name").fill("Ada, typed offline")
    expect(console.state).to_have_text("Offline: kept here, will retry")


def _suggesting(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    console.button("Suggest").click()
    console.field("Description").fill("As somebody would have it.")
    expect(console.state).to_have_text("Suggesting: not saved, not sent")


def _discard(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    console.button("Discard the draft").click()
    expect(console.page.get_by_role("dialog")).to_be_visible()


def _connection(console: Console, api: Api) -> None:
    console.visit("persona")
    console.page.get_by_role("button", name="Connection").click()
    expect(console.field("Bearer token")).to_be_visible()


def _inbox(console: Console, api: Api) -> None:
    draft = _persona(console, api)
    _save(api, draft, 6, description="Answers customers, by letter.")
    console.visit("proposals")
    expect(console.page.get_by_text("changed by both").first).to_be_visible()


def _agents(console: Console, api: Api) -> None:
    console.visit("agents")
    expect(console.button("Start with an example")).to_be_visible()


def _agent(console: Console, api: Api) -> None:
    """The example, with a history: a branch that was left, a label and a pin."""
    console.visit("agents")
    console.button("Start with an example").click()
    console.see_saved(1)
    path = f"/v1/tenants/local/agents/support/revisions/{console.page.url.rpartition('/')[2]}/draft"
    content = api.call("GET", path).json["headData"]

    def save(version: int, prompt: str) -> None:
        content["flow"]["steps"][1]["prompt"] = prompt
        assert api.call("PUT", path, content, if_match=f'"{version}"').status == 200

    save(1, "Read the message, and say what it is about.")
    save(2, "Read the message twice.")
    assert api.call("POST", f"{path}:undo", if_match='"3"').status == 200
    save(4, "Is it about a parcel, an invoice, or something else? Ask when it is unclear.")
    assert api.call("PATCH", f"{path}/history/2", {"label": "as in the pilot", "pinned": True}).status == 200
    console.page.reload()
    console.see_saved(5)
    expect(console.page.locator(".step-card")).to_have_count(6)
    expect(console.page.get_by_text("as in the pilot")).to_be_visible()


def _revisions(console: Console, api: Api) -> None:
    console.visit(f"agents/{new_agent(api, {'comment': 'first'})}")
    expect(console.page.get_by_role("link", name="Revision 1")).to_be_visible()


def _agent_step(console: Console, api: Api) -> None:
    _agent(console, api)
    console.page.locator('.step-card[data-key="step triage"]').click()
    expect(console.page.get_by_role("region", name="Step Triage")).to_be_visible()


def _agent_json(console: Console, api: Api) -> None:
    _agent(console, api)
    console.button("JSON").click()
    expect(console.field("The whole agent as JSON")).to_be_visible()


def _agent_issues(console: Console, api: Api) -> None:
    """A flow with a circle, an edge that leads nowhere, an approval, and a step of an unknown type."""
    steps = [
        {"id": "start", "type": "ENTRY_POINT", "name": "Message arrives"},
        {"id": "triage", "type": "AGENT", "name": "Triage", "prompt": "A parcel, or an invoice?"},
        {"id": "refund", "type": "TOOL", "name": "Refund", "humanApproval": {"slotName": "lead"}},
        {"id": "odd", "type": "UNHEARD_OF", "name": "Odd"},
        {"id": "end", "type": "EXIT_POINT", "name": "Answer is sent"},
    ]
    ends = [("start", "triage"), ("triage", "refund"), ("refund", "triage"), ("refund", "end"), ("refund", "nowhere")]
    edges = [{"source": source, "target": target} for source, target in ends]
    slots = [{"name": "lead", "displayName": "Team lead"}]
    console.visit(f"agents/{new_agent(api, {'flow': {'steps': steps, 'edges': edges}, 'slots': slots})}/1")
    expect(console.page.get_by_text("before it can be published")).to_be_visible()


def _agent_json_broken(console: Console, api: Api) -> None:
    _agent_json(console, api)
    console.field("The whole agent as JSON").fill("{")
    expect(console.page.get_by_text("Line 1, column 2")).to_be_visible()


VIEWS: dict[str, Callable[[Console, Api], object]] = {
    view.__name__.strip("_").replace("_", "-"): view
    for view in (
        _list, _empty_list, _unreachable, _persona, _persona_proposals, _entry, _compared, _picker, _tool, _eval,
        _test, _conflict, _refused, _offline, _suggesting, _discard, _connection, _inbox, _agents, _revisions,
        _agent, _agent_step, _agent_conflict, _agent_proposals, _agent_json, _agent_json_broken, _agent_issues,
    )
}  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_bars_nobody_and_fits(console: Console, api: Api, view: str) -> None:
    VIEWS[view](console, api)
    found = []
    for size in _WIDTHS:
        for scheme in _SCHEMES:
            _look(console.page, size, scheme)
            look = f"{view}-{scheme}-{size['width']}"
            console.page.screenshot(path=PICTURES / f"{look}.png")
            found += [f"{look}: {one}" for one in grave_violations(console.page)]
            if too_wide := console.page.evaluate(_OVERFLOW):
                found.append(f"{look}: {too_wide} pixels too wide")

    assert found == []


def _look(page: Page, size: ViewportSize, scheme: Scheme) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
