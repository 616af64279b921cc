"""The requests that faults are injected into, as data: every route of every kind of function, read or written.

A request that may carry an operation key stands here with one and without.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.engine.container import AGENT, AGENT_DRAFT, DRAFT, Sent

KEY, NEW_KEY, PROPOSED = "key-1", "key-2", "proposed-1"
FORMS = ("persona", "tool", "eval", "test")
FAMILIES = ("agent", *FORMS, "catalog")


@dataclass(frozen=True)
class Case:
    """One request, and what comes before it.

    expires: whether the record of its key expires; that of a pending proposal does not
    is_twin: whether another case makes the same calls, and more
    """

    family: str
    name: str
    before: tuple[Sent, ...]
    request: Sent
    expires: bool = True
    is_twin: bool = False

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"


def _both(case: Case) -> Iterator[Case]:
    """Without an operation key, and with one. Proposals have one in any case; the catalog's writes are the same."""
    yield replace(case, is_twin=case.family == "catalog" or not case.expires or "large" in case.name)
    yield replace(case, name=f"{case.name}, keyed", request=replace(case.request, key=KEY))


def _long(seed: int) -> str:
    """A text that does not fit into an entry: it is stored as a keyframe."""
    return random.Random(seed).randbytes(6_000).hex()


# --------------------------------------------------------------------------------------------------------- agents


def _flow(prompt: str = "Answer politely.", comment: str = "first") -> dict[str, Any]:
    steps = [{"identifier": "start", "type": "ENTRY_POINT"}, {"identifier": "answer", "prompt": prompt}]
    return {"comment": comment, "flow": {"steps": steps, "edges": [{"source": "start", "target": "answer"}]}}


def _put(body: Mapping[str, Any], if_match: str | None = None, query: str = "", key: str | None = None) -> Sent:
    return Sent("PUT", AGENT_DRAFT + query, body, if_match, key)


def _agent(move: str, body: Mapping[str, Any] | None = None, if_match: str | None = None) -> Sent:
    return Sent("POST", f"{AGENT_DRAFT}:{move}", body, if_match)


def _agent_ack(**members: Any) -> Sent:
    return replace(_agent("ack", {"idempotencyKey": "{key}", **members}), key=PROPOSED)


ONE, TWO, OTHER = _flow(), _flow("Answer briefly."), _flow(comment="second")
LARGE, LARGER = _flow(_long(1)), _flow(_long(1) + "!")
SAVED = (_put(ONE), _put(TWO, "1"))
SAVED_LARGE = (_put(LARGE), _put(LARGER, "1"))
UNDONE = (*SAVED, _agent("undo", if_match="2"))
AGENT_WAITING = (_put(ONE), _put(TWO, "1", "?soft=true", PROPOSED), _put(OTHER, "1"))
LARGE_WAITING = (_put(ONE), _put(LARGE, "1", "?soft=true", PROPOSED))

