"""One patch, resolved: which look-ups it needs, and the content that it makes of the current one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from draftkeep import canonical
from draftkeep.canonical import Content, clip
from draftkeep.catalog import Catalog, Found, Lookups, Scope
from draftkeep.errors import ContentTooLarge, InvalidFields, Problem
from draftkeep.resolver.fields import Field
from draftkeep.resolver.work import MAX_ITEMS, FormContent, Work
from draftkeep.resources import Row

PENDING = "pending_ids"
MAX_STATE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Form:
    """A kind of form as data: its fields, and the members of form_state in their order."""

    fields: tuple[Field, ...]
    state: tuple[str, ...]

    @property
    def accepts(self) -> frozenset[str]:
        """The members that a request may have, beside those of the operation."""
        return frozenset(name for field in self.fields for name in field.accepts) | {PENDING}

    def empty(self) -> FormContent:
        """The state of a draft that nothing was sent to: null, or no items."""
        return FormContent({name: [] if _is_list(name) else None for name in self.state})


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a patch makes: the new content, and the rows that must exist before it is saved."""

    content: FormContent
    made: tuple[Row, ...]


def find(form: Form, catalog: Catalog, scope: Scope, patch: Mapping[str, Any]) -> Found:
    """Read all that a patch refers to.

    Cost: 1 consistent batch read per 50 references; 1 more where flags of models are named by value or id
    """
    lookups = Lookups()
    for field in form.fields:
        field.look_up(patch, lookups)
    found = catalog.find(scope, lookups) if lookups else Found()
    more = Lookups()
    for field in form.fields:
        field.follow_up(patch, found, more)
    if more:
        found.merge(catalog.find(scope, more))
    return found


def resolve(form: Form, scope: Scope, current: FormContent, patch: Mapping[str, Any], found: Found) -> Resolved:
    """Apply a patch to a content.

    Absent is unchanged, null clears, a list replaces the list.
    Raises: InvalidFields, with every problem of the patch
    """
    work = Work(scope, patch, current.state, found, dict(current.rows))
    for field in form.fields:
        field.apply(work)
    _apply_pending(work)
    for name, value in work.state.items():
        if isinstance(value, list) and len(value) > MAX_ITEMS:
            work.refuse((name,), "too_many_items", f"A list has at most {MAX_ITEMS} items.")
    if work.problems:
        raise InvalidFields(work.problems)
    state = {name: work.state[name] for name in form.state}
    selected = _selected(state)
    flags = {str(row.attributes.get("flag_id")) for id_, row in work.rows.items() if id_ in selected}
    rows = {id_: row for id_, row in work.rows.items() if id_ in selected or id_ in flags}
    used = [row for row in work.made.values() if row.id in selected or row.id in flags]
    made = tuple(row for row in used if row.id not in current.rows)
    return Resolved(FormContent(state, rows), made)


def encode(content: FormContent) -> Content:
    """Write a form's content for the log.

    Raises: InvalidFields (a form_state of over 1 MiB, or a content of over 4 MiB with the rows that it selects)
    """
    if len(canonical.canonicalise(dict(content.state)).text) > MAX_STATE_BYTES:
        raise InvalidFields([Problem("", "form_too_large", f"A form_state has at most {MAX_STATE_BYTES} bytes.")])
    rows = {id_: [row.type, row.value, dict(row.attributes), row.ordinal] for id_, row in content.rows.items()}
    try:
        return canonical.canonicalise({"rows": rows, "state": dict(content.state)})
    except ContentTooLarge as error:
        message = f"With the flags and arguments that it selects, a form has at most {error.limit_bytes} bytes."
        raise InvalidFields([Problem("", "form_too_large", message)]) from None


def decode(text: bytes, form: Form) -> FormContent:
    """Read a form's content from the log, its members in their order."""
    stored = canonical.load(text)
    rows = {
        id_: Row(id_, type_, value, attributes, ordinal)
        for id_, (type_, value, attributes, ordinal) in stored["rows"].items()
    }
    empty = form.empty().state
    return FormContent({name: stored["state"].get(name, empty[name]) for name in form.state}, rows)


def _apply_pending(work: Work) -> None:
    """Ids kept inactive: each must be selected; one that is deselected is no longer pending."""
    selected = _selected(work.state)
    if not work.sends(PENDING):
        work.state[PENDING] = [id_ for id_ in work.before[PENDING] if id_ in selected]
        return
    pending = list(dict.fromkeys(work.patch[PENDING] or []))
    for index, id_ in enumerate(work.patch[PENDING] or []):
        if id_ not in selected:
            work.refuse((PENDING, index), "not_selected", f"{clip(id_)!r} is not selected by the form.")
    work.state[PENDING] = pending


def _selected(state: Mapping[str, Any]) -> set[str]:
    """Every id that a state selects."""
    ids: set[str] = set()
    for name, value in state.items():
        if name.endswith("_ids") and name != PENDING:
            ids.update(value)
        elif name.endswith("_id") and value is not None:
            ids.add(value)
    return ids


def _is_list(name: str) -> bool:
    return name.endswith("_ids") or name in ("examples", "args_drafts", "model_flag_values")
