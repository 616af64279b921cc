"""Paging: opaque cursors, and the `Link` header that carries them (RFC 8288)."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import quote, urlencode

from draftkeep.errors import MalformedQuery
from draftkeep.http.requests import Request

_MAX_SORT_KEY_BYTES = 1024  # DynamoDB


def next_link(request: Request, after: str | None, **parameters: str) -> dict[str, str]:
    """The header that names the next page; none after the last."""
    if after is None:
        return {}
    query = urlencode(parameters | {"cursor": base64.urlsafe_b64encode(after.encode()).decode()})
    return {"Link": f'<{quote(request.path, safe="/:@~")}?{query}>; rel="next"'}


def decoded_cursor(request: Request, allowed: re.Pattern[str], *, begins: str = "") -> str | None:
    """Where the page before this one ended, as its `Link` header said.

    begins: what all places of this list begin with; DynamoDB refuses to go on from a place of another one
    Raises: MalformedQuery
    """
    value = request.query.get("cursor")
    if value is None:
        return None
    try:
        cursor = base64.b64decode(value.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        cursor = ""
    readable = allowed.fullmatch(cursor) and cursor.startswith(begins)
    if not readable or len(cursor.encode()) > _MAX_SORT_KEY_BYTES:
        raise MalformedQuery("cursor", "Send it as the Link header gave it.")
    return cursor
