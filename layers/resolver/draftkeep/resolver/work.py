"""The state of one patch while its fields are applied, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from draftkeep.canonical import clip
from draftkeep.catalog import Found, Lookups, Scope
from draftkeep.changes import pointer
from draftkeep.errors import Problem
from draftkeep.resources import Row, computed_id

MAX_ID_LENGTH = 255
# Of each list of a form.
MAX_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class FormContent:
    """The content of a form draft.

    state: `form_state`; rows: the flags, arguments and joining rows that it selects, by id, so that what is derived
    from them needs no look-up and a history entry never changes
    """

    state: Mapping[str, Any]
    rows: Mapping[str, Row] = field(default_factory=dict)


@dataclass
class Work:
    """One patch being applied.

    patch: the fields as sent, aliases folded; before: the state before it; state: the state after it, in the making
    made: rows to create; problems: what is wrong, with pointers into the request
    """

    scope: Scope
    patch: Mapping[str, Any]
    before: Mapping[str, Any]
    found: Found
    rows: dict[str, Row]
    state: dict[str, Any] = field(default_factory=dict)
    made: dict[tuple[str, str], Row] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def sends(self, name: str | None) -> bool:
        """Whether the request has a field."""
        return name is not None and name in self.patch

    def refuse(self, at: tuple[str | int, ...], code: str, message: str) -> None:
        """Note a problem at a place of the request."""
        self.problems.append(Problem(pointer(at), code, message))

    def row(self, type_: str, id_: str, at: tuple[str | int, ...], selected: Iterable[str] = ()) -> Row | None:
        """The row of an id, or None after noting why it cannot be selected.

        selected: ids that the draft holds already: they stay, archived or not
        """
        known = self.rows.get(id_)
        if known is not None and known.type == type_ and id_ in selected:
            return known
        row = self.made.get((type_, id_)) or self.found.by_id(type_, id_)
        if row is None:
            if id_ not in selected:
                self.refuse(at, "unknown_resource", f"There is no resource {clip(id_)!r} among {type_}.")
            return None
        return row if self.usable(row, at, selected) else None

    def usable(self, row: Row, at: tuple[str | int, ...], selected: Iterable[str] = ()) -> bool:
        """Whether a row that was found by value may be selected; what the draft holds already stays."""
        if row.archived and row.id not in selected:
            self.refuse(at, "archived_resource", f"The resource {clip(row.id)!r} is archived.")
            return False
        return True

    def make(self, type_: str, value: str, attributes: Mapping[str, Any] | None = None, ordinal: int = 0) -> Row:
        """A private row of the caller, to be created with the save; the same one for the same value, for ever."""
        id_ = computed_id(self.scope.tenant, self.scope.user, type_, value, attributes, ordinal)
        row = Row(id_, type_, value, dict(attributes or {}), ordinal, private=True)
        return self.made.setdefault((type_, id_), row)

    def text_id(self, type_: str, text: str, ordinal: int = 0) -> str:
        """The id of a text that a user wrote: no row is made for it."""
        return computed_id(self.scope.tenant, self.scope.user, type_, text, None, ordinal)

    def track(self, row: Row) -> str:
        """Keep a row with the content, and give its id."""
        self.rows[row.id] = row
        return row.id


def ask(lookups: Lookups, type_: str, ids: Iterable[Any]) -> None:
    """Ask for ids; what is no id at all is left to be refused."""
    lookups.ids.update((type_, id_) for id_ in ids if isinstance(id_, str) and len(id_) <= MAX_ID_LENGTH)


def unique(ids: Iterable[str]) -> list[str]:
    """Ids in order, each once."""
    return list(dict.fromkeys(ids))
