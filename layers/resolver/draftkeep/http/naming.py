"""How a kind of draft spells its JSON keys: agents in camelCase, forms in snake_case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from draftkeep.merging import RuleOf, no_rules

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


# What a client is shown of a stored content, both as JSON bytes.
Present = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class View:
    """How contents of one kind are shown and compared.

    present: what a client is shown of a stored content; rule_of: how the items of its lists are told apart
    """

    present: Present = lambda text: text
    rule_of: RuleOf = no_rules


@dataclass(frozen=True, slots=True)
class Naming:
    """The spelling of one kind's answers.

    content: the key that carries the content; place: the one that names a place of it
    snake: whether words are joined by `_`
    """

    content: str
    place: str
    snake: bool

    @property
    def operation_key(self) -> str:
        """The key that carries an operation key."""
        return "idempotency_key" if self.snake else "idempotencyKey"

    @property
    def accepted_fields(self) -> str:
        """The key that carries the fields that an ack accepts."""
        return "accept_fields" if self.snake else "acceptFields"

    def spell(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """Spell keys that are given in camelCase."""
        if not self.snake:
            return dict(members)
        return {_HUMP.sub(r"_\1", key).lower(): value for key, value in members.items()}


CAMEL = Naming(content="headData", place="pointer", snake=False)
SNAKE = Naming(content="form_state", place="field", snake=True)
