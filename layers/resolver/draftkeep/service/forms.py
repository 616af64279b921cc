"""Save a form: look up what the patch refers to while the head is read, resolve it, create what is new, append."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from draftkeep import keys
from draftkeep.canonical import Content
from draftkeep.catalog import Catalog, Scope
from draftkeep.errors import Place
from draftkeep.log import Listing
from draftkeep.model import Author, Draft, Entry, Kind, Page
from draftkeep.operations import Claim
from draftkeep.preconditions import Precondition
from draftkeep.resolver import merging
from draftkeep.resolver.engine import Form, decode, encode, find, resolve
from draftkeep.resolver.work import FormContent
from draftkeep.resources import Row, normalise
from draftkeep.service.beside import beside
from draftkeep.service.collisions import collisions_told
from draftkeep.service.drafts import Drafts, Revise
from draftkeep.service.proposals import Proposals, Proposed
from draftkeep.service.states import Revision, Written
from draftkeep.service.terms import Merge
from draftkeep.service.writing import living

NAME_CODE_POINTS = 120
SEARCHED_DRAFTS = 100
_PAGE = 25


@dataclass(frozen=True)
class Forms:
    """The use cases of form drafts, over the same logs as all drafts, and a catalog."""

    drafts: Drafts
    proposals: Proposals
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
        claim: Claim | None = None,
        *,
        new: bool,
    ) -> Written:
        """Patch a draft, or create it (`new`, or when a proposal for it waits).

        patch: the fields that the client sent, checked for their types, aliases folded
        Raises: NotFound, InvalidFields, VersionConflict, DraftExists, OperationKeyReused
        Cost: 1 query and 1 batch read side by side, then 1 conditional put; 2 puts for each new resource between
        """
        revise = self._revising(form, draft, patch, new=new)
        return self.drafts.patch(draft, author, revise, precondition, claim)

    def propose(
        self,
        form: Form,
        draft: Draft,
        author: Author,
        patch: Mapping[str, Any],
        precondition: Precondition,
        claim: Claim,
        *,
        new: bool,
    ) -> Proposed:
        """Propose a patch of a draft, or of one that is to be created by accepting it.

        Raises: as save
        Cost: as save, with 1 transaction of 2 puts in the place of the put
        """
        revise = self._revising(form, draft, patch, new=new)
        return self.proposals.propose_patch(draft, author, revise, precondition, claim)

    def terms(self, form: Form, scope: Scope) -> FormTerms:
        """What proposals must know of a kind of form."""
        return FormTerms(form, scope, self.catalog)

    def _revising(self, form: Form, draft: Draft, patch: Mapping[str, Any], *, new: bool) -> Revise:
        """What makes the next content of the newest page; its look-ups run from now on."""
        scope = Scope(draft.tenant, draft.user)
        looked_up = beside(find, form, self.catalog, scope, patch)

        def revise(page: Page) -> Revision:
            head = page.head
            if head is None and not new:
                self._raise_unless_awaited(draft, page)
            current = decode(self.drafts.log.content(draft, head), form) if head else form.empty()
            resolved = resolve(form, scope, current, patch, looked_up.result())
            content = encode(resolved.content)
            # Before the entry that names them: a crash leaves rows that the retry meets again, by the same ids.
            _make(self.catalog, scope, resolved.made)
            return Revision(content, _name_of(resolved.content))

        return revise

    def _raise_unless_awaited(self, draft: Draft, page: Page) -> None:
        """Let a patch begin a draft that a proposal waits for.

        Raises: NotFound
        """
        if self.drafts.writing.operations.has_pending(draft, page.ended_at):
            return
        # A proposal accepted since the page was read waits no more, and there is a draft: the write will meet it.
        living(self.drafts.log.read(draft, limit=1))

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


@dataclass(frozen=True)
class FormTerms:
    """The contents of one kind of form, as proposals work with them."""

    form: Form
    scope: Scope
    catalog: Catalog

    def empty(self) -> bytes:
        """A form that nothing was sent to."""
        return encode(self.form.empty()).text

    def name_of(self, content: bytes) -> str | None:
        """The name that lists show."""
        return _name_of(decode(content, self.form))

    def places(self, base: bytes, proposed: bytes) -> list[Place]:
        """The members of form_state that a proposal changes."""
        return merging.changed_fields(decode(base, self.form), decode(proposed, self.form))

    def chosen(self, base: bytes, proposed: bytes, fields: Sequence[str]) -> Content:
        """The base with only some of the proposed members."""
        contents = decode(base, self.form), decode(proposed, self.form)
        return encode(merging.choose(self.form, self.scope, *contents, fields))

    def merge(self, base: bytes, current: bytes, proposed: bytes) -> Merge:
        """Merge what was proposed into what the form has become."""
        contents = (decode(text, self.form) for text in (base, current, proposed))
        merged = merging.merge(self.form, self.scope, *contents)
        made = merged.resolved.made
        return Merge(encode(merged.resolved.content), merged.places, lambda: _make(self.catalog, self.scope, made))


def _make(catalog: Catalog, scope: Scope, rows: Sequence[Row]) -> None:
    with collisions_told():
        catalog.create_many(scope, rows)


def _name_of(content: FormContent) -> str | None:
    name = content.state["name"]
    return name[:NAME_CODE_POINTS] if name else None
