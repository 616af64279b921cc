"""Plain writes that met a transaction: nothing to decide anew, so the client comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from draftkeep.errors import Contended
from draftkeep.store import Collided


@contextmanager
def collisions_told() -> Iterator[None]:
    """Have a client come back whose write another one was in the way of.

    Raises: Contended
    """
    try:
        yield
    except Collided:
        raise Contended from None
