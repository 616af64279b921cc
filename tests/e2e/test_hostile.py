"""Malformed and hostile input: refused in documented words, at once, and without a trace in the tables.

docs/api.md, "Limits" and "Order of checks"; docs/problems.md. The corpora are tables. All of them go over the wire to a
served process, the bodies and headers also through the same gateway in this process, where the items of the tables can
be compared. What is accepted comes back as it was sent.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest

from draftkeep import wiring
from draftkeep.store import new_client
from local.engine import create_tables, isolate
from local.events import Request, build_event
from local.gateway import Gateway
from local.identity import Authorizer
from local.locked_moto import locked_moto
from local.routing import Router, parse_target
from local.runtime import Runtime
from local.template import parse_template
from tests.evidence import keep
from tests.served import ROOT, Api, Reply

LIMIT_S = 10
LIMIT_BYTES = 100_000
FORMS = ("persona", "tool", "eval", "test")
TEMPLATE = parse_template((ROOT / "template.yaml").read_text())
_PROBLEMS = (ROOT / "docs" / "problems.md").read_text()
CODES = set(re.findall(r"^## (\d{3}) `(\w+)`$", _PROBLEMS, re.MULTILINE))
FIELD_CODES = set(re.findall(r"`(\w+)`", _PROBLEMS))
# What no answer may tell: the names of classes, tables, modules, files and services.
INSIDE = re.compile(
    r"(?i:boto|dynamo|moto\b|lambda|pydantic|powertools|traceback|site-packages|\.py\b|/usr/|/home|/tmp|draftkeep"
    rf"|{re.escape(str(ROOT))}|<class|object at 0x)"
    r"|[A-Z]\w+(?:Error|Exception)\b|DraftsTable|CatalogTable|#draft#|VALUE#"
)


@dataclass(frozen=True)
class Probe:
    """One request.

    target, headers: text that goes over the wire as latin-1; refused: whether it must be, None where both are right
    raw: the whole request as it goes over the wire, in the place of the rest; hangs_up: no answer is right too
    """

    method: str
    target: str
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    refused: bool | None = True
    raw: bytes | None = None
    hangs_up: bool = False

    @property
    def sent(self) -> bytes:
        """The request over the wire."""
        if self.raw is not None:
            return self.raw
        lines = [f"{self.method} {self.target} HTTP/1.1", "host: localhost", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body is not None:
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (self.body or b"")

    def __str__(self) -> str:
        return repr(self.sent[:300])


Send = Callable[[Probe], Reply | None]

JSON = (("content-type", "application/json"),)


def wired(api: Api) -> Send:
    """Send probes to a served process, each over a connection of its own."""

    def send(probe: Probe) -> Reply | None:
        with socket.create_connection(("127.0.0.1", api.port), timeout=LIMIT_S) as connection:
            try:
                connection.sendall(probe.sent)
                if probe.hangs_up:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before the end was sent; the answer may be there
            response = http.client.HTTPResponse(connection, method=probe.method)
            try:
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Reply(response.status, headers, response.read())
            except (http.client.BadStatusLine, ConnectionResetError):
                return None

    return send


# ------------------------------------------------------------------------------------------------------ the checks


def checked(probe: Probe, send: Send) -> Reply | None:
    """Send a probe, and check what holds for every answer."""
    started = time.monotonic()
    reply = send(probe)
    assert time.monotonic() - started < LIMIT_S, probe
    if reply is None:
        assert probe.hangs_up, probe
        return None
    assert reply.status < 500, (probe, reply)
    assert len(reply.body) < LIMIT_BYTES, (probe, len(reply.body))
    if probe.refused is not None:
        assert probe.refused == (reply.status >= 400), (probe, reply)
    if reply.status >= 400:
        check_refusal(probe, reply)
    return reply


def check_refusal(probe: Probe, reply: Reply) -> None:
    """A refusal is a documented problem, or one of the gateway's own; neither tells of the inside."""
    # The gateway's id of the request is drawn by lot, and may spell anything.
    drawn = reply.headers.get("apigw-requestid", "")
    assert re.fullmatch(r"[A-Za-z0-9+/=-]{0,36}", drawn), (probe, reply)
    told = [reply.body.decode(), *(f"{name}: {value}" for name, value in reply.headers.items() if name != "date")]
    assert not any(INSIDE.search(text.replace(drawn, "")) for text in told), (probe, reply)
    if reply.headers["content-type"] == "application/json":
        assert reply.json.keys() == {"message"}, (probe, reply)
        return
    assert reply.headers["content-type"] == "application/problem+json", (probe, reply)
    said = reply.json
    assert (str(said["status"]), said["code"]) in CODES, (probe, reply)
    assert said["status"] == reply.status
    assert said["instance"] == reply.headers["apigw-requestid"]
    assert {error["code"] for error in said.get("errors", [])} <= FIELD_CODES, (probe, reply)
    assert len(said.get("errors", [])) <= 100


