"""Rules that write contents: save, patch, undo, redo, reset, restore, pin, label, discard."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.machine import forms
from tests.machine.accepting import is_valid_agent, merged_agent
from tests.machine.api import KINDS, Subject
from tests.machine.base import BACK, KEYED, SAID, TURNS, Base
from tests.machine.model import (
    GO,
    NOTHING,
    SAME,
    Content,
    Draft,
    Request,
    Said,
    judge_discard,
    judge_move,
    judge_patch,
    judge_save,
)
from tests.machine.strategies import MEMBERS, edits, patches, payloads
from tests.served import Reply

# Of eight drafts the last four are yet to be begun.
_BEGUN = 4
_LABELS: dict[str, st.SearchStrategy[Any]] = {
    "pinned": st.sampled_from([True, False, None]),
    "label": st.sampled_from(["first", "é", "", None]),
}


class Writes(Base):
    """The owner edits."""

    @initialize(kinds=st.permutations(KINDS), data=st.data())
    def begin(self, kinds: list[str], data: st.DataObject) -> None:
        """Most drafts are there from the beginning."""
        self.populate(kinds[:2])
        for subject in self.subjects[:_BEGUN]:
            self._edit(subject, data, None)
            self.checks.is_there(subject)

    @rule(turn=TURNS, data=st.data(), keyed=KEYED)
    def edit(self, turn: int, data: st.DataObject, keyed: str | None) -> None:
        self._edit(self.turn(turn), data, keyed)

    def _edit(self, subject: Subject, data: st.DataObject, keyed: str | None) -> None:
        if subject.is_agent:
            self._put(subject, data.draw(payloads()), subject.draft.version, keyed, merges=False)
        else:
            self._post(subject, data.draw(patches(subject.kind)), NOTHING, keyed, echoes=False)

    @rule(turn=TURNS, data=st.data(), said=SAID, back=BACK, keyed=KEYED, merge=st.booleans())
    def save(self, turn: int, data: st.DataObject, said: str, back: int, keyed: str | None, merge: bool) -> None:
        subject = self.turn(turn)
        if subject.is_agent:
            numbered = self.said(subject, said, back)
            self._put(subject, data.draw(self.payload(subject, numbered)), numbered, keyed, merges=merge)
        else:
            echoes = data.draw(st.integers(0, 3)) == 0
            unsaid = data.draw(st.booleans())
            body = data.draw(patches(subject.kind))
            self._post(subject, body, NOTHING if unsaid else self.said(subject, said, back), keyed, echoes=echoes)

    def payload(self, subject: Subject, said: Said) -> st.SearchStrategy[Content]:
        """What an editor sends who has seen that version: often one edit of it, sometimes the current content."""
        draft = subject.draft
        seen = draft.entry(said).content if isinstance(said, int) and draft.has(said) else draft.content
        return st.one_of(edits(seen), edits(seen), payloads(), st.just(dict(draft.content)))

    @rule(pick=st.integers(0, 3), data=st.data(), member=MEMBERS, keyed=KEYED, merge=st.booleans())
    def save_late(self, pick: int, data: st.DataObject, member: str, keyed: str | None, merge: bool) -> None:
        """An edit comes between what an editor of an agent has seen and its save, often one of the same member."""
        agents = [index for index, subject in enumerate(self.subjects) if subject.is_agent and subject.draft.log]
        if not agents:
            return
        subject = self.turn(agents[pick % len(agents)])
        seen, version = subject.draft.content, subject.draft.version
        self._put(subject, data.draw(edits(seen, st.just(member))), version, None, merges=False)
        late = data.draw(st.one_of(edits(seen, st.just(member)), edits(seen)))
        self._put(subject, late, version, keyed, merges=merge)

    def _put(self, subject: Subject, payload: Content, said: Said, keyed: str | None, *, merges: bool) -> None:
        draft, key = subject.draft, self.key(keyed)
        request = Request("PUT", subject.path + ("?merge=true" if merges else ""), payload)
        reply = self.send(subject, request, said, key, keyed)
        outcome, content = judge_save(said, draft.version, identical=payload == draft.content), payload
        merged = False
        if not is_valid_agent(payload):
            outcome = "invalid_fields"
        elif outcome == "version_conflict" and isinstance(said, int) and draft.has(said):
            content, places = merged_agent(draft.entry(said).content, draft.content, payload)
            is_valid = is_valid_agent(content)
            if merges:
                self._hold_overlaps(reply, places if is_valid else set())
                merged = is_valid and not places
                outcome = "invalid_fields" if not is_valid else "merge_conflict" if places else GO
                if merged and content == draft.content:
                    outcome = SAME
            else:
                assert reply.json["disjoint"] is (is_valid and not places)
        if not self.checks.outcome(subject, reply, outcome, said):
            return
        if outcome == GO:
            draft.write("save", content)
        self.checks.moved(subject, reply, outcome)
        assert reply.json.get("merged") == (merged if merges else None)
        self.remember(subject, key, request, reply)

    def _hold_overlaps(self, reply: Reply, places: set[str]) -> None:
        if places:
            assert {one["pointer"] for one in reply.json["overlaps"]} == places, (reply.json["overlaps"], places)

    def body_of(self, subject: Subject, patch: Content, *, echoes: bool) -> tuple[Content, Content]:
        """The body of a POST in the model's ids, and as it is sent. echoes: the whole form_state goes with it"""
        body = {**(subject.draft.content if echoes else {}), **patch}
        address = {"draft_id": subject.draft_id} if subject.draft_id else {}
        return body, address | self.checks.book.real(subject.user, body)

    def starts_anew(self, subject: Subject) -> None:
        """A form that was discarded is begun as another one."""
        if not subject.is_agent and not subject.draft.log and not subject.waiting():
            subject.draft, subject.draft_id = Draft(subject.draft.empty), None

    def _post(self, subject: Subject, patch: Content, said: Said, keyed: str | None, *, echoes: bool) -> None:
        self.starts_anew(subject)
        draft, key = subject.draft, self.key(keyed)
        body, sent = self.body_of(subject, patch, echoes=echoes)
        request = Request("POST", f"/{subject.kind}/draft", sent)
        reply = self.send(subject, request, said, key, keyed)
        content, problems = forms.patched(subject.kind, draft.content, body)
        if problems:
            self.checks.refused(subject, reply, "invalid_fields")
            told = sorted((one["pointer"], one["code"]) for one in reply.json["errors"])
            assert told == sorted(problems), (told, sorted(problems))
            return
        outcome = judge_patch(said, draft.version, identical=content == draft.content)
        if not self.checks.outcome(subject, reply, outcome, said):
            return
        assert reply.status == 200, reply.body[:500]
        created = not draft.log
        if outcome == GO:
            draft.write("save", content)
        subject.draft_id = subject.draft_id or reply.json["draft_id"]
        self.checks.answer(subject, reply, draft.version, content, key)
        message = "Nothing to save" if outcome == SAME else "Draft created" if created else "Draft saved"
        assert reply.json["message"].startswith(message)
        self.remember(subject, key, request, reply)

    @rule(turn=TURNS, name=st.sampled_from(["undo", "undo", "redo", "reset"]), said=SAID, back=BACK, keyed=KEYED)
    def move(self, turn: int, name: str, said: str, back: int, keyed: str | None) -> None:
        subject = self.turn(turn)
        if subject.is_addressable:
            self._move(subject, name, None, self.said(subject, said, back), keyed)

    @rule(turn=TURNS, names=st.lists(st.sampled_from(["undo", "undo", "redo"]), min_size=2, max_size=6))
    def walk(self, turn: int, names: list[str]) -> None:
        """Several moves in a row, each from the version that is there."""
        subject = self.turn(turn)
        for name in names if subject.is_addressable else ():
            self._move(subject, name, None, subject.draft.version, None)

    @rule(turn=TURNS, pick=st.integers(0, 30), said=SAID, back=BACK, keyed=KEYED)
    def restore(self, turn: int, pick: int, said: str, back: int, keyed: str | None) -> None:
        subject = self.turn(turn)
        if subject.is_addressable:
            self._move(subject, "restore", 1 + pick % (subject.draft.last + 2), self.said(subject, said, back), keyed)

    def _move(self, subject: Subject, name: str, seq_no: int | None, said: Said, keyed: str | None) -> None:
        draft, key = subject.draft, self.key(keyed)
        body = {} if seq_no is None else {subject.spelled("seqNo"): seq_no}
        request = Request("POST", subject.at(name), body)
        reply = self.send(subject, request, said, key, keyed)
        outcome = self._judge(draft, name, seq_no, said, keyed=key is not None)
        if not self.checks.outcome(subject, reply, outcome, said):
            return
        if outcome == GO:
            if name in ("undo", "redo"):
                getattr(draft, name)()
            else:
                draft.write(name, draft.entry(seq_no or draft.first).content)
        self.checks.moved(subject, reply, outcome)
        self.remember(subject, key, request, reply)

    def _judge(self, draft: Draft, name: str, seq_no: int | None, said: Said, *, keyed: bool) -> str:
        if not draft.log:
            return "not_found"
        if seq_no is not None and not (draft.has(seq_no) and draft.entry(seq_no).is_content):
            return "unknown_entry"
        outcome = judge_move(said, draft.version, keyed=keyed)
        if name in ("reset", "restore") and outcome != "precondition_required":
            return SAME if draft.entry(seq_no or draft.first).content == draft.content else outcome
        if outcome == GO and not (len(draft.path) > 1 if name == "undo" else draft.undone):
            return f"nothing_to_{name}"
        return outcome

    @rule(turn=TURNS, pick=st.integers(0, 30), body=st.fixed_dictionaries({}, optional=_LABELS), keyed=KEYED)
    def annotate(self, turn: int, pick: int, body: Content, keyed: str | None) -> None:
        subject, key = self.turn(turn), self.key(keyed)
        if not subject.is_addressable:
            return
        draft, seq_no = subject.draft, 1 + pick % (subject.draft.last + 1)
        request = Request("PATCH", f"{subject.path}/history/{seq_no}", body)
        reply = self.send(subject, request, NOTHING, key, keyed)
        if not (draft.has(seq_no) and draft.entry(seq_no).is_content):
            self.checks.refused(subject, reply, "not_found")
            return
        assert reply.status == 200, reply.body[:500]
        entry = draft.entry(seq_no)
        entry.pinned = entry.pinned if body.get("pinned") is None else body["pinned"]
        entry.label = (body["label"] or None) if "label" in body else entry.label
        self.checks.listed_entry(subject, entry, reply.json)
        self.remember(subject, key, request, reply)

    @rule(turn=TURNS, said=SAID, back=BACK, keyed=KEYED, sure=st.integers(0, 2))
    def discard(self, turn: int, said: str, back: int, keyed: str | None, sure: int) -> None:
        subject, key = self.turn(turn), self.key(keyed)
        if not subject.is_addressable or (sure and said in ("right", "any", NOTHING)):
            return
        numbered = self.said(subject, said, back)
        request = Request("DELETE", subject.path, None)
        reply = self.send(subject, request, numbered, key, keyed)
        outcome = judge_discard(numbered, subject.draft.version, free=subject.is_agent or key is not None)
        if not self.checks.outcome(subject, reply, outcome, numbered):
            return
        assert (reply.status, reply.body) == (204, b""), reply.body[:500]
        if subject.draft.log:
            subject.draft.discard()
        self.remember(subject, key, request, reply)
