"""The handler's own CPU time: a warm save of 114 KB, outside the calls of DynamoDB, against the least it must do."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import json
import os
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from draftkeep import wiring, zstd
from tests.bench.figures import Figure
from tests.bench.flows import Editor
from tests.tables import ROOT, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIZE_BYTES = 114_000
WARM_UP, MEASURED = 30, 200


class Context:
    """As much of a Lambda context as the handlers use."""

    function_name = "bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 25_000


def handler_cpu(client: DynamoDBClient) -> list[Figure]:
    """CPU milliseconds of the thread that serves, median of 200 saves."""
    os.environ |= {
        "DRAFTS_TABLE": new_table(client),
        "CATALOG_TABLE": new_table(client),
        "POWERTOOLS_METRICS_NAMESPACE": "Draftkeep",
    }
    wiring.forget()
    handler = importlib.import_module("agent_draft.app").handler
    called = _Timed(wiring.client())
    editor = Editor(SIZE_BYTES)
    own, dynamodb, least = [], [], []
    for version in range(WARM_UP + MEASURED):
        event = _event(editor, version)
        called.seconds = 0
        with contextlib.redirect_stdout(io.StringIO()):
            start = time.thread_time()
            answer = handler(event, Context())
            spent = time.thread_time() - start
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])
        own.append((spent - called.seconds) * 1000)
        dynamodb.append(called.seconds * 1000)
        least.append(_least(event["body"].encode()) * 1000)
        editor.edit()
    figures = [median(times[WARM_UP:]) for times in (own, dynamodb, least)]
    return [
        Figure("handler CPU, 114 KB: outside the DynamoDB calls", figures[0], "ms"),
        Figure("handler CPU, 114 KB: in the DynamoDB calls", figures[1], "ms"),
        Figure("handler CPU, 114 KB: parse, canonicalise, hash and compress", figures[2], "ms"),
        Figure("handler CPU, 114 KB: outside against that", figures[0] / figures[2], "x", 2.0),
    ]


class _Timed:
    """Takes the thread's CPU time in a client's calls."""

    def __init__(self, client: Any) -> None:
        self.seconds = 0.0
        self._call = client._make_api_call
        client._make_api_call = self._timed

    def _timed(self, *arguments: Any) -> Any:
        start = time.thread_time()
        try:
            return self._call(*arguments)
        finally:
            self.seconds += time.thread_time() - start


def _event(editor: Editor, version: int) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / "agent_save_created.json").read_text())
    event["body"] = json.dumps(editor.flow)
    event["headers"]["if-match"] = str(version)
    return event


def _least(body: bytes) -> float:
    """What no save can do without."""
    start = time.thread_time()
    value = json.loads(body)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    hashlib.sha256(text).hexdigest()
    zstd.compress(text)
    return time.thread_time() - start
