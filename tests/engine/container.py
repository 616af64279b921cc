"""All functions in one process as Lambda runs them: events in, answers out, on an engine, with a clock that is moved.

Between two requests the tables can be put back to what they held, and what can be read of them is told as one mapping.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

import draftkeep.service.catalog
from draftkeep import store, wiring
from draftkeep.deadline import Deadline
from draftkeep.service import beside
from draftkeep.service.writing import Writing
from local.events import Request
from local.gateway import Gateway
from local.identity import Authorizer
from local.routing import Router, parse_target
from local.runtime import Runtime
from local.template import Template, parse_template
from tests.catalogs import new_catalog_table
from tests.engine.calls import kind_of
from tests.engine.faults import Call, Clock, Fault, Injector
from tests.tables import ROOT, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The keys of an item; what a table holds, by these; what both tables hold.
_Key = tuple[str, str]
_Items = dict[_Key, dict[str, Any]]
Stored = tuple[_Items, _Items]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME_MS = re.compile(r"\b(?:00)?[12][0-9]{12}\b")
_TIME_S = re.compile(r"\b[12][0-9]{9}\b")

DRAFT = "{draft}"
AGENT = "/v1/tenants/local/agents/support"
AGENT_DRAFT = f"{AGENT}/revisions/3/draft"
_WRITTEN_AT_ONCE = 25
_PATIENCE_S = 60


@dataclass(frozen=True)
class Sent:
    """A request: `{draft}` in it stands for the form that was created first.

    key: its operation key, in the header, or where `{key}` stands in the body; None without one
    if_match: the version in If-Match
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    if_match: str | None = None
    key: str | None = None

    def text(self, draft_id: str) -> str:
        text = json.dumps(self.body) if self.body is not None else ""
        return text.replace(DRAFT, draft_id).replace("{key}", self.key or "")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        named = {"content-type": "application/json", "if-match": self.if_match}
        in_header = self.key is not None and "{key}" not in json.dumps(self.body)
        named["idempotency-key"] = self.key if in_header else None
        return tuple((name, value) for name, value in named.items() if value is not None)


