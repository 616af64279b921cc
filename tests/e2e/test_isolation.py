"""Two tenants, two users each, every route: what another owner has is to a caller as if it had never been.

docs/api.md, "Identity". Each request is sent twice, with the names of something that another owner has, and with names
that differ in their last character and name nothing. The two answers are the same, but for the names that they repeat.
Routes come from template.yaml: a route without a request fails the test.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from local.routing import Router
from local.template import parse_template
from local.token import mint_token
from tests.evidence import budget, keep
from tests.served import ROOT, Api, Reply, served

SECRET = "a secret of this test that is long enough for every algorithm that a token may name"
ADMINS = "catalog-admin"
FORMS = ("persona", "tool", "eval", "test")
# All but the reference, which is for everybody.
ROUTES = tuple(route for route in parse_template((ROOT / "template.yaml").read_text()).routes if route.authorized)
OPEN = {f"{method} {path}" for method in ("GET", "HEAD") for path in ("/openapi.json", "/docs")}
ROUTER = Router(ROUTES)

# What names an owner's things; `….at` are times, which name nothing.
Names = dict[str, str]


@dataclass(frozen=True)
class Person:
    """A caller."""

    tenant: str
    user: str

    def token(self, *groups: str) -> dict[str, str]:
        return bearer(mint_token(SECRET, tenant=self.tenant, user=self.user, groups=groups))


ANN = Person("acme", "ann")
PEOPLE = (ANN, Person("acme", "bob"), Person("evil", "ann"), Person("evil", "eve"))


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @property
    def route(self) -> str:
        """The key of the route that serves it."""
        match = ROUTER.match(self.method, self.path.partition("?")[0])
        assert match, self
        return match.route.key

    def send(self, api: Api, caller: Person, **more: str) -> Reply:
        return api.call(self.method, self.path, self.body, **self.headers, **caller.token(*self.groups), **more)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Api]:
    """A server that lets only callers with a token in, and knows the shared rows that the forms need."""
    with served(LOCAL_JWT_SECRET=SECRET, LOCAL_AUTH="required") as running:
        for tenant in ("acme", "evil"):
            admin = Person(tenant, "admin").token(ADMINS)
            records = [
                {"type": "models", "id": "model", "value": "A model"},
                {"type": "flags", "id": "flag", "value": "on", "attributes": {"type": "mode"}},
            ]
            done = running.call("POST", "/catalog/import", {"records": records}, **admin)
            assert done.json["created"] == 2
        yield running


@pytest.fixture(scope="module")
def owned(guarded: Api) -> dict[Person, Names]:
    """What owners have; with a small budget there is one, and three strangers: of the tenant, and of another one."""
    return {person: begun(guarded, person) for person in budget((ANN,), PEOPLE)}


# ---------------------------------------------------------------------------------------------- what an owner has


def begun(api: Api, owner: Person) -> Names:
    """Make one of everything: drafts with three entries, proposals pending, decided and dormant, keys, rows."""
    names = {f"{kind}.{what}": uuid.uuid4().hex for kind in ("agent", *FORMS) for what in _MARKS}
    names |= {"agent": f"agent-{uuid.uuid4().hex}", "color.value": f"#{secrets.token_hex(3)}"}
    names |= {"shared": f"shared-{uuid.uuid4().hex}", "shared.value": f"Department {uuid.uuid4().hex}"}
    shared = {"id": names["shared"], "value": names["shared.value"]}
    row = api.call("POST", "/catalog/departments", shared, **owner.token(ADMINS), idempotency_key=names["agent.saved"])
    assert row.status == 201
    _begin_agent(api, owner, names)
    for kind in FORMS:
        _begin_form(api, owner, names, kind)
    return names


_MARKS = ("text", "offer", "saved", "moved", "pending", "decided")


def _begin_agent(api: Api, owner: Person, names: Names) -> None:
    own = owner.token()
    path = agent_path(owner.tenant, names)
    saved = api.call("PUT", path, agent_saved(names), idempotency_key=names["agent.saved"], **own)
    replies = [saved, api.call("PUT", path, {"comment": "second"}, if_match="1", **own)]
    replies.append(api.call("POST", f"{path}:undo", {}, idempotency_key=names["agent.moved"], **own))
    offer = {"comment": names["agent.offer"]}
    replies += [
        api.call("PUT", f"{path}?soft=true", offer, if_match="3", idempotency_key=names[f"agent.{what}"], **own)
        for what in ("pending", "decided")
    ]
    reject = {"idempotencyKey": names["agent.decided"], "accept": False}
    replies.append(api.call("POST", f"{path}:ack", reject, **own))
    assert [reply.status for reply in replies] == [200] * 6
    names["agent.at"] = f"{replies[0].json['updatedAt']:015d}"
    names["agent.offer.at"] = f"{replies[3].json['createdAt']:015d}"


def _begin_form(api: Api, owner: Person, names: Names, kind: str) -> None:
    def post(body: dict[str, Any]) -> Any:
        reply = api.call("POST", f"/{kind}/draft", body, **owner.token())
        assert reply.status == 200, reply.body
        return reply.json

    text, pending, decided = (names[f"{kind}.{what}"] for what in ("text", "pending", "decided"))
    saved = post(form_saved(names, kind) | {"idempotency_key": names[f"{kind}.saved"]})
    draft_id = names[kind] = saved["draft_id"]
    post({"draft_id": draft_id, "description": text})
    undo = {"idempotency_key": names[f"{kind}.moved"]}
    assert api.call("POST", f"/{kind}/draft/{draft_id}/undo", undo, **owner.token()).status == 200
    offer = {"description": names[f"{kind}.offer"], "soft": True}
    for key in (pending, decided):
        post(offer | {"draft_id": draft_id, "idempotency_key": key})
    post({"idempotency_key": decided, "accept": False})
    names[f"{kind}.dormant"] = post(offer)["draft_id"]
    state = saved["form_state"]
    names[f"{kind}.name_id"] = state["name_id"]
    ids = {"color": "color_id", "flag": "flag_ids", "example": "example_ids", "joined": "model_flag_ids"}
    ids |= {"arg": "arg_ids", "position": "arg_position_ids", "output": "args_output_ids"}
    for name, member in ids.items():
        if found := state.get(member):
            names[name] = found if isinstance(found, str) else found[0]
    names[f"{kind}.at"] = f"{api.call('GET', f'/{kind}/drafts', **owner.token()).json[0]['created_at']:015d}"
    offered = api.call("GET", f"/{kind}/draft/{draft_id}/proposals", **owner.token()).json
    names[f"{kind}.offer.at"] = f"{offered[0]['created_at']:015d}"


def agent_path(tenant: str, names: Names) -> str:
    return f"/v1/tenants/{tenant}/agents/{names['agent']}/revisions/3/draft"


def agent_saved(names: Names) -> dict[str, Any]:
    return {"comment": names["agent.text"]}


def form_saved(names: Names, kind: str) -> dict[str, Any]:
    """The body that a form was created with."""
    text = names[f"{kind}.text"]
    pair = {"model_id": "model", "flag_id": "flag"}
    more: dict[str, dict[str, Any]] = {
        "persona": {"examples": [text], "color": names["color.value"], "active": True},
        "tool": {"args_drafts": [{"name": text, "outputs": [{"name": text}]}]},
        "eval": {"model_ids": ["model"], "model_flags": [pair]},
        "test": {"model_flags": [pair]},
    }
    return {"name": text} | more[kind]


def missing(names: Names) -> Names:
    """Names of the same form and length, at the same place in every order, that name nothing."""
    return {
        name: value if name.endswith(".at") else value[:-1] + ("1" if value[-1] == "0" else "0")
        for name, value in names.items()
    }


# -------------------------------------------------------------------------------------------------- the requests


def cursor(*parts: str) -> str:
    return base64.urlsafe_b64encode("#".join(parts).encode()).decode()


def agent_calls(names: Names, tenant: str) -> list[Call]:
    """Requests for an agent's draft: reads, what is refused, then what makes a draft of the caller's own."""
    path, any_version = agent_path(tenant, names), {"if_match": "*"}
    drafts = path.partition("/revisions/")[0] + "/drafts"
    saved, moved, pending, decided = (names[f"agent.{what}"] for what in ("saved", "moved", "pending", "decided"))
    offer = {"comment": names["agent.offer"]}
    after = cursor(f"{names['agent']}/3", names["agent.offer.at"], pending)
    listed = cursor(names["agent.at"], f"{names['agent']}/3")
    return [
        Call("GET", path),
        *(Call("GET", path, headers={"if_none_match": tag}) for tag in ('"1"', '"3"', "*")),
        *(Call("GET", path + end) for end in ("/history", "/history?limit=1", "/history?before=3", "/history/1")),
        Call("GET", f"{path}/history?at={int(names['agent.at']) + 3_600_000}"),
        *(Call("GET", path + end) for end in ("/history/2", "/history/3", ":diff?from=1", ":diff?from=1&to=2")),
        *(Call("GET", f"{path}/proposals{query}") for query in ("", "?limit=1", f"?cursor={after}")),
        *(Call("GET", f"{drafts}{query}") for query in ("", "?limit=1", f"?cursor={listed}")),
        *(Call("POST", f"{path}:{move}", {}, any_version) for move in ("undo", "redo", "reset")),
        *(Call("POST", f"{path}:{move}", {}, {"if_match": "99"}) for move in ("undo", "redo", "reset")),
        Call("POST", f"{path}:undo", {}, {"idempotency_key": moved}),
        Call("POST", f"{path}:undo", {"idempotencyKey": moved}),
        Call("POST", f"{path}:restore", {"seqNo": 1}, any_version),
        Call("POST", f"{path}:restore", {"seqNo": 1, "idempotencyKey": saved}),
        *(Call("PATCH", f"{path}/history/{number}", {"pinned": True, "label": "mine"}) for number in (1, 3)),
        *(
            Call("POST", f"{path}:ack", {"idempotencyKey": key, "accept": accept})
            for key in (pending, decided, saved, moved)
            for accept in (True, False)
        ),
        Call("POST", f"{path}:ack", {"accept": True}, {"idempotency_key": pending} | any_version),
        *(Call("PUT", f"{path}{query}", {"comment": "x"}, {"if_match": "3"}) for query in ("", "?merge=true")),
        *(Call("PUT", f"{path}?soft=true", offer, {"if_match": tag, "idempotency_key": pending}) for tag in "13*"),
        *(Call("DELETE", path, headers=headers) for headers in ({}, any_version, {"if_match": "3"})),
        Call("PUT", path, agent_saved(names), {"idempotency_key": saved}),
        Call("GET", path),
        Call("PUT", path, {"comment": "other"}),
        Call("POST", f"{path}:undo", {}, {"if_match": "1"}),
        Call("POST", f"{path}:undo", {}, {"idempotency_key": moved}),
        Call("GET", f"{path}/history"),
        Call("GET", f"{path}/proposals"),
        Call("GET", drafts),
        Call("DELETE", path, {"idempotencyKey": decided}),
        Call("PUT", f"{path}?soft=true", offer, {"idempotency_key": pending}),
        Call("POST", f"{path}:ack", {"idempotencyKey": pending, "accept": False}),
    ]


def form_calls(names: Names, kind: str) -> list[Call]:
    """Requests for a form's draft that make nothing."""
    path, any_version = f"/{kind}/draft/{names[kind]}", {"if_match": "*"}
    moved, pending, saved = (names[f"{kind}.{what}"] for what in ("moved", "pending", "saved"))
    after = cursor(names[kind], names[f"{kind}.offer.at"], pending)
    listed = cursor(names[f"{kind}.at"], names[kind])
    dormant = f"/{kind}/draft/{names[f'{kind}.dormant']}"
    text = names[f"{kind}.text"]
    return [
        Call("GET", path),
        Call("GET", dormant),
        Call("GET", f"{dormant}/proposals"),
        *(Call("GET", path, headers={"if_none_match": tag}) for tag in ('"1"', '"3"', "*")),
        *(Call("GET", path + end) for end in ("/history", "/history?limit=1", "/history?before=3", "/history/1")),
        Call("GET", f"{path}/history?at={int(names[f'{kind}.at']) + 3_600_000}"),
        *(Call("GET", path + end) for end in ("/history/2", "/history/3", "/diff?from=1", "/diff?from=1&to=2")),
        *(Call("GET", f"{path}/proposals{query}") for query in ("", "?limit=1", f"?cursor={after}")),
        *(Call("GET", f"/{kind}/proposals{query}") for query in ("", f"?limit=1&cursor={after}")),
        *(Call("GET", f"/{kind}/drafts{query}") for query in (f"?search={text}", f"?limit=1&cursor={listed}")),
        *(Call("POST", f"{path}/{move}", {}, any_version) for move in ("undo", "redo", "reset")),
        *(Call("POST", f"{path}/{move}", {}, {"if_match": "99"}) for move in ("undo", "redo", "reset")),
        Call("POST", f"{path}/undo", {"idempotency_key": moved}),
        Call("POST", f"{path}/restore", {"seq_no": 1}, any_version),
        Call("POST", f"{path}/restore", {"seq_no": 1}, {"idempotency_key": saved}),
        *(Call("PATCH", f"{path}/history/{number}", {"pinned": True, "label": "mine"}) for number in (1, 3)),
        *(Call("POST", f"/{kind}/draft", body) for body in form_bodies(names, kind)),
        *(Call("DELETE", path, headers=headers) for headers in ({}, any_version, {"if_match": "3"})),
        Call("DELETE", path, {"idempotency_key": f"discard-{uuid.uuid4().hex}"}),
        Call("DELETE", dormant, headers=any_version),
    ]


