"""Virtual editors: each saves, undoes, proposes and decides as a person with an autosaving editor does."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.checker import Action
from tests.load.clients import Client
from tests.load.drafts import Agent, Content, FormDraft, Request, Subject, creation
from tests.served import Reply

KINDS = ("agent", "persona", "tool", "eval", "test")

# Of a hundred acts of an editor. Drafts with two editors have them save at once, so conflicts come by themselves.
_ACTS = {"save": 82, "undo": 5, "redo": 4, "read": 3, "propose": 3, "decide": 3}
# Of the requests with an operation key, and of the saves that have one.
_LOST = 0.08
_KEYED = 0.7

_STEPS = 24
_PROMPT = 400
_FIELDS = {
    "persona": ("name", "description", "instructions", "color", "active"),
    "tool": ("name", "description", "active"),
    "eval": ("name", "description", "active"),
    "test": ("name", "description"),
}
_TRIES = 50


class UnexpectedAnswer(Exception):
    """An answer that no editor can make sense of."""

    def __init__(self, request: Request, reply: Reply) -> None:
        super().__init__(f"{request.method} {request.path}: {reply.status} {reply.body[:500]!r}")


@dataclass
class Editor:
    """One person at one draft, and what the screen shows: a version and its content."""

    client: Client
    subject: Subject
    random: Random
    version: int = 0
    content: Content = field(default_factory=dict)
    waiting: list[tuple[str, Content]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def work(self, until_s: float, pause: tuple[float, float]) -> None:
        """Act again and again, from start to start within `pause` seconds, or as fast as the answers come."""
        acts: dict[str, Callable[[], None]] = {
            "save": self.save,
            "undo": lambda: self.move(Action.UNDO),
            "redo": lambda: self.move(Action.REDO),
            "read": self.read,
            "propose": self.propose,
            "decide": self.decide,
        }
        due_s = time.monotonic() + self.random.uniform(0, pause[1])
        try:
            while (now_s := time.monotonic()) < until_s:
                if now_s < due_s:
                    time.sleep(min(due_s, until_s) - now_s)
                    continue
                due_s = now_s + self.random.uniform(*pause)
                (act,) = self.random.choices(list(_ACTS), list(_ACTS.values()))
                acts[act]()
                self.counts["acts"] += 1
        finally:
            self.client.close()

    def save(self) -> None:
        """Save one edit; at a conflict it is made again to what the draft is now."""
        edit = self._an_edit()
        for _ in range(_TRIES):
            key = self._a_key()
            reply = self._send(self.subject.save(edit(self.content), base=self.content, version=self._seen(), key=key))
            if reply.status == 200:
                self._show(reply)
                return
            self._catch_up(reply)
        raise AssertionError(f"{_TRIES} conflicts in a row")

    def move(self, action: Action) -> None:
        request = self.subject.move(action, version=self.version, key=self._a_key())
        reply = self._send(request)
        if reply.status == 200:
            self._show(reply)
        elif reply.status == 409:
            self._catch_up(reply)
        elif reply.status != 422 or reply.code != f"nothing_to_{action}":
            raise UnexpectedAnswer(request, reply)

    def read(self) -> None:
        request = self.subject.read()
        reply = self.client.ask(self.subject, request)
        if reply.status != 200:
            raise UnexpectedAnswer(request, reply)
        self._show(reply)

    def propose(self) -> None:
        key, edits = uuid.uuid4().hex, {"comment" if isinstance(self.subject, Agent) else "name": self._a_text(60)}
        request = self.subject.propose(edits, base=self.content, version=self.version, key=key)
        reply = self._send(request)
        if reply.status != 200:
            raise UnexpectedAnswer(request, reply)
        self.waiting.append((key, edits))

    def decide(self) -> None:
        """Accept or reject what was proposed; at a conflict with later edits the proposal wins."""
        if not self.waiting:
            return
        key, edits = self.waiting.pop(0)
        accept, version = self.random.random() < 0.75, None
        for _ in range(_TRIES):
            request = self.subject.ack(key, edits, accept=accept, version=version)
            reply = self._send(request)
            if reply.status == 200:
                self.counts["accepted" if accept else "rejected"] += 1
                self._show(reply)
                return
            if reply.code not in ("proposal_conflict", "version_conflict"):
                raise UnexpectedAnswer(request, reply)
            self.counts[reply.code] += 1
            self.read()
            version = self.version
        raise AssertionError(f"{_TRIES} conflicts in a row")

    def _send(self, request: Request) -> Reply:
        """Send a request; now and then its first answer is lost, if a key lets it be sent again safely."""
        if request.keyed and self.random.random() < _LOST:
            self.counts["lost"] += 1
            self.client.lose(request, self.random.choice((0.0, 0.005, 0.05)))
        return self.client.ask(self.subject, request)

    def _show(self, reply: Reply) -> None:
        answer = reply.json
        # A repetition is answered as it was; the screen does not go back.
        if answer["version"] >= self.version:
            self.version, self.content = answer["version"], self.subject.content(answer)

    def _catch_up(self, reply: Reply) -> None:
        """Take over what a conflict shows, or read it."""
        if reply.status != 409 or reply.code != "version_conflict":
            raise AssertionError(f"{reply.status} {reply.body[:500]!r}")
        self.counts["version_conflict"] += 1
        if self.random.random() < 0.5:
            self.read()
            return
        answer = reply.json
        current = answer["currentVersion"] if isinstance(self.subject, Agent) else answer["current_version"]
        if current > self.version:
            self.version, self.content = current, self.subject.content(answer)

    def _seen(self) -> int | None:
        """The version for a save: a form's patch can do without."""
        if isinstance(self.subject, FormDraft) and self.random.random() < 0.7:
            return None
        return self.version

    def _a_key(self) -> str | None:
        return uuid.uuid4().hex if self.random.random() < _KEYED else None

    def _a_text(self, length: int) -> str:
        """Text that occurs once."""
        return (uuid.uuid4().hex + " ").ljust(length, "abcdefgh "[self.random.randrange(9)])

    def _an_edit(self) -> Callable[[Content], Content]:
        if isinstance(self.subject, FormDraft):
            edits = {(name := self.random.choice(_FIELDS[self.subject.kind])): self._a_value(name)}
            return lambda _: edits
        text = self._a_text(_PROMPT)
        if self.random.random() < 0.2:
            return lambda _: {"comment": text}
        step = self.random.randrange(_STEPS)
        return lambda content: _with_prompt(content, step, text)

    def _a_value(self, name: str) -> Any:
        match name:
            case "color":
                return f"#{self.random.randrange(1 << 24):06x}"
            case "active":
                return self.random.random() < 0.5
            case "name":
                return self._a_text(60)
            case _:
                return self._a_text(_PROMPT)


def begin(kind: str, client: Client) -> tuple[Subject, Content]:
    """Make the draft of a desk; its content at version 1."""
    if kind == "agent":
        agent = Agent()
        answer = client.ok(agent, agent.create(_a_flow()))
        return agent, agent.content(answer)
    request = creation(kind, {"name": f"a {kind}"}, uuid.uuid4().hex)
    form = FormDraft(kind, client.exchange(request).json["draft_id"])
    # Sent again under the id that is known now: a repetition, with the first answer.
    return form, form.content(client.ok(form, request.of(form.id)))


def _a_flow() -> Content:
    steps = [{"identifier": f"step {number}", "type": "AGENT", "prompt": "x" * _PROMPT} for number in range(_STEPS)]
    return {"comment": "first", "flow": {"steps": steps, "edges": []}}


def _with_prompt(content: Content, step: int, text: str) -> Content:
    flow = json.loads(json.dumps(content["flow"]))
    flow["steps"][step]["prompt"] = text
    return {"flow": flow}