@dataclass(frozen=True)
class Reply:
    """An answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def told(self) -> tuple[Any, ...]:
        """What it says, but for what differs between two runs: ids, times, and whether it was said before."""
        body = self.body
        if self.status >= 400 and isinstance(body, dict):
            body = {name: value for name, value in body.items() if name != "instance"}
        return self.status, self.headers.get("etag"), normal(body)


def normal(value: Any, *, ranked: bool = False) -> str:
    """JSON whose ids are numbered in the order in which they come, and whose times say nothing.

    ranked: but for their order
    """
    text = json.dumps(value, sort_keys=True, default=lambda raw: sha256(raw).hexdigest())
    labels: dict[str, str] = {}
    text = _UUID.sub(lambda found: labels.setdefault(found.group(), f"id-{len(labels)}"), text)
    ranks = {time: rank for rank, time in enumerate(sorted({int(time) for time in _TIME_MS.findall(text)}))}
    text = _TIME_MS.sub(lambda found: f"time-{ranks[int(found.group())]}" if ranked else "time", text)
    return _TIME_S.sub("second", text)


@dataclass
class Container:
    """A container of every function, and its tables.

    draft_id: of the form that the requests are about
    """

    client: DynamoDBClient
    gateway: Gateway
    injector: Injector
    clock: Clock
    tables: tuple[str, str]
    draft_id: str = ""
    _read: dict[str, dict[str, str]] = field(default_factory=dict)
    _held: Stored | None = None

    def send(self, sent: Sent, call: Call | None = None, fault: Fault | None = None) -> Reply:
        """Send a request to a container that has nothing in its cache; a call of it goes wrong."""
        return self.traced(sent, call, fault)[0]

    def traced(self, sent: Sent, call: Call | None = None, fault: Fault | None = None) -> tuple[Reply, list[Call]]:
        """As `send`; tells the calls as well."""
        wiring.writing().log._keyframes._cached.clear()
        target, body = sent.path.replace(DRAFT, self.draft_id), sent.text(self.draft_id).encode()
        request = Request(sent.method, parse_target(target), sent.headers, body, body_bytes=len(body))
        with self.injector.noting(call, fault) as calls:
            answer = self.gateway.answer(request)
            _await_threads()
        if any(one.writes for one in calls):
            self._held = None
        content = json.loads(answer.body) if answer.body else None
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers}, content), calls

    # ---------------------------------------------------------------------------------------------- the tables

    def stored(self) -> Stored:
        """All items of both tables, read again when a request may have written since."""
        if self._held is None:
            drafts, catalog = (self._items(table) for table in self.tables)
            self._held = drafts, catalog
        return self._held

    def put_back(self, stored: Stored) -> None:
        """Make the tables hold these items again, and no others."""
        for table, held, wanted in zip(self.tables, self.stored(), stored, strict=True):
            requests: list[Any] = [
                {"PutRequest": {"Item": item}} for key, item in wanted.items() if held.get(key) != item
            ]
            requests += [
                {"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}}
                for key, item in held.items()
                if key not in wanted
            ]
            for start in range(0, len(requests), _WRITTEN_AT_ONCE):
                left = self.client.batch_write_item(RequestItems={table: requests[start : start + _WRITTEN_AT_ONCE]})
                assert not left["UnprocessedItems"]
        self._held = stored

    def _items(self, table: str) -> _Items:
        found: Any = self.client.scan(TableName=table, ConsistentRead=True)
        assert "LastEvaluatedKey" not in found
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found["Items"]}

    # --------------------------------------------------------------------------------------------- what is read

    def readable(self) -> dict[str, str]:
        """All that can be read, by where it is read; every listed thing can be.

        What is stored decides what is read: two states that differ in ids and times alone are read once.
        """
        stored = self.stored()
        known = _known_by(stored)
        if known not in self._read:
            self._read[known] = {**self._readable_drafts(stored[0]), **self._readable_rows(stored[1])}
        return self._read[known]

    def _readable_drafts(self, items: _Items) -> dict[str, str]:
        logs: dict[str, dict[str, None]] = {}
        for pk in (pk for pk, _ in items if kind_of(pk) in {"draft", "index", "proposal"}):
            ids = logs.setdefault(pk.split("#")[0], {})
            if kind_of(pk) == "draft":
                ids[pk.rsplit("#", 1)[1]] = None
        places: dict[str, str] = {}
        for kind, drafts in logs.items():
            if kind == "agent":
                places |= self._readable_draft(kind, AGENT_DRAFT, f"{AGENT}/drafts", None)
                continue
            listed = {one["id"] for one in self._get(f"/{kind}/drafts").body}
            assert listed <= drafts.keys()
            places[f"/{kind}/proposals"] = normal(self._get(f"/{kind}/proposals").body)
            for number, draft_id in enumerate(drafts):
                path = f"/{kind}/draft/{draft_id}"
                places |= self._readable_draft(f"{kind} {number}", path, f"/{kind}/drafts", draft_id)
        return places

    def _readable_draft(self, name: str, path: str, list_path: str, draft_id: str | None) -> dict[str, str]:
        """One draft: as it is, its history with every content, its proposals, and how it is listed."""
        listed = [one for one in self._get(list_path).body if draft_id in (None, one.get("id"))]
        head, history = self._get(path), self._get(f"{path}/history", absent=True)
        assert (head.status == 200) == (history.status == 200) == bool(listed)
        entries: list[Any] = []
        if history.status == 200:
            assert history.body["next"] is None
            seq_no, created_at = ("seqNo", "createdAt") if draft_id is None else ("seq_no", "created_at")
            entries = [self._get(f"{path}/history/{one[seq_no]}").body for one in history.body["entries"]]
            times = [one[created_at] for one in history.body["entries"]]
            assert times == sorted(times, reverse=True)
        proposals = self._get(f"{path}/proposals", absent=True)
        told = {"head": head.told, "history": history.told, "entries": entries, "proposals": proposals.told}
        return {f"{name}: {part}": normal(value) for part, value in (told | {"listed": listed}).items()}

    def _readable_rows(self, items: _Items) -> dict[str, str]:
        """Every row by its id, and every row as it is listed."""
        places: dict[str, str] = {}
        rows = {pk: pk.split("#") for pk, sk in items if sk.startswith(("ID#", "VALUE#"))}
        for pk, (*_, type_) in rows.items():
            ids = {sk.removeprefix("ID#") for partition, sk in items if partition == pk and sk.startswith("ID#")}
            scope = "private" if pk.count("#") > 1 else "shared"
            for id_ in ids:
                places[f"{scope} {type_} {id_}"] = normal(self._get(f"/catalog/{type_}/{id_}").body)
            for one in self._get(f"/catalog/{type_}?scope={scope}").body:
                assert one["id"] in ids
                places[f"listed {scope} {type_} {one['id']}"] = normal(one)
        return places

    def _get(self, path: str, *, absent: bool = False) -> Reply:
        reply = self.send(Sent("GET", path))
        assert reply.status == 200 or (reply.status in (204, 404) and (absent or "/draft" in path)), (path, reply)
        return reply


def _known_by(stored: Stored) -> str:
    """What is stored, but for ids and times, and for keyframes that nothing names."""
    drafts, catalog = stored
    named = {item["kf"]["S"] for item in drafts.values() if "kf" in item}
    alive = [
        item
        for item in drafts.values()
        if kind_of(item["pk"]["S"]) != "keyframe" or item["sk"]["S"].rpartition("#")[0] in named
    ]
    return normal([sorted(items, key=normal) for items in (alive, catalog.values())], ranked=True)


def _await_threads() -> None:
    """Wait until nothing runs beside any more: a request that failed leaves its other reads behind."""
    workers = beside._threads._max_workers
    barrier = threading.Barrier(workers + 1)
    for _ in range(workers):
        beside._threads.submit(barrier.wait)
    barrier.wait()


@contextmanager
def new_container(client: DynamoDBClient) -> Iterator[Container]:
    """A container with empty tables. Nobody waits in it: each wait moves its clock."""
    clock = Clock(wall_s=1_800_000_000.0)
    tables = new_table(client), new_catalog_table(client)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "Deadline", partial(Deadline, clock.elapsed))
        patch.setattr(wiring, "Store", partial(store.Store, sleep=clock.wait))
        waits = {"clock": clock.now_ms, "sleep": clock.wait, "elapsed": clock.elapsed}
        patch.setattr(wiring, "Writing", partial(Writing, **waits))  # type: ignore[arg-type]
        resources = draftkeep.service.catalog.Resources
        patch.setattr(draftkeep.service.catalog, "Resources", partial(resources, clock=clock.now_ms))
        # What goes wrong here is made to: a busy machine is not.
        patient = Config(connect_timeout=_PATIENCE_S, read_timeout=_PATIENCE_S)
        patch.setattr(store, "_CLIENT", store._CLIENT.merge(patient))
        # The SDK waits by the same clock, and is never out of tries for what went wrong before.
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=clock.move))
        patch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
        template = _on_tables(parse_template((ROOT / "template.yaml").read_text()), *tables)
        for function in template.functions.values():
            patch.delitem(sys.modules, function.handler.rpartition(".")[0], raising=False)
        _forget()
        try:
            runtime = Runtime(template.functions)
            runtime.load()
            gateway = Gateway(Router(template.routes), runtime, Authorizer(required=False, secret=""), None)
            yield Container(client, gateway, Injector(wiring.client(), clock), clock, tables)
        finally:
            _forget()
            for function in template.functions.values():
                sys.modules.pop(function.handler.rpartition(".")[0], None)
    for table in tables:
        client.delete_table(TableName=table)


def _forget() -> None:
    wiring.forget()
    wiring.deadline.cache_clear()
    wiring.history.cache_clear()


def _on_tables(template: Template, drafts: str, catalog: str) -> Template:
    """The template with other tables, and functions that log nothing."""
    environment = {
        "DRAFTS_TABLE": drafts,
        "CATALOG_TABLE": catalog,
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    functions = {
        name: replace(function, environment={**function.environment, **environment})
        for name, function in template.functions.items()
    }
    return replace(template, functions=functions)
