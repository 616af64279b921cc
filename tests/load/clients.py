"""Clients that record each of their calls, for the checker to judge."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.checker import UNANSWERED, UNAVAILABLE, Action, Call, Listed, State
from tests.load.drafts import Request, Subject, digest
from tests.served import Reply

_TIMEOUT_S = 60
_TRIES = 10
_NOTHING = "Nothing to save"


@dataclass
class Client:
    """One client with a connection of its own, kept open."""

    name: str
    port: int
    calls: list[Call]
    headers: Mapping[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def ask(self, subject: Subject, request: Request) -> Reply:
        """Send a request; one that the service could not do now is sent again, as its answer asks for."""
        for _ in range(_TRIES):
            started_s = time.monotonic()
            reply = self.exchange(request)
            self.record(subject, request, reply, started_s, time.monotonic())
            if reply.status != UNAVAILABLE:
                break
            time.sleep(float(reply.headers["retry-after"]))
        return reply

    def ok(self, subject: Subject, request: Request) -> Any:
        reply = self.ask(subject, request)
        assert reply.status == 200, reply.body[:500]
        return reply.json

    def read_history(self, subject: Subject) -> None:
        """Read the draft, then the whole of its history, and record them as one; nobody may write meanwhile."""
        now = self.ok(subject, subject.read())
        started_s, before = time.monotonic(), None
        listed: tuple[Listed, ...] = ()
        while True:
            request = subject.history(before)
            reply = self.exchange(request)
            assert reply.status == 200, reply.body[:500]
            items, before = subject.page(reply.json)
            listed += items
            if before is None:
                break
        state = State(now["version"], history=listed, whole=True)
        self.calls.append(_call(self.name, request, reply, started_s, time.monotonic(), state))

    def lose(self, request: Request, patience_s: float) -> None:
        """Send a request and close the connection before its answer is read."""
        started_s = time.monotonic()
        self._send(request)
        time.sleep(patience_s)
        self.close()
        reply = Reply(UNANSWERED, {}, b"")
        self.calls.append(_call(self.name, request, reply, started_s, time.monotonic(), None))

    def record(self, subject: Subject, request: Request, reply: Reply, started_s: float, ended_s: float) -> None:
        state = subject.told(request, reply)
        self.calls.append(_call(self.name, request, reply, started_s, ended_s, state))

    def exchange(self, request: Request) -> Reply:
        """Send a request once and read its answer, of which nothing is recorded."""
        response = self._send(request).getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, received, response.read())

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None

    def _send(self, request: Request) -> http.client.HTTPConnection:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)
        headers = {**self.headers, **request.headers}
        if request.body is not None:
            headers["content-type"] = "application/json"
        self.connection.request(request.method, request.path, request.body, headers)
        return self.connection


def _call(client: str, request: Request, reply: Reply, started_s: float, ended_s: float, state: State | None) -> Call:
    body = reply.json if reply.body else {}
    return Call(
        client=client,
        draft=request.draft,
        operation=request.operation,
        action=request.action,
        started_s=started_s,
        ended_s=ended_s,
        status=reply.status,
        state=state,
        code=body.get("code", ""),
        answer=digest([body, reply.headers.get("etag")]),
        expected=request.expected,
        sent=request.sent,
        touched=request.touched,
        keyed=request.keyed,
        replayed=reply.headers.get("idempotency-replayed") == "true",
        unchanged=_unchanged(request, state, body),
    )


def _unchanged(request: Request, state: State | None, body: Mapping[str, Any]) -> bool:
    """Whether a write found what it wanted to write."""
    if request.action is not Action.SAVE or state is None:
        return False
    already = request.expected is not None and 0 < state.version <= request.expected
    return already or str(body.get("message", "")).startswith(_NOTHING)
