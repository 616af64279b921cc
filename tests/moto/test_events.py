"""The events of events/ through the real handlers: what `sam local invoke` would answer."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from draftkeep import wiring
from local.template import parse_template
from tests import stories
from tests.stories import AGENT_STORY, CATALOG_STORY, FORM_STORY, FORMS, REFERENCE_STORY, STORIES, as_head, event
from tests.tables import ROOT, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

TEMPLATE = parse_template((ROOT / "template.yaml").read_text())


class Context:
    """As much of a Lambda context as the handlers use."""

    function_name = "test"
    aws_request_id = "test"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture(scope="module")
def handler_of(client: DynamoDBClient) -> Iterator[Callable[[str], Handler]]:
    """The handlers of the template's functions, wired to empty tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAFTS_TABLE", new_table(client))
        patch.setenv("CATALOG_TABLE", new_table(client))
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Draftkeep")
        patch.setenv("POWERTOOLS_SERVICE_NAME", "draftkeep")
        for function in TEMPLATE.functions.values():
            # Another test may have made it in another environment.
            patch.delitem(sys.modules, function.handler.rpartition(".")[0], raising=False)
        wiring.forget()

        def load(path: str) -> Handler:
            module, _, name = path.rpartition(".")
            loaded: Handler = getattr(importlib.import_module(module), name)
            return loaded

        yield load
    wiring.forget()


def tell(handler_of: Callable[[str], Handler], names: list[str]) -> dict[str, Any]:
    """Send events in order, to the functions that the template routes them to."""
    functions = {route.key: TEMPLATE.functions[route.function].handler for route in TEMPLATE.routes}

    def send(sent: dict[str, Any]) -> dict[str, Any]:
        return handler_of(functions[sent["routeKey"]])(sent, Context())

    return stories.tell(names, send, lambda answer: str(answer["body"]))


def body_of(answer: dict[str, Any]) -> Any:
    return json.loads(answer["body"])


