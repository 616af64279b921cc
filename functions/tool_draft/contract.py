"""The tool form: its request, which resource each field resolves to, and its form_state."""

from draftkeep.http.forms import FormContract
from draftkeep.http.members import TEXTS, form_request
from draftkeep.http.shapes import ANY, BOOLEAN, INTEGER, TEXT, items, record, texts
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.arguments import Arguments
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags
from draftkeep.resolver.work import MAX_ITEMS

# An argument to create.
_ARG_MEMBERS = texts("field_type", "description") | {"required": BOOLEAN, "default_value": ANY}
ARG = record(texts("name"), **_ARG_MEMBERS)
# The place of an argument.
ARG_POSITION = record({"args_id": TEXT, "value": INTEGER})
# An output of an argument; and one inside of the argument's draft.
ARG_OUTPUT = record(texts("args_id", "name"), template=TEXT)
ARG_DRAFT_OUTPUT = record(texts("name"), **texts("id", "template"))
# An argument with its outputs; its position is its index in the list.
ARG_DRAFT = record(texts("name"), **_ARG_MEMBERS, id=TEXT, outputs=items(ARG_DRAFT_OUTPUT, MAX_ITEMS, first_only=True))

TOOL = FormContract(
    kind=Kind.TOOL,
    request=form_request(
        input_draft_id=TEXT,
        name=TEXT,
        name_id=TEXT,
        description=TEXT,
        description_id=TEXT,
        flag_ids=TEXTS,
        active=BOOLEAN,
        department_ids=TEXTS,
        arg_ids=TEXTS,
        args=items(ARG, MAX_ITEMS),
        arg_position_ids=TEXTS,
        arg_positions=items(ARG_POSITION, MAX_ITEMS),
        args_output_ids=TEXTS,
        args_outputs_ids=TEXTS,
        args_outputs=items(ARG_OUTPUT, MAX_ITEMS),
        args_drafts=items(ARG_DRAFT, MAX_ITEMS),
        instruction_id=TEXT,
        instruction_ids=TEXTS,
        permission_ids=TEXTS,
    ),
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
        state=(
            "name_id",
            "name",
            "description_id",
            "description",
            "flag_ids",
            "active",
            "department_ids",
            "arg_ids",
            "arg_position_ids",
            "args_output_ids",
            "args_outputs_ids",
            "args_drafts",
            "instruction_id",
            "instruction_ids",
            "permission_ids",
            "pending_ids",
        ),
    ),
)
