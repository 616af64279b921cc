"""Operation keys: read from the body or the `Idempotency-Key` header, with a fingerprint of the request.

Source: the IETF HTTPAPI working group's draft "The Idempotency-Key HTTP Header Field", whose value is a quoted string
(RFC 8941); unquoted ones, which most clients send, are taken too
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from draftkeep.canonical import canonical_text
from draftkeep.changes import pointer
from draftkeep.errors import InvalidFields, KeysDiffer, MalformedHeader, Problem
from draftkeep.http.requests import Request
from draftkeep.operations import Claim

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
# Spaces at the ends would get lost in a header.
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_WANTED = "An operation key has 1 to 255 printable ASCII characters, and no space at its ends."


def claim_of(request: Request, body: Mapping[str, Any], member: str) -> Claim | None:
    """What a request claims, None without an operation key.

    member: the name of the key in the body
    Raises: MalformedHeader, InvalidFields (a key that is none), KeysDiffer
    """
    key = operation_key(request, body, member)
    return None if key is None else Claim(key, fingerprint(request, body, member))


def operation_key(request: Request, body: Mapping[str, Any], member: str) -> str | None:
    """The operation key of a request; null in the body is the same as absent.

    Raises: as `claim_of`
    """
    in_header, in_body = header_key(request), body.get(member)
    if in_body is None:
        return in_header
    if problem := key_problem(body, member):
        raise InvalidFields([problem])
    if in_header is not None and in_header != in_body:
        raise KeysDiffer
    return str(in_body)


def key_problem(body: Mapping[str, Any], member: str) -> Problem | None:
    """What is wrong with the operation key of a body."""
    key = body.get(member)
    if key is None or (isinstance(key, str) and _KEY.fullmatch(key)):
        return None
    return Problem(pointer((member,)), "bad_operation_key", _WANTED)


def header_key(request: Request) -> str | None:
    """The key in the header, its quotes taken off.

    Raises: MalformedHeader
    """
    value = request.headers.get(HEADER.lower())
    if value is None:
        return None
    value = value.strip(" \t")
    quoted = _QUOTED.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else value
    if not _KEY.fullmatch(key):
        raise MalformedHeader(HEADER, _WANTED)
    return key


def fingerprint(request: Request, body: Mapping[str, Any], member: str) -> str:
    """What a request is: two requests are the same if method, route, path, query and body without the key are.

    Returns: SHA-256 over canonical JSON, hexadecimal
    """
    said = {name: value for name, value in body.items() if name != member}
    about = [request.event.get("routeKey"), request.method, request.path, dict(request.query), said]
    return hashlib.sha256(canonical_text(about).encode()).hexdigest()
