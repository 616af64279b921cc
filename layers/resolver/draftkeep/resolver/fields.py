"""The plain fields of forms: a text, a color, an icon, a reference, a list of references."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from draftkeep.canonical import clip
from draftkeep.catalog import Found, Lookups
from draftkeep.resolver.work import FormContent, Work, ask, unique
from draftkeep.resources import Row, hex_color, ordinals


class Field(Protocol):
    """One field of a form, or a group of fields that depend on each other.

    accepts: its members in a request; shows: its members in form_state
    """

    @property
    def accepts(self) -> tuple[str, ...]: ...

    @property
    def shows(self) -> tuple[str, ...]: ...

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        """Ask for everything that the patch needs."""

    def follow_up(self, patch: Mapping[str, Any], found: Found, lookups: Lookups) -> None:
        """Ask for what only the first answers made known; as a rule nothing."""

    def apply(self, work: Work) -> None:
        """Set the field's members of `work.state`, or note problems."""

    def view(self, content: FormContent) -> dict[str, Any]:
        """What a merge compares: parts by the member that shows them; lists named `…_ids` are merged as sets."""

    def restore(self, work: Work, view: Mapping[str, Any], sides: Sequence[FormContent]) -> None:
        """Set the field's members of `work.state` from a merged view; what follows from others may be left out.

        sides: the contents that were merged, the one that is kept first
        """


class Plain:
    """A field that needs no second look."""

    def follow_up(self, patch: Mapping[str, Any], found: Found, lookups: Lookups) -> None:
        """Nothing: all of it was asked for at first."""


@dataclass(frozen=True)
class Chosen(Plain, ABC):
    """A single resource, by id or by value.

    id, value: its members; type: of the resource
    An explicit id beats a value, except that the id which is selected already with another value is an edit of it.
    """

    value: str
    id: str
    type: str

    @property
    def accepts(self) -> tuple[str, ...]:
        return (self.value, self.id)

    @property
    def shows(self) -> tuple[str, ...]:
        return (self.id, self.value)

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        if patch.get(self.id) is not None:
            ask(lookups, self.type, [patch[self.id]])
        if patch.get(self.value) is not None:
            self.look_up_value(patch[self.value], lookups)

    def look_up_value(self, value: str, lookups: Lookups) -> None:
        """Ask for the rows that a value may mean."""

    @abstractmethod
    def of_value(self, work: Work, value: str) -> tuple[str, str] | None:
        """The id and value that a sent value means, or None after noting a problem."""

    def is_shown(self, shown: str | None, value: str) -> bool:
        """Whether a sent value is what is shown already."""
        return shown == value

    def apply(self, work: Work) -> None:
        now = (work.before[self.id], work.before[self.value])
        work.state[self.id], work.state[self.value] = self._apply(work, now) or now

    def view(self, content: FormContent) -> dict[str, Any]:
        return {self.value: [content.state[self.id], content.state[self.value]]}

    def restore(self, work: Work, view: Mapping[str, Any], _sides: Sequence[FormContent]) -> None:
        work.state[self.id], work.state[self.value] = view[self.value]

    def _apply(self, work: Work, now: tuple[Any, Any]) -> tuple[Any, Any] | None:
        id_, value = work.patch.get(self.id), work.patch.get(self.value)
        if id_ is not None and not (id_ == now[0] and work.sends(self.value)):
            return self._of_id(work, id_, now)
        if value is None:
            return (None, None) if work.sends(self.id) or work.sends(self.value) else now
        return now if id_ == now[0] and self.is_shown(now[1], value) else self.of_value(work, value)

    def _of_id(self, work: Work, id_: str, now: tuple[Any, Any]) -> tuple[Any, Any] | None:
        if id_ == now[0]:
            return now
        row = work.row(self.type, id_, (self.id,))
        return (row.id, row.value) if row else None


@dataclass(frozen=True)
class Text(Chosen):
    """A text that a user writes: kept in the entry itself, its id computed, no row made."""

    def of_value(self, work: Work, value: str) -> tuple[str, str]:
        return work.text_id(self.type, value), value

    def _of_id(self, work: Work, id_: str, now: tuple[Any, Any]) -> tuple[Any, Any] | None:
        # A form_state taken over from another draft of the owner: the id is that of the text beside it.
        text = work.patch.get(self.value)
        if text is not None and id_ == work.text_id(self.type, text):
            return id_, text
        return super()._of_id(work, id_, now)


@dataclass(frozen=True)
class Color(Chosen):
    """A color: `#rgb` or `#rrggbb`, created when unknown, or the name of one in the catalog."""

    def look_up_value(self, value: str, lookups: Lookups) -> None:
        lookups.add_value(self.type, hex_color(value) or value)

    def of_value(self, work: Work, value: str) -> tuple[str, str] | None:
        code = hex_color(value)
        row = work.found.by_value(self.type, code or value)
        if row is None and code:
            row = work.make(self.type, code)
        if row is None:
            work.refuse((self.value,), "bad_color", f"{clip(value)!r} is neither #rgb, #rrggbb nor a color's name.")
            return None
        return (row.id, row.value) if work.usable(row, (self.value,), [work.before[self.id]]) else None

    def is_shown(self, shown: str | None, value: str) -> bool:
        return shown is not None and shown == (hex_color(value) or value)


@dataclass(frozen=True)
class Icon(Chosen):
    """An icon of the catalog, by its SVG markup or its name; never made from a request, since markup runs."""

    def look_up_value(self, value: str, lookups: Lookups) -> None:
        lookups.add_value(self.type, value)
        lookups.add_name(self.type, value)

    def of_value(self, work: Work, value: str) -> tuple[str, str] | None:
        row = work.found.by_value(self.type, value) or work.found.by_name(self.type, value)
        if row is None or row.archived:
            work.refuse((self.value,), "no_match", f"No icon has the name or markup {clip(value)!r}.")
            return None
        return row.id, row.value


