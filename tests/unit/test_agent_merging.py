"""Merging agents: steps, slots, assets and sub-agents by their ids, edges by their ends, and places as pointers."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from agent_draft.merging import AgentTerms, rule_of
from draftkeep import canonical
from draftkeep.canonical import canonicalise, load
from draftkeep.errors import InvalidFields, Place
from draftkeep.merging import ABSENT

TERMS = AgentTerms()


def _text(payload: dict[str, Any]) -> bytes:
    return canonicalise(payload).text


def _places(base: dict[str, Any], proposed: dict[str, Any]) -> list[Place]:
    return TERMS.places(_text(base), _text(proposed))


def _chosen(base: dict[str, Any], proposed: dict[str, Any], *fields: str) -> dict[str, Any]:
    return load(TERMS.chosen(_text(base), _text(proposed), fields).text)


def _merged(*sides: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What a merge makes of base, current and proposed, and the pointers of its places."""
    merge = TERMS.merge(*map(_text, sides))
    return load(merge.content.text), [place.name for place in merge.places]


def _flow(*steps: dict[str, Any], edges: str = "") -> dict[str, Any]:
    ends = [{"source": pair[0], "target": pair[1]} for pair in edges.split()]
    return {"flow": {"steps": list(steps), "edges": ends}}


def _step(identifier: str, /, **members: Any) -> dict[str, Any]:
    return {"identifier": identifier, "type": "AGENT", **members}


def _steps(payload: dict[str, Any]) -> list[str]:
    return [step.get("identifier") or step["id"] for step in payload["flow"]["steps"]]


# ------------------------------------------------------------------------------------------------------------ steps


@pytest.mark.parametrize("name", ["identifier", "id"])
def test_different_members_of_one_step_come_together_by_either_of_its_names(name: str) -> None:
    base, ours = _flow({name: "s"}), _flow({name: "s", "a": 1})

    merged, places = _merged(base, ours, _flow({name: "new"}, {name: "s", "b": 2}))

    assert merged["flow"]["steps"] == [{name: "new"}, {name: "s", "a": 1, "b": 2}]
    assert places == []


def test_a_step_is_known_by_its_identifier_before_its_id() -> None:
    base = _flow({"identifier": "s", "id": "1", "name": "old"})
    ours = _flow({"identifier": "s", "id": "2", "name": "old"})
    theirs = _flow({"identifier": "s", "id": "1", "name": "new"})

    merged, places = _merged(base, ours, theirs)

    assert merged["flow"]["steps"] == [{"identifier": "s", "id": "2", "name": "new"}]
    assert places == []


def test_an_empty_identifier_is_none_and_the_id_counts() -> None:
    base, ours, theirs = (
        _flow({"identifier": "", "id": "1", **a}, {"identifier": "", "id": "2", **b})
        for a, b in (({}, {}), ({"name": "ours"}, {}), ({}, {"name": "theirs"}))
    )

    merged, places = _merged(base, ours, theirs)

    assert [step["name"] for step in merged["flow"]["steps"]] == ["ours", "theirs"]
    assert places == []


def test_steps_added_on_both_sides_come_together() -> None:
    base = _flow(_step("in"), _step("out"))

    merged, places = _merged(
        base, _flow(_step("in"), _step("ours"), _step("out")), _flow(_step("in"), _step("theirs"), _step("out"))
    )

    assert (_steps(merged), places) == (["in", "ours", "theirs", "out"], [])


def test_one_member_of_one_step_that_both_edited_is_one_place_with_its_values() -> None:
    base, ours, theirs = (_flow(_step("in"), _step("s", name=name)) for name in ("old", "ours", "theirs"))
    theirs["flow"]["steps"].insert(0, _step("first"))

    merge = TERMS.merge(*map(_text, (base, ours, theirs)))

    assert merge.places == (Place("/flow/steps/2/name", "old", "theirs", "ours"),)
    assert load(merge.content.text) == theirs


def test_a_step_edited_here_and_removed_there_is_a_place_with_nothing_proposed() -> None:
    base = _flow(_step("in"), _step("s"))

    merge = TERMS.merge(*map(_text, (base, _flow(_step("in"), _step("s", name="x")), _flow(_step("in")))))

    assert merge.places == (Place("/flow/steps/1", _step("s"), ABSENT, _step("s", name="x")),)
    assert _steps(load(merge.content.text)) == ["in"]


def test_a_step_of_one_name_that_both_added_otherwise_is_a_place() -> None:
    _, places = _merged(_flow(), _flow(_step("s", name="ours")), _flow(_step("s", name="theirs")))

    assert places == ["/flow/steps/0"]


