"""What the template must never allow, read from the template itself."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from local.cloudformation import load

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE: dict[str, Any] = load((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTIONS = {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == "AWS::Serverless::Function"}
TABLES = {"DraftsTable", "CatalogTable"}

# What each function may do, and where: nothing else of the account.
READS = {"dynamodb:BatchGetItem", "dynamodb:Query"}
WRITES = {"dynamodb:BatchWriteItem", "dynamodb:PutItem"}
DRAFTS = READS | WRITES | {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}
MADE_RESOURCES = {"dynamodb:BatchGetItem", *WRITES}
FORM = {"DraftsTable": DRAFTS, "CatalogTable": MADE_RESOURCES}
RIGHTS: dict[str, dict[str, set[str]]] = {
    "AgentDraftFunction": {"DraftsTable": DRAFTS},
    "PersonaDraftFunction": FORM,
    "ToolDraftFunction": FORM,
    "EvalDraftFunction": FORM,
    "TestDraftFunction": FORM,
    "CatalogFunction": {"CatalogTable": READS | WRITES},
    "SweepFunction": {"DraftsTable": {"dynamodb:BatchWriteItem", "dynamodb:Query"}},
}
# Routes that need no identity.
OPEN_ROUTES = {(method, path) for method in ("GET", "HEAD") for path in ("/openapi.json", "/docs")}


def statements(function: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of a function's own policies; a policy by name, or a SAM policy template, is not allowed."""
    assert "Role" not in function
    policies = function.get("Policies", [])
    assert all("Statement" in policy for policy in policies)
    return [statement for policy in policies for statement in policy["Statement"]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_what_it_needs_on_its_tables_and_nothing_else(name: str) -> None:
    given: dict[str, set[str]] = {}
    for statement in statements(FUNCTIONS[name]):
        assert set(statement) == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        table, attribute = statement["Resource"]["Fn::GetAtt"]
        assert attribute == "Arn"
        given[table] = set(statement["Action"])

    assert given == RIGHTS.get(name, {})


def test_no_policy_anywhere_has_a_wildcard() -> None:
    def wildcards(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [found for value in node.values() for found in wildcards(value)]
        if isinstance(node, list):
            return [found for value in node for found in wildcards(value)]
        return [node] if isinstance(node, str) and "*" in node else []

    policies = [statement for function in FUNCTIONS.values() for statement in statements(function)]
    policies += [one["Properties"] for one in RESOURCES.values() if one["Type"].startswith("AWS::IAM::")]

    assert policies
    assert wildcards(policies) == []


def test_every_route_asks_for_a_token() -> None:
    auth = RESOURCES["HttpApi"]["Properties"]["Auth"]
    assert auth["DefaultAuthorizer"] in auth["Authorizers"]
    events = [event["Properties"] for one in FUNCTIONS.values() for event in one["Events"].values()]
    routes = [event for event in events if "Path" in event]

    assert routes
    assert {event["ApiId"]["Ref"] for event in routes} == {"HttpApi"}
    assert {(event["Method"], event["Path"]) for event in routes if "Auth" in event} == OPEN_ROUTES


def test_no_deployed_function_runs_as_if_it_were_local() -> None:
    sections = [TEMPLATE["Globals"]["Function"], *FUNCTIONS.values()]
    names = {name for one in sections for name in one.get("Environment", {}).get("Variables", {})}

    assert names
    assert not {name for name in names if re.match(r"AWS_SAM|LOCAL_", name)}


def test_users_of_the_stacks_own_pool_cannot_choose_their_tenant() -> None:
    client, pool = RESOURCES["UserPoolClient"]["Properties"], RESOURCES["UserPool"]["Properties"]

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert [attribute["Name"] for attribute in pool["Schema"]] == ["tenant"]
    assert "custom:tenant" in client["ReadAttributes"]
    # No list at all would let them write every attribute.
    assert client["WriteAttributes"]
    assert not [name for name in client["WriteAttributes"] if name.startswith("custom:")]
    assert RESOURCES["UserPool"]["Condition"] == RESOURCES["UserPoolClient"]["Condition"] == "MakesUserPool"


def test_the_tables_can_be_recovered_refuse_to_be_deleted_and_outlive_the_stack() -> None:
    assert {name for name, one in RESOURCES.items() if one["Type"].startswith("AWS::DynamoDB::")} == TABLES
    for name in TABLES:
        table = RESOURCES[name]
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["Properties"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == {"Ref": "TableDeletionPolicy"}
    pool = RESOURCES["UserPool"]
    assert pool["DeletionPolicy"] == pool["UpdateReplacePolicy"] == {"Ref": "TableDeletionPolicy"}
    assert TEMPLATE["Parameters"]["TableDeletionPolicy"]["Default"] == "Retain"
    assert TEMPLATE["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_every_function_has_a_log_of_its_own_and_every_log_ends() -> None:
    groups = {name: one for name, one in RESOURCES.items() if one["Type"] == "AWS::Logs::LogGroup"}
    logs = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in FUNCTIONS.values()]
    access, attribute = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"]

    assert sorted([*logs, access]) == sorted(groups)
    assert attribute == "Arn"
    for name, group in groups.items():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        assert group["DeletionPolicy"] == group["UpdateReplacePolicy"] == "Delete", name


def test_the_api_takes_no_more_requests_than_its_parameters_say() -> None:
    settings = RESOURCES["HttpApi"]["Properties"]["DefaultRouteSettings"]

    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "RequestBurst"}
    # A route's own settings would go before these.
    assert "RouteSettings" not in RESOURCES["HttpApi"]["Properties"]
    assert not [name for name, one in FUNCTIONS.items() if "RouteSettings" in json.dumps(one, default=str)]


def test_the_dashboard_is_json_and_shows_every_alarm() -> None:
    body, given = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    for name, value in given.items():
        body = body.replace(f"${{{name}}}", value["Fn::Sub"])
    alarms = {name for name, one in RESOURCES.items() if one["Type"] == "AWS::CloudWatch::Alarm"}

    widgets = json.loads(body)["widgets"]

    [shown] = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    assert {one.removeprefix("${").removesuffix(".Arn}") for one in shown} == alarms


# As the table in docs/operations.md has them: what is watched (metric, statistic, seconds), how often, above what.
UPWARDS = "GreaterThanOrEqualToThreshold"
ALARMS: dict[str, tuple[set[tuple[str, str, int]], tuple[int, int], tuple[str, int | None]]] = {
    "ServerErrorsAlarm": ({("AWS/ApiGateway 5xx", "Sum", 60)}, (2, 3), (UPWARDS, 3)),
    "SlowAnswersAlarm": ({("AWS/ApiGateway Latency", "p99", 300)}, (3, 3), ("GreaterThanThreshold", 3000)),
    "FunctionThrottlesAlarm": ({("AWS/Lambda Throttles", "Sum", 60)}, (1, 1), (UPWARDS, 1)),
    "TableThrottlesAlarm": (
        {("AWS/DynamoDB ReadThrottleEvents", "Sum", 60), ("AWS/DynamoDB WriteThrottleEvents", "Sum", 60)},
        (3, 5),
        (UPWARDS, 10),
    ),
    "ConflictsAlarm": ({("Draftkeep conflict", "Sum", 300)}, (3, 3), ("GreaterThanUpperThreshold", None)),
    "SweepAlarm": ({("AWS/Lambda Errors", "Sum", 86400)}, (2, 2), (UPWARDS, 1)),
}


def watched(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm, in the form of those of an alarm over several."""
    if "Metrics" in alarm:
        return [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    return [{"Stat": statistic, "Period": alarm["Period"], "Metric": alarm}]


def test_the_alarms_are_those_of_the_runbook_and_watch_what_it_says() -> None:
    alarms = {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    section = (ROOT / "docs" / "operations.md").read_text().partition("\n## Alarms\n")[2].partition("\n## ")[0]

    assert alarms.keys() == ALARMS.keys() == set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    for name, (metrics, (times, of), limit) in ALARMS.items():
        alarm = alarms[name]
        found = watched(alarm)
        assert {
            (f"{one['Metric']['Namespace']} {one['Metric']['MetricName']}", one["Stat"], one["Period"]) for one in found
        } == metrics, name
        assert (alarm.get("DatapointsToAlarm", of), alarm["EvaluationPeriods"]) == (times, of), name
        assert (alarm["ComparisonOperator"], alarm.get("Threshold")) == limit, name


def test_the_alarms_watch_every_function_table_and_kind() -> None:
    def dimensions(name: str) -> set[tuple[str, ...]]:
        found = watched(RESOURCES[name]["Properties"])
        # The value is a name, or a reference to one.
        return {(one["Metric"]["MetricName"], *(str(d["Value"]) for d in one["Metric"]["Dimensions"])) for one in found}

    # Nobody waits for the sweep, and the reference is read by people.
    serving = {name for name in FUNCTIONS if name not in ("ReferenceFunction", "SweepFunction")}
    assert dimensions("FunctionThrottlesAlarm") == {("Throttles", str({"Ref": name})) for name in serving}
    assert dimensions("TableThrottlesAlarm") == {
        (f"{what}ThrottleEvents", str({"Ref": name})) for what in ("Read", "Write") for name in TABLES
    }
    kinds = ("agent", "persona", "tool", "eval", "test")
    assert dimensions("ConflictsAlarm") == {("conflict", kind, str({"Ref": "AWS::StackName"})) for kind in kinds}
    assert dimensions("SweepAlarm") == {("Errors", str({"Ref": "SweepFunction"}))}
    for name, metric in (("ServerErrorsAlarm", "5xx"), ("SlowAnswersAlarm", "Latency")):
        assert dimensions(name) == {(metric, str({"Ref": "HttpApi"}))}


def test_every_alarm_tells_somebody_and_not_for_want_of_traffic() -> None:
    for name in ALARMS:
        alarm = RESOURCES[name]["Properties"]
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_every_parameter_tells_what_it_is_for_and_has_a_default() -> None:
    parameters = TEMPLATE["Parameters"]

    assert [name for name, one in parameters.items() if not one.get("Description") or "Default" not in one] == []


def test_whatever_changes_of_a_function_is_published_as_a_new_version() -> None:
    layer = RESOURCES["ResolverLayer"]["Properties"]
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    given = {value["Ref"] for value in variables.values() if isinstance(value, dict)} & set(TEMPLATE["Parameters"])

    assert layer["PublishLambdaVersion"] is True
    for function in FUNCTIONS.values():
        assert function["AutoPublishAliasAllProperties"] is True
        # A Ref is the same text whatever it gives: the values are written out beside it.
        written = function["Environment"]["Variables"]["PARAMETERS"]["Fn::ToJsonString"]
        assert written == {name: {"Ref": name} for name in {*given, "SnapStart"}}


def test_a_rollout_goes_back_by_an_alarm_that_it_names_without_a_reference() -> None:
    [alarm] = TEMPLATE["Globals"]["Function"]["DeploymentPreference"]["Alarms"]

    # With a reference the API, its aliases, their deployment groups and the alarm would wait for each other.
    assert (
        alarm
        == RESOURCES["ServerErrorsAlarm"]["Properties"]["AlarmName"]
        == {"Fn::Sub": "${AWS::StackName}-server-errors"}
    )


def test_the_outputs_have_every_url() -> None:
    urls = {name for name in TEMPLATE["Outputs"] if name.endswith("Url")}

    assert urls == {
        *("ApiUrl", "AgentsUrl", "PersonaDraftUrl", "ToolDraftUrl", "EvalDraftUrl", "TestDraftUrl", "CatalogUrl"),
        *("DocsUrl", "OpenApiUrl", "DashboardUrl", "IssuerUrl"),
    }


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_samconfig_sets_parameters_that_the_template_has_to_values_that_it_takes(stage: str) -> None:
    deploy = tomllib.loads((ROOT / "samconfig.toml").read_text())[stage]["deploy"]["parameters"]
    # One string for each: within one string the CLI keeps the line breaks as part of the values.
    given = dict(one.split("=", 1) for one in deploy["parameter_overrides"])

    assert given["Stage"] == stage
    for name, value in given.items():
        parameter = TEMPLATE["Parameters"][name]
        assert value in [str(one) for one in parameter.get("AllowedValues", [value])], name
    assert given["GradualRollout"] == str(stage == "prod").lower()
    assert given["TableDeletionPolicy"] == {"dev": "Delete", "prod": "Retain"}[stage]
    assert given["DeletionProtection"] == str(stage == "prod").lower()
    assert int(given["LogRetentionDays"]) == {"dev": 7, "prod": 90}[stage]


def test_the_access_log_is_one_line_of_json_a_request() -> None:
    line = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]

    assert "\n" not in line
    assert all(re.fullmatch(r"\$context\.[A-Za-z.]+", value) for value in json.loads(line).values())
