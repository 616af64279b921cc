"""The contract of operation keys, on every engine: a request with a key is done once, and answered the same ever after.

docs/api.md, "Operation keys", and docs/architecture.md, "A keyed save": the record is written in the transaction of
what it tells of; it lives for 7 days; a request is the same when its fingerprint is; keys of two tenants, users or
kinds never meet.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from draftkeep.canonical import Content, hash_of
from draftkeep.catalog import Catalog, Scope
from draftkeep.errors import (
    DraftExists,
    DraftkeepError,
    Forbidden,
    InvalidFields,
    NotFound,
    NothingToRedo,
    NothingToUndo,
    OperationKeyReused,
    PreconditionRequired,
    VersionConflict,
)
from draftkeep.http.forms import FormContract, checked
from draftkeep.log import Log
from draftkeep.model import Author, Draft, Entry, Kind
from draftkeep.operations import Claim, Operations, Owner, Record
from draftkeep.preconditions import Precondition
from draftkeep.resolver.engine import decode
from draftkeep.service.catalog import ADMINS, Kept, Resources
from draftkeep.service.drafts import Drafts
from draftkeep.service.forms import Forms
from draftkeep.service.states import Discarded, Outcome, Written
from draftkeep.service.writing import owner_of
from draftkeep.store import Store
from eval_draft.contract import EVAL
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tests.catalogs import ADMIN, new_catalog, new_catalog_table, share
from tests.suites.builders import ANY_VERSION, AUTHOR, NOTHING_SAID, a_content, a_draft, a_long_content, seen
from tests.tables import new_drafts, new_forms, new_writing
from tool_draft.contract import TOOL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_T = TypeVar("_T")

NOW_MS = 1_795_000_000_000
DAY_S = 24 * 60 * 60
WEEK_S = 7 * DAY_S

CONTRACTS = {"persona": PERSONA, "tool": TOOL, "eval": EVAL, "test": TEST}
ONLY_NEW = Precondition(only_new=True)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now_ms: int = NOW_MS

    def __call__(self) -> int:
        return self.now_ms

    def set_s(self, seconds_later: int) -> None:
        self.now_ms = NOW_MS + seconds_later * 1000


def claim(about: str = "this request", key: str = "k1") -> Claim:
    """The claim of a key by a request; two requests are the same if they are `about` the same."""
    return Claim(key, hash_of(about.encode()))


def everything(client: DynamoDBClient, table: str) -> list[Any]:
    """All items of a table, in one order."""
    pages: Any = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return sorted(
        (item for page in pages for item in page["Items"]), key=lambda item: (item["pk"]["S"], item["sk"]["S"])
    )


def kinds(client: DynamoDBClient, table: str) -> dict[str, int]:
    """How many items of each kind a drafts table holds: draft, keyframe, index, op, proposal, trash."""
    found = (item["pk"]["S"].split("#") for item in everything(client, table))
    return dict(Counter("trash" if parts[0] == "trash" else parts[1] for parts in found))


def record_of(drafts: Drafts, owner: Owner, key: str = "k1", now_ms: int = 0) -> Record | None:
    return drafts.writing.operations.read(owner, key, now_ms)


def at_once(count: int, run: Callable[[int], _T]) -> list[_T]:
    """Run it in that many threads, which begin together."""
    start = threading.Barrier(count)

    def one(number: int) -> _T:
        start.wait(30)
        return run(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class Blind(Operations):
    """The records as a request sees them whose duplicate was a moment faster: at the first look there is none."""

    looked = False

    def read(self, owner: Owner, key: str, now_ms: int) -> Record | None:
        looked, self.looked = self.looked, True
        return super().read(owner, key, now_ms) if looked else None


def blind_drafts(client: DynamoDBClient, table: str, clock: Clock) -> Drafts:
    """The use cases of a request that looked for its record just before its duplicate wrote it."""
    return Drafts(replace(new_writing(client, table, clock=clock), operations=Blind(Store(client, table))))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(client: DynamoDBClient, table: str, clock: Clock) -> Drafts:
    """The use cases of drafts by a clock that the test holds."""
    return new_drafts(client, table, clock=clock)


# ------------------------------------------------------------------------------------- one request of each kind

Act = Callable[[Drafts, Draft, Claim | None], Written | Discarded]

LARGE = a_long_content(300_000, seed=1)

# What each request does to a draft whose contents were a, b, c, and whose newest entry 4 is an undo to b.
ACTS: dict[str, Act] = {
    "save": lambda drafts, draft, key: drafts.save(draft, AUTHOR, a_content("mine"), seen(4), key),
    "large save": lambda drafts, draft, key: drafts.save(draft, AUTHOR, LARGE, seen(4), key),
    "overwrite": lambda drafts, draft, key: drafts.save(draft, AUTHOR, a_content("mine"), ANY_VERSION, key),
    "identical save": lambda drafts, draft, key: drafts.save(draft, AUTHOR, a_content("b"), seen(2), key),
    "undo": lambda drafts, draft, key: drafts.undo(draft, AUTHOR, seen(4), key),
    "undo of any version": lambda drafts, draft, key: drafts.undo(draft, AUTHOR, ANY_VERSION, key),
    "redo": lambda drafts, draft, key: drafts.redo(draft, AUTHOR, seen(4), key),
    "reset": lambda drafts, draft, key: drafts.reset(draft, AUTHOR, seen(4), key),
    "discard": lambda drafts, draft, key: drafts.discard(draft, AUTHOR, seen(4), key),
}

# Those of them that a client which knows no version sends: the key alone keeps them from being done twice.
UNGUARDED: dict[str, Act] = {
    "undo": lambda drafts, draft, key: drafts.undo(draft, AUTHOR, NOTHING_SAID, key),
    "redo": lambda drafts, draft, key: drafts.redo(draft, AUTHOR, NOTHING_SAID, key),
    "reset": lambda drafts, draft, key: drafts.reset(draft, AUTHOR, NOTHING_SAID, key),
    "discard": lambda drafts, draft, key: drafts.discard(draft, AUTHOR, NOTHING_SAID, key, guarded=True),
}

acts = pytest.mark.parametrize("act", ACTS)


def walked(drafts: Drafts) -> Draft:
    """A draft with an older content to undo to and a newer one to redo."""
    draft = a_draft()
    for number, text in enumerate("abc"):
        drafts.save(draft, AUTHOR, a_content(text), seen(number))
    drafts.undo(draft, AUTHOR, seen(3))
    return draft


def save_over(drafts: Drafts, draft: Draft, *texts: str) -> None:
    """Save one content after the other over whatever is there; begins the draft anew after a discard."""
    for text in texts:
        drafts.save(draft, AUTHOR, a_content(text), seen(drafts.log.read(draft).version))


def move_to_and_fro(drafts: Drafts, draft: Draft) -> None:
    """26 moves, so that the newest page holds no content entry."""
    save_over(drafts, draft, "x", "y")
    for _ in range(13):
        drafts.undo(draft, AUTHOR, ANY_VERSION)
        drafts.redo(draft, AUTHOR, ANY_VERSION)


def end(drafts: Drafts, draft: Draft) -> None:
    drafts.discard(draft, AUTHOR, NOTHING_SAID)


def begin_anew(drafts: Drafts, draft: Draft) -> None:
    end(drafts, draft)
    save_over(drafts, draft, "anew", "and on")


def save_and_undo(drafts: Drafts, draft: Draft) -> None:
    save_over(drafts, draft, "x", "y")
    drafts.undo(draft, AUTHOR, ANY_VERSION)


SINCE: dict[str, Callable[[Drafts, Draft], None]] = {
    "nothing": lambda _drafts, _draft: None,
    "other saves": lambda drafts, draft: save_over(drafts, draft, "x", "y", "z"),
    "an undo": save_and_undo,
    "26 moves": move_to_and_fro,
    "a discard": end,
    "a new draft": begin_anew,
}


def as_replay(answer: Written | Discarded) -> Written | Discarded:
    return replace(answer, replayed=True)


# ------------------------------------------------------------------------------------------- what is stored


def test_the_first_use_of_a_key_stores_entry_index_and_record(
    timed: Drafts, client: DynamoDBClient, table: str
) -> None:
    draft = a_draft()

    written = timed.save(draft, AUTHOR, a_content(), NOTHING_SAID, claim())

    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1}
    assert (written.outcome, written.replayed, written.state.head.key) == (Outcome.CREATED, False, "k1")
    assert record_of(timed, owner_of(draft)) == Record(
        key="k1",
        fingerprint=claim().fingerprint,
        attempt=written.state.head.attempt,
        created_at_ms=NOW_MS,
        outcome="created",
        version=1,
        draft_id=draft.id,
        group=draft.group,
        expires_at_s=NOW_MS // 1000 + WEEK_S,
    )


@pytest.mark.parametrize(
    ("act", "more", "version"),
    [
        ("save", {"draft": 1, "op": 1}, 5),
        ("large save", {"draft": 1, "keyframe": 1, "op": 1}, 5),
        ("identical save", {"op": 1}, 4),
        ("undo", {"draft": 1, "op": 1}, 5),
        ("redo", {"draft": 1, "op": 1}, 5),
        ("reset", {"draft": 1, "op": 1}, 5),
        ("discard", {"draft": 1, "op": 1, "trash": 1, "index": -1}, 5),
    ],
)
def test_a_keyed_request_stores_what_it_does_and_one_record_that_lives_7_days(
    timed: Drafts, client: DynamoDBClient, table: str, act: str, more: dict[str, int], version: int
) -> None:
    draft = walked(timed)
    before = kinds(client, table)

    ACTS[act](timed, draft, claim())

    after = kinds(client, table)
    assert {kind: count for kind in before | after if (count := after.get(kind, 0) - before.get(kind, 0))} == more
    record = record_of(timed, owner_of(draft))
    assert record
    assert (record.version, record.expires_at_s) == (version, NOW_MS // 1000 + WEEK_S)


@acts
def test_a_request_without_a_key_leaves_no_record(drafts: Drafts, client: DynamoDBClient, table: str, act: str) -> None:
    draft = walked(drafts)

    ACTS[act](drafts, draft, None)

    assert "op" not in kinds(client, table)


def test_a_discard_of_nothing_stores_a_record_alone(timed: Drafts, client: DynamoDBClient, table: str) -> None:
    draft = a_draft()

    done = timed.discard(draft, AUTHOR, NOTHING_SAID, claim())

    assert done == Discarded(None)
    assert kinds(client, table) == {"op": 1}
    record = record_of(timed, owner_of(draft))
    assert record
    assert (record.version, record.expires_at_s) == (0, NOW_MS // 1000 + WEEK_S)


def test_the_entry_of_a_keyed_request_carries_its_key(drafts: Drafts) -> None:
    draft = walked(drafts)

    drafts.undo(draft, AUTHOR, NOTHING_SAID, claim(key="an undo"))
    drafts.save(draft, AUTHOR, a_content("x"), ANY_VERSION, claim(key="a save"))
    drafts.save(draft, AUTHOR, a_content("y"), ANY_VERSION)

    assert [entry.key for entry in drafts.log.read(draft, limit=3).entries] == [None, "a save", "an undo"]


# ---------------------------------------------------------------------------------------- the same request again


@acts
@pytest.mark.parametrize("since", SINCE)
def test_the_same_request_again_has_the_same_answer_and_writes_nothing(
    drafts: Drafts, client: DynamoDBClient, table: str, act: str, since: str
) -> None:
    draft = walked(drafts)
    first = ACTS[act](drafts, draft, claim())
    SINCE[since](drafts, draft)
    before = everything(client, table)

    again = ACTS[act](drafts, draft, claim())
    elsewhere = ACTS[act](new_drafts(client, table), draft, claim())

    assert not first.replayed
    assert again == elsewhere == as_replay(first)
    assert everything(client, table) == before


@pytest.mark.parametrize("since", SINCE)
def test_a_creation_again_has_the_same_answer(drafts: Drafts, client: DynamoDBClient, table: str, since: str) -> None:
    draft = a_draft()
    first = drafts.save(draft, AUTHOR, a_content("first"), seen(0), claim())
    SINCE[since](drafts, draft)
    before = everything(client, table)

    again = drafts.save(draft, AUTHOR, a_content("first"), seen(0), claim())

    assert (first.outcome, first.replayed) == (Outcome.CREATED, False)
    assert again == as_replay(first)
    assert everything(client, table) == before


@pytest.mark.parametrize("move", ["undo", "redo"])
def test_a_move_deep_in_a_row_of_moves_again_has_the_same_answer(drafts: Drafts, move: str) -> None:
    draft = walked(drafts)
    for _ in range(13):
        drafts.redo(draft, AUTHOR, ANY_VERSION)
        drafts.undo(draft, AUTHOR, ANY_VERSION)
    first = UNGUARDED[move](drafts, draft, claim())
    save_over(drafts, draft, "x", "y")

    again = UNGUARDED[move](drafts, draft, claim())

    assert isinstance(first, Written)
    assert first.state.history
    assert again == as_replay(first)


@pytest.mark.parametrize("saves", [19, 20, 21])
@pytest.mark.parametrize("act", ["save", "identical save", "undo"])
def test_the_history_of_an_answer_given_again_is_as_long_as_it_was(drafts: Drafts, act: str, saves: int) -> None:
    draft = a_draft()
    save_over(drafts, draft, *(f"{number}" for number in range(saves)))
    first = at_a_boundary(act, drafts, draft, f"{saves - 1}")
    save_over(drafts, draft, "x", "y")

    again = at_a_boundary(act, drafts, draft, f"{saves - 1}")

    newest = saves + (act == "save")
    assert [entry.version for entry in first.state.history] == list(range(newest, max(newest - 20, 0), -1))
    assert again == as_replay(first)


@pytest.mark.parametrize("moves", [17, 18, 19, 20])
@pytest.mark.parametrize("act", ["save", "identical save", "undo"])
def test_the_history_of_an_answer_after_moves_is_given_again(drafts: Drafts, act: str, moves: int) -> None:
    draft = a_draft()
    save_over(drafts, draft, "a", "b", "c")
    for number in range(moves):
        (drafts.redo if number % 2 else drafts.undo)(draft, AUTHOR, ANY_VERSION)
    current = json.loads(drafts.read(draft).content)["comment"]
    first = at_a_boundary(act, drafts, draft, current)
    save_over(drafts, draft, "x", "y")

    again = at_a_boundary(act, drafts, draft, current)

    assert first.state.history
    assert again == as_replay(first)


def at_a_boundary(act: str, drafts: Drafts, draft: Draft, current: str) -> Written:
    """One keyed request, whatever is current."""
    if act == "undo":
        return drafts.undo(draft, AUTHOR, NOTHING_SAID, claim())
    text = current if act == "identical save" else "mine"
    return drafts.save(draft, AUTHOR, a_content(text), ANY_VERSION, claim())


@pytest.mark.parametrize("act", UNGUARDED)
def test_with_a_key_and_without_a_version_it_is_done_once(drafts: Drafts, act: str) -> None:
    draft = walked(drafts)

    first, *others = [UNGUARDED[act](drafts, draft, claim()) for _ in range(3)]

    assert drafts.log.read(draft).last_version == 5
    assert others == [as_replay(first)] * 2


@pytest.mark.parametrize("act", UNGUARDED)
def test_without_a_key_and_a_version_it_is_refused(drafts: Drafts, act: str) -> None:
    draft = walked(drafts)

    with pytest.raises(PreconditionRequired) as refusal:
        UNGUARDED[act](drafts, draft, None)

    assert refusal.value.current_version == drafts.log.read(draft).last_version == 4


def test_a_key_does_not_stand_in_for_the_version_of_a_save(drafts: Drafts) -> None:
    draft = walked(drafts)

    with pytest.raises(PreconditionRequired):
        drafts.save(draft, AUTHOR, a_content("mine"), NOTHING_SAID, claim())


@acts
def test_a_version_that_is_stale_by_now_does_not_keep_a_request_from_its_answer(drafts: Drafts, act: str) -> None:
    draft = walked(drafts)
    first = ACTS[act](drafts, draft, claim())
    save_over(drafts, draft, "x", "y")

    with pytest.raises((VersionConflict, DraftExists)):
        drafts.save(draft, AUTHOR, a_content("mine"), seen(4))

    assert ACTS[act](drafts, draft, claim()) == as_replay(first)


def test_an_identical_save_is_recorded_so_that_it_never_reverts_what_follows(drafts: Drafts) -> None:
    draft = a_draft()
    drafts.save(draft, AUTHOR, a_content("a"), NOTHING_SAID)
    first = drafts.save(draft, AUTHOR, a_content("a"), ANY_VERSION, claim())
    drafts.save(draft, AUTHOR, a_content("b"), seen(1))

    again = drafts.save(draft, AUTHOR, a_content("a"), ANY_VERSION, claim())

    assert (first.outcome, again.outcome, again.replayed) == (Outcome.UNCHANGED, Outcome.UNCHANGED, True)
    assert (again.state.head.version, again.state.content) == (1, a_content("a").text)
    assert drafts.read(draft).content == a_content("b").text


def test_a_discard_of_nothing_again_spares_the_draft_begun_since(drafts: Drafts) -> None:
    draft = a_draft()
    drafts.discard(draft, AUTHOR, NOTHING_SAID, claim())
    begun = drafts.save(draft, AUTHOR, a_content(), NOTHING_SAID)

    again = drafts.discard(draft, AUTHOR, NOTHING_SAID, claim())

    assert again == Discarded(None, replayed=True)
    assert drafts.read(draft).head == begun.state.head


def test_a_discard_again_spares_the_draft_begun_anew(drafts: Drafts) -> None:
    draft = walked(drafts)
    first = drafts.discard(draft, AUTHOR, NOTHING_SAID, claim())
    begun = drafts.save(draft, AUTHOR, a_content("anew"), NOTHING_SAID)

    again = drafts.discard(draft, AUTHOR, NOTHING_SAID, claim())

    assert (first, again) == (Discarded(5), Discarded(5, replayed=True))
    assert drafts.read(draft).head == begun.state.head


def test_a_large_content_is_answered_again_by_a_fresh_container(
    drafts: Drafts, client: DynamoDBClient, table: str
) -> None:
    draft, other = a_draft(), a_long_content(300_000, seed=2)
    first = drafts.save(draft, AUTHOR, LARGE, NOTHING_SAID, claim())
    drafts.save(draft, AUTHOR, other, seen(1))

    again = new_drafts(client, table).save(draft, AUTHOR, LARGE, NOTHING_SAID, claim())

    assert again == as_replay(first)
    assert again.state.content == LARGE.text


# --------------------------------------------------------------------------------------------- another request


@acts
def test_a_key_of_another_request_is_refused_and_nothing_is_done(
    drafts: Drafts, client: DynamoDBClient, table: str, act: str
) -> None:
    draft = walked(drafts)
    ACTS[act](drafts, draft, claim("one request"))
    save_over(drafts, draft, "x")
    before = everything(client, table)

    for other in ACTS.values():
        with pytest.raises(OperationKeyReused):
            other(drafts, draft, claim("another request"))

    assert everything(client, table) == before


def test_a_key_that_was_used_for_one_draft_is_refused_for_another(drafts: Drafts) -> None:
    one, other = a_draft(), a_draft()
    drafts.save(one, AUTHOR, a_content(), NOTHING_SAID, claim("one draft"))

    with pytest.raises(OperationKeyReused):
        drafts.save(other, AUTHOR, a_content(), NOTHING_SAID, claim("another draft"))

    with pytest.raises(NotFound):
        drafts.read(other)


REFUSED: dict[str, tuple[type[DraftkeepError], Act]] = {
    "stale save": (VersionConflict, lambda drafts, draft, key: drafts.save(draft, AUTHOR, LARGE, seen(3), key)),
    "save of a new draft": (DraftExists, lambda drafts, draft, key: drafts.save(draft, AUTHOR, LARGE, ONLY_NEW, key)),
    "unguarded save": (
        PreconditionRequired,
        lambda drafts, draft, key: drafts.save(draft, AUTHOR, LARGE, NOTHING_SAID, key),
    ),
    "save of no draft": (VersionConflict, lambda drafts, _, key: drafts.save(a_draft(), AUTHOR, LARGE, seen(1), key)),
    "stale undo": (VersionConflict, lambda drafts, draft, key: drafts.undo(draft, AUTHOR, seen(3), key)),
    "undo of no draft": (NotFound, lambda drafts, _, key: drafts.undo(a_draft(), AUTHOR, NOTHING_SAID, key)),
    "redo of no draft": (NotFound, lambda drafts, _, key: drafts.redo(a_draft(), AUTHOR, NOTHING_SAID, key)),
    "reset of no draft": (NotFound, lambda drafts, _, key: drafts.reset(a_draft(), AUTHOR, NOTHING_SAID, key)),
    "stale discard": (VersionConflict, lambda drafts, draft, key: drafts.discard(draft, AUTHOR, seen(3), key)),
}


@pytest.mark.parametrize("act", REFUSED)
def test_a_refused_request_is_not_recorded_and_its_key_can_be_used(
    drafts: Drafts, client: DynamoDBClient, table: str, act: str
) -> None:
    draft = walked(drafts)
    before = everything(client, table)
    expected, refused = REFUSED[act]

    with pytest.raises(expected):
        refused(drafts, draft, claim())

    assert everything(client, table) == before
    used = drafts.save(draft, AUTHOR, a_content("another request"), seen(4), claim("another request"))
    assert (used.replayed, used.state.head.version) == (False, 5)


def test_a_move_at_an_end_is_not_recorded_and_succeeds_with_its_key_later(drafts: Drafts) -> None:
    draft = a_draft()
    drafts.save(draft, AUTHOR, a_content("a"), NOTHING_SAID)
    with pytest.raises(NothingToUndo):
        drafts.undo(draft, AUTHOR, NOTHING_SAID, claim("undo", "u"))
    with pytest.raises(NothingToRedo):
        drafts.redo(draft, AUTHOR, NOTHING_SAID, claim("redo", "r"))
    drafts.save(draft, AUTHOR, a_content("b"), seen(1))

    undone = drafts.undo(draft, AUTHOR, NOTHING_SAID, claim("undo", "u"))
    redone = drafts.redo(draft, AUTHOR, NOTHING_SAID, claim("redo", "r"))

    assert [undone.state.content, redone.state.content] == [a_content("a").text, a_content("b").text]
    assert not undone.replayed
    assert not redone.replayed


# ---------------------------------------------------------------------------------------------------- expiry


def test_a_record_answers_until_the_last_second_of_its_7_days(timed: Drafts, clock: Clock) -> None:
    draft = a_draft()
    first = timed.save(draft, AUTHOR, a_content("a"), NOTHING_SAID, claim())
    timed.save(draft, AUTHOR, a_content("b"), seen(1))

    clock.set_s(WEEK_S - 1)

    assert timed.save(draft, AUTHOR, a_content("a"), NOTHING_SAID, claim()) == as_replay(first)


@acts
@pytest.mark.parametrize("about", ["this request", "another request"])
def test_an_expired_record_counts_as_absent_and_gives_way_to_a_new_one(
    timed: Drafts, clock: Clock, client: DynamoDBClient, table: str, act: str, about: str
) -> None:
    draft = walked(timed)
    timed.save(a_draft(), AUTHOR, a_content(), NOTHING_SAID, claim())
    clock.set_s(WEEK_S)

    done = ACTS[act](timed, draft, claim(about))

    assert not done.replayed
    record = record_of(timed, owner_of(draft), now_ms=clock.now_ms)
    assert record
    assert (record.fingerprint, record.draft_id) == (claim(about).fingerprint, draft.id)
    assert record.expires_at_s == NOW_MS // 1000 + 2 * WEEK_S
    assert kinds(client, table)["op"] == 1
    assert ACTS[act](timed, draft, claim(about)) == as_replay(done)


def test_of_8_requests_that_meet_an_expired_record_one_is_done(
    timed: Drafts, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    draft = walked(timed)
    timed.save(a_draft(), AUTHOR, a_content(), NOTHING_SAID, claim())
    clock.set_s(WEEK_S)

    answers = at_once(
        8, lambda _: new_drafts(client, table, clock=clock).undo(draft, AUTHOR, NOTHING_SAID, claim("undo"))
    )

    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
    assert timed.log.read(draft).last_version == 5


# ----------------------------------------------------------------------------------------------------- scope


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": "globex"},
        {"user": "bob"},
        {"kind": Kind.PERSONA},
        {"user": "Ann"},
        {"user": "ann "},
        {"tenant": "ann", "user": "acme"},
    ],
    ids=str,
)
def test_keys_of_two_tenants_users_or_kinds_never_meet(drafts: Drafts, changes: dict[str, Any]) -> None:
    one, other = a_draft(), a_draft(**changes)
    drafts.save(one, AUTHOR, a_content("one"), NOTHING_SAID, claim("one"))

    written = drafts.save(other, AUTHOR, a_content("other"), NOTHING_SAID, claim("other"))

    assert (written.replayed, written.state.content) == (False, a_content("other").text)
    assert drafts.save(one, AUTHOR, a_content("one"), NOTHING_SAID, claim("one")).state.draft == one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ann", "b#k"), ("ann#b", "k")),
        (("ann#", "k"), ("ann", "#k")),
        (("a%23b", "k"), ("a#b", "k")),
        (("ann", "a%23b"), ("ann", "a#b")),
        (("ann", "K1"), ("ann", "k1")),
        (("ann", "k 1"), ("ann", "k+1")),
        (("ann", "k/1"), ("ann", "k%2F1")),
        (("ann", "x" * 255), ("ann", "x" * 254)),
    ],
)
def test_no_spelling_of_a_user_or_a_key_reaches_anothers_record(
    drafts: Drafts, one: tuple[str, str], other: tuple[str, str]
) -> None:
    (user, key), (other_user, other_key) = one, other
    drafts.save(a_draft(user=user), AUTHOR, a_content(), NOTHING_SAID, claim("one", key))

    written = drafts.save(a_draft(user=other_user), AUTHOR, a_content(), NOTHING_SAID, claim("other", other_key))

    assert not written.replayed


def test_a_key_of_any_printable_characters_is_kept_as_it_is(drafts: Drafts) -> None:
    key = "".join(chr(code) for code in range(0x21, 0x7F)) + " " + "#" * 160
    draft = a_draft()
    first = drafts.save(draft, AUTHOR, a_content(), NOTHING_SAID, claim(key=key))

    again = drafts.save(draft, AUTHOR, a_content(), NOTHING_SAID, claim(key=key))

    assert len(key) == 255
    assert (first.state.head.key, again) == (key, as_replay(first))


# ----------------------------------------------------------------------------------------------------- races


@pytest.mark.parametrize("act", [*ACTS, "creation"])
def test_of_a_request_sent_8_times_at_once_one_is_done_and_all_are_answered_alike(
    drafts: Drafts, client: DynamoDBClient, table: str, act: str
) -> None:
    draft = a_draft() if act == "creation" else walked(drafts)
    run = ACTS.get(act) or (lambda some, draft, key: some.save(draft, AUTHOR, a_content(), NOTHING_SAID, key))
    before = kinds(client, table).get("draft", 0)

    answers = at_once(8, lambda _: run(new_drafts(client, table), draft, claim()))

    (done,) = [answer for answer in answers if not answer.replayed]
    assert [answer for answer in answers if answer.replayed] == [as_replay(done)] * 7
    assert kinds(client, table)["draft"] == before + (act != "identical save")
    assert kinds(client, table)["op"] == 1


@pytest.mark.parametrize("act", UNGUARDED)
def test_of_an_unguarded_request_sent_8_times_at_once_one_is_done(
    drafts: Drafts, client: DynamoDBClient, table: str, act: str
) -> None:
    draft = walked(drafts)

    answers = at_once(8, lambda _: UNGUARDED[act](new_drafts(client, table), draft, claim()))

    (done,) = [answer for answer in answers if not answer.replayed]
    assert [answer for answer in answers if answer.replayed] == [as_replay(done)] * 7
    assert drafts.log.read(draft).last_version == 5


def test_of_8_different_requests_with_one_key_at_once_one_is_done_and_the_others_are_told(
    drafts: Drafts, client: DynamoDBClient, table: str
) -> None:
    draft = walked(drafts)

    def save(number: int) -> Written | OperationKeyReused:
        content = a_content(f"request {number}")
        try:
            return new_drafts(client, table).save(draft, AUTHOR, content, ANY_VERSION, claim(f"request {number}"))
        except OperationKeyReused as reused:
            return reused

    answers = at_once(8, save)

    (done,) = [answer for answer in answers if isinstance(answer, Written)]
    assert not done.replayed
    assert drafts.read(draft).head == done.state.head
    assert drafts.log.read(draft).last_version == 5


@acts
def test_what_fails_because_its_duplicate_was_faster_is_answered_as_its_duplicate_was(
    timed: Drafts, client: DynamoDBClient, table: str, clock: Clock, act: str
) -> None:
    draft = walked(timed)
    first = ACTS[act](timed, draft, claim())
    before = everything(client, table)

    late = ACTS[act](blind_drafts(client, table, clock), draft, claim())

    assert late == as_replay(first)
    assert everything(client, table) == before


FAILS_BEHIND_ITSELF: dict[str, tuple[type[DraftkeepError], Act]] = {
    "save": (VersionConflict, lambda drafts, draft, key: drafts.save(draft, AUTHOR, a_content("x"), seen(4), key)),
    "undo to the first": (NothingToUndo, UNGUARDED["undo"]),
    "redo to the last": (NothingToRedo, UNGUARDED["redo"]),
    "undo of a version": (VersionConflict, ACTS["undo"]),
}


@pytest.mark.parametrize("act", FAILS_BEHIND_ITSELF)
def test_a_refusal_that_a_duplicate_caused_is_not_told(
    timed: Drafts, client: DynamoDBClient, table: str, clock: Clock, act: str
) -> None:
    expected, run = FAILS_BEHIND_ITSELF[act]
    draft = walked(timed)
    first = run(timed, draft, claim())
    if act == "save":
        save_over(timed, draft, "y")

    late = run(blind_drafts(client, table, clock), draft, claim())

    assert late == as_replay(first)
    with pytest.raises(expected):
        run(timed, draft, claim("another", "another"))


def test_a_duplicate_that_its_record_refuses_leaves_neither_entry_nor_keyframe(
    timed: Drafts, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    draft = walked(timed)
    first = timed.save(draft, AUTHOR, LARGE, ANY_VERSION, claim())
    save_over(timed, draft, "something else")
    before = everything(client, table)

    late = blind_drafts(client, table, clock).save(draft, AUTHOR, LARGE, ANY_VERSION, claim())

    assert late == as_replay(first)
    assert everything(client, table) == before


def test_a_rival_without_the_key_does_not_pass_for_the_duplicate(
    timed: Drafts, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    draft = walked(timed)
    timed.save(draft, AUTHOR, a_content("rival"), seen(4))

    with pytest.raises(VersionConflict):
        blind_drafts(client, table, clock).save(draft, AUTHOR, a_content("mine"), seen(4), claim())

    assert record_of(timed, owner_of(draft)) is None


class Overtaken(Log):
    """A log that a rival always writes to once, just before an entry is appended."""

    rival: Callable[[], object] | None = None

    def append(self, draft: Draft, entry: Entry, content: Content | None, *rest: Any, **named: Any) -> Entry:
        rival, self.rival = self.rival, None
        if rival:
            rival()
        return super().append(draft, entry, content, *rest, **named)


def test_a_keyed_overwrite_that_a_rival_overtakes_is_done_after_it_with_its_record(
    drafts: Drafts, client: DynamoDBClient, table: str
) -> None:
    draft = walked(drafts)
    log = Overtaken(drafts.log._store, drafts.log._keyframes)
    log.rival = lambda: drafts.save(draft, AUTHOR, a_content("rival"), seen(4))

    written = Drafts(replace(drafts.writing, log=log)).save(draft, AUTHOR, a_content("mine"), ANY_VERSION, claim())

    assert (written.replayed, written.state.head.version) == (False, 6)
    assert drafts.save(draft, AUTHOR, a_content("mine"), ANY_VERSION, claim()) == as_replay(written)
    assert kinds(client, table) == {"draft": 6, "index": 1, "op": 1}


def test_a_keyed_save_that_a_rival_overtakes_leaves_no_record(
    drafts: Drafts, client: DynamoDBClient, table: str
) -> None:
    draft = walked(drafts)
    log = Overtaken(drafts.log._store, drafts.log._keyframes)
    log.rival = lambda: drafts.save(draft, AUTHOR, a_content("rival"), seen(4))

    with pytest.raises(VersionConflict):
        Drafts(replace(drafts.writing, log=log)).save(draft, AUTHOR, LARGE, seen(4), claim())

    assert kinds(client, table) == {"draft": 5, "index": 1}


# ---------------------------------------------------------------------------------------------------- forms


@pytest.fixture
def catalog_table(client: DynamoDBClient) -> Iterator[str]:
    name = new_catalog_table(client)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def catalog(client: DynamoDBClient, catalog_table: str) -> Catalog:
    return new_catalog(client, catalog_table)


@pytest.fixture
def forms(drafts: Drafts, catalog: Catalog) -> Forms:
    return new_forms(drafts, catalog)


def save_form(
    forms: Forms, contract: FormContract, body: dict[str, Any], key: Claim | None, draft: Draft | None = None
) -> Written:
    """Patch a form draft of ann, or create it."""
    about = draft or forms.begin(contract.kind, Scope("acme", "ann"))
    patch = checked(contract, body)
    return forms.save(contract.form, about, Author("ann"), patch, NOTHING_SAID, key, new=draft is None)


def shown(written: Written, contract: FormContract) -> dict[str, Any]:
    return dict(decode(written.state.content, contract.form).state)


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_form_that_is_created_again_with_its_key_is_the_same_draft(
    forms: Forms, client: DynamoDBClient, table: str, kind: str
) -> None:
    first = save_form(forms, CONTRACTS[kind], {"name": "Ann"}, claim())

    again = save_form(forms, CONTRACTS[kind], {"name": "Ann"}, claim())

    assert again == as_replay(first)
    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1}


@pytest.mark.parametrize("kind", CONTRACTS)
def test_of_a_form_that_is_created_8_times_at_once_with_one_key_there_is_one(
    forms: Forms, client: DynamoDBClient, table: str, catalog_table: str, kind: str
) -> None:
    def create(_: int) -> Written:
        elsewhere = new_forms(new_drafts(client, table), new_catalog(client, catalog_table))
        return save_form(elsewhere, CONTRACTS[kind], {"name": "Ann"}, claim())

    answers = at_once(8, create)

    (done,) = [answer for answer in answers if not answer.replayed]
    assert [answer for answer in answers if answer.replayed] == [as_replay(done)] * 7
    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1}


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_patch_again_with_its_key_does_not_undo_what_was_patched_since(forms: Forms, kind: str) -> None:
    contract = CONTRACTS[kind]
    draft = save_form(forms, contract, {"name": "Ann"}, None).state.draft
    first = save_form(forms, contract, {"name": "Bob"}, claim(), draft)
    save_form(forms, contract, {"name": "Cleo", "description": "since"}, None, draft)

    again = save_form(forms, contract, {"name": "Bob"}, claim(), draft)

    assert again == as_replay(first)
    read = decode(forms.drafts.read(draft).content, contract.form).state
    assert (read["name"], read["description"]) == ("Cleo", "since")


def test_the_keys_of_two_kinds_of_form_never_meet(forms: Forms) -> None:
    answers = [save_form(forms, contract, {"name": kind}, claim(kind)) for kind, contract in CONTRACTS.items()]

    assert [answer.replayed for answer in answers] == [False] * 4
    names = [shown(answer, contract)["name"] for answer, contract in zip(answers, CONTRACTS.values(), strict=True)]
    assert names == list(CONTRACTS)


def test_a_patch_is_answered_again_though_what_it_selected_is_archived_since(forms: Forms, catalog: Catalog) -> None:
    sales = share(catalog, "departments", "Sales")
    first = save_form(forms, PERSONA, {"departments": ["sales"]}, claim())
    catalog.archive(ADMIN, sales)

    again = save_form(forms, PERSONA, {"departments": ["sales"]}, claim())

    assert again == as_replay(first)
    with pytest.raises(InvalidFields):
        save_form(forms, PERSONA, {"departments": ["sales"]}, claim(key="k2"))


def test_a_patch_with_a_wrong_field_is_not_recorded(forms: Forms, client: DynamoDBClient, table: str) -> None:
    with pytest.raises(InvalidFields):
        save_form(forms, PERSONA, {"departments": ["nowhere"]}, claim())

    assert kinds(client, table) == {}
    assert not save_form(forms, PERSONA, {"name": "Ann"}, claim("the mended request")).replayed


# --------------------------------------------------------------------------------------------------- catalog

ADMINISTRATORS = frozenset({ADMINS})


@pytest.fixture
def resources(client: DynamoDBClient, catalog_table: str, clock: Clock) -> Resources:
    return new_resources(client, catalog_table, clock)


def new_resources(client: DynamoDBClient, table: str, clock: Clock) -> Resources:
    store = Store(client, table)
    return Resources(Catalog(store), Operations(store), clock)


def creating(resources: Resources, value: str = "Sales", scope: Scope = ADMIN) -> Callable[[], Kept]:
    """Creates a department; 201 when it is new, 200 when it is there."""

    def run() -> Kept:
        row, created = resources.create(scope, ADMINISTRATORS, "departments", {"value": value})
        return Kept(201 if created else 200, json.dumps({"id": row.id, "value": row.value}))

    return run


def archiving(resources: Resources, id_: str) -> Callable[[], Kept]:
    def run() -> Kept:
        resources.archive(ADMIN, ADMINISTRATORS, "departments", id_)
        return Kept(204, "")

    return run


def importing(resources: Resources, *values: str) -> Callable[[], Kept]:
    records = [{"type": "departments", "value": value} for value in values]

    def run() -> Kept:
        results = resources.import_records(ADMIN, ADMINISTRATORS, records)
        return Kept(200, json.dumps([[one.row.id if one.row else None, one.created] for one in results]))

    return run


def refusing_to_run() -> Kept:
    raise AssertionError("it was done before")


def operations_in(client: DynamoDBClient, table: str) -> list[Any]:
    return [item for item in everything(client, table) if item["sk"]["S"] == "OP"]


def test_a_creation_in_the_catalog_is_recorded_with_its_answer_for_7_days(
    resources: Resources, client: DynamoDBClient, catalog_table: str
) -> None:
    kept = resources.once(ADMIN, claim(), creating(resources))

    assert (kept.status, kept.replayed) == (201, False)
    (record,) = operations_in(client, catalog_table)
    assert record["pk"]["S"] == "catalog#op#acme#admin#k1"
    assert record["expires_at_s"]["N"] == str(NOW_MS // 1000 + WEEK_S)
    assert len(everything(client, catalog_table)) == 3


def test_a_creation_in_the_catalog_again_is_created_again_though_it_is_archived_since(
    resources: Resources, client: DynamoDBClient, catalog_table: str
) -> None:
    first = resources.once(ADMIN, claim(), creating(resources))
    id_ = json.loads(first.text)["id"]
    resources.archive(ADMIN, ADMINISTRATORS, "departments", id_)
    before = everything(client, catalog_table)

    again = resources.once(ADMIN, claim(), refusing_to_run)

    assert again == replace(first, replayed=True)
    assert everything(client, catalog_table) == before
    assert resources.read(ADMIN, "departments", id_).archived


def test_an_archiving_again_spares_the_row_that_was_taken_into_use_since(resources: Resources) -> None:
    id_ = json.loads(creating(resources)().text)["id"]
    first = resources.once(ADMIN, claim(), archiving(resources, id_))
    creating(resources)()

    again = resources.once(ADMIN, claim(), archiving(resources, id_))

    assert (first, again) == (Kept(204, ""), Kept(204, "", replayed=True))
    assert not resources.read(ADMIN, "departments", id_).archived


def test_an_import_again_has_the_answer_of_the_first(resources: Resources) -> None:
    first = resources.once(ADMIN, claim(), importing(resources, "Sales", "Legal"))

    again = resources.once(ADMIN, claim(), importing(resources, "Sales", "Legal"))

    assert [created for _, created in json.loads(first.text)] == [True, True]
    assert again == replace(first, replayed=True)


def test_a_catalog_write_without_a_key_is_not_recorded(
    resources: Resources, client: DynamoDBClient, catalog_table: str
) -> None:
    resources.once(ADMIN, None, creating(resources))
    second = resources.once(ADMIN, None, creating(resources))

    assert (second.status, second.replayed) == (200, False)
    assert operations_in(client, catalog_table) == []


def test_a_catalog_key_of_another_request_is_refused_before_anything_is_done(resources: Resources) -> None:
    resources.once(ADMIN, claim("one"), creating(resources))

    with pytest.raises(OperationKeyReused):
        resources.once(ADMIN, claim("another"), refusing_to_run)


def test_a_refused_catalog_write_is_not_recorded(
    resources: Resources, client: DynamoDBClient, catalog_table: str
) -> None:
    def refused() -> Kept:
        resources.create(ADMIN, frozenset(), "departments", {"value": "Sales"})
        raise AssertionError

    with pytest.raises(Forbidden):
        resources.once(ADMIN, claim(), refused)
    with pytest.raises(NotFound):
        resources.once(ADMIN, claim(), archiving(resources, "nowhere"))

    assert everything(client, catalog_table) == []
    assert resources.once(ADMIN, claim("another"), creating(resources)).status == 201


def test_an_expired_record_of_the_catalog_gives_way_to_a_new_one(
    resources: Resources, client: DynamoDBClient, catalog_table: str, clock: Clock
) -> None:
    resources.once(ADMIN, claim("one"), creating(resources, "Sales"))
    clock.set_s(WEEK_S - 1)
    with pytest.raises(OperationKeyReused):
        resources.once(ADMIN, claim("another"), refusing_to_run)
    clock.set_s(WEEK_S)

    other = resources.once(ADMIN, claim("another"), creating(resources, "Legal"))

    assert (other.status, other.replayed) == (201, False)
    (record,) = operations_in(client, catalog_table)
    assert record["expires_at_s"]["N"] == str(NOW_MS // 1000 + 2 * WEEK_S)


@pytest.mark.parametrize("other", [Scope("globex", "admin"), Scope("acme", "boss")], ids=str)
def test_catalog_keys_of_two_tenants_or_users_never_meet(resources: Resources, other: Scope) -> None:
    resources.once(ADMIN, claim(), creating(resources))

    kept = resources.once(other, claim(), creating(resources, "Legal", other))

    assert (kept.status, kept.replayed) == (201, False)


def test_a_catalog_write_sent_8_times_at_once_has_one_answer(
    client: DynamoDBClient, catalog_table: str, clock: Clock
) -> None:
    def create(_: int) -> Kept:
        resources = new_resources(client, catalog_table, clock)
        return resources.once(ADMIN, claim(), creating(resources))

    answers = at_once(8, create)

    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
    assert len({(answer.status, answer.text) for answer in answers}) == 1
    assert len(operations_in(client, catalog_table)) == 1


def test_a_catalog_answer_of_500_results_is_kept_whole(resources: Resources) -> None:
    first = resources.once(ADMIN, claim(), importing(resources, *(f"department {number}" for number in range(500))))

    again = resources.once(ADMIN, claim(), refusing_to_run)

    assert len(json.loads(again.text)) == 500
    assert again.text == first.text
