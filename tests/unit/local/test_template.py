"""The template is read as a deployment with the parameters' defaults would read it."""

from __future__ import annotations

from local.cors import LOCAL_ORIGINS
from local.template import Route, parse_template
from tests.unit.local.samples import TEMPLATE


def test_routes_are_the_http_events_with_upper_case_methods() -> None:
    template = parse_template(TEMPLATE)

    assert template.routes == (
        Route("PUT", "/v1/{tenant}/draft", "AgentFunction"),
        Route("POST", "/v1/{tenant}/draft:undo", "AgentFunction"),
        Route("GET", "/health", "AgentFunction", authorized=False),
        Route("ANY", "$default", "FallbackFunction"),
    )


def test_functions_without_a_route_are_left_out() -> None:
    template = parse_template(TEMPLATE)

    assert list(template.functions) == ["AgentFunction", "FallbackFunction"]


def test_a_function_inherits_the_globals_it_does_not_set() -> None:
    functions = parse_template(TEMPLATE).functions

    agent, fallback = functions["AgentFunction"], functions["FallbackFunction"]
    assert (agent.handler, agent.timeout_s, agent.memory_mb) == ("agent_draft.app.handler", 25, 512)
    assert (fallback.timeout_s, fallback.memory_mb) == (5, 512)


def test_environment_is_resolved_to_strings() -> None:
    environment = parse_template(TEMPLATE).functions["AgentFunction"].environment

    assert environment == {
        "DRAFTS_TABLE": "draftkeep-local-Drafts",
        "TENANT_CLAIM": "custom:tenant",
        "SHARED": "own",
        "FLAG": "true",
        "COUNT": "3",
        "TABLE_ARN": "draftkeep-local-Drafts:Arn",
        "LABEL": "b-draftkeep-local-${Literal}",
        "CHOSEN": "no-text",
    }


def test_the_shell_overrides_declared_variables_but_no_table() -> None:
    shell = {"SHARED": "shell", "DRAFTS_TABLE": "production", "PATH": "/bin"}

    environment = parse_template(TEMPLATE, shell).functions["AgentFunction"].environment

    assert environment["SHARED"] == "shell"
    assert environment["DRAFTS_TABLE"] == "draftkeep-local-Drafts"
    assert "PATH" not in environment


def test_a_table_keeps_what_create_table_takes() -> None:
    [table] = parse_template(TEMPLATE).tables

    assert table.name == "draftkeep-local-Drafts"
    assert table.ttl_attribute == "expires_at_s"
    assert table.definition == {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def test_cors_without_origins_allows_pages_of_this_machine() -> None:
    cors = parse_template(TEMPLATE).cors

    assert cors is not None
    assert cors.allow_origins == LOCAL_ORIGINS
    assert cors.expose_headers == ("ETag", "Link")
    assert cors.max_age_s == 600


def test_cors_takes_the_origins_of_the_parameter() -> None:
    cors = parse_template(TEMPLATE.replace('Default: ""', 'Default: "https://a.example, https://b.example"')).cors

    assert cors is not None
    assert cors.allow_origins == ("https://a.example", "https://b.example")


def test_cors_can_stand_in_the_globals() -> None:
    template = parse_template("Globals: {HttpApi: {CorsConfiguration: {AllowOrigins: ['*']}}}")

    assert template.cors is not None
    assert template.cors.allow_origins == ("*",)


def test_no_cors_configuration_means_no_cors() -> None:
    assert parse_template("Resources: {Api: {Type: AWS::Serverless::HttpApi}}").cors is None