@dataclass(frozen=True)
class World:
    """Drafts, proposals and rows that refused requests may not touch."""

    send: Send
    drafts: Mapping[str, str]

    def call(self, method: str, target: str, body: Any = None, *headers: tuple[str, str], status: int = 200) -> Reply:
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        reply = self.send(Probe(method, target, raw, (*JSON, *headers)))
        assert reply is not None
        assert reply.status == status, reply
        return reply

    def reads(self) -> list[tuple[int, bytes]]:
        """All that can be read of it."""
        paths = [f"{AGENT}/drafts", "/catalog/departments?limit=100", "/catalog/colors?scope=private", "/catalog/args"]
        for kind, path in self.drafts.items():
            paths += [path, f"{path}/history", f"{path}/proposals"]
            paths += [] if kind == "agent" else [f"/{kind}/drafts", f"/{kind}/proposals"]
        replies = [self.call("GET", path) for path in paths]
        return [(reply.status, reply.body) for reply in replies]


AGENT = "/v1/tenants/local/agents/kept"
DRAFT = f"{AGENT}/revisions/3/draft"


def begun(send: Send) -> World:
    """A draft of each kind with two entries and a proposal."""
    world = World(send, {})
    world.call("PUT", DRAFT, {"comment": "first"})
    world.call("PUT", DRAFT, {"comment": "kept"}, ("if-match", "1"))
    world.call("PUT", f"{DRAFT}?soft=true", {"comment": "offer"}, ("if-match", "2"), ("idempotency-key", "offer"))
    drafts = {"agent": DRAFT}
    for kind in FORMS:
        draft_id = world.call("POST", f"/{kind}/draft", {"name": "first"}).json["draft_id"]
        world.call("POST", f"/{kind}/draft", {"draft_id": draft_id, "name": "kept"})
        offer = {"draft_id": draft_id, "name": "offer", "soft": True, "idempotency_key": "offer"}
        world.call("POST", f"/{kind}/draft", offer)
        drafts[kind] = f"/{kind}/draft/{draft_id}"
    world.call("POST", "/catalog/departments", {"value": "Kept", "id": "kept"}, status=201)
    return World(send, drafts)


# ------------------------------------------------------------------------------------------------------- the texts

# Text that may be data: it is kept and given back, to the letter.
TEXTS = (
    *("=1+1", "@SUM(A1:A9)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "'; DROP TABLE drafts; --", "${jndi:ldap://x/a}"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</textarea><svg onload=1>", "&lt;&amp;", "{{7*7}}"),
    *(":pk", "#held", "#n0", ":v0", "attribute_not_exists(pk)", "SET #a = :b", "begins_with(sk, :sk)", "{}", "[]"),
    *("__proto__", "constructor", "__class__", "toString", "prototype", "hasOwnProperty", "__dict__", "$ref", "$where"),
    *("a\u0000b", "\u0000", "\u0001\u001f\u007f\u0080", "a\r\nset-cookie: x=1", "line\u2028para\u2029", "\ufeffbom"),
    *("\u202eevil\u202c", "\u200bzero\u200dwidth\ufeff", "\u05d0\u05d1\u0627\u0644", "\u2066x\u2069", "e\u0301", "é"),
    *(
        "\U0001f600",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0010ffff",
        "\ufffe\uffff",
        "\ue000",
        "\u0130\u0131",
    ),
    *(
        "../../etc/passwd",
        "C:\\x",
        "%00%2F",
        "a/b#c?d",
        '"quoted"',
        "back\\slash",
        "null",
        "NaN",
        "1e400",
        "-0",
        "\uff11\uff12",
    ),
    *("a" * 10_000, "Z\u0351" * 500, "%s%n%x", "$(id)", "`id`", "\u0085next", " lead and trail ", "a\u00a0b"),
)
# What stands where an id or a name of the path should: none of it names anything.
PARTS = (
    *("%00", "kept%00", "%2F", "kept%2F", "kept%2Fx", "%2e%2e", "%2e", "..", ".", "%2E%2E%2Fkept", "..%5Ckept"),
    *("%23", "kept%23", "%3F", "kept%3F", "kept%3Fx", "%5C", "\\", "%22", "'", "%27", "%ff", "%c0%ae%c0%ae", "%c0%af"),
    *("%ed%a0%80", "%f0%9f%98%80", "a" * 129, "%e2%80%aekept", "kept%e2%80%8b", "%ef%bb%bfkept", "%d9%a3", "+3"),
    *("%EF%BC%93", "kept%0d%0a", "kept%0a", "%20", "kept%20", "%20kept", "%25", "%2525", "%2500", "%", "%zz", "%u0041"),
    *(
        "{tenant}",
        "%7Bagent%7D",
        "*",
        "$",
        "<script>",
        "%3Cscript%3E",
        "a;b",
        "kept;v=1",
        "a,b",
        "a=b",
        "a&b",
        "(",
        "|",
    ),
    *("kept#x", "a/b", "//", "/", "\xff", "\xf0\x9f\x98\x80", "\x00", " ", "\x7f", "__proto__%00", "KEPT%C4%B0"),
)
# What is sent where an id stands in a body.
IDS = (
    *(
        "",
        " ",
        "\u0000",
        "kept\u0000",
        "..",
        "../kept",
        "a/b",
        "kept#",
        "ID#kept",
        "V#000000000001",
        "%00",
        "\\",
        '"',
        "'",
    ),
    *("\ufeffkept", "kept\u200b", "\u202ekept", "\U0001f600" * 255, "\U0001f600" * 300, "x" * 129, "x" * 100_000),
    *("__proto__", "constructor", "__class__", ":pk", "#held", "=1+1", "<script>", "\u0663", "null", "*", "{}"),
)
# What JSON can say in the place of a string or a list.
VALUES = (
    b"{}",
    b"[[]]",
    b"[null]",
    b"[{}]",
    b"1",
    b"-0",
    b"1.5",
    b"true",
    b"[1]",
    b'[""]',
    b'{"__proto__":{}}',
    b"[true]",
)

# ------------------------------------------------------------------------------------------------------ the bodies

DEEP = 100_000
# Bodies that are no JSON object, whatever the route.
BODIES = {
    "text": b"x",
    "list": b"[]",
    "null": b"null",
    "string": b'"{}"',
    "number": b"1",
    "half": b'{"a":',
    "trailing comma": b'{"a":1,}',
    "two objects": b"{}{}",
    "comment": b"{}//",
    "single quotes": b"{'a':1}",
    "form": b"a=1&b=2",
    "xml": b"<a/>",
    "yaml": b"a: 1",
    "duplicate key": b'{"a":1,"a":2}',
    "duplicate key in depth": b'{"flow":{"x":[{"a":1,"\\u0061":2}]}}',
    "duplicate prototype": b'{"__proto__":1,"__proto__":2}',
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "latin-1": '{"a":"é"}'.encode("latin-1"),
    "overlong": b'{"a":"\xc0\xaf"}',
    "surrogate bytes": b'{"a":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"a":"\xf4\x90\x80\x80"}',
    "half a character": b'{"a":"\xf0\x9f\x98"}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "lone low surrogate": b'{"a":"\\udc00x"}',
    "surrogate key": b'{"\\udfff":1}',
    "swapped surrogates": b'{"a":"\\ude00\\ud83d"}',
    "control character": b'{"a":"\x01"}',
    "NUL": b'{"a":1}\x00',
    "line break in a string": b'{"a":"\n"}',
    "bad escape": b'{"a":"\\x41"}',
    "short escape": b'{"a":"\\u12"}',
    "Python": b"{'a': None}",
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "minus Infinity": b'{"a":-Infinity}',
    "underscores": b'{"a":1_000}',
    "plus": b'{"a":+1}',
    "leading zero": b'{"a":01}',
    "hexadecimal": b'{"a":0x10}',
    "bare point": b'{"a":.5}',
    "Arabic digits": '{"a":\u0661\u0662}'.encode(),
    "full-width digits": '{"a":\uff11}'.encode(),
    "1e400": b'{"a":1e400}',
    "-1e400": b'{"a":[-1e400]}',
    "1E+999999999": b'{"a":1E+999999999}',
    "301 digits": b'{"a":' + b"9" * 301 + b"}",
    "100,000 digits": b'{"a":' + b"9" * 100_000 + b"}",
    "100,000 digits and a point": b'{"a":' + b"9" * 100_000 + b".0}",
    "100,000 digits of an exponent": b'{"a":1e' + b"9" * 100_000 + b"}",
    "101 levels": b'{"a":' + b"[" * 100 + b"]" * 100 + b"}",
    "101 levels of objects": b'{"a":' * 101 + b"1" + b"}" * 101,
    "100,000 levels": b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "100,000 levels, never closed": b'{"a":' * DEEP,
    "unknown field": b'{"surprise":1}',
    "prototype": b'{"__proto__":{"admin":true}}',
    "constructor": b'{"constructor":{"prototype":{}}}',
    "class": b'{"__class__":"x"}',
    "100,000 unknown fields": b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}",
}


