"""Places of JSON values, as JSON pointers."""

from __future__ import annotations

from draftkeep.canonical import canonical_text

# A pointer may be as long as a client's keys; a longer one is cut at an ancestor, which still tells the truth. Answers
# show hundreds of them beside a content, so what counts is the room that they take there.
MAX_POINTER_BYTES = 512
_MOST_BYTES_A_CHARACTER = len(canonical_text("\u0001")) - 2


def pointer(parts: tuple[str | int, ...]) -> str:
    """Write path parts as a JSON pointer, cut at an ancestor when it would take over 512 bytes in JSON.

    Source: RFC 6901
    """
    text = ""
    for part in parts:
        longer = text + "/" + reference_token(part)
        if _is_too_long(longer):
            break
        text = longer
    return text


def reference_token(part: str | int) -> str:
    """Write one path part as it stands in a JSON pointer, however long it is."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _is_too_long(text: str) -> bool:
    if len(text) * _MOST_BYTES_A_CHARACTER <= MAX_POINTER_BYTES:
        return False
    return len(text) > MAX_POINTER_BYTES or len(canonical_text(text).encode()) - 2 > MAX_POINTER_BYTES
