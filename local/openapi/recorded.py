"""Runs the real handlers on events/ to learn their routes, and what they answer: the examples of the document.

Times and random ids are replaced, so that every run records the same.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from draftkeep.http.app import App
from local.engine import create_tables, isolate, running_engine
from local.runtime import Runtime
from local.template import Template

# What the events of form drafts call a draft that the story has yet to create.
ANY_DRAFT = "00000000-0000-4000-8000-000000000000"

# In this order, on tables that are empty at first.
_CATALOG = """
    import_malformed import_some create_malformed create_department create_department list_departments
    list_unknown_type read_department read_absent archive_department archive_absent
"""
_AGENT = """
    save_malformed read_absent reset_absent save_created save_next save_conflict read_current undo_unguarded undo_done
    redo_done redo_nothing reset_done list_first_page list_malformed propose_stored propose_reused proposals_listed
    ack_malformed ack_absent ack_accepted ack_opposite history_listed history_malformed entry_read entry_absent
    annotate_done annotate_refused restore_unknown restore_done diff_done diff_malformed save_merged save_overlapping
    save_minimal discard_stale discard_done
"""
_FORM = """
    save_created save_patched save_refused read_absent undo_unguarded undo_done redo_done redo_nothing read_current
    reset_absent reset_done list_first_page list_malformed propose_stored proposals_listed proposals_absent
    inbox_first_page inbox_malformed ack_malformed ack_absent ack_accepted ack_opposite history_listed
    history_malformed entry_read entry_absent annotate_done annotate_refused restore_unknown restore_done diff_done
    diff_malformed discard_unguarded discard_done
"""
STORIES = {"catalog": _CATALOG, "agent": _AGENT} | dict.fromkeys(("persona", "tool", "eval", "test"), _FORM)

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_FIRST_NS = 1_795_338_000 * 10**9
_STEP_NS = 60 * 10**9


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; bodies are JSON values, None where there is none."""

    name: str
    route: tuple[str, str]
    sent: Any
    status: int
    body: Any


@dataclass
class Recorded:
    """The functions' apps by kind, and what they answered."""

    apps: dict[str, App] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)


def recorded(template: Template, events: Path) -> Recorded:
    """Load every function of a template that has routes, and tell it its story.

    events: the folder of the event files; the reference itself, which is for everybody, is left out
    """
    told_ones = {route.function for route in template.routes if route.authorized}
    functions = {name: one for name, one in template.functions.items() if name in told_ones}
    isolate(os.environ)
    with running_engine(None), redirect_stdout(StringIO()):
        create_tables(template.tables)
        runtime = Runtime(functions)
        runtime.load()
        apps = {name: _app(function.handler) for name, function in functions.items()}
        serving = {route.key: route.function for route in template.routes}
        told = Recorded({app.kind: app for app in apps.values()})
        for kind, story in STORIES.items():
            told.exchanges += _tell(runtime, serving, events, [f"{kind}_{name}" for name in story.split()])
    return told


def _app(handler: str) -> App:
    module = importlib.import_module(handler.rpartition(".")[0])
    app: App = module.app
    return app


def _tell(runtime: Runtime, serving: dict[str, str], events: Path, names: list[str]) -> Iterator[Exchange]:
    draft_id, known = ANY_DRAFT, {ANY_DRAFT: ANY_DRAFT}
    for number, name in enumerate(names):
        event = json.loads((events / f"{name}.json").read_text().replace(ANY_DRAFT, draft_id))
        with _clock(_FIRST_NS + number * _STEP_NS):
            answer = runtime.invoke(serving[event["routeKey"]], event)
        body = _body(answer)
        if name.endswith("_save_created") and "draft_id" in body:
            draft_id = body["draft_id"]
        method, _, path = event["routeKey"].partition(" ")
        sent = json.loads(event["body"]) if _is_json(event.get("body")) else None
        yield Exchange(name, (method, path), _steady(sent, known), answer["statusCode"], _steady(body, known))


def _body(answer: dict[str, Any]) -> Any:
    text = answer.get("body")
    if not text:
        return None
    return json.loads(base64.b64decode(text) if answer.get("isBase64Encoded") else text)


def _is_json(text: str | None) -> bool:
    try:
        return isinstance(json.loads(text or ""), dict)
    except ValueError:
        return False


def _steady(value: Any, known: dict[str, str]) -> Any:
    """A value whose random UUIDs are numbered in the order of their appearance."""

    def numbered(found: re.Match[str]) -> str:
        return known.setdefault(found[0], f"00000000-0000-4000-8000-{len(known):012d}")

    return json.loads(_UUID4.sub(numbered, json.dumps(value)))


@contextmanager
def _clock(now_ns: int) -> Iterator[None]:
    with patch.object(time, "time_ns", lambda: now_ns):
        yield
