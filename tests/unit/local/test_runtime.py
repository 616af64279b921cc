"""Handlers get their environment, a context and one call at a time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from local.runtime import Runtime
from local.settings import StartupError
from local.template import Function

SOURCE = """
import os
import time

AT_IMPORT = os.environ.get("DRAFTKEEP_TEST")
busy = 0


def handler(event, context):
    global busy
    busy += 1
    at_once = busy
    time.sleep(0.01)
    busy -= 1
    return {
        "at_import": AT_IMPORT,
        "at_call": os.environ.get("DRAFTKEEP_TEST"),
        "at_once": at_once,
        "context": [
            context.function_name,
            context.memory_limit_in_mb,
            context.invoked_function_arn,
            context.aws_request_id,
            context.get_remaining_time_in_millis(),
        ],
    }
"""


@pytest.fixture(name="runtime")
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    for name in ("first_fn", "second_fn"):
        (tmp_path / f"{name}.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("DRAFTKEEP_TEST", raising=False)
    runtime = Runtime(
        {
            "First": Function("First", "first_fn.handler", 25, 512, {"DRAFTKEEP_TEST": "one"}),
            "Second": Function("Second", "second_fn.handler", 25, 512, {"DRAFTKEEP_TEST": "two"}),
        }
    )
    runtime.load()
    return runtime


def test_each_function_has_its_own_environment(runtime: Runtime) -> None:
    first, second = runtime.invoke("First", {}), runtime.invoke("Second", {})

    assert (first["at_import"], first["at_call"]) == ("one", "one")
    assert (second["at_import"], second["at_call"]) == ("two", "two")
    assert "DRAFTKEEP_TEST" not in os.environ


def test_the_context_counts_down_from_the_time_out(runtime: Runtime) -> None:
    name, memory, arn, request_id, left_ms = runtime.invoke("First", {})["context"]

    assert (name, memory) == ("First", "512")
    assert arn.endswith(":function:First")
    assert len(request_id) == 36
    assert 20_000 < left_ms < 25_000


def test_every_call_has_its_own_request_id(runtime: Runtime) -> None:
    ids = {runtime.invoke("First", {})["context"][3] for _ in range(3)}

    assert len(ids) == 3


def test_calls_never_overlap(runtime: Runtime) -> None:
    at_once: list[int] = []
    threads = [
        threading.Thread(target=lambda: at_once.append(runtime.invoke("First", {})["at_once"])) for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert at_once == [1] * 8


@pytest.mark.parametrize("handler", ["no_such_module.handler", "first_fn.no_such_name", "handler", ""])
def test_a_handler_that_cannot_be_imported_stops_the_start(runtime: Runtime, handler: str) -> None:
    broken = Runtime({"Broken": Function("Broken", handler, 3, 128, {})})

    with pytest.raises(StartupError, match="Broken: cannot import"):
        broken.load()