def form_bodies(names: Names, kind: str) -> Iterator[dict[str, Any]]:
    """What names something in the body of a form's POST."""
    saved, moved, pending, decided = (names[f"{kind}.{what}"] for what in ("saved", "moved", "pending", "decided"))
    for member in ("draft_id", *(() if kind == "persona" else ("input_draft_id",))):
        yield {member: names[kind], "name": "mine"}
    yield {"draft_id": names[kind], "name": "mine", "idempotency_key": saved}
    yield {"draft_id": names[kind], "name": "mine", "soft": True}
    yield {"draft_id": names[kind]}
    yield {"draft_id": names[f"{kind}.dormant"], "name": "mine"}
    yield {"draft_id": names[f"{kind}.dormant"], "name": "mine", "soft": True, "idempotency_key": pending}
    for key in (pending, decided, saved, moved):
        yield {"idempotency_key": key, "accept": True}
        yield {"idempotency_key": key, "accept": False}
        yield {"idempotency_key": key, "accept": True, "draft_id": names[kind]}
    yield {"idempotency_key": pending, "accept": True, "accept_fields": ["description"]}
    yield {"name_id": names[f"{kind}.name_id"]}
    yield {"flag_ids": [names["flag"]]}
    pair = {"model_id": "model", "flag_id": names["flag"]}
    flags: list[dict[str, Any]] = [{"model_flag_ids": [names["joined"]]}, {"model_flags": [pair]}]
    more: dict[str, list[dict[str, Any]]] = {
        "persona": [
            {"color_id": names["color"]},
            {"example_ids": [names["example"]]},
            {"examples": ["x"], "pending_ids": [names["example"]]},
        ],
        "tool": [
            {"arg_ids": [names["arg"]]},
            {"arg_position_ids": [names["position"]]},
            {"args_output_ids": [names["output"]]},
            {"arg_positions": [{"args_id": names["arg"], "value": 1}]},
            {"args_outputs": [{"args_id": names["arg"], "name": "x"}]},
        ],
        "eval": [flags[0], {"model_ids": ["model"]} | flags[1]],
        "test": [*flags, {"value_id": names["test.name_id"]}],
    }
    yield from more[kind]


