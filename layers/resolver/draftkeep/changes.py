"""Places of JSON values, as JSON pointers."""

from __future__ import annotations

# A pointer may be as long as a client's keys; a longer one is cut at an ancestor, which still tells the truth.
MAX_POINTER_LENGTH = 512


def pointer(parts: tuple[str | int, ...]) -> str:
    """Write path parts as a JSON pointer, cut at an ancestor when it would be over 512 characters.

    Source: RFC 6901
    """
    text = ""
    for part in parts:
        step = "/" + reference_token(part)
        if len(text) + len(step) > MAX_POINTER_LENGTH:
            break
        text += step
    return text


def reference_token(part: str | int) -> str:
    """Write one path part as it stands in a JSON pointer, however long it is."""
    return str(part).replace("~", "~0").replace("/", "~1")
