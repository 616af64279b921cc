"""`sam deploy` with the stages of samconfig.toml: created, called, updated, deleted."""

from __future__ import annotations

import graphlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from draftkeep.differences import differences
from local.engine import isolate
from local.sample_catalog import load_sample
from tests import tales
from tests.deploy.stack import BUILT, LINT, ROOT, Emulator, Stack, emulator, where_it_listens
from tests.rehearsals import keep
from tests.stories import event
from tests.tales import FUNCTIONS, OPEN_ROUTES, TALES, TEMPLATE, statuses, tale

DEV, PROD = "draftkeep-dev", "draftkeep-prod"
TABLES = ("DraftsTable", "CatalogTable")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def dev(aws: Emulator) -> Stack:
    start = time.perf_counter()
    aws.sam("deploy", "--config-env", "dev")
    keep("deploys", {"created_s": time.perf_counter() - start})
    return Stack(aws, DEV)


@pytest.fixture(scope="module")
def prod(aws: Emulator) -> Stack:
    aws.sam("deploy", "--config-env", "prod", "--no-confirm-changeset")
    return Stack(aws, PROD)


def table_ids(stack: Stack) -> dict[str, str]:
    client = stack.emulator.client("dynamodb")
    return {name: client.describe_table(TableName=stack.resources[name])["Table"]["TableId"] for name in TABLES}


def test_the_emulator_listens_on_loopback_alone(aws: Emulator) -> None:
    assert where_it_listens(int(aws.url.rpartition(":")[2])) == {"0100007F"}


def test_the_generated_definition_has_the_routes_of_the_template_and_of_no_other(dev: Stack) -> None:
    operations = dev.operations()

    assert operations.keys() == FUNCTIONS.keys()
    # Through the alias, so that a new version takes over where its function's rollout says so.
    assert {route: dev.integrated(route) for route in operations} == {
        route: f"{function}Aliaslive" for route, function in FUNCTIONS.items()
    }
    assert {route for route, one in operations.items() if one.get("security") != [{"Jwt": []}]} == OPEN_ROUTES
    assert {one["x-amazon-apigateway-integration"]["payloadFormatVersion"] for one in operations.values()} == {"2.0"}


def test_the_gateway_may_call_each_route_of_a_function_and_nothing_else_may(dev: Stack) -> None:
    resources = dev.template["Resources"].values()
    permissions = [one["Properties"] for one in resources if one["Type"] == "AWS::Lambda::Permission"]
    allowed = set()
    for one in permissions:
        if one["Principal"] == "apigateway.amazonaws.com":
            source = one["SourceArn"]["Fn::Sub"][0]
            allowed.add((one["FunctionName"]["Ref"], re.sub(r".*\$\{__Stage__\}/", "", source)))

    assert {one["Principal"] for one in permissions} == {"apigateway.amazonaws.com", "events.amazonaws.com"}
    assert allowed == {
        (f"{route.function}Aliaslive", route.method + re.sub(r"\{[^}]+\}", "*", route.path))
        for route in TEMPLATE.routes
    }


def test_every_output_is_an_address_or_a_name_of_the_stack(dev: Stack) -> None:
    api = dev.outputs["ApiUrl"]

    assert dev.outputs["DocsUrl"] == f"{api}/docs"
    assert dev.outputs["OpenApiUrl"] == f"{api}/openapi.json"
    assert all(re.match(r"https?://", value) for name, value in dev.outputs.items() if name.endswith("Url"))
    assert dev.outputs["DraftsTableName"] == dev.resources["DraftsTable"]
    assert dev.outputs["IssuerUrl"].endswith(dev.resources["UserPool"])


