"""Every way in which a call of DynamoDB can go wrong, at every call of every route, through the real handlers.

For each request it is first seen, undisturbed, what it calls, what it answers, what can be read before and after it,
and what becomes of it when it is sent again. Then for each call and each fault: a fresh container on the same tables,
the request with the fault in it, a look at what is left, and the same request again.

docs/problems.md, "503": nothing but a 503 comes of a fault, and the same request sent again ends as if there had been
none. Without an operation key that is what is documented there: an undo that was done before is a 409 that shows it
done, a form is created once more, a proposal is made once more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from local.routing import Router, parse_target
from local.template import parse_template
from tests import evidence
from tests.engine.container import Container, Reply, Stored, new_container
from tests.engine.fault_cases import CASES, KEY, NEW_KEY, Case
from tests.engine.faults import CONFLICT, EXPIRED, FAULTS, Call, Fault
from tests.tables import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = parse_template((ROOT / "template.yaml").read_text())
_SMALL = ("agent", "persona", "catalog")
_RUN = [name for name, case in CASES.items() if evidence.IS_FULL or (case.family in _SMALL and not case.is_twin)]
# Longer than any record lives.
_RECORDS_GONE_S = 31 * 24 * 60 * 60


@pytest.fixture(scope="module")
def container(client: DynamoDBClient) -> Iterator[Container]:
    with new_container(client) as made:
        yield made


@dataclass(frozen=True)
class Run:
    """An undisturbed run: the request, and the same request again.

    start, wall_s: what is stored before it, and when that was
    before, after, again: what can be read before, after the first, after the second request
    renewed, after_renewed: the answer when the second request comes with an operation key of its own, and what is there
    """

    case: Case
    start: Stored
    wall_s: float
    draft_id: str
    calls: tuple[Call, ...]
    before: Mapping[str, str]
    first: Reply
    after: Mapping[str, str]
    second: Reply
    again: Mapping[str, str]
    renewed: Reply
    after_renewed: Mapping[str, str]


def undisturbed(container: Container, case: Case) -> Run:
    container.put_back(({}, {}))
    container.draft_id = ""
    for sent in case.before:
        reply = container.send(sent)
        assert reply.status < 300, reply
        if isinstance(reply.body, dict) and not container.draft_id:
            container.draft_id = reply.body.get("draft_id", "")
        container.clock.move(60)
    start, wall_s, before = container.stored(), container.clock.wall_s, container.readable()
    first, calls = container.traced(case.request)
    after = container.readable()
    held = container.stored()
    second = container.send(case.request)
    again = container.readable()
    container.put_back(held)
    renewed = container.send(replace(case.request, key=NEW_KEY) if case.request.key else case.request)
    return Run(
        case=case,
        start=start,
        wall_s=wall_s,
        draft_id=container.draft_id,
        calls=tuple(calls),
        before=before,
        first=first,
        after=after,
        second=second,
        again=again,
        renewed=renewed,
        after_renewed=container.readable(),
    )


def begin_again(container: Container, run: Run) -> None:
    container.put_back(run.start)
    container.clock.wall_s, container.clock.jump_s = run.wall_s, 0.0
    container.draft_id = run.draft_id


def run_disturbed(container: Container, run: Run, call: Call, fault: Fault) -> None:
    """One fault at one call; then the same request to a container that knows nothing of it."""
    begin_again(container, run)

    answer = container.send(run.case.request, call, fault)

    assert container.injector.fired
    # The next container has another clock.
    container.clock.jump_s = 0.0
    left = container.readable()
    if answer.status == 503:
        assert answer.headers["retry-after"] == "1"
        assert answer.body["code"] in codes_of(run.case, call, fault)
    else:
        assert answer.told == run.first.told
    done = drafts_of(left) == drafts_of(run.after) and drafts_of(run.before) != drafts_of(run.after)
    assert done or drafts_of(left) == drafts_of(run.before)
    assert listed_rows_of(left) <= listed_rows_of(run.before) | listed_rows_of(run.after)
    if answer.status != 503:
        assert left == run.after
    elif answer.body["code"] != "unreachable" and not fault.hidden:
        assert not done

    repeated = container.send(run.case.request)

    answers = [run.second] if done else [run.first]
    if run.case.family == "catalog":
        # docs/api.md, "Operation keys": a repetition that meets no record answers as to an existing value.
        answers = [run.first, run.second, run.renewed]
    assert keyless(settled(repeated)) in [keyless(settled(one)) for one in answers]
    assert container.readable() == (run.again if done else run.after)


def run_expired(container: Container, run: Run, *, removed: bool) -> None:
    """The same request once more, when the record of its key has expired: it counts as absent, removed or not."""
    begin_again(container, run)
    assert container.send(run.case.request).told == run.first.told
    container.clock.move(_RECORDS_GONE_S)
    if removed:
        drafts, catalog = (
            {key: item for key, item in items.items() if "expires_at_s" not in item} for items in container.stored()
        )
        container.put_back((drafts, catalog))

    repeated = container.send(run.case.request)

    answer, state = (run.renewed, run.after_renewed) if run.case.expires else (run.second, run.again)
    assert keyless(repeated.told) == keyless(answer.told)
    assert keyless(container.readable()) == keyless(state)


def keyless(told: object) -> str:
    """What was told, whatever operation key the request had."""
    return json.dumps(told, sort_keys=True).replace(NEW_KEY, KEY)


def settled(reply: Reply) -> object:
    """What an answer tells; of the records of an import, whether they were there already is left out."""
    if not isinstance(reply.body, dict) or "results" not in reply.body:
        return reply.told
    results = [{**one, "status": one["status"].replace("created", "existing")} for one in reply.body["results"]]
    return reply.status, results


def codes_of(case: Case, call: Call, fault: Fault) -> set[str | None]:
    """The codes of the 503 that may come of a fault: no transaction touches the catalog, and nothing waits there."""
    if fault.kind == CONFLICT and (case.family == "catalog" or not call.is_of_drafts):
        return {"contended"}
    return {fault.code}


def drafts_of(read: Mapping[str, str]) -> dict[str, str]:
    """What can be read of drafts: all of it is from before a request, or all of it from after it."""
    return {place: told for place, told in read.items() if not _is_row(place)}


def listed_rows_of(read: Mapping[str, str]) -> set[tuple[str, str]]:
    """The rows in the catalog's lists: each is from before a request or from after it; all can be read by their ids."""
    return {(place, told) for place, told in read.items() if place.startswith("listed ")}


