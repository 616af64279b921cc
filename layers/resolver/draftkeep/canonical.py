"""Strict JSON in, canonical JSON out: what makes two contents the same content.

Canonical form: keys sorted by code point, no spaces, UTF-8, and a number written one way only (`1.0` is `1`).
Source: RFC 8259, RFC 7493 (I-JSON); RFC 8785 for the idea, not for its number format, which loses long integers.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from draftkeep.errors import ContentTooLarge, MalformedJson, NestingTooDeep, NumberOutOfRange

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 100
MAX_INTEGER_DIGITS = 300

# What a parser has made has no circles to be looked for.
_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
).encode
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Content:
    """One content in canonical form.

    text: canonical JSON, UTF-8, at most 4 MiB; hash: its SHA-256 in hexadecimal.
    Two contents are equal as JSON values if and only if their hashes are.
    """

    text: bytes
    hash: str


def canonicalise(value: Any) -> Content:
    """Turn a JSON value made by `parse_object` into its canonical content.

    Raises: ContentTooLarge (the canonical form is longer than 4 MiB: `1e200` is written out)
    Cost: one pass of the C encoder and one SHA-256
    """
    text = canonical_text(value).encode()
    if len(text) > MAX_BYTES:
        raise ContentTooLarge(MAX_BYTES)
    return Content(text, hash_of(text))


def canonical_text(value: Any) -> str:
    """Write a JSON value in canonical form."""
    return _encode(value)


def hash_of(text: bytes) -> str:
    """Hash canonical bytes: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(text).hexdigest()


def parse_object(body: bytes) -> dict[str, Any]:
    """Read one JSON object, refusing whatever two readers could understand differently.

    body: UTF-8, at most 4 MiB
    Returns: the object; integers exact, other numbers as doubles, integral doubles as integers
    Raises: MalformedJson (syntax, duplicate key, NaN, lone surrogate, not an object, not UTF-8),
        NestingTooDeep (over 100 containers), NumberOutOfRange, ContentTooLarge
    """
    if len(body) > MAX_BYTES:
        raise ContentTooLarge(MAX_BYTES)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8 at byte {error.start}.") from None
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise NestingTooDeep(MAX_DEPTH) from None
    if not isinstance(value, dict):
        raise MalformedJson("The body must be a JSON object.")
    if _depth(value) > MAX_DEPTH:
        raise NestingTooDeep(MAX_DEPTH)
    # Without a backslash there is no escape; to find the first one costs a fortieth of the search.
    escaped = text.find("\\")
    if escaped >= 0 and _SURROGATE_ESCAPE.search(text, escaped):
        _refuse_lone_surrogates(value)
    return value


def load(text: bytes) -> dict[str, Any]:
    """Read canonical bytes back; they were checked when they were stored."""
    value: dict[str, Any] = json.loads(text)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedJson(f"The key {clip(twice)!r} stands twice in one object.")
    return members


def _integer(literal: str) -> int:
    if len(literal) - literal.startswith("-") > MAX_INTEGER_DIGITS:
        raise NumberOutOfRange(clip(literal))
    return int(literal)


def _number(literal: str) -> int | float:
    value = float(literal)
    # Below 10^300 every integral double is written as the integer that it is, so `1`, `1.0` and `1e0` are one content.
    # Above, integers are refused, so the exponent form is the only one.
    if abs(value) < 1e300:
        return int(value) if value.is_integer() else value
    if value in (float("inf"), float("-inf")):
        raise NumberOutOfRange(clip(literal))
    return value


def _constant(literal: str) -> Any:
    raise MalformedJson(f"{literal} is not a JSON value.")


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


_CONTAINERS = frozenset({dict, list})


def _depth(value: Any) -> int:
    """Count the deepest nesting of what a parser has made, level by level: no string is looked at."""
    depth = 0
    level = [value]
    while level:
        depth += 1
        level = [
            member
            for container in level
            for member in (container.values() if type(container) is dict else container)
            if type(member) in _CONTAINERS
        ]
    return depth


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        _encode(value).encode()
    except UnicodeEncodeError as error:
        found = ord(error.object[error.start])
        raise MalformedJson(f"A string holds the lone surrogate \\u{found:04x}.") from None


def clip(text: str, limit: int = 80) -> str:
    """Cut text that a client sent before it goes into a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
