"""What a client whose precondition failed is told: the draft as it is now, and as the client saw it."""

from __future__ import annotations

from draftkeep.errors import CurrentState, DraftExists, PreconditionRequired, VersionConflict
from draftkeep.model import Draft, Page
from draftkeep.preconditions import Precondition, Verdict
from draftkeep.service.writing import Writing


def raise_unless_proceeding(
    writing: Writing, verdict: Verdict, draft: Draft, page: Page, precondition: Precondition
) -> None:
    """Let a write go on, or refuse it with all that its client needs.

    Raises: PreconditionRequired, VersionConflict, DraftExists
    Cost: nothing for a write that goes on; else at most 2 batch reads for contents that are not at hand
    """
    if verdict is Verdict.REQUIRED:
        raise PreconditionRequired(page.version)
    if verdict is Verdict.CONFLICT:
        raise VersionConflict(current_state(writing, draft, page, precondition.single_version))
    if verdict is Verdict.EXISTS:
        raise DraftExists(current_state(writing, draft, page, None))


def current_state(writing: Writing, draft: Draft, page: Page, seen: int | None) -> CurrentState:
    """The draft as a page shows it, beside the version that the client saw (None: not known)."""
    head = page.head
    if head is None:
        return CurrentState(version=0)
    return CurrentState(
        version=head.version,
        updated_at_ms=head.created_at_ms,
        updated_by=head.author.user,
        actor=head.author.actor,
        operation=head.operation,
        content=writing.log.content(draft, head),
        seen_content=_content_of(writing, draft, page, seen),
    )


def _content_of(writing: Writing, draft: Draft, page: Page, version: int | None) -> bytes | None:
    # Versions below the first are of a draft that was discarded.
    (entry,) = (None,) if version is None else writing.known(draft, page, version)
    return None if entry is None else writing.log.content(draft, entry)
