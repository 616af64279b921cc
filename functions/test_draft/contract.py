"""The test form (an invocation to try): its request, which resource each field resolves to, and its form_state."""

from draftkeep.http.forms import FormContract
from draftkeep.http.members import MODEL_FLAG_VALUES, MODEL_FLAGS, TEXTS, form_request
from draftkeep.http.shapes import TEXT
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags, ModelSelection

TEST = FormContract(
    kind=Kind.TEST,
    request=form_request(
        input_draft_id=TEXT,
        name=TEXT,
        name_id=TEXT,
        description=TEXT,
        description_id=TEXT,
        value_id=TEXT,
        flag_ids=TEXTS,
        department_ids=TEXTS,
        key_id=TEXT,
        endpoint_id=TEXT,
        modality_ids=TEXTS,
        temperature_level_id=TEXT,
        pricing_id=TEXT,
        reasoning_level_id=TEXT,
        quality_ids=TEXTS,
        voice_ids=TEXTS,
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
        state=(
            "name_id",
            "name",
            "description_id",
            "description",
            "value_id",
            "flag_ids",
            "department_ids",
            "key_id",
            "endpoint_id",
            "modality_ids",
            "temperature_level_id",
            "pricing_id",
            "reasoning_level_id",
            "quality_ids",
            "voice_ids",
            "model_flag_ids",
            "model_flag_values",
            "model_position_ids",
            "model_rubric_ids",
            "pending_ids",
        ),
    ),
)