def writes(world: World) -> list[Probe]:
    """A write of each sort; none does anything if its body is taken as an empty one."""
    stale, persona = ("if-match", "99"), world.drafts["persona"]
    return [
        Probe("PUT", DRAFT, b"", (*JSON, stale)),
        Probe("PUT", f"{DRAFT}?soft=true", b"", (*JSON, stale)),
        Probe("POST", f"{DRAFT}:undo", b"", (*JSON, stale)),
        Probe("POST", f"{DRAFT}:restore", b"", (*JSON, stale)),
        Probe("POST", f"{DRAFT}:ack", b"", JSON),
        Probe("PATCH", f"{DRAFT}/history/99", b"", JSON),
        Probe("DELETE", DRAFT, b"", (*JSON, stale)),
        *(Probe("POST", f"/{kind}/draft", b"", (*JSON, stale)) for kind in FORMS),
        Probe("POST", f"{persona}/redo", b"", (*JSON, stale)),
        Probe("POST", f"{persona}/restore", b"", (*JSON, stale)),
        Probe("PATCH", f"{persona}/history/99", b"", JSON),
        Probe("DELETE", persona, b"", (*JSON, stale)),
        Probe("POST", "/catalog/departments", b"", JSON),
        Probe("POST", "/catalog/import", b"", JSON),
        Probe("DELETE", "/catalog/departments/absent", b"", JSON),
    ]


def bodies(world: World) -> Iterator[Probe]:
    """Every body to every sort of write; the heavy ones to one of an agent, a form and the catalog."""
    for write in writes(world):
        for body in BODIES.values():
            if len(body) < 2000 or write.target in (DRAFT, "/persona/draft", "/catalog/import"):
                yield replace(write, body=body)


