"""The types that members of form requests and answers have, shared by the contracts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from draftkeep.resolver.work import MAX_ITEMS

Ids = Annotated[list[str], Field(max_length=MAX_ITEMS)]
Texts = Annotated[list[str], Field(max_length=MAX_ITEMS)]


class Members(BaseModel):
    """An object whose members are these and no others."""

    model_config = ConfigDict(strict=True, extra="forbid")


class ModelFlag(Members):
    """One flag of one model; both halves are needed, a missing one is told with its pointer."""

    model_id: str | None = None
    flag_id: str | None = None


class ModelFlagValue(Members):
    """One flag of one model, by the flag's type and value."""

    model_id: str
    type: str
    value: str


ModelFlags = Annotated[list[ModelFlag], Field(max_length=MAX_ITEMS)]
ModelFlagValues = Annotated[list[ModelFlagValue], Field(max_length=MAX_ITEMS)]


class Answer(BaseModel):
    """What every POST of a form draft answers beside the kind's form_state."""

    success: bool
    draft_id: str
    idempotency_key: str
    message: str
    version: int
