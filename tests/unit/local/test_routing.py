"""Targets are decoded once and routes are chosen as HTTP APIs do."""

from __future__ import annotations

import pytest

from local.routing import Router, parse_target
from local.template import Route
from tests.unit.local.samples import DRAFT


def _chosen(method: str, path: str, *routes: str) -> str | None:
    pairs = [route.split(" ") for route in routes]
    match = Router(Route(name, pattern, "F") for name, pattern in pairs).match(method, parse_target(path).path)
    return match.route.key if match else None


def _parameters(target: str, pattern: str = "/echo/{part}") -> dict[str, str] | None:
    match = Router([Route("GET", pattern, "F")]).match("GET", parse_target(target).path)
    return match.parameters if match else None


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%23b", "a#b"),
        ("a%3Fb", "a?b"),
        ("a%00b", "a\0b"),
        ("..", ".."),
        ("%2E%2E", ".."),
        ("%F0%9F%99%82", "🙂"),
        ("a%252Fb", "a%2Fb"),
        ("a%zz%", "a%zz%"),
        ("%ff", "\ufffd"),
        ("%22%5C", '"\\'),
        ("draft:undo", "draft:undo"),
    ],
)
def test_a_part_is_decoded_once(sent: str, part: str) -> None:
    assert _parameters(f"/echo/{sent}") == {"part": part}


@pytest.mark.parametrize("target", ["/echo/a%2Fb", "/echo/a%2fb", "/echo/a/b", "/echo/", "/echo", "//echo/a", "*", ""])
def test_a_variable_is_exactly_one_part_that_is_not_empty(target: str) -> None:
    assert _parameters(target) is None


def test_an_encoded_slash_makes_another_part() -> None:
    assert _parameters("/echo%2Fa") == {"part": "a"}


def test_the_raw_path_is_cut_at_an_encoded_question_mark() -> None:
    target = parse_target("/echo/a%3Fb?c=%3F")

    assert (target.path, target.raw_path, target.raw_query) == ("/echo/a?b", "/echo/a", "c=%3F")


def test_a_query_may_contain_question_marks_and_addresses() -> None:
    target = parse_target("/echo/a?u=http://x/?y")

    assert (target.path, target.raw_query) == ("/echo/a", "u=http://x/?y")


def test_a_target_may_be_absolute() -> None:
    target = parse_target("http://127.0.0.1:3000/echo/a?b")

    assert (target.path, target.raw_query) == ("/echo/a", "b")


def test_literal_parts_beat_variables() -> None:
    routes = ("GET /{kind}/draft", "GET /persona/{part}", "GET /persona/draft")

    assert _chosen("GET", "/persona/draft", *routes) == "GET /persona/draft"
    assert _chosen("GET", "/persona/x", *routes) == "GET /persona/{part}"
    assert _chosen("GET", "/tool/draft", *routes) == "GET /{kind}/draft"


def test_a_route_with_the_method_beats_any() -> None:
    assert _chosen("GET", "/a", "ANY /a", "GET /a") == "GET /a"
    assert _chosen("PUT", "/a", "ANY /a", "GET /a") == "ANY /a"


def test_variables_beat_greedy_ones_and_those_beat_the_default() -> None:
    routes = ("ANY $default", "GET /a/{rest+}", "GET /{x}/{y}")

    assert _chosen("GET", "/a/b", *routes) == "GET /{x}/{y}"
    assert _chosen("GET", "/a/b/c", *routes) == "GET /a/{rest+}"
    assert _chosen("GET", "/z", *routes) == "$default"


def test_a_greedy_variable_takes_the_rest() -> None:
    assert _parameters("/a/b%2Fc/d", "/a/{rest+}") == {"rest": "b/c/d"}


def test_another_method_does_not_match() -> None:
    assert _chosen("POST", "/a", "GET /a") is None


def test_a_colon_belongs_to_the_part() -> None:
    routes = (f"POST {DRAFT}:undo", f"POST {DRAFT}:redo")

    assert _chosen("POST", "/v1/tenants/t/agents/a/revisions/1/draft:redo", *routes) == f"POST {DRAFT}:redo"
    assert _chosen("POST", "/v1/tenants/t/agents/a/revisions/1/draft%3Aundo", *routes) == f"POST {DRAFT}:undo"
