"""The drafts of both kinds as their clients see them: requests to send, and what an answer tells."""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tests.checker import Action, Listed, Parts, State
from tests.served import Reply

Content = Mapping[str, Any]

# What follows from a field of a form: the id of a value, the flag of `active`.
_FOLLOWS = {
    "name": "name_id",
    "description": "description_id",
    "instructions": "instructions_id",
    "color": "color_id",
    "active": "flag_ids",
}

# Their 404 says that there is no draft; that of an ack says that there is no such proposal.
_OF_A_DRAFT = {Action.READ, Action.SAVE, Action.UNDO, Action.REDO}


@dataclass(frozen=True)
class Request:
    """A request, ready to be sent any number of times, and what it is to the checker."""

    draft: str
    action: Action
    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    operation: str = field(default_factory=lambda: uuid.uuid4().hex)
    expected: int | None = None
    sent: Parts = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    keyed: bool = False

    def of(self, draft: str) -> Request:
        """The same request, as that of a draft whose id is known now."""
        return replace(self, draft=draft)


class Subject(Protocol):
    """A draft. `version` is what goes into `If-Match`, `key` the operation key; None sends none."""

    @property
    def id(self) -> str: ...

    def read(self) -> Request: ...

    def history(self, before: int | None = None) -> Request: ...

    def save(self, edits: Content, *, base: Content, version: int | None = None, key: str | None = None) -> Request: ...

    def propose(self, edits: Content, *, base: Content, version: int, key: str) -> Request: ...

    def ack(self, key: str, edits: Content, *, accept: bool, version: int | None = None) -> Request: ...

    def move(self, action: Action, *, version: int | None = None, key: str | None = None) -> Request: ...

    def discard(self, *, version: int | None = None, key: str | None = None) -> Request: ...

    def content(self, answer: Any) -> Content:
        """The content that an answer shows."""

    def told(self, request: Request, reply: Reply) -> State | None:
        """What an answer tells about the draft; None when it tells nothing."""

    def page(self, answer: Any) -> tuple[tuple[Listed, ...], int | None]:
        """A page of the history, and where the next one begins."""


@dataclass(frozen=True)
class Agent:
    """An agent draft, saved as a whole."""

    id: str = field(default_factory=lambda: f"agent-{uuid.uuid4().hex}")
    tenant: str = "local"

    @property
    def path(self) -> str:
        return f"/v1/tenants/{self.tenant}/agents/{self.id}/revisions/3/draft"

    def read(self) -> Request:
        return Request(self.id, Action.READ, "GET", self.path)

    def history(self, before: int | None = None) -> Request:
        return Request(self.id, Action.HISTORY, "GET", f"{self.path}/history?limit=100{_before(before)}")

    def create(self, content: Content, *, tag: bool = False) -> Request:
        """Save where nothing is; `tag` says so by `If-None-Match`."""
        headers = {"if-none-match": "*"} if tag else {"if-match": "0"}
        return self._put(Action.SAVE, content, content, expected=0, headers=headers)

    def save(self, edits: Content, *, base: Content, version: int | None = None, key: str | None = None) -> Request:
        headers = _headers(version, key)
        return self._put(Action.SAVE, {**base, **edits}, edits, expected=version, headers=headers, key=key)

    def propose(self, edits: Content, *, base: Content, version: int, key: str) -> Request:
        headers = _headers(version, key)
        return self._put(Action.PROPOSE, {**base, **edits}, edits, headers=headers, key=key, query="?soft=true")

    def ack(self, key: str, edits: Content, *, accept: bool, version: int | None = None) -> Request:
        body, headers = {"idempotencyKey": key, "accept": accept}, _headers(version)
        return _acking(self.id, f"{self.path}:ack", body, headers, edits, version=version)

    def move(self, action: Action, *, version: int | None = None, key: str | None = None) -> Request:
        body = {"idempotencyKey": key} if key else {}
        return _moving(self.id, action, f"{self.path}:{action}", body, version)

    def discard(self, *, version: int | None = None, key: str | None = None) -> Request:
        return _discarding(self.id, self.path, version, key)

    def content(self, answer: Any) -> Content:
        shown: Content = answer["headData"]
        return shown

    def told(self, request: Request, reply: Reply) -> State | None:
        return _told(request, reply, camel=True)

    def page(self, answer: Any) -> tuple[tuple[Listed, ...], int | None]:
        return tuple(Listed(item["seqNo"], item["contentHash"]) for item in answer["entries"]), answer["next"]

    def _put(
        self,
        action: Action,
        content: Content,
        edits: Content,
        *,
        headers: Mapping[str, str],
        expected: int | None = None,
        key: str | None = None,
        query: str = "",
    ) -> Request:
        return Request(
            draft=self.id,
            action=action,
            method="PUT",
            path=self.path + query,
            body=json.dumps(content).encode(),
            headers=headers,
            operation=key or uuid.uuid4().hex,
            expected=expected,
            sent=parts(content),
            touched=frozenset(edits),
            keyed=key is not None,
        )


