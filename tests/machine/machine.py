"""The state machine: the rules that write, and those that read, send again, and look for what is another user's."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.base import TURNS
from tests.machine.decisions import Decisions
from tests.machine.merging import applied, nested
from tests.machine.model import STATUS, Done, Request


class DraftMachine(Decisions):
    """Every route of every kind of draft, called by three users in turns."""

    @rule(turn=TURNS, pick=st.integers(0, 50), other=st.booleans())
    def send_again(self, turn: int, pick: int, other: bool) -> None:
        subject = self.turn(turn)
        done = self.done.get((subject.user, subject.kind), [])
        if not done:
            return
        about, one = done[-1 - pick % len(done)]
        if other:
            self._reuse(about.path, about.at("undo"), subject, one)
            return
        reply = self.send(subject, one.request, 9, one.key, "header")
        self.replayed(subject, reply, one.answer)

    def _reuse(self, path: str, undo: str, subject: Any, one: Done) -> None:
        """Another request with the same key is refused."""
        request = Request("PATCH", f"{path}/history/1", {"label": "another request"})
        reply = self.send(subject, request, 1, one.key, "header")
        self.checks.refused(subject, reply, "operation_key_reused")

    @rule(turn=TURNS, pick=st.integers(0, 50))
    def ack_what_was_no_proposal(self, turn: int, pick: int) -> None:
        subject = self.turn(turn)
        keys = {proposal.key for one in self.subjects for proposal in one.proposals}
        done = self.done.get((subject.user, subject.kind), [])
        saved = [one.key for about, one in done if about is subject and one.key not in keys]
        key = saved[pick % len(saved)] if saved and pick % 2 else "a key of nothing"
        path = subject.at("ack") if subject.is_agent else f"/{subject.kind}/draft"
        reply = self.send(subject, Request("POST", path, {subject.key: key, "accept": True}))
        self.checks.refused(subject, reply, "not_a_proposal" if key in saved else "not_found")

    @rule(turn=TURNS, limit=st.sampled_from([1, 2, 3, 100]))
    def list_history(self, turn: int, limit: int) -> None:
        subject = self.turn(turn)
        if not subject.is_addressable:
            return
        listed: list[Any] = []
        before: int | None = None
        while True:
            query = f"?limit={limit}" + (f"&before={before}" if before else "")
            reply = self.client.get(subject.user, f"{subject.path}/history{query}")
            if not subject.draft.log:
                self.checks.refused(subject, reply, "not_found")
                return
            assert len(reply.json["entries"]) <= limit
            listed += reply.json["entries"]
            before = reply.json["next"]
            if before is None:
                break
        contents = subject.draft.contents
        assert [one[subject.spelled("seqNo")] for one in listed] == [entry.version for entry in contents]
        for entry, one in zip(contents, listed, strict=True):
            self.checks.listed_entry(subject, entry, one)

    @rule(turn=TURNS)
    def read_history(self, turn: int) -> None:
        subject = self.turn(turn)
        self.checks.whole_history(subject)

    @rule(turn=TURNS, pick=st.integers(0, 50), later=st.integers(-1, 1))
    def find_by_time(self, turn: int, pick: int, later: int) -> None:
        subject = self.turn(turn)
        draft = subject.draft
        if draft.log:
            time = draft.log[pick % len(draft.log)].time + later
            reply = self.client.get(subject.user, f"{subject.path}/history?at={time}")
            found = draft.at(time)
            told = [one[subject.spelled("seqNo")] for one in reply.json["entries"]]
            assert told == ([] if found is None else [found]), (time, [entry.time for entry in draft.log])

    @rule(turn=TURNS, start=st.integers(0, 50), end=st.integers(0, 50))
    def compare(self, turn: int, start: int, end: int) -> None:
        subject = self.turn(turn)
        draft = subject.draft
        if not subject.is_addressable:
            return
        versions = [1 + number % (draft.last + 1) for number in (start, end)]
        reply = self.client.get(subject.user, subject.at("diff") + "?from={}&to={}".format(*versions))
        if not all(draft.has(version) for version in versions):
            self.checks.refused(subject, reply, "not_found")
            return
        told = reply.json
        assert (reply.status, told["from"], told["to"]) == (200, *versions)
        one, other = (self.checks.book.real(subject.user, draft.entry(version).content) for version in versions)
        assert told["total"] == len(told["changes"])
        if one == other:
            assert told["total"] == 0
        assert applied(one, other, told["changes"]) == nested(other)

    @rule(turn=TURNS, limit=st.sampled_from([1, 2, 25]))
    def list_drafts(self, turn: int, limit: int) -> None:
        subject = self.turn(turn)
        listed: list[Any] = []
        path: str | None = f"{subject.base}/drafts?limit={limit}"
        while path:
            reply = self.client.get(subject.user, path)
            assert reply.status == 200, reply.body[:500]
            assert len(reply.json) <= limit
            listed += reply.json
            path = reply.headers["link"].split(">")[0].lstrip("<") if "link" in reply.headers else None
        mine = [one for one in self.subjects if (one.user, one.kind) == (subject.user, subject.kind) and one.draft.log]
        if subject.is_agent:
            told = {(one["baseRevision"], one["version"], one["updatedAt"]) for one in listed}
            assert told == {(one.number, one.draft.version, one.draft.log[-1].time) for one in mine}
        else:
            times = [one["created_at"] for one in listed]
            assert times == sorted(times, reverse=True)
            shown = {(one["id"], one["version"], one["updated_at"], one["created_at"], one["name"]) for one in listed}
            assert shown == {
                (
                    one.draft_id,
                    one.draft.version,
                    one.draft.log[-1].time,
                    one.draft.log[0].time,
                    one.draft.content["name"],
                )
                for one in mine
            }
        assert len(listed) == len(mine)

    @rule(turn=TURNS, said=st.sampled_from(["current", "any", "older"]))
    def read_again(self, turn: int, said: str) -> None:
        subject = self.turn(turn)
        version = subject.draft.version
        if version:
            tag = {"current": f'"{version}"', "any": "*", "older": f'"{version - 1}"'}[said]
            reply = self.client.get(subject.user, subject.path, if_none_match=tag)
            assert reply.status == (200 if said == "older" else 304)
            assert reply.headers["etag"] == f'"{version}"'

    @rule(turn=TURNS, stranger=st.integers(0, 7), name=st.sampled_from(["read", "undo", "history", "diff", "save"]))
    def look_at_what_is_anothers(self, turn: int, stranger: int, name: str) -> None:
        subject, user = self.turn(turn), self.subjects[stranger].user
        if user is subject.user or not subject.draft.log:
            return
        if subject.is_agent and user.tenant == subject.user.tenant:
            return  # The same path is a draft of the stranger's own: one of the subjects.
        request = {
            "read": Request("GET", subject.path, None),
            "undo": Request("POST", subject.at("undo"), {}),
            "history": Request("GET", f"{subject.path}/history/{subject.draft.first}", None),
            "diff": Request("GET", f"{subject.at('diff')}?from={subject.draft.first}", None),
            "save": Request("PUT", subject.path, {})
            if subject.is_agent
            else Request("POST", f"/{subject.kind}/draft", {"draft_id": subject.draft_id, "name": "mine"}),
        }[name]
        reply = self.client.send(user, request, "any" if name == "undo" else "nothing")
        assert (reply.status, reply.code) == (STATUS["not_found"], "not_found"), reply.body[:500]
