"""One request as the routes see it: checked step by step, in the documented order."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic_core import ValidationError

from draftkeep import canonical
from draftkeep.canonical import clip
from draftkeep.changes import pointer
from draftkeep.errors import (
    MAX_PROBLEMS,
    ContentTooLarge,
    InvalidFields,
    MalformedJson,
    MalformedQuery,
    NotFound,
    Problem,
    UnsupportedMediaType,
)
from draftkeep.http.headers import precondition_of
from draftkeep.http.preferences import is_minimal
from draftkeep.http.principal import ID_PART, Principal
from draftkeep.http.shapes import Shape
from draftkeep.preconditions import Precondition

_JSON_TYPE = re.compile(r"application/(?:json|[a-z0-9!#$&^_.+-]+\+json)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


@dataclass
class Request:
    """An authenticated request.

    params: path variables, decoded once; query: the last value of each parameter, as the gateway joins them
    notes: what the request log tells about it (never bodies)
    """

    principal: Principal
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    event: Mapping[str, Any]
    path: str
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The method, in capitals."""
        return str(self.event["requestContext"]["http"]["method"])

    def param(self, name: str, allowed: re.Pattern[str] = ID_PART) -> str:
        """A path variable.

        Raises: NotFound (other characters than allowed: such a path names nothing)
        """
        value = self.params.get(name, "")
        if not allowed.fullmatch(value):
            raise NotFound
        return value

    def takes_minimal(self, *, own: bool = False) -> bool:
        """Whether the answer to a write can be without content: the client prefers that, and knows what was changed.

        own: the content is the one that it has sent; else it must say which version it goes on from. Who does not would
        take the new version for that of an older content, and save that over what others have made.
        """
        return is_minimal(self.headers.get("prefer")) and (own or self.precondition().single_version is not None)

    def precondition(self) -> Precondition:
        """What If-Match and If-None-Match say.

        Raises: MalformedHeader
        """
        return precondition_of(self.headers.get("if-match"), self.headers.get("if-none-match"))

    def json_object(self) -> dict[str, Any]:
        """The body as one JSON object.

        Raises: ContentTooLarge, UnsupportedMediaType, MalformedHeader, MalformedJson, NestingTooDeep, NumberOutOfRange
        """
        body = self._body()
        if len(body) > canonical.MAX_BYTES:
            raise ContentTooLarge(canonical.MAX_BYTES)
        self._require_json()
        # The syntax of headers comes before anything that the body says.
        self.precondition()
        if not body.strip():
            raise MalformedJson("The body is empty; a JSON object is needed.")
        return canonical.parse_object(body)

    def fields(self, *known: str) -> dict[str, Any]:
        """A body that may be absent, and has no fields but these.

        Raises: as json_object, and InvalidFields
        """
        if not self._body().strip():
            return {}
        body = self.json_object()
        refuse_unknown(body, frozenset(known))
        return body

    def switch(self, parameter: str) -> bool:
        """A switch in the query: `true` or `false`, and false when it is absent.

        Raises: MalformedQuery
        """
        value = self.query.get(parameter, "false")
        if value not in ("true", "false"):
            raise MalformedQuery(parameter, "Send true or false.")
        return value == "true"

    def number(self, parameter: str, default: int, low: int, high: int) -> int:
        """A whole number in the query; above the highest it is the highest.

        Raises: MalformedQuery
        """
        value = self.query.get(parameter)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < low:
            raise MalformedQuery(parameter, f"Send a whole number from {low} to {high}.")
        return min(int(value), high)

    def _body(self) -> bytes:
        body = self.event.get("body") or ""
        if self.event.get("isBase64Encoded"):
            try:
                return base64.b64decode(body, validate=True)
            except ValueError:
                raise MalformedJson("The body is not base64, though the gateway says so.") from None
        try:
            return str(body).encode()
        except UnicodeEncodeError:
            raise MalformedJson("The body is not UTF-8.") from None

    def _require_json(self) -> None:
        if self.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise UnsupportedMediaType("Send the body without a Content-Encoding.")
        content_type = self.headers.get("content-type", "").strip()
        if not content_type:
            return
        media_type, _, parameters = content_type.partition(";")
        if not _JSON_TYPE.fullmatch(media_type.strip()):
            raise UnsupportedMediaType("Send the body as application/json.")
        charset = _CHARSET.search(parameters)
        if charset and charset.group(1).lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType("Send the body in UTF-8.")


def refuse_unknown(members: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse members of a body that are not part of the contract.

    Raises: InvalidFields, with a pointer to each of the first 100
    """
    unknown = [key for key in members if key not in known]
    if unknown:
        raise InvalidFields([_unknown(key) for key in unknown[:MAX_PROBLEMS]], len(unknown))


def wrong_members(members: Mapping[str, Any], shape: Shape) -> tuple[list[Problem], int]:
    """What is wrong with members: those that a shape does not have, and those of another type than there.

    Returns: at least the first 100 problems, and the number of all
    """
    known = {key: value for key, value in members.items() if key in shape.members}
    unknown = [_unknown(key) for key in islice((key for key in members if key not in known), MAX_PROBLEMS)]
    wrong = list(_wrong_types(known, shape))
    return [*unknown, *wrong], len(members) - len(known) + len(wrong)


def _wrong_types(members: Mapping[str, Any], shape: Shape) -> Iterator[Problem]:
    try:
        shape.validate(members)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            code = _CODES.get(one["type"], "wrong_type")
            yield Problem(pointer(one["loc"]), code, f"{one['msg']}.")


_CODES = {"too_long": "too_many_items", "missing": "missing", "extra_forbidden": "unknown_field"}


def _unknown(key: str) -> Problem:
    return Problem(pointer((key,)), "unknown_field", f"There is no field {clip(key)!r} here.")