def test_every_route_answers_deployed_as_it_does_in_the_development_server(
    dev: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The development server has a sample catalog.
    isolate(os.environ)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dev.emulator.url)
    load_sample(dev.resources["CatalogTable"])
    monkeypatch.undo()

    served, found = tales.as_served(), dict[str, list[int]]()
    for name in TALES:
        told = tale(name, dev.send)
        differing = [one for one, answer in told.items() if answer != served[name][one]]
        assert not differing, (
            differing,
            told[differing[0]].headers,
            served[name][differing[0]].headers,
            differences(told[differing[0]].body, served[name][differing[0]].body),
        )
        found |= statuses(told)

    assert list(tales.not_called_both_ways(found)) == []
    assert dev.invoke("SweepFunctionAliaslive", event("sweep_daily"))["finished"] is True
    keep("deployed", found)


def test_a_changed_parameter_reaches_the_functions_and_leaves_tables_and_drafts(dev: Stack) -> None:
    written, tables, before = dev.send(event("agent_save_created")), table_ids(dev), dev.live()
    assert written.status == 200, written

    changed = [f"{name}={value}" for name, value in (_parameters(dev) | {"LogLevel": "WARNING"}).items()]
    dev.emulator.sam("deploy", "--config-env", "dev", "--parameter-overrides", " ".join(changed))

    updated = Stack(dev.emulator, DEV)
    assert table_ids(updated) == tables
    assert updated.send(event("agent_read_current")).body == written.body
    for name, now in updated.live().items():
        assert now["Environment"]["Variables"]["LOG_LEVEL"] == "WARNING", name
        assert int(now["Version"]) > int(before[name]["Version"])


def test_a_changed_layer_reaches_the_functions_and_leaves_tables_and_drafts(dev: Stack, tmp_path: Path) -> None:
    written, tables, before = dev.send(event("agent_read_current")), table_ids(dev), dev.live()
    assert written.status == 200, written
    built = tmp_path / "build"
    shutil.copytree(BUILT.parent, built)
    settings = built / "ResolverLayer" / "python" / "draftkeep" / "settings.py"
    settings.write_text(settings.read_text() + "\n# another version\n")

    own = ("--template-file", str(built / "template.yaml"), "--config-file", str(ROOT / "samconfig.toml"))
    dev.emulator.sam("deploy", "--config-env", "dev", *own)

    updated = Stack(dev.emulator, DEV)
    assert table_ids(updated) == tables
    assert updated.send(event("agent_read_current")).body == written.body
    for name, now in updated.live().items():
        assert now["Layers"][0]["Arn"] != before[name]["Layers"][0]["Arn"], name
        assert int(now["Version"]) > int(before[name]["Version"])


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"JwtIssuer": "https://issuer.example.com"}, "JwtAudience must name the client ids"),
        ({"JwtAudience": "editor"}, "leave JwtAudience empty"),
        ({"TenantClaim": "tenant"}, "leave TenantClaim as it is"),
        ({"JwtIssuer": "http://issuer.example.com", "JwtAudience": "editor"}, "must be an https address"),
        ({"Stage": "a stage"}, "at most 20 letters"),
        ({"LogRetentionDays": "2"}, "LogRetentionDays"),
        ({"JwtIssuer": "https://issuer.example.com", "JwtAudience": "editor,console", "TenantClaim": "tenant"}, None),
    ],
)
def test_parameters_that_do_not_fit_each_other_are_refused_before_anything_is_made(
    dev: Stack, parameters: dict[str, str], refusal: str | None
) -> None:
    client = dev.emulator.client("cloudformation")
    original = client.get_template(StackName=DEV, TemplateStage="Original")["TemplateBody"]
    address = dev.emulator.upload("template", original if isinstance(original, str) else json.dumps(original))

    def create() -> None:
        client.create_change_set(
            StackName="draftkeep-tried",
            ChangeSetName="tried",
            ChangeSetType="CREATE",
            TemplateURL=address,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        )

    if refusal is None:
        create()
    else:
        with pytest.raises(ClientError, match=refusal):
            create()