def fields(world: World) -> Iterator[Probe]:
    """Ids, keys and types that are none, in every field of every form, and of the other writes."""
    for kind in FORMS:
        names = form_fields(kind)
        yield from (form(kind, all_of(names, id_)) for id_ in IDS)
        for name in names:
            for value in VALUES:
                if not is_right(name, value):
                    yield Probe("POST", f"/{kind}/draft", b'{"' + name.encode() + b'":' + value + b"}", JSON)
    for id_ in (*IDS, *TEXTS):
        yield form("persona", {"name": "x", "draft_id": id_})
        yield form("persona", {"idempotency_key": id_, "accept": True})
        yield form("persona", {"color": f"{id_}!"})
        yield form("tool", {"args_drafts": [{"name": "x", id_: 1}]})
        yield form("eval", {"model_flags": [{"model_id": id_, "flag_id": id_}]})
        yield form("test", {"model_flag_values": [{"model_id": id_, "type": id_, "value": id_}]})
        yield form("persona", {"idempotency_key": "offer", "accept": True, "accept_fields": [f"{id_}!"]})
        ack = {"idempotencyKey": "offer", "accept": True, "acceptFields": [f"/{id_}!"]}
        yield Probe("POST", f"{DRAFT}:ack", json.dumps(ack).encode(), JSON)
        yield Probe("POST", f"{DRAFT}:undo", json.dumps({id_: 1}).encode(), (*JSON, ("if-match", "2")))
        yield Probe("PUT", DRAFT, json.dumps({f"{id_}!": 1}).encode(), (*JSON, ("if-match", "2")))
        slot = {"flow": {"steps": [{"id": "s", "humanApproval": {"slotName": id_}}]}}
        yield Probe("PUT", DRAFT, json.dumps(slot).encode(), (*JSON, ("if-match", "2")))
        yield Probe("POST", "/catalog/departments", json.dumps({"value": "x", "id": f"{id_} "}).encode(), JSON)
    for number in (b"0", b"-1", b"1.5", b"true", b'"1"', b"[1]", b"1e30", b"9" * 300, b"null"):
        for target, member in ((f"{DRAFT}:restore", b"seqNo"), (f"{world.drafts['persona']}/restore", b"seq_no")):
            yield Probe("POST", target, b'{"' + member + b'":' + number + b"}", (*JSON, ("if-match", "2")))


def form(kind: str, body: dict[str, Any]) -> Probe:
    return Probe("POST", f"/{kind}/draft", json.dumps(body).encode(), JSON)


def all_of(names: list[str], id_: str) -> dict[str, Any]:
    """One id in every field that takes one, or a list of them."""
    lists = [name for name in names if name.endswith("_ids") or name in ("departments", "voices", "parameter_fields")]
    ones = [name for name in names if name.endswith("_id") or name == "icon"]
    return {name: id_ for name in ones if name not in OWN_IDS} | {name: [id_] for name in lists}


OWN_IDS = ("draft_id", "input_draft_id")


