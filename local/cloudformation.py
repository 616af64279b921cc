"""Just enough CloudFormation to read our own template: YAML tags, references, conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

REGION = "us-east-1"
ACCOUNT_ID = "000000000000"


class TemplateLoader(yaml.SafeLoader):
    """SafeLoader that turns `!Ref x` into `{"Ref": "x"}` and `!Sub x` into `{"Fn::Sub": "x"}`."""


class _NoValue:
    """What AWS::NoValue and functions unknown here resolve to: the property is left out."""


NO_VALUE = _NoValue()


def _long_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise yaml.constructor.ConstructorError(None, None, f"cannot read !{name}", node.start_mark)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


TemplateLoader.add_multi_constructor("!", _long_form)


def load(text: str) -> Any:
    """Parse a template's text; intrinsic functions come out in their long form."""
    return yaml.load(text, Loader=TemplateLoader)  # noqa: S506 - a SafeLoader  # nosec B506


@dataclass(frozen=True)
class Scope:
    """Resolves intrinsic functions as a deployment with the parameters' defaults would.

    references: what `!Ref name` gives; a name that is missing stands for itself
    conditions, mappings: the template's sections of that name
    """

    references: Mapping[str, Any]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def resolve(self, node: Any) -> Any:
        """Give the plain value of `node`; properties without a value are left out of maps and lists."""
        if isinstance(node, list):
            return [value for value in map(self.resolve, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name in ("Ref", "Condition") or str(name).startswith("Fn::"):
                return self._call(str(name).removeprefix("Fn::"), argument)
        resolved = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Tell whether the named condition is true; one that the template does not have is not."""
        return condition in self.conditions and bool(self.resolve(self.conditions[condition]))

    def _call(self, function: str, argument: Any) -> Any:
        match function:
            case "If":
                condition, then, otherwise = argument
                return self.resolve(then if self.holds(condition) else otherwise)
            case "Condition":
                return self.holds(argument)
            case "Sub":
                return self._substitute(argument)
            case "Ref":
                return self.references.get(argument, argument)
            case "GetAtt":
                return ":".join([str(self._call("Ref", argument[0])), *map(str, argument[1:])])
            case "FindInMap":
                table, first, second = self.resolve(argument)[:3]
                return self.resolve(self.mappings.get(table, {}).get(first, {}).get(second, NO_VALUE))
            case _ if function in _ON_VALUES:
                return _ON_VALUES[function](self.resolve(argument))
        return NO_VALUE

    def _substitute(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        own = self.resolve(own)

        def replace(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(own[name])
            return str(self._call("GetAtt", name.split(".", 1)))

        return re.sub(r"\$\{([^}]+)\}", replace, text)


_ON_VALUES: dict[str, Callable[[Any], Any]] = {
    "And": all,
    "Equals": lambda pair: pair[0] == pair[1],
    "Join": lambda pair: str(pair[0]).join(map(str, pair[1])),
    "Not": lambda one: not one[0],
    "Or": any,
    "Select": lambda pair: pair[1][int(pair[0])],
    "Split": lambda pair: str(pair[1]).split(pair[0]),
}