_AGENT_READS = {
    "read": (SAVED, AGENT_DRAFT),
    "read, large": (SAVED_LARGE, AGENT_DRAFT),
    "history": (UNDONE, f"{AGENT_DRAFT}/history"),
    "history at a time": (UNDONE, f"{AGENT_DRAFT}/history?at=9000000000000"),
    "history entry, large": (SAVED_LARGE, f"{AGENT_DRAFT}/history/1"),
    "diff": (SAVED, f"{AGENT_DRAFT}:diff?from=1&to=2"),
    "proposals": (AGENT_WAITING, f"{AGENT_DRAFT}/proposals"),
    "list": (SAVED, f"{AGENT}/drafts"),
}
_AGENT_WRITES = {
    "create": ((), _put(ONE)),
    "create, large": ((), _put(LARGE)),
    "save": (SAVED, _put(OTHER, "2")),
    "save, the same": (SAVED, _put(TWO, "2")),
    "save, stale": (SAVED, _put(OTHER, "1")),
    "save, large": ((_put(ONE),), _put(LARGE, "1")),
    "save, merged": (SAVED, _put(OTHER, "1", "?merge=true")),
    "undo": (SAVED, _agent("undo", {}, "2")),
    "redo": (UNDONE, _agent("redo", {}, "3")),
    "reset": (SAVED, _agent("reset", {}, "2")),
    "restore": (SAVED, _agent("restore", {"seqNo": 1}, "2")),
    "annotate": (SAVED, Sent("PATCH", f"{AGENT_DRAFT}/history/1", {"pinned": True, "label": "kept"})),
    "discard": (SAVED, Sent("DELETE", AGENT_DRAFT, if_match="2")),
    "propose": (SAVED, _put(OTHER, "2", "?soft=true")),
    "propose, large": ((_put(ONE),), _put(LARGE, "1", "?soft=true")),
    "propose a creation": ((), _put(ONE, query="?soft=true")),
}
_AGENT_ACKS = {
    "accept, merged": (AGENT_WAITING, _agent_ack(accept=True)),
    "accept, large": (LARGE_WAITING, _agent_ack(accept=True)),
    "accept a part": (AGENT_WAITING, _agent_ack(accept=True, acceptFields=["flow"])),
    "accept a creation": ((_put(ONE, None, "?soft=true", PROPOSED),), _agent_ack(accept=True)),
    "reject": (AGENT_WAITING, _agent_ack(accept=False)),
    "reject, large": (LARGE_WAITING, _agent_ack(accept=False)),
}


# ---------------------------------------------------------------------------------------------------------- forms

_NEW: dict[str, dict[str, Any]] = {
    "persona": {"name": "Mira", "color": "#2e90fa", "active": True, "examples": ["Where is my parcel?"]},
    "tool": {"name": "Look up", "args_drafts": [{"name": "number", "outputs": [{"name": "status"}]}]},
    "eval": {"name": "Tone", "description": "Is it polite?"},
    "test": {"name": "Late parcel", "description": "Is it found?"},
}
_PATCH: dict[str, dict[str, Any]] = {
    "persona": {"name": "Mira B.", "examples": ["Where is my letter?"]},
    "tool": {"args_drafts": [{"name": "number", "outputs": [{"name": "status"}]}, {"name": "language"}]},
    "eval": {"name": "Tone of voice"},
    "test": {"name": "Late letter"},
}
_MEANT: dict[str, Any] = {"description": "Patient and precise."}


def _form_cases(kind: str) -> Iterator[Case]:
    path, form = f"/{kind}/draft/{DRAFT}", f"/{kind}/draft"

    def post(body: Mapping[str, Any], key: str | None = None) -> Sent:
        return Sent("POST", form, body, key=key)

    def move(name: str, if_match: str, body: Mapping[str, Any] | None = None) -> Sent:
        return Sent("POST", f"{path}/{name}", body or {}, if_match)

    def ack(**members: Any) -> Sent:
        return post({"idempotency_key": "{key}", **members}, PROPOSED)

    created = post(_NEW[kind])
    patched = post({"draft_id": DRAFT, **_PATCH[kind]})
    meant = {"draft_id": DRAFT, "soft": True, **_MEANT}
    saved = (created, patched)
    undone = (*saved, move("undo", "2"))
    waiting = (created, post(meant, PROPOSED), patched)
    only_proposed = (post({**_NEW[kind], "soft": True}, PROPOSED),)
    reads = {
        "read": (saved, path),
        "history": (undone, f"{path}/history"),
        "history at a time": (undone, f"{path}/history?at=9000000000000"),
        "history entry": (saved, f"{path}/history/1"),
        "diff": (saved, f"{path}/diff?from=1&to=2"),
        "proposals": (waiting, f"{path}/proposals"),
        "inbox": (waiting, f"/{kind}/proposals"),
        "list": (saved, f"/{kind}/drafts"),
        "list, searched": (saved, f"/{kind}/drafts?search=i"),
    }
    writes = {
        "create": ((), created),
        "patch": ((created,), patched),
        "patch, guarded": ((created,), replace(patched, if_match="1")),
        "undo": (saved, move("undo", "2")),
        "redo": (undone, move("redo", "3")),
        "reset": (saved, move("reset", "2")),
        "restore": (saved, move("restore", "2", {"seq_no": 1})),
        "annotate": (saved, Sent("PATCH", f"{path}/history/1", {"pinned": True, "label": "kept"})),
        "discard": (saved, Sent("DELETE", path, if_match="2")),
        "propose": (saved, post(meant)),
        "propose a creation": ((), post({**_NEW[kind], "soft": True})),
    }
    acks = {
        "accept, merged": (waiting, ack(accept=True)),
        "accept a part": (waiting, ack(accept=True, accept_fields=["description"])),
        "accept a creation": (only_proposed, ack(accept=True)),
        "patch what is only proposed": (only_proposed, patched),
        "reject": (waiting, ack(accept=False)),
        "reject a creation": (only_proposed, ack(accept=False)),
    }
    yield from _cases(kind, reads, writes, acks)