@pytest.mark.parametrize("odd", [{"type": "AGENT"}, {"identifier": None}, {"id": ""}, _step("s")])
def test_steps_that_cannot_be_told_apart_are_one_place(odd: dict[str, Any]) -> None:
    twin = [odd, odd] if odd == {"id": ""} else [odd]
    base, ours, theirs = (_flow(_step("s", **members), *twin) for members in ({}, {"a": 1}, {"b": 2}))

    merged, places = _merged(base, ours, theirs)

    assert merged == theirs
    assert places == ["/flow/steps"]


def test_two_new_orders_of_steps_are_a_place() -> None:
    a, b, c = (_step(name) for name in "abc")

    merged, places = _merged(_flow(a, b, c), _flow(b, a, c), _flow(a, c, b))

    assert (_steps(merged), places) == (["a", "c", "b"], ["/flow/steps"])


def test_a_slash_in_a_members_name_is_escaped_in_the_pointer() -> None:
    base, ours, theirs = (_flow(_step("s", **{"a/b~c": value})) for value in (0, 1, 2))

    assert _merged(base, ours, theirs)[1] == ["/flow/steps/0/a~1b~0c"]


# ------------------------------------------------------------------------------------------------------------ edges


def test_edges_are_known_by_their_two_ends() -> None:
    merged, places = _merged(_flow(edges="ab bc"), _flow(edges="ab bc ac"), _flow(edges="bd ab"))

    ends = sorted(edge["source"] + edge["target"] for edge in merged["flow"]["edges"])
    assert (ends, places) == (["ab", "ac", "bd"], [])


def test_two_new_orders_of_edges_are_no_place() -> None:
    merged, places = _merged(_flow(edges="ab bc cd"), _flow(edges="bc ab cd"), _flow(edges="ab cd bc"))

    assert len(merged["flow"]["edges"]) == 3
    assert places == []


def test_one_edges_members_that_both_edited_are_a_place() -> None:
    base, ours, theirs = (_flow(edges="ab bc") for _ in range(3))
    ours["flow"]["edges"][1]["label"] = "ours"
    theirs["flow"]["edges"][1]["label"] = "theirs"

    assert _merged(base, ours, theirs)[1] == ["/flow/edges/1/label"]


@pytest.mark.parametrize("odd", [{"source": "a"}, {"target": "b"}, {"source": None, "target": "b"}, {}])
def test_edges_of_which_one_has_no_end_are_one_place(odd: dict[str, Any]) -> None:
    base, ours, theirs = (_flow(edges=edges) for edges in ("ab", "ab bc", "ab cd"))
    for side in (base, ours, theirs):
        side["flow"]["edges"].append(odd)

    assert _merged(base, ours, theirs)[1] == ["/flow/edges"]


# ------------------------------------------------------------------------------------------- other lists, sub-agents


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("slots", "name"),
        ("assets", "id"),
        ("integrationSlots", "id"),
        ("subAgents", "id"),
        ("subAgents", "slug"),
    ],
)
def test_items_of_each_list_are_known_by_their_key(name: str, key: str) -> None:
    base, ours, theirs = (
        {name: [*new, {key: "one", "displayName": one}, {key: "two", "displayName": two}]}
        for new, one, two in (
            ([], "", ""),
            ([{key: "ours"}], "ours", ""),
            ([{key: "theirs"}], "", "theirs"),
        )
    )

    merged, places = _merged(base, ours, theirs)

    assert merged[name] == [
        {key: "ours"},
        {key: "theirs"},
        {key: "one", "displayName": "ours"},
        {key: "two", "displayName": "theirs"},
    ]
    assert places == []


@pytest.mark.parametrize(("name", "key"), [("tools", "id"), ("tools", "name"), ("builtInTools", "name")])
def test_tools_of_a_step_are_known_by_id_or_name(name: str, key: str) -> None:
    def payload(*tools: dict[str, Any]) -> dict[str, Any]:
        own = {"provider": {name: list(tools)}} if name == "builtInTools" else {name: list(tools)}
        return _flow(_step("s", **own))

    merged, places = _merged(
        payload({key: "t"}), payload({key: "t", "a": 1}, {key: "ours"}), payload({key: "t", "b": 1})
    )

    assert merged == payload({key: "t", "a": 1, "b": 1}, {key: "ours"})
    assert places == []


def test_the_flows_of_sub_agents_are_merged_like_the_flow() -> None:
    def payload(first: dict[str, Any], second: dict[str, Any], edges: str) -> dict[str, Any]:
        return {"subAgents": [{"id": "sub", **_flow(_step("a", **first), _step("b", **second), edges=edges)}]}

    merged, places = _merged(
        payload({}, {}, "ab"), payload({"name": "ours"}, {}, "ab ba"), payload({}, {"name": "theirs"}, "")
    )

    assert merged == payload({"name": "ours"}, {"name": "theirs"}, "ba")
    assert places == []


