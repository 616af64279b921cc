"""What every answer is held to: the model's version, content, cursor, history and refusals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.machine.api import Book, Client, Subject
from tests.machine.model import ANY, NEW, NOTHING, SAME, STATUS, Content, Entry, Said
from tests.served import Reply


def canonical(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass
class Checks:
    """Compares answers with the model; asks the server for what an answer does not tell."""

    client: Client
    book: Book = field(default_factory=Book)
    keys: Iterator[int] = field(default_factory=count)

    def state(self, subject: Subject, reply: Reply, page: int = 20) -> None:
        """A draft's whole state. page: how many entries of the log its history was taken from"""
        assert reply.status == 200, reply.body[:500]
        draft, shown = subject.draft, reply.json
        assert reply.headers["etag"] == f'"{draft.version}"'
        names = ("version", "historyCursor", "canUndo", "canRedo")
        told = tuple(shown[subject.spelled(name)] for name in names)
        assert told == (draft.version, draft.path[-1], len(draft.path) > 1, bool(draft.undone)), told
        self.content(subject, draft.content, shown[subject.content])
        self._time(subject, shown[subject.spelled("updatedAt")])
        history = draft.shown_history(page)
        assert [one[subject.spelled("seqNo")] for one in shown["history"]] == [one.version for one in history]
        for entry, one in zip(history, shown["history"], strict=True):
            self.entry(subject, entry, one)

    def content(self, subject: Subject, expected: Content, actual: Content) -> None:
        self.book.agree(subject.user, expected, actual, subject.content)
        if not subject.is_agent:
            assert list(actual) == list(subject.draft.empty)

    def entry(self, subject: Subject, entry: Entry, shown: dict[str, Any]) -> None:
        """One content entry as a history tells it."""
        told = {name: shown[subject.spelled(name)] for name in ("seqNo", "pinned", "label", "createdBy", "operation")}
        user, proposed_by = subject.user.name, shown[subject.spelled("proposedBy")]
        assert list(told.values()) == [entry.version, entry.pinned, entry.label, user, entry.operation], told
        assert proposed_by == ({"user": entry.proposed_by, "actor": None} if entry.proposed_by else None)
        self._hash(subject, entry.content, shown[subject.spelled("contentHash")])
        entry.time = entry.time or shown[subject.spelled("createdAt")]
        assert entry.time == shown[subject.spelled("createdAt")]

    def listed_entry(self, subject: Subject, entry: Entry, shown: dict[str, Any]) -> None:
        """One content entry as the list of the history tells it, with its place in the tree."""
        self.entry(subject, entry, shown)
        current = entry.version == subject.draft.path[-1]
        assert (shown["parent"], shown["branch"], shown["current"]) == (entry.parent, entry.branch, current), shown
        if subject.is_agent:
            assert shown["sizeBytes"] == len(canonical(entry.content).encode())

    def answer(self, subject: Subject, reply: Reply, version: int, content: Content, key: str | None) -> None:
        """The answer of a form's POST."""
        assert reply.status == 200, reply.body[:500]
        told = reply.json
        assert (told["success"], told["draft_id"], told["version"]) == (True, subject.draft_id, version), told
        assert reply.headers["etag"] == f'"{version}"'
        assert told["idempotency_key"]
        assert key in (None, told["idempotency_key"])
        self.content(subject, content, told["form_state"])

    def refused(self, subject: Subject, reply: Reply, code: str, said: Said = NOTHING) -> None:
        """A refusal; of a version conflict also what it tells of the current state."""
        assert (reply.status, reply.json.get("code")) == (STATUS[code], code), reply.body[:800]
        assert reply.headers["content-type"] == "application/problem+json"
        assert "idempotency-replayed" not in reply.headers
        told, draft = reply.json, subject.draft
        if code in ("precondition_required", "nothing_to_undo", "nothing_to_redo"):
            assert told[subject.spelled("currentVersion")] == draft.version
        if code not in ("version_conflict", "draft_exists", "merge_conflict"):
            return
        assert told[subject.spelled("currentVersion")] == draft.version
        assert reply.headers.get("etag") == (f'"{draft.version}"' if draft.log else None)
        if not draft.log:
            assert told[subject.content] is None
            return
        self.content(subject, draft.content, told[subject.content])
        assert (told["operation"], told[subject.spelled("updatedBy")]) == (draft.log[-1].operation, subject.user.name)
        if said in (ANY, NEW, NOTHING) or not draft.has(int(said)):
            assert told["changed"] is None
        else:
            same = draft.entry(int(said)).content == draft.content
            assert (told["changed"]["total"] == 0) is same, told["changed"]

    def outcome(self, subject: Subject, reply: Reply, outcome: str, said: Said = NOTHING) -> bool:
        """Whether a write was done as the model judged it; a refusal is checked."""
        if STATUS[outcome] == 200:
            return True
        self.refused(subject, reply, outcome, said)
        return False

    def moved(self, subject: Subject, reply: Reply, outcome: str) -> None:
        """The envelope after a write."""
        self.state(subject, reply, 20 if outcome == SAME else 21)

    def is_there(self, subject: Subject) -> None:
        """A read agrees with the model."""
        if not subject.is_addressable:
            return
        reply = self.client.get(subject.user, subject.path)
        if subject.draft.log:
            self.state(subject, reply)
        else:
            assert reply.status == (204 if subject.is_agent else 404), reply.body[:500]

    def whole_history(self, subject: Subject) -> None:
        """Every readable content is the model's."""
        for entry in subject.draft.contents:
            reply = self.client.get(subject.user, f"{subject.path}/history/{entry.version}")
            assert reply.status == 200, reply.body[:500]
            self.entry(subject, entry, reply.json)
            self.content(subject, entry.content, reply.json[subject.content])

    def _time(self, subject: Subject, time: int) -> None:
        newest = subject.draft.log[-1]
        newest.time = newest.time or time
        assert newest.time == time
        assert all(one.time <= other.time for one, other in zip(subject.draft.log, subject.draft.log[1:], strict=False))

    def _hash(self, subject: Subject, content: Content, hash_: str) -> None:
        """Equal contents have one hash, and it is that of an agent's canonical form."""
        self.book.agree(subject.user, f"made:hash:{subject.kind} {canonical(content)}", hash_, "hash")
        if subject.is_agent:
            assert hash_ == hashlib.sha256(canonical(content).encode()).hexdigest()