def form_fields(kind: str) -> list[str]:
    """The members of a form's request, as docs/api.md lists them."""
    section = (ROOT / "docs" / "api.md").read_text().partition(f"\n## {kind.capitalize()}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert names
    return [*names, "draft_id", "idempotency_key", "soft", "accept", "accept_fields"]


# Fields whose value may be a boolean, or a list of objects that need nothing.
_BOOLEANS = ("active", "soft", "accept")


def is_right(name: str, value: bytes) -> bool:
    """Whether a value of another type than a text is one that the field takes."""
    if name in _BOOLEANS:
        return value == b"true"
    return name == "examples" and value == b'[""]'


# ----------------------------------------------------------------------------------------------------- the headers

# Of a write whose body is fine: neither is a version that exists, nor readable.
IF_MATCH = (
    *("", " ", ",", ",,,", "x", '"', '"2', '2"', "W/", "w/2", '"2" "3"', "2 3", "02", "+2", "-2", "2.0", "1e1", "0x2"),
    *(
        "9" * 16,
        "9" * 5000,
        "2_0",
        "2;q=1",
        "*,2",
        "2,*",
        "**",
        "\xd9\xa2",
        "\xb2",
        '"\xd9\xa2"',
        '"2\\"',
        "\x0b2",
        '"\t"',
    ),
    *(",".join(['"1"'] * 2000), ",".join(["9" * 15] * 500), ", " * 4000, '"' + "a" * 9000 + '"', "<script>", "#held"),
)
KEYS = (
    *("", " ", '""', '" a"', '"a "', "a" * 256, "a" * 9000, "\xe9", "\xf0\x9f\x98\x80", "a\tb", "\x7f", "\x80"),
    *('"' + "\\\\" * 300 + '"', "a\x0bb", "\xa0", "\xe2\x80\xae"),
)
CONTENT_TYPES = (
    *("text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "*/*", "json"),
    *(
        "application/jsonx",
        "application/ json",
        "application/json, text/plain",
        "application/+json",
        "/",
        ";",
        "a/b+json",
    ),
    *("application/json; charset=latin-1", "application/json; charset=utf-16", 'application/json;charset="UTF-7"'),
    *("application/json; charset=" + "x" * 5000, "application/xml", "application/octet-stream", "\xff/\xff"),
)
ENCODINGS = ("gzip", "br", "deflate", "identity, gzip", "x", "utf-8", "gzip, gzip")


def headers(world: World) -> Iterator[Probe]:
    """Headers that cannot be read, or that say what is not there."""
    other = b'{"comment":"other"}'
    saves = [
        Probe("PUT", DRAFT, other),
        Probe("POST", "/tool/draft", json.dumps({"draft_id": world.drafts["tool"][-36:], "name": "other"}).encode()),
        Probe("POST", f"{DRAFT}:undo", b"{}"),
        Probe("POST", f"{world.drafts['eval']}/undo", b"{}"),
        Probe("DELETE", world.drafts["test"], b"{}"),
    ]
    for save in saves:
        for value in IF_MATCH:
            yield replace(save, headers=(*JSON, ("if-match", value)))
            yield replace(save, headers=(*JSON, ("if-none-match", value)))
        yield replace(save, headers=(*JSON, ("if-match", "2"), ("if-none-match", "*")))
        for value in KEYS:
            yield replace(save, headers=(*JSON, ("if-match", "2"), ("idempotency-key", value)))
        for value in CONTENT_TYPES:
            yield replace(save, headers=(("content-type", value), ("if-match", "2")))
        for value in ENCODINGS:
            yield replace(save, headers=(*JSON, ("content-encoding", value), ("if-match", "2")))
        yield replace(save, headers=(*JSON, ("if-match", "2"), ("x-large", "x" * 11_000)))
        yield replace(save, headers=(*JSON, ("if-match", "2"), *((f"x-{number}", "x") for number in range(2000))))
        yield replace(save, headers=(*JSON, ("if-match", "99"), *((f"x-{number}", "x") for number in range(400))))
        yield replace(save, headers=(*JSON, *(("if-match", "99") for _ in range(400))))
        yield replace(save, headers=(*JSON, *(("idempotency-key", f"k{number}") for number in range(200))))
    for value in (*IF_MATCH, *KEYS):
        yield Probe("GET", DRAFT, headers=(("if-none-match", value),), refused=None)
        yield Probe("GET", world.drafts["persona"], headers=(("range", value), ("accept", value)), refused=None)


# ------------------------------------------------------------------------------------------------ paths and queries


def paths(world: World) -> Iterator[Probe]:
    """Each variable of each route of an agent, a form and the catalog, with parts that name nothing."""
    persona = world.drafts["persona"].rpartition("/")[2]
    known = {"tenant": "local", "agent": "kept", "revision": "3", "seqNo": "1", "seq_no": "1", "draft_id": persona}
    known |= {"type": "departments", "id": "absent"}
    for route in TEMPLATE.routes:
        # A HEAD is a GET whose body, also that of a problem, is left out.
        if route.path.startswith(("/tool", "/eval", "/test")) or route.method == "HEAD":
            continue
        for name in re.findall(r"{(\w+)}", route.path):
            for part in PARTS:
                values = known | {name: part}
                target = "".join(str(values.get(piece, piece)) for piece in re.split(r"[{}]", route.path))
                body = None if route.method == "GET" else b"{}"
                yield Probe(route.method, target, body, (*JSON, ("if-match", "2")))


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode()


NUMBERS = (
    *(
        "0",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "1_0",
        "0x1",
        "%D9%A1",
        "%EF%BC%91",
        "%00",
        "1%00",
        "%201",
        "1%0A",
        "",
        "x",
        "NaN",
    ),
    *("9" * 16, "9" * 4000, "1,1", "[1]", "%ff", "null", "true", "01e1", "%2B1", "1%3B"),
)
CURSORS = (
    *("x", "%00", "====", "A", "AA=", "%ff", "a" * 4000, "__proto__", "Li4v", "..", "W10=", "e30="),
    encoded(""),
    encoded("\u0000"),
    encoded("VALUE#" + "\U0001f600" * 300 + "#" + "0" * 64),
    encoded("VALUE##" + "g" * 64),
    encoded("ID#kept"),
    encoded("V#000000000001"),
    encoded("000000000000000#" + "a" * 161),
    encoded("00000000000000x#kept/3"),
    encoded("\u0660" * 15 + "#kept/3"),
    encoded("kept/3#000000000000000#"),
    encoded("kept/3#000000000000000#" + "%00" * 400),
    encoded("\ud800"),
)
SWITCHES = ("", "1", "True", "TRUE", "yes", "true,true", "false,true", "%00", "null", "tr%75e%20", "x" * 4000)


def queries(world: World) -> Iterator[Probe]:
    """Each parameter of each list with values that it does not have; and repeated, or many."""
    persona = world.drafts["persona"]
    lists = [f"{AGENT}/drafts", "/persona/drafts", "/persona/proposals", f"{DRAFT}/proposals", f"{persona}/proposals"]
    for path in (*lists, "/catalog/departments"):
        yield from (Probe("GET", f"{path}?cursor={value}") for value in CURSORS)
    for path in (*lists, "/catalog/departments", f"{DRAFT}/history", f"{persona}/history"):
        yield from (Probe("GET", f"{path}?limit={value}") for value in NUMBERS)
        yield Probe("GET", f"{path}?limit=1&limit=1")
        yield Probe("GET", f"{path}?{'&'.join(f'p{number}=1' for number in range(800))}", refused=False)
        yield Probe("GET", f"{path}?{'x' * 11_000}")
        yield Probe("GET", f"{path}?{'limit=1&' * 1200}")
        yield Probe("GET", f"{path}?%=%&&&===&%00=%00&=%ff", refused=False)
        yield Probe("GET", f"{path}?__proto__=1&constructor=2&__class__=3", refused=False)
    for value in (one for one in NUMBERS if one != "0"):
        for path in (DRAFT, persona):
            yield from (Probe("GET", f"{path}/history?{name}={value}") for name in ("before", "at"))
        yield from (Probe("GET", f"{DRAFT}:diff?{query}={value}") for query in ("from", "from=1&to"))
        yield from (Probe("GET", f"{persona}/diff?{query}={value}") for query in ("from", "from=1&to"))
    # A place of one list goes on no other: DynamoDB refuses it, and so it has to be refused before.
    place = encoded("VALUE#a#" + "0" * 64)
    yield Probe("GET", f"/catalog/departments?q=z&cursor={place}")
    for path, other in ((DRAFT, "other/3"), (persona, "00000000-0000-4000-8000-000000000000")):
        yield Probe("GET", f"{path}/proposals?cursor={encoded(f'{other}#000000000000000#k')}")
    for value in SWITCHES:
        for name in ("soft", "merge"):
            yield Probe("PUT", f"{DRAFT}?{name}={value}", b'{"comment":"x"}', (*JSON, ("if-match", "2")))
    yield from (
        Probe("GET", f"/catalog/departments?scope={value}") for value in (*SWITCHES, "SHARED", "ann", "shared,")
    )
    for text in TEXTS:
        search = quote(text[:500], safe="")
        yield Probe("GET", f"/persona/drafts?search={search}", refused=False)
        yield from (Probe("GET", f"/catalog/{type_}?q={search}", refused=False) for type_ in ("departments", "colors"))
        yield Probe("GET", f"/catalog/{search}/kept")
    yield from (Probe("GET", f"/persona/drafts?search={value}", refused=False) for value in ("%ff", "%", "%ed%a0%80"))


# ------------------------------------------------------------------------------------------------------ the framing

_PUT = f"PUT {DRAFT} HTTP/1.1\r\nhost: x\r\nif-match: 2\r\ncontent-type: application/json\r\n".encode()
_CHUNKED = _PUT + b"transfer-encoding: chunked\r\n"


def framing(_: World) -> Iterator[Probe]:
    """Requests that are no HTTP, or whose length nobody can tell."""
    for line in (b"-1", b"+2", b"0x2", b"2.0", b"2 2", b"2,2", b"", b"x", b"9" * 30, b"1000000000000", b"\xd9\xa2"):
        yield framed(_PUT + b"content-length: " + line + b"\r\n\r\n{}", hangs_up=True)
    yield framed(_PUT + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}", hangs_up=True)
    yield framed(_PUT + b"content-length: 999\r\n\r\n{}", hangs_up=True)
    yield framed(_PUT + b"\r\n")
    yield framed(_PUT + b"connection: close\r\n\r\n{}")
    for chunks in (
        b"x\r\n{}\r\n0\r\n\r\n",
        b"-2\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}",
        b"ffffffffffffffff\r\n{}",
        b"\r\n\r\n",
    ):
        yield framed(_CHUNKED + b"\r\n" + chunks, hangs_up=True)
    yield framed(_CHUNKED + b'connection: close\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n')
    yield framed(_CHUNKED + b"connection: close\r\n\r\n0\r\n\r\n")
    yield framed(_CHUNKED + b"content-length: 2\r\n\r\n1\r\n{\r\n0\r\n\r\n", hangs_up=True)
    for line in (b"", b"GET", b"GET /", b"GET / HTTP/9.9", b"\x00\x01\x02", b"GET  / HTTP/1.1", b"/ GET HTTP/1.1"):
        yield framed(line + b"\r\n\r\n", hangs_up=True)
    for method in (
        b"FOO",
        b"get",
        b"TRACE",
        b"CONNECT",
        b"OPTIONS",
        b"PUT\x00",
        b"A" * 5000,
        b"\xff",
        b"LINK",
    ):
        yield framed(
            method + b" " + DRAFT.encode() + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", hangs_up=True
        )
    for target in (b"*", b"http://[", b"http://x" + b"/v1/x", b"//x/y", b"?", b"#", b"x", b"/" + b"a" * 12_000, b"/%"):
        yield framed(b"GET " + target + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", hangs_up=True)
    for header in (
        b"idempotency-key: a\r\n b",
        b"idempotency-key: a\rb",
        b"idempotency-key: a\nb",
        b"a\x00: b",
        b": b",
    ):
        yield framed(_PUT + header + b"\r\ncontent-length: 14\r\n\r\n" + b'{"surprise":1}', hangs_up=True)
    for header in (b"no colon", b"if match: 2", b"x: \x00", b"\xff\xfe: 1", b" folded", b"x" * 20_000 + b": 1"):
        yield framed(_PUT + header + b"\r\ncontent-length: 14\r\n\r\n" + b'{"surprise":1}', hangs_up=True)


def framed(raw: bytes, *, hangs_up: bool = False) -> Probe:
    method = raw.partition(b" ")[0].decode("latin-1")
    return Probe(method, "", raw=raw, hangs_up=hangs_up)


# -------------------------------------------------------------------------------------------------------- the tests

CORPORA: dict[str, Callable[[World], Iterable[Probe]]] = {
    "paths": paths,
    "queries": queries,
    "headers": headers,
    "bodies": bodies,
    "fields": fields,
    "framing": framing,
}


@pytest.fixture(scope="module")
def world(api: Api) -> World:
    """Drafts in the served process, which no other test knows."""
    return begun(wired(api))


def test_what_is_refused_is_refused_in_documented_words_and_changes_nothing(world: World) -> None:
    count = 0
    for name, corpus in CORPORA.items():
        before = world.reads()
        probes = list(corpus(world))
        for probe in probes:
            checked(probe, world.send)
        count += len(probes)

        assert world.reads() == before, name
    keep("hostile", count=count, unit="hostile requests", result="refused in documented words, nothing stored")


def test_a_million_items_are_answered_shortly(world: World) -> None:
    million = b"[" + b",".join([b"1"] * 1_000_000) + b"]"
    before = world.reads()
    probes = [
        Probe("PUT", DRAFT, b'{"flow":{"steps":' + million + b"}}", (*JSON, ("if-match", "2"))),
        Probe("POST", f"{DRAFT}:ack", b'{"accept":true,"acceptFields":' + million + b"}", JSON),
        Probe("POST", "/persona/draft", b'{"examples":' + million + b"}", JSON),
        Probe("POST", "/catalog/import", b'{"records":' + million + b"}", JSON),
        Probe("POST", "/catalog/args", b'{"attributes":{"name":"x","a":' + million + b"}}", JSON),
    ]

    replies = [checked(probe, world.send) for probe in probes]

    assert {reply.status for reply in replies if reply} == {422}
    assert world.reads() == before


# ---------------------------------------------------------------------------------------------- what is accepted


def told(reply: Reply | None) -> Any:
    assert reply is not None
    assert reply.status in (200, 201), reply
    return reply.json


def test_accepted_text_comes_back_to_the_letter(world: World) -> None:
    for number, text in enumerate(TEXTS):
        payload = {
            "comment": text,
            "flow": {"steps": [{"id": f"s{text}", "name": text, text: {text: [text]}}], "edges": []},
            "slots": [{"name": text, "displayName": text}],
            "integrationBindings": {text: text},
        }
        path = f"/v1/tenants/local/agents/text-{number}/revisions/1/draft"
        world.call("PUT", path, payload)
        label = told(world.call("PATCH", f"{path}/history/1", {"label": text[:120]}))["label"]
        read = world.call("GET", path)
        sent = {"name": text, "description": text, "examples": [text, text], "instructions": text}
        made = told(world.call("POST", "/persona/draft", sent))
        again = told(world.call("GET", f"/persona/draft/{made['draft_id']}"))

        assert read.json["headData"] == payload
        assert json.dumps(text, ensure_ascii=False).encode() in read.body
        assert label == text[:120]
        assert told(world.call("GET", f"{path}/history/1"))["headData"] == payload
        assert {name: again["form_state"][name] for name in sent} == sent
        assert again["form_state"] == made["form_state"]
        found = told(world.call("GET", f"/persona/drafts?limit=1&search={quote(text[:80], safe='')}"))
        assert found[0]["id"] == made["draft_id"]


def test_accepted_rows_and_arguments_come_back_to_the_letter(world: World) -> None:
    for number, text in enumerate(TEXTS):
        argument = {"name": text, "field_type": text, "description": text, "default_value": {text: text}}
        tool = told(world.call("POST", "/tool/draft", {"args_drafts": [argument]}))
        row = {"value": f"{number} {text}", "attributes": {text: text}}
        made = told(world.send(Probe("POST", "/catalog/values", json.dumps(row).encode(), JSON)))

        (kept,) = told(world.call("GET", f"/tool/draft/{tool['draft_id']}"))["form_state"]["args_drafts"]
        assert {name: kept[name] for name in argument} == argument
        assert (made["value"], made["attributes"]) == (f"{number} {text}", {text: text})
        assert told(world.call("GET", f"/catalog/values/{made['id']}")) == made


NUMBERS_KEPT = {
    b"-0": "0",
    b"-0.0": "0",
    b"1.0": "1",
    b"1E-400": "0",
    b"1e-9999999": "0",
    b"5e-324": "5e-324",
    b"1E2": "100",
    b"1e99": str(int(1e99)),
    b"9" * 300: "9" * 300,
    b"-" + b"9" * 300: "-" + "9" * 300,
    b"1.7976931348623157e308": "1.7976931348623157e+308",
    b"0.1" + b"0" * 100_000: "0.1",
    b"0." + b"3" * 100_000: "0.3333333333333333",
}


def test_numbers_at_the_ends_are_kept_in_canonical_form(world: World) -> None:
    for index, (number, kept) in enumerate(NUMBERS_KEPT.items()):
        path = f"/v1/tenants/local/agents/number-{index}/revisions/1/draft"

        reply = world.send(Probe("PUT", path, b'{"flow":{"x":' + number + b"}}", JSON))

        assert reply is not None
        assert reply.status == 200
        assert reply.body.endswith(b'"headData":{"flow":{"x":' + kept.encode() + b"}}}"), (number[:20], reply.body)


def test_a_hundred_levels_and_chunks_are_taken(world: World) -> None:
    path = "/v1/tenants/local/agents/framed/revisions/1/draft"
    deep = b'{"flow":{"x":' + b"[" * 98 + b"]" * 98 + b"}}"
    head = f"PUT {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (deep[:7], deep[7:8], deep[8:]))

    reply = world.send(framed(head + chunks + b"0\r\n\r\n"))

    assert told(reply)["headData"] == json.loads(deep)


# ------------------------------------------------------------------------------------------------ inside one process

FUNCTIONS = ("agent_draft", "catalog", "eval_draft", "persona_draft", "test_draft", "tool_draft")


@dataclass(frozen=True)
class Inside:
    """The gateway and the functions in this process, with an engine whose items can be seen."""

    runtime: Runtime
    gateway: Gateway
    client: Any

    def send(self, probe: Probe) -> Reply:
        """Answer a probe as the served process does, but for what the HTTP server itself refuses."""
        given = self.gateway.answer(request_of(probe))
        headers = {name.lower(): value for name, value in given.headers}
        return Reply(given.status, headers, given.body)

    def event(self, probe: Probe, **more: Any) -> Reply:
        """Send an event straight to the function that serves a probe."""
        request = request_of(probe)
        match = self.gateway.router.match(request.method, request.target.path)
        assert match
        claims = self.gateway.authorizer.claims("", match.parameters.get("tenant"), "custom:tenant")
        event = build_event(request, match, claims, "a-request", 0) | more
        given = self.runtime.invoke(match.route.function, event)
        body = given.get("body") or ""
        raw = base64.b64decode(body) if given.get("isBase64Encoded") else body.encode()
        headers = {name.lower(): value for name, value in given["headers"].items()}
        return Reply(given["statusCode"], headers | {"apigw-requestid": "a-request"}, raw)

    def items(self) -> list[str]:
        """All items of all tables."""
        return [str(self.client.scan(TableName=table.name)["Items"]) for table in TEMPLATE.tables]


def request_of(probe: Probe) -> Request:
    return Request(
        method=probe.method,
        target=parse_target(probe.target),
        headers=tuple((name, value.strip(" \t")) for name, value in probe.headers),
        body=probe.body or b"",
        head_bytes=len(probe.sent) - len(probe.body or b""),
        body_bytes=len(probe.body or b""),
    )


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    others = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in FUNCTIONS}
    with pytest.MonkeyPatch.context() as patch, locked_moto():
        for name in others:
            del sys.modules[name]  # they are wired to the tables of other tests
        patch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
        patch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        environ: dict[str, str] = {}
        isolate(environ)
        for name, value in environ.items():
            patch.setenv(name, value)
        create_tables(TEMPLATE.tables)
        wiring.forget()
        runtime = Runtime(TEMPLATE.functions)
        runtime.load()
        authorizer = Authorizer(required=False, secret="not needed here, and long enough")
        client = new_client()
        yield Inside(runtime, Gateway(Router(TEMPLATE.routes), runtime, authorizer, TEMPLATE.cors), client)
        for table in TEMPLATE.tables:
            client.delete_table(TableName=table.name)
    for name in [name for name in sys.modules if name.partition(".")[0] in FUNCTIONS]:
        del sys.modules[name]
    sys.modules.update(others)
    wiring.forget()


@pytest.fixture(scope="module")
def inner(inside: Inside) -> World:
    return begun(inside.send)


@pytest.mark.parametrize("name", ["headers", "bodies", "queries"])
def test_refused_requests_leave_every_item_as_it_was(inside: Inside, inner: World, name: str) -> None:
    before = inside.items()
    for probe in CORPORA[name](inner):
        checked(probe, inside.send)

    assert inside.items() == before


BASE64 = ("%%%", "e30", "e30=x", "====", "e3\n0=", "\u0661", "{}", "e30=e30=", "gA==", "77u/e30=", "AA==", "e30\u0000")


def test_a_body_that_is_no_base64_though_the_event_says_so_is_400(inside: Inside, inner: World) -> None:
    before = inside.items()
    for write in writes(inner):
        for body in BASE64:
            reply = inside.event(write, body=body, isBase64Encoded=True)

            check_refusal(write, reply)
            assert (reply.status, reply.code) == (400, "malformed_json"), (write, body)
    assert inside.items() == before


EVENTS: tuple[dict[str, Any], ...] = (
    {"body": '{"comment":"\ud800"}'},
    {"body": "\ud800"},
    {"body": None},
    {"body": ""},
    {"body": "", "isBase64Encoded": True},
    {"body": base64.b64encode(b"\xff\xfe").decode(), "isBase64Encoded": True},
    {"queryStringParameters": None, "headers": None, "body": "x"},
    {"pathParameters": None},
    {"pathParameters": {"tenant": "other", "agent": "other", "revision": "3"}},
    {"rawPath": "/v1/tenants/local/agents/kept/revisions/3"},
    {"headers": {"If-Match": "\ud800"}, "body": "{}"},
)


@pytest.mark.parametrize("more", EVENTS, ids=range(len(EVENTS)))
def test_an_event_that_no_gateway_would_send_is_refused(inside: Inside, inner: World, more: dict[str, Any]) -> None:
    before = inside.items()

    reply = inside.event(Probe("PUT", DRAFT, b"{}", JSON), **more)

    assert 400 <= reply.status < 500, reply
    check_refusal(Probe("PUT", DRAFT), reply)
    assert inside.items() == before
