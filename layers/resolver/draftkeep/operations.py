"""What was done with each operation key, and the proposals that wait for a decision.

A record is written in one transaction with what it tells of, if its key is new. So a request that is sent again meets
the record of its first success, or nothing.

    client     save, key k ...... answer lost ......... save, key k again
    table      entry 8 and record k, both or none ..... record k refuses: answered from entry 8, nothing is written
    two racers both find no record and write; one record wins, the other is refused by it and answers the same

A proposal is a record too. While it is pending, an item in its owner's list points to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from draftkeep import keys
from draftkeep.canonical import canonical_text
from draftkeep.items import Item, author_item, author_of, snapshot_item, snapshot_of
from draftkeep.model import Author, Draft, Kind, Snapshot
from draftkeep.store import EXPIRES_AT, Collided, Delete, Put, Refused, Store, Write

DAY_S = 24 * 60 * 60
# An editor may come back from a weekend offline. Less than the 8 days for which entries are kept after a discard.
SAVE_LIVES_S = 7 * DAY_S
DECISION_LIVES_S = 30 * DAY_S

_PENDING, _ACCEPTED, _REJECTED = "pending", "accepted", "rejected"
_STATE = "state"


@dataclass(frozen=True, slots=True)
class Claim:
    """The operation key that a request claims.

    key: 1 to 255 printable ASCII characters
    fingerprint: what the request is, SHA-256 in hexadecimal: two requests are the same if theirs are
    """

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose operation keys: keys of two owners never meet. `kind` is a kind of draft, or `catalog`."""

    kind: str
    tenant: str
    user: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a proposal.

    fields: those that were accepted, None for all; version, outcome: the draft's after it, and what became of it
    """

    accepted: bool
    fields: tuple[str, ...] | None
    author: Author
    decided_at_ms: int
    version: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A dormant change of a draft.

    base_version: the entry that it was made of, 0 when there was no draft
    seen_version: the newest record then: a tombstone above it means that the draft was discarded since
    snapshot: the whole proposed content, as stored
    """

    author: Author
    base_version: int
    seen_version: int
    snapshot: Snapshot
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is kept as it was given: of the catalog, whose answers no entry holds. `body`: compressed JSON."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What was done with an operation key.

    attempt: of the execution that wrote the record last; draft_id, group: of the draft that it was about
    outcome: what was done; version: the draft's after it
    expires_at_s: epoch seconds, None for a pending proposal
    """

    key: str
    fingerprint: str
    attempt: str
    created_at_ms: int
    outcome: str
    version: int = 0
    draft_id: str = ""
    group: str = ""
    expires_at_s: int | None = None
    proposal: Proposal | None = None
    answered: Answered | None = None

    def draft(self, owner: Owner) -> Draft:
        """The draft that it was about."""
        return Draft(Kind(owner.kind), owner.tenant, owner.user, self.draft_id, self.group)


@dataclass(frozen=True, slots=True)
class Pending:
    """One page of pending proposals, by draft, then oldest first; `next` continues it, None at the end."""

    records: tuple[Record, ...]
    next: str | None


class Claimed(Exception):
    """The key has a record already."""

    def __init__(self, record: Record) -> None:
        self.record = record


class Operations:
    """The operation records of a table. Calls may raise what `Store` raises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, owner: Owner, key: str, now_ms: int) -> Record | None:
        """Read what was done with a key; an expired record that is still in the table counts as absent.

        Cost: 1 consistent batch read of 1 item
        """
        found = self._store.get_many([_record_key(owner, key)])
        record = record_of(found[0]) if found else None
        expired = record and record.expires_at_s is not None and record.expires_at_s <= now_ms // 1000
        return None if expired else record

    def add(self, owner: Owner, record: Record) -> None:
        """Write the record of an operation that wrote nothing else.

        Raises: Claimed, Collided
        Cost: 1 conditional put
        """
        self.write(self.writes_of(owner, record), record.attempt)

    def write(self, writes: Sequence[Write], attempt: str) -> None:
        """Do writes of `writes_of` or `writes_of_decision` alone.

        Raises: Claimed (by another attempt), Collided
        """
        try:
            self._store.write(writes, token=attempt)
        except Refused as refusal:
            record = claimed(refusal)
            if record.attempt != attempt:
                raise Claimed(record) from None

    def writes_of(self, owner: Owner, record: Record) -> list[Write]:
        """What makes a key's first record; a pending proposal is listed too. The first write is refused by a record."""
        writes: list[Write] = [
            Put(_record_item(owner, record), only_new=True, expired_at_s=record.created_at_ms // 1000)
        ]
        if record.proposal:
            # No condition: it stands and falls with the record before it.
            pointer = _pointer_key(owner, record) | {"seen": {"N": str(record.proposal.seen_version)}}
            writes.append(Put(pointer | ({"group": {"S": record.group}} if record.group else {})))
        return writes

    def writes_of_decision(self, owner: Owner, record: Record) -> list[Write]:
        """What decides a pending proposal, once: `record` with its decision takes the place of the pending one."""
        return [
            Put(_record_item(owner, record), holding=(_STATE, _PENDING)),
            Delete(_pointer_key(owner, record)),
        ]

    def pending(self, owner: Owner, draft_id: str | None, limit: int, after: str | None) -> Pending:
        """List the pending proposals of an owner, or of one draft.

        after: where the page before this one ended (`Pending.next`)
        Cost: 1 consistent query, 1 consistent batch read
        """
        partition = keys.proposals_key(Kind(owner.kind), owner.tenant, owner.user)
        prefix = None if draft_id is None else keys.proposals_prefix(draft_id)
        # One more, to tell whether there is a next page: DynamoDB names one after every full page.
        found = self._store.query(partition, prefix=prefix, after=after, limit=limit + 1)
        names = [item["sk"]["S"] for item in found.items[:limit]]
        wanted = [_record_key(owner, keys.key_of_proposal(name)) for name in names]
        read = {item["pk"]["S"]: record_of(item) for item in self._store.get_many(wanted)} if wanted else {}
        records = [read[key["pk"]["S"]] for key in wanted if key["pk"]["S"] in read]
        # One that was decided between the two reads is no longer pending.
        waiting = tuple(one for one in records if one.proposal and one.proposal.decision is None)
        return Pending(waiting, names[-1] if len(found.items) > limit else None)

    def has_pending(self, draft: Draft, ended_at: int) -> bool:
        """Whether a proposal waits that was made since a draft was discarded last (`ended_at`, 0: never).

        Cost: 1 consistent query, as a rule of 1 item
        """
        partition, after = keys.proposals_key(draft.kind, draft.tenant, draft.user), None
        while True:
            found = self._store.query(partition, prefix=keys.proposals_prefix(draft.id), after=after, limit=100)
            if any(int(item["seen"]["N"]) >= ended_at for item in found.items):
                return True
            after = found.next
            if after is None:
                return False


def claimed(refusal: Refused) -> Record:
    """The record that refused a write.

    Raises: Collided (which one is not known)
    """
    if refusal.item is None:
        raise Collided from None
    return record_of(refusal.item)


def record_of(item: Mapping[str, Mapping[str, Any]]) -> Record:
    """Read the item of an operation record."""
    return Record(
        key=item["key"]["S"],
        fingerprint=bytes(item["fp"]["B"]).hex(),
        attempt=item["att"]["S"],
        created_at_ms=int(item["at"]["N"]),
        outcome=item["out"]["S"],
        version=int(item["ver"]["N"]),
        draft_id=item["draft"]["S"] if "draft" in item else "",
        group=item["group"]["S"] if "group" in item else "",
        expires_at_s=int(item[EXPIRES_AT]["N"]) if EXPIRES_AT in item else None,
        proposal=_proposal_of(item) if _STATE in item else None,
        answered=Answered(int(item["status"]["N"]), bytes(item["answer"]["B"])) if "answer" in item else None,
    )


def _record_item(owner: Owner, record: Record) -> Item:
    item = _record_key(owner, record.key) | {
        "key": {"S": record.key},
        "fp": {"B": bytes.fromhex(record.fingerprint)},
        "att": {"S": record.attempt},
        "at": {"N": str(record.created_at_ms)},
        "out": {"S": record.outcome},
        "ver": {"N": str(record.version)},
    }
    if record.draft_id:
        item["draft"] = {"S": record.draft_id}
    if record.group:
        item["group"] = {"S": record.group}
    if record.expires_at_s is not None:
        item[EXPIRES_AT] = {"N": str(record.expires_at_s)}
    if record.answered is not None:
        item |= {"status": {"N": str(record.answered.status)}, "answer": {"B": record.answered.body}}
    return item | _proposal_item(record.proposal) if record.proposal else item


def _proposal_item(proposal: Proposal) -> Item:
    decision = proposal.decision
    item = {
        _STATE: {"S": _PENDING if decision is None else _ACCEPTED if decision.accepted else _REJECTED},
        "base": {"N": str(proposal.base_version)},
        "seen": {"N": str(proposal.seen_version)},
        **author_item(proposal.author, "by", "via"),
        **snapshot_item(proposal.snapshot),
    }
    if decision is None:
        return item
    item |= {"dat": {"N": str(decision.decided_at_ms)}, "dver": {"N": str(decision.version)}}
    item |= {"dout": {"S": decision.outcome}} | author_item(decision.author, "dby", "dvia")
    if decision.fields is not None:
        item["dfields"] = {"S": canonical_text(decision.fields)}
    return item


def _proposal_of(item: Mapping[str, Mapping[str, Any]]) -> Proposal:
    state = item[_STATE]["S"]
    decision = None
    if state != _PENDING:
        decision = Decision(
            accepted=state == _ACCEPTED,
            fields=tuple(json.loads(item["dfields"]["S"])) if "dfields" in item else None,
            author=author_of(item, "dby", "dvia"),
            decided_at_ms=int(item["dat"]["N"]),
            version=int(item["dver"]["N"]),
            outcome=item["dout"]["S"],
        )
    return Proposal(
        author=author_of(item, "by", "via"),
        base_version=int(item["base"]["N"]),
        seen_version=int(item["seen"]["N"]),
        snapshot=snapshot_of(item),
        decision=decision,
    )


def _record_key(owner: Owner, key: str) -> Item:
    return {"pk": {"S": keys.operation_key(owner.kind, owner.tenant, owner.user, key)}, "sk": {"S": "OP"}}


def _pointer_key(owner: Owner, record: Record) -> Item:
    return {
        "pk": {"S": keys.proposals_key(Kind(owner.kind), owner.tenant, owner.user)},
        "sk": {"S": keys.proposal_sort_key(record.draft_id, record.created_at_ms, record.key)},
    }
