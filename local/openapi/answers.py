"""The schemas of bodies that no shape in the code tells: written once, spelled for agents and for forms."""

from __future__ import annotations

from typing import Any

from draftkeep.differences import Op
from draftkeep.errors import MAX_PROBLEMS
from draftkeep.http.history import MAX_LABEL
from draftkeep.http.naming import CAMEL, SNAKE, Naming
from draftkeep.http.places import MAX_PLACES
from draftkeep.http.proposals import MAX_ACCEPTED
from draftkeep.model import Operation
from draftkeep.resources import TYPES
from draftkeep.service.catalog import MAX_RECORDS
from local.openapi.parameters import KEY, PATH

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
VERSION: Schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999}
SEQ_NO: Schema = VERSION | {"minimum": 1}
TIME: Schema = {"type": "integer", "minimum": 0, "description": "Epoch milliseconds."}
ANY: Schema = {}
OPERATION_KEY: Schema = {"type": "string", "pattern": KEY}
MAYBE_KEY: Schema = {"anyOf": [OPERATION_KEY, {"type": "null"}], "description": "The request's operation key."}
_CONTENT_OPERATIONS = [Operation.SAVE, Operation.RESET, Operation.RESTORE, Operation.ACCEPT]


def ref(name: str) -> Schema:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(item: Schema, most: int | None = None) -> Schema:
    """A list."""
    return {"type": "array", "items": item} | ({} if most is None else {"maxItems": most})


def shape(members: dict[str, Schema], *optional: str, closed: bool = False, description: str = "") -> Schema:
    """An object; a closed one has no other members."""
    made: Schema = {"type": "object", "properties": members}
    if needed := [name for name in members if name not in optional]:
        made["required"] = needed
    if closed:
        made["additionalProperties"] = False
    return made | ({"description": description} if description else {})


def spelled(naming: Naming) -> dict[str, Schema]:
    """The schemas that agents and forms share but for their spelling; their names begin with Agent or Form."""
    spell, prefix = naming.spell, prefix_of(naming)
    (seq_no,) = spell({"seqNo": None})
    key = naming.operation_key
    entry = spell(
        {
            "seqNo": SEQ_NO,
            "contentHash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "pinned": FLAG,
            "label": {"type": ["string", "null"], "maxLength": MAX_LABEL},
            "createdAt": TIME,
            "createdBy": TEXT,
            "actor": MAYBE_TEXT,
            "operation": {"type": "string", "enum": [str(one) for one in _CONTENT_OPERATIONS]},
            "proposedBy": {"anyOf": [shape({"user": TEXT, "actor": MAYBE_TEXT}), {"type": "null"}]},
        }
    )
    more = {
        "sizeBytes": COUNT,
        "parent": {"anyOf": [SEQ_NO, {"type": "null"}]},
        "branch": SEQ_NO,
        "current": FLAG,
    }
    place = {naming.place: TEXT, "base": ANY, "current": ANY, "proposed": ANY}
    made = {
        "Entry": shape(entry, description="A content entry."),
        "HistoryEntry": shape(entry | spell(more), description="A content entry with its place in the history."),
        "HistoryPage": shape(
            {"entries": listed(ref(f"{prefix}HistoryEntry"), 100), "next": {"anyOf": [SEQ_NO, {"type": "null"}]}}
        ),
        "Comparison": shape(
            {"from": SEQ_NO, "to": SEQ_NO, "changes": listed(ref("Change"), 100), "total": COUNT},
        ),
        "Place": shape(
            place, "base", "current", "proposed", description="A place with its values; an absent side has nothing."
        ),
        "Keyed": shape({key: MAYBE_KEY}, key, closed=True),
        "Restore": shape({seq_no: {"type": "integer", "minimum": 1}, key: MAYBE_KEY}, key, closed=True),
        "Annotation": shape(
            {
                "pinned": {"type": ["boolean", "null"]},
                "label": {"type": ["string", "null"], "maxLength": MAX_LABEL},
                key: MAYBE_KEY,
            },
            "pinned",
            "label",
            key,
            closed=True,
        ),
        "Head": shape(
            spell(
                {
                    "version": SEQ_NO,
                    "historyCursor": SEQ_NO,
                    "canUndo": FLAG,
                    "canRedo": FLAG,
                    "updatedAt": TIME,
                }
            ),
            description="What every envelope tells.",
        ),
        "Waiting": shape(
            spell(
                {
                    "idempotencyKey": OPERATION_KEY,
                    "proposedBy": TEXT,
                    "actor": MAYBE_TEXT,
                    "createdAt": TIME,
                    "baseVersion": VERSION,
                    "currentVersion": VERSION,
                    "changes": listed(ref(f"{prefix}Place"), MAX_PLACES),
                    "changesTotal": COUNT,
                    "conflicts": listed(ref(f"{prefix}Place"), MAX_PLACES),
                    "conflictsTotal": COUNT,
                    "errors": listed(ref("FieldError"), MAX_PROBLEMS),
                }
            ),
            description="What every pending proposal tells.",
        ),
    }
    return {f"{prefix}{name}": schema for name, schema in made.items()}


def prefix_of(naming: Naming) -> str:
    """How the names of schemas begin."""
    return "Form" if naming.snake else "Agent"


def with_content(base: str, naming: Naming, address: dict[str, Schema], content: Schema) -> Schema:
    """A shared schema, with the members that name a draft and its content."""
    return {"allOf": [ref(f"{prefix_of(naming)}{base}"), shape(address | {naming.content: content})]}


