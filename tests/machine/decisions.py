"""Rules of proposals: propose, accept, accept a part, reject, ack what is decided or was no proposal, list."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine import forms
from tests.machine.accepting import changed, is_valid_agent, merged_agent, merged_form, part_of_agent, part_of_form
from tests.machine.api import Subject
from tests.machine.base import BACK, KEYED, SAID, TURNS
from tests.machine.model import (
    ANY,
    GO,
    NOTHING,
    SAME,
    Content,
    Decision,
    Proposal,
    Request,
    Said,
    judge_patch,
    judge_proposed_payload,
)
from tests.machine.strategies import patches
from tests.machine.writes import Writes
from tests.served import Reply


class Decisions(Writes):
    """The owner, or a program of the owner, proposes; the owner decides."""

    @rule(turn=TURNS, data=st.data(), said=SAID, back=BACK, keyed=KEYED)
    def propose(self, turn: int, data: st.DataObject, said: str, back: int, keyed: str | None) -> None:
        subject = self.turn(turn)
        if subject.is_agent:
            numbered = self.said(subject, said, back)
            self._propose_payload(subject, data.draw(self.payload(subject, numbered)), numbered, keyed)
        else:
            unsaid, body = data.draw(st.booleans()), data.draw(patches(subject.kind))
            self._propose_patch(subject, body, NOTHING if unsaid else self.said(subject, said, back), keyed)

    def _propose_payload(self, subject: Subject, payload: Content, said: Said, keyed: str | None) -> None:
        draft, key = subject.draft, self.key(keyed)
        request = Request("PUT", f"{subject.path}?soft=true", payload)
        reply = self.send(subject, request, said, key, keyed)
        outcome = judge_proposed_payload(said, draft) if is_valid_agent(payload) else "invalid_fields"
        if not self.checks.outcome(subject, reply, outcome, said):
            return
        base = 0 if not draft.log else draft.version if said == ANY else int(said)
        told = reply.json
        assert (reply.status, told["version"], told["baseVersion"]) == (200, draft.version, base), told
        assert reply.headers["etag"] == f'"{draft.version}"'
        assert told["headData"] == payload
        self._wait(subject, key, request, reply, (base, draft.entry(base).content if base else {}, payload))

    def _propose_patch(self, subject: Subject, patch: Content, said: Said, keyed: str | None) -> None:
        self.starts_anew(subject)
        draft, key = subject.draft, self.key(keyed)
        _, sent = self.body_of(subject, patch, echoes=False)
        request = Request("POST", f"/{subject.kind}/draft", {**sent, "soft": True})
        reply = self.send(subject, request, said, key, keyed)
        content, problems = forms.patched(subject.kind, draft.content, patch)
        outcome = "invalid_fields" if problems else judge_patch(said, draft.version)
        if not self.checks.outcome(subject, reply, outcome, said):
            return
        subject.draft_id = subject.draft_id or reply.json["draft_id"]
        self.checks.answer(subject, reply, draft.version, content, key)
        assert reply.json["message"].startswith("Proposed")
        self._wait(subject, key, request, reply, (draft.version, draft.content, content))

    def _wait(
        self, subject: Subject, key: str | None, request: Request, reply: Reply, made: tuple[int, Content, Content]
    ) -> None:
        minted = key or reply.json[subject.key]
        assert reply.json[subject.key] == minted
        proposal = Proposal(minted, subject.draft, subject.draft_id or "", *made, seen=subject.draft.last)
        subject.proposals.append(proposal)
        self.remember(subject, minted, request, reply)

    @rule(turn=TURNS, data=st.data())
    def propose_and_edit(self, turn: int, data: st.DataObject) -> None:
        """An edit comes between a proposal and its acceptance."""
        subject = self.turn(turn)
        version, waiting = subject.draft.version, len(subject.proposals)
        if subject.is_agent:
            self._propose_payload(subject, data.draw(self.payload(subject, version)), version, None)
            edited = data.draw(self.payload(subject, version))
            self._put(subject, edited, subject.draft.version, None, merges=False)
        else:
            proposed = data.draw(patches(subject.kind))
            self._propose_patch(subject, proposed, NOTHING, None)
            edits = st.one_of(patches(subject.kind, proposed), patches(subject.kind))
            self._post(subject, data.draw(edits), NOTHING, None, echoes=False)
        # The answer of a form does not tell its time.
        self.checks.is_there(subject)
        if len(subject.proposals) > waiting:
            self._ack(subject, subject.proposals[-1], NOTHING, accept=True, members=None)

    @rule(turn=TURNS, pick=st.integers(0, 9), accept=st.sampled_from([True, True, True, False]), said=SAID, back=BACK)
    def decide(self, turn: int, pick: int, accept: bool, said: str, back: int) -> None:
        subject = self.turn(turn)
        if subject.proposals:
            # The newest ones first: those of the draft as it is.
            proposal = subject.proposals[-1 - pick % len(subject.proposals)]
            heard = NOTHING if pick % 2 else self.said(subject, said, back)
            self._ack(subject, proposal, heard, accept=accept, members=None)

    @rule(turn=TURNS, pick=st.integers(0, 9), said=SAID, back=BACK, data=st.data())
    def accept_a_part(self, turn: int, pick: int, said: str, back: int, data: st.DataObject) -> None:
        subject = self.turn(turn)
        if not subject.proposals:
            return
        proposal = subject.proposals[-1 - pick % len(subject.proposals)]
        # Also a name that neither has: an empty agent may be proposed for one that is not there.
        names = sorted({*proposal.base, *proposal.proposed}) or ["comment"]
        moved = [name for name in names if proposal.base.get(name, "") != proposal.proposed.get(name, "")]
        choice = data.draw(st.lists(st.sampled_from(moved or names), min_size=1, max_size=3, unique=True))
        heard = NOTHING if pick % 2 else self.said(subject, said, back)
        self._ack(subject, proposal, heard, accept=True, members=choice)

    def _ack(
        self, subject: Subject, proposal: Proposal, said: Said, *, accept: bool, members: list[str] | None
    ) -> None:
        body: dict[str, Any] = {subject.key: proposal.key, "accept": accept}
        if members is not None:
            body[subject.spelled("acceptFields")] = members
        path = subject.at("ack") if subject.is_agent else f"/{subject.kind}/draft"
        reply = self.send(subject, Request("POST", path, body), said)
        fields = None if members is None else frozenset(members)
        decision = proposal.decision
        if decision is not None:
            if (decision.accepted, decision.fields) == (accept, fields):
                self.replayed(subject, reply, decision.answer)
            else:
                self.checks.refused(subject, reply, "already_decided")
                assert reply.json["accepted"] is decision.accepted
            return
        outcome = "draft_discarded" if proposal.is_dead else judge_patch(said, subject.draft.version)
        content, places = subject.draft.content, set[str]()
        if outcome == GO and accept:
            outcome, content, places = self._accepted(subject, proposal, members, said)
        if outcome == "proposal_conflict":
            told = {one["pointer" if subject.is_agent else "field"] for one in reply.json["conflicts"]}
            assert told == places, (told, places)
        if not self.checks.outcome(subject, reply, outcome, said):
            return
        if outcome == GO and accept:
            # Two orders of one set are not one content, and a merge of sets takes either: the answer tells which.
            content = self._ordered(subject, content, reply.json[subject.content])
            outcome = self._changed(subject, content)
        proposal.decision = Decision(accept, fields, reply)
        if accept and outcome == GO:
            subject.draft.write("accept", content, subject.user.name)
        self._decided(subject, proposal, reply, outcome if accept else SAME)

    def _accepted(
        self, subject: Subject, proposal: Proposal, members: list[str] | None, said: Said
    ) -> tuple[str, Content, set[str]]:
        """What accepting makes: how it ends, the content, and where it overlaps."""
        base, proposed, current = proposal.base, proposal.proposed, subject.draft.content
        if members and any(base.get(name, "") == proposed.get(name, "") for name in members):
            return "invalid_fields", current, set()
        if subject.is_agent:
            part = proposed if members is None else part_of_agent(base, proposed, members)
            content, places = merged_agent(base, current, part)
            if not is_valid_agent(part) or not is_valid_agent(content):
                return "invalid_fields", current, set()
        else:
            part = proposed if members is None else part_of_form(subject.kind, base, proposed, members)
            content, places = merged_form(subject.kind, base, current, part)
        if places and said == NOTHING:
            return "proposal_conflict", current, places
        return self._changed(subject, content), content, places

    def _changed(self, subject: Subject, content: Content) -> str:
        return SAME if subject.draft.log and content == subject.draft.content else GO

    def _ordered(self, subject: Subject, content: Content, shown: Content) -> Content:
        return content if subject.is_agent else self.checks.book.in_their_order(subject.user, content, shown)

    def _decided(self, subject: Subject, proposal: Proposal, reply: Reply, outcome: str) -> None:
        draft = subject.draft
        if not subject.is_agent:
            self.checks.answer(subject, reply, draft.version, draft.content, proposal.key)
        elif draft.log:
            self.checks.moved(subject, reply, outcome)
        else:
            assert (reply.status, reply.body) == (204, b"")

    def replayed(self, subject: Subject, reply: Reply, before: Reply) -> None:
        """The same answer once more, but for pins and labels."""
        assert reply.headers.get("idempotency-replayed") == "true"
        assert (reply.status, reply.headers.get("etag")) == (before.status, before.headers.get("etag"))
        assert _without_annotations(reply) == _without_annotations(before)

    @rule(turn=TURNS)
    def list_what_waits(self, turn: int) -> None:
        subject = self.turn(turn)
        if not subject.is_addressable:
            return
        reply = self.client.get(subject.user, f"{subject.path}/proposals")
        waiting = subject.waiting()
        if not subject.is_agent and not waiting and not subject.draft.log:
            self.checks.refused(subject, reply, "not_found")
            return
        assert [one[subject.key] for one in reply.json] == [one.key for one in waiting]
        for proposal, shown in zip(waiting, reply.json, strict=True):
            self._shown(subject, proposal, shown)

    def _shown(self, subject: Subject, proposal: Proposal, shown: dict[str, Any]) -> None:
        versions = (shown[subject.spelled("baseVersion")], shown[subject.spelled("currentVersion")])
        assert versions == (proposal.base_version, subject.draft.version)
        place = "pointer" if subject.is_agent else "field"
        assert {one[place] for one in shown["changes"]} == changed(proposal.base, proposal.proposed, subject.is_agent)
        outcome, content, places = self._accepted(subject, proposal, None, NOTHING)
        assert {one[place] for one in shown["conflicts"]} == places
        if outcome == "invalid_fields":
            assert shown[subject.content] is None
        elif not places:
            expected = self._ordered(subject, content, shown[subject.content])
            self.checks.content(subject, expected, shown[subject.content])


def _without_annotations(reply: Reply) -> Any:
    if not reply.body:
        return None
    told = reply.json
    entries = [told, *told.get("history", [])]
    return [
        {name: value for name, value in one.items() if name not in ("pinned", "label", "history")} for one in entries
    ]