def test_the_events_tell_an_agent_drafts_whole_life(
    handler_of: Callable[[str], Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tell(handler_of, [name for name, _ in AGENT_STORY])

    assert {name: answer["statusCode"] for name, answer in answers.items()} == dict(AGENT_STORY)
    assert body_of(answers["agent_read_current"])["headData"] == body_of(event("agent_save_next"))
    assert body_of(answers["agent_reset_done"])["headData"] == body_of(event("agent_save_created"))
    assert body_of(answers["agent_save_conflict"])["changed"]["pointers"] == [
        "/comment",
        "/flow/edges/1",
        "/flow/steps/1/prompt",
        "/flow/steps/2",
    ]
    stored, again = answers["agent_propose_stored"], answers["agent_propose_again"]
    assert (body_of(again), again["headers"]["Idempotency-Replayed"]) == (body_of(stored), "true")
    (waiting,) = body_of(answers["agent_proposals_listed"])
    assert waiting["headData"] == body_of(event("agent_propose_stored"))
    assert [change["pointer"] for change in waiting["changes"]] == ["/comment", "/flow/steps/1/prompt"]
    reset, accepted = body_of(answers["agent_reset_done"])["headData"], body_of(answers["agent_ack_accepted"])
    assert accepted["headData"] == reset | {"comment": body_of(event("agent_propose_stored"))["comment"]}
    assert body_of(answers["agent_ack_again"]) == accepted
    _check_history("agent", answers)
    saved, merged = body_of(event("agent_save_next")), body_of(answers["agent_save_merged"])
    assert body_of(answers["agent_restore_done"])["headData"] == saved
    slots = body_of(event("agent_save_merged"))["slots"]
    assert (merged["merged"], merged["headData"]) == (True, saved | {"slots": slots})
    assert [one["pointer"] for one in body_of(answers["agent_save_overlapping"])["overlaps"]] == ["/comment"]
    minimal = answers["agent_save_minimal"]
    assert (minimal["headers"]["ETag"], minimal["headers"]["Preference-Applied"]) == ('"9"', "return=minimal")
    assert not {"headData", "history"} & body_of(minimal).keys()
    _check_logs_and_metrics(capsys.readouterr().out)


def test_the_events_tell_the_catalogs_life_and_that_of_a_form_of_each_kind(
    handler_of: Callable[[str], Handler],
) -> None:
    catalog = tell(handler_of, [name for name, _ in CATALOG_STORY])
    forms = {kind: tell(handler_of, [f"{kind}_{name}" for name, _ in FORM_STORY]) for kind in FORMS}

    assert {name: answer["statusCode"] for name, answer in catalog.items()} == dict(CATALOG_STORY)
    assert body_of(catalog["catalog_import_some"])["refused"] == 1
    assert catalog["catalog_list_first_page"]["headers"]["Link"].endswith('>; rel="next"')
    for kind, answers in forms.items():
        statuses = {name.removeprefix(f"{kind}_"): answer["statusCode"] for name, answer in answers.items()}
        assert statuses == dict(FORM_STORY)
        created, undone = body_of(answers[f"{kind}_save_created"]), body_of(answers[f"{kind}_undo_done"])
        assert undone["form_state"] == created["form_state"]
        assert body_of(answers[f"{kind}_save_patched"])["form_state"]["name"] != created["form_state"]["name"]
        proposed, accepted = body_of(answers[f"{kind}_propose_stored"]), body_of(answers[f"{kind}_ack_accepted"])
        assert (accepted["form_state"], accepted["version"]) == (proposed["form_state"], proposed["version"] + 1)
        assert body_of(answers[f"{kind}_ack_again"]) == accepted
        listed, inbox = body_of(answers[f"{kind}_proposals_listed"]), body_of(answers[f"{kind}_inbox_first_page"])
        assert listed == inbox
        assert [(one["draft_id"], one["form_state"]) for one in inbox] == [
            (created["draft_id"], proposed["form_state"])
        ]
        _check_history(kind, answers)
        patched = body_of(answers[f"{kind}_save_patched"])["form_state"]
        assert body_of(answers[f"{kind}_restore_done"])["form_state"] == patched


def test_a_head_is_answered_as_its_get_without_the_body(handler_of: Callable[[str], Handler]) -> None:
    functions = {route.key: TEMPLATE.functions[route.function].handler for route in TEMPLATE.routes}
    seen: set[str] = set()

    def send(sent: dict[str, Any]) -> dict[str, Any]:
        answer = handler_of(functions[sent["routeKey"]])(sent, Context())
        if sent["routeKey"].startswith("GET "):
            asked = as_head(sent)
            seen.add(asked["routeKey"])
            head = handler_of(functions[asked["routeKey"]])(asked, Context())
            assert head == answer | {"body": "", "isBase64Encoded": False}, asked["routeKey"]
        return answer

    tales = [CATALOG_STORY, AGENT_STORY, REFERENCE_STORY]
    tales += [[(f"{kind}_{name}", status) for name, status in FORM_STORY] for kind in FORMS]
    for tale in tales:
        stories.tell([name for name, _ in tale], send, lambda answer: str(answer["body"]))

    assert seen == {route.key for route in TEMPLATE.routes if route.method == "HEAD"}


def test_no_answer_may_be_kept_and_each_says_what_it_is(handler_of: Callable[[str], Handler]) -> None:
    functions = {route.key: TEMPLATE.functions[route.function].handler for route in TEMPLATE.routes}
    tales = [CATALOG_STORY, AGENT_STORY]
    tales += [[(f"{kind}_{name}", status) for name, status in FORM_STORY] for kind in FORMS]

    for tale in tales:
        answers = stories.tell(
            [name for name, _ in tale],
            lambda sent: handler_of(functions[sent["routeKey"]])(sent, Context()),
            lambda answer: str(answer["body"]),
        )
        for name, answer in answers.items():
            wanted = "application/problem+json" if answer["statusCode"] >= 400 else "application/json"
            assert answer["headers"]["Cache-Control"] == "no-store", name
            assert answer["headers"].get("Content-Type") == (None if answer["statusCode"] == 204 else wanted), name


def _check_history(kind: str, answers: dict[str, Any]) -> None:
    """One content entry is read, labelled, compared and restored; two moves and six entries went before."""
    seq_no, state = ("seqNo", "headData") if kind == "agent" else ("seq_no", "form_state")
    listed, annotated = body_of(answers[f"{kind}_history_listed"]), body_of(answers[f"{kind}_annotate_done"])
    read, restored = body_of(answers[f"{kind}_entry_read"]), body_of(answers[f"{kind}_restore_done"])
    assert [one[seq_no] for one in listed["entries"]] == [6, 5, 2, 1]
    assert ([one["current"] for one in listed["entries"]], listed["next"]) == ([True, False, False, False], None)
    assert annotated == listed["entries"][2] | {"pinned": True, "label": "for review"}
    assert (restored["version"], restored[state]) == (7, read[state])
    compared = body_of(answers[f"{kind}_diff_done"])
    assert (compared["from"], compared["to"], compared["total"]) == (1, 2, len(compared["changes"]))
    assert compared["total"] > 0


def _check_logs_and_metrics(output: str) -> None:
    """One line a request, with stable names and never a body; the line of what was done carries one metric for it."""
    lines = [json.loads(line) for line in output.splitlines()]
    told = [line for line in lines if line.get("message") == "request_answered"]
    assert len(told) == len(lines) == len(AGENT_STORY)
    needed = {"level", "service", "request_id", "operation", "kind", "tenant", "status", "duration_ms"}
    assert all(needed <= line.keys() for line in told)
    assert {line["level"] for line in told} == {"INFO"}
    assert "politely" not in output
    metrics = [line for line in lines if "_aws" in line]
    assert metrics == [line for line in lines if "outcome" in line]
    assert all(line["kind"] == "agent" and line[line["outcome"]] == [1] for line in metrics)
    (named,) = {json.dumps(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]) for line in metrics}
    assert sorted(*json.loads(named)) == ["kind", "service"]
    done = ["created", "saved", "conflict", "undone", "redone", "reset"]
    done += ["proposed", "replayed", "accepted", "replayed"]
    done += ["annotated", "restored", "merged", "conflict", "saved", "conflict", "discarded"]
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
    for name, status in STORIES:
        outcomes.setdefault(event(name)["routeKey"], set()).add(status < 300)

    assert files == {name for name, _ in STORIES} | {"sweep_daily"}
    assert outcomes.keys() == {route.key for route in TEMPLATE.routes if route.method != "HEAD"}
    # Reading an absent agent draft is a 204: a read has no refusal of its own but a bad path. The reference is there.
    assert {key for key, seen in outcomes.items() if seen != {True, False}} == {
        "GET /v1/tenants/{tenant}/agents/{agent}/revisions/{revision}/draft",
        "GET /openapi.json",
        "GET /docs",
    }


def test_template_resolvers_and_docs_name_the_same_routes(handler_of: Callable[[str], Handler]) -> None:
    # The reference needs no identity, and no resolver.
    guarded = [route for route in TEMPLATE.routes if route.authorized]
    declared = {(route.method, route.path) for route in guarded}
    served: set[tuple[str, str]] = set()
    for function in {TEMPLATE.functions[route.function].handler for route in guarded}:
        handler_of(function)
        served |= set(importlib.import_module(function.removesuffix(".handler")).app.routes)

    assert served == declared
    # HEAD is where GET is, and told once for all.
    heads, gets = ({route.path for route in TEMPLATE.routes if route.method == one} for one in ("HEAD", "GET"))
    assert heads == gets
    documented = (ROOT / "docs" / "api.md").read_text()
    told = sorted(route.key for route in TEMPLATE.routes if route.method != "HEAD")
    assert [key for key in told if f"`{key}`" not in documented] == []