def making_calls(names: Names, kind: str) -> list[Call]:
    """Requests that make a form of the caller's own, from what another one made theirs from."""
    saved = Call("POST", f"/{kind}/draft", form_saved(names, kind), {"idempotency_key": names[f"{kind}.saved"]})
    offer = {"description": names[f"{kind}.offer"], "soft": True, "idempotency_key": names[f"{kind}.pending"]}
    calls = [saved, saved, Call("POST", f"/{kind}/draft", offer), Call("GET", f"/{kind}/proposals")]
    if kind == "tool":
        outputs = [{"id": names["output"], "name": "x"}]
        rows = [{"id": names["arg"], "name": names["tool.text"], "outputs": outputs}]
        calls.append(Call("POST", "/tool/draft", {"args_drafts": rows}))
    return calls


_ROWS = {"color": "colors", "flag": "flags", "joined": "model_flags"}
_ROWS |= {"arg": "args", "position": "arg_positions", "output": "args_outputs", "example": "examples"}


def catalog_calls(names: Names) -> list[Call]:
    """Requests for an owner's private rows, by id and by value."""
    color = quote(names["color.value"], safe="")
    paths = [f"/catalog/{type_}/{names[name]}" for name, type_ in _ROWS.items()]
    after = cursor(f"VALUE#{names['color.value'][:-1]}~", "0" * 64)
    record = {"type": "departments", "value": names["color.value"], "id": names["color"]}
    return [
        *(Call("GET", path) for path in paths),
        *(Call("DELETE", path) for path in paths),
        *(Call("DELETE", path, groups=(ADMINS,)) for path in paths),
        *(Call("GET", f"/catalog/colors?scope={scope}&q={color}") for scope in ("private", "shared")),
        *(Call("GET", f"/catalog/args?scope={scope}&q={names['tool.text']}") for scope in ("private", "shared")),
        *(Call("GET", f"/catalog/colors?scope={scope}&cursor={after}") for scope in ("private", "shared")),
        Call("POST", "/catalog/colors", {"value": names["color.value"], "id": names["color"]}),
        Call("POST", "/catalog/import", {"records": [record]}),
        Call("POST", "/catalog/import", {"records": [record]}, groups=(ADMINS,)),
        Call("POST", "/catalog/colors", {"value": names["color.value"]}, groups=(ADMINS,)),
    ]


