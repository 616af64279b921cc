"""The console merges agents in the page as the server does: to the same conflicts, and the same contents in order."""

from __future__ import annotations

import copy
import json
import random
import shutil
import subprocess
from typing import Any

import pytest

from agent_draft.merging import rule_of
from draftkeep.merging import is_same, merge
from tests.served import ROOT

CASES = 3_000
# Names of added steps; they sort otherwise by UTF-16, in quotes of another kind, or without quotes.
_NEW = ["g", "g 2", "h", "g'", 'g"', "\ufb01", "\U0001d524"]


def _step(chance: random.Random, name: str) -> dict[str, Any]:
    step: dict[str, Any] = {"id": name, "type": chance.choice(["AGENT", "TOOL"]), "name": chance.choice("xyz")}
    if chance.random() < 0.3:
        step["tools"] = [{"id": one, "name": chance.choice("xyz")} for one in "tuv" if chance.random() < 0.5]
    return step


def _agent(chance: random.Random) -> dict[str, Any]:
    steps = [_step(chance, name) for name in "abcdef" if chance.random() < 0.7]
    names = [step["id"] for step in steps]
    edges = [
        {"source": one, "target": other} for one in names for other in names if one < other and chance.random() < 0.4
    ]
    return {
        "comment": chance.choice("xyz"),
        "flow": {"steps": steps, "edges": edges},
        "slots": [{"name": "boss"}],
        "more": [1, 2],
    }


def _edited(chance: random.Random, agent: dict[str, Any]) -> dict[str, Any]:
    agent = copy.deepcopy(agent)
    for _ in range(chance.randrange(7)):
        chance.choice([_edit_steps, _edit_members])(chance, agent)
    return agent


def _edit_steps(chance: random.Random, agent: dict[str, Any]) -> None:
    steps = agent["flow"]["steps"]
    edges = agent["flow"]["edges"]
    match chance.randrange(7):
        case 0 if steps:
            chance.choice(steps)["name"] = chance.choice("uvw")
        case 1 if steps:
            steps.pop(chance.randrange(len(steps)))
        case 2 if (name := chance.choice(_NEW)) not in [step["id"] for step in steps]:
            steps.insert(chance.randrange(len(steps) + 1), {"id": name, "name": chance.choice("xy")})
        case 3 if steps:
            steps.insert(0, steps.pop())
        case 4:
            chance.shuffle(edges)
        case 5 if (edge := {"source": "a", "target": chance.choice(_NEW)}) not in edges:
            edges.insert(chance.randrange(len(edges) + 1), edge)
        case 6 if edges:
            edges.pop(chance.randrange(len(edges)))


def _edit_members(chance: random.Random, agent: dict[str, Any]) -> None:
    match chance.randrange(4):
        case 0:
            agent["comment"] = chance.choice("uvw")
        case 1:
            agent.pop(chance.choice(["comment", "slots", "more"]), None)
        case 2:
            agent["more"] = [chance.randrange(3)]
        case 3:
            agent["slots"] = [*agent.get("slots", []), {"name": chance.choice(["lead", "peer"])}]


def test_the_console_merges_agents_as_the_server_does() -> None:
    node = shutil.which("node")
    if not node:
        pytest.fail("make test-clients needs Node on PATH")
    chance = random.Random(7)
    cases = []
    for _ in range(CASES):
        base = _agent(chance)
        cases.append({"base": base, "theirs": _edited(chance, base), "mine": _edited(chance, base)})

    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(
        [node, "tests/clients/merge.mjs"], cwd=ROOT, input=lines, check=True, capture_output=True, text=True, timeout=60
    )

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == CASES
    conflicts = 0
    for case, answer in zip(cases, answers, strict=True):
        expected = merge(case["base"], case["theirs"], case["mine"], rule_of)
        other = merge(case["base"], case["mine"], case["theirs"], rule_of)
        assert answer["overlaps"] == len(expected.overlaps), case
        # At overlaps the console takes mine, as the server takes what was proposed, unless theirs is chosen.
        assert is_same(answer["value"], expected.value), case
        assert is_same(answer["given"], other.value), case
        conflicts += bool(expected.overlaps)
    assert CASES / 10 < conflicts < CASES * 9 / 10
