"""How two versions of an agent are merged: steps, slots, assets and sub-agents by their ids, edges by their ends."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from agent_draft import contract
from agent_draft.flow import step_name
from draftkeep import canonical, merging
from draftkeep.canonical import Content
from draftkeep.changes import pointer, reference_token
from draftkeep.errors import ContentTooLarge, InvalidFields, Place, Problem
from draftkeep.merging import Change, ListRule, Path
from draftkeep.service.terms import Merge


def _member(*names: str) -> Callable[[Any], Hashable | None]:
    """An item's identity: the first of these members that is a text."""

    def key(item: Any) -> Hashable | None:
        values = (item.get(name) for name in names) if isinstance(item, dict) else ()
        return next((value for value in values if isinstance(value, str)), None)

    return key


def _step(item: Any) -> Hashable | None:
    name = step_name(item) if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


def _edge(item: Any) -> Hashable | None:
    ends = (item.get("source"), item.get("target")) if isinstance(item, dict) else ()
    return ends if ends and all(isinstance(end, str) for end in ends) else None


# By the name of the list, wherever it stands: the flows of sub-agents are flows too.
LISTS = {
    "steps": ListRule(_step),
    "edges": ListRule(_edge, ordered=False),
    "slots": ListRule(_member("name")),
    "assets": ListRule(_member("id")),
    "integrationSlots": ListRule(_member("id")),
    "subAgents": ListRule(_member("id", "slug")),
    "tools": ListRule(_member("id", "name")),
    "builtInTools": ListRule(_member("id", "name")),
}


def rule_of(at: Path) -> ListRule | None:
    """The rule of the list at a path of a payload."""
    return LISTS.get(at[-1]) if at and isinstance(at[-1], str) else None


class AgentTerms:
    """The contents of agent drafts, as proposals work with them; places are JSON pointers into what is proposed."""

    def empty(self) -> bytes:
        """An agent that nothing was saved of."""
        return b"{}"

    def name_of(self, _content: bytes) -> str | None:
        """Agents are listed by their id."""
        return None

    def places(self, base: bytes, proposed: bytes) -> list[Place]:
        """Where a proposal changes its base."""
        found = merging.changes(canonical.load(base), canonical.load(proposed), rule_of)
        return [Place(pointer(one.at), one.base, one.value) for one in found]

    def chosen(self, base: bytes, proposed: bytes, fields: Sequence[str]) -> Content:
        """The base with the changes at these places and below them.

        fields: names of members, or JSON pointers
        Cost: one step for each change and each place above it, however many are wanted
        """
        named = [field if field.startswith("/") else "/" + reference_token(field) for field in fields]
        wanted = frozenset(named)
        changed = {above for place in self.places(base, proposed) for above in _at_and_above(place.name)}
        problems = [
            Problem(pointer(("acceptFields", index)), "not_proposed", "The proposal changes nothing there.")
            for index, place in enumerate(named)
            if place not in changed
        ]
        if problems:
            raise InvalidFields(problems)

        def takes(change: Change) -> bool:
            return any(place in wanted for place in _at_and_above(pointer(change.at)))

        value = merging.partial(canonical.load(base), canonical.load(proposed), takes, rule_of)
        contract.check(value)
        return _content_of(value)

    def merge(self, base: bytes, current: bytes, proposed: bytes) -> Merge:
        """Merge what was proposed into what the agent has become."""
        if base == current:
            return Merge(Content(proposed, canonical.hash_of(proposed)))
        before, ours, theirs = (canonical.load(text) for text in (base, current, proposed))
        merged = merging.merge(before, ours, theirs, rule_of)
        contract.check(merged.value)
        places = [Place(pointer(one.at), one.base, one.theirs, one.ours) for one in merged.overlaps]
        return Merge(_content_of(merged.value), tuple(places))


def _content_of(merged: Any) -> Content:
    """The content of a merged value.

    Raises: InvalidFields (each side was small enough, both together are not)
    """
    try:
        return canonical.canonicalise(merged)
    except ContentTooLarge as error:
        message = f"Merged, the content has more than {error.limit_bytes} bytes."
        raise InvalidFields([Problem("", "content_too_large", message)]) from None


def _at_and_above(place: str) -> Iterator[str]:
    """A place, what holds it, and so on up to the member of the payload; pointers are cut, so there are few."""
    while place:
        yield place
        place = place.rpartition("/")[0]
