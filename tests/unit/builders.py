"""What the unit tests build: JSON of every sort, drafts, and the records of their logs."""

from __future__ import annotations

import signal
import string
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from draftkeep import keys
from draftkeep.model import (
    Author,
    Draft,
    Entry,
    Form,
    Keyframe,
    Kind,
    Operation,
    Position,
    Snapshot,
    Tombstone,
)
from draftkeep.settings import Settings

HASH = "ab" * 32
ATTEMPT = "5f0c2a1e-0000-4000-8000-000000000001"

# ------------------------------------------------------------------------------------------------------- JSON

# Texts without lone surrogates: every one of them is UTF-8.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Keys that trip pointers, and few enough of them to meet each other.
TRICKY_KEYS = st.sampled_from(
    ["", "0", "1", "-", "a", "b", "~", "/", "~1", "~0", "a/b", "%", "é", "\U0001f600"],
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(10**300) + 1, 10**300 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
# Values that are easily taken for one another.
LOOKALIKES = st.sampled_from([None, False, True, 0, 1, 1.0, 10, 1.5, "", "0", "1", "None", 10**22, 1e22])


def json_values(
    leaves: SearchStrategy[Any] | None = None,
    keys_of: SearchStrategy[str] = TEXTS,
) -> SearchStrategy[Any]:
    """JSON values with containers a few levels deep."""
    return st.recursive(
        st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS) if leaves is None else leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys_of, inner, max_size=4),
        max_leaves=12,
    )


def json_objects(
    leaves: SearchStrategy[Any] | None = None, keys_of: SearchStrategy[str] = TEXTS
) -> SearchStrategy[dict[str, Any]]:
    """JSON objects."""
    return st.dictionaries(keys_of, json_values(leaves, keys_of), max_size=4)


def same_json(left: Any, right: Any) -> bool:
    """Whether two values are one JSON value: `1` and `1.0` are, `1` and `true` are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return bool(left == right)


def nested(value: Any, levels: int, *, objects: bool = False) -> Any:
    """Put a value into that many containers."""
    for _ in range(levels):
        value = {"k": value} if objects else [value]
    return value


# ----------------------------------------------------------------------------------------------------- drafts

ID_PARTS = st.text(string.ascii_letters + string.digits + "._~:@-", min_size=1, max_size=8)
# Users are whatever an identity provider calls them; these hold every separator that a key knows.
USERS = st.text(st.sampled_from("ab#/%: 2351é漢\U0001f600\x00\n"), min_size=1, max_size=8)


def draft_of(
    user: str = "ana",
    draft_id: str = "support/3",
    tenant: str = "acme",
    kind: Kind = Kind.AGENT,
) -> Draft:
    """A draft; an agent's belongs to the group that its id begins with."""
    return Draft(kind, tenant, user, draft_id, draft_id.partition("/")[0] if kind is Kind.AGENT else "")


def entry_of(
    version: int = 1,
    position: Position | None = None,
    operation: Operation = Operation.SAVE,
    content_hash: str = HASH,
    snapshot: Snapshot | None = None,
    user: str = "ana",
) -> Entry:
    """An entry of a log, by default a draft's first content."""
    return Entry(
        version=version,
        operation=operation,
        attempt=ATTEMPT,
        created_at_ms=1_700_000_000_000 + version,
        author=Author(user),
        draft_created_at_ms=1_700_000_000_001,
        position=position or Position.started(version),
        snapshot=snapshot or Snapshot(content_hash, 2, Form.WHOLE, b"{}"),
    )


def tombstone_of(version: int) -> Tombstone:
    """The record of a discard."""
    return Tombstone(version, ATTEMPT, 1_700_000_000_000 + version, Author("ana"))


_VERSIONS = st.integers(1, 10**12 - 1)
_TIMES_MS = st.integers(0, 10**14)
_ATTEMPTS = st.uuids(version=4).map(str)
_AUTHORS = st.builds(Author, user=USERS, actor=st.none() | TEXTS)

DRAFTS = st.builds(draft_of, user=USERS, draft_id=ID_PARTS.map(lambda agent: f"{agent}/7"), tenant=ID_PARTS)
KEYFRAMES = st.builds(
    Keyframe,
    id=st.builds(keys.keyframe_id, _VERSIONS, _ATTEMPTS),
    chunks=st.integers(1, 12),
    write_units=st.integers(1, 4200),
)
SNAPSHOTS = st.builds(
    Snapshot,
    content_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
    size_bytes=st.integers(2, 4 * 1024 * 1024),
    form=st.sampled_from(Form),
    body=st.binary(max_size=40),
    keyframe=st.none() | KEYFRAMES,
    overspent_units=st.integers(0, 9999),
)
ENTRIES = st.builds(
    Entry,
    version=_VERSIONS,
    operation=st.sampled_from([operation for operation in Operation if operation is not Operation.DISCARD]),
    attempt=_ATTEMPTS,
    created_at_ms=_TIMES_MS,
    author=_AUTHORS,
    draft_created_at_ms=_TIMES_MS,
    position=st.builds(
        Position,
        cursor=_VERSIONS,
        parent=st.none() | _VERSIONS,
        first=_VERSIONS,
        redo_target=st.none() | _VERSIONS,
        redo_rest=st.none() | _VERSIONS,
    ),
    snapshot=SNAPSHOTS,
    name=st.none() | TEXTS,
    pinned=st.booleans(),
    label=st.none() | TEXTS,
)
TOMBSTONES = st.builds(
    Tombstone,
    version=_VERSIONS,
    attempt=_ATTEMPTS,
    created_at_ms=_TIMES_MS,
    author=_AUTHORS,
)

# ------------------------------------------------------------------------------------------------- settings


def settings_of(*, tenant_claim: str = "custom:tenant", sam_local: bool = False) -> Settings:
    """What a deployment decides, with tables that no test reads."""
    return Settings(
        drafts_table="drafts",
        catalog_table="catalog",
        tenant_claim=tenant_claim,
        sam_local=sam_local,
    )


# ------------------------------------------------------------------------------------------------------- time


@contextmanager
def given_up_after(seconds: float) -> Iterator[None]:
    """Fail a test that would otherwise never end."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"no answer after {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
