"""The events through `sam local`: real containers, the built layer, and the answers that `make serve` gives."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from draftkeep.differences import differences
from tests import tales
from tests.rehearsals import keep
from tests.sam.image import ensure, is_made
from tests.sam.stack import ROOT, docker_daemon, engine, invoke, sam_local
from tests.served import Api
from tests.stories import event
from tests.tales import FUNCTIONS, TALES, Answer, Told, as_promised, statuses, tale

BUILT = ROOT / ".aws-sam" / "build"
# What the command itself is sent, as a person would: an agent's save, a form, and the one function without a route.
ALONE = {
    "AgentDraftFunction": "agent_save_created",
    "PersonaDraftFunction": "persona_list_first_page",
    "SweepFunction": "sweep_daily",
}
# Unpacked, a function and its layers together.
_LAMBDA_LIMIT = 250_000_000


def _measured(folder: Path) -> dict[str, int]:
    """What a built package comes to, and how large it is as `sam deploy` uploads it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return {
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in files),
        "zipped": packed.getbuffer().nbytes,
    }


def _assert_alike(told: dict[str, Told], wanted: dict[str, Told]) -> None:
    differing = [name for name, answer in told.items() if answer != wanted[name]]
    assert told.keys() == wanted.keys()
    assert not differing, (
        differing,
        told[differing[0]],
        wanted[differing[0]],
        differences(told[differing[0]].body, wanted[differing[0]].body),
    )


@pytest.fixture(scope="module")
def as_served() -> dict[str, dict[str, Told]]:
    return tales.as_served()


# The development server has the processors to itself: it has answered before the first container starts.
@pytest.fixture(scope="module")
def image(as_served: dict[str, dict[str, Told]]) -> Iterator[str]:
    with docker_daemon():
        there, start = is_made(), time.perf_counter()
        name = ensure()
        if not there:
            keep("image", {"made_s": time.perf_counter() - start})
        yield name


@pytest.fixture(scope="module")
def started(image: str) -> Iterator[Api]:
    """`sam local start-api`."""
    with engine() as url, sam_local("start-api", url, image) as running:
        yield Api(running.port, running.process, running.output)


def test_the_packages_fit_into_what_lambda_takes() -> None:
    packages = {folder.name: _measured(folder) for folder in BUILT.iterdir() if folder.is_dir()}

    layer = packages["ResolverLayer"]["bytes"]
    assert packages.keys() == {*FUNCTIONS.values(), "ResolverLayer", "SweepFunction"}
    assert [name for name, one in packages.items() if one["bytes"] + layer > _LAMBDA_LIMIT] == []
    keep("packages", packages)


def test_the_development_server_answers_every_route_with_success_and_with_a_refusal(
    as_served: dict[str, dict[str, Told]],
) -> None:
    found = {route: seen for told in as_served.values() for route, seen in statuses(told).items()}

    assert all(as_promised(name, told) for name, told in as_served.items())
    assert list(tales.not_called_both_ways(found)) == []
    keep("served", found)


def test_a_save_in_a_container_cold_and_warm(started: Api) -> None:
    path, times = "/v1/tenants/local/agents/timed/revisions/1/draft", []
    for version in range(21):
        start = time.perf_counter()
        reply = started.call("PUT", path, {"comment": f"turn {version}"}, if_match=str(version))
        times.append(time.perf_counter() - start)
        assert (reply.status, reply.json.get("version")) == (200, version + 1), reply.body[:1000]

    warm_ms = sorted(one * 1000 for one in times[1:])
    keep("warm", {"first_s": times[0], "median_ms": (warm_ms[9] + warm_ms[10]) / 2, "slowest_ms": warm_ms[-1]})


def test_every_route_answers_in_containers_as_it_does_in_the_development_server(
    started: Api, as_served: dict[str, dict[str, Told]]
) -> None:
    found: dict[str, list[int]] = {}
    for name in TALES:
        told = tale(name, tales.over_http(started))
        _assert_alike(told, as_served[name])
        found |= statuses(told)

    assert found.keys() == FUNCTIONS.keys()
    keep("sam_local", found)


def test_every_event_is_answered_by_a_function_in_its_container(
    image: str, as_served: dict[str, dict[str, Told]], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(engine())
        running = stack.enter_context(sam_local("start-lambda", url, image))
        config = Config(read_timeout=120, retries={"max_attempts": 0})
        client: Any = botocore.session.get_session().create_client(
            "lambda", endpoint_url=f"http://127.0.0.1:{running.port}", region_name="us-east-1", config=config
        )

        def send(sent: dict[str, Any]) -> Answer:
            answered = client.invoke(FunctionName=FUNCTIONS[sent["routeKey"]], Payload=json.dumps(sent))
            return Answer.of_function(json.loads(answered["Payload"].read()))

        for name in TALES:
            answers = tale(name, send, heads_too=False)
            _assert_alike(answers, {one: as_served[name][one] for one in answers})
        swept = client.invoke(FunctionName="SweepFunction", Payload=json.dumps(event("sweep_daily")))
        assert json.loads(swept["Payload"].read())["finished"] is True


def test_the_command_that_invokes_a_function_prints_its_answer(image: str, tmp_path: Path) -> None:
    answers, took_s = {}, {}
    with engine() as url:
        # One after the other: two that start together may take the same port.
        for function, name in ALONE.items():
            file, start = tmp_path / f"{name}.json", time.perf_counter()
            file.write_text(json.dumps(event(name)))
            answers[function] = invoke(function, file, url, image)
            took_s[function] = time.perf_counter() - start

    assert answers["SweepFunction"]["finished"] is True
    assert answers["AgentDraftFunction"]["statusCode"] == answers["PersonaDraftFunction"]["statusCode"] == 200
    keep("invoked", {"save_s": took_s["AgentDraftFunction"]})
