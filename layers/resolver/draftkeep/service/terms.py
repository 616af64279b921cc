"""What proposals must know of a kind's contents, and what accepting one makes of a draft.

A proposal holds the whole proposed content and the version that it was made of. So accepting it is a three-way merge:
of that version, of what the draft is by then, and of what was proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from draftkeep.canonical import Content
from draftkeep.errors import DraftDiscarded, Place
from draftkeep.model import Draft, Page
from draftkeep.operations import Proposal
from draftkeep.service.writing import Writing


@dataclass(frozen=True, slots=True)
class Merge:
    """A content merged from two sides.

    places: what both sides changed, each otherwise; there the content has what was proposed
    prepare: makes what must exist before the content is saved; safe to repeat
    """

    content: Content
    places: tuple[Place, ...] = ()
    prepare: Callable[[], None] = lambda: None


class Terms(Protocol):
    """What proposals must know of a kind's contents. All contents are canonical JSON bytes."""

    def empty(self) -> bytes:
        """The content that a draft has before there is one."""

    def name_of(self, content: bytes) -> str | None:
        """The name that lists show."""

    def places(self, base: bytes, proposed: bytes) -> list[Place]:
        """What a proposal changes."""

    def chosen(self, base: bytes, proposed: bytes, fields: Sequence[str]) -> Content:
        """The base with only some of the changes.

        Raises: InvalidFields (a field that is not among the changes)
        """

    def merge(self, base: bytes, current: bytes, proposed: bytes) -> Merge:
        """Merge what was proposed into what the draft has become.

        Raises: InvalidFields (the result is no content)
        """


def merged_into(
    writing: Writing, draft: Draft, page: Page, proposal: Proposal, terms: Terms, fields: Sequence[str] | None = None
) -> Merge:
    """What accepting a proposal, or some of its fields, makes of the draft as a page shows it.

    Raises: InvalidFields
    Cost: at most 3 batch reads, for contents that are not at hand
    """
    base = base_of(writing, draft, page, proposal, terms)
    proposed = writing.log.restore(draft, proposal.snapshot)
    if fields is not None:
        proposed = terms.chosen(base, proposed, fields).text
    current = writing.log.content(draft, page.head) if page.head else terms.empty()
    return terms.merge(base, current, proposed)


def base_of(writing: Writing, draft: Draft, page: Page, proposal: Proposal, terms: Terms) -> bytes:
    """The content that a proposal was made of."""
    if not proposal.base_version:
        return terms.empty()
    (entry,) = writing.entries(draft, page, proposal.base_version)
    return writing.log.content(draft, entry)


def raise_if_discarded(proposal: Proposal, page: Page) -> None:
    """Refuse a proposal whose draft was discarded since it was made.

    Raises: DraftDiscarded
    """
    if page.ended_at > proposal.seen_version:
        raise DraftDiscarded