def test_a_place_in_a_sub_agents_flow_is_pointed_to_through_what_is_proposed() -> None:
    base, ours, theirs = (
        {"subAgents": [*others, {"id": "sub", **_flow(_step("a", name=name))}]}
        for others, name in (([], "old"), ([], "ours"), ([{"id": "new"}], "theirs"))
    )

    assert _merged(base, ours, theirs)[1] == ["/subAgents/1/flow/steps/0/name"]


def test_bindings_and_the_comment_are_merged_by_key() -> None:
    base = {"comment": "old", "integrationBindings": {"crm": "a", "mail": "a"}}

    merged, places = _merged(
        base,
        base | {"integrationBindings": {"crm": "b", "mail": "a", "chat": "c"}},
        {"comment": "new", "integrationBindings": {"crm": "a"}},
    )

    assert merged == {"comment": "new", "integrationBindings": {"crm": "b", "chat": "c"}}
    assert places == []


@pytest.mark.parametrize("at", [("subAgents", 0, "parametersMetadata"), ("subAgents", 0, "authSettings", "oAuth"), ()])
def test_any_other_list_is_one_value(at: tuple[str | int, ...]) -> None:
    assert rule_of(at) is None


@pytest.mark.parametrize(
    "at",
    [
        ("flow", "steps"),
        ("flow", "edges"),
        ("subAgents",),
        ("subAgents", 3, "flow", "steps"),
        ("flow", "steps", 0, "tools"),
        ("flow", "steps", 0, "provider", "builtInTools"),
    ],
)
def test_a_known_list_has_its_rule_wherever_it_stands(at: tuple[str | int, ...]) -> None:
    assert rule_of(at) is not None


# -------------------------------------------------------------------------------------------- merges as contents


def test_a_proposal_of_the_current_content_is_taken_as_it_was_proposed() -> None:
    base, proposed = _text(_flow(_step("a"))), _text(_flow(_step("b")))

    merge = TERMS.merge(base, base, proposed)

    assert merge.content == canonicalise(_flow(_step("b")))
    assert merge.places == ()


def test_a_merged_content_is_canonical() -> None:
    base, ours, theirs = (_text({"comment": c} | _flow(_step("a", z=z, a=1))) for c, z in (("", 0), ("x", 0), ("", 1)))

    content = TERMS.merge(base, ours, theirs).content

    assert content == canonicalise({"comment": "x"} | _flow(_step("a", z=1, a=1)))


APPROVED = {"humanApproval": {"slotName": "lead"}}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_merge_that_names_a_slot_which_is_not_declared_is_refused_with_its_pointer(swapped: bool) -> None:
    base = _flow(_step("a")) | {"slots": [{"name": "lead"}]}
    without = _flow(_step("a")) | {"slots": []}
    gated = _flow(_step("new"), _step("a", **APPROVED)) | {"slots": [{"name": "lead"}]}

    with pytest.raises(InvalidFields) as refusal:
        _merged(base, *([gated, without] if swapped else [without, gated]))

    (problem,) = refusal.value.problems
    assert (problem.pointer, problem.code) == ("/flow/steps/1/humanApproval/slotName", "unknown_slot")


def test_a_merge_of_contents_leaves_them_as_they_are() -> None:
    sides = [_flow(_step("a", x=[{"y": value}]), edges="aa") for value in (0, 1, 2)]
    before = copy.deepcopy(sides)

    _merged(*sides)

    assert sides == before


def test_before_there_is_a_draft_an_agent_is_an_empty_object() -> None:
    merged, places = _merged(load(TERMS.empty()), {"comment": "ours"}, _flow(_step("a")))

    assert merged == {"comment": "ours"} | _flow(_step("a"))
    assert places == []


# ------------------------------------------------------------------------------------------- places of a proposal


def test_the_places_of_a_proposal_are_pointers_into_it_with_both_values() -> None:
    base = _flow(_step("a"), _step("b", name="old"), edges="ab") | {"comment": "old"}
    proposed = _flow(_step("new"), _step("a"), _step("b", name="new"), edges="") | {"slots": []}

    places = {place.name: (place.base, place.proposed) for place in _places(base, proposed)}

    assert places == {
        "/comment": ("old", ABSENT),
        "/flow/edges/0": ({"source": "a", "target": "b"}, ABSENT),
        "/flow/steps/0": (ABSENT, _step("new")),
        "/flow/steps/2/name": ("old", "new"),
        "/slots": (ABSENT, []),
    }


def test_a_proposal_that_changes_nothing_has_no_places() -> None:
    assert _places(_flow(_step("a")), _flow(_step("a"))) == []


