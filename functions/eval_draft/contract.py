"""The eval form: its request, which resource each field resolves to, and its form_state."""

from draftkeep.http.forms import FormContract
from draftkeep.http.members import MODEL_FLAG_VALUES, MODEL_FLAGS, TEXTS, form_request
from draftkeep.http.shapes import BOOLEAN, TEXT
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags, ModelSelection

EVAL = FormContract(
    kind=Kind.EVAL,
    request=form_request(
        input_draft_id=TEXT,
        name=TEXT,
        name_id=TEXT,
        description=TEXT,
        description_id=TEXT,
        flag_ids=TEXTS,
        active=BOOLEAN,
        departments=TEXTS,
        department_ids=TEXTS,
        model_ids=TEXTS,
        model_flag_ids=TEXTS,
        model_flags=MODEL_FLAGS,
        model_flag_values=MODEL_FLAG_VALUES,
        model_position_ids=TEXTS,
        model_rubric_ids=TEXTS,
    ),
    form=Form(
        fields=(
            fields.Text("name", "name_id", "names"),
            fields.Text("description", "description_id", "descriptions"),
            Flags("active", "eval_active"),
            fields.Curated("department_ids", "departments", "departments"),
            ModelSelection(with_models=True),
        ),
        state=(
            "name_id",
            "name",
            "description_id",
            "description",
            "flag_ids",
            "active",
            "department_ids",
            "model_ids",
            "model_flag_ids",
            "model_flag_values",
            "model_position_ids",
            "model_rubric_ids",
            "pending_ids",
        ),
    ),
)
