"""Conditional headers: entity tags in, preconditions out. Source: RFC 9110 sections 8.8.3 and 13.1."""

from __future__ import annotations

import re

from draftkeep.errors import MalformedHeader
from draftkeep.preconditions import Precondition

# ASCII digits only: int() would take Arabic ones, and underscores.
NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
# One element of a list and the comma after it. An opaque tag may hold commas, so splitting would not do.
_ELEMENT = re.compile(r'(?:(?:W/)?"(?P<tag>[\x21\x23-\x7e\x80-\xff]*)"|(?P<bare>[0-9]+))?[ \t]*(?P<end>,[ \t]*|\Z)')


def precondition_of(if_match: str | None, if_none_match: str | None) -> Precondition:
    """Read the precondition of a write.

    if_match: `7`, `"7"`, `W/"7"` (a compressing proxy makes it), a list of them, or `*`; if_none_match: `*` only
    Raises: MalformedHeader (unreadable, or both headers)
    """
    if if_match is not None and if_none_match is not None:
        raise MalformedHeader("If-Match", "Send If-Match or If-None-Match, not both.")
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            raise MalformedHeader("If-None-Match", "A write takes only `*` here.")
        return Precondition(only_new=True)
    if if_match is None:
        return Precondition()
    if if_match.strip() == "*":
        return Precondition(any_version=True)
    tags = _tags("If-Match", if_match)
    return Precondition(versions=_numbers(tags), is_list=len(tags) > 1)


def is_unmodified(if_none_match: str | None, version: int) -> bool:
    """Whether the client of a read holds this version already.

    Raises: MalformedHeader
    """
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or version in _numbers(_tags("If-None-Match", if_none_match))


def _tags(header: str, value: str) -> list[str]:
    """The listed tags, without their quotes."""
    tags: list[str] = []
    value = value.strip(" \t")
    at = 0
    while at < len(value):
        element = _ELEMENT.match(value, at)
        if element is None:
            raise MalformedHeader(header, _HINT)
        tag, bare = element.group("tag", "bare")
        if bare is not None and not NUMBER.fullmatch(bare):
            raise MalformedHeader(header, _HINT)
        tags += [one for one in (tag, bare) if one is not None]
        at = element.end()
    if not tags:
        raise MalformedHeader(header, _HINT)
    return tags


def _numbers(tags: list[str]) -> frozenset[int]:
    """The versions among tags; a well-formed tag that is no number matches nothing."""
    return frozenset(int(tag) for tag in tags if NUMBER.fullmatch(tag))


_HINT = 'Send a version as an entity tag, such as "7", a comma-separated list of them, or `*`.'
