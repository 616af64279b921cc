"""Equal parameters and answers exist once: under components, with references where they were."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Slot = tuple[dict[str, Any] | list[Any], Any]


def hoist(paths: dict[str, Any], components: dict[str, Any]) -> None:
    """Move what several operations share to the components."""
    _move("parameters", list(_parameters(paths)), components)
    _move("responses", list(_responses(paths)), components)


def _parameters(paths: dict[str, Any]) -> Iterator[tuple[str, str, Slot]]:
    """The name that each could have, the operation that has it, and where it stands."""
    for operation in _operations(paths):
        for index, one in enumerate(operation["parameters"]):
            name = "".join(word[0].upper() + word[1:] for word in re.split("[-_]", one["name"]))
            yield name, operation["operationId"], (operation["parameters"], index)


def _responses(paths: dict[str, Any]) -> Iterator[tuple[str, str, Slot]]:
    for operation in _operations(paths):
        for status in operation["responses"]:
            yield f"Status{status}", operation["operationId"], (operation["responses"], status)


def _operations(paths: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in paths.values():
        yield from methods.values()


def _move(section: str, found: list[tuple[str, str, Slot]], components: dict[str, Any]) -> None:
    texts = Counter(_text(slot) for _, _, slot in found)
    shared = [(name, operation, slot) for name, operation, slot in found if texts[_text(slot)] > 1]
    variants: dict[str, set[str]] = {}
    for name, _, slot in shared:
        variants.setdefault(name, set()).add(_text(slot))
    names: dict[str, str] = {}
    target = components.setdefault(section, {})
    for name, operation, (holder, key) in shared:
        text = _text((holder, key))
        # Of several with one name each is called for the operation that has it first.
        full = name if len(variants[name]) == 1 else f"{name}.{operation}"
        final = names.setdefault(text, full)
        target[final] = holder[key]
        holder[key] = {"$ref": f"#/components/{section}/{final}"}


def _text(slot: Slot) -> str:
    holder, key = slot
    return json.dumps(holder[key], sort_keys=True)
