"""Where two JSON values differ, as JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_POINTERS = 100
# A pointer may be as long as a client's keys; a longer one is cut at an ancestor, which still tells the truth.
MAX_POINTER_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Changes:
    """Where two contents differ: at most 100 JSON pointers, and how many there are in all."""

    pointers: tuple[str, ...]
    total: int


def changed_pointers(before: Any, after: Any) -> Changes:
    """List the places at which `after` is not `before`.

    Objects are compared by key, lists by index. An added or removed member is one place, whatever it holds.
    Returns: at most 100 pointers in document order, and the number of all differences
    """
    pointers: dict[str, None] = {}
    total = 0
    for parts in _differences(before, after, ()):
        total += 1
        if len(pointers) < MAX_POINTERS:
            pointers[pointer(parts)] = None
    return Changes(tuple(pointers), total)


def pointer(parts: tuple[str | int, ...]) -> str:
    """Write path parts as a JSON pointer, cut at an ancestor when it would be over 512 characters.

    Source: RFC 6901
    """
    text = ""
    for part in parts:
        step = "/" + str(part).replace("~", "~0").replace("/", "~1")
        if len(text) + len(step) > MAX_POINTER_LENGTH:
            break
        text += step
    return text


def _differences(before: Any, after: Any, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if key in before and key in after:
                yield from _differences(before[key], after[key], (*at, key))
            else:
                yield (*at, key)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            if index < len(before) and index < len(after):
                yield from _differences(before[index], after[index], (*at, index))
            else:
                yield (*at, index)
    # In Python True == 1; in JSON they are two values.
    elif isinstance(before, bool) is not isinstance(after, bool) or before != after:
        yield at
