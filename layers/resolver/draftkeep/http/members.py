"""The members of form requests that several kinds have."""

from __future__ import annotations

from pydantic_core import CoreSchema

from draftkeep.http.shapes import BOOLEAN, TEXT, Shape, items, record, texts
from draftkeep.resolver.work import MAX_ITEMS

# Ids, or the texts that become them.
TEXTS = items(TEXT, MAX_ITEMS)
# One flag of one model; both halves are needed, a missing one is told with its pointer.
MODEL_FLAG = record(**texts("model_id", "flag_id"))
# One flag of one model, by the flag's type and value.
MODEL_FLAG_VALUE = record(texts("model_id", "type", "value"))
MODEL_FLAGS = items(MODEL_FLAG, MAX_ITEMS)
MODEL_FLAG_VALUES = items(MODEL_FLAG_VALUE, MAX_ITEMS)


def form_request(**members: CoreSchema) -> Shape:
    """The body of a kind's POST: absent is unchanged, null clears. Members of the operation are those of all kinds."""
    return Shape(
        draft_id=TEXT,
        **members,
        pending_ids=TEXTS,
        idempotency_key=TEXT,
        soft=BOOLEAN,
        accept=BOOLEAN,
        accept_fields=TEXTS,
    )
