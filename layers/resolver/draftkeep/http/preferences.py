"""What a client would like, in the header `Prefer`: answers to writes without the content. Source: RFC 7240.

A preference that is not known, or cannot be read, counts as not sent: no request is refused for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

APPLIED = {"Preference-Applied": "return=minimal"}

# Possessive throughout: what was taken is never taken otherwise, so that a header that does not fit costs one pass.
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_WORD = rf'(?:{_NAME}|"(?:[^"\\]|\\.)*+")'
_BLANKS = r"[ \t]*+"
# One element of the list, its parameters, and the comma after it; an empty value is as none.
_ELEMENT = re.compile(
    rf"{_BLANKS}(?:(?P<name>{_NAME})(?:{_BLANKS}={_BLANKS}(?P<value>{_WORD})?+)?+"
    rf"(?:{_BLANKS};{_BLANKS}(?:{_NAME}(?:{_BLANKS}={_BLANKS}{_WORD}?+)?+)?+)*+)?+{_BLANKS}(?:,|\Z)"
)


def is_minimal(prefer: str | None) -> bool:
    """Whether the answer to a write shall be without the content: `return=minimal`.

    prefer: the header's value, None without one; of a preference that stands there twice the first one counts
    """
    wanted = next((value for name, value in _preferences(prefer or "") if name == "return"), "")
    return wanted == "minimal"


def _preferences(prefer: str) -> Iterator[tuple[str, str]]:
    """Names and values, in lower case; where the list cannot be read any more, it ends."""
    at = 0
    while at < len(prefer) and (element := _ELEMENT.match(prefer, at)):
        if element["name"]:
            value = re.sub(r"\\(.)", r"\1", (element["value"] or "").removeprefix('"').removesuffix('"'))
            yield element["name"].lower(), value.lower()
        at = element.end()
