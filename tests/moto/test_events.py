"""The events of events/ through the real handlers: what `sam local invoke` would answer."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from draftkeep import settings, wiring
from local.template import parse_template
from tests.tables import ROOT, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

# In this order, on one table that is empty at first.
STORY = [
    ("agent_save_malformed", 400),
    ("agent_read_absent", 204),
    ("agent_reset_absent", 404),
    ("agent_save_created", 200),
    ("agent_save_next", 200),
    ("agent_save_conflict", 409),
    ("agent_read_current", 200),
    ("agent_undo_unguarded", 428),
    ("agent_undo_done", 200),
    ("agent_redo_done", 200),
    ("agent_redo_nothing", 422),
    ("agent_reset_done", 200),
    ("agent_list_first_page", 200),
    ("agent_list_malformed", 400),
    ("agent_discard_stale", 409),
    ("agent_discard_done", 204),
]

TEMPLATE = parse_template((ROOT / "template.yaml").read_text())


class Context:
    """As much of a Lambda context as the handlers use."""

    function_name = "test"
    aws_request_id = "test"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def event(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def handler_of(client: DynamoDBClient) -> Iterator[Callable[[str], Handler]]:
    """The handlers of the template's functions, wired to an empty table."""
    caches = (settings.settings, wiring.drafts_store, wiring.drafts, wiring.trash)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAFTS_TABLE", new_table(client))
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Draftkeep")
        for cache in caches:
            cache.cache_clear()

        def load(path: str) -> Handler:
            module, _, name = path.rpartition(".")
            loaded: Handler = getattr(importlib.import_module(module), name)
            return loaded

        yield load


def test_the_events_tell_a_drafts_whole_life(
    handler_of: Callable[[str], Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    functions = {route.key: TEMPLATE.functions[route.function].handler for route in TEMPLATE.routes}

    answers = {}
    for name, _ in STORY:
        sent = event(name)
        answers[name] = handler_of(functions[sent["routeKey"]])(sent, Context())

    assert {name: answer["statusCode"] for name, answer in answers.items()} == dict(STORY)
    current = json.loads(answers["agent_read_current"]["body"])
    assert current["headData"] == json.loads(event("agent_save_next")["body"])
    assert json.loads(answers["agent_reset_done"]["body"])["headData"] == json.loads(
        event("agent_save_created")["body"]
    )
    assert json.loads(answers["agent_save_conflict"]["body"])["changed"]["pointers"] == [
        "/comment",
        "/flow/edges/1",
        "/flow/steps/1/prompt",
        "/flow/steps/2",
    ]
    _check_logs_and_metrics(capsys.readouterr().out)


def _check_logs_and_metrics(output: str) -> None:
    """One line a request, with stable names and never a body; one metric for each thing that was done."""
    lines = [json.loads(line) for line in output.splitlines()]
    told = [line for line in lines if line.get("message") == "request_answered"]
    assert len(told) == len(STORY)
    assert {"request_id", "operation", "kind", "tenant", "status", "duration_ms"} <= told[0].keys()
    assert "politely" not in output
    metrics = [line for line in lines if "_aws" in line]
    assert all(line["kind"] == "agent" for line in metrics)
    done = ["created", "saved", "conflict", "undone", "redone", "reset", "conflict", "discarded"]
    assert [next(name for name in line if name in done) for line in metrics] == done


def test_the_daily_sweep_reports_what_it_removed(handler_of: Callable[[str], Handler]) -> None:
    report = handler_of("sweep.app.handler")(event("sweep_daily"), Context())

    assert report == {"drafts": 0, "items": 0, "finished": True}


def test_an_event_without_claims_is_401(handler_of: Callable[[str], Handler]) -> None:
    sent = event("agent_read_current")
    del sent["requestContext"]["authorizer"]

    answer = handler_of("agent_draft.app.handler")(sent, Context())

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("broken", [{}, {"requestContext": {}}, {"requestContext": None, "rawPath": 3}])
def test_an_event_that_is_none_is_a_500_that_tells_nothing(
    handler_of: Callable[[str], Handler], broken: dict[str, Any]
) -> None:
    answer = handler_of("agent_draft.app.handler")(broken, Context())

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (500, "internal_error")
    assert "Error" not in answer["body"]


def test_a_route_that_does_not_exist_is_404(handler_of: Callable[[str], Handler]) -> None:
    sent = event("agent_read_current") | {"rawPath": "/v2/elsewhere"}
    sent["requestContext"]["http"]["path"] = "/v2/elsewhere"

    assert handler_of("agent_draft.app.handler")(sent, Context())["statusCode"] == 404


def test_a_path_cut_at_a_decoded_question_mark_is_404(handler_of: Callable[[str], Handler]) -> None:
    sent = event("agent_read_current")
    sent["pathParameters"]["revision"] = "3?4"

    assert handler_of("agent_draft.app.handler")(sent, Context())["statusCode"] == 404


def test_every_event_file_is_told_and_every_route_has_a_success_and_a_refusal() -> None:
    files = {path.stem for path in (ROOT / "events").glob("*.json")}
    outcomes: dict[str, set[bool]] = {}
    for name, status in STORY:
        outcomes.setdefault(event(name)["routeKey"], set()).add(status < 300)

    assert files == {name for name, _ in STORY} | {"sweep_daily"}
    assert outcomes.keys() == {route.key for route in TEMPLATE.routes}
    # Reading an absent agent draft is a 204: a read has no refusal of its own but a bad path.
    assert {key for key, seen in outcomes.items() if seen != {True, False}} == {
        "GET /v1/tenants/{tenant}/agents/{agent}/revisions/{revision}/draft"
    }


def test_template_resolvers_and_docs_name_the_same_routes(handler_of: Callable[[str], Handler]) -> None:
    declared = {(route.method, route.path) for route in TEMPLATE.routes}
    handler_of("agent_draft.app.handler")
    app = importlib.import_module("agent_draft.app").app

    assert set(app.routes) == declared
    documented = (ROOT / "docs" / "api.md").read_text()
    assert [key for key in sorted(route.key for route in TEMPLATE.routes) if f"`{key}`" not in documented] == []
