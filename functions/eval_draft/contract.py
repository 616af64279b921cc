"""The eval form: its request and answer, and which resource each field resolves to."""

from draftkeep.http.forms import FormContract
from draftkeep.http.members import Answer, Ids, Members, ModelFlags, ModelFlagValue, ModelFlagValues, Texts
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags, ModelSelection


class EvalState(Members):
    """An eval's form_state."""

    name_id: str | None
    name: str | None
    description_id: str | None
    description: str | None
    flag_ids: list[str]
    active: bool | None
    department_ids: list[str]
    model_ids: list[str]
    model_flag_ids: list[str]
    model_flag_values: list[ModelFlagValue]
    model_position_ids: list[str]
    model_rubric_ids: list[str]
    pending_ids: list[str]


class PatchEvalDraftRequest(Members):
    """The body of POST /eval/draft. Absent is unchanged, null clears."""

    draft_id: str | None = None
    input_draft_id: str | None = None
    name: str | None = None
    name_id: str | None = None
    description: str | None = None
    description_id: str | None = None
    flag_ids: Ids | None = None
    active: bool | None = None
    departments: Texts | None = None
    department_ids: Ids | None = None
    model_ids: Ids | None = None
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


class PatchEvalDraftResponse(Answer):
    """The answer of POST /eval/draft."""

    form_state: EvalState


EVAL = FormContract(
    kind=Kind.EVAL,
    request=PatchEvalDraftRequest,
    response=PatchEvalDraftResponse,
    form=Form(
        fields=(
            fields.Text("name", "name_id", "names"),
            fields.Text("description", "description_id", "descriptions"),
            Flags("active", "eval_active"),
            fields.Curated("department_ids", "departments", "departments"),
            ModelSelection(with_models=True),
        ),
        state=tuple(EvalState.model_fields),
    ),
)