# ------------------------------------------------------------------------------------------------------ some places

BASE = _flow(_step("a", name="old"), _step("b", name="old")) | {"comment": "old"}
PROPOSED = _flow(_step("a", name="new", x=1), _step("b", name="new"), _step("c"), edges="ab") | {"comment": "new"}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (["comment"], BASE | {"comment": "new"}),
        (["/comment"], BASE | {"comment": "new"}),
        (["flow"], PROPOSED | {"comment": "old"}),
        (["/flow/edges"], BASE | _flow(*BASE["flow"]["steps"], edges="ab")),
        (["/flow/steps/0"], BASE | _flow(_step("a", name="new", x=1), _step("b", name="old"))),
        (["/flow/steps/0/x"], BASE | _flow(_step("a", name="old", x=1), _step("b", name="old"))),
        (["/flow/steps/2"], BASE | _flow(*BASE["flow"]["steps"], _step("c"))),
        (["flow", "comment"], PROPOSED),
        (["flow", "/flow/steps/0"], PROPOSED | {"comment": "old"}),
    ],
)
def test_chosen_places_are_taken_with_all_below_them_and_no_others(fields: list[str], wanted: dict[str, Any]) -> None:
    assert _chosen(BASE, PROPOSED, *fields) == wanted


def test_a_removal_is_chosen_by_its_place_in_the_base() -> None:
    base = _flow(_step("a"), _step("b")) | {"comment": "old"}

    assert _steps(_chosen(base, _flow(_step("a")), "/flow/steps/1")) == ["a"]
    assert _chosen(base, _flow(_step("a")), "comment") == _flow(_step("a"), _step("b"))


@pytest.mark.parametrize(
    "field",
    [
        *(
            "",
            "/",
            "slots",
            "/slots",
            "/flow/steps/0/type",
            "/flow/step",
            "/flow/steps/1/name/x",
            "Comment",
            "flow/steps",
        ),
        # Longer than a pointer that is made here: nothing, and not the whole payload.
        *("x" * 600, "/" + "x" * 600, "comment" * 100),
    ],
)
def test_a_place_that_the_proposal_does_not_change_cannot_be_chosen(field: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        _chosen(BASE, PROPOSED, "comment", field, "flow")

    (problem,) = refusal.value.problems
    assert (problem.pointer, problem.code) == ("/acceptFields/1", "not_proposed")


def test_of_many_places_that_cannot_be_chosen_100_are_told_and_all_are_counted() -> None:
    with pytest.raises(InvalidFields) as refusal:
        _chosen(BASE, PROPOSED, *["nothing"] * 101)

    assert len(refusal.value.problems) == 100
    assert refusal.value.total == 101


def test_choosing_takes_a_step_a_change_however_many_places_are_named() -> None:
    names = [f"k{number}" for number in range(20_000)]
    base, proposed = (_flow(_step("a", **dict.fromkeys(names, value))) for value in (0, 1))
    wanted = [f"/flow/steps/0/{name}" for name in names[:1000]]

    started_s = time.process_time()
    chosen = _chosen(base, proposed, *wanted)

    # Each change against each place would be 20 million comparisons.
    assert time.process_time() - started_s < 5
    assert chosen == _flow(_step("a", **{name: int(at < 1000) for at, name in enumerate(names)}))


def test_two_sides_that_fit_each_and_not_together_are_refused() -> None:
    half = "x" * (canonical.MAX_BYTES * 3 // 5)

    with pytest.raises(InvalidFields) as refusal:
        _merged({}, {"comment": half}, {"assets": [{"id": half}]})

    (problem,) = refusal.value.problems
    assert (problem.pointer, problem.code) == ("", "content_too_large")


def test_a_choice_that_names_a_slot_which_is_not_chosen_is_refused() -> None:
    proposed = _flow(_step("a", **APPROVED)) | {"slots": [{"name": "lead"}]}

    with pytest.raises(InvalidFields) as refusal:
        _chosen({}, proposed, "flow")

    (problem,) = refusal.value.problems
    assert (problem.pointer, problem.code) == ("/flow/steps/0/humanApproval/slotName", "unknown_slot")
    assert _chosen({}, proposed, "flow", "slots") == proposed


def test_agents_are_listed_without_a_name() -> None:
    assert TERMS.name_of(_text(BASE)) is None


def test_chosen_changes_that_are_too_large_together_are_told_as_those_of_a_merge() -> None:
    long = "x" * (3 * 1024 * 1024)

    with pytest.raises(InvalidFields) as refusal:
        _chosen({"comment": long}, {"assets": [{"id": "a", "text": long}]}, "assets")

    assert [problem.code for problem in refusal.value.problems] == ["content_too_large"]
