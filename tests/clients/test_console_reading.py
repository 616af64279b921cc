"""What the console shows of versions, branches and proposals is what is there."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from agent_draft.merging import rule_of
from draftkeep.changes import pointer
from draftkeep.differences import Op, differences
from tests.served import ROOT

CASES = 400
_WORDS = ("parcel", "late", "Leipzig", "a", "a", "the", "über", "🚚", ",", ".", "\n", "  ", "<b>")


def _read(cases: Sequence[dict[str, Any]], timeout_s: float = 60) -> list[Any]:
    node = shutil.which("node")
    if not node:
        pytest.fail("make test-clients needs Node on PATH")
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(
        [node, "tests/clients/reading.mjs"],
        cwd=ROOT,
        input=lines,
        check=True,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers


def _side(parts: Sequence[dict[str, str]], gone: str) -> str:
    return "".join(part["text"] for part in parts if part["op"] != gone)


def _text(chance: random.Random, words: int) -> list[str]:
    return [chance.choice(_WORDS) for _ in range(words)]


def test_both_texts_can_be_read_from_their_difference() -> None:
    chance = random.Random(11)
    pairs = []
    for _ in range(CASES):
        before = _text(chance, chance.randrange(120))
        after = [word for word in before if chance.random() < 0.9]
        after[chance.randrange(len(after) + 1) : 0] = _text(chance, chance.randrange(5))
        pairs.append((" ".join(before), " ".join(after)))

    answers = _read([{"read": "words", "before": before, "after": after} for before, after in pairs])

    for pair, answer in zip(pairs, answers, strict=True):
        for parts in (answer["parts"], answer["abridged"]):
            assert (_side(parts, "add"), _side(parts, "remove")) == pair


def test_an_edited_word_is_told_as_that_word() -> None:
    (answer,) = _read([{"read": "words", "before": "Three sentences at most.", "after": "Two sentences at most."}])

    assert answer["parts"] == [
        {"op": "remove", "text": "Three"},
        {"op": "add", "text": "Two"},
        {"op": "same", "text": " sentences at most."},
    ]


def test_a_text_of_the_largest_size_is_compared_at_once() -> None:
    chance = random.Random(12)
    lines = ["".join(chance.choices("abcdefgh ", k=90)) for _ in range(2_800)]
    after = [line if index % 300 else f"{line} edited" for index, line in enumerate(lines)]
    other = ["".join(chance.choices("ijklmnop ", k=90)) for _ in range(2_800)]

    answers = _read(
        [{"read": "words", "before": "\n".join(lines), "after": "\n".join(one)} for one in (after, other)], timeout_s=20
    )

    for answer, text in zip(answers, (after, other), strict=True):
        assert _side(answer["parts"], "remove") == "\n".join(text)
    assert sum(len(part["text"]) for part in answers[0]["parts"] if part["op"] == "add") < 100


def _tree(chance: random.Random) -> dict[str, Any]:
    """A history with undos: each entry's parent is any earlier one, mostly the last."""
    numbers = sorted(chance.sample(range(2, 90), chance.randrange(1, 30)))
    entries: list[dict[str, Any]] = [{"seqNo": 1, "parent": None}]
    for number in numbers:
        parent = entries[-1] if chance.random() < 0.7 else chance.choice(entries)
        entries.append({"seqNo": number, "parent": parent["seqNo"]})
    return {"read": "lanes", "entries": entries[::-1], "current": chance.choice(entries)["seqNo"]}


def test_each_line_of_the_tree_leads_from_an_entry_to_its_parent() -> None:
    chance = random.Random(13)
    cases = [_tree(chance) for _ in range(CASES)]

    narrow = 0
    for case, answer in zip(cases, _read(cases), strict=True):
        if answer["lanes"] == 6:  # from here on lanes share the last one
            continue
        narrow += 1
        lines: dict[int, int] = {}  # which entry each lane comes from
        came_to: dict[int, list[int]] = {}
        for row in answer["rows"]:
            number, lane = row["entry"]["seqNo"], row["lane"]
            ends = [*row["joins"], *([lane] if row["up"] else [])]
            came_to[number] = sorted(lines.pop(one) for one in ends)
            assert sorted(lines) == sorted(row["through"]), case
            if row["down"]:
                assert lane not in lines, case
                lines[lane] = number
        assert lines == {}, case
        assert came_to == {
            entry["seqNo"]: sorted(one["seqNo"] for one in case["entries"] if one["parent"] == entry["seqNo"])
            for entry in case["entries"]
        }, case
    assert narrow > CASES / 2


