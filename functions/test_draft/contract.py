"""The test form (an invocation to try): its request and answer, and which resource each field resolves to."""

from draftkeep.http.forms import FormContract
from draftkeep.http.members import Answer, Ids, Members, ModelFlags, ModelFlagValue, ModelFlagValues, Texts
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags, ModelSelection


class InvocationState(Members):
    """A test's form_state."""

    name_id: str | None
    name: str | None
    description_id: str | None
    description: str | None
    value_id: str | None
    flag_ids: list[str]
    department_ids: list[str]
    key_id: str | None
    endpoint_id: str | None
    modality_ids: list[str]
    temperature_level_id: str | None
    pricing_id: str | None
    reasoning_level_id: str | None
    quality_ids: list[str]
    voice_ids: list[str]
    model_flag_ids: list[str]
    model_flag_values: list[ModelFlagValue]
    model_position_ids: list[str]
    model_rubric_ids: list[str]
    pending_ids: list[str]


class PatchInvocationDraftRequest(Members):
    """The body of POST /test/draft. Absent is unchanged, null clears."""

    draft_id: str | None = None
    input_draft_id: str | None = None
    name: str | None = None
    name_id: str | None = None
    description: str | None = None
    description_id: str | None = None
    value_id: str | None = None
    flag_ids: Ids | None = None
    department_ids: Ids | None = None
    key_id: str | None = None
    endpoint_id: str | None = None
    modality_ids: Ids | None = None
    temperature_level_id: str | None = None
    pricing_id: str | None = None
    reasoning_level_id: str | None = None
    quality_ids: Ids | None = None
    voice_ids: Ids | None = None
    model_flag_ids: Ids | None = None
    model_flags: ModelFlags | None = None
    model_flag_values: ModelFlagValues | None = None
    model_position_ids: Ids | None = None
    model_rubric_ids: Ids | None = None
    pending_ids: Ids | None = None
    idempotency_key: str | None = None
    soft: bool | None = None
    accept: bool | None = None
    accept_fields: Texts | None = None


class PatchInvocationDraftResponse(Answer):
    """The answer of POST /test/draft."""

    form_state: InvocationState


TEST = FormContract(
    kind=Kind.TEST,
    request=PatchInvocationDraftRequest,
    response=PatchInvocationDraftResponse,
    form=Form(
        fields=(
            fields.Text("name", "name_id", "names"),
            fields.Text("description", "description_id", "descriptions"),
            fields.Reference("value_id", "values"),
            Flags(),
            fields.References("department_ids", "departments"),
            fields.Reference("key_id", "keys"),
            fields.Reference("endpoint_id", "endpoints"),
            fields.References("modality_ids", "modalities"),
            fields.Reference("temperature_level_id", "temperature_levels"),
            fields.Reference("pricing_id", "pricing"),
            fields.Reference("reasoning_level_id", "reasoning_levels"),
            fields.References("quality_ids", "qualities"),
            fields.References("voice_ids", "voices"),
            ModelSelection(with_models=False),
        ),
        state=tuple(InvocationState.model_fields),
    ),
)
