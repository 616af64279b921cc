"""Save a form: look up what the patch refers to while the head is read, resolve it, create what is new, append."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from draftkeep import keys
from draftkeep.catalog import Catalog, Scope
from draftkeep.log import Listing
from draftkeep.model import Author, Draft, Entry, Kind, Page
from draftkeep.preconditions import Precondition
from draftkeep.resolver.engine import Form, decode, encode, find, resolve
from draftkeep.resources import normalise
from draftkeep.service.drafts import Drafts
from draftkeep.service.states import Revision, Written

NAME_CODE_POINTS = 120
SEARCHED_DRAFTS = 100
_PAGE = 25

# One more thread than the main one: it looks up while the head is read.
_beside = ThreadPoolExecutor(1, thread_name_prefix="look-up")


@dataclass(frozen=True)
class Forms:
    """The use cases of form drafts, over the same logs as all drafts, and a catalog."""

    drafts: Drafts
    catalog: Catalog
    new_draft_id: Callable[[], str] = lambda: str(uuid.uuid4())

    def begin(self, kind: Kind, scope: Scope) -> Draft:
        """The identity of a draft that does not exist yet."""
        return Draft(kind, scope.tenant, scope.user, self.new_draft_id())

    def save(
        self,
        form: Form,
        draft: Draft,
        author: Author,
        patch: Mapping[str, Any],
        precondition: Precondition,
        *,
        new: bool,
    ) -> Written:
        """Patch a draft, or create it (`new`).

        patch: the fields that the client sent, checked for their types, aliases folded
        Raises: NotFound, InvalidFields, VersionConflict, DraftExists
        Cost: 1 query and 1 batch read side by side, then 1 conditional put; 2 puts for each new resource between
        """
        scope = Scope(draft.tenant, draft.user)
        looked_up = _beside.submit(find, form, self.catalog, scope, patch)

        def revise(page: Page) -> Revision:
            head = page.head
            current = decode(self.drafts.log.content(draft, head), form) if head else form.empty()
            resolved = resolve(form, scope, current, patch, looked_up.result())
            content = encode(resolved.content)
            # Before the entry that names them: a crash leaves rows that the retry meets again, by the same ids.
            self.catalog.create_many(scope, resolved.made)
            name = resolved.content.state["name"]
            return Revision(content, name[:NAME_CODE_POINTS] if name else None)

        try:
            return self.drafts.patch(draft, author, revise, precondition, new=new)
        finally:
            looked_up.cancel()

    def list_drafts(self, kind: Kind, scope: Scope, limit: int, after: str | None, search: str) -> Listing:
        """List the caller's drafts of a kind, newest created first.

        search: part of the name, in any case; at most 100 drafts are looked through, so a page may be empty and yet
            have a next one
        Cost: 1 query a page of 25, and 1 query a draft, side by side
        """
        matches: list[tuple[Draft, Entry]] = []
        wanted = normalise(search)
        for _ in range(SEARCHED_DRAFTS // _PAGE if search else 1):
            listing = self.drafts.list_drafts(kind, scope.tenant, scope.user, "", _PAGE if search else limit, after)
            for draft, head in listing.drafts:
                if wanted in normalise(head.name or ""):
                    matches.append((draft, head))
                if search and len(matches) == limit:
                    return Listing(tuple(matches), keys.index_sort_key(draft, head.draft_created_at_ms))
            after = listing.next
            if after is None:
                break
        return Listing(tuple(matches), after)