def tenant_calls(names: Names) -> list[Call]:
    """Requests for a tenant's shared row, from another tenant."""
    path, value = f"/catalog/departments/{names['shared']}", names["shared.value"]
    record = {"type": "departments", "value": value, "id": names["shared"]}
    shared = {"value": value, "id": names["shared"]}
    return [
        Call("GET", path),
        Call("GET", f"/catalog/departments?q={quote(value)}"),
        Call("POST", "/persona/draft", {"departments": [value]}),
        Call("POST", "/persona/draft", {"department_ids": [names["shared"]]}),
        *(Call("DELETE", path, groups=groups) for groups in ((), (ADMINS,))),
        Call("POST", "/catalog/departments", shared, {"idempotency_key": names["agent.saved"]}, groups=(ADMINS,)),
        Call("POST", "/catalog/import", {"records": [record]}, groups=(ADMINS,)),
        Call("DELETE", path, groups=(ADMINS,)),
    ]


def calls_of(names: Names, owner: Person, caller: Person) -> list[Call]:
    """All that a caller sends after the things of an owner."""
    calls = agent_calls(names, caller.tenant)
    if caller.tenant != owner.tenant:
        calls += agent_calls(names, owner.tenant) + tenant_calls(names)
    calls += catalog_calls(names)
    for kind in FORMS:
        calls += form_calls(names, kind) + making_calls(names, kind)
    return calls + [replace(call, method="HEAD") for call in calls if call.method == "GET"]


