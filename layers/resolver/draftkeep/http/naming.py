"""How a kind of draft spells its JSON keys: agents in camelCase, forms in snake_case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


# What a client is shown of a stored content, both as JSON bytes.
Present = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Naming:
    """The spelling of one kind's answers.

    content: the key that carries the content; snake: whether words are joined by `_`
    """

    content: str
    snake: bool

    def spell(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """Spell keys that are given in camelCase."""
        if not self.snake:
            return dict(members)
        return {_HUMP.sub(r"_\1", key).lower(): value for key, value in members.items()}


CAMEL = Naming(content="headData", snake=False)
SNAKE = Naming(content="form_state", snake=True)
