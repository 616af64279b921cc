"""How the calls of DynamoDB are told apart: by their operation and the kinds of their items."""

from __future__ import annotations

import re
from typing import Any

from draftkeep.model import Kind

# What stands first in the keys of items that are told apart by what stands second.
_OWNERS = (*Kind, "catalog")


def name_of_request(request: Any) -> str:
    """The name of a call, from the HTTP request that botocore sends."""
    return name_of(request.headers["X-Amz-Target"], request.body)


def name_of(target: str | bytes, body: str | bytes) -> str:
    """The operation of a call with the kinds of its items: `TransactWriteItems op draft`."""
    target, body = (text.decode() if isinstance(text, bytes) else str(text) for text in (target, body))
    partitions = re.findall(r'"(?::pk|pk)": ?\{"S": ?"([^"]*)"', body)
    assert partitions, body[:500]
    kinds = dict.fromkeys(kind_of(partition) for partition in partitions)
    return " ".join((target.rpartition(".")[2], *kinds))


def kind_of(partition: str) -> str:
    """What the items of a partition are: `draft`, `op`, `trash`, or the type of a catalog's row."""
    first, *rest = partition.split("#")
    if first == "trash":
        return first
    return rest[0] if first in _OWNERS else rest[-1]
