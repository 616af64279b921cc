"""The persona form: its request, which resource each field resolves to, and its form_state."""

from draftkeep.http.forms import FormContract
from draftkeep.http.members import TEXTS, form_request
from draftkeep.http.shapes import BOOLEAN, TEXT
from draftkeep.model import Kind
from draftkeep.resolver import fields
from draftkeep.resolver.engine import Form
from draftkeep.resolver.flags import Flags

PERSONA = FormContract(
    kind=Kind.PERSONA,
    request=form_request(
        name=TEXT,
        name_id=TEXT,
        description=TEXT,
        description_id=TEXT,
        color=TEXT,
        color_id=TEXT,
        icon=TEXT,
        icon_id=TEXT,
        instructions=TEXT,
        instructions_id=TEXT,
        flag_ids=TEXTS,
        active=BOOLEAN,
        examples=TEXTS,
        example_ids=TEXTS,
        department_ids=TEXTS,
        departments=TEXTS,
        parameter_field_ids=TEXTS,
        parameter_fields=TEXTS,
        voice_ids=TEXTS,
        voices=TEXTS,
    ),
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
        state=(
            "name_id",
            "name",
            "description_id",
            "description",
            "instructions_id",
            "instructions",
            "color_id",
            "color",
            "icon_id",
            "icon",
            "flag_ids",
            "active",
            "department_ids",
            "example_ids",
            "examples",
            "parameter_field_ids",
            "voice_ids",
            "pending_ids",
        ),
    ),
)
