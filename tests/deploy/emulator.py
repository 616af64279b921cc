"""Start ministack, and teach its CloudFormation what the template has and it has not.

    .venv-deploy/bin/python -m tests.deploy.emulator        BIND_HOST and GATEWAY_PORT say where

It knows no CodeDeploy and no alarms over several metrics. Both are only written down here, so that the template can be
deployed as it is: a rollout is not gradual, and such an alarm watches the first of its metrics. And it gives SAM the
parameters' defaults; AWS gives it their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import local
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.services.cloudformation import language_extensions, provisioners  # type: ignore[import-not-found]
from samtranslator.translator import transform as sam  # type: ignore[import-not-found]

_Properties = dict[str, Any]
# What Ref gives of a resource that is only written down: a property, or else a name of stack and logical id.
_WRITTEN_DOWN = {
    "AWS::CodeDeploy::Application": "ApplicationName",
    "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName",
}
_given = local()
_apply_extensions, _transform = language_extensions.apply, sam.transform
_record_alarm = provisioners._cw_metric_alarm_record


def _handlers(name_property: str) -> dict[str, Any]:
    def create(logical_id: str, properties: _Properties, stack: str) -> tuple[str, _Properties]:
        return properties.get(name_property) or f"{stack}-{logical_id}", {}

    def update(physical_id: str, old: _Properties, new: _Properties, stack: str) -> tuple[str, _Properties]:
        return physical_id, {}

    def delete(physical_id: str, properties: _Properties) -> None:
        pass

    return {"create": create, "update": update, "delete": delete}


def _alarm_of_its_first_metric(name: str, properties: _Properties) -> Any:
    """Record an alarm over several metrics as one of the first of them."""
    metrics = [metric["MetricStat"] for metric in properties.get("Metrics", []) if "MetricStat" in metric]
    if metrics:
        first = metrics[0]
        one = {"Statistic": first["Stat"], "Period": first["Period"], **first["Metric"]}
        own = {key: value for key, value in properties.items() if key not in ("Metrics", "ThresholdMetricId")}
        properties = {"Threshold": 0, **own, **one}
    return _record_alarm(name, properties)


def _extensions_with_values(template: _Properties, values: Mapping[str, str]) -> _Properties:
    """Apply the language extensions, which come first and are given the parameters' values."""
    _given.values = dict(values)
    extended: _Properties = _apply_extensions(template, values)
    return extended


def _sam_with_values(template: _Properties, _: Mapping[str, str], policies: Any) -> _Properties:
    """Apply SAM, which comes next, with the same values; with none where there were no extensions."""
    transformed: _Properties = _transform(template, vars(_given).pop("values", {}), policies)
    return transformed


def main() -> None:
    language_extensions.apply, sam.transform = _extensions_with_values, _sam_with_values
    provisioners._RESOURCE_HANDLERS |= {kind: _handlers(name) for kind, name in _WRITTEN_DOWN.items()}
    provisioners._cw_metric_alarm_record = _alarm_of_its_first_metric
    app.main()


if __name__ == "__main__":
    main()
