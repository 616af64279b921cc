"""An agent as a graph: what is drawn where, and what a person changes in it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.console import Console
from tests.served import Api

STEPS = [
    {"id": "start", "type": "ENTRY_POINT", "name": "Message arrives"},
    {"id": "triage", "type": "AGENT", "name": "Triage", "prompt": "A parcel, or an invoice?"},
    {"id": "track", "type": "TOOL", "name": "Track", "tool": "track_parcel"},
    {"id": "refund", "type": "TOOL", "name": "Refund", "humanApproval": {"slotName": "lead"}},
    {"id": "end", "type": "EXIT_POINT", "name": "Answer is sent"},
]
EDGES = [("start", "triage"), ("triage", "track"), ("triage", "refund"), ("track", "end"), ("refund", "end")]
SLOTS = [{"name": "lead", "displayName": "Team lead", "requiredKind": "HUMAN"}]


def _payload(*more: dict[str, Any], edges: list[tuple[str, str]] = EDGES, **members: Any) -> dict[str, Any]:
    wired = [{"source": source, "target": target} for source, target in edges]
    return {"flow": {"steps": [*STEPS, *more], "edges": wired}, "slots": SLOTS, **members}


class Agent:
    """The draft of an agent that no other test knows, in the console and on the server."""

    def __init__(self, console: Console, api: Api) -> None:
        self.console, self.page, self.api = console, console.page, api
        self.name = f"agent-{uuid.uuid4()}"
        self.path = f"/v1/tenants/local/agents/{self.name}/revisions/1/draft"

    def put(self, payload: dict[str, Any], version: int = 0) -> None:
        reply = self.api.call("PUT", self.path, payload, if_match=f'"{version}"')
        assert reply.status == 200, reply.body

    def see(self, payload: dict[str, Any]) -> None:
        self.put(payload)
        self.console.visit(f"agents/{self.name}/1")
        self.console.see_saved(1)

    @property
    def content(self) -> Any:
        return self.api.call("GET", self.path).json["headData"]

    @property
    def edges(self) -> list[tuple[str, str]]:
        return [(edge["source"], edge["target"]) for edge in self.content["flow"]["edges"]]

    def card(self, step: str) -> Locator:
        return self.page.locator(f'.step-card[data-key="step {step}"]')

    def see_focus(self, step: str) -> None:
        expect(self.card(step)).to_be_focused()


@pytest.fixture
def agent(console: Console, api: Api) -> Agent:
    return Agent(console, api)


# Flows of 2 to 40 steps with any edges, also loops, circles and islands: from left to right and from top to bottom.
_LAYOUTS = """async () => {
  const { layout } = await import('./core/layout.js');
  const size = { width: 100, height: 40, along: 30, across: 10 };
  let seed = 7;
  const dice = (most) => (seed = (seed * 48271) % 2147483647) % most;
  const wrong = [];
  for (let turn = 0; turn < 300; turn++) {
    const nodes = Array.from({ length: 2 + dice(39) }, (_, at) => ({ key: `n${at}` }));
    const any = () => `n${dice(nodes.length)}`;
    const links = Array.from({ length: dice(60) }, (_, at) => ({ key: `e${at}`, from: any(), to: any() }));
    const draw = () => layout({ nodes, links }, turn % 3 ? 'n0' : null, size, { isDown: turn % 2 === 1 });
    const chart = draw();
    const places = [...chart.nodes.values()];
    const tell = (what) => wrong.push(`${turn}: ${what}`);
    if ([chart.order.length, new Set(chart.order).size].some((count) => count !== nodes.length))
      tell('a step is left out or twice');
    if (chart.links.length !== links.length) tell('an edge is left out or twice');
    if (chart.links.some(({ d }) => /NaN|undefined/.test(d))) tell('an edge leads nowhere');
    for (const [at, a] of places.entries()) {
      const [right, bottom] = [chart.width - size.width, chart.height - size.height];
      if (Math.min(a.x, a.y, right - a.x, bottom - a.y) < -0.1) tell('a step is outside');
      for (const b of places.slice(at + 1)) {
        const [x, y] = [Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
        if (x < size.width - 0.1 && y < size.height - 0.1) tell('two steps overlap');
      }
    }
    const ends = new Map(links.map((link) => [link.key, link]));
    for (const { key, isBack } of chart.links) {
      const [from, to] = [chart.nodes.get(ends.get(key).from), chart.nodes.get(ends.get(key).to)];
      if (!isBack && to.layer <= from.layer) tell('an edge leads on, but not forward');
      if (isBack && to.layer > from.layer) tell('an edge leads back, but forward');
    }
    if (JSON.stringify(draw()) !== JSON.stringify(chart)) tell('drawn otherwise the second time');
  }
  return wrong;
}"""


def test_steps_never_overlap_and_edges_lead_forward_but_in_circles(console: Console) -> None:
    console.visit("agents")
    expect(console.page.get_by_role("heading", name="Agents")).to_be_visible()

    assert console.page.evaluate(_LAYOUTS) == []


def test_an_id_is_changed_with_the_edges_that_name_it(agent: Agent) -> None:
    agent.see(_payload())

    agent.card("triage").click()
    agent.page.get_by_label("Id", exact=True).fill("sort")
    agent.page.get_by_label("Id", exact=True).press("Enter")

    agent.console.see_saved(2)
    assert agent.edges == [(*("sort" if end == "triage" else end for end in edge),) for edge in EDGES]
    expect(agent.card("sort")).to_have_attribute("aria-pressed", "true")


def test_keys_go_along_the_edges_open_and_remove(agent: Agent) -> None:
    agent.see(_payload())
    press = agent.page.keyboard.press

    agent.card("start").focus()
    press("ArrowRight")
    agent.see_focus("triage")
    press("ArrowRight")
    press("ArrowDown")
    agent.see_focus("refund")
    press("Enter")
    expect(agent.page.get_by_label("Name", exact=True).first).to_be_focused()
    press("Escape")
    agent.see_focus("refund")
    press("Delete")
    expect(agent.page.get_by_role("dialog")).to_contain_text("Its 2 edges go with it")
    agent.page.get_by_role("button", name="Remove the tool step").click()

    agent.console.see_saved(2)
    agent.see_focus("triage")
    assert agent.edges == [("start", "triage"), ("triage", "track"), ("track", "end")]


def test_a_step_is_put_between_two(agent: Agent) -> None:
    agent.see(_payload())

    agent.card("track").click()
    agent.console.button("Step after this one").click()
    agent.page.keyboard.type("Check")

    expect(agent.card("agent")).to_contain_text("Check")
    agent.console.see_saved(2)
    assert ("track", "agent") in agent.edges
    assert ("agent", "end") in agent.edges
    assert ("track", "end") not in agent.edges


def test_an_approver_is_renamed_and_removed_with_the_approvals(agent: Agent) -> None:
    agent.see(_payload())

    name = agent.page.locator(".slot").get_by_label("Name")
    name.fill("boss")
    name.press("Enter")
    agent.console.see_saved(2)
    assert agent.content["flow"]["steps"][3]["humanApproval"] == {"slotName": "boss"}
    agent.console.button("Remove Team lead").click()
    agent.page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()

    agent.console.see_saved(3)
    assert "humanApproval" not in agent.content["flow"]["steps"][3]
    assert agent.content["slots"] == []


def test_an_issue_stands_at_its_step_and_leads_to_it(agent: Agent) -> None:
    odd = {"id": "odd", "type": "WEIRD", "name": "Odd"}
    agent.see(_payload(odd, edges=[*EDGES, ("odd", "nowhere")]))

    expect(agent.console.button("2 issues")).to_be_visible()
    expect(agent.card("odd")).to_contain_text("2 issues")
    agent.page.get_by_role("button", name="A step's type is one of").click()
    panel = agent.page.get_by_role("region", name="Step Odd")
    expect(panel).to_contain_text("A step's type is one of")
    panel.get_by_label("Type", exact=True).select_option("TOOL")
    panel.get_by_label("Goes to", exact=True).select_option("end")

    agent.console.see_saved(2)
    expect(agent.page.get_by_text("Publishable", exact=True)).to_be_visible()


def test_a_text_that_is_no_json_yet_changes_nothing_and_outlives_a_reload(agent: Agent) -> None:
    agent.see(_payload(comment="First"))
    text = agent.page.get_by_label("The whole agent as JSON")

    agent.console.button("JSON").click()
    whole = text.input_value()
    text.fill(whole.replace('"First"', '"Second",, '))
    expect(agent.page.get_by_text("Line 2, column 23")).to_be_visible()
    agent.console.button("Graph").click()
    expect(agent.page.locator(".step-card")).to_have_count(5)
    agent.page.reload()
    agent.console.button("JSON").click()
    expect(text).to_have_value(whole.replace('"First"', '"Second",, '))
    assert agent.content["comment"] == "First"
    text.fill(whole.replace('"First"', '"Second"'))

    agent.console.see_saved(2)
    assert agent.content == _payload(comment="Second")


def test_a_mended_text_asks_before_it_undoes_what_others_did_meanwhile(agent: Agent) -> None:
    agent.see(_payload(comment="First"))
    text = agent.page.get_by_label("The whole agent as JSON")

    agent.console.button("JSON").click()
    whole = text.input_value()
    text.fill(whole + "}")
    agent.put(_payload(comment="Theirs"), version=1)
    agent.console.see_saved(2)
    text.fill(whole.replace("First", "Mine"))
    expect(agent.page.get_by_text("The draft changed while this text could not be read.")).to_be_visible()
    assert agent.content["comment"] == "Theirs"
    agent.console.button("Use this text").click()

    agent.console.see_saved(3)
    assert agent.content["comment"] == "Mine"


def test_integers_keep_all_their_digits(agent: Agent) -> None:
    long = 12345678901234567890123
    agent.see(_payload({"id": "box", "type": "CLAUDE_BOX", "name": "Box", "seed": long}))

    agent.card("box").click()
    expect(agent.page.get_by_label("Other members of the step, as JSON")).to_have_value(
        json.dumps({"seed": long}, indent=2)
    )
    agent.page.get_by_label("Name", exact=True).first.fill("Bag")

    agent.console.see_saved(2)
    assert agent.content["flow"]["steps"][5] == {"id": "box", "type": "CLAUDE_BOX", "name": "Bag", "seed": long}


def test_an_agent_without_anything_is_begun_from_the_page(agent: Agent) -> None:
    agent.console.visit("agents")
    agent.page.get_by_label("Agent", exact=True).fill(agent.name)
    agent.console.button("Open").click()
    agent.page.get_by_label("Revision", exact=True).fill("1")
    agent.console.button("Open").click()
    agent.console.button("Add entry and exit").click()

    agent.console.see_saved(1)
    assert agent.edges == [("start", "end")]
    agent.console.visit("agents")
    expect(agent.page.get_by_role("link", name=agent.name)).to_be_visible()
