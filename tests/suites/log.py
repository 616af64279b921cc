"""The contract of the log: what holds for entries, keyframes, lists and the trash on every engine."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from draftkeep import keys
from draftkeep.canonical import Content, hash_of
from draftkeep.errors import CorruptSnapshot
from draftkeep.log import Log, Superseded
from draftkeep.model import Author, Draft, Entry, Form, Kind, Tombstone
from draftkeep.service.sweep import sweep
from draftkeep.store import Store
from draftkeep.trash import Trash
from tests.suites.builders import AUTHOR, a_content, a_draft, a_long_content, after
from tests.tables import new_log

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MIB = 1024 * 1024


def save(log: Log, draft: Draft, content: Content, attempt: str | None = None) -> Entry:
    page = log.read(draft)
    return log.append(draft, after(page, content, attempt), content, page.head)


def discard(log: Log, draft: Draft, at_ms: int = 2_000_000) -> Tombstone:
    page = log.read(draft)
    assert page.head
    tombstone = Tombstone(page.last_version + 1, str(uuid.uuid4()), at_ms, AUTHOR)
    log.discard(draft, tombstone, page.head)
    return tombstone


def items_of(client: DynamoDBClient, table: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


def test_an_empty_log_has_version_0_and_no_head(log: Log) -> None:
    page = log.read(a_draft())

    assert (page.last_version, page.version, page.head, page.entries) == (0, 0, None, ())


def test_an_entry_is_read_back_as_it_was_written(log: Log) -> None:
    draft, content = a_draft(), a_content()

    written = save(log, draft, content)

    assert log.read(draft).head == written
    assert log.content(draft, written) == content.text


def test_an_author_without_an_actor_is_read_back_without_one(log: Log) -> None:
    draft, content = a_draft(user="ümit#1/2%"), a_content()
    page = log.read(draft)
    entry = after(page, content)

    log.append(draft, entry._replace(author=Author("ümit#1/2%", None)), content, None)

    head = log.read(draft).head
    assert head
    assert head.author == Author("ümit#1/2%", None)


def test_a_version_that_a_rival_wrote_is_refused_and_the_rivals_entry_stays(log: Log) -> None:
    draft = a_draft()
    save(log, draft, a_content("first"))
    page = log.read(draft)
    rival = log.append(draft, after(page, a_content("rival")), a_content("rival"), page.head)

    with pytest.raises(Superseded):
        log.append(draft, after(page, a_content("late")), a_content("late"), page.head)

    assert log.read(draft).head == rival


def test_a_first_version_that_a_rival_created_is_refused_and_listed_once(log: Log) -> None:
    draft = a_draft()
    page = log.read(draft)
    rival = log.append(draft, after(page, a_content("rival")), a_content("rival"), None)

    with pytest.raises(Superseded):
        log.append(draft, after(page, a_content("late")), a_content("late"), None)

    listing = log.list_drafts(draft.kind, draft.tenant, draft.user, draft.group, 25, None)
    assert [entry for listed, entry in listing.drafts if listed == draft] == [rival]


@pytest.mark.parametrize("saves_before", [0, 1])
def test_an_attempt_that_meets_its_own_entry_has_succeeded(log: Log, saves_before: int) -> None:
    draft, content = a_draft(), a_content("mine")
    for number in range(saves_before):
        save(log, draft, a_content(f"before {number}"))
    page = log.read(draft)
    entry = after(page, content)
    first = log.append(draft, entry, content, page.head)

    again = log.append(draft, entry, content, page.head)

    assert again == first == log.read(draft).head


def test_a_repeated_discard_of_the_same_attempt_has_succeeded(log: Log) -> None:
    draft = a_draft()
    save(log, draft, a_content())
    page = log.read(draft)
    assert page.head
    tombstone = Tombstone(2, "one attempt", 2_000_000, AUTHOR)
    log.discard(draft, tombstone, page.head)

    log.discard(draft, tombstone, page.head)

    assert log.read(draft).last_version == 2


@pytest.mark.parametrize("boundary", [9, 99, 999])
def test_versions_stay_in_order_across_powers_of_ten(log: Log, boundary: int) -> None:
    draft = a_draft()
    page = log.read(draft)
    for version in range(1, boundary + 3):
        content = a_content(f"content {version}")
        page = page.with_head(log.append(draft, after(page, content), content, page.head))

    read = log.read(draft)

    newest = [boundary + 2, boundary + 1, boundary]
    assert [entry.version for entry in read.entries[:3]] == newest
    assert len(read.entries) == min(20, boundary + 2)
    assert log.content(draft, read.entries[0]) == a_content(f"content {boundary + 2}").text


@pytest.mark.parametrize("size_bytes", [300_000, 4 * MIB - 100])
def test_a_content_above_the_item_limit_is_restored_by_a_fresh_container(
    log: Log, client: DynamoDBClient, table: str, size_bytes: int
) -> None:
    draft, content = a_draft(), a_long_content(size_bytes, seed=1)

    save(log, draft, content)

    fresh = new_log(client, table)
    head = fresh.read(draft).head
    assert head
    assert head.snapshot.form is Form.KEYFRAME
    assert fresh.content(draft, head) == content.text


def test_an_edit_of_a_large_content_is_stored_as_a_small_difference(
    log: Log, client: DynamoDBClient, table: str
) -> None:
    draft = a_draft()
    before = a_long_content(3 * MIB, seed=2)
    edited = Content(*_edited(before))
    save(log, draft, before)

    entry = save(log, draft, edited)

    fresh = new_log(client, table)
    assert entry.snapshot.form is Form.DELTA
    assert len(entry.snapshot.body) < 1024
    assert fresh.content(draft, entry) == edited.text


def test_racers_with_large_contents_never_share_a_keyframe(log: Log, client: DynamoDBClient, table: str) -> None:
    draft = a_draft()
    save(log, draft, a_content())
    page = log.read(draft)
    contents = [a_long_content(600_000, seed) for seed in range(4)]

    entries = _race([_appending(client, table, draft, after(page, one), one, page.head) for one in contents])

    (winner,) = [entry for entry in entries if entry]
    fresh = new_log(client, table)
    head = fresh.read(draft).head
    assert head == winner
    assert fresh.content(draft, head) in [content.text for content in contents]
    assert hash_of(fresh.content(draft, head)) == head.snapshot.content_hash


def test_the_keyframe_of_a_refused_attempt_is_removed(log: Log, client: DynamoDBClient, table: str) -> None:
    draft = a_draft()
    save(log, draft, a_content())
    page = log.read(draft)
    save(log, draft, a_content("rival"))
    large = a_long_content(600_000, seed=5)

    with pytest.raises(Superseded):
        log.append(draft, after(page, large), large, page.head)

    assert not [item for item in items_of(client, table) if "chunk" in item]


def test_a_missing_chunk_is_an_error_that_names_its_keyframe(log: Log, client: DynamoDBClient, table: str) -> None:
    draft, content = a_draft(), a_long_content(900_000, seed=6)
    entry = save(log, draft, content)
    assert entry.snapshot.keyframe
    chunk = next(item for item in items_of(client, table) if "chunk" in item)
    client.delete_item(TableName=table, Key={"pk": chunk["pk"], "sk": chunk["sk"]})

    with pytest.raises(CorruptSnapshot) as caught:
        new_log(client, table).content(draft, entry)

    assert entry.snapshot.keyframe.id in caught.value.place


def test_a_chunk_that_was_cut_is_an_error_that_names_its_keyframe(log: Log, client: DynamoDBClient, table: str) -> None:
    draft, content = a_draft(), a_long_content(200_000, seed=6)
    entry = save(log, draft, content)
    assert entry.snapshot.keyframe
    chunk = next(item for item in items_of(client, table) if "chunk" in item)
    client.put_item(TableName=table, Item=chunk | {"chunk": {"B": bytes(chunk["chunk"]["B"])[:-9]}})

    with pytest.raises(CorruptSnapshot) as caught:
        new_log(client, table).content(draft, entry)

    assert entry.snapshot.keyframe.id in caught.value.place


def test_another_bytes_under_a_keyframes_name_are_an_error_and_never_a_wrong_content(
    log: Log, client: DynamoDBClient, table: str
) -> None:
    draft, other = a_draft(), a_draft()
    entry = save(log, draft, a_long_content(200_000, seed=7))
    save(log, other, a_long_content(200_000, seed=8))
    chunks = [item for item in items_of(client, table) if "chunk" in item]
    mine, theirs = sorted(chunks, key=lambda item: item["pk"]["S"] != keys.keyframes_key(draft))
    client.put_item(TableName=table, Item=mine | {"chunk": theirs["chunk"]})

    with pytest.raises(CorruptSnapshot):
        new_log(client, table).content(draft, entry)


def test_entries_are_read_by_version_and_missing_ones_are_left_out(log: Log) -> None:
    draft = a_draft()
    first, second = save(log, draft, a_content("1")), save(log, draft, a_content("2"))

    found = log.entries(draft, [1, 2, 2, 7])

    assert found == {1: first, 2: second}


def test_a_discarded_draft_is_not_seen_and_its_versions_go_on(log: Log) -> None:
    draft = a_draft()
    save(log, draft, a_content("1"))
    save(log, draft, a_content("2"))
    discard(log, draft)

    page = log.read(draft)
    reborn = save(log, draft, a_content("new"))

    assert (page.version, page.last_version, page.entries) == (0, 3, ())
    assert (reborn.version, reborn.position.first) == (4, 4)
    assert log.read(draft).entries == (reborn,)


def test_a_discard_that_a_save_overtook_is_refused(log: Log) -> None:
    draft = a_draft()
    save(log, draft, a_content("1"))
    page = log.read(draft)
    assert page.head
    rival = save(log, draft, a_content("2"))

    with pytest.raises(Superseded):
        log.discard(draft, Tombstone(2, "late", 1, AUTHOR), page.head)

    assert log.read(draft).head == rival


def test_drafts_are_listed_newest_created_first_page_by_page(log: Log) -> None:
    drafts = [a_draft(id=f"support/{number}") for number in range(5)]
    for at, draft in enumerate(drafts):
        page = log.read(draft)
        entry = after(page, a_content())._replace(draft_created_at_ms=1000 + at)
        log.append(draft, entry, a_content(), None)

    first = log.list_drafts(Kind.AGENT, "acme", "ann", "support", 3, None)
    rest = log.list_drafts(Kind.AGENT, "acme", "ann", "support", 3, first.next)

    assert [draft.id for draft, _ in first.drafts] == ["support/4", "support/3", "support/2"]
    assert [draft.id for draft, _ in rest.drafts] == ["support/1", "support/0"]
    assert rest.next is None


def test_a_list_shows_no_other_owner_group_or_discarded_draft(log: Log) -> None:
    mine, gone = a_draft(id="support/1"), a_draft(id="support/2")
    strangers = [
        a_draft(id="support/1", tenant="other"),
        a_draft(id="support/1", user="bob"),
        a_draft(id="sales/1", group="sales"),
        a_draft(id="support/1", kind=Kind.TOOL),
    ]
    for draft in (mine, gone, *strangers):
        save(log, draft, a_content())
    discard(log, gone)

    listing = log.list_drafts(Kind.AGENT, "acme", "ann", "support", 25, None)

    assert [draft for draft, _ in listing.drafts] == [mine]


def test_a_sweep_removes_a_draft_9_days_after_its_discard_and_not_before(
    log: Log, client: DynamoDBClient, table: str
) -> None:
    draft = a_draft()
    save(log, draft, a_long_content(500_000, seed=9))
    save(log, draft, a_content("small"))
    now_ms = 1_795_000_000_000
    tombstone = discard(log, draft, at_ms=now_ms)
    before = items_of(client, table)
    trash = Trash(Store(client, table))

    early = sweep(trash, now_ms + _days(8), lambda: True)
    unswept = items_of(client, table)
    late = sweep(trash, now_ms + _days(9), lambda: True)

    assert (early.drafts, unswept) == (0, before)
    assert late.drafts == 1
    assert [item["sk"]["S"] for item in items_of(client, table)] == [keys.version_key(tombstone.version)]
    assert log.read(draft).last_version == tombstone.version


def test_a_sweep_leaves_a_draft_that_was_begun_anew(log: Log, client: DynamoDBClient, table: str) -> None:
    draft, reborn = a_draft(), a_long_content(500_000, seed=11)
    save(log, draft, a_long_content(500_000, seed=10))
    now_ms = 1_795_000_000_000
    discard(log, draft, at_ms=now_ms)
    head = save(log, draft, reborn)

    sweep(Trash(Store(client, table)), now_ms + _days(30), lambda: True)

    fresh = new_log(client, table)
    assert fresh.read(draft).entries == (head,)
    assert fresh.content(draft, head) == reborn.text


def test_a_sweep_out_of_time_leaves_the_rest_to_the_next(log: Log, client: DynamoDBClient, table: str) -> None:
    now_ms = 1_795_000_000_000
    for number in range(3):
        draft = a_draft(id=f"support/{number}")
        save(log, draft, a_content())
        discard(log, draft, at_ms=now_ms)
    trash = Trash(Store(client, table))
    answers = iter([True, False])

    stopped = sweep(trash, now_ms + _days(10), lambda: next(answers))
    rest = sweep(trash, now_ms + _days(10), lambda: True)

    assert (stopped.drafts, stopped.finished) == (1, False)
    assert (rest.drafts, rest.finished) == (2, True)


def test_of_16_threads_with_one_version_one_wins(log: Log, client: DynamoDBClient, table: str) -> None:
    draft = a_draft()
    save(log, draft, a_content("base"))
    page = log.read(draft)
    contents = [a_content(f"racer {number}") for number in range(16)]

    entries = _race([_appending(client, table, draft, after(page, one), one, page.head) for one in contents])

    (winner,) = [entry for entry in entries if entry]
    assert log.read(draft).head == winner


def _edited(content: Content) -> tuple[bytes, str]:
    middle = len(content.text) // 2
    text = content.text[:middle] + b" one edited word " + content.text[middle + 3 :]
    return text, hash_of(text)


def _days(number: int) -> int:
    return int(timedelta(days=number).total_seconds() * 1000)


def _appending(
    client: DynamoDBClient, table: str, draft: Draft, entry: Entry, content: Content, head: Entry | None
) -> Callable[[], Entry | None]:
    log = new_log(client, table)

    def append() -> Entry | None:
        try:
            return log.append(draft, entry, content, head)
        except Superseded:
            return None

    return append


def _race(runners: list[Callable[[], Entry | None]]) -> list[Entry | None]:
    start = threading.Barrier(len(runners))

    def run(runner: Callable[[], Entry | None]) -> Entry | None:
        start.wait()
        return runner()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))
