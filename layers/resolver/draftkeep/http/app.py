"""One Lambda function: routes on a Powertools resolver, with identity, errors, logs and metrics round them."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled

from draftkeep import wiring
from draftkeep.errors import DraftExists, MergeConflict, NotFound, ProposalConflict, VersionConflict
from draftkeep.http.answers import Answer, carried, without_body
from draftkeep.http.naming import Naming, View
from draftkeep.http.principal import principal_of
from draftkeep.http.problems import is_internal, problem_answer
from draftkeep.http.requests import Request
from draftkeep.settings import settings

Route = Callable[[Request], Answer]
VIEW = View()
_EVENT = "request_answered"

# A body of a million small objects makes no cycles: looking for some after each 700 objects takes half of the time.
gc.set_threshold(100_000, 20, 100)


class App:
    """The routes of one function.

    A Lambda container serves one request at a time, and so must whoever runs this elsewhere: Powertools keeps the
    current event in a class attribute.
    """

    def __init__(self, kind: str, naming: Naming, view: View = VIEW) -> None:
        self.kind = kind
        self._naming = naming
        self._view = view
        self.routes: dict[tuple[str, str], str] = {}
        self._resolver = APIGatewayHttpResolver()
        self._resolver.not_found(lambda _: self._respond(self._refusal(NotFound())))
        self._logger = Logger(location=None)
        # Of its own: Metrics shares its dimensions between all apps of a process.
        self._metrics = EphemeralMetrics(default_dimensions={"kind": kind})
        self._counts = bool(self._metrics.namespace) and not is_metrics_disabled()
        self._deadline = wiring.deadline()
        self._notes: dict[str, Any] = {}

    def route(self, method: str, path: str, operation: str) -> Callable[[Route], Route]:
        """Register a route; a path variable is written `{name}`, as in the template. Where GET is, HEAD is too."""
        methods = ["GET", "HEAD"] if method == "GET" else [method]

        def register(serve: Route) -> Route:
            self.routes |= {(one, path): operation for one in methods}
            powertools_path = path.replace("{", "<").replace("}", ">")
            self._resolver.route(powertools_path, method=methods)(self._guarded(serve, operation))
            return serve

        return register

    def handler(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Serve one HTTP API event (payload format 2.0). Never raises: what fails inside answers 500."""
        started = time.perf_counter()
        self._notes = {"operation": "none", "request_id": _request_id(event)}
        try:
            self._deadline.begin(context.get_remaining_time_in_millis())
            response = self._resolver.resolve(event, context)
        except Exception as error:  # noqa: BLE001 - the last line of defence: nothing from inside reaches a client
            response = _as_response(self._refusal(error))
        self._tell(response["statusCode"], started)
        return without_body(response) if _method(event) == "HEAD" else carried(response)

    def _guarded(self, serve: Route, operation: str) -> Callable[..., Response[str]]:
        def call(**matched: str) -> Response[str]:
            self._notes["operation"] = operation
            try:
                return self._respond(serve(self._request(matched)))
            except Exception as error:  # noqa: BLE001 - the one place where every error becomes an answer
                return self._respond(self._refusal(error))

        return call

    def _request(self, matched: dict[str, str]) -> Request:
        event = self._resolver.current_event.raw_event
        principal = principal_of(event, settings())
        self._notes["tenant"] = principal.tenant
        # The gateway matched whole decoded parts; the resolver a path that is cut at a decoded `?`. Where they differ,
        # the path names nothing.
        if matched != (event.get("pathParameters") or {}):
            raise NotFound
        return Request(
            principal=principal,
            params=matched,
            query=event.get("queryStringParameters") or {},
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            event=event,
            path=event["rawPath"],
            notes=self._notes,
        )

    def _refusal(self, error: Exception) -> Answer:
        if is_internal(error):
            self._logger.error("internal_error", exc_info=error, extra={"request_id": self._notes["request_id"]})
        if isinstance(error, VersionConflict | DraftExists | MergeConflict):
            self._notes |= {"outcome": "conflict", "version": error.current.version}
        if isinstance(error, ProposalConflict):
            self._notes |= {"outcome": "conflict", "version": error.current_version}
        return problem_answer(error, self._naming, self._view, self._notes["request_id"])

    def _respond(self, answer: Answer) -> Response[str]:
        headers = {"Cache-Control": "no-store", **answer.headers}
        media_type = answer.media_type if answer.body is not None else None
        return Response(answer.status, media_type, answer.body, headers)

    def _tell(self, status: int, started: float) -> None:
        duration_ms = round((time.perf_counter() - started) * 1000, 1)
        told = {"kind": self.kind, "status": status, "duration_ms": duration_ms, **self._notes}
        if "outcome" in told and self._counts:
            self._count(told)
        else:
            self._logger.info(_EVENT, extra=told)

    def _count(self, told: dict[str, Any]) -> None:
        """Tell of a request in the line that carries its metric: one line for both."""
        if self._logger.log_level <= logging.INFO:
            for name, value in {"level": "INFO", "message": _EVENT, **told, **_trace()}.items():
                self._metrics.add_metadata(name, value)
        self._metrics.add_metric(told["outcome"], MetricUnit.Count, 1)
        self._metrics.flush_metrics()


def _request_id(event: dict[str, Any]) -> str:
    return str((event.get("requestContext") or {}).get("requestId", ""))


def _trace() -> dict[str, str]:
    """What Logger tells of the trace. Source: AWS X-Ray Developer Guide, "Tracing header"."""
    root = os.environ.get("_X_AMZN_TRACE_ID", "").partition(";")[0]
    return {"xray_trace_id": root.removeprefix("Root=")} if root else {}


def _method(event: dict[str, Any]) -> str:
    return str(((event.get("requestContext") or {}).get("http") or {}).get("method", ""))


def _as_response(answer: Answer) -> dict[str, Any]:
    headers = {"Content-Type": answer.media_type, "Cache-Control": "no-store"}
    return {"statusCode": answer.status, "headers": headers, "body": answer.body, "isBase64Encoded": False}