def test_the_way_to_the_current_content_is_the_first_lane_and_all_else_stands_aside() -> None:
    chance = random.Random(14)
    cases = [_tree(chance) for _ in range(CASES)]

    for case, answer in zip(cases, _read(cases), strict=True):
        parents = {entry["seqNo"]: entry["parent"] for entry in case["entries"]}
        for row in answer["rows"]:
            number = row["entry"]["seqNo"]
            if number == case["current"]:
                expected = "current"
            elif number in _line(parents, case["current"]):
                expected = "path"
            else:
                expected = "undone" if case["current"] in _line(parents, number) else "aside"
            assert row["place"] == expected, case
            assert (row["lane"] == 0) is (expected in {"current", "path"}), case


def _line(parents: dict[int, int | None], number: int) -> set[int]:
    found = set()
    at: int | None = number
    while at is not None:
        found.add(at)
        at = parents[at]
    return found


def _agent(*steps: dict[str, Any]) -> dict[str, Any]:
    edges = [{"source": one["id"], "target": other["id"]} for one, other in pairwise(steps)]
    return {"comment": "x", "flow": {"steps": list(steps), "edges": edges}}


START, TRIAGE, REFUND = (
    {"id": name.lower(), "type": "AGENT", "name": name, "prompt": "p"} for name in ("Start", "Triage", "Refund")
)


def _sections(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    told = {Op.ADD: ("to",), Op.REMOVE: ("from",), Op.REPLACE: ("from", "to"), Op.MOVE: ()}
    changes = []
    for one in differences(before, after, rule_of).listed:
        values = {"from": one.before, "to": one.after}
        change = {"op": one.op, "pointer": pointer(one.at), **{name: values[name] for name in told[one.op]}}
        changes.append(change | ({"from": pointer(one.moved_from)} if one.moved_from else {}))

    (sections,) = _read([{"read": "steps", "changes": changes, "before": before, "after": after}])
    return {
        section["title"]: [(item["op"], item.get("name"), item["rest"]) for item in section["items"]]
        for section in sections
    }


def test_differences_of_agents_are_told_by_the_names_of_steps() -> None:
    read = _sections(
        _agent(START, TRIAGE, REFUND), _agent(REFUND, START, {"id": "reply", "name": "Reply"}, TRIAGE | {"prompt": "q"})
    )

    assert read == {
        "Refund": [("move", None, [])],
        "Reply": [("add", None, [])],
        "Triage": [("replace", None, ["prompt"])],
        "Edges": [
            ("remove", "Start → Triage", []),
            ("remove", "Triage → Refund", []),
            ("add", "Refund → Start", []),
            ("add", "Start → Reply", []),
            ("add", "Reply → Triage", []),
        ],
    }


def test_what_is_gone_has_the_name_that_it_had() -> None:
    assert _sections(_agent(START, TRIAGE, REFUND), _agent(START, TRIAGE)) == {
        "Refund": [("remove", None, [])],
        "Edges": [("remove", "Triage → Refund", [])],
    }


def test_a_proposal_names_the_step_that_it_means_though_the_draft_has_other_steps_by_now() -> None:
    preview = _agent({"id": "hello", "name": "Hello"}, START, TRIAGE | {"prompt": "sorted"}, REFUND)
    change = {"place": "/flow/steps/1/prompt", "base": "p", "proposed": "sorted"}
    proposal = {"kind": "agent", "changes": [change], "conflicts": [], "preview": preview}

    (sections,) = _read([{"read": "proposal", "proposal": proposal}])

    assert [(section["noun"], section["title"]) for section in sections] == [("Step", "Triage")]


def test_what_a_form_accepts_together_is_one_choice() -> None:
    names = ("name", "name_id", "model_ids", "model_flag_ids", "model_flag_values", "department_ids")
    changes = [{"place": name, "base": None, "proposed": ["x"]} for name in names]
    conflict = changes[1] | {"current": ["y"]}
    proposal = {"kind": "eval", "changes": changes, "conflicts": [conflict], "preview": None}

    (sections,) = _read([{"read": "proposal", "proposal": proposal}])

    choices = [choice for section in sections for choice in section["choices"]]
    assert [(choice["places"], choice["conflict"] is not None) for choice in choices] == [
        (["name", "name_id"], True),
        (["model_ids", "model_flag_ids", "model_flag_values"], False),
        (["department_ids"], False),
    ]
