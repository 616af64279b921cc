"""Reads template.yaml into what the development server needs: functions, routes, tables, CORS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.cloudformation import ACCOUNT_ID, NO_VALUE, REGION, Scope, load
from local.cors import CorsRules, read_cors

TABLE_PREFIX = "draftkeep-local-"
DEFAULT_ROUTE = "$default"

# The properties of AWS::DynamoDB::Table that CreateTable takes under the same name.
_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
)


@dataclass(frozen=True)
class Route:
    """One HttpApi event of a function.

    method: str, upper case, or `ANY`
    path: str, `/agents/{agent}`, or `$default`
    function: str, logical id
    authorized: bool, False when the event says `Authorizer: NONE`
    """

    method: str
    path: str
    function: str
    authorized: bool = True

    @property
    def key(self) -> str:
        """The route key that the gateway puts into the event."""
        return self.path if self.path == DEFAULT_ROUTE else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Function:
    """A Lambda function: `handler` is `package.module.attribute`."""

    name: str
    handler: str
    timeout_s: int
    memory_mb: int
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """`definition` is what CreateTable takes; `ttl_attribute` is None when nothing expires."""

    name: str
    definition: Mapping[str, Any]
    ttl_attribute: str | None


@dataclass(frozen=True)
class Template:
    """`functions` holds those with a route, by logical id; `cors` is None without a configuration."""

    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    tables: tuple[Table, ...]
    cors: CorsRules | None


def parse_template(text: str, overrides: Mapping[str, str] | None = None) -> Template:
    """Read a SAM template as deployed with its parameters' defaults.

    text: str, YAML
    overrides: environment variables of the caller's shell; like `sam local`, one that the
        template declares gets this value instead, unless it names a table
    Raises: yaml.YAMLError
    """
    template = load(text)
    resources = {key: value for key, value in (template.get("Resources") or {}).items() if isinstance(value, dict)}
    scope = _scope(template, resources)
    wanted = {
        name: resource
        for name, resource in resources.items()
        if "Condition" not in resource or scope.holds(resource["Condition"])
    }
    defaults = (template.get("Globals") or {}).get("Function") or {}
    functions = {
        name: _function(name, scope, defaults, resource["Properties"], overrides or {})
        for name, resource in _of_type(wanted, "AWS::Serverless::Function")
    }
    routes = tuple(
        route
        for name, resource in _of_type(wanted, "AWS::Serverless::Function")
        for route in _routes(name, scope.resolve(resource["Properties"].get("Events") or {}))
    )
    routed = {route.function for route in routes}
    return Template(
        functions={name: function for name, function in functions.items() if name in routed},
        routes=routes,
        tables=tuple(
            _table(name, scope.resolve(resource["Properties"]))
            for name, resource in _of_type(wanted, "AWS::DynamoDB::Table")
        ),
        cors=_cors(template, wanted, scope),
    )


def _scope(template: dict[str, Any], resources: dict[str, Any]) -> Scope:
    references: dict[str, Any] = {
        "AWS::AccountId": ACCOUNT_ID,
        "AWS::NoValue": NO_VALUE,
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackName": "draftkeep-local",
        "AWS::URLSuffix": "amazonaws.com",
    }
    for name, parameter in (template.get("Parameters") or {}).items():
        default = parameter.get("Default", "")
        is_list = parameter.get("Type") == "CommaDelimitedList" or str(parameter.get("Type")).startswith("List<")
        references[name] = [part.strip() for part in str(default).split(",")] if is_list else default
    references |= {name: TABLE_PREFIX + name for name, _ in _of_type(resources, "AWS::DynamoDB::Table")}
    return Scope(references, template.get("Conditions") or {}, template.get("Mappings") or {})


def _of_type(resources: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    return ((name, resource) for name, resource in resources.items() if resource.get("Type") == kind)


def _function(
    name: str, scope: Scope, defaults: dict[str, Any], own: dict[str, Any], overrides: Mapping[str, str]
) -> Function:
    def of(key: str, otherwise: Any) -> Any:
        return scope.resolve(own.get(key, defaults.get(key, otherwise)))

    declared = [section.get("Environment") or {} for section in (defaults, own)]
    variables = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for section in declared
        for key, value in scope.resolve(section.get("Variables") or {}).items()
    }
    tables = {value for value in scope.references.values() if str(value).startswith(TABLE_PREFIX)}
    given = {k: v if v in tables else overrides.get(k, v) for k, v in variables.items()}
    return Function(
        name=name,
        handler=of("Handler", ""),
        timeout_s=int(of("Timeout", 3)),
        memory_mb=int(of("MemorySize", 128)),
        # One that is declared without a value is as if it were not: what the process has of its own stands.
        environment={name: value for name, value in given.items() if value},
    )


def _routes(function: str, events: dict[str, Any]) -> Iterator[Route]:
    for event in events.values():
        if event.get("Type") == "HttpApi":
            properties = event.get("Properties") or {}
            yield Route(
                method=str(properties.get("Method", "ANY")).upper().replace("X-AMAZON-APIGATEWAY-ANY-METHOD", "ANY"),
                path=properties.get("Path", DEFAULT_ROUTE),
                function=function,
                authorized=(properties.get("Auth") or {}).get("Authorizer") != "NONE",
            )


def _table(name: str, properties: dict[str, Any]) -> Table:
    definition = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
    if "ProvisionedThroughput" not in definition:
        definition["BillingMode"] = "PAY_PER_REQUEST"
    ttl = properties.get("TimeToLiveSpecification") or {}
    return Table(TABLE_PREFIX + name, definition, ttl.get("AttributeName") if ttl.get("Enabled") else None)


def _cors(template: dict[str, Any], resources: Mapping[str, Any], scope: Scope) -> CorsRules | None:
    shared = (template.get("Globals") or {}).get("HttpApi") or {}
    own = [resource.get("Properties") or {} for _, resource in _of_type(resources, "AWS::Serverless::HttpApi")]
    for properties in (*own, shared):
        if properties.get("CorsConfiguration"):
            return read_cors(properties["CorsConfiguration"], scope)
    return None
