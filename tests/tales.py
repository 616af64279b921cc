"""The stories of tests/stories.py, told to whatever answers them, and the answers made comparable.

Beside each GET its HEAD is sent, and where a story has no refusal of a route, one is made: so every route is called
with success and with a refusal, but for the reference, which refuses nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from local.template import parse_template
from tests.served import Api, Reply, served
from tests.stories import AGENT_STORY, CATALOG_STORY, FORM_STORY, FORMS, REFERENCE_STORY, ROOT, as_head, event, tell

TEMPLATE = parse_template((ROOT / "template.yaml").read_text())
FUNCTIONS = {route.key: route.function for route in TEMPLATE.routes}
# Routes that everybody may call, always with success.
OPEN_ROUTES = {route.key for route in TEMPLATE.routes if not route.authorized}
TALES = {
    "catalog": CATALOG_STORY,
    "agent": AGENT_STORY,
    "reference": REFERENCE_STORY,
    **{kind: [(f"{kind}_{name}", status) for name, status in FORM_STORY] for kind in FORMS},
}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Headers of the connection, or of whoever carries an answer. All others are the function's, and compared.
NOT_COMPARED = ("apigw-requestid", "connection", "content-length", "date", "server", "transfer-encoding")
# A revision that is no number: the only refusal of a read that takes nothing else.
_UNREADABLE = ("agent_read_absent", "99", "third")


@dataclass(frozen=True)
class Told:
    """What an answer says, but for what is another one each time."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """One answer, from wherever it came."""

    status: int
    headers: Mapping[str, str]
    body: str

    @classmethod
    def of_reply(cls, reply: Reply) -> Answer:
        return cls(reply.status, reply.headers, reply.body.decode())

    @classmethod
    def of_function(cls, answered: dict[str, Any]) -> Answer:
        assert "statusCode" in answered, answered
        return cls(answered["statusCode"], answered["headers"], str(answered.get("body") or ""))


def tale(name: str, send: Callable[[dict[str, Any]], Answer], *, heads_too: bool = True) -> dict[str, Told]:
    """Tell a tale to `send`; gives what each event was answered, under the event's name, and ` HEAD` after that."""
    names: dict[str, str] = {}
    heads: dict[str, Answer] = {}

    def with_head(sent: dict[str, Any]) -> Answer:
        answer = send(sent)
        if heads_too and sent["routeKey"].startswith("GET "):
            heads[sent["requestContext"]["requestId"]] = send(as_head(sent))
        return answer

    answers = tell([name for name, _ in TALES[name]], with_head, lambda answer: answer.body)
    told = {one: _told(answer, names) for one, answer in answers.items()}
    told |= {f"{one.removeprefix('event-')} HEAD": _told(answer, names) for one, answer in heads.items()}
    if name == "agent":
        read, good, bad = _UNREADABLE
        refused = json.loads(json.dumps(event(read)).replace(f"/{good}/", f"/{bad}/").replace(f'"{good}"', f'"{bad}"'))
        told[f"{read} refused"] = _told(send(refused), names)
        if heads_too:
            told[f"{read} refused HEAD"] = _told(send(as_head(refused)), names)
    return told


def statuses(told: Mapping[str, Told]) -> dict[str, list[int]]:
    """What each route was answered, in the order of the calls, each status once."""
    found: dict[str, list[int]] = {}
    for name, one in told.items():
        seen = found.setdefault(route_of(name), [])
        if one.status not in seen:
            seen.append(one.status)
    return found


def route_of(name: str) -> str:
    """The route key of an answer of `tale`."""
    key = str(event(name.split(" ", 1)[0])["routeKey"])
    return key.replace("GET", "HEAD", 1) if name.endswith(" HEAD") else key


def as_promised(name: str, told: Mapping[str, Told]) -> bool:
    """Tell whether each event got the status that its story names."""
    return all(told[one].status == status for one, status in TALES[name])


def over_http(api: Api) -> Callable[[dict[str, Any]], Answer]:
    """Sends what an event tells of, as the client that it came from did."""

    def send(sent: dict[str, Any]) -> Answer:
        query = sent.get("rawQueryString")
        target = quote(sent["rawPath"], safe="/:@~!$&'()*+,;=") + (f"?{query}" if query else "")
        headers = {name: value for name, value in sent["headers"].items() if name not in ("host", "content-length")}
        body = sent["body"].encode() if "body" in sent else None
        return Answer.of_reply(api.send(sent["requestContext"]["http"]["method"], target, body, headers))

    return send


def as_served() -> dict[str, dict[str, Told]]:
    """What `make serve` answers to every tale."""
    with served() as api:
        return {name: tale(name, over_http(api)) for name in TALES}


def not_called_both_ways(found: Mapping[str, list[int]]) -> Iterator[str]:
    """The routes that were not called both with success and with a refusal, though they can be."""
    for key in FUNCTIONS:
        seen = {status < 400 for status in found.get(key, [])}
        if seen != ({True} if key in OPEN_ROUTES else {True, False}):
            yield key


def _told(answer: Answer, names: dict[str, str]) -> Told:
    """names: the ids that were met so far, each under a name of its own"""
    kept = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in NOT_COMPARED}
    if not answer.body:
        # `sam local` gives every answer a type.
        kept.pop("content-type", None)
    body = answer.body
    steady = json.dumps(_steady(json.loads(body))) if body.startswith(("{", "[")) else body
    named = _UUID.sub(lambda found: names.setdefault(found.group(), f"id {len(names)}"), steady)
    return Told(answer.status, kept, json.loads(named) if named.startswith(("{", "[")) else named)


def _steady(value: Any) -> Any:
    """Without times and request ids."""
    if isinstance(value, dict):
        return {name: _steady(one) for name, one in value.items() if name != "instance"}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return "a time" if isinstance(value, int) and value > 1_600_000_000_000 else value
