"""Every view by day and by night, on a telephone and on a desk: usable by all, photographed into .cache/screenshots."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests import npm
from tests.browser.axe import grave_violations
from tests.browser.console import Console, new_form
from tests.served import Api

PICTURES = npm.CACHE / "screenshots"
Scheme = Literal["light", "dark"]

_WIDTHS: tuple[ViewportSize, ...] = ({"width": 1440, "height": 900}, {"width": 360, "height": 740})
_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _list(console: Console, api: Api) -> None:
    for name in ("Ada from Support", "Grace", "A persona with a name that is as long as names of personas may become"):
        new_form(api, "persona", name=name)
    console.visit("persona")
    expect(console.page.get_by_role("link", name="Ada from Support").first).to_be_visible()


def _persona(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", description="Answers customers", color="#3366cc", active=True)
    console.visit(f"persona/{draft}")
    console.see_saved(1)


def _tool(console: Console, api: Api) -> None:
    arguments = [{"name": "order", "field_type": "string", "outputs": [{"name": "status", "template": "{{status}}"}]}]
    console.visit(f"tool/{new_form(api, 'tool', name='track_parcel', args_drafts=arguments)}")
    console.see_saved(1)


def _agent(console: Console, api: Api) -> None:
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
    payload = {"flow": {"steps": steps, "edges": edges}, "slots": [{"name": "lead", "displayName": "Team lead"}]}
    revision = uuid.uuid4().int % 10**9
    path = f"/v1/tenants/local/agents/support/revisions/{revision}/draft"
    reply = api.call("PUT", path, payload)
    assert reply.status == 200, reply.body
    console.visit(f"agents/support/{revision}")
    console.see_saved(1)


def _step(console: Console, api: Api) -> None:
    _agent(console, api)
    console.page.get_by_role("button", name=re.compile("^Refund")).click()
    expect(console.page.get_by_role("region", name="Step Refund")).to_be_visible()


def _json(console: Console, api: Api) -> None:
    _agent(console, api)
    console.button("JSON").click()
    console.page.get_by_label("The whole agent as JSON").fill("{")
    expect(console.page.get_by_text("Line 1, column 2")).to_be_visible()


VIEWS: dict[str, Callable[[Console, Api], None]] = {
    "list": _list,
    "persona": _persona,
    "tool": _tool,
    "agent": _agent,
    "agent-step": _step,
    "agent-json": _json,
}


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
