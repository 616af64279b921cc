"""The shapes of bodies, as data for pydantic's core: it checks them as it checks models, without the models.

Importing pydantic's models takes a fifth of a function's start: docs/decisions.md, 37.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator
from pydantic_core import core_schema as core

TEXT = core.str_schema(strict=True)
BOOLEAN = core.bool_schema(strict=True)
INTEGER = core.int_schema(strict=True)
ANY = core.any_schema()
OBJECT = core.dict_schema(core.str_schema(), ANY, strict=True)


def items(item: CoreSchema, most: int | None = None, *, first_only: bool = False) -> CoreSchema:
    """A list.

    most: how many items it may have; first_only: of its wrong items the first is told, not each of a million
    """
    return core.list_schema(item, strict=True, max_length=most, fail_fast=first_only)


def record(needed: Mapping[str, CoreSchema] | None = None, /, **members: CoreSchema) -> CoreSchema:
    """An object that has no other members: those that it needs, and those that may be absent or null.

    It is checked as a dictionary, not made an instance: a body may have a million small ones.
    """
    return _record(needed or {}, members, "forbid")


def open_record(**members: CoreSchema) -> CoreSchema:
    """An object that may have more members than these; each may be absent or null."""
    return _record({}, members, "ignore")


def _record(
    needed: Mapping[str, CoreSchema], members: Mapping[str, CoreSchema], others: core.ExtraBehavior
) -> CoreSchema:
    there = {name: core.typed_dict_field(one) for name, one in needed.items()}
    free = {name: core.typed_dict_field(_or_null(one), required=False) for name, one in members.items()}
    return core.typed_dict_schema(there | free, strict=True, extra_behavior=others)


def texts(*names: str) -> dict[str, CoreSchema]:
    """Members that are texts."""
    return dict.fromkeys(names, TEXT)


class Shape:
    """The members that a body may have: each absent, null or of its type."""

    def __init__(self, **members: CoreSchema) -> None:
        self.members: Mapping[str, CoreSchema] = members
        self.schema = record(**members)
        self._validator = SchemaValidator(self.schema)

    def validate(self, body: Mapping[str, Any]) -> None:
        """Check the types of members.

        Raises: pydantic_core.ValidationError
        """
        self._validator.validate_python(body)


def _or_null(schema: CoreSchema) -> CoreSchema:
    return schema if schema is ANY else core.nullable_schema(schema)
