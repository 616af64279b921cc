"""The schemas of refusals, one for each code and spelling, each with an example that the code itself wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from draftkeep import errors
from draftkeep.canonical import MAX_BYTES
from draftkeep.errors import MAX_PROBLEMS, CurrentState, DraftkeepError, Place, Problem
from draftkeep.http.naming import CAMEL, Naming, View
from draftkeep.http.places import MAX_PLACES
from draftkeep.http.problems import TABLE, problem_answer
from draftkeep.model import Operation
from local.openapi.answers import (
    COUNT,
    FLAG,
    MAYBE_TEXT,
    TEXT,
    TIME,
    VERSION,
    Schema,
    listed,
    or_null,
    prefix_of,
    ref,
    shape,
)

_STATE = CurrentState(2, 1_795_338_060_000, "dev", None, "save", b'{"comment":"second"}', b'{"comment":"first"}')
_PLACES = [Place("/comment", "first", "third", "second")]
_NEVER_A_HEAD = (Operation.DISCARD, Operation.VOID)
_OPERATIONS = {"type": ["string", "null"], "enum": [*(str(one) for one in Operation if one not in _NEVER_A_HEAD), None]}

# One of each, to be written as an example.
SAMPLES: tuple[DraftkeepError, ...] = (
    errors.MalformedJson("The key 'a' stands twice in one object."),
    errors.MalformedHeader("If-Match", 'Send a version as an entity tag, such as "7".'),
    errors.MalformedQuery("limit", "Send a whole number from 1 to 25."),
    errors.KeysDiffer(),
    errors.Unauthenticated(),
    errors.Forbidden(),
    errors.NotFound(),
    errors.VersionConflict(_STATE),
    errors.DraftExists(_STATE),
    errors.MergeConflict(replace(_STATE, disjoint=False), 1, _PLACES),
    errors.ProposalConflict(2, 1, _PLACES),
    errors.AlreadyDecided(accepted=True, fields=None, decided_at_ms=1_795_338_060_000, decided_by="dev", actor=None),
    errors.NotAProposal(),
    errors.DraftDiscarded(),
    errors.IdTaken("departments", "sales"),
    errors.ContentTooLarge(MAX_BYTES),
    errors.UnsupportedMediaType("Send the body as application/json."),
    errors.InvalidFields([Problem("/color", "bad_color", "'puce' is neither #rgb, #rrggbb nor a color's name.")]),
    errors.UnknownEntry(3),
    errors.OperationKeyReused(),
    errors.NestingTooDeep(100),
    errors.NumberOutOfRange("1e999"),
    errors.NothingToUndo(1),
    errors.NothingToRedo(1),
    errors.PreconditionRequired(3),
    errors.Throttled(),
    errors.Unreachable(),
    errors.Contended(),
    errors.CorruptSnapshot(""),
)
STATUS: Mapping[str, int] = {row.code: row.status for row in TABLE.values()}
# Codes whose refusals show a draft's content, so that each kind has a schema of its own.
WITH_CONTENT = frozenset({"version_conflict", "draft_exists", "merge_conflict"})
_SPELLED_ALIKE = frozenset({"invalid_fields"})

_CURRENT: dict[str, Schema] = {"currentVersion": VERSION}
_CURRENT_STATE: dict[str, Schema] = _CURRENT | {
    "updatedAt": or_null(TIME),
    "updatedBy": MAYBE_TEXT,
    "actor": MAYBE_TEXT,
    "operation": _OPERATIONS,
    "changed": or_null(shape({"pointers": listed(TEXT, MAX_PROBLEMS), "total": COUNT})),
}


def problem_schemas(naming: Naming, codes: set[str], content: Schema, kind: str) -> dict[str, Schema]:
    """The schemas of the problems with these codes.

    content: what a kind's refusals show of its content
    """
    made = {}
    for error in SAMPLES:
        row = TABLE[type(error)]
        if row.code in codes:
            made[name_of(row.code, naming, kind)] = _schema(error, row.code, naming, content)
    return made


def name_of(code: str, naming: Naming, kind: str) -> str:
    """The name of a problem's schema: the kind's own, the spelling's own, or that of all."""
    pascal = "".join(word.capitalize() for word in code.split("_"))
    if code in WITH_CONTENT:
        return f"{kind.capitalize()}{pascal}"
    return f"{prefix_of(naming)}{pascal}" if _members(code, naming) and code not in _SPELLED_ALIKE else pascal


def _schema(error: DraftkeepError, code: str, naming: Naming, content: Schema) -> Schema:
    members = naming.spell(_members(code, naming))
    optional = ["disjoint"] if code == "version_conflict" else []
    if code in WITH_CONTENT:
        members[naming.content] = or_null(content)
    fixed = shape({"type": {"const": f"/problems/{code}"}, "code": {"const": code}, "status": {"const": STATUS[code]}})
    extra = shape(members, *optional) if members else None
    answer = problem_answer(error, naming, View(), "JYDkOFf9oAMEMDA=")
    example = json.loads(answer.body or "")
    if naming.snake and code in WITH_CONTENT:
        # The sample is no form's content.
        example[naming.content], example["changed"] = None, None
    return {"allOf": [ref("Problem"), fixed, *([extra] if extra else [])], "examples": [example]}


def _members(code: str, naming: Naming) -> dict[str, Schema]:
    """What a problem carries beside the usual members, in camelCase."""
    places = listed(ref(f"{prefix_of(naming)}Place"), MAX_PLACES)
    disjoint = {"disjoint": FLAG} if naming is CAMEL else {}
    known: dict[str, dict[str, Any]] = {
        "version_conflict": _CURRENT_STATE | disjoint,
        "draft_exists": _CURRENT_STATE,
        "merge_conflict": _CURRENT_STATE
        | {"disjoint": FLAG, "baseVersion": VERSION, "overlaps": places, "overlapsTotal": COUNT},
        "proposal_conflict": _CURRENT | {"baseVersion": VERSION, "conflicts": places, "conflictsTotal": COUNT},
        "already_decided": {
            "accepted": FLAG,
            "acceptedFields": {"type": ["array", "null"], "items": TEXT},
            "decidedAt": TIME,
            "decidedBy": TEXT,
            "actor": MAYBE_TEXT,
        },
        "invalid_fields": {"errors": listed(ref("FieldError"), MAX_PROBLEMS), "total": COUNT},
        "nothing_to_undo": _CURRENT,
        "nothing_to_redo": _CURRENT,
        "precondition_required": _CURRENT,
    }
    return known.get(code, {})


PROBLEM = shape(
    {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "instance": TEXT, "code": TEXT},
    description="What every refusal of a function tells (RFC 9457). `code` is stable, `title` and `detail` are not.",
)
GATEWAY = shape({"message": TEXT}, description="What the gateway answers itself.")
