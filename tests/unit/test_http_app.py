"""What a function tells of each request: one line, which carries the metric of what was done."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from draftkeep import wiring
from draftkeep.http.answers import Answer
from draftkeep.http.app import App
from draftkeep.http.naming import CAMEL
from draftkeep.http.requests import Request
from tests.tables import ROOT

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1"

Ask = Callable[[str | None], list[dict[str, Any]]]


class Context:
    """As much of a Lambda context as the app uses."""

    def get_remaining_time_in_millis(self) -> int:
        return 25_000


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Ask]:
    """Sends a request whose route notes an outcome; the lines that the function told. The first one makes the app."""
    apps: list[App] = []
    outcomes: list[str | None] = []

    def made() -> App:
        app = App("agent", CAMEL)

        @app.route("PUT", "/thing", "save")
        def save(request: Request) -> Answer:
            if outcomes[-1] is not None:
                request.notes |= {"outcome": outcomes[-1], "version": len(outcomes)}
            return Answer(204)

        return app

    def sent(outcome: str | None) -> list[dict[str, Any]]:
        outcomes.append(outcome)
        if not apps:
            apps.append(made())
        event = json.loads((ROOT / "events" / "agent_save_created.json").read_text())
        event |= {"rawPath": "/thing", "pathParameters": {}, "routeKey": "PUT /thing"}
        event["requestContext"]["http"]["path"] = "/thing"
        assert apps[0].handler(event, Context())["statusCode"] == 204
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    for name, value in {
        "DRAFTS_TABLE": "drafts",
        "CATALOG_TABLE": "catalog",
        "POWERTOOLS_METRICS_NAMESPACE": "Draftkeep",
        # A name of its own: loggers of one name share their stream.
        "POWERTOOLS_SERVICE_NAME": f"draftkeep-{id(apps)}",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    wiring.forget()
    yield sent
    wiring.forget()


def test_what_was_done_is_one_line_with_its_metric(ask: Ask) -> None:
    (line,) = ask("created")

    assert (line["level"], line["message"], line["kind"], line["operation"]) == (
        "INFO",
        "request_answered",
        "agent",
        "save",
    )
    assert (line["status"], line["outcome"], line["version"], line["tenant"]) == (204, "created", 1, "local")
    assert line["created"] == [1]
    assert line["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Draftkeep",
            "Dimensions": [["kind", "service"]],
            "Metrics": [{"Name": "created", "Unit": "Count"}],
        }
    ]


def test_nothing_of_one_request_is_in_the_line_of_the_next(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    (first,) = ask("created")
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    (read,) = ask(None)
    (second,) = ask("saved")

    assert first.keys() - second.keys() == {"created", "xray_trace_id"}
    assert second.keys() - first.keys() == {"saved"}
    assert (second["version"], second["saved"]) == (3, [1])
    assert second["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["kind", "service"]]
    assert (read["message"], read["level"]) == ("request_answered", "INFO")
    assert not read.keys() & {"_aws", "outcome", "version", "created", "xray_trace_id"}


def test_both_kinds_of_line_name_the_trace(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)

    (done,), (read,) = ask("saved"), ask(None)

    assert done["xray_trace_id"] == read["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


@pytest.mark.parametrize(
    ("name", "value"), [("POWERTOOLS_METRICS_DISABLED", "true"), ("POWERTOOLS_METRICS_NAMESPACE", "")]
)
def test_without_metrics_the_line_is_the_same_but_for_them(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    (line,) = ask("saved")

    assert (line["level"], line["message"], line["outcome"], line["version"]) == (
        "INFO",
        "request_answered",
        "saved",
        1,
    )
    assert not line.keys() & {"_aws", "saved"}


def test_above_the_level_of_information_the_metric_is_told_alone(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", logging.getLevelName(logging.ERROR))

    (line,), nothing = ask("saved"), ask(None)

    assert line.keys() == {"_aws", "kind", "service", "saved"}
    assert nothing == []
