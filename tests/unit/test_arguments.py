"""The arguments of a tool: many of them cost what they are, and equal ones are kept apart."""

from __future__ import annotations

from typing import Any

import pytest

from draftkeep.catalog import Found, Lookups, Scope
from draftkeep.errors import InvalidFields
from draftkeep.resolver import arguments
from draftkeep.resolver.engine import resolve
from draftkeep.resolver.work import FormContent
from draftkeep.resources import computed_id
from tool_draft.contract import TOOL

SCOPE = Scope("acme", "ana")
MANY = 1000


def of(drafts: list[dict[str, Any]]) -> FormContent:
    return resolve(TOOL.form, SCOPE, TOOL.form.empty(), {"args_drafts": drafts}, Found()).content


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that are computed to keep new rows apart."""
    computed: list[str] = []

    def counted(*given: Any) -> str:
        computed.append(computed_id(*given))
        return computed[-1]

    monkeypatch.setattr(arguments, "computed_id", counted)
    return computed


@pytest.mark.parametrize(
    "drafts",
    [
        [{"name": "a"}] * MANY,
        [{"name": "a", "outputs": [{"name": "o"}] * MANY}],
        [{"name": f"a{number % 10}", "outputs": [{"name": "o"}]} for number in range(MANY)],
    ],
    ids=["equal arguments", "equal outputs", "both"],
)
def test_equal_ones_are_kept_apart_at_a_constant_cost_each(ids: list[str], drafts: list[dict[str, Any]]) -> None:
    content = of(drafts)

    shown = content.state["args_drafts"]
    assert len({one["id"] for one in shown}) == len(drafts)
    assert len({output["id"] for one in shown for output in one["outputs"]}) == len(content.state["args_output_ids"])
    assert [len(one["outputs"]) for one in shown] == [len(one.get("outputs", [])) for one in drafts]
    assert len(ids) <= 3 * (len(shown) + len(content.state["args_output_ids"]))


def test_the_same_list_has_the_same_ids_and_an_item_more_changes_none() -> None:
    drafts = [{"name": "a", "outputs": [{"name": "o"}] * 3}] * 3
    before, after = of(drafts).state, of([*drafts, drafts[0]]).state

    assert after["arg_ids"][:3] == before["arg_ids"]
    assert after["args_output_ids"][:9] == before["args_output_ids"]


def test_a_new_one_before_a_kept_one_does_not_take_its_id() -> None:
    content = of([{"name": "a"}])
    (kept,) = content.state["args_drafts"]

    patch = {"args_drafts": [{"name": "a"}, kept]}
    again = resolve(TOOL.form, SCOPE, content, patch, Found()).content.state["arg_ids"]

    assert again[1] == kept["id"]
    assert again[0] != kept["id"]


def test_too_many_outputs_are_refused_before_anything_is_looked_up() -> None:
    drafts = [{"name": f"a{number}", "outputs": [{"id": "o", "name": "o"}] * 501} for number in range(2)]
    (field,) = (one for one in TOOL.form.fields if isinstance(one, arguments.Arguments))

    with pytest.raises(InvalidFields) as refusal:
        field.look_up({"args_drafts": drafts}, Lookups())

    assert [(one.pointer, one.code) for one in refusal.value.problems] == [("/args_drafts", "too_many_items")]
