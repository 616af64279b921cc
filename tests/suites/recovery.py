"""What holds after a restore from a backup, on every engine: versions go on above all that were handed out."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from agent_draft.merging import AgentTerms
from draftkeep import keys
from draftkeep.canonical import hash_of
from draftkeep.errors import DraftkeepError, NotFound, UnknownEntry, VersionConflict
from draftkeep.log import Superseded
from draftkeep.model import Draft, Kind, Operation
from draftkeep.operations import Claim
from draftkeep.service.acks import Ack, Acks
from draftkeep.service.drafts import Drafts
from draftkeep.service.history import History
from draftkeep.service.proposals import Proposals
from draftkeep.service.recovery import ACTOR, Recovery, floor_of
from draftkeep.service.states import State
from draftkeep.service.sweep import sweep
from draftkeep.service.writing import Writing, owner_of
from draftkeep.store import Store
from draftkeep.trash import Trash
from local.after_restore import main
from tests.evidence import budget, keep
from tests.suites.builders import AUTHOR, NOTHING_SAID, a_content, a_draft, a_long_content, after, seen
from tests.suites.log import items_of
from tests.tables import new_table, new_writing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FLOOR = floor_of(1_795_935_600)
DAY_MS = 86_400_000
LIFE = 15
SAME = hash_of(b"the same request")


@dataclass
class Clock:
    """Epoch milliseconds, a second on with each look."""

    now: int = 1_795_900_000_000

    def __call__(self) -> int:
        self.now += 1000
        return self.now


def copied(client: DynamoDBClient, table: str) -> str:
    """A new table with the items of another: what a restore to this moment would make."""
    made = new_table(client)
    store = Store(client, made)
    store.put_many(items_of(client, table))
    return made


def moved_on(client: DynamoDBClient, table: str, floor: int = FLOOR) -> tuple[Writing, list[bool]]:
    """Move every log of a table on."""
    writing = new_writing(client, table, clock=Clock(1_795_935_600_000))
    recovery = Recovery(writing, floor)
    known = [draft for draft, version in writing.log.newest_versions(0, 1) if recovery.is_due(version)]
    return writing, [recovery.move_on(draft) for draft in known]


def save(writing: Writing, draft: Draft, text: str, version: int, claim: Claim | None = None) -> State:
    return Drafts(writing).save(draft, AUTHOR, a_content(text), seen(version), claim).state


def test_an_old_version_does_not_match_what_was_saved_after_a_restore(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(), new_writing(client, table)
    save(writing, draft, "first", 0)
    save(writing, draft, "second", 1)
    backup = copied(client, table)
    save(writing, draft, "lost, and known to a client", 2)

    restored, _ = moved_on(client, backup)
    state = Drafts(restored).read(draft)

    assert (state.content, state.head.version) == (a_content("second").text, FLOOR)
    with pytest.raises(VersionConflict) as refusal:
        save(restored, draft, "made of what is lost", 3)
    current = refusal.value.current
    assert (current.version, current.operation, current.actor) == (FLOOR, Operation.RECOVER, ACTOR)
    assert (current.content, current.seen_content) == (a_content("second").text, None)
    # Without the command, the next save would have been version 3.
    assert save(restored, draft, "after the restore", FLOOR).head.version == FLOOR + 1


def test_a_draft_stands_where_it_stood(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(), new_writing(client, table, clock=Clock())
    for version, text in enumerate(("a", "b", "c")):
        save(writing, draft, text, version)
    drafts = Drafts(writing)
    drafts.undo(draft, AUTHOR, seen(3))
    before = drafts.undo(draft, AUTHOR, seen(4)).state

    restored, _ = moved_on(client, copied(client, table))
    state = Drafts(restored).read(draft)

    assert (state.head.position, state.content) == (before.head.position, before.content)
    assert (state.head.created_at_ms, state.head.name) == (before.head.created_at_ms, before.head.name)
    assert state.history == before.history
    redone = [Drafts(restored).redo(draft, AUTHOR, seen(FLOOR + step)).state for step in range(2)]
    assert [one.content for one in redone] == [a_content("b").text, a_content("c").text]


def test_versions_between_are_of_no_draft(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(), new_writing(client, table)
    save(writing, draft, "first", 0)
    save(writing, draft, "second", 1)
    restored, _ = moved_on(client, copied(client, table))
    history, proposals = History(restored), Proposals(restored)

    for unknown in (3, 4, 1000, FLOOR - 1, FLOOR + 1):
        with pytest.raises(NotFound):
            history.read(draft, unknown)
        with pytest.raises(NotFound):
            history.contents(draft, unknown, None)
        with pytest.raises(NotFound):
            history.annotate(draft, unknown, pinned=True, label=None)
        with pytest.raises(UnknownEntry):
            history.restore(draft, AUTHOR, unknown, seen(FLOOR))
        with pytest.raises(VersionConflict):
            proposals.propose(draft, AUTHOR, a_content("x"), seen(unknown), Claim(f"k{unknown}", SAME))
    assert history.contents(draft, 1, None)[2:] == (a_content("first").text, a_content("second").text)
    assert [entry.version for entry in history.page(draft, 20, None).entries] == [2, 1]
    assert history.page(draft, 20, FLOOR - 5).entries == history.page(draft, 20, None).entries


def test_the_content_of_any_time_is_found_across_the_gap(client: DynamoDBClient, table: str) -> None:
    clock = Clock()
    draft, writing = a_draft(), new_writing(client, table, clock=clock)
    states = [save(writing, draft, f"turn {version}", version) for version in range(12)]
    restored, _ = moved_on(client, copied(client, table))
    restored = new_writing(client, restored_table(restored), clock=Clock(1_795_935_700_000))
    states += [save(restored, draft, f"later {step}", FLOOR + step) for step in range(12)]
    history = History(restored)

    for state in states:
        at = state.head.created_at_ms
        (found,) = history.at(draft, at).entries
        assert found.version == state.head.version
        (found,) = history.at(draft, at + 1).entries
        assert found.version == state.head.version
    assert history.at(draft, states[0].head.created_at_ms - 1).entries == ()


def restored_table(writing: Writing) -> str:
    name: str = writing.log._store._table
    return name


def test_proposals_and_operation_keys_hold(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(), new_writing(client, table)
    save(writing, draft, "first", 0, Claim("saved", SAME))
    proposed = a_content("proposed", slots=[])
    Proposals(writing).propose(draft, AUTHOR, proposed, seen(1), Claim("p", SAME))
    backup = copied(client, table)
    save(writing, draft, "second", 1, Claim("lost", SAME))

    restored, _ = moved_on(client, backup)

    again = Drafts(restored).save(draft, AUTHOR, a_content("first"), seen(0), Claim("saved", SAME))
    assert (again.replayed, again.state.head.version) == (True, 1)
    # What its record told of is lost with it: it is judged as a new request, and its version is not known.
    with pytest.raises(VersionConflict):
        save(restored, draft, "second", 1, Claim("lost", SAME))
    decided = Acks(restored).decide(owner_of(draft), AUTHOR, Ack("p", True, draft.id, None), NOTHING_SAID, AgentTerms())
    assert decided.state is not None
    assert (decided.state.content, decided.state.head.version) == (proposed.text, FLOOR + 1)


def test_a_discarded_draft_is_begun_anew_above_what_is_lost(client: DynamoDBClient, table: str) -> None:
    draft, clock = a_draft(), Clock()
    writing = new_writing(client, table, clock=clock)
    save(writing, draft, "first", 0)
    Drafts(writing).discard(draft, AUTHOR, NOTHING_SAID)
    backup = copied(client, table)
    save(writing, draft, "lost", 0)

    restored, moved = moved_on(client, backup)

    assert moved == [True]
    with pytest.raises(NotFound):
        Drafts(restored).read(draft)
    assert save(restored, draft, "anew", 0).head.version == FLOOR + 1
    store = Store(client, backup)
    sweep(Trash(store), restored.clock() + 9 * DAY_MS, lambda: True)
    records = [item["sk"]["S"] for item in items_of(client, backup) if item["pk"]["S"] == keys.log_key(draft)]
    assert sorted(records) == [keys.version_key(FLOOR), keys.version_key(FLOOR + 1)]
    assert Drafts(restored).read(draft).content == a_content("anew").text


def test_who_has_read_the_old_head_writes_nothing_below_the_new_one(client: DynamoDBClient, table: str) -> None:
    living, gone, writing = a_draft(), a_draft(), new_writing(client, table)
    save(writing, living, "first", 0)
    save(writing, gone, "first", 0)
    Drafts(writing).discard(gone, AUTHOR, NOTHING_SAID)
    read = {draft: writing.log.read(draft) for draft in (living, gone)}

    moved_on(client, table)

    for draft, page in read.items():
        content = a_content("an edit that must not vanish")
        with pytest.raises(Superseded):
            writing.log.append(draft, after(page, content), content, page.head)
        assert writing.log.read(draft).last_version == FLOOR
    # The service reads again, and judges by what is there.
    with pytest.raises(VersionConflict):
        save(writing, living, "second", 1)


def test_moving_on_twice_or_at_once_is_moving_on_once(client: DynamoDBClient, table: str) -> None:
    drafts, writing = [a_draft() for _ in range(6)], new_writing(client, table)
    for draft in drafts:
        save(writing, draft, "first", 0)
    recoveries = [Recovery(new_writing(client, table), FLOOR) for _ in range(4)]

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda pair: pair[0].move_on(pair[1]), [(r, d) for d in drafts for r in recoveries]))
    items = items_of(client, table)
    _, again = moved_on(client, table)

    assert sum(done) == len(drafts)
    assert again == []
    assert not any(recoveries[0].move_on(draft) for draft in drafts)
    assert items_of(client, table) == items
    for draft in drafts:
        assert [entry.version for entry in writing.log.read(draft).entries] == [FLOOR, 2, 1]


def test_a_table_can_be_restored_again_later(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(), new_writing(client, table)
    save(writing, draft, "first", 0)
    later = floor_of(1_795_935_600 + 3600)

    first, _ = moved_on(client, table)
    save(first, draft, "second", FLOOR)
    second, _ = moved_on(client, copied(client, table), later)

    assert save(second, draft, "third", later).head.version == later + 1
    texts = [History(second).read(draft, version)[1] for version in (1, FLOOR + 1, later + 1)]
    assert texts == [a_content(text).text for text in ("first", "second", "third")]


def test_a_draft_that_was_moved_on_does_what_it_would_have_done(client: DynamoDBClient, table: str) -> None:
    lives = budget(3, 40)
    for seed in range(lives):
        draft, choose = a_draft(), random.Random(seed)
        plain = new_writing(client, table, clock=Clock())
        act(plain, draft, choose, LIFE)
        moved, _ = moved_on(client, copied(client, table))
        above = moved.log.read(draft).version
        more = random.Random(seed + 100).getstate()
        told = []

        for writing in (plain, moved):
            choose.setstate(more)
            told.append(act(writing, draft, choose, LIFE))

        assert told[0] == told[1], seed
        # What the one gave out after the backup, the other never does.
        assert above == FLOOR > plain.log.read(draft).version
    count = lives * LIFE
    keep("restores", count=count, unit="random operations after a restore", result="each as if there had been none")


def act(writing: Writing, draft: Draft, choose: random.Random, steps: int) -> list[tuple[Any, ...]]:
    """Do random things to a draft; what they show, versions left out."""
    drafts = Drafts(writing)
    told: list[tuple[Any, ...]] = []
    for _ in range(steps):
        now = seen(writing.log.read(draft).version)
        moves: Sequence[Callable[[], Any]] = (
            partial(drafts.undo, draft, AUTHOR, now),
            partial(drafts.redo, draft, AUTHOR, now),
            partial(drafts.reset, draft, AUTHOR, now),
            partial(drafts.save, draft, AUTHOR, a_content(f"{choose.random()}"), now),
            partial(drafts.save, draft, AUTHOR, a_long_content(9000, choose.randrange(10)), now),
        )
        try:
            state = choose.choice(moves)().state
        except DraftkeepError as refusal:
            told.append((type(refusal).__name__,))
        else:
            position = state.head.position
            hashes = [entry.snapshot.content_hash for entry in state.history[:3]]
            told.append((state.content, position.can_undo, position.can_redo, hashes))
    return told


# ------------------------------------------------------------------------------------------------------- the command


class Restored:
    """A client whose tables say that a restore has made them."""

    def __init__(self, client: DynamoDBClient, made_at_s: float, *, by_restore: bool = True) -> None:
        self._client = client
        self._told: dict[str, Any] = {"CreationDateTime": datetime.fromtimestamp(made_at_s, UTC)}
        if by_restore:
            self._told["RestoreSummary"] = {"RestoreDateTime": datetime.fromtimestamp(made_at_s - 7200, UTC)}

    def describe_table(self, **_: str) -> dict[str, Any]:
        return {"Table": self._told}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def command(client: Any, *arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(arguments, client)
    return status, out.getvalue(), err.getvalue()


def test_the_command_moves_every_draft_of_every_kind_on(client: DynamoDBClient, table: str) -> None:
    writing = new_writing(client, table)
    kinds = [a_draft(kind=kind, id=f"{kind}-draft", group="") for kind in Kind if kind is not Kind.AGENT]
    drafts = [*kinds, a_draft(id="support/4"), a_draft(user="bob#% ü"), a_draft()]
    for draft in drafts:
        save(writing, draft, "first", 0, Claim(f"key of {draft.id}", SAME))
    Drafts(writing).discard(drafts[-1], AUTHOR, NOTHING_SAID)
    restored = Restored(client, 1_795_935_600)

    tried = command(restored, table, "--dry-run")
    untouched = [writing.log.read(draft).last_version for draft in drafts]
    done = command(restored, table)
    again = command(restored, table)

    assert (tried[0], untouched) == (0, [1] * 6 + [2])
    assert "7 drafts, 7 would be moved on, 0 there already" in tried[1]
    assert f"as of 2026-11-29 05:00:00 UTC: drafts go on at version {FLOOR}" in done[1]
    assert (done[0], done[1].splitlines()[-1]) == (0, "7 drafts, 7 moved on, 0 there already")
    assert again[1].splitlines()[-1] == "7 drafts, 0 moved on, 7 there already"
    assert [writing.log.read(draft).last_version for draft in drafts] == [FLOOR] * 7
    listed = Drafts(writing).list_drafts(Kind.AGENT, "acme", "ann", "support", 25, None)
    assert [draft.id for draft, _ in listed.drafts] == [drafts[4].id]


def test_the_command_lists_a_draft_whose_list_item_the_restore_has_lost(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(id="support/3"), new_writing(client, table)
    born = save(writing, draft, "first", 0).head.draft_created_at_ms
    index = {"pk": {"S": keys.index_key(Kind.AGENT, "acme", "ann", "support")}}
    Store(client, table).delete_many([index | {"sk": {"S": keys.index_sort_key(draft, born)}}])

    command(Restored(client, 1_795_935_600), table)

    listed = Drafts(writing).list_drafts(Kind.AGENT, "acme", "ann", "support", 25, None)
    assert [one for one, _ in listed.drafts] == [draft]


def test_the_command_tells_of_drafts_that_cannot_be_read(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(), new_writing(client, table)
    Drafts(writing).save(draft, AUTHOR, a_long_content(20_000, 1), seen(0))
    chunks = [item for item in items_of(client, table) if item["pk"]["S"] == keys.keyframes_key(draft)]
    Store(client, table).delete_many([{"pk": item["pk"], "sk": item["sk"]} for item in chunks])

    status, out, _ = command(Restored(client, 1_795_935_600), table)

    assert chunks
    assert status == 1
    assert f"1 cannot be read; a restore to another second may have them whole:\n  agent {draft.id} of ann" in out


def test_the_command_leaves_a_table_alone_that_no_restore_has_made(client: DynamoDBClient, table: str) -> None:
    draft, writing = a_draft(), new_writing(client, table)
    save(writing, draft, "first", 0)
    plain = Restored(client, 1_795_935_600, by_restore=False)

    refused = command(plain, table)
    version = writing.log.read(draft).version
    anyway = command(plain, table, "--anyway")

    assert (refused[0], version, anyway[0], writing.log.read(draft).version) == (2, 1, 0, FLOOR)
    assert "was not made by a restore" in refused[2]
