"""The events of events/, in an order that tells the life of a draft of each kind, and the status of each answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]
_Answer = TypeVar("_Answer")

# In this order, on tables that are empty at first.
CATALOG_STORY = [
    ("catalog_import_malformed", 422),
    ("catalog_import_some", 200),
    ("catalog_create_malformed", 422),
    ("catalog_create_department", 201),
    ("catalog_list_departments", 200),
    ("catalog_list_first_page", 200),
    ("catalog_list_unknown_type", 404),
    ("catalog_read_department", 200),
    ("catalog_read_absent", 404),
    ("catalog_archive_department", 204),
    ("catalog_archive_absent", 404),
]
AGENT_STORY = [
    ("agent_save_malformed", 400),
    ("agent_read_absent", 204),
    ("agent_reset_absent", 404),
    ("agent_save_created", 200),
    ("agent_save_next", 200),
    ("agent_save_conflict", 409),
    ("agent_read_current", 200),
    ("agent_undo_unguarded", 428),
    ("agent_undo_done", 200),
    ("agent_redo_done", 200),
    ("agent_redo_nothing", 422),
    ("agent_reset_done", 200),
    ("agent_list_first_page", 200),
    ("agent_list_malformed", 400),
    ("agent_propose_unguarded", 428),
    ("agent_propose_stored", 200),
    ("agent_propose_again", 200),
    ("agent_propose_reused", 422),
    ("agent_proposals_listed", 200),
    ("agent_proposals_malformed", 400),
    ("agent_ack_malformed", 422),
    ("agent_ack_absent", 404),
    ("agent_ack_accepted", 200),
    ("agent_ack_again", 200),
    ("agent_ack_opposite", 409),
    ("agent_history_listed", 200),
    ("agent_history_malformed", 400),
    ("agent_entry_read", 200),
    ("agent_entry_absent", 404),
    ("agent_annotate_done", 200),
    ("agent_annotate_refused", 422),
    ("agent_restore_unguarded", 428),
    ("agent_restore_unknown", 422),
    ("agent_restore_done", 200),
    ("agent_diff_done", 200),
    ("agent_diff_malformed", 400),
    ("agent_save_merged", 200),
    ("agent_save_overlapping", 409),
    ("agent_save_minimal", 200),
    ("agent_discard_stale", 409),
    ("agent_discard_done", 204),
]
FORMS = ("persona", "tool", "eval", "test")
FORM_STORY = [
    ("save_created", 200),
    ("save_patched", 200),
    ("save_refused", 422),
    ("read_absent", 404),
    ("undo_unguarded", 428),
    ("undo_done", 200),
    ("redo_done", 200),
    ("redo_nothing", 422),
    ("read_current", 200),
    ("reset_absent", 404),
    ("reset_done", 200),
    ("list_first_page", 200),
    ("list_malformed", 400),
    ("propose_refused", 422),
    ("propose_stored", 200),
    ("proposals_listed", 200),
    ("proposals_absent", 404),
    ("inbox_first_page", 200),
    ("inbox_malformed", 400),
    ("ack_malformed", 422),
    ("ack_absent", 404),
    ("ack_accepted", 200),
    ("ack_again", 200),
    ("ack_opposite", 409),
    ("history_listed", 200),
    ("history_malformed", 400),
    ("entry_read", 200),
    ("entry_absent", 404),
    ("annotate_done", 200),
    ("annotate_refused", 422),
    ("restore_unguarded", 428),
    ("restore_unknown", 422),
    ("restore_done", 200),
    ("diff_done", 200),
    ("diff_malformed", 400),
    ("discard_unguarded", 428),
    ("discard_done", 204),
]
REFERENCE_STORY = [("reference_document_read", 200), ("reference_page_read", 200)]
STORIES = [
    *CATALOG_STORY,
    *AGENT_STORY,
    *REFERENCE_STORY,
    *((f"{kind}_{name}", status) for kind in FORMS for name, status in FORM_STORY),
]

# What the events of form drafts call a draft that the story has yet to create.
ANY_DRAFT = "00000000-0000-4000-8000-000000000000"


def event(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return loaded


def as_head(sent: dict[str, Any]) -> dict[str, Any]:
    """The event of the HEAD beside a GET."""
    told: dict[str, Any] = json.loads(json.dumps(sent))
    told["routeKey"] = told["requestContext"]["routeKey"] = sent["routeKey"].replace("GET", "HEAD", 1)
    told["requestContext"]["http"]["method"] = "HEAD"
    return told


def tell(
    names: list[str],
    send: Callable[[dict[str, Any]], _Answer],
    body_of: Callable[[_Answer], str],
    draft_id: str = ANY_DRAFT,
) -> dict[str, _Answer]:
    """Send events in order; the id of the draft that they create goes on in those after it."""
    answers: dict[str, _Answer] = {}
    for name in names:
        answers[name] = send(json.loads(json.dumps(event(name)).replace(ANY_DRAFT, draft_id)))
        if name.endswith("_save_created") and "draft_id" in body_of(answers[name]):
            draft_id = json.loads(body_of(answers[name]))["draft_id"]
    return answers