def with_state(naming: Naming, address: dict[str, Schema], content: Schema, *optional: str) -> Schema:
    """An envelope; `optional` members may be missing."""
    prefix = prefix_of(naming)
    history = listed(ref(f"{prefix}Entry"), 20) | {"minItems": 1}
    members = address | {"history": history, naming.content: content}
    return {"allOf": [ref(f"{prefix}Head"), shape(members, *optional)]}


def or_null(schema: Schema) -> Schema:
    """A schema that takes null too."""
    return {"anyOf": [schema, {"type": "null"}]}


FIELD_ERROR = shape({"pointer": TEXT, "code": TEXT, "message": TEXT}, description="One thing to mend, and where.")
CHANGE = shape(
    {"op": {"type": "string", "enum": [str(op) for op in Op]}, "pointer": TEXT, "from": ANY, "to": ANY}, "from", "to"
)
FORM_ADDRESS: dict[str, Schema] = {"draft_id": {"type": "string"}}
FORM_LISTED = shape(
    {"id": TEXT, "name": MAYBE_TEXT, "version": SEQ_NO, "created_at": TIME, "updated_at": TIME},
)
# What every POST of a form draft answers beside the kind's form_state.
SAVED: dict[str, Schema] = {
    "success": FLAG,
    "draft_id": TEXT,
    "idempotency_key": TEXT,
    "message": TEXT,
    "version": {"type": "integer"},
}
AGENT_ADDRESS: dict[str, Schema] = {"agentId": TEXT, "baseRevision": COUNT}
# What an answer leaves out, beside the content, when the client prefers that.
LEFT_OUT = ("history",)
_LEFT_OUT = "With `Prefer: return=minimal` without the content, and without `history`."
REVIEW: dict[str, Schema] = {"issues": listed(ref("FieldError"), 100), "issuesTotal": COUNT, "publishable": FLAG}


def agent_answers() -> dict[str, Schema]:
    """What only agents have."""
    content = ref("AgentPayload")
    accepted = {"type": ["array", "null"], "items": TEXT, "minItems": 1, "maxItems": MAX_ACCEPTED}
    ack = {CAMEL.operation_key: MAYBE_KEY, "accept": FLAG, CAMEL.accepted_fields: accepted}
    proposal = AGENT_ADDRESS | {
        "version": VERSION,
        "idempotencyKey": OPERATION_KEY,
        "baseVersion": VERSION,
        "createdAt": TIME,
        **REVIEW,
        "headData": content,
    }
    moved = with_state(CAMEL, AGENT_ADDRESS | REVIEW | {"merged": FLAG}, content, "merged", *LEFT_OUT, CAMEL.content)
    return {
        "AgentEnvelope": with_state(CAMEL, AGENT_ADDRESS | REVIEW, content),
        "AgentMoved": moved | {"description": _LEFT_OUT},
        "AgentProposed": shape(proposal, CAMEL.content, description=f"The answer of a proposal. {_LEFT_OUT}"),
        "AgentSaved": {"anyOf": [ref("AgentMoved"), ref("AgentProposed")]},
        "AgentHistoryContent": with_content("Entry", CAMEL, {}, content),
        "AgentProposals": listed(with_content("Waiting", CAMEL, AGENT_ADDRESS, or_null(content)), 25),
        "AgentDrafts": listed(shape(AGENT_ADDRESS | {"version": SEQ_NO, "updatedAt": TIME}), 25),
        "AgentAck": shape(ack, CAMEL.operation_key, CAMEL.accepted_fields, closed=True),
    }


def form_answers(kind: str, state: str) -> dict[str, Schema]:
    """What one kind of form has; its names begin with the kind."""
    key = {SNAKE.operation_key: TEXT}
    made = {
        "Envelope": with_state(SNAKE, FORM_ADDRESS | key, ref(state)),
        "Moved": with_state(SNAKE, FORM_ADDRESS | key, ref(state), *LEFT_OUT, SNAKE.content)
        | {"description": _LEFT_OUT},
        "HistoryContent": with_content("Entry", SNAKE, {}, ref(state)),
        "Proposals": listed(with_content("Waiting", SNAKE, FORM_ADDRESS, or_null(ref(state))), 25),
    }
    return {f"{kind.capitalize()}{name}": schema for name, schema in made.items()}


def catalog_answers() -> dict[str, Schema]:
    """What the catalog has."""
    row = {
        "id": TEXT,
        "type": {"type": "string", "enum": sorted(TYPES)},
        "value": TEXT,
        "attributes": {"type": "object"},
        "archived": FLAG,
        "private": FLAG,
    }
    new: dict[str, Schema] = {
        "value": {"type": ["string", "null"], "description": "Needed but for types that their attributes identify."},
        "attributes": {"type": ["object", "null"]},
        "id": {"anyOf": [PATH["id"][1], {"type": "null"}]},
    }
    key = {SNAKE.operation_key: MAYBE_KEY}
    result = {
        "index": COUNT,
        "status": {"type": "string", "enum": ["created", "existing", "refused"]},
        "id": TEXT,
        "errors": listed(ref("FieldError"), MAX_PROBLEMS),
        "total": COUNT,
    }
    counts = dict.fromkeys(("created", "existing", "refused"), COUNT)
    return {
        "CatalogRow": shape(row),
        "CatalogRows": listed(shape(row | {"truncated": FLAG}), 100),
        "CatalogNewRow": shape(new | key, *new, *key, closed=True),
        "CatalogImport": shape(
            {"records": listed({"type": "object"}, MAX_RECORDS), **key},
            *key,
            closed=True,
            description="Each record: `type`, and what a created resource has.",
        ),
        "CatalogImported": shape(counts | {"results": listed(shape(result, "id", "errors", "total"), MAX_RECORDS)}),
    }