def _is_row(place: str) -> bool:
    return place.split(" ", maxsplit=1)[0] in {"listed", "shared", "private"}


@pytest.mark.parametrize("name", _RUN)
def test_whatever_goes_wrong_is_a_success_or_a_503_and_the_same_request_again_ends_as_if_nothing_had(
    container: Container, name: str
) -> None:
    case = CASES[name]
    run = undisturbed(container, case)
    done: Counter[str] = Counter()

    for call in run.calls:
        for fault in (fault for fault in FAULTS if fault.can_hit(call.operation)):
            try:
                run_disturbed(container, run, call, fault)
            except BaseException as error:
                error.add_note(f"{name}; {call}; {fault}")
                raise
            done[fault.kind] += 1
    for removed in (False, True) if case.request.key and case.expires else (False,) if case.request.key else ():
        run_expired(container, run, removed=removed)
        done[EXPIRED] += 1

    assert done.total() > 0
    result = "each a success or a 503; the same request again ends as if there had been none"
    evidence.keep_row("faults", name, done, rows=CASES, unit="injected faults", result=result)


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("agent: undo", 409, {"code": "version_conflict", "currentVersion": 3, "operation": "undo"}),
        ("agent: redo", 409, {"code": "version_conflict", "currentVersion": 4, "operation": "redo"}),
        ("persona: undo", 409, {"code": "version_conflict", "current_version": 3, "operation": "undo"}),
        ("agent: reset", 200, {"version": 3}),
        ("agent: restore", 200, {"version": 3}),
        ("agent: save", 200, {"version": 3}),
        ("agent: discard", 204, None),
        ("persona: patch", 200, {"version": 2}),
        ("persona: create", 200, {"version": 1}),
        ("agent: undo, keyed", 200, {"version": 3}),
    ],
)
def test_a_request_that_was_done_though_its_answer_was_lost_is_answered_as_documented_when_it_comes_again(
    container: Container, name: str, status: int, told: dict[str, Any] | None
) -> None:
    run = undisturbed(container, CASES[name])

    assert run.second.status == status
    assert told is None or {member: run.second.body[member] for member in told} == told
    # Done once; but a form without an operation key is another form each time.
    assert (run.again == run.after) == (name != "persona: create")


def test_every_route_is_among_the_requests() -> None:
    router = Router(TEMPLATE.routes)
    called = set()
    for case in CASES.values():
        match = router.match(case.request.method, parse_target(case.request.path).path)
        assert match
        called.add(match.route.key)

    # All but the reference, which calls nothing, and HEAD, which is a GET whose body is left out in the end.
    assert called == {route.key for route in TEMPLATE.routes if route.authorized and route.method != "HEAD"}
