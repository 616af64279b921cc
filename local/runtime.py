"""Runs the real handlers as Lambda runs them: their environment, a context, one call at a time."""

from __future__ import annotations

import importlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.cloudformation import ACCOUNT_ID, REGION
from local.payload import PAYLOAD_LIMIT_BYTES, encode_payload
from local.settings import StartupError
from local.template import Function

Handler = Callable[[dict[str, Any], "LambdaContext"], Any]


class AnswerTooLarge(Exception):
    """A function returned more than Lambda can carry."""


@dataclass(frozen=True)
class LambdaContext:
    """The second argument of a handler; the memory size is a string, as in the real one."""

    function_name: str
    memory_limit_in_mb: str
    timeout_s: int
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    log_group_name: str = ""
    log_stream_name: str = ""
    identity: None = None
    client_context: None = None
    started_s: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's time-out; never negative."""
        return max(0, int((self.started_s + self.timeout_s - time.monotonic()) * 1000))


class Runtime:
    """All functions in one process.

    Powertools keeps the current event in a class attribute, which is safe in a Lambda container,
    as it serves one request at a time. So does this: one lock is held round each call.
    """

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self._handlers: dict[str, Handler] = {}
        self._one_call = threading.Lock()

    def load(self) -> None:
        """Import every handler, each with its function's environment.

        Raises: StartupError
        """
        for name, function in self._functions.items():
            module, _, attribute = function.handler.rpartition(".")
            with _environment(function.environment):
                try:
                    handler = getattr(importlib.import_module(module), attribute)
                except Exception as error:
                    raise StartupError(
                        f"{name}: cannot import {function.handler}: {type(error).__name__}: {error}"
                    ) from error
            self._handlers[name] = handler

    def environment(self, name: str) -> Mapping[str, str]:
        """The environment variables of a function."""
        return self._functions[name].environment

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Call a handler; what it returned comes back as the JSON value that left the function.

        Raises: AnswerTooLarge; ValueError or TypeError (not JSON); whatever the handler raises
        """
        function = self._functions[name]
        with self._one_call, _environment(function.environment):
            context = LambdaContext(name, str(function.memory_mb), function.timeout_s)
            returned = self._handlers[name](event, context)
        payload = encode_payload(returned)
        if len(payload) > PAYLOAD_LIMIT_BYTES:
            raise AnswerTooLarge(f"{name} returned {len(payload)} bytes, Lambda carries {PAYLOAD_LIMIT_BYTES}")
        return json.loads(payload)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
