"""The tool form: its request and answer, and which resource each field resolves to."""

from typing import Annotated, Any

from pydantic import Field

from draftkeep.http.forms import FormContract
from draftkeep.http.members import Answer, Ids, Members, Texts
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.arguments import Arguments
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags
from draftkeep.resolver.work import MAX_ITEMS


class CreateArgInput(Members):
    """An argument to create."""

    name: str
    field_type: str | None = None
    description: str | None = None
    required: bool | None = None
    default_value: Any = None


class CreateArgPositionInput(Members):
    """The place of an argument."""

    args_id: str
    value: int


class CreateArgsOutputInput(Members):
    """An output of an argument."""

    args_id: str
    name: str
    template: str | None = None


class ToolArgOutputValue(Members):
    """An output of an argument, inside the argument's draft."""

    id: str | None = None
    name: str
    template: str | None = None


class ToolArgDraftValue(CreateArgInput):
    """An argument with its outputs; its position is its index in the list."""

    id: str | None = None
    outputs: Annotated[list[ToolArgOutputValue] | None, Field(max_length=MAX_ITEMS, fail_fast=True)] = None


class ToolState(Members):
    """A tool's form_state."""

    name_id: str | None
    name: str | None
    description_id: str | None
    description: str | None
    flag_ids: list[str]
    active: bool | None
    department_ids: list[str]
    arg_ids: list[str]
    arg_position_ids: list[str]
    args_output_ids: list[str]
    args_outputs_ids: list[str]
    args_drafts: list[ToolArgDraftValue]
    instruction_id: str | None
    instruction_ids: list[str]
    permission_ids: list[str]
    pending_ids: list[str]


class PatchToolDraftRequest(Members):
    """The body of POST /tool/draft. Absent is unchanged, null clears."""

    draft_id: str | None = None
    input_draft_id: str | None = None
    name: str | None = None
    name_id: str | None = None
    description: str | None = None
    description_id: str | None = None
    flag_ids: Ids | None = None
    active: bool | None = None
    department_ids: Ids | None = None
    arg_ids: Ids | None = None
    args: Annotated[list[CreateArgInput], Field(max_length=MAX_ITEMS)] | None = None
    arg_position_ids: Ids | None = None
    arg_positions: Annotated[list[CreateArgPositionInput], Field(max_length=MAX_ITEMS)] | None = None
    args_output_ids: Ids | None = None
    args_outputs_ids: Ids | None = None
    args_outputs: Annotated[list[CreateArgsOutputInput], Field(max_length=MAX_ITEMS)] | None = None
    args_drafts: Annotated[list[ToolArgDraftValue], Field(max_length=MAX_ITEMS)] | None = None
    instruction_id: str | None = None
    instruction_ids: Ids | None = None
    permission_ids: Ids | None = None
    pending_ids: Ids | None = None
    idempotency_key: str | None = None
    soft: bool | None = None
    accept: bool | None = None
    accept_fields: Texts | None = None


class PatchToolDraftResponse(Answer):
    """The answer of POST /tool/draft."""

    form_state: ToolState


TOOL = FormContract(
    kind=Kind.TOOL,
    request=PatchToolDraftRequest,
    response=PatchToolDraftResponse,
    form=Form(
        fields=(
            fields.Text("name", "name_id", "names"),
            fields.Text("description", "description_id", "descriptions"),
            Flags("active", "tool_active"),
            fields.References("department_ids", "departments"),
            Arguments(),
            fields.Reference("instruction_id", "instructions"),
            fields.References("instruction_ids", "instructions"),
            fields.References("permission_ids", "permissions"),
        ),
        state=tuple(ToolState.model_fields),
    ),
)
