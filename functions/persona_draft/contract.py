"""The persona form: its request and answer, and which resource each field resolves to."""

from draftkeep.http.forms import FormContract
from draftkeep.http.members import Answer, Ids, Members, Texts
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags


class PersonaState(Members):
    """A persona's form_state."""

    name_id: str | None
    name: str | None
    description_id: str | None
    description: str | None
    instructions_id: str | None
    instructions: str | None
    color_id: str | None
    color: str | None
    icon_id: str | None
    icon: str | None
    flag_ids: list[str]
    active: bool | None
    department_ids: list[str]
    example_ids: list[str]
    examples: list[str]
    parameter_field_ids: list[str]
    voice_ids: list[str]
    pending_ids: list[str]


class PatchPersonaDraftRequest(Members):
    """The body of POST /persona/draft. Absent is unchanged, null clears."""

    draft_id: str | None = None
    name: str | None = None
    name_id: str | None = None
    description: str | None = None
    description_id: str | None = None
    color: str | None = None
    color_id: str | None = None
    icon: str | None = None
    icon_id: str | None = None
    instructions: str | None = None
    instructions_id: str | None = None
    flag_ids: Ids | None = None
    active: bool | None = None
    examples: Texts | None = None
    example_ids: Ids | None = None
    department_ids: Ids | None = None
    departments: Texts | None = None
    parameter_field_ids: Ids | None = None
    parameter_fields: Texts | None = None
    voice_ids: Ids | None = None
    voices: Texts | None = None
    pending_ids: Ids | None = None
    idempotency_key: str | None = None
    soft: bool | None = None
    accept: bool | None = None
    accept_fields: Texts | None = None


class PatchPersonaDraftResponse(Answer):
    """The answer of POST /persona/draft."""

    form_state: PersonaState


PERSONA = FormContract(
    kind=Kind.PERSONA,
    request=PatchPersonaDraftRequest,
    response=PatchPersonaDraftResponse,
    form=Form(
        fields=(
            fields.Text("name", "name_id", "names"),
            fields.Text("description", "description_id", "descriptions"),
            fields.Text("instructions", "instructions_id", "instructions"),
            fields.Color("color", "color_id", "colors"),
            fields.Icon("icon", "icon_id", "icons"),
            Flags("active", "persona_active"),
            fields.Curated("department_ids", "departments", "departments"),
            fields.Texts("example_ids", "examples", "examples"),
            fields.Curated("parameter_field_ids", "parameter_fields", "parameter_fields"),
            fields.Curated("voice_ids", "voices", "voices"),
        ),
        state=tuple(PersonaState.model_fields),
    ),
)
