"""The users, their drafts, and how a step sends a request: what the rules of the machine share."""

from __future__ import annotations

import sys
from itertools import count
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.machine import forms
from tests.machine.api import Client, Subject, User
from tests.machine.checks import Checks
from tests.machine.model import ANY, NEW, NOTHING, Done, Draft, Request, Said
from tests.served import Reply

TENANTS = ("acme", "other")
# Whose turn it is: the first user's first draft more often than the others, so that it gets a long history.
TURNS = st.sampled_from([0] * 7 + [1] * 5 + [2, 3, 4, 5, 6, 7])
SAID = st.sampled_from(["right"] * 6 + ["any", "any", "stale", "stale", "stale", "ahead", NOTHING, NEW])
BACK = st.integers(1, 4)
KEYED = st.sampled_from([None, None, None, "header", "body"])


class Base(RuleBasedStateMachine):
    """Two users of one tenant and one of another; each has a draft of two kinds, the first user a second of each."""

    client: ClassVar[Client]
    numbers: ClassVar[Any] = count()
    steps: ClassVar[int] = 0
    examples: ClassVar[int] = 0
    compared: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.checks = Checks(self.client)
        self.subjects: list[Subject] = []
        self.touched: list[Subject] = []
        self.done: dict[tuple[User, str], list[tuple[Subject, Done]]] = {}
        Base.examples += 1

    def populate(self, kinds: list[str]) -> None:
        number = next(self.numbers)
        ann, bob = (User.of(f"{name}-{number}", TENANTS[0]) for name in ("ann", "bob"))
        cyn = User.of(f"cyn-{number}", TENANTS[1])
        for user in (ann, bob, cyn, ann):
            again = sum(subject.user is user for subject in self.subjects) // 2
            for kind in kinds:
                empty = {} if kind == "agent" else forms.empty(kind)
                self.subjects.append(Subject(user, kind, f"agent-{number}", again, Draft(empty)))

    def turn(self, index: int) -> Subject:
        """The draft that a step is about."""
        Base.steps += 1
        subject = self.subjects[index]
        self.touched = [subject]
        return subject

    @invariant()
    def reads_agree(self) -> None:
        for subject in self.touched:
            self.checks.is_there(subject)
        self.touched = []

    def teardown(self) -> None:
        # Hypothesis ends an example with what is no Exception; nothing is wrong then.
        if isinstance(sys.exc_info()[1], Exception):
            return  # A step has failed, and model and server differ: that step is what is to be told.
        Base.compared += 1
        for subject in self.subjects:
            if subject.draft.log:
                self.checks.whole_history(subject)

    def said(self, subject: Subject, said: str, back: int) -> Said:
        """What a precondition says, in numbers."""
        version = subject.draft.version
        if said in (NOTHING, ANY, NEW):
            return said
        return {"right": version, "ahead": version + back, "stale": max((version or subject.draft.last) - back, 0)}[
            said
        ]

    def key(self, keyed: str | None) -> str | None:
        return f"key {next(self.checks.keys)}" if keyed else None

    def send(
        self, subject: Subject, request: Request, said: Said = NOTHING, key: str | None = None, keyed: str | None = None
    ) -> Reply:
        """Send a request, its key in the header or in the body."""
        if key is None:
            return self.client.send(subject.user, request, said)
        has_member = keyed == "body" and not (subject.is_agent and request.method == "PUT")
        if not has_member:
            return self.client.send(subject.user, request, said, idempotency_key=f'"{key}"')
        body = {**(request.body or {}), subject.key: key}
        return self.client.send(subject.user, Request(request.method, request.path, body), said)

    def remember(self, subject: Subject, key: str | None, request: Request, reply: Reply) -> None:
        """A keyed request that was done is answered so again."""
        if key is not None:
            self.done.setdefault((subject.user, subject.kind), []).append((subject, Done(key, request, reply)))
