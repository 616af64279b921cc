"""The events through `sam local`: real containers, the built layer, and the answers that `make serve` gives."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import botocore.session
import pytest
from botocore.config import Config

from draftkeep.differences import differences
from local.template import parse_template
from tests.sam.image import ensure
from tests.sam.stack import ROOT, docker_daemon, engine, invoke, sam_local
from tests.served import Api, Reply, served
from tests.stories import AGENT_STORY, CATALOG_STORY, FORM_STORY, FORMS, REFERENCE_STORY, event, tell

TEMPLATE = parse_template((ROOT / "template.yaml").read_text())
FUNCTIONS = {route.key: route.function for route in TEMPLATE.routes}
TALES = {
    "catalog": CATALOG_STORY,
    "agent": AGENT_STORY,
    "reference": REFERENCE_STORY,
    **{kind: [(f"{kind}_{name}", status) for name, status in FORM_STORY] for kind in FORMS},
}
# What one command of the CLI is sent for each function: an event that needs nothing before it.
ALONE = {
    "CatalogFunction": "catalog_list_departments",
    "AgentDraftFunction": "agent_list_first_page",
    "ReferenceFunction": "reference_document_read",
    **{f"{kind.title()}DraftFunction": f"{kind}_list_first_page" for kind in FORMS},
}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMPARED = ("content-type", "etag", "cache-control", "idempotency-replayed", "retry-after", "content-security-policy")


@dataclass(frozen=True)
class Told:
    """What an answer says, but for what is another one each time."""

    status: int
    headers: dict[str, str]
    body: Any


def told(status: int, headers: dict[str, str], body: str, names: dict[str, str]) -> Told:
    """names: the ids that were met so far, each under a name of its own"""
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in _COMPARED}
    if not body:
        # `sam local` gives every answer a type.
        kept.pop("content-type", None)
    steady = json.dumps(_steady(json.loads(body))) if body.startswith(("{", "[")) else body
    named = _UUID.sub(lambda found: names.setdefault(found.group(), f"id {len(names)}"), steady)
    return Told(status, kept, json.loads(named) if named.startswith(("{", "[")) else named)


def _steady(value: Any) -> Any:
    """Without times and request ids."""
    if isinstance(value, dict):
        return {name: _steady(one) for name, one in value.items() if name != "instance"}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return "a time" if isinstance(value, int) and value > 1_600_000_000_000 else value


def over_http(api: Api, sent: dict[str, Any]) -> Reply:
    """Send what an event tells of, as the client that it came from did."""
    query = sent.get("rawQueryString")
    target = quote(sent["rawPath"], safe="/:@~!$&'()*+,;=") + (f"?{query}" if query else "")
    headers = {name: value for name, value in sent["headers"].items() if name not in ("host", "content-length")}
    body = sent["body"].encode() if "body" in sent else None
    return api.send(sent["requestContext"]["http"]["method"], target, body, headers)


def tale_over_http(api: Api, tale: str) -> dict[str, Told]:
    names: dict[str, str] = {}
    story = [name for name, _ in TALES[tale]]
    replies = tell(story, lambda sent: over_http(api, sent), lambda reply: reply.body.decode())
    return {
        name: told(reply.status, dict(reply.headers), reply.body.decode(), names) for name, reply in replies.items()
    }


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    subprocess.run(["make", "--no-print-directory", "build"], cwd=ROOT, check=True, capture_output=True)
    with docker_daemon():
        yield ensure()


@pytest.fixture(scope="module")
def as_served() -> dict[str, dict[str, Told]]:
    """What `make serve` answers."""
    with served() as api:
        return {tale: tale_over_http(api, tale) for tale in TALES}


@pytest.fixture(scope="module")
def started(image: str) -> Iterator[Api]:
    """`sam local start-api`."""
    with engine() as url, sam_local("start-api", url, image) as running:
        yield Api(running.port, running.process, running.output)


def test_a_save_in_a_container_cold_and_warm(started: Api) -> None:
    path, times = "/v1/tenants/local/agents/timed/revisions/1/draft", []
    for version in range(21):
        start = time.perf_counter()
        reply = started.call("PUT", path, {"comment": f"turn {version}"}, if_match=str(version))
        times.append((time.perf_counter() - start) * 1000)
        assert (reply.status, reply.json.get("version")) == (200, version + 1), reply.body[:1000]

    print(f"\nfirst save {times[0]:.0f} ms, then median {sorted(times[1:])[10]:.0f} ms, worst {max(times[1:]):.0f} ms")


@pytest.mark.parametrize("tale", TALES)
def test_every_route_answers_in_containers_as_it_does_in_the_development_server(
    started: Api, as_served: dict[str, dict[str, Told]], tale: str
) -> None:
    answers = tale_over_http(started, tale)

    differing = [name for name, answer in answers.items() if answer != as_served[tale][name]]
    assert not differing, (
        differing,
        differences(answers[differing[0]].body, as_served[tale][differing[0]].body),
    )
    assert {name: answer.status for name, answer in answers.items()} == dict(TALES[tale])
    routes = {event(name)["routeKey"] for name in answers}
    print(f"\n{tale}: {len(answers)} requests on {len(routes)} routes, answered alike")


def test_every_event_is_answered_by_the_emulated_lambda_service(
    image: str, as_served: dict[str, dict[str, Told]], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(engine())
        running = stack.enter_context(sam_local("start-lambda", url, image))
        config = Config(read_timeout=120, retries={"max_attempts": 0})
        client: Any = botocore.session.get_session().create_client(
            "lambda", endpoint_url=f"http://127.0.0.1:{running.port}", region_name="us-east-1", config=config
        )

        def send(sent: dict[str, Any]) -> dict[str, Any]:
            function = FUNCTIONS[sent["routeKey"]]
            answer: dict[str, Any] = json.loads(
                client.invoke(FunctionName=function, Payload=json.dumps(sent))["Payload"].read()
            )
            return answer

        for tale, story in TALES.items():
            names: dict[str, str] = {}
            answers = tell([name for name, _ in story], send, lambda answer: str(answer.get("body") or ""))
            for name, answer in answers.items():
                found = told(answer["statusCode"], answer["headers"], str(answer.get("body") or ""), names)
                assert (found.status, found.body) == (as_served[tale][name].status, as_served[tale][name].body), name

        sweep = json.loads(
            client.invoke(FunctionName="SweepFunction", Payload=json.dumps(event("sweep_daily")))["Payload"].read()
        )
        assert sweep["finished"] is True

        for function, name in ALONE.items():
            file = tmp_path / f"{name}.json"
            file.write_text(json.dumps(event(name)))
            assert invoke(function, file, url, image)["statusCode"] == 200, function
        assert set(ALONE) == set(FUNCTIONS.values())