def test_prod_rolls_out_by_its_alarm(prod: Stack) -> None:
    resources = prod.template["Resources"]
    groups = {name: one["Properties"] for name, one in resources.items() if one["Type"].endswith("::DeploymentGroup")}
    [alarm] = groups["AgentDraftFunctionDeploymentGroup"]["AlarmConfiguration"]["Alarms"]

    assert groups.keys() == {f"{name}DeploymentGroup" for name in {*FUNCTIONS.values(), "SweepFunction"}}
    assert alarm["Name"] == {"Fn::Sub": "${AWS::StackName}-server-errors"}
    assert prod.resources["ServerErrorsAlarm"] == f"{PROD}-server-errors"
    assert all(
        one["UpdatePolicy"].keys() == {"CodeDeployLambdaAliasUpdate"}
        for one in resources.values()
        if one["Type"] == "AWS::Lambda::Alias"
    )


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_no_resource_waits_for_itself(stage: str, request: pytest.FixtureRequest) -> None:
    stack: Stack = request.getfixturevalue(stage)
    resources: dict[str, dict[str, Any]] = stack.template["Resources"]
    # With the update policy, which CloudFormation counts and the emulator does not.
    needed = {name: _referred(one) & resources.keys() for name, one in resources.items()}

    order = list(graphlib.TopologicalSorter(needed).static_order())

    assert len(order) == len(resources)


def test_the_linter_has_nothing_to_say_about_what_is_generated(prod: Stack, tmp_path: Path) -> None:
    file = tmp_path / "generated.json"
    file.write_text(json.dumps(prod.template))

    # W2001: parameters that the transform has used up (how a rollout goes) are referred to no more.
    command = [str(LINT), "--regions", "us-east-1", "--ignore-checks", "W2001", "--", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)

    assert told.stdout + told.stderr == ""


def test_dev_goes_with_its_tables(dev: Stack) -> None:
    tables = [dev.resources[name] for name in TABLES]

    dev.emulator.sam("delete", "--config-env", "dev", "--no-prompts", "--region", "us-east-1")

    assert not {*tables} & {*dev.emulator.client("dynamodb").list_tables()["TableNames"]}
    with pytest.raises(ClientError, match="does not exist"):
        dev.emulator.client("cloudformation").describe_stacks(StackName=DEV)


def test_prod_goes_without_its_tables(prod: Stack) -> None:
    tables, name = [prod.resources[name] for name in TABLES], prod.resources["AgentDraftFunction"]
    assert prod.send(event("agent_save_created")).status == 200

    prod.emulator.sam("delete", "--config-env", "prod", "--no-prompts", "--region", "us-east-1")

    dynamodb = prod.emulator.client("dynamodb")
    for table in tables:
        kept = dynamodb.describe_table(TableName=table)["Table"]
        assert str(kept["DeletionProtectionEnabled"]).lower() == "true"
    assert dynamodb.scan(TableName=tables[0])["Count"] > 0
    with pytest.raises(ClientError, match="ResourceNotFound"):
        prod.emulator.client("lambda").get_function(FunctionName=name)


def _parameters(stack: Stack) -> dict[str, str]:
    [told] = stack.emulator.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in told["Parameters"] if one["ParameterValue"]}


def _referred(node: Any) -> set[str]:
    """The logical ids that a node of a template refers to: Ref, GetAtt, Sub, DependsOn."""
    if isinstance(node, list):
        return set().union(*map(_referred, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*(_referred(value) for value in node.values()))
    for name, value in node.items():
        if name == "Ref":
            found.add(value)
        elif name == "Fn::GetAtt":
            found.add(value[0] if isinstance(value, list) else value.split(".")[0])
        elif name == "Fn::Sub":
            found |= set(re.findall(r"\$\{([A-Za-z0-9]+)", value if isinstance(value, str) else value[0]))
        elif name == "DependsOn":
            found |= {value} if isinstance(value, str) else {*value}
    return found
