"""From the raw request target to a route, decoding as HTTP APIs decode."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from local.template import DEFAULT_ROUTE, Route

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


@dataclass(frozen=True)
class Target:
    """The target of a request line, decoded once.

    path: str, the whole decoded path; routes match on it
    raw_path: str, what the event says: the decoded path, cut at a `?` that was encoded in it
    raw_query: str, as sent
    """

    path: str
    raw_path: str
    raw_query: str


@dataclass(frozen=True)
class Match:
    """A route, and the parts of the path that its variables took."""

    route: Route
    parameters: dict[str, str]


def parse_target(target: str) -> Target:
    """Decode the target of a request line once.

    target: str, latin-1 as WSGI has it; origin form, or absolute form
    """
    absolute = _ORIGIN.match(target)
    path, _, query = target[absolute.end() if absolute else 0 :].partition("?")
    decoded = unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "replace")
    return Target(
        path=decoded,
        raw_path=decoded.partition("?")[0],
        raw_query=query.encode("latin-1").decode("utf-8", "replace"),
    )


class Router:
    """Chooses as API Gateway does: literal parts beat variables, those beat `{proxy+}`, that beats `$default`.

    The path is split after decoding, so `%2F` makes another part; `{var}` is one whole part, not empty.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route, route.path.split("/")) for route in routes]

    def match(self, method: str, path: str) -> Match | None:
        """The best route for a method and a decoded path."""
        parts = path.split("/")
        found = [
            (_rank(route, pattern), Match(route, parameters))
            for route, pattern in self._routes
            if route.method in (method, "ANY") and (parameters := _take(pattern, parts)) is not None
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None


def _take(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if pattern == [DEFAULT_ROUTE]:
        return {}
    greedy = pattern[-1].endswith("+}")
    if len(parts) < len(pattern) if greedy else len(parts) != len(pattern):
        return None
    parameters = {}
    for index, (name, part) in enumerate(zip(pattern, parts, strict=False)):
        if not (name.startswith("{") and name.endswith("}")):
            if name != part:
                return None
        elif name.endswith("+}"):
            parameters[name[1:-2]] = "/".join(parts[index:])
        elif not part:
            return None
        else:
            parameters[name[1:-1]] = part
    return parameters


def _rank(route: Route, pattern: list[str]) -> tuple[int, list[int], bool]:
    shape = [
        0 if part.endswith("+}") or part == DEFAULT_ROUTE else 1 if part.startswith("{") else 2 for part in pattern
    ]
    kind = 0 if pattern == [DEFAULT_ROUTE] else 1 if pattern[-1].endswith("+}") else 2
    return kind, shape, route.method != "ANY"