@dataclass(frozen=True)
class Reference(Plain):
    """A single resource by id."""

    id: str
    type: str

    @property
    def accepts(self) -> tuple[str, ...]:
        return (self.id,)

    @property
    def shows(self) -> tuple[str, ...]:
        return (self.id,)

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        ask(lookups, self.type, [patch.get(self.id)])

    def apply(self, work: Work) -> None:
        now = work.before[self.id]
        sent = work.patch.get(self.id, now)
        keeps = sent is None or sent == now or work.row(self.type, sent, (self.id,)) is not None
        work.state[self.id] = sent if keeps else now

    def view(self, content: FormContent) -> dict[str, Any]:
        return {self.id: content.state[self.id]}

    def restore(self, work: Work, view: Mapping[str, Any], _sides: Sequence[FormContent]) -> None:
        work.state[self.id] = view[self.id]


@dataclass(frozen=True)
class References(Plain):
    """A list of resources by id."""

    ids: str
    type: str

    @property
    def accepts(self) -> tuple[str, ...]:
        return (self.ids,)

    @property
    def shows(self) -> tuple[str, ...]:
        return (self.ids,)

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        ask(lookups, self.type, patch.get(self.ids) or [])

    def apply(self, work: Work) -> None:
        work.state[self.ids] = selection(work, self.ids, self.type)

    def view(self, content: FormContent) -> dict[str, Any]:
        return {self.ids: content.state[self.ids]}

    def restore(self, work: Work, view: Mapping[str, Any], _sides: Sequence[FormContent]) -> None:
        work.state[self.ids] = view[self.ids]


@dataclass(frozen=True)
class Curated(References):
    """A list of curated resources, by id or by their names in any case and spacing; names that miss are refused.

    values: the member with the names. Sent without the ids it replaces them, with them it joins them.
    """

    values: str = ""

    @property
    def accepts(self) -> tuple[str, ...]:
        return (self.ids, self.values)

    def look_up(self, patch: Mapping[str, Any], lookups: Lookups) -> None:
        super().look_up(patch, lookups)
        for value in patch.get(self.values) or []:
            lookups.add_value(self.type, value)

    def apply(self, work: Work) -> None:
        if not work.sends(self.values):
            return super().apply(work)
        ids = selection(work, self.ids, self.type) if work.sends(self.ids) else []
        for index, value in enumerate(work.patch[self.values] or []):
            row = work.found.by_value(self.type, value)
            if row is None or (row.archived and row.id not in work.before[self.ids]):
                work.refuse((self.values, index), "no_match", f"No {self.type} are named {clip(value)!r}.")
            else:
                ids.append(row.id)
        work.state[self.ids] = unique(ids)
        return None


@dataclass(frozen=True)
class Texts(References):
    """A list of texts that a user writes, shown beside their ids; equal ones are kept apart.

    values: the member with the texts. Sent without the ids it replaces them, with them it joins them; a text that one
        of these ids shows is that one.
    """

    values: str = ""

    @property
    def accepts(self) -> tuple[str, ...]:
        return (self.ids, self.values)

    @property
    def shows(self) -> tuple[str, ...]:
        return (self.ids, self.values)

    def apply(self, work: Work) -> None:
        texts: dict[str, str] = dict(zip(work.before[self.ids], work.before[self.values], strict=True))
        sent = work.patch.get(self.values) or []
        written = {
            work.text_id(self.type, text, nth): text for text, nth in zip(sent, _text_ordinals(sent), strict=True)
        }
        texts |= written
        chosen: list[str] = []
        if work.sends(self.ids):
            chosen = self._chosen(work, texts)
        elif not work.sends(self.values):
            chosen = list(work.before[self.ids])
        chosen = unique(chosen)
        left = Counter(map(_folded, sent))
        left.subtract(_folded(texts[id_]) for id_ in chosen)
        for id_, text in written.items():
            if id_ not in chosen and left[_folded(text)] > 0:
                left[_folded(text)] -= 1
                chosen.append(id_)
        work.state[self.ids], work.state[self.values] = chosen, [texts[id_] for id_ in chosen]

    def restore(self, work: Work, view: Mapping[str, Any], sides: Sequence[FormContent]) -> None:
        texts = {
            id_: text for side in sides for id_, text in zip(side.state[self.ids], side.state[self.values], strict=True)
        }
        work.state[self.ids] = view[self.ids]
        work.state[self.values] = [texts[id_] for id_ in view[self.ids]]

    def _chosen(self, work: Work, texts: dict[str, str]) -> list[str]:
        chosen = []
        for index, id_ in enumerate(work.patch[self.ids] or []):
            row: Row | None = None
            if id_ not in texts:
                row = work.row(self.type, id_, (self.ids, index))
                if row is None:
                    continue
                texts[id_] = row.value
            chosen.append(id_)
        return chosen


def selection(work: Work, member: str, type_: str, *, track: bool = False) -> list[str]:
    """The ids of a list member after the patch; those that cannot be selected are noted and left out.

    track: keep the rows with the content
    """
    now: list[str] = work.before[member]
    if not work.sends(member):
        return list(now)
    ids = []
    for index, id_ in enumerate(work.patch[member] or []):
        row = work.row(type_, id_, (member, index), selected=now)
        if row is None and id_ not in now:
            continue
        if row is not None and track:
            work.track(row)
        ids.append(id_)
    return unique(ids)


def _text_ordinals(texts: list[str]) -> list[int]:
    return ordinals([_folded(text) for text in texts])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text)
