"""Values that the suites build on: drafts, contents of a given size, entries."""

from __future__ import annotations

import random
import string
import uuid
from typing import Any

from draftkeep.canonical import Content, canonicalise
from draftkeep.model import Author, Draft, Entry, Form, Kind, Operation, Page, Position, Snapshot
from draftkeep.preconditions import Precondition

AUTHOR = Author("ann", "console")


def a_draft(**changes: Any) -> Draft:
    fields = {"kind": Kind.AGENT, "tenant": "acme", "user": "ann", "id": f"support-{uuid.uuid4().hex}/3"}
    return Draft(**fields | {"group": "support"} | changes)


def a_content(text: str = "hello", **members: Any) -> Content:
    return canonicalise({"comment": text, **members})


def a_long_content(size_bytes: int, seed: int) -> Content:
    """Text that zstd cannot shrink below about three quarters."""
    letters = random.Random(seed).choices(string.ascii_letters + string.digits + "-_", k=size_bytes)
    return canonicalise({"comment": "".join(letters)})


def after(page: Page, content: Content, attempt: str | None = None) -> Entry:
    """The entry that saves a content as the next version after a page."""
    version = page.last_version + 1
    head = page.head
    return Entry(
        version=version,
        operation=Operation.SAVE,
        attempt=attempt or str(uuid.uuid4()),
        created_at_ms=1_000_000 + version,
        author=AUTHOR,
        draft_created_at_ms=head.draft_created_at_ms if head else 1_000_000 + version,
        position=head.position.advanced(version) if head else Position.started(version),
        snapshot=Snapshot(content.hash, len(content.text), Form.WHOLE),
    )


def seen(version: int) -> Precondition:
    return Precondition(versions=frozenset({version}))


ANY_VERSION = Precondition(any_version=True)
NOTHING_SAID = Precondition()
