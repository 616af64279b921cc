"""Contents as nested dicts, in which every item has a name; merging and applying changes is then a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_ABSENT = object()
Path = tuple[Any, ...]


def name_of(member: Any, index: int, item: Any) -> Any:
    """What tells an item of a list from the others: its id, its ends, its name; else its index."""
    if isinstance(item, dict):
        for names in (("id",), ("source", "target"), ("model_id", "type"), ("name",)):
            if all(name in item for name in names):
                return tuple(item[name] for name in names)
    return (item,) if str(member).endswith("_ids") else index


def nested(value: Any, member: Any = "") -> Any:
    """A JSON value with its lists as dicts; lists are told from objects by a mark."""
    if isinstance(value, dict):
        return {name: nested(one, name) for name, one in value.items()}
    if isinstance(value, list):
        items = {name_of(member, index, one): nested(one) for index, one in enumerate(value)}
        return {"[]": "[]"} | items
    return value


def as_json(value: Any) -> Any:
    """The JSON value of a nested one; items are in the order of their names."""
    if not isinstance(value, dict):
        return value
    if "[]" not in value:
        return {name: as_json(one) for name, one in value.items()}
    return [as_json(value[name]) for name in sorted(name for name in value if name != "[]")]


def merge(base: Any, ours: Any, theirs: Any, at: Path = ()) -> tuple[Any, list[Path]]:
    """Merge nested values; returns the merged one and the places that both changed, each otherwise (theirs wins)."""
    if all(isinstance(one, dict) for one in (base, ours, theirs)):
        merged, overlaps = {}, []
        for name in dict.fromkeys([*base, *ours, *theirs]):
            old, mine, new = (one.get(name, _ABSENT) for one in (base, ours, theirs))
            value, found = merge(old, mine, new, (*at, name))
            overlaps += found
            if value is not _ABSENT:
                merged[name] = value
        return merged, overlaps
    if theirs in (ours, base):
        return ours, []
    return theirs, [] if ours == base else [at]


def pointer(at: Path, *contents: Any) -> str:
    """A place of nested values as a JSON pointer: an item's index is that in the first content that has it."""
    parts: list[str] = []
    sides = list(contents)
    for name in at:
        below = [_step(side, parts[-1] if parts else "", name) for side in sides]
        parts.append(next(str(part) for part, _ in below if part is not None))
        sides = [value for _, value in below]
    return "".join(f"/{part}" for part in parts)


def _step(value: Any, member: Any, name: Any) -> tuple[Any, Any]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            if name_of(member, index, item) == name:
                return index, item
    if isinstance(value, dict) and name in value:
        return name, value[name]
    return None, None


def names_at(pointer_: str, content: Any) -> Path:
    """A JSON pointer into a content as names of items."""
    names: list[Any] = []
    member: Any = ""
    for part in pointer_.split("/")[1:]:
        if isinstance(content, list):
            item = content[int(part)]
            names.append(name_of(member, int(part), item))
            content, member = item, ""
        else:
            names.append(part)
            content, member = content.get(part), part
    return tuple(names)


def applied(before: Any, after: Any, changes: Sequence[dict[str, Any]]) -> Any:
    """Make the changes of a comparison to `before`, as nested values; `after` tells where they are."""
    value = nested(before)
    for change in changes:
        if change["op"] == "move":
            continue
        *above, last = names_at(change["pointer"], before if change["op"] == "remove" else after)
        holder, member = value, ""
        for name in above:
            holder, member = holder[name], name
        if change["op"] == "remove":
            del holder[last]
        else:
            assert (last in holder) is (change["op"] == "replace"), change
            holder[last] = nested(change["to"], last if isinstance(last, str) else member)
    return value


def differing(base: Any, value: Any, at: Path = ()) -> list[Path]:
    """The places at which nested values differ."""
    if isinstance(base, dict) and isinstance(value, dict):
        names = dict.fromkeys([*base, *value])
        sides = ((name, base.get(name, _ABSENT), value.get(name, _ABSENT)) for name in names)
        return [place for name, old, new in sides for place in differing(old, new, (*at, name))]
    return [] if base == value else [at]
