"""What catalog resources are: their types, when two are the same one, and how ids follow from that. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from draftkeep import canonical

# The namespace of all computed ids; never to be changed, or every id would.
_NAMESPACE = uuid.UUID("6f1d1c1e-6a3c-5c1e-9d0b-2f1f5c0a7d11")

SHARED = "shared"
MAX_VALUE_BYTES = 256 * 1024
_SPACES = re.compile(r"\s+")
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


class Identity(Enum):
    """What makes two resources of a type the same one."""

    TEXT = auto()  # the value, to the letter (in NFC)
    FOLDED = auto()  # the value, whatever its case and spacing
    FLAG = auto()  # the flag's type and value
    ATTRIBUTES = auto()  # all attributes: rows that join others, and arguments


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One type of resource.

    identity: what makes two the same; aliases: attributes by which one is found beside its value
    attributes: those that a resource of this type must have
    """

    identity: Identity = Identity.FOLDED
    aliases: tuple[str, ...] = ()
    attributes: frozenset[str] = frozenset()


_TEXT = TypeRule(Identity.TEXT)
_PLAIN = TypeRule()

TYPES: Mapping[str, TypeRule] = {
    "names": _TEXT,
    "descriptions": _TEXT,
    "instructions": _TEXT,
    "examples": _TEXT,
    "values": _TEXT,
    "keys": _TEXT,
    "colors": TypeRule(Identity.FOLDED, aliases=("name",)),
    "icons": TypeRule(Identity.TEXT, aliases=("name",)),
    "departments": _PLAIN,
    "parameter_fields": _PLAIN,
    "voices": _PLAIN,
    "permissions": _PLAIN,
    "models": _PLAIN,
    "endpoints": _PLAIN,
    "modalities": _PLAIN,
    "temperature_levels": _PLAIN,
    "pricing": _PLAIN,
    "reasoning_levels": _PLAIN,
    "qualities": _PLAIN,
    "flags": TypeRule(Identity.FLAG, attributes=frozenset({"type"})),
    "model_flags": TypeRule(Identity.ATTRIBUTES, attributes=frozenset({"model_id", "flag_id"})),
    "model_positions": TypeRule(Identity.ATTRIBUTES, attributes=frozenset({"model_id"})),
    "model_rubrics": TypeRule(Identity.ATTRIBUTES, attributes=frozenset({"model_id"})),
    "args": TypeRule(Identity.ATTRIBUTES, attributes=frozenset({"name"})),
    "arg_positions": TypeRule(Identity.ATTRIBUTES, attributes=frozenset({"args_id", "value"})),
    "args_outputs": TypeRule(Identity.ATTRIBUTES, attributes=frozenset({"args_id", "name"})),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One resource. Immutable but for `archived`.

    ordinal: its number among equal rows of one list, which are kept apart.
    private: made from a draft, so that only its owner can find it.
    """

    id: str
    type: str
    value: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    ordinal: int = 0
    archived: bool = False
    private: bool = False


def normalise(value: str) -> str:
    """Fold what people do not tell apart in curated values: case, spacing and Unicode composition.

    Source: The Unicode Standard, definition D145 (canonical caseless matching)
    """
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", value).casefold()).casefold()
    return _SPACES.sub(" ", unicodedata.normalize("NFC", folded)).strip()


def hex_color(value: str) -> str | None:
    """`#rgb` or `#rrggbb` in any case as `#rrggbb` in lower case; None for anything else."""
    value = value.strip().lower()
    if not _HEX.fullmatch(value):
        return None
    return value if len(value) == 7 else "#" + "".join(digit * 2 for digit in value[1:])


def identity_of(type_: str, value: str, attributes: Mapping[str, Any], ordinal: int = 0) -> str:
    """The text that two resources of a type share if and only if they are the same."""
    rule = TYPES[type_].identity
    if rule is Identity.TEXT:
        return unicodedata.normalize("NFC", value)
    if rule is Identity.FOLDED:
        return normalise(value)
    if rule is Identity.FLAG:
        return canonical.canonicalise([attributes.get("type"), value]).text.decode()
    return canonical.canonicalise([dict(attributes), ordinal]).text.decode()


def value_hash(identity: str) -> str:
    """The part of a value's key that tells values with the same beginning apart."""
    return hashlib.sha256(identity.encode()).hexdigest()


def computed_id(
    tenant: str, owner: str, type_: str, value: str, attributes: Mapping[str, Any] | None = None, ordinal: int = 0
) -> str:
    """The id of a resource that is made from a value: the same for ever, whoever computes it.

    owner: the user whose private row it is, or SHARED
    Source: RFC 9562, UUID version 5, over canonical JSON
    """
    # A row that its attributes identify may have any label as its value.
    label = "" if TYPES[type_].identity is Identity.ATTRIBUTES else unicodedata.normalize("NFC", value)
    name = canonical.canonicalise([tenant, owner, type_, label, dict(attributes or {}), ordinal])
    return str(uuid.uuid5(_NAMESPACE, name.text.decode()))


def ordinals(items: Sequence[Any]) -> list[int]:
    """For each item of a list, how many equal ones stand before it."""
    seen: dict[str, int] = {}
    numbers = []
    for item in items:
        key = canonical.canonicalise([item]).hash
        numbers.append(seen.get(key, 0))
        seen[key] = numbers[-1] + 1
    return numbers


def own_name(type_: str, value: str, attributes: Mapping[str, Any]) -> str:
    """The text under which a resource is found first: its value, or what its attributes say where they identify it."""
    rule = TYPES[type_]
    if rule.identity is not Identity.ATTRIBUTES:
        return value
    return " ".join(str(attributes.get(name)) for name in sorted(rule.attributes))


def other_names(row: Row) -> tuple[str, ...]:
    """Further texts under which a row is found: its aliases, and its label where the value is no more than that."""
    named = [row.attributes.get(alias) for alias in TYPES[row.type].aliases]
    label = [row.value] if TYPES[row.type].identity is Identity.ATTRIBUTES else []
    first = own_name(row.type, row.value, row.attributes)
    return tuple(dict.fromkeys(name for name in (*named, *label) if isinstance(name, str) and name and name != first))