def _cases(
    family: str,
    reads: Mapping[str, tuple[tuple[Sent, ...], str]],
    writes: Mapping[str, tuple[tuple[Sent, ...], Sent]],
    acks: Mapping[str, tuple[tuple[Sent, ...], Sent]],
) -> Iterator[Case]:
    for name, (before, path) in reads.items():
        yield Case(family, name, before, Sent("GET", path))
    for name, (before, request) in writes.items():
        yield from _both(Case(family, name, before, request, expires=not name.startswith("propose")))
    for name, (before, request) in acks.items():
        yield Case(family, name, before, request)


# -------------------------------------------------------------------------------------------------------- catalog

_MODEL = {"value": "Atlas Large", "attributes": {"name": "Atlas"}, "id": "atlas"}
_SHARED = Sent("POST", "/catalog/departments", {"value": "Support", "id": "support"})
_ARCHIVE = Sent("DELETE", "/catalog/departments/support", {})
_COLOR = Sent("POST", "/catalog/colors", {"value": "#2e90fa", "attributes": {"name": "Blue"}, "id": "blue"})
_ROWS = (_SHARED, _COLOR)
_IMPORT = Sent(
    "POST",
    "/catalog/import",
    {
        "records": [
            {"type": "departments", "value": "Support", "id": "support"},
            {"type": "departments", "value": "Sales"},
            {"type": "models", **_MODEL},
            {"type": "icons", "value": '<svg onload="alert(1)"/>'},
        ]
    },
)
_CATALOG_READS = {
    "list": (_ROWS, "/catalog/departments"),
    "list, by prefix": (_ROWS, "/catalog/colors?q=bl"),
    "list, private": ((Sent("POST", "/persona/draft", _NEW["persona"]),), "/catalog/values?scope=private"),
    "read": (_ROWS, "/catalog/departments/support"),
}
_CATALOG_WRITES = {
    "create": ((), _SHARED),
    "create, with other names": ((), _COLOR),
    "create, what is there": (_ROWS, _SHARED),
    "create, what was archived": ((_SHARED, _ARCHIVE), _SHARED),
    "create, under another id": (_ROWS, Sent("POST", "/catalog/departments", {"value": "Support", "id": "other"})),
    "archive": (_ROWS, _ARCHIVE),
    "archive, with other names": (_ROWS, Sent("DELETE", "/catalog/colors/blue", {})),
    "import": ((_SHARED,), _IMPORT),
}

CASES = {
    str(case): case
    for cases in (
        _cases("agent", _AGENT_READS, _AGENT_WRITES, _AGENT_ACKS),
        *(_form_cases(kind) for kind in FORMS),
        _cases("catalog", _CATALOG_READS, _CATALOG_WRITES, {}),
    )
    for case in cases
}
