"""Requests with an operation key are done once: a request that meets the record of its success is answered from it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from draftkeep.errors import DraftkeepError, OperationKeyReused
from draftkeep.operations import Claim, Claimed, Operations, Owner, Record
from draftkeep.service.beside import beside

_T = TypeVar("_T")
# The record of an earlier success of the same request, being read; None for a request without an operation key.
Earlier = Future[Record | None] | None


def once(
    operations: Operations,
    now_ms: int,
    owner: Owner,
    claim: Claim,
    *,
    run: Callable[[Earlier], _T],
    replay: Callable[[Record], _T],
) -> _T:
    """Do a keyed request, or answer it from the record of its success.

    run: asks `raise_if_done` before it does anything, and raises Claimed when its own record is refused
    replay: makes the answer from the record
    Raises: OperationKeyReused (the record is another request's), what `run` raises
    Cost: 1 batch read, beside whatever `run` reads first
    """
    try:
        return run(beside(operations.read, owner, claim.key, now_ms))
    except Claimed as found:
        record = found.record
    except DraftkeepError:
        # What was in the way may be of this very request, sent twice at once: its record tells.
        late = operations.read(owner, claim.key, now_ms)
        if late is None:
            raise
        record = late
    if record.fingerprint != claim.fingerprint:
        raise OperationKeyReused
    return replay(record)


def raise_if_done(earlier: Earlier) -> None:
    """Go on only if the request has not been done before.

    Raises: Claimed
    """
    record = earlier.result() if earlier is not None else None
    if record is not None:
        raise Claimed(record)