# --------------------------------------------------------------------------------------------------- the answers

_OWN_HEADERS = ("date", "apigw-requestid")
_HEADERS = {"content-type", "content-length", "connection", "cache-control", "etag", "link", "idempotency-replayed"}
# What the server makes anew for each thing that a caller makes.
_MADE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|\b1[0-9]{12}\b")


def marks(names: Names) -> Names:
    """How names, and those that name nothing, stand in an answer: as they are, or encoded for a link."""
    both = [*names.items(), *missing(names).items()]
    return {
        spelled: f"<{name}>"
        for name, value in both
        if not name.endswith(".at")
        for spelled in (value, quote(value, safe=""))
    }


def seen(reply: Reply, put_aside: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
    """An answer without the request's own marks, and with names put aside."""
    headers = {name: value for name, value in reply.headers.items() if name not in _OWN_HEADERS}
    assert headers.keys() <= _HEADERS
    text = json.dumps([headers, reply.body.decode()])
    text = text.replace(reply.headers["apigw-requestid"], "<request>")
    for value, name in put_aside.items():
        text = text.replace(value, name)
    if reply.status < 300:
        text = _MADE.sub("<made>", text)
    headers, body = json.loads(text)
    return reply.status, headers, body


def leaked(reply: Reply, names: Names, said: str, *, shares: bool) -> list[str]:
    """The names of an owner that an answer tells to a caller who never said them; `shares`: the two have one tenant."""
    told = reply.body.decode() + json.dumps(dict(reply.headers))
    return [
        name
        for name, value in names.items()
        if value in told and value not in said and not name.endswith(".at") and not (shares and "shared" in name)
    ]


def differences(
    api: Api,
    owner: Person,
    caller: Person,
    names: Names,
    calls: Callable[[Names], list[Call]],
    made: list[str],
    **more: str,
) -> list[str]:
    """The requests whose two answers a caller can tell apart, or that tell of what the caller did not say.

    made: what callers of this tenant have made before, and so may be told of
    """
    found = []
    others, put_aside = missing(names), marks(names)
    for one, other in zip(calls(names), calls(others), strict=True):
        first, second = one.send(api, caller, **more), other.send(api, caller, **more)
        if first.status == 200 and one.method not in ("GET", "HEAD"):
            made.append(str(one))
        said = "".join((*made, str(one)))
        told = leaked(first, names, said, shares=owner.tenant == caller.tenant) if caller != owner else []
        if seen(first, put_aside) != seen(second, put_aside) or told:
            answers = "".join(f"\n  {reply.status} {reply.headers} {reply.body[:400]!r}" for reply in (first, second))
            found.append(f"{caller} {one}: told {told}{answers}")
    return found


def whole(api: Api, owner: Person, names: Names) -> dict[str, tuple[int, bytes, str | None]]:
    """All that an owner can read: drafts, histories, proposals, rows, and the answers that keys still give."""
    agent = agent_path(owner.tenant, names)
    paths = [agent, f"{agent}/history", f"{agent}/history/1", f"{agent}/history/2", f"{agent}:diff?from=1&to=2"]
    paths += [f"{agent}/proposals", f"{agent.partition('/revisions/')[0]}/drafts"]
    for kind in FORMS:
        draft = f"/{kind}/draft/{names[kind]}"
        paths += [draft, f"{draft}/history", f"{draft}/history/1", f"{draft}/history/2", f"{draft}/diff?from=1&to=2"]
        paths += [f"{draft}/proposals", f"/{kind}/drafts", f"/{kind}/proposals"]
    paths += [f"/catalog/{type_}?scope=private" for type_ in _ROWS.values()]
    paths += [f"/catalog/{type_}/{names[name]}" for name, type_ in _ROWS.items() if name != "example"]
    calls = [Call("GET", path) for path in paths]
    # A replay reads its record and writes nothing.
    keyed = [Call("PUT", agent, agent_saved(names), {"idempotency_key": names["agent.saved"]})]
    keyed.append(Call("POST", f"{agent}:undo", {}, {"idempotency_key": names["agent.moved"]}))
    keyed.append(Call("POST", f"{agent}:ack", {"idempotencyKey": names["agent.decided"], "accept": False}))
    for kind in FORMS:
        draft = f"/{kind}/draft"
        keyed.append(Call("POST", draft, form_saved(names, kind) | {"idempotency_key": names[f"{kind}.saved"]}))
        keyed.append(Call("POST", f"{draft}/{names[kind]}/undo", {"idempotency_key": names[f"{kind}.moved"]}))
        keyed.append(Call("POST", draft, {"idempotency_key": names[f"{kind}.decided"], "accept": False}))
    read = {f"{call.method} {call.path} {call.body}": call.send(api, owner) for call in (*calls, *keyed)}
    assert {reply.status for reply in read.values()} == {200}
    replayed = [reply for reply in read.values() if "idempotency-replayed" in reply.headers]
    assert len(replayed) == len(keyed)
    return {key: (reply.status, reply.body, reply.headers.get("etag")) for key, reply in read.items()}


def disguise(owner: Person, names: Names) -> dict[str, str]:
    """Headers by which proxies tell who calls, and for what: here only a token does."""
    path = agent_path(owner.tenant, names)
    headers = {"tenant": owner.tenant, "user": owner.user, "forwarded_user": owner.user, "original_url": path}
    headers |= {"rewrite_url": path, "amzn_oidc_identity": owner.user, "http_method_override": "DELETE"}
    return {f"x_{name}": value for name, value in headers.items()}


# ----------------------------------------------------------------------------------------------------- the tests


def test_every_route_is_asked(owned: dict[Person, Names]) -> None:
    calls = calls_of(owned[ANN], ANN, PEOPLE[2])

    assert {call.route for call in calls} == {route.key for route in ROUTES}


def test_what_another_owner_has_is_as_if_it_had_never_been(guarded: Api, owned: dict[Person, Names]) -> None:
    pairs = 0
    for owner, names in owned.items():
        made: dict[str, list[str]] = {person.tenant: [] for person in PEOPLE}
        before = whole(guarded, owner, names)
        for stranger in PEOPLE:
            if stranger == owner:
                continue
            calls = partial(calls_of, owner=owner, caller=stranger)
            headers = disguise(owner, names)
            found = differences(guarded, owner, stranger, names, calls, made[stranger.tenant], **headers)
            assert not found, "\n".join(found)
            pairs += len(calls(names))

        assert whole(guarded, owner, names) == before
    keep("isolation", count=pairs, unit="pairs of requests", result="no two answers could be told apart")


def test_a_draft_of_another_kind_is_absent_to_its_owner_too(guarded: Api, owned: dict[Person, Names]) -> None:
    names = owned[ANN]
    turned = names | {
        f"{kind}{what}": names[f"{other}{what}"]
        for kind, other in zip(FORMS, FORMS[1:] + FORMS[:1], strict=True)
        for what in ("", ".dormant", ".saved", ".moved", ".pending", ".decided", ".name_id", ".text")
    }
    rows = list(_ROWS)
    turned |= {name: names[other] for name, other in zip(rows, rows[1:] + rows[:1], strict=True)}
    before = whole(guarded, ANN, names)

    def calls(of: Names) -> list[Call]:
        rows = [Call("GET", f"/catalog/{type_}/{of[name]}") for name, type_ in _ROWS.items()]
        return [call for kind in FORMS for call in form_calls(of, kind)] + rows

    found = differences(guarded, ANN, ANN, turned, calls, [])

    assert not found, "\n".join(found)
    assert whole(guarded, ANN, names) == before


def test_the_owner_of_another_tenants_path_finds_nothing_whatever_is_there(
    guarded: Api, owned: dict[Person, Names]
) -> None:
    names = owned[ANN]
    before = whole(guarded, ANN, names)

    replies = [call.send(guarded, ANN) for call in agent_calls(names, "evil")]

    assert {(reply.status, reply.code) for reply in replies} == {(404, "not_found")}
    assert whole(guarded, ANN, names) == before


def test_what_is_absent_to_strangers_is_there_for_its_owner(guarded: Api, owned: dict[Person, Names]) -> None:
    names = owned[ANN]
    reads = [call for call in calls_of(names, ANN, ANN) if call.method == "GET" and "cursor" not in call.path]
    named = [call for call in reads if any(value in call.path for value in names.values())]

    replies = [(call.route, call.send(guarded, ANN)) for call in named]

    found = {route for route, reply in replies if reply.status == 200 and reply.body != b"[]"}
    # All rows of an owner's catalog, and all of an inbox, are listed without a name.
    assert found == {call.route for call in named}


# -------------------------------------------------------------------------------------------------- who may write

NEAR_ADMINS: list[tuple[str, ...]] = [
    (),
    ("admin",),
    ("Catalog-Admin",),
    ("catalog-admins",),
    ("not-catalog-admin",),
    ("catalog", "admin"),
    ("catalog_admin",),
    ("catalog-admin:evil",),
    ("*",),
]


@pytest.mark.parametrize("groups", NEAR_ADMINS)
def test_only_the_group_itself_writes_shared_rows(
    guarded: Api, owned: dict[Person, Names], groups: tuple[str, ...]
) -> None:
    names = owned[ANN]
    value = f"Forbidden {uuid.uuid4().hex}"
    calls = [
        Call("POST", "/catalog/departments", {"value": value}, groups=groups),
        Call("POST", "/catalog/departments", {"value": value}, {"idempotency_key": uuid.uuid4().hex}, groups),
        Call("POST", "/catalog/import", {"records": [{"type": "departments", "value": value}]}, groups=groups),
        Call("DELETE", f"/catalog/departments/{names['shared']}", groups=groups),
        Call("DELETE", f"/catalog/departments/{missing(names)['shared']}", groups=groups),
    ]

    replies = [call.send(guarded, ANN) for call in calls]

    assert {(reply.status, reply.code) for reply in replies} == {(403, "forbidden")}
    assert guarded.call("GET", f"/catalog/departments?q={quote(value)}", **ANN.token()).json == []
    shared = guarded.call("GET", f"/catalog/departments/{names['shared']}", **ANN.token())
    assert (shared.status, shared.json["archived"]) == (200, False)


# -------------------------------------------------------------------------------------------------------- tokens


def signed(secret: str = SECRET, algorithm: str = "HS256", *, tenant: Any = "acme", **claims: Any) -> str:
    """A token of ann's with other claims; None takes one away."""
    said = {"sub": "ann", "custom:tenant": tenant, "exp": 4_000_000_000} | claims
    return jwt.encode({name: value for name, value in said.items() if value is not None}, secret, algorithm)


def tampered() -> str:
    """The claims of one token under the signature of another."""
    head, _, signature = signed(sub="bob").split(".")
    return ".".join((head, signed().split(".")[1], signature))


TOKENS = {
    "none": {},
    "empty": {"authorization": ""},
    "no token": {"authorization": "Bearer"},
    "garbage": bearer("garbage"),
    "three parts of garbage": bearer("a.b.c"),
    "another scheme": {"authorization": "Basic YW5uOmFubg=="},
    "another secret": bearer(signed("another secret that is long enough to be one")),
    "a local secret": bearer(signed("local-development-only-not-a-secret")),
    "expired": bearer(mint_token(SECRET, tenant="acme", user="ann", hours=-1)),
    "not yet": bearer(signed(nbf=3_900_000_000)),
    "alg none": bearer(signed("", "none")),
    "no signature": bearer(signed().rpartition(".")[0] + "."),
    "another algorithm": bearer(signed(algorithm="HS512")),
    "tampered": bearer(tampered()),
    "no tenant": bearer(signed(tenant=None)),
    "two tenants": bearer(signed(tenant=["acme", "evil"])),
    "a list of one tenant": bearer(signed(tenant=["acme"])),
    "a tenant that is a path": bearer(signed(tenant="..")),
    "a tenant with a separator": bearer(signed(tenant="acme#ann")),
    "no user": bearer(signed(sub=None)),
    "an empty user": bearer(signed(sub="")),
    "a user that is too long": bearer(signed(sub="a" * 1025)),
    "only headers of proxies": {"x_user": "ann", "x_tenant": "acme", "x_amzn_oidc_identity": "ann"},
}


def test_without_a_valid_token_every_route_is_401(guarded: Api, owned: dict[Person, Names]) -> None:
    names = owned[ANN]
    calls = {call.route: call for call in reversed(calls_of(names, ANN, PEOPLE[2]))}
    assert calls.keys() == {route.key for route in ROUTES}
    before = whole(guarded, ANN, names)

    for name, headers in TOKENS.items():
        for key, call in calls.items():
            reply = guarded.call(call.method, call.path, call.body, **call.headers, **headers)

            assert reply.status == 401, (name, key, reply)
            assert reply.headers["www-authenticate"].lower().startswith("bearer")
            assert leaked(reply, names, str(call), shares=False) == []
    assert whole(guarded, ANN, names) == before


def test_deployed_every_route_has_the_authorizer_that_checks_issuer_and_audience() -> None:
    # The development server has no audience to compare with; deployed, the gateway has.
    text = (ROOT / "template.yaml").read_text()
    authorizer = text.partition("Authorizers:")[2].partition("CorsConfiguration")[0]

    everything = {route.key for route in parse_template(text).routes}
    assert everything - {route.key for route in ROUTES} == OPEN
    assert "DefaultAuthorizer: Jwt" in text
    assert all(f"{part}:" in authorizer for part in ("issuer", "audience"))
