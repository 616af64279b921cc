"""Errors as answers: every one has its row, says what a client needs, and nothing from inside gets out."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import draftkeep
from draftkeep import errors
from draftkeep.errors import CurrentState, DraftkeepError, Place, Problem
from draftkeep.http.answers import Answer
from draftkeep.http.naming import CAMEL, SNAKE, Naming, View
from draftkeep.http.problems import TABLE, is_internal, problem_answer
from draftkeep.merging import ABSENT

STATE = CurrentState(
    version=7,
    updated_at_ms=1_700_000_000_007,
    updated_by="ana",
    actor="bot",
    operation="save",
    content=b'{"comment":"theirs"}',
    seen_content=b'{"comment":"mine"}',
)

PLACES = [
    Place("/flow/steps/0/name", "old", "proposed", "current"),
    Place("/comment", ABSENT, None, "current"),
    Place("/slots", [1], ABSENT, None),
]
DECIDED = errors.AlreadyDecided(
    accepted=True, fields=("name",), decided_at_ms=1_700_000_000_009, decided_by="ann", actor="bot"
)

EXAMPLES = [
    (errors.MalformedJson("at 1"), 400, "malformed_json"),
    (errors.MalformedHeader("If-Match", "no"), 400, "malformed_header"),
    (errors.MalformedQuery("limit", "no"), 400, "malformed_query"),
    (errors.Unauthenticated(), 401, "unauthenticated"),
    (errors.Forbidden(), 403, "forbidden"),
    (errors.NotFound(), 404, "not_found"),
    (errors.VersionConflict(STATE), 409, "version_conflict"),
    (errors.DraftExists(STATE), 409, "draft_exists"),
    (errors.IdTaken("voices", "alto"), 409, "id_taken"),
    (DECIDED, 409, "already_decided"),
    (errors.NotAProposal(), 409, "not_a_proposal"),
    (errors.ProposalConflict(7, 5, PLACES), 409, "proposal_conflict"),
    (errors.MergeConflict(STATE, 5, PLACES), 409, "merge_conflict"),
    (errors.DraftDiscarded(), 409, "draft_discarded"),
    (errors.KeysDiffer(), 400, "operation_keys_differ"),
    (errors.OperationKeyReused(), 422, "operation_key_reused"),
    (errors.UnknownEntry(3), 422, "unknown_entry"),
    (errors.ContentTooLarge(4), 413, "content_too_large"),
    (errors.UnsupportedMediaType("no"), 415, "unsupported_media_type"),
    (errors.InvalidFields([Problem("/a", "wrong_type", "no")]), 422, "invalid_fields"),
    (errors.NestingTooDeep(100), 422, "nesting_too_deep"),
    (errors.NumberOutOfRange("1e400"), 422, "number_out_of_range"),
    (errors.NothingToUndo(7), 422, "nothing_to_undo"),
    (errors.NothingToRedo(7), 422, "nothing_to_redo"),
    (errors.PreconditionRequired(7), 428, "precondition_required"),
    (errors.Throttled(), 503, "throttled"),
    (errors.Unreachable(), 503, "unreachable"),
    (errors.Contended(), 503, "contended"),
    (errors.CorruptSnapshot("keyframe 000000000007#secret"), 500, "internal_error"),
]


class Unforeseen(DraftkeepError):
    """An error that nobody put into the table."""


INTERNAL = [
    errors.CorruptSnapshot("keyframe secret"),
    Unforeseen("secret"),
    RuntimeError("secret"),
    KeyError("secret"),
    ValueError("secret"),
    errors.Unavailable("secret"),
]


def _answer(error: Exception, naming: Naming = CAMEL, request_id: str = "") -> Answer:
    """The answer of a kind that shows a content as it is stored."""
    return problem_answer(error, naming, View(), request_id)


def _body(answer: Answer) -> dict[str, Any]:
    assert answer.body is not None
    body: dict[str, Any] = json.loads(answer.body)
    return body


def _leaves(root: type[DraftkeepError]) -> Iterator[type[DraftkeepError]]:
    children = [child for child in root.__subclasses__() if child.__module__.startswith("draftkeep")]
    if not children:
        yield root
    for child in children:
        yield from _leaves(child)


# -------------------------------------------------------------------------------------------------- the table


def test_every_error_that_can_be_raised_has_its_own_row() -> None:
    for module in pkgutil.walk_packages(draftkeep.__path__, "draftkeep."):
        importlib.import_module(module.name)

    assert set(_leaves(DraftkeepError)) == set(TABLE)


def test_no_two_errors_share_a_code() -> None:
    codes = [row.code for row in TABLE.values()]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(("error", "status", "code"), EXAMPLES, ids=[code for _, _, code in EXAMPLES])
def test_an_error_is_answered_with_its_published_status_and_code(
    error: DraftkeepError,
    status: int,
    code: str,
) -> None:
    answer = _answer(error, request_id="req-1")
    body = _body(answer)

    assert answer.status == body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/problems/{code}"
    assert body["instance"] == "req-1"
    assert answer.media_type == "application/problem+json"
    assert all(isinstance(body[member], str) and body[member] for member in ("title", "detail"))


def test_every_row_that_is_published_has_an_example_here() -> None:
    shown = {type(error) for error, _, _ in EXAMPLES}

    assert set(TABLE) == shown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.MalformedJson("Expecting value at line 2"), "Expecting value at line 2"),
        (errors.MalformedHeader("If-Match", "Send one."), "If-Match: Send one."),
        (errors.MalformedQuery("limit", "Send a number."), "limit: Send a number."),
        (errors.ContentTooLarge(4_194_304), "4194304"),
        (errors.UnsupportedMediaType("Send JSON."), "Send JSON."),
        (errors.NestingTooDeep(100), "100"),
        (errors.NumberOutOfRange("1e400"), "1e400"),
        (errors.UnknownEntry(1234), "1234"),
        (DECIDED, "accepted"),
    ],
)
def test_the_detail_says_what_is_wrong(error: DraftkeepError, said: str) -> None:
    assert said in _body(_answer(error))["detail"]


# -------------------------------------------------------------------------------------------------- conflicts


@pytest.mark.parametrize("error", [errors.VersionConflict(STATE), errors.DraftExists(STATE)])
def test_a_conflict_tells_the_whole_current_state(error: DraftkeepError) -> None:
    answer = _answer(error)
    body = _body(answer)

    assert body["currentVersion"] == 7
    assert body["updatedAt"] == 1_700_000_000_007
    assert body["updatedBy"] == "ana"
    assert body["actor"] == "bot"
    assert body["operation"] == "save"
    assert body["changed"] == {"pointers": ["/comment"], "total": 1}
    assert body["headData"] == {"comment": "theirs"}
    assert answer.headers["ETag"] == '"7"'


@pytest.mark.parametrize("error", [errors.VersionConflict(STATE), errors.DraftExists(STATE)])
def test_a_form_is_told_the_same_in_snake_case(error: DraftkeepError) -> None:
    body = _body(_answer(error, SNAKE))

    assert body["current_version"] == 7
    assert body["updated_at"] == 1_700_000_000_007
    assert body["updated_by"] == "ana"
    assert body["changed"] == {"pointers": ["/comment"], "total": 1}
    assert body["form_state"] == {"comment": "theirs"}
    assert body.keys().isdisjoint({"currentVersion", "updatedAt", "updatedBy", "headData"})


def test_a_conflict_with_no_draft_says_version_0_and_carries_no_tag() -> None:
    answer = _answer(errors.VersionConflict(CurrentState(version=0)))
    body = _body(answer)

    assert body["currentVersion"] == 0
    assert body["headData"] is None
    assert body["changed"] is None
    assert body["updatedAt"] is None
    assert "ETag" not in answer.headers


def test_a_conflict_without_a_difference_still_says_so() -> None:
    state = CurrentState(version=7, content=b"{}", seen_content=b"{}")

    assert _body(_answer(errors.VersionConflict(state)))["changed"] == {"pointers": [], "total": 0}


def test_a_conflict_with_a_version_that_is_not_known_tells_no_difference() -> None:
    state = CurrentState(version=7, content=b'{"comment":"theirs"}', seen_content=None)

    assert _body(_answer(errors.VersionConflict(state)))["changed"] is None


def test_a_conflict_shows_contents_and_their_difference_as_the_kind_shows_them() -> None:
    error = errors.VersionConflict(STATE)

    body = _body(problem_answer(error, SNAKE, View(lambda content: b'{"shown":%b}' % content), ""))

    assert body["form_state"] == {"shown": {"comment": "theirs"}}
    assert body["changed"] == {"pointers": ["/shown/comment"], "total": 1}


@pytest.mark.parametrize(
    "error",
    [errors.NothingToUndo(7), errors.NothingToRedo(7), errors.PreconditionRequired(7)],
)
def test_a_refused_move_tells_the_current_version(error: DraftkeepError) -> None:
    assert _body(_answer(error))["currentVersion"] == 7
    assert _body(_answer(error, SNAKE))["current_version"] == 7


# -------------------------------------------------------------------------------------------------- proposals


def test_a_proposal_conflict_tells_both_versions_and_every_place_with_its_values() -> None:
    answer = _answer(errors.ProposalConflict(7, 5, PLACES))
    body = _body(answer)

    assert (body["currentVersion"], body["baseVersion"], body["conflictsTotal"]) == (7, 5, 3)
    assert body["conflicts"] == [
        {"pointer": "/flow/steps/0/name", "base": "old", "current": "current", "proposed": "proposed"},
        {"pointer": "/comment", "current": "current", "proposed": None},
        {"pointer": "/slots", "base": [1], "current": None},
    ]
    assert answer.headers["ETag"] == '"7"'


def test_a_proposal_conflict_says_how_to_apply_it_all_the_same() -> None:
    assert "If-Match" in _body(_answer(errors.ProposalConflict(7, 5, PLACES)))["detail"]


def test_a_forms_proposal_conflict_names_fields_in_snake_case() -> None:
    body = _body(_answer(errors.ProposalConflict(7, 5, [Place("name", "a", "c", "b")]), SNAKE))

    assert (body["current_version"], body["base_version"], body["conflicts_total"]) == (7, 5, 1)
    assert body["conflicts"] == [{"field": "name", "base": "a", "current": "b", "proposed": "c"}]
    assert body.keys().isdisjoint({"currentVersion", "baseVersion", "conflictsTotal"})


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (errors.ProposalConflict(7, 5, [Place(f"/{number}", 0, 1, 2) for number in range(250)]), "conflicts"),
        (errors.MergeConflict(STATE, 5, [Place(f"/{number}", 0, 1, 2) for number in range(250)]), "overlaps"),
    ],
)
def test_at_most_100_places_are_listed_and_all_are_counted(error: DraftkeepError, name: str) -> None:
    body = _body(_answer(error))

    assert len(body[name]) == 100
    assert body[f"{name}Total"] == 250


def test_a_merge_conflict_tells_the_places_and_the_whole_current_state() -> None:
    answer = _answer(errors.MergeConflict(STATE, 5, PLACES[:1]))
    body = _body(answer)

    assert (body["currentVersion"], body["baseVersion"], body["overlapsTotal"]) == (7, 5, 1)
    assert body["overlaps"] == [
        {"pointer": "/flow/steps/0/name", "base": "old", "current": "current", "proposed": "proposed"}
    ]
    assert (body["updatedAt"], body["updatedBy"], body["operation"]) == (1_700_000_000_007, "ana", "save")
    assert body["headData"] == {"comment": "theirs"}
    assert answer.headers["ETag"] == '"7"'


@pytest.mark.parametrize("disjoint", [True, False])
def test_a_conflict_says_whether_it_could_be_merged_where_that_is_known(disjoint: bool) -> None:
    known = CurrentState(version=7, content=b"{}", seen_content=b"{}", disjoint=disjoint)

    assert _body(_answer(errors.VersionConflict(known)))["disjoint"] is disjoint
    assert "disjoint" not in _body(_answer(errors.VersionConflict(STATE)))


def test_a_decision_that_stands_is_told_with_who_made_it() -> None:
    body = _body(_answer(DECIDED))

    assert body["accepted"] is True
    assert body["acceptedFields"] == ["name"]
    assert (body["decidedAt"], body["decidedBy"], body["actor"]) == (1_700_000_000_009, "ann", "bot")


@pytest.mark.parametrize(("fields", "told"), [(None, None), ((), []), (("a", "b"), ["a", "b"])])
def test_a_form_is_told_a_decision_in_snake_case(fields: tuple[str, ...] | None, told: list[str] | None) -> None:
    error = errors.AlreadyDecided(accepted=False, fields=fields, decided_at_ms=9, decided_by="ann", actor=None)

    body = _body(_answer(error, SNAKE))

    assert body["accepted"] is False
    assert body["accepted_fields"] == told
    assert (body["decided_at"], body["decided_by"], body["actor"]) == (9, "ann", None)
    assert "rejected" in body["detail"]


# ---------------------------------------------------------------------------------------------- other members


def test_invalid_fields_are_listed_with_pointer_code_and_message() -> None:
    problems = [Problem("/a~1b/0", "wrong_type", "Not a text."), Problem("", "unknown_field", "Not here.")]

    body = _body(_answer(errors.InvalidFields(problems, 250)))

    assert body["errors"] == [
        {"pointer": "/a~1b/0", "code": "wrong_type", "message": "Not a text."},
        {"pointer": "", "code": "unknown_field", "message": "Not here."},
    ]
    assert body["total"] == 250


def test_invalid_fields_without_a_total_count_themselves() -> None:
    assert errors.InvalidFields([Problem("", "a", "b")] * 3).total == 3


@pytest.mark.parametrize("error", [errors.Throttled(), errors.Unreachable(), errors.Contended()])
def test_what_may_be_sent_again_says_when(error: DraftkeepError) -> None:
    assert _answer(error).headers == {"Retry-After": "1"}


def test_a_missing_token_names_the_scheme() -> None:
    assert _answer(errors.Unauthenticated()).headers == {"WWW-Authenticate": "Bearer"}


# ----------------------------------------------------------------------------------------------------- inside


@pytest.mark.parametrize("error", INTERNAL, ids=lambda error: type(error).__name__)
def test_an_internal_error_answers_500_and_tells_nothing_but_the_request(error: Exception) -> None:
    answer = _answer(error, request_id="req-1")

    assert answer.status == 500
    assert answer.headers == {}
    assert _body(answer) == {
        "type": "/problems/internal_error",
        "title": "Something failed inside",
        "status": 500,
        "detail": "Quote the request id when you report this.",
        "instance": "req-1",
        "code": "internal_error",
    }
    assert "secret" not in str(answer)
    assert type(error).__name__ not in str(answer)


@pytest.mark.parametrize("error", INTERNAL, ids=lambda error: type(error).__name__)
def test_a_defect_is_known_as_internal(error: Exception) -> None:
    assert is_internal(error)


@pytest.mark.parametrize("error", [error for error, status, _ in EXAMPLES if status != 500])
def test_a_refusal_is_not_internal(error: DraftkeepError) -> None:
    assert not is_internal(error)