@dataclass(frozen=True)
class FormDraft:
    """A form draft, patched field by field."""

    kind: str
    id: str

    @property
    def path(self) -> str:
        return f"/{self.kind}/draft/{self.id}"

    def read(self) -> Request:
        return Request(self.id, Action.READ, "GET", self.path)

    def history(self, before: int | None = None) -> Request:
        return Request(self.id, Action.HISTORY, "GET", f"{self.path}/history?limit=100{_before(before)}")

    def save(self, edits: Content, *, base: Content, version: int | None = None, key: str | None = None) -> Request:
        return self._post(Action.SAVE, edits, {}, version, key)

    def propose(self, edits: Content, *, base: Content, version: int, key: str) -> Request:
        return self._post(Action.PROPOSE, edits, {"soft": True}, None, key)

    def ack(self, key: str, edits: Content, *, accept: bool, version: int | None = None) -> Request:
        body, headers = {"draft_id": self.id, "idempotency_key": key, "accept": accept}, _headers(version)
        return _acking(self.id, f"/{self.kind}/draft", body, headers, edits, version=version)

    def move(self, action: Action, *, version: int | None = None, key: str | None = None) -> Request:
        body = {"idempotency_key": key} if key else {}
        return _moving(self.id, action, f"{self.path}/{action}", body, version)

    def discard(self, *, version: int | None = None, key: str | None = None) -> Request:
        return _discarding(self.id, self.path, version, key)

    def content(self, answer: Any) -> Content:
        shown: Content = answer["form_state"]
        return shown

    def told(self, request: Request, reply: Reply) -> State | None:
        return _told(request, reply, camel=False)

    def page(self, answer: Any) -> tuple[tuple[Listed, ...], int | None]:
        return tuple(Listed(item["seqNo"], item["contentHash"]) for item in _camel(answer["entries"])), answer["next"]

    def _post(self, action: Action, edits: Content, more: Content, version: int | None, key: str | None) -> Request:
        body = {"draft_id": self.id, **edits, **more} | ({"idempotency_key": key} if key else {})
        return Request(
            draft=self.id,
            action=action,
            method="POST",
            path=f"/{self.kind}/draft",
            body=json.dumps(body).encode(),
            headers=_headers(version),
            operation=key or uuid.uuid4().hex,
            expected=version,
            sent=parts(edits),
            touched=_touched(edits),
            keyed=key is not None,
        )


def creation(kind: str, edits: Content, key: str) -> Request:
    """The request that makes a form draft. It is not a draft's yet: name it by its answer."""
    body = json.dumps({**edits, "idempotency_key": key}).encode()
    return Request(
        "", Action.SAVE, "POST", f"/{kind}/draft", body, {}, key, 0, parts(edits), _touched(edits), keyed=True
    )


def parts(content: Content) -> Parts:
    """The members of a content, each with the hash of its value."""
    return {sys.intern(name): digest(value) for name, value in content.items()}


def digest(value: Any) -> str:
    """A short hash of a JSON value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return sys.intern(hashlib.sha256(text).hexdigest()[:16])


def _touched(edits: Content) -> frozenset[str]:
    return frozenset(edits) | {_FOLLOWS[name] for name in edits if name in _FOLLOWS}


def _headers(version: int | None, key: str | None = None) -> dict[str, str]:
    headers = {} if version is None else {"if-match": f'"{version}"'}
    return headers | ({"idempotency-key": key} if key else {})


def _before(before: int | None) -> str:
    return "" if before is None else f"&before={before}"


def _acking(
    draft: str, path: str, body: Content, headers: Mapping[str, str], edits: Content, *, version: int | None
) -> Request:
    accept, key = body["accept"], body.get("idempotencyKey") or body["idempotency_key"]
    return Request(
        draft=draft,
        action=Action.ACCEPT if accept else Action.REJECT,
        method="POST",
        path=path,
        body=json.dumps(body).encode(),
        headers=headers,
        operation=f"{key} {'accepted' if accept else 'rejected'}",
        expected=version,
        sent=parts(edits) if accept else {},
        touched=_touched(edits) if accept else frozenset(),
        keyed=True,
    )


def _moving(draft: str, action: Action, path: str, body: Content, version: int | None) -> Request:
    key = next(iter(body.values()), None)
    return Request(
        draft=draft,
        action=action,
        method="POST",
        path=path,
        body=json.dumps(body).encode(),
        headers=_headers(version),
        operation=key or uuid.uuid4().hex,
        expected=version,
        keyed=key is not None,
    )


def _discarding(draft: str, path: str, version: int | None, key: str | None) -> Request:
    return Request(
        draft=draft,
        action=Action.DISCARD,
        method="DELETE",
        path=path,
        headers=_headers(version, key),
        operation=key or uuid.uuid4().hex,
        expected=version,
        keyed=key is not None,
    )


def _told(request: Request, reply: Reply, *, camel: bool) -> State | None:
    if reply.status == 204 or (reply.status == 404 and request.action in _OF_A_DRAFT):
        return State(0)
    if reply.status not in (200, 409, 422) or request.action is Action.HISTORY:
        return None
    answer = reply.json if camel else _camel(reply.json)
    version = answer.get("version", answer.get("currentVersion"))
    if version is None:
        return None
    content = answer.get("headData" if camel else "formState")
    if request.action is Action.PROPOSE or not version or content is None:
        return State(version)
    listed = answer.get("history")
    history = None if listed is None else tuple(Listed(item["seqNo"], item["contentHash"]) for item in listed)
    return State(version, parts(content), answer.get("historyCursor"), history)


def _camel(value: Any) -> Any:
    """The names of an answer as an agent's answer spells them, at the top and in the history."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    renamed = {_camel_name(name): inner for name, inner in value.items()}
    return renamed | ({"history": _camel(renamed["history"])} if "history" in renamed else {})


def _camel_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
