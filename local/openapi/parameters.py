"""The parameters of the API. Patterns and bounds are those of the code that reads them."""

from __future__ import annotations

import re
from typing import Any

from catalog import app as catalog
from draftkeep.http.drafts import LIST_LIMIT
from draftkeep.http.forms import DRAFT_ID
from draftkeep.http.headers import NUMBER
from draftkeep.http.history import LIST_LIMIT as HISTORY_LIMIT
from draftkeep.http.principal import ID_PART
from draftkeep.resources import TYPES

Schema = dict[str, Any]


def whole(pattern: re.Pattern[str]) -> str:
    """A pattern that the code matches whole, as JSON Schema has it."""
    return f"^(?:{pattern.pattern})$"


# `7`, `"7"`, `W/"7"`; a list of these may have empty elements.
_TAG = rf'(?:(?:W/)?"[!#-~]*"|{NUMBER.pattern})'
TAGS = rf"^(?:\*|(?:,[ \t]*)*{_TAG}[ \t]*(?:,[ \t]*(?:{_TAG}[ \t]*)?)*)$"
KEY = r"^[!-~](?:[ -~]{0,253}[!-~])?$"
# In a header it may be quoted; what is inside of the quotes is the key.
_HEADER_KEY = rf'^(?!"(?: .*|.* |)"$){KEY[1:]}'

NUMBER_SCHEMA: Schema = {"type": "string", "pattern": whole(NUMBER)}
_ID: Schema = {"type": "string", "pattern": whole(ID_PART)}
_SWITCH: Schema = {"type": "string", "enum": ["true", "false"], "default": "false"}


def _limit(default: int, most: int) -> tuple[str, Schema]:
    # `Request.number` reads nine digits.
    schema: Schema = {"type": "integer", "minimum": 1, "maximum": 999_999_999, "default": default}
    return f"How many a page has at most; above {most} it is {most}.", schema


PATH: dict[str, tuple[str, Schema]] = {
    "tenant": ("The token's tenant; any other is 404.", _ID),
    "agent": ("The agent's id.", _ID),
    "revision": ("The base revision that the draft forks from.", NUMBER_SCHEMA),
    "seqNo": ("The number of a content entry.", NUMBER_SCHEMA),
    "seq_no": ("The number of a content entry.", NUMBER_SCHEMA),
    "draft_id": ("The draft's UUID, as the server made it.", {"type": "string", "pattern": whole(DRAFT_ID)}),
    "type": ("A type of resource.", {"type": "string", "enum": sorted(TYPES)}),
    "id": ("The resource's id.", _ID),
}
QUERY: dict[str, tuple[str, Schema]] = {
    "limit:drafts": _limit(LIST_LIMIT, LIST_LIMIT),
    "limit:history": _limit(20, HISTORY_LIMIT),
    "limit:catalog": _limit(25, catalog.LIST_LIMIT),
    "cursor": ("From the `Link` header of the page before; it is opaque.", {"type": "string"}),
    "search": ("Only drafts whose name contains this, in any case.", {"type": "string"}),
    "before": ("Only entries of lower numbers: `next` of the page before.", NUMBER_SCHEMA),
    "at": ("Instead of `before`: the entry that was current then, in epoch milliseconds.", NUMBER_SCHEMA),
    "from": ("The version to compare from; may be the later one.", NUMBER_SCHEMA),
    "to": ("The version to compare to; the newest when absent.", NUMBER_SCHEMA),
    "soft": ("Propose the content instead of saving it.", _SWITCH),
    "merge": ("Merge a stale save with what the draft has become.", _SWITCH),
    "q": ("The beginning of the value, in any case and spacing.", {"type": "string"}),
    "scope": (
        "The tenant's rows, or those that were made from the caller's drafts.",
        {"type": "string", "enum": [catalog.SHARED_SCOPE, catalog.PRIVATE_SCOPE], "default": catalog.SHARED_SCOPE},
    ),
}
NEEDED = frozenset({"from"})
HEADERS: dict[str, tuple[str, Schema]] = {
    "If-Match": (
        'The version last seen: `7`, `"7"`, `W/"7"`, a comma-separated list of these, or `*`. Not with If-None-Match.',
        {"type": "string", "pattern": TAGS},
    ),
    "If-None-Match": ("There must be no draft.", {"type": "string", "const": "*"}),
    "If-None-Match:read": (
        "The versions at hand, or `*`: 304 when the current one is among them.",
        {"type": "string", "pattern": TAGS},
    ),
    "Prefer": (
        "`return=minimal`: the answer without a content that the client knows. Others are ignored. Source: RFC 7240.",
        {"type": "string"},
    ),
    "Idempotency-Key": (
        "The request's operation key, quoted or not: sent again with the same request, it gets the same answer.",
        {"type": "string", "pattern": _HEADER_KEY},
    ),
}


def path_parameter(name: str) -> Schema:
    """A variable of a path."""
    return _parameter(name, "path", *PATH[name], required=True)


def query_parameter(name: str) -> Schema:
    """A parameter of the query; what follows a colon tells those of one name apart."""
    return _parameter(name.partition(":")[0], "query", *QUERY[name], required=name in NEEDED)


def header_parameter(name: str) -> Schema:
    """A header of a request."""
    return _parameter(name.partition(":")[0], "header", *HEADERS[name], required=False)


def _parameter(name: str, place: str, description: str, schema: Schema, *, required: bool) -> Schema:
    return {"name": name, "in": place, "description": description, "required": required, "schema": schema}
