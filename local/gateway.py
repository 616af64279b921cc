"""The HTTP API: limits, CORS, routes, identity, then the function."""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local.answers import Answer, MalformedAnswer, function_answer, gateway_answer
from local.cors import CorsRules
from local.events import Request, build_event
from local.identity import Authorizer, Unauthorized
from local.payload import PAYLOAD_LIMIT_BYTES, encode_payload
from local.routing import Match, Router
from local.runtime import AnswerTooLarge
from local.settings import DEFAULT_TENANT_CLAIM

# Quotas of HTTP APIs: payload size; request line and headers together.
BODY_LIMIT_BYTES = 10 * 1024 * 1024
HEAD_LIMIT_BYTES = 10_240

logger = logging.getLogger("draftkeep.local")


class Functions(Protocol):
    """What the gateway needs of the functions behind it."""

    def environment(self, name: str) -> Mapping[str, str]:
        """The environment variables of a function."""

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Call a function and give back the JSON value that it returned."""


@dataclass(frozen=True)
class Gateway:
    """Answers requests as API Gateway does; what it says itself is `{"message": …}`.

    cors: CorsRules | None, None when the API has no CORS configuration
    clock: gives Unix time in seconds
    """

    router: Router
    functions: Functions
    authorizer: Authorizer
    cors: CorsRules | None
    clock: Callable[[], float] = time.time

    def answer(self, request: Request) -> Answer:
        """Answer one request; never raises for what a client or a function did."""
        request_id = base64.b64encode(secrets.token_bytes(11)).decode()
        answer = self._answer(request, request_id).with_headers([("apigw-requestid", request_id)])
        if self.cors and (origin := request.joined.get("origin")) and not self._is_preflight(request):
            answer = answer.with_headers(self.cors.answer_headers(origin))
        return answer

    def _answer(self, request: Request, request_id: str) -> Answer:
        if request.head_bytes > HEAD_LIMIT_BYTES:
            return gateway_answer(431, "Request Header Fields Too Large")
        if request.body_bytes > BODY_LIMIT_BYTES:
            return gateway_answer(413, "Request Entity Too Large")
        if self.cors and self._is_preflight(request):
            return Answer(204, tuple(self.cors.preflight_headers(request.joined["origin"])), b"")
        match = self.router.match(request.method, request.target.path)
        if match is None:
            return gateway_answer(404, "Not Found")
        try:
            claims = self._claims(request, match)
        except Unauthorized as refusal:
            return gateway_answer(401, "Unauthorized").with_headers([("www-authenticate", str(refusal))])
        event = build_event(request, match, claims, request_id, self.clock())
        if len(encode_payload(event)) > PAYLOAD_LIMIT_BYTES:
            return gateway_answer(413, "Request Entity Too Large")
        answer = self._call(match, event)
        # With a CORS configuration the gateway ignores what the function says about CORS.
        return answer.without_headers("access-control-") if self.cors else answer

    def _is_preflight(self, request: Request) -> bool:
        return request.method == "OPTIONS" and {"origin", "access-control-request-method"} <= request.joined.keys()

    def _claims(self, request: Request, match: Match) -> dict[str, str] | None:
        if not match.route.authorized:
            return None
        tenant_claim = self.functions.environment(match.route.function).get("TENANT_CLAIM") or DEFAULT_TENANT_CLAIM
        authorization = request.joined.get("authorization", "")
        return self.authorizer.claims(authorization, match.parameters.get("tenant"), tenant_claim)

    def _call(self, match: Match, event: dict[str, Any]) -> Answer:
        called = f"{match.route.function} ({match.route.key})"
        try:
            return function_answer(self.functions.invoke(match.route.function, event))
        except AnswerTooLarge as error:
            logger.critical("ANSWER TOO LARGE: %s: %s; deployed, the caller gets a 500", called, error)
        except MalformedAnswer as error:
            logger.critical("MALFORMED ANSWER: %s: %s; deployed, the caller gets a 500", called, error)
        except (Exception, SystemExit):
            logger.exception("FUNCTION FAILED: %s", called)
        return gateway_answer(500, "Internal Server Error")
