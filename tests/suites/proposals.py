"""The contract of proposals, on every engine: stored beside the draft, decided once, merged into what the draft became.

docs/api.md, "Proposals" and "Deciding a proposal". What holds for every kind is tried with all of them, the rest with
an agent and a form.
"""

from __future__ import annotations

import json
import random
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from agent_draft.merging import AgentTerms
from draftkeep.canonical import Content, canonicalise, hash_of
from draftkeep.catalog import Catalog, Scope
from draftkeep.errors import (
    AlreadyDecided,
    DraftDiscarded,
    DraftExists,
    DraftkeepError,
    InvalidFields,
    NotAProposal,
    NotFound,
    NothingToUndo,
    OperationKeyReused,
    PreconditionRequired,
    ProposalConflict,
    VersionConflict,
)
from draftkeep.http.forms import FormContract, checked
from draftkeep.log import Log
from draftkeep.model import Author, Draft, Entry, Kind, Operation
from draftkeep.operations import Claim, Operations, Owner, Record
from draftkeep.preconditions import Precondition
from draftkeep.resolver.engine import decode
from draftkeep.service.acks import Ack, Acks, Decided
from draftkeep.service.drafts import Drafts
from draftkeep.service.forms import Forms
from draftkeep.service.proposals import Inbox, Proposals, Proposed, Waiting
from draftkeep.service.states import Outcome, State, Written
from draftkeep.service.sweep import Swept, sweep
from draftkeep.service.terms import Terms
from draftkeep.service.writing import Writing, owner_of
from draftkeep.store import Store
from draftkeep.trash import Trash
from eval_draft.contract import EVAL
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tests.catalogs import new_catalog, new_catalog_table, share
from tests.suites.builders import ANY_VERSION, NOTHING_SAID, a_content, a_draft, a_long_content, seen
from tests.tables import new_forms, new_writing
from tool_draft.contract import TOOL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_T = TypeVar("_T")

ANN = Author("ann", "console")
AI = Author("ann", "assistant")

NOW_MS = 1_795_000_000_000
DAY_S = 24 * 60 * 60
DAY_MS = DAY_S * 1000
DECIDED_LIVES_S = 30 * DAY_S

CONTRACTS = {"persona": PERSONA, "tool": TOOL, "eval": EVAL, "test": TEST}
ONLY_NEW = Precondition(only_new=True)

Fields = dict[str, Any]


@dataclass
class Clock:
    """A clock that goes on by a second whenever it is asked, and stands where it is set."""

    now_ms: int = NOW_MS

    def __call__(self) -> int:
        self.now_ms += 1000
        return self.now_ms

    def set_s(self, seconds_later: int) -> None:
        """The next time that it tells."""
        self.now_ms = NOW_MS + (seconds_later - 1) * 1000


# ----------------------------------------------------------------------------------------------------- desks


@dataclass
class Desk(ABC):
    """One user at one draft: what is saved, proposed and decided there.

    Every kind has a text in two places, which the tests call `name` and `description`.
    """

    writing: Writing
    draft: Draft
    terms: Terms
    begun: bool = False

    @property
    def drafts(self) -> Drafts:
        return Drafts(self.writing)

    @property
    def owner(self) -> Owner:
        return owner_of(self.draft)

    @property
    def version(self) -> int:
        return self.writing.log.read(self.draft).version

    @abstractmethod
    def fields_of(self, content: bytes) -> Fields:
        """The two texts of a content."""

    @abstractmethod
    def place(self, name: str) -> str:
        """What a place is called in what is told of a proposal."""

    @abstractmethod
    def _save(self, fields: Mapping[str, Any], author: Author, claim: Claim | None) -> Written: ...

    @abstractmethod
    def _propose(self, claim: Claim, author: Author, fields: Mapping[str, Any]) -> Proposed: ...

    def save(self, *, by: Author = ANN, key: str | None = None, **fields: Any) -> Written:
        """Save these texts, the others as they are; begins the draft where there is none."""
        claim = Claim(key, hash_of(f"save {fields}".encode())) if key else None
        written = self._save(fields, by, claim)
        self.begun = True
        return written

    def propose(self, key: str = "k1", *, by: Author = AI, **fields: Any) -> Proposed:
        """Propose these texts, the others as they are."""
        proposed = self._propose(Claim(key, hash_of(f"propose {fields}".encode())), by, fields)
        self.begun = True
        return proposed

    def ack(
        self,
        key: str = "k1",
        *,
        accept: bool = True,
        fields: tuple[str, ...] | None = None,
        precondition: Precondition = NOTHING_SAID,
        draft_id: str | None = None,
    ) -> Decided:
        """Decide as ann at her console."""
        ack = Ack(key, accept, draft_id, fields)
        return Acks(self.writing).decide(self.owner, ANN, ack, precondition, self.terms)

    def discard(self) -> None:
        self.drafts.discard(self.draft, ANN, ANY_VERSION)
        self.begun = False

    def inbox(self, limit: int = 25, after: str | None = None) -> Inbox:
        """What waits at this draft."""
        return Proposals(self.writing).inbox(self.owner, self.draft, limit, after, self.terms)

    def waiting(self) -> list[str]:
        return [one.key for one in self.inbox().waiting]

    def listed(self) -> list[str]:
        """The ids of the owner's drafts."""
        draft = self.draft
        listing = self.drafts.list_drafts(draft.kind, draft.tenant, draft.user, draft.group, 25, None)
        return [one.id for one, _ in listing.drafts]

    def state(self) -> State:
        return self.drafts.read(self.draft)

    def now(self) -> Fields:
        """The two texts that are stored now."""
        return self.fields_of(self.state().content)

    def record(self, key: str = "k1") -> Record:
        record = self.writing.operations.read(self.owner, key, 0)
        assert record
        return record


@dataclass
class AgentDesk(Desk):
    """An agent: its comment, and a note in its flow."""

    def fields_of(self, content: bytes) -> Fields:
        payload = json.loads(content)
        return {"name": payload.get("comment"), "description": payload.get("flow", {}).get("note")}

    def place(self, name: str) -> str:
        return {"name": "/comment", "description": "/flow/note"}[name]

    def _save(self, fields: Mapping[str, Any], author: Author, claim: Claim | None) -> Written:
        return self.drafts.save(self.draft, author, self.with_fields(fields), self.as_seen(), claim)

    def _propose(self, claim: Claim, author: Author, fields: Mapping[str, Any]) -> Proposed:
        return self.propose_content(self.with_fields(fields), self.as_seen(), claim, author)

    def propose_content(
        self, content: Content, precondition: Precondition, claim: Claim, author: Author = AI
    ) -> Proposed:
        return Proposals(self.writing).propose(self.draft, author, content, precondition, claim)

    def as_seen(self) -> Precondition:
        return seen(self.version) if self.version else NOTHING_SAID

    def with_fields(self, fields: Mapping[str, Any]) -> Content:
        """The payload that is stored now with these texts."""
        head = self.writing.log.read(self.draft).head
        payload = json.loads(self.writing.log.content(self.draft, head)) if head else {}
        if "name" in fields:
            payload["comment"] = fields["name"]
        if "description" in fields:
            payload["flow"] = {"note": fields["description"]}
        return canonicalise(payload)


@dataclass
class FormDesk(Desk):
    """A form: its name and description, and whatever else its request takes."""

    forms: Forms = field(kw_only=True)
    contract: FormContract = field(kw_only=True)

    def fields_of(self, content: bytes) -> Fields:
        state = self.form_state(content)
        return {"name": state["name"], "description": state["description"]}

    def place(self, name: str) -> str:
        return name

    def form_state(self, content: bytes) -> Fields:
        return dict(decode(content, self.contract.form).state)

    def _save(self, fields: Mapping[str, Any], author: Author, claim: Claim | None) -> Written:
        patch = checked(self.contract, dict(fields))
        return self.forms.save(self.contract.form, self.draft, author, patch, NOTHING_SAID, claim, new=not self.begun)

    def _propose(self, claim: Claim, author: Author, fields: Mapping[str, Any]) -> Proposed:
        patch = checked(self.contract, dict(fields))
        return self.forms.propose(
            self.contract.form, self.draft, author, patch, NOTHING_SAID, claim, new=not self.begun
        )


Open = Callable[..., Desk]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog_table(client: DynamoDBClient) -> Iterator[str]:
    name = new_catalog_table(client)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def catalog(client: DynamoDBClient, catalog_table: str) -> Catalog:
    return new_catalog(client, catalog_table)


@pytest.fixture
def open_desk(client: DynamoDBClient, table: str, catalog_table: str, clock: Clock) -> Open:
    """Opens a desk as a fresh container does: at a new draft, or one that is given, by ann of acme or another user."""

    def open_one(kind: str, draft: Draft | None = None, tenant: str = "acme", user: str = "ann") -> Desk:
        writing = new_writing(client, table, clock=clock)
        if kind == "agent":
            return AgentDesk(writing, draft or a_draft(tenant=tenant, user=user), AgentTerms(), draft is not None)
        contract, scope = CONTRACTS[kind], Scope(tenant, user)
        forms = new_forms(Drafts(writing), new_catalog(client, catalog_table))
        about = draft or forms.begin(contract.kind, scope)
        return FormDesk(
            writing,
            about,
            forms.terms(contract.form, scope),
            draft is not None,
            forms=forms,
            contract=contract,
        )

    return open_one


@pytest.fixture(params=["agent", *CONTRACTS])
def every_desk(request: pytest.FixtureRequest, open_desk: Open) -> Desk:
    """A desk of each kind."""
    return open_desk(request.param)


@pytest.fixture(params=["agent", "persona"])
def desk(request: pytest.FixtureRequest, open_desk: Open) -> Desk:
    """A desk of an agent, and one of a form."""
    return open_desk(request.param)


@pytest.fixture
def agent(open_desk: Open) -> AgentDesk:
    opened = open_desk("agent")
    assert isinstance(opened, AgentDesk)
    return opened


@pytest.fixture
def persona(open_desk: Open) -> FormDesk:
    return form_desk(open_desk, "persona")


def form_desk(open_desk: Open, kind: str) -> FormDesk:
    opened = open_desk(kind)
    assert isinstance(opened, FormDesk)
    return opened


def everything(client: DynamoDBClient, table: str) -> list[Any]:
    """All items of a table, in one order."""
    pages: Any = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return sorted(
        (item for page in pages for item in page["Items"]), key=lambda item: (item["pk"]["S"], item["sk"]["S"])
    )


def kind_of(item: Any) -> str:
    parts = item["pk"]["S"].split("#")
    return "trash" if parts[0] == "trash" else str(parts[1])


def kinds(client: DynamoDBClient, table: str) -> dict[str, int]:
    """How many items of each kind a drafts table holds: draft, keyframe, index, op, proposal, trash."""
    return dict(Counter(map(kind_of, everything(client, table))))


def at_once(number: int, run: Callable[[int], _T]) -> list[_T]:
    """Run it in that many threads, which begin together."""
    start = threading.Barrier(number)

    def one(which: int) -> _T:
        start.wait(30)
        return run(which)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def as_replay(answer: Decided) -> Decided:
    return replace(answer, replayed=True)


def payload(**members: Any) -> Content:
    return canonicalise(members)


def preview_of(desk: Desk, waiting: Waiting) -> Fields:
    """The two texts that accepting a proposal would make."""
    assert waiting.preview is not None
    return desk.fields_of(waiting.preview)


def conflict_of(desk: Desk, key: str = "k1", **ack: Any) -> ProposalConflict:
    with pytest.raises(ProposalConflict) as refusal:
        desk.ack(key, **ack)
    return refusal.value


# ------------------------------------------------------------------------------------ a proposal for a new draft


def test_a_draft_that_is_only_proposed_is_not_there(every_desk: Desk, client: DynamoDBClient, table: str) -> None:
    desk = every_desk

    proposed = desk.propose(name="Ann")

    assert desk.fields_of(proposed.content) == {"name": "Ann", "description": None}
    assert (proposed.replayed, proposed.record.version) == (False, 0)
    assert kinds(client, table) == {"op": 1, "proposal": 1}
    assert desk.listed() == []
    with pytest.raises(NotFound):
        desk.drafts.read(desk.draft)


def test_a_draft_that_is_only_proposed_is_made_by_accepting(
    every_desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk = every_desk
    desk.propose(name="Ann")

    decided = desk.ack()

    assert (decided.accepted, decided.outcome, decided.replayed) == (True, Outcome.ACCEPTED, False)
    assert decided.state == desk.state()
    assert desk.now() == {"name": "Ann", "description": None}
    assert (decided.state.head.version, decided.state.head.position.can_undo) == (1, False)
    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1}
    assert desk.listed() == [desk.draft.id]


def test_a_draft_that_is_only_proposed_is_made_by_a_save_beside_which_the_proposal_waits(
    every_desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk = every_desk
    desk.propose(name="Ann")

    written = desk.save(description="saved")

    assert (written.outcome, written.state.head.version) == (Outcome.CREATED, 1)
    assert desk.now() == {"name": None, "description": "saved"}
    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1, "proposal": 1}
    assert desk.listed() == [desk.draft.id]
    assert desk.waiting() == ["k1"]
    desk.ack()
    assert desk.now() == {"name": "Ann", "description": "saved"}


def test_a_draft_that_is_only_proposed_goes_with_its_rejection(
    every_desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk = every_desk
    desk.propose(name="Ann")

    decided = desk.ack(accept=False)

    assert (decided.accepted, decided.outcome, decided.state) == (False, Outcome.REJECTED, None)
    assert kinds(client, table) == {"op": 1}
    assert desk.waiting() == desk.listed() == []
    assert desk.ack(accept=False) == as_replay(decided)


def test_several_proposals_for_a_new_draft_are_accepted_one_after_the_other(
    every_desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk = every_desk
    desk.propose("k1", name="Ann")
    desk.propose("k2", description="A text")

    first, second = desk.ack("k2"), desk.ack("k1")

    assert first.state
    assert second.state
    assert desk.fields_of(first.state.content) == {"name": None, "description": "A text"}
    assert desk.fields_of(second.state.content) == {"name": "Ann", "description": "A text"} == desk.now()
    assert kinds(client, table) == {"draft": 2, "index": 1, "op": 2}


def test_a_form_draft_that_nobody_proposes_any_more_is_not_found(persona: FormDesk) -> None:
    persona.propose(name="Ann")
    persona.ack(accept=False)

    with pytest.raises(NotFound):
        persona.save(name="Bob")
    with pytest.raises(NotFound):
        persona.propose("k2", name="Bob")


def test_another_users_proposal_does_not_let_one_save_to_its_draft(persona: FormDesk, open_desk: Open) -> None:
    persona.propose(name="Ann")
    other = open_desk("persona", replace(persona.draft, user="bob"), user="bob")

    with pytest.raises(NotFound):
        other.save(name="Bob")


def test_the_accepted_first_content_of_a_draft_cannot_be_undone(desk: Desk) -> None:
    desk.propose(name="Ann")
    desk.ack()

    with pytest.raises(NothingToUndo):
        desk.drafts.undo(desk.draft, ANN, ANY_VERSION)


def test_an_empty_proposal_for_a_new_draft_is_accepted_as_an_empty_draft(every_desk: Desk) -> None:
    every_desk.propose()

    decided = every_desk.ack()

    assert (decided.outcome, every_desk.version) == (Outcome.ACCEPTED, 1)
    assert every_desk.now() == {"name": None, "description": None}


@pytest.mark.parametrize("accept", [True, False])
def test_the_longest_names_and_keys_fit(open_desk: Open, client: DynamoDBClient, table: str, accept: bool) -> None:
    tenant, user, agent, key = "t" * 128, "#" * 341 + "u", "a" * 128, "#" * 255
    draft = a_draft(tenant=tenant, user=user, id=f"{agent}/{'9' * 15}", group=agent)
    desk = open_desk("agent", draft)
    desk.propose(key, name="Ann")

    assert desk.waiting() == [key]
    first = desk.ack(key, accept=accept)
    assert desk.ack(key, accept=accept) == as_replay(first)
    assert desk.listed() == ([draft.id] if accept else [])


# ------------------------------------------------------------------------------- a proposal for an existing draft


def test_a_proposal_leaves_the_draft_as_it_is(every_desk: Desk, client: DynamoDBClient, table: str) -> None:
    desk = every_desk
    desk.save(name="Ann", description="A text")
    before = desk.state()

    proposed = desk.propose(name="Bob")

    assert desk.fields_of(proposed.content) == {"name": "Bob", "description": "A text"}
    assert (proposed.draft, proposed.record.version) == (desk.draft, 1)
    assert desk.state() == before
    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1, "proposal": 1}


def test_a_pending_proposal_is_kept_until_it_is_decided(desk: Desk, clock: Clock) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    record = desk.record()
    clock.set_s(5 * 365 * DAY_S)

    assert record.expires_at_s is None
    assert record.proposal
    assert (record.proposal.author, record.proposal.base_version, record.proposal.decision) == (AI, 1, None)
    assert desk.waiting() == ["k1"]
    assert desk.ack().outcome is Outcome.ACCEPTED


def test_an_accepted_proposal_becomes_an_entry_of_who_accepted_it(
    every_desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk = every_desk
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")

    decided = desk.ack()

    assert decided.state == desk.state()
    head = desk.state().head
    assert desk.now() == {"name": "Bob", "description": "A text"}
    assert (head.version, head.operation, head.key) == (2, Operation.ACCEPT, "k1")
    assert (head.author, head.proposer) == (ANN, AI)
    assert (head.position.cursor, head.position.parent) == (2, 1)
    assert kinds(client, table) == {"draft": 2, "index": 1, "op": 1}


def test_a_rejected_proposal_leaves_the_draft_and_answers_with_it(
    every_desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk = every_desk
    desk.save(name="Ann")
    desk.propose(name="Bob")
    before = desk.state()

    decided = desk.ack(accept=False)

    assert (decided.accepted, decided.outcome, decided.state) == (False, Outcome.REJECTED, before)
    assert desk.state() == before
    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1}


@pytest.mark.parametrize("accept", [True, False])
def test_a_decision_is_kept_for_30_days_with_its_author_and_time(desk: Desk, clock: Clock, accept: bool) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    clock.set_s(1000)

    desk.ack(accept=accept)

    record = desk.record()
    assert record.proposal
    decision = record.proposal.decision
    assert decision
    assert (decision.accepted, decision.fields, decision.author) == (accept, None, ANN)
    assert decision.version == (2 if accept else 1)
    assert record.expires_at_s == decision.decided_at_ms // 1000 + DECIDED_LIVES_S
    assert NOW_MS + 1_000_000 <= decision.decided_at_ms <= NOW_MS + 1_010_000


def test_an_entry_that_is_saved_has_no_proposer(desk: Desk) -> None:
    assert desk.save(name="Ann").state.head.proposer is None


def test_a_draft_is_listed_by_its_accepted_name(persona: FormDesk) -> None:
    persona.propose(name="Ann")
    persona.ack()

    listing = persona.forms.list_drafts(Kind.PERSONA, Scope("acme", "ann"), 25, None, "ann")

    assert [(draft, head.name) for draft, head in listing.drafts] == [(persona.draft, "Ann")]


# ----------------------------------------------------------------------------------------------------- lists


def place_of(desk: Desk, waiting: Waiting, name: str) -> tuple[Any, Any]:
    """The base and the proposed value of a place that a proposal changes."""
    (place,) = [place for place in waiting.places if place.name == desk.place(name)]
    return place.base, place.proposed


def test_pending_proposals_are_listed_oldest_first_with_what_they_change(desk: Desk) -> None:
    desk.save(name="Ann", description="A text")
    proposed = [desk.propose(f"k{number}", name=f"Name {number}") for number in range(3, 0, -1)]

    waiting = desk.inbox().waiting

    assert [one.key for one in waiting] == ["k3", "k2", "k1"]
    assert [one.created_at_ms for one in waiting] == [one.record.created_at_ms for one in proposed]
    assert [place_of(desk, one, "name") for one in waiting] == [("Ann", f"Name {number}") for number in (3, 2, 1)]
    assert [preview_of(desk, one)["name"] for one in waiting] == ["Name 3", "Name 2", "Name 1"]
    for one in waiting:
        assert (one.draft, one.version, one.proposal.base_version, one.proposal.author) == (desk.draft, 1, 1, AI)
        assert one.overlaps == ()


def test_a_listed_proposal_shows_what_accepting_it_now_would_make(desk: Desk) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    desk.save(description="Another text")

    (one,) = desk.inbox().waiting

    assert preview_of(desk, one) == {"name": "Bob", "description": "Another text"}
    assert (one.version, one.proposal.base_version, one.overlaps) == (2, 1, ())
    assert place_of(desk, one, "name") == ("Ann", "Bob")
    decided = desk.ack()
    assert decided.state
    assert decided.state.content == one.preview


def test_a_listed_proposal_shows_where_it_overlaps(desk: Desk) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Proposed text")
    desk.save(name="Cleo")

    (one,) = desk.inbox().waiting

    (overlap,) = one.overlaps
    assert (overlap.name, overlap.base, overlap.current, overlap.proposed) == (
        desk.place("name"),
        "Ann",
        "Cleo",
        "Bob",
    )
    assert preview_of(desk, one) == {"name": "Bob", "description": "Proposed text"}


def test_a_listed_proposal_for_a_new_draft_has_an_empty_base(desk: Desk) -> None:
    desk.propose(name="Ann")

    (one,) = desk.inbox().waiting

    assert (one.version, one.proposal.base_version) == (0, 0)
    assert place_of(desk, one, "name")[1] == "Ann"
    assert preview_of(desk, one) == {"name": "Ann", "description": None}


def test_decided_proposals_are_not_listed(desk: Desk) -> None:
    desk.save(name="Ann")
    for number in range(4):
        desk.propose(f"k{number}", name=f"Name {number}")
    desk.ack("k1", accept=False)
    desk.ack("k2")

    assert desk.waiting() == ["k0", "k3"]


@pytest.mark.parametrize("kind", ["agent", "persona"])
def test_a_list_shows_no_other_draft_owner_or_kind(open_desk: Open, kind: str) -> None:
    mine, beside = open_desk(kind), open_desk(kind)
    strangers = [
        open_desk(kind, replace(mine.draft, user="bob"), user="bob"),
        open_desk(kind, replace(mine.draft, tenant="globex"), tenant="globex"),
        open_desk("tool"),
    ]
    for other in strangers[:2]:
        other.begun = False
    for number, one in enumerate((mine, beside, *strangers)):
        one.propose(f"k{number}", name="Ann")

    owners = Proposals(mine.writing).inbox(mine.owner, None, 25, None, mine.terms)

    assert mine.waiting() == ["k0"]
    assert sorted(one.key for one in owners.waiting) == ["k0", "k1"]
    assert [one.waiting() for one in strangers] == [["k2"], ["k3"], ["k4"]]


def test_a_list_is_paged_without_a_gap_or_a_repetition(desk: Desk) -> None:
    desk.save(name="Ann")
    for number in range(7):
        desk.propose(f"key {number}/#%", name=f"Name {number}")

    keys, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = desk.inbox(3, after)
        keys += [one.key for one in page.waiting]
        after, pages = page.next, pages + 1
        assert len(page.waiting) <= 3

    assert keys == [f"key {number}/#%" for number in range(7)]
    assert pages == 3


def test_a_page_that_holds_just_all_there_is_is_the_last_one(desk: Desk) -> None:
    desk.save(name="Ann")
    for number in range(3):
        desk.propose(f"k{number}", name=f"Name {number}")

    page = desk.inbox(limit=3)

    assert [one.key for one in page.waiting] == ["k0", "k1", "k2"]
    assert page.next is None


def test_a_page_of_proposals_that_show_little_of_large_contents_is_cut_too(agent: AgentDesk) -> None:
    large = a_long_content(3_000_000, seed=1)
    agent.drafts.save(agent.draft, ANN, large, NOTHING_SAID)
    for number in range(7):
        content = a_content(f"short {number}")
        agent.propose_content(content, seen(1), Claim(f"k{number}", content.hash))

    pages = [agent.inbox()]
    while pages[-1].next:
        pages.append(agent.inbox(after=pages[-1].next))

    # Each takes two contents of 3 MB.
    assert [len(page.waiting) for page in pages] == [3, 3, 1]
    assert [one.key for page in pages for one in page.waiting] == [f"k{number}" for number in range(7)]


def test_a_page_of_large_proposals_is_cut_and_the_next_goes_on(agent: AgentDesk) -> None:
    agent.save(name="Ann")
    for number in range(7):
        content = a_long_content(700_000, seed=number)
        agent.propose_content(content, seen(1), Claim(f"k{number}", content.hash))

    first = agent.inbox()
    rest = agent.inbox(after=first.next)

    assert 2 <= len(first.waiting) <= 4
    assert first.next
    keys = [one.key for page in (first, rest) for one in page.waiting]
    assert keys == [f"k{number}" for number in range(len(keys))]
    assert len(keys) > len(first.waiting)


# ------------------------------------------------------------------------------------------------------ again


def save_on(desk: Desk) -> None:
    for text in ("x", "y"):
        desk.save(name=text, description=text)


def save_and_undo(desk: Desk) -> None:
    save_on(desk)
    desk.drafts.undo(desk.draft, ANN, ANY_VERSION)


def move_to_and_fro(desk: Desk) -> None:
    """26 moves, so that the newest page holds no content entry."""
    save_on(desk)
    for _ in range(13):
        desk.drafts.undo(desk.draft, ANN, ANY_VERSION)
        desk.drafts.redo(desk.draft, ANN, ANY_VERSION)


def begin_anew(desk: Desk) -> None:
    desk.discard()
    desk.save(name="anew")


def one_after_the_other(desk: Desk, *steps: Callable[[Desk], object]) -> None:
    for step in steps:
        step(desk)


SINCE: dict[str, Callable[[Desk], None]] = {
    "nothing": lambda _desk: None,
    "other saves": save_on,
    "an undo": save_and_undo,
    "26 moves": move_to_and_fro,
    "a discard": lambda desk: desk.discard(),
    "a new draft": begin_anew,
}

since_then = pytest.mark.parametrize("since", SINCE)

VERDICTS: dict[str, Callable[[Desk], Decided]] = {
    "accept": lambda desk: desk.ack(),
    "reject": lambda desk: desk.ack(accept=False),
    "accept some": lambda desk: desk.ack(fields=(desk.place("name"),)),
}


@since_then
@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_same_ack_again_has_the_same_answer_and_writes_nothing(
    desk: Desk, client: DynamoDBClient, table: str, verdict: str, since: str
) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Another text")
    first = VERDICTS[verdict](desk)
    SINCE[since](desk)
    before = everything(client, table)

    again = VERDICTS[verdict](desk)

    assert not first.replayed
    assert first.state
    assert again == as_replay(first)
    assert everything(client, table) == before


@pytest.mark.parametrize("moves", [17, 18, 19, 20])
@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_the_history_of_an_ack_after_moves_is_given_again(agent: AgentDesk, verdict: str, moves: int) -> None:
    agent.save(name="Ann", description="A text")
    agent.save(name="Ann", description="Another text")
    for number in range(moves):
        (agent.drafts.redo if number % 2 else agent.drafts.undo)(agent.draft, ANN, ANY_VERSION)
    agent.propose(name="Bob")
    first = VERDICTS[verdict](agent)
    save_on(agent)

    again = VERDICTS[verdict](agent)

    assert first.state
    assert first.state.history
    assert again == as_replay(first)


@since_then
def test_the_acceptance_of_what_was_so_already_again_has_the_same_answer(desk: Desk, since: str) -> None:
    desk.save(name="Ann")
    desk.propose(name="Ann")
    first = desk.ack()
    SINCE[since](desk)

    again = desk.ack()

    assert first.outcome is Outcome.UNCHANGED
    assert again == as_replay(first)


@pytest.mark.parametrize("precondition", [seen(1), seen(7), ANY_VERSION, ONLY_NEW], ids=str)
def test_the_same_ack_again_needs_no_version(desk: Desk, precondition: Precondition) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    first = desk.ack(precondition=seen(1))

    assert desk.ack(precondition=precondition) == as_replay(first)


def told(proposed: Proposed) -> tuple[object, ...]:
    """What the answer to a proposal tells."""
    record = proposed.record
    assert record.proposal
    return (
        proposed.draft,
        proposed.content,
        record.key,
        record.version,
        record.created_at_ms,
        record.proposal.base_version,
        record.proposal.author,
    )


STAGES: dict[str, Callable[[Desk], object]] = {
    "pending": lambda _desk: None,
    "passed by saves": save_on,
    "accepted": lambda desk: desk.ack(),
    "rejected": lambda desk: desk.ack(accept=False),
    "accepted and passed by saves": lambda desk: one_after_the_other(desk, Desk.ack, save_on),
    "accepted and undone": lambda desk: (desk.ack(), desk.drafts.undo(desk.draft, ANN, ANY_VERSION)),
    # A replay needs nothing else (docs/api.md, "Order of checks"): a proposal's outlives the draft as a save's does.
    "discarded": lambda desk: desk.discard(),
    "accepted and discarded": lambda desk: one_after_the_other(desk, Desk.ack, Desk.discard),
}


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_proposal_again_has_the_same_answer_and_writes_nothing(
    desk: Desk, client: DynamoDBClient, table: str, stage: str
) -> None:
    desk.save(name="Ann", description="A text")
    first = propose_again(desk)
    STAGES[stage](desk)
    before = everything(client, table)

    again = propose_again(desk)

    assert (first.replayed, again.replayed) == (False, True)
    assert told(again) == told(first)
    assert everything(client, table) == before


def propose_again(desk: Desk) -> Proposed:
    """One and the same request, whatever has become of the draft."""
    claim = Claim("k1", hash_of(b"one request"))
    if isinstance(desk, AgentDesk):
        content = canonicalise({"comment": "Bob", "flow": {"note": "A text"}})
        return desk.propose_content(content, seen(1), claim)
    desk.begun = True
    return desk._propose(claim, AI, {"name": "Bob"})


def test_a_form_that_is_proposed_again_is_the_same_draft(persona: FormDesk, open_desk: Open) -> None:
    first = persona.propose(name="Ann")
    elsewhere = open_desk("persona")

    again = elsewhere.propose(name="Ann")

    assert elsewhere.draft != persona.draft
    assert again.replayed
    assert told(again) == told(first)
    assert elsewhere.waiting() == []


@pytest.mark.parametrize("stage", ["pending", "accepted", "rejected"])
def test_another_proposal_with_the_key_is_refused(desk: Desk, client: DynamoDBClient, table: str, stage: str) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    STAGES[stage](desk)
    before = everything(client, table)

    with pytest.raises(OperationKeyReused):
        desk.propose(name="Cleo")
    with pytest.raises(OperationKeyReused):
        desk.save(name="Dora", key="k1")

    assert everything(client, table) == before


def test_a_proposal_with_the_key_of_a_save_is_refused(desk: Desk) -> None:
    desk.save(name="Ann", key="k1")

    with pytest.raises(OperationKeyReused):
        desk.propose(name="Bob")

    assert desk.waiting() == []


# ---------------------------------------------------------------------------------------------- refused acks


@pytest.mark.parametrize("accepted", [True, False])
def test_the_opposite_ack_is_refused_with_what_was_decided(
    desk: Desk, client: DynamoDBClient, table: str, accepted: bool
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.ack(accept=accepted)
    before = everything(client, table)

    with pytest.raises(AlreadyDecided) as refusal:
        desk.ack(accept=not accepted)

    decided = refusal.value
    assert (decided.accepted, decided.fields, decided.decided_by, decided.actor) == (accepted, None, "ann", "console")
    proposal = desk.record().proposal
    assert proposal
    assert proposal.decision
    assert decided.decided_at_ms == proposal.decision.decided_at_ms
    assert everything(client, table) == before


@pytest.mark.parametrize("other", [None, ("description",), ("name", "description")], ids=str)
def test_an_ack_of_other_fields_is_refused(desk: Desk, other: tuple[str, ...] | None) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Another text")
    desk.ack(fields=(desk.place("name"),))

    with pytest.raises(AlreadyDecided) as refusal:
        desk.ack(fields=other and tuple(map(desk.place, other)))

    assert refusal.value.fields == (desk.place("name"),)
    assert desk.now() == {"name": "Bob", "description": "A text"}


def test_an_ack_of_some_fields_after_one_of_all_is_refused(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.ack()

    with pytest.raises(AlreadyDecided):
        desk.ack(fields=(desk.place("name"),))


def test_an_ack_of_the_same_fields_in_another_order_is_the_same(desk: Desk) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Another text")
    name, description = desk.place("name"), desk.place("description")
    first = desk.ack(fields=(name, description))

    again = desk.ack(fields=(description, name))

    assert again == as_replay(first)


@pytest.mark.parametrize("accept", [True, False])
def test_an_ack_of_a_key_that_the_owner_never_used_for_the_kind_is_not_found(
    open_desk: Open, client: DynamoDBClient, table: str, accept: bool
) -> None:
    for kind in ("agent", "persona"):
        desk = open_desk(kind)
        desk.save(name="Ann")
        desk.propose(name="Bob")
        strangers = [
            open_desk(kind, replace(desk.draft, user="bob"), user="bob"),
            open_desk(kind, replace(desk.draft, tenant="globex"), tenant="globex"),
            open_desk("tool"),
        ]
        before = everything(client, table)

        for stranger in strangers:
            with pytest.raises(NotFound):
                stranger.ack(accept=accept)
        with pytest.raises(NotFound):
            desk.ack("k2", accept=accept)
        with pytest.raises(NotFound):
            desk.ack(accept=accept, draft_id=open_desk(kind).draft.id)

        assert everything(client, table) == before
        assert desk.waiting() == ["k1"]


def test_an_ack_may_name_the_draft(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")

    assert desk.ack(draft_id=desk.draft.id).outcome is Outcome.ACCEPTED


NO_PROPOSALS: dict[str, Callable[[Desk, Claim], object]] = {
    "save": lambda desk, claim: desk._save({"name": "Bob"}, ANN, claim),
    "identical save": lambda desk, claim: desk._save({"name": "Ann"}, ANN, claim),
    "reset": lambda desk, claim: desk.drafts.reset(desk.draft, ANN, NOTHING_SAID, claim),
    "discard": lambda desk, claim: desk.drafts.discard(desk.draft, ANN, NOTHING_SAID, claim),
}


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("plain", NO_PROPOSALS)
def test_an_ack_of_the_key_of_a_plain_request_is_refused(
    desk: Desk, client: DynamoDBClient, table: str, plain: str, accept: bool
) -> None:
    desk.save(name="Ann")
    NO_PROPOSALS[plain](desk, Claim("k1", hash_of(b"plain")))
    before = everything(client, table)

    with pytest.raises(NotAProposal):
        desk.ack(accept=accept)

    assert everything(client, table) == before


ENDS: dict[str, Callable[[Desk], None]] = {
    "discarded": lambda desk: desk.discard(),
    "begun anew": begin_anew,
    "saved, then discarded": lambda desk: one_after_the_other(desk, save_on, Desk.discard),
}


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("ending", ENDS)
def test_a_proposal_whose_draft_was_discarded_since_can_not_be_decided(
    desk: Desk, client: DynamoDBClient, table: str, ending: str, accept: bool
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    ENDS[ending](desk)
    before = everything(client, table)

    for precondition in (NOTHING_SAID, ANY_VERSION, seen(desk.version)):
        with pytest.raises(DraftDiscarded):
            desk.ack(accept=accept, precondition=precondition)

    assert desk.waiting() == []
    assert everything(client, table) == before


@pytest.mark.parametrize("accept", [True, False])
def test_a_proposal_for_a_new_draft_that_was_made_and_discarded_since_can_not_be_decided(
    desk: Desk, accept: bool
) -> None:
    desk.propose(name="Ann")
    desk.save(description="made by a save")
    desk.discard()

    with pytest.raises(DraftDiscarded):
        desk.ack(accept=accept)

    assert desk.waiting() == []


def test_a_void_proposal_does_not_bring_its_form_back(persona: FormDesk) -> None:
    persona.save(name="Ann")
    persona.propose(name="Bob")
    persona.discard()
    persona.begun = True

    with pytest.raises(NotFound):
        persona.save(name="Cleo")
    with pytest.raises(NotFound):
        persona.propose("k2", name="Cleo")


def test_a_proposal_for_a_draft_that_is_to_be_begun_anew_is_accepted_after_its_tombstone(
    desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk.save(name="Ann")
    desk.discard()
    desk.propose(name="Anew")

    decided = desk.ack()

    assert decided.state
    assert decided.state.head.version == 3
    assert desk.now() == {"name": "Anew", "description": None}
    assert kinds(client, table) == {"draft": 3, "index": 1, "op": 1, "trash": 1}


def test_the_rejection_of_a_draft_that_is_to_be_begun_anew_shows_no_draft(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.discard()
    desk.propose(name="Anew")

    decided = desk.ack(accept=False)

    assert decided.state is None
    assert desk.ack(accept=False) == as_replay(decided)


def test_a_proposal_for_a_draft_begun_anew_knows_nothing_of_the_old_one(desk: Desk) -> None:
    desk.save(name="Ann", description="of the old one")
    begin_anew(desk)
    desk.propose(description="A text")

    desk.ack()

    assert desk.now() == {"name": "anew", "description": "A text"}


# ------------------------------------------------------------------------------------------------------ merging


def test_a_proposal_is_merged_into_what_was_saved_since(every_desk: Desk) -> None:
    desk = every_desk
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    desk.save(description="Another text")
    desk.save(description="Yet another text")

    decided = desk.ack()

    assert decided.state
    assert (decided.outcome, decided.state.head.version) == (Outcome.ACCEPTED, 4)
    assert desk.now() == {"name": "Bob", "description": "Yet another text"}


def test_a_place_that_both_changed_is_a_conflict_that_shows_three_values_and_changes_nothing(
    every_desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk = every_desk
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Proposed text")
    desk.save(name="Cleo")
    before = everything(client, table)

    conflict = conflict_of(desk)

    assert (conflict.current_version, conflict.base_version) == (2, 1)
    (place,) = conflict.places
    assert (place.name, place.base, place.current, place.proposed) == (desk.place("name"), "Ann", "Cleo", "Bob")
    assert everything(client, table) == before


@pytest.mark.parametrize("precondition", [seen(3), ANY_VERSION], ids=str)
def test_with_the_current_version_a_proposal_goes_over_what_it_overlaps(desk: Desk, precondition: Precondition) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    desk.save(name="Cleo")
    desk.save(description="Another text")

    decided = desk.ack(precondition=precondition)

    assert decided.state
    assert decided.state.head.version == 4
    assert desk.now() == {"name": "Bob", "description": "Another text"}
    assert desk.ack() == as_replay(decided)


@pytest.mark.parametrize("accept", [True, False])
def test_with_a_stale_version_an_ack_is_a_version_conflict(
    desk: Desk, client: DynamoDBClient, table: str, accept: bool
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.save(name="Cleo")
    before = everything(client, table)

    with pytest.raises(VersionConflict) as refusal:
        desk.ack(accept=accept, precondition=seen(1))

    assert refusal.value.current.version == 2
    assert desk.fields_of(refusal.value.current.content or b"")["name"] == "Cleo"
    assert everything(client, table) == before


def test_a_version_of_a_draft_that_is_not_there_is_a_version_conflict(desk: Desk) -> None:
    desk.propose(name="Bob")

    with pytest.raises(VersionConflict) as refusal:
        desk.ack(precondition=seen(1))

    assert refusal.value.current.version == 0
    assert desk.ack(precondition=seen(0)).outcome is Outcome.ACCEPTED


def test_an_ack_for_a_new_draft_only_is_refused_where_there_is_one(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")

    with pytest.raises(DraftExists):
        desk.ack(precondition=ONLY_NEW)

    assert desk.waiting() == ["k1"]


def test_an_overlapping_proposal_can_be_rejected_without_a_version(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.save(name="Cleo")

    decided = desk.ack(accept=False)

    assert decided.outcome is Outcome.REJECTED
    assert desk.now()["name"] == "Cleo"


def test_what_was_undone_to_the_base_does_not_overlap(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.save(name="Cleo")
    desk.drafts.undo(desk.draft, ANN, ANY_VERSION)

    decided = desk.ack()

    assert decided.outcome is Outcome.ACCEPTED
    assert desk.now()["name"] == "Bob"


def test_a_proposal_of_what_is_so_already_is_accepted_without_an_entry(
    desk: Desk, client: DynamoDBClient, table: str
) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    desk.save(name="Bob")
    before = desk.state()

    decided = desk.ack()

    assert (decided.accepted, decided.outcome, decided.state) == (True, Outcome.UNCHANGED, before)
    assert desk.state() == before
    assert kinds(client, table) == {"draft": 2, "index": 1, "op": 1}
    assert desk.waiting() == []
    with pytest.raises(AlreadyDecided):
        desk.ack(accept=False)


def test_a_proposal_that_changes_nothing_leaves_what_was_saved_since(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose(name="Ann")
    desk.save(name="Bob")

    decided = desk.ack()

    assert decided.outcome is Outcome.UNCHANGED
    assert desk.now()["name"] == "Bob"


def test_two_proposals_of_one_base_are_accepted_one_after_the_other(every_desk: Desk) -> None:
    desk = every_desk
    desk.save(name="Ann", description="A text")
    desk.propose("k1", name="Bob")
    desk.propose("k2", description="Another text")

    desk.ack("k1")
    desk.ack("k2")

    assert desk.now() == {"name": "Bob", "description": "Another text"}
    assert desk.version == 3


def test_the_second_of_two_overlapping_proposals_conflicts_with_the_first(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose("k1", name="Bob")
    desk.propose("k2", name="Cleo")
    desk.ack("k1")

    conflict = conflict_of(desk, "k2")

    (place,) = conflict.places
    assert (place.base, place.current, place.proposed) == ("Ann", "Bob", "Cleo")
    assert (conflict.base_version, conflict.current_version) == (1, 2)


def test_the_second_of_two_equal_proposals_adds_no_entry(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.propose("k1", name="Bob")
    desk.propose("k2", name="Bob")
    desk.ack("k1")

    assert desk.ack("k2").outcome is Outcome.UNCHANGED
    assert desk.version == 2


def test_an_acceptance_can_be_undone_and_redone(every_desk: Desk) -> None:
    desk = every_desk
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    desk.save(description="Another text")
    first = desk.ack()

    desk.drafts.undo(desk.draft, ANN, ANY_VERSION)
    undone = desk.now()
    desk.drafts.redo(desk.draft, ANN, ANY_VERSION)

    assert undone == {"name": "Ann", "description": "Another text"}
    assert desk.now() == {"name": "Bob", "description": "Another text"}
    assert desk.ack() == as_replay(first)


def test_an_acceptance_after_an_undo_begins_a_new_branch(desk: Desk) -> None:
    desk.save(name="Ann")
    desk.save(name="Bob")
    desk.propose(description="A text")
    desk.drafts.undo(desk.draft, ANN, ANY_VERSION)

    decided = desk.ack()

    assert decided.state
    assert (decided.state.head.position.parent, decided.state.head.position.can_redo) == (1, False)
    assert desk.now() == {"name": "Ann", "description": "A text"}


def propose_what_cannot_be_merged(desk: Desk) -> None:
    """A proposal that is a content, beside a save that is one, which together are none."""
    if isinstance(desk, FormDesk):
        desk.save(name="Ann")
        desk.propose(examples=[f"proposed {number}" for number in range(600)])
        desk.save(examples=[f"saved {number}" for number in range(600)])
        return
    assert isinstance(desk, AgentDesk)
    step = {"id": "a", "type": "AGENT"}
    gated = step | {"humanApproval": {"slotName": "boss"}}
    slots = [{"name": "boss"}]
    desk.drafts.save(desk.draft, ANN, payload(flow={"steps": [step]}, slots=slots), NOTHING_SAID)
    desk.propose_content(payload(flow={"steps": [gated]}, slots=slots), seen(1), Claim("k1", hash_of(b"1")))
    desk.drafts.save(desk.draft, ANN, payload(flow={"steps": [step]}), seen(1))


def test_a_proposal_that_cannot_be_merged_is_refused_with_the_reason_and_can_be_rejected(
    desk: Desk, client: DynamoDBClient, table: str
) -> None:
    propose_what_cannot_be_merged(desk)
    before = everything(client, table)

    with pytest.raises(InvalidFields):
        desk.ack(precondition=seen(2))

    assert everything(client, table) == before
    assert desk.ack(accept=False).outcome is Outcome.REJECTED


def test_a_proposal_that_cannot_be_merged_is_listed_with_the_reason(desk: Desk) -> None:
    propose_what_cannot_be_merged(desk)

    (one,) = desk.inbox().waiting

    assert (one.key, one.preview, one.overlaps) == ("k1", None, ())
    assert one.places
    with pytest.raises(InvalidFields) as refusal:
        desk.ack()
    assert one.problems == refusal.value.problems != ()


# --------------------------------------------------------------------------------------------- accepting in part


def test_only_the_accepted_fields_are_taken(every_desk: Desk, client: DynamoDBClient, table: str) -> None:
    desk = every_desk
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Another text")

    decided = desk.ack(fields=(desk.place("description"),))

    assert decided.outcome is Outcome.ACCEPTED
    assert desk.now() == {"name": "Ann", "description": "Another text"}
    assert kinds(client, table) == {"draft": 2, "index": 1, "op": 1}
    assert desk.waiting() == []


def test_a_new_draft_is_made_of_the_accepted_fields_alone(persona: FormDesk) -> None:
    persona.propose(name="Ann", description="A text")

    persona.ack(fields=("name",))

    assert persona.now() == {"name": "Ann", "description": None}


def test_a_field_that_overlaps_does_not_keep_another_from_being_accepted(desk: Desk) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Another text")
    desk.save(name="Cleo")

    desk.ack(fields=(desk.place("description"),))

    assert desk.now() == {"name": "Cleo", "description": "Another text"}


def test_accepted_fields_that_overlap_conflict(desk: Desk) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob", description="Another text")
    desk.save(name="Cleo")

    conflict = conflict_of(desk, fields=(desk.place("name"),))

    assert [place.name for place in conflict.places] == [desk.place("name")]
    desk.ack(fields=(desk.place("name"),), precondition=seen(2))
    assert desk.now() == {"name": "Bob", "description": "A text"}


@pytest.mark.parametrize("field_", ["description", "nonsense"])
def test_a_field_that_is_not_proposed_is_refused_with_its_place_and_nothing_is_decided(
    desk: Desk, client: DynamoDBClient, table: str, field_: str
) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    before = everything(client, table)

    with pytest.raises(InvalidFields) as refusal:
        desk.ack(fields=(desk.place("name"), field_))

    member = "acceptFields" if isinstance(desk, AgentDesk) else "accept_fields"
    assert [problem.pointer for problem in refusal.value.problems] == [f"/{member}/1"]
    assert everything(client, table) == before
    assert desk.ack().outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("named", ["name", "name_id"])
def test_a_value_is_accepted_together_with_its_id(persona: FormDesk, named: str) -> None:
    persona.save(name="Ann", description="A text")
    proposed = persona.form_state(persona.propose(name="Bob", description="Another text").content)

    persona.ack(fields=(named,))

    state = persona.form_state(persona.state().content)
    assert (state["name"], state["name_id"]) == ("Bob", proposed["name_id"])
    assert state["description"] == "A text"


def test_the_arguments_of_a_tool_are_accepted_together(open_desk: Open) -> None:
    tool = form_desk(open_desk, "tool")
    tool.save(name="Ann", args_drafts=[{"name": "a"}])
    sent = [{"name": "a"}, {"name": "b", "outputs": [{"name": "o"}]}]
    proposed = tool.form_state(tool.propose(name="Bob", args_drafts=sent).content)

    tool.ack(fields=("args_drafts",))

    state = tool.form_state(tool.state().content)
    for member in ("arg_ids", "arg_position_ids", "args_output_ids", "args_outputs_ids", "args_drafts"):
        assert state[member] == proposed[member]
    assert state["name"] == "Ann"


def test_places_of_an_agent_are_accepted_with_what_is_below_them(agent: AgentDesk) -> None:
    steps = [{"id": "a", "type": "AGENT", "name": "first"}, {"id": "b", "type": "AGENT"}]
    agent.drafts.save(agent.draft, ANN, canonicalise({"comment": "c", "flow": {"steps": steps}}), NOTHING_SAID)
    changed = [{"id": "a", "type": "AGENT", "name": "renamed"}, {"id": "b", "type": "TOOL"}]
    content = canonicalise({"comment": "d", "flow": {"steps": changed, "edges": []}})
    agent.propose_content(content, seen(1), Claim("k1", hash_of(b"1")))

    agent.ack(fields=("/flow/steps/0", "/flow/edges"))

    assert json.loads(agent.state().content) == {
        "comment": "c",
        "flow": {"steps": [changed[0], steps[1]], "edges": []},
    }


# --------------------------------------------------------------------------------------------------- forms alone


def test_lists_of_ids_merge_as_sets(persona: FormDesk, catalog: Catalog) -> None:
    for name in ("sales", "legal", "staff", "press"):
        share(catalog, "departments", name, id_=name)
    persona.save(department_ids=["sales", "legal"])
    persona.propose(department_ids=["sales", "staff"])
    persona.save(department_ids=["sales", "legal", "press"])

    persona.ack()

    state = persona.form_state(persona.state().content)
    assert sorted(state["department_ids"]) == ["press", "sales", "staff"]


def test_flags_merge_by_their_type(persona: FormDesk, catalog: Catalog) -> None:
    flags = {
        name: share(catalog, "flags", name, type=type_).id
        for type_, name in (("tone", "warm"), ("tone", "cool"), ("size", "big"), ("size", "small"))
    }
    persona.save(flag_ids=[flags["warm"], flags["big"]])
    persona.propose("k1", flag_ids=[flags["cool"], flags["big"]])
    persona.propose("k2", flag_ids=[flags["warm"], flags["small"]])
    persona.ack("k1")
    persona.ack("k2")

    assert sorted(persona.form_state(persona.state().content)["flag_ids"]) == sorted([flags["cool"], flags["small"]])


def test_flags_of_one_type_that_both_sides_changed_overlap(persona: FormDesk) -> None:
    persona.save(name="Ann")
    persona.propose(active=True)
    persona.save(active=False)

    conflict = conflict_of(persona)

    places = {place.name: (place.base, place.current, place.proposed) for place in conflict.places}
    assert places["active"] == (None, False, True)


def test_what_a_proposal_makes_can_be_selected_after_it_is_accepted(persona: FormDesk, open_desk: Open) -> None:
    persona.propose(color="#5ec4e7", active=True)
    persona.ack()
    state = persona.form_state(persona.state().content)

    other = form_desk(open_desk, "persona")
    other.save(color_id=state["color_id"], flag_ids=state["flag_ids"])

    selected = other.form_state(other.state().content)
    assert (selected["color"], selected["active"]) == ("#5ec4e7", True)


def test_a_wrong_patch_is_not_proposed(persona: FormDesk, client: DynamoDBClient, table: str) -> None:
    persona.save(name="Ann")
    before = everything(client, table)

    with pytest.raises(InvalidFields):
        persona.propose(departments=["nowhere"])

    assert everything(client, table) == before
    assert not persona.propose(name="Bob").replayed


# ------------------------------------------------------------------------------------------------ agents alone


def test_a_proposal_made_of_an_older_version_does_not_revert_what_was_saved_since(agent: AgentDesk) -> None:
    for number, content in enumerate(
        (
            payload(comment="1", flow={"note": "a"}),
            payload(comment="1", flow={"note": "b"}),
            payload(comment="1", flow={"note": "c"}, assets=[{"id": "x"}]),
        )
    ):
        agent.drafts.save(agent.draft, ANN, content, seen(number))

    proposed = agent.propose_content(payload(comment="2", flow={"note": "a"}), seen(1), Claim("k1", hash_of(b"1")))
    decided = agent.ack()

    assert proposed.record.proposal
    assert (proposed.record.version, proposed.record.proposal.base_version) == (3, 1)
    assert decided.state
    assert json.loads(decided.state.content) == {"comment": "2", "flow": {"note": "c"}, "assets": [{"id": "x"}]}


def test_a_proposal_made_of_an_older_version_conflicts_where_something_was_saved_since(agent: AgentDesk) -> None:
    for number, text in enumerate("abc"):
        agent.drafts.save(agent.draft, ANN, payload(comment=text), seen(number))

    agent.propose_content(payload(comment="proposed"), seen(2), Claim("k1", hash_of(b"1")))

    (place,) = conflict_of(agent).places
    assert (place.base, place.current, place.proposed) == ("b", "c", "proposed")


def test_a_proposal_of_an_older_version_is_made_of_one_deep_in_the_history(agent: AgentDesk) -> None:
    for number in range(30):
        content = payload(comment=f"{number}", flow={"note": "a"})
        agent.drafts.save(agent.draft, ANN, content, seen(number))
    agent.propose_content(payload(comment="1", flow={"note": "b"}), seen(2), Claim("k1", hash_of(b"1")))

    agent.ack()

    assert agent.now() == {"name": "29", "description": "b"}


@pytest.mark.parametrize(
    ("precondition", "base"),
    [
        (ANY_VERSION, 3),
        (seen(2), 2),
        (Precondition(versions=frozenset({1, 2, 9}), is_list=True), 2),
    ],
    ids=str,
)
def test_the_base_of_a_proposal_is_the_version_that_if_match_names(
    agent: AgentDesk, precondition: Precondition, base: int
) -> None:
    for number, text in enumerate("abc"):
        agent.drafts.save(agent.draft, ANN, payload(comment=text), seen(number))

    proposed = agent.propose_content(payload(comment="x"), precondition, Claim("k1", hash_of(b"1")))

    assert proposed.record.proposal
    assert proposed.record.proposal.base_version == base


@pytest.mark.parametrize(
    ("precondition", "refusal"),
    [
        (NOTHING_SAID, PreconditionRequired),
        (seen(4), VersionConflict),
        (seen(0), VersionConflict),
        (ONLY_NEW, DraftExists),
    ],
    ids=str,
)
def test_a_proposal_that_names_no_version_of_the_draft_is_refused(
    agent: AgentDesk,
    client: DynamoDBClient,
    table: str,
    precondition: Precondition,
    refusal: type[DraftkeepError],
) -> None:
    agent.save(name="a")
    before = everything(client, table)

    with pytest.raises(refusal):
        agent.propose_content(payload(comment="x"), precondition, Claim("k1", hash_of(b"1")))

    assert everything(client, table) == before


@pytest.mark.parametrize("version", [1, 2])
def test_a_proposal_of_a_version_of_the_discarded_draft_is_refused(agent: AgentDesk, version: int) -> None:
    agent.save(name="a")
    begin_anew(agent)

    with pytest.raises(VersionConflict):
        agent.propose_content(payload(comment="x"), seen(version), Claim("k1", hash_of(b"1")))


@pytest.mark.parametrize("precondition", [NOTHING_SAID, seen(0), ONLY_NEW], ids=str)
def test_a_new_agent_is_proposed_as_it_would_be_saved(agent: AgentDesk, precondition: Precondition) -> None:
    proposed = agent.propose_content(payload(comment="x"), precondition, Claim("k1", hash_of(b"1")))

    assert not proposed.replayed


@pytest.mark.parametrize("precondition", [seen(1), ANY_VERSION], ids=str)
def test_a_version_of_an_agent_that_is_not_there_is_refused(agent: AgentDesk, precondition: Precondition) -> None:
    with pytest.raises(VersionConflict):
        agent.propose_content(payload(comment="x"), precondition, Claim("k1", hash_of(b"1")))


# ---------------------------------------------------------------------------------------------- large contents

LARGE = a_long_content(300_000, seed=1)
LARGER = a_long_content(900_000, seed=2)


def chunks(client: DynamoDBClient, table: str) -> dict[str, Any]:
    """When each chunk of a keyframe expires (None: never), by its sort key."""
    found = [item for item in everything(client, table) if kind_of(item) == "keyframe"]
    return {item["sk"]["S"]: int(item["expires_at_s"]["N"]) if "expires_at_s" in item else None for item in found}


def expire(client: DynamoDBClient, table: str, now_s: int) -> int:
    """Delete what has expired, as the service does; the number of items."""
    gone = [item for item in everything(client, table) if "expires_at_s" in item]
    gone = [item for item in gone if int(item["expires_at_s"]["N"]) <= now_s]
    for item in gone:
        client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    return len(gone)


def propose_large(agent: AgentDesk, content: Content = LARGE, key: str = "k1") -> Proposed:
    return agent.propose_content(content, agent.as_seen(), Claim(key, content.hash))


def test_a_pending_large_proposal_has_chunks_that_stay(agent: AgentDesk, client: DynamoDBClient, table: str) -> None:
    agent.save(name="Ann")

    propose_large(agent, LARGER)

    assert set(chunks(client, table).values()) == {None}
    assert kinds(client, table) == {"draft": 1, "index": 1, "op": 1, "proposal": 1, "keyframe": 2}


def test_an_accepted_large_proposal_is_kept_by_the_draft_and_its_own_chunks_expire(
    agent: AgentDesk, open_desk: Open, client: DynamoDBClient, table: str
) -> None:
    agent.save(name="Ann")
    propose_large(agent)
    proposed = set(chunks(client, table))

    agent.ack()

    after = chunks(client, table)
    expires_at_s = agent.record().expires_at_s
    assert {name: after[name] for name in proposed} == dict.fromkeys(proposed, expires_at_s)
    assert {at for name, at in after.items() if name not in proposed} == {None}
    fresh = open_desk("agent", agent.draft)
    assert fresh.state().content == LARGE.text
    assert expires_at_s
    assert expire(client, table, expires_at_s) == len(proposed) + 1
    assert open_desk("agent", agent.draft).state().content == LARGE.text


def test_the_answers_about_a_decided_large_proposal_are_given_until_its_record_expires(
    agent: AgentDesk, open_desk: Open, client: DynamoDBClient, table: str
) -> None:
    agent.save(name="Ann")
    first = propose_large(agent)
    decided = agent.ack()
    expires_at_s = agent.record().expires_at_s
    assert expires_at_s
    expire(client, table, expires_at_s - 1)

    fresh = open_desk("agent", agent.draft)
    assert isinstance(fresh, AgentDesk)
    again = fresh.propose_content(LARGE, seen(1), Claim("k1", LARGE.hash))

    assert told(again) == told(first)
    assert fresh.ack() == as_replay(decided)


def test_a_rejected_large_proposal_leaves_nothing_that_stays(
    agent: AgentDesk, client: DynamoDBClient, table: str
) -> None:
    agent.save(name="Ann")
    before = everything(client, table)
    propose_large(agent, LARGER)

    agent.ack(accept=False)

    expires_at_s = agent.record().expires_at_s
    assert expires_at_s
    assert set(chunks(client, table).values()) == {expires_at_s}
    assert expire(client, table, expires_at_s) == 3
    assert everything(client, table) == before


def edited(content: Content, word: str) -> Content:
    """The same text with a word in its middle."""
    middle = len(content.text) // 2
    text = content.text[:middle] + word.encode() + content.text[middle:]
    return canonicalise(json.loads(text))


@pytest.mark.parametrize("accept", [True, False])
def test_the_drafts_own_keyframe_that_a_proposal_differs_from_never_expires(
    agent: AgentDesk, open_desk: Open, client: DynamoDBClient, table: str, accept: bool
) -> None:
    agent.drafts.save(agent.draft, ANN, LARGE, NOTHING_SAID)
    propose_large(agent, edited(LARGE, "proposed"))
    before = chunks(client, table)

    agent.ack(accept=accept)

    assert chunks(client, table) == before
    assert set(before.values()) == {None}
    expire(client, table, NOW_MS)
    expected = edited(LARGE, "proposed") if accept else LARGE
    assert open_desk("agent", agent.draft).state().content == expected.text


def test_the_drafts_keyframe_that_a_proposal_proposes_unchanged_never_expires(
    agent: AgentDesk, client: DynamoDBClient, table: str
) -> None:
    agent.drafts.save(agent.draft, ANN, LARGE, NOTHING_SAID)
    propose_large(agent, LARGE)

    assert agent.ack().outcome is Outcome.UNCHANGED

    assert set(chunks(client, table).values()) == {None}


def test_a_large_proposal_is_restored_after_the_draft_has_become_another(agent: AgentDesk, open_desk: Open) -> None:
    agent.drafts.save(agent.draft, ANN, LARGE, NOTHING_SAID)
    propose_large(agent, edited(LARGE, "proposed"))
    for version in range(1, 4):
        agent.drafts.save(agent.draft, ANN, a_long_content(400_000, seed=10 + version), seen(version))
    fresh = open_desk("agent", agent.draft)

    (place,) = conflict_of(fresh).places
    decided = fresh.ack(precondition=seen(4))

    assert (place.base, place.proposed) == tuple(
        json.loads(content.text)["comment"] for content in (LARGE, edited(LARGE, "proposed"))
    )
    assert decided.state
    assert decided.state.content == edited(LARGE, "proposed").text


def test_a_proposal_of_nearly_4_mib_is_accepted(agent: AgentDesk, open_desk: Open) -> None:
    agent.save(name="Ann")
    content = a_long_content(4 * 1024 * 1024 - 100, seed=3)
    propose_large(agent, content)

    agent.ack()

    assert open_desk("agent", agent.draft).state().content == content.text


class Blind(Operations):
    """The records as a request sees them whose duplicate was a moment faster: at the first look there is none."""

    looked = False

    def read(self, owner: Owner, key: str, now_ms: int) -> Record | None:
        looked, self.looked = self.looked, True
        return super().read(owner, key, now_ms) if looked else None


def test_a_duplicate_of_a_large_proposal_leaves_no_chunks(agent: AgentDesk, client: DynamoDBClient, table: str) -> None:
    agent.save(name="Ann")
    first = propose_large(agent)
    before = everything(client, table)
    agent.writing = replace(agent.writing, operations=Blind(Store(client, table)))

    again = propose_large(agent)

    assert again.replayed
    assert told(again) == told(first)
    assert everything(client, table) == before


# ---------------------------------------------------------------------------------------------------- the sweep


def swept(client: DynamoDBClient, table: str, clock: Clock, days: int) -> Swept:
    return sweep(Trash(Store(client, table)), clock.now_ms + days * DAY_MS, lambda: True)


def test_a_sweep_removes_the_void_proposals_of_a_discarded_draft_with_their_records(
    desk: Desk, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    desk.save(name="Ann")
    for number in range(30):
        desk.propose(f"key {number}/#%", name=f"Name {number}")
    desk.discard()

    early = swept(client, table, clock, 8)
    unswept = kinds(client, table)
    late = swept(client, table, clock, 10)

    assert (early.drafts, unswept) == (0, {"draft": 2, "op": 30, "proposal": 30, "trash": 1})
    assert (late.drafts, late.finished) == (1, True)
    assert kinds(client, table) == {"draft": 1}
    for accept in (True, False):
        with pytest.raises(NotFound):
            desk.ack("key 1/#%", accept=accept)


@pytest.mark.parametrize("user", ["ümit#1/2%", "a%23b", "ann|google-oauth2"])
def test_a_sweep_finds_the_void_proposals_of_a_user_of_any_name(
    open_desk: Open, client: DynamoDBClient, table: str, clock: Clock, user: str
) -> None:
    desk = open_desk("agent", a_draft(user=user))
    desk.save(name="Ann")
    desk.propose("k#1", name="Bob")
    desk.discard()

    swept(client, table, clock, 10)

    assert kinds(client, table) == {"draft": 1}


def test_a_sweep_out_of_time_leaves_the_proposals_to_the_next(
    desk: Desk, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.discard()
    answers = iter([True, False])

    stopped = sweep(Trash(Store(client, table)), clock.now_ms + 10 * DAY_MS, lambda: next(answers))
    left = kinds(client, table)
    rest = swept(client, table, clock, 10)

    assert (stopped.finished, left) == (False, {"draft": 1, "op": 1, "proposal": 1, "trash": 1})
    assert (rest.drafts, rest.finished) == (1, True)
    assert kinds(client, table) == {"draft": 1}


def test_a_sweep_removes_the_chunks_of_void_proposals(
    agent: AgentDesk, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    agent.save(name="Ann")
    propose_large(agent)
    agent.discard()

    swept(client, table, clock, 10)

    assert kinds(client, table) == {"draft": 1}


def test_a_sweep_leaves_the_proposals_of_the_draft_begun_anew(
    desk: Desk, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    desk.save(name="Ann")
    desk.propose("void", name="Bob")
    begin_anew(desk)
    desk.propose("k1", name="Cleo")

    swept(client, table, clock, 10)

    assert kinds(client, table) == {"draft": 2, "index": 1, "op": 1, "proposal": 1}
    assert desk.waiting() == ["k1"]
    desk.ack("k1")
    assert desk.now()["name"] == "Cleo"
    with pytest.raises(NotFound):
        desk.ack("void")


def test_a_sweep_leaves_the_chunks_of_a_proposal_that_is_to_begin_the_draft_anew(
    agent: AgentDesk, open_desk: Open, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    agent.save(name="Ann")
    agent.discard()
    propose_large(agent)

    swept(client, table, clock, 10)

    fresh = open_desk("agent", agent.draft)
    assert fresh.waiting() == ["k1"]
    decided = fresh.ack()
    assert decided.state
    assert decided.state.content == LARGE.text


def test_a_sweep_leaves_the_proposals_of_other_drafts_and_owners(
    open_desk: Open, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    gone = open_desk("agent")
    others = [
        open_desk("agent", replace(gone.draft, id=f"{gone.draft.id}0")),
        open_desk("agent", replace(gone.draft, user="bob"), user="bob"),
        open_desk("agent", replace(gone.draft, tenant="globex"), tenant="globex"),
        open_desk("persona"),
    ]
    for one in (gone, *others):
        one.save(name="Ann")
        one.propose(f"k {one.draft.tenant} {one.draft.user} {one.draft.id}", name="Bob")
    gone.discard()

    swept(client, table, clock, 10)

    assert gone.waiting() == []
    assert [len(one.waiting()) for one in others] == [1] * 4


def test_a_sweep_leaves_the_records_of_decisions_until_they_expire(
    desk: Desk, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.ack()
    desk.discard()

    swept(client, table, clock, 10)

    assert kinds(client, table) == {"draft": 1, "op": 1}
    with pytest.raises(AlreadyDecided):
        desk.ack(accept=False)
    # The entry that the answer was made of is gone.
    with pytest.raises(DraftDiscarded):
        desk.ack()


def test_a_decided_large_proposal_whose_draft_was_swept_is_answered_as_discarded(
    agent: AgentDesk, open_desk: Open, client: DynamoDBClient, table: str, clock: Clock
) -> None:
    agent.save(name="Ann")
    propose_large(agent)
    agent.ack()
    agent.discard()
    swept(client, table, clock, 10)
    fresh = open_desk("agent", agent.draft)
    assert isinstance(fresh, AgentDesk)

    with pytest.raises(DraftDiscarded):
        fresh.propose_content(LARGE, seen(1), Claim("k1", LARGE.hash))
    with pytest.raises(DraftDiscarded):
        fresh.ack()


# ------------------------------------------------------------------------------------------------------- expiry


@pytest.mark.parametrize("accept", [True, False])
def test_a_decision_is_answered_again_until_the_last_second_of_its_30_days(
    desk: Desk, clock: Clock, accept: bool
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    first = desk.ack(accept=accept)
    expires_at_s = desk.record().expires_at_s
    assert expires_at_s

    clock.set_s(expires_at_s - 1 - NOW_MS // 1000)
    again = desk.ack(accept=accept)
    clock.set_s(expires_at_s - NOW_MS // 1000)
    with pytest.raises(NotFound):
        desk.ack(accept=accept)

    assert again == as_replay(first)


def test_the_key_of_an_expired_decision_can_propose_again(
    desk: Desk, clock: Clock, client: DynamoDBClient, table: str
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    desk.ack(accept=False)
    clock.set_s(DECIDED_LIVES_S + 60)

    proposed = desk.propose(name="Bob")

    assert not proposed.replayed
    assert desk.waiting() == ["k1"]
    assert desk.record().expires_at_s is None
    assert kinds(client, table)["op"] == 1
    desk.ack()
    assert desk.now()["name"] == "Bob"


# -------------------------------------------------------------------------------------------------------- races


def test_of_8_acceptances_at_once_one_adds_an_entry_and_all_are_answered_alike(
    desk: Desk, open_desk: Open, client: DynamoDBClient, table: str
) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    kind = str(desk.draft.kind)
    desks = [open_desk(kind, desk.draft) for _ in range(8)]

    answers = at_once(8, lambda number: desks[number].ack())

    (done,) = [answer for answer in answers if not answer.replayed]
    assert [answer for answer in answers if answer.replayed] == [as_replay(done)] * 7
    assert desk.version == 2
    assert kinds(client, table) == {"draft": 2, "index": 1, "op": 1}


def test_of_acceptances_and_rejections_at_once_one_decides(desk: Desk, open_desk: Open) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    kind = str(desk.draft.kind)
    desks = [open_desk(kind, desk.draft) for _ in range(8)]

    def decide(number: int) -> Decided | AlreadyDecided:
        try:
            return desks[number].ack(accept=number % 2 == 0)
        except AlreadyDecided as decided:
            return decided

    answers = at_once(8, decide)

    done = [answer for answer in answers if isinstance(answer, Decided)]
    (verdict,) = {answer.accepted for answer in done}
    assert len(done) == 4
    assert sorted(answer.replayed for answer in done) == [False, True, True, True]
    assert {answer.accepted for answer in answers} == {verdict}
    assert desk.now()["name"] == ("Bob" if verdict else "Ann")
    assert desk.version == (2 if verdict else 1)


def test_of_a_proposal_sent_8_times_at_once_one_is_stored(open_desk: Open, client: DynamoDBClient, table: str) -> None:
    for kind in ("agent", "persona"):
        desk = open_desk(kind)
        desks = [open_desk(kind, desk.draft if kind == "agent" else None) for _ in range(8)]

        answers = at_once(8, lambda number, desks=desks: desks[number].propose(name="Ann"))  # type: ignore[misc]

        assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
        assert len({told(answer) for answer in answers}) == 1
    assert kinds(client, table) == {"op": 2, "proposal": 2}


def only(fields: Fields, name: str) -> Fields:
    return {name: fields[name]}


def test_acceptances_and_saves_of_different_fields_at_once_all_stay(persona: FormDesk, open_desk: Open) -> None:
    persona.save()
    proposed: Fields = {"name": "Ann", "description": "A text", "color": "#5ec4e7"}
    saved: Fields = {"instructions": "Be kind.", "examples": ["one", "two"], "active": True}
    for member in proposed:
        persona.propose(member, **only(proposed, member))
    desks = [open_desk("persona", persona.draft) for _ in range(6)]

    def run(number: int) -> None:
        member = [*proposed, *saved][number]
        if member in proposed:
            desks[number].ack(member)
        else:
            desks[number].save(**only(saved, member))

    at_once(6, run)

    state = persona.form_state(persona.state().content)
    assert {member: state[member] for member in (*proposed, *saved)} == proposed | saved
    assert persona.version == 7
    assert persona.waiting() == []


class Overtaken(Log):
    """A log that a rival always writes to once, just before an entry is appended."""

    rival: Callable[[], object] | None = None

    def append(self, draft: Draft, entry: Entry, content: Content | None, *rest: Any, **named: Any) -> Entry:
        rival, self.rival = self.rival, None
        if rival:
            rival()
        return super().append(draft, entry, content, *rest, **named)


def overtake(desk: Desk, rival: Callable[[], object]) -> None:
    """Let a rival be faster at the next append of this desk."""
    log = Overtaken(desk.writing.log._store, desk.writing.log._keyframes)
    log.rival = rival
    desk.writing = replace(desk.writing, log=log)


def test_an_acceptance_that_a_save_overtakes_is_merged_with_it(desk: Desk, open_desk: Open) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    rival = open_desk(str(desk.draft.kind), desk.draft)
    overtake(desk, lambda: rival.save(description="by the rival"))

    decided = desk.ack()

    assert not decided.replayed
    assert desk.now() == {"name": "Bob", "description": "by the rival"}
    assert desk.version == 3


def test_an_acceptance_that_an_overlapping_save_overtakes_is_a_conflict(desk: Desk, open_desk: Open) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    rival = open_desk(str(desk.draft.kind), desk.draft)
    overtake(desk, lambda: rival.save(name="by the rival"))

    conflict = conflict_of(desk)

    assert conflict.current_version == desk.version == 2
    assert desk.waiting() == ["k1"]


def test_an_acceptance_of_a_seen_version_that_a_save_overtakes_is_stale(desk: Desk, open_desk: Open) -> None:
    desk.save(name="Ann", description="A text")
    desk.propose(name="Bob")
    rival = open_desk(str(desk.draft.kind), desk.draft)
    overtake(desk, lambda: rival.save(description="by the rival"))

    with pytest.raises(VersionConflict):
        desk.ack(precondition=seen(1))

    assert desk.waiting() == ["k1"]


@pytest.mark.parametrize("accept", [True, False])
def test_an_acceptance_that_another_decision_overtakes_adds_no_entry(desk: Desk, open_desk: Open, accept: bool) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    rival = open_desk(str(desk.draft.kind), desk.draft)
    decisions: list[Decided] = []
    overtake(desk, lambda: decisions.append(rival.ack(accept=accept)))

    if accept:
        assert desk.ack() == as_replay(decisions[0])
    else:
        with pytest.raises(AlreadyDecided):
            desk.ack()

    assert desk.version == (2 if accept else 1)


def test_an_acceptance_that_a_discard_overtakes_is_refused(desk: Desk, open_desk: Open) -> None:
    desk.save(name="Ann")
    desk.propose(name="Bob")
    rival = open_desk(str(desk.draft.kind), desk.draft)
    overtake(desk, rival.discard)

    with pytest.raises(DraftDiscarded):
        desk.ack()

    assert desk.listed() == []


def test_a_large_acceptance_that_a_save_overtakes_leaves_no_chunks_of_its_first_try(
    agent: AgentDesk, open_desk: Open, client: DynamoDBClient, table: str
) -> None:
    agent.save(name="Ann", description="A text")
    base = json.loads(agent.state().content)
    content = canonicalise(base | {"comment": json.loads(LARGE.text)["comment"]})
    propose_large(agent, content)
    rival = open_desk("agent", agent.draft)
    overtake(agent, lambda: rival.save(description="by the rival"))

    agent.ack()

    assert kinds(client, table)["keyframe"] == 2
    assert open_desk("agent", agent.draft).now()["description"] == "by the rival"


class OvertakenLookup(Operations):
    """Operations that a rival is always faster than, just before it is asked whether a proposal waits."""

    rival: Callable[[], object]

    def has_pending(self, draft: Draft, ended_at: int) -> bool:
        self.rival()
        return super().has_pending(draft, ended_at)


def overtake_lookup(persona: FormDesk, rival: Callable[[], object]) -> None:
    """Let a rival be faster when this desk asks whether a proposal for its draft waits."""
    operations = OvertakenLookup(persona.writing.operations._store)
    operations.rival = rival
    persona.writing = replace(persona.writing, operations=operations)
    persona.forms = new_forms(Drafts(persona.writing), persona.forms.catalog)


def test_a_save_of_a_proposed_draft_that_an_acceptance_begins_first_is_added_to_it(
    persona: FormDesk, open_desk: Open
) -> None:
    persona.propose(name="Bob")
    rival = open_desk("persona", persona.draft)
    overtake_lookup(persona, rival.ack)

    saved = persona.save(description="saved beside it")

    assert (saved.outcome, persona.version) == (Outcome.SAVED, 2)
    assert persona.now() == {"name": "Bob", "description": "saved beside it"}


def test_a_proposal_for_a_proposed_draft_that_an_acceptance_begins_first_waits_for_it(
    persona: FormDesk, open_desk: Open
) -> None:
    persona.propose(name="Bob")
    rival = open_desk("persona", persona.draft)
    overtake_lookup(persona, rival.ack)

    persona.propose("k2", description="proposed beside it")

    assert persona.waiting() == ["k2"]
    rival.ack("k2")
    assert persona.now() == {"name": "Bob", "description": "proposed beside it"}


def test_a_save_of_a_proposed_draft_that_a_rejection_overtakes_finds_nothing(
    persona: FormDesk, open_desk: Open
) -> None:
    persona.propose(name="Bob")
    overtake_lookup(persona, lambda: open_desk("persona", persona.draft).ack(accept=False))

    with pytest.raises(NotFound):
        persona.save(description="saved beside it")

    assert persona.version == 0


# ----------------------------------------------------------------------------------------------------- a model


@dataclass
class _Model:
    """A draft as a list of texts, a stack, and what waits: what the log and the records must agree with."""

    version: int = 0
    branch: list[Fields] = field(default_factory=list)
    undone: list[Fields] = field(default_factory=list)
    pending: dict[str, tuple[Fields, Fields]] = field(default_factory=dict)

    @property
    def current(self) -> Fields:
        return self.branch[-1] if self.branch else {"name": None, "description": None}

    def become(self, fields: Fields) -> None:
        if self.branch and fields == self.current:
            return
        self.branch, self.undone, self.version = [*self.branch, fields], [], self.version + 1

    def undo(self) -> None:
        if len(self.branch) > 1:
            self.undone.append(self.branch.pop())
            self.version += 1

    def redo(self) -> None:
        if self.undone:
            self.branch.append(self.undone.pop())
            self.version += 1

    def merged(self, key: str) -> tuple[Fields, list[str]]:
        """What accepting makes, and the places where it overlaps."""
        base, proposed = self.pending[key]
        merged, overlaps = dict(self.current), []
        for name in ("name", "description"):
            if proposed[name] == base[name] or proposed[name] == self.current[name]:
                continue
            merged[name] = proposed[name]
            if self.current[name] != base[name]:
                overlaps.append(name)
        return merged, overlaps


@pytest.mark.parametrize("seed", range(2))
def test_random_saves_moves_proposals_and_decisions_agree_with_a_model(desk: Desk, seed: int) -> None:
    choose = random.Random(seed)
    model, numbers, done = _Model(), count(), Counter[str]()
    # Both texts are there from the beginning, so that each is a place of its own.
    desk.save(name="a", description="a")
    model.become({"name": "a", "description": "a"})

    for _ in range(40):
        step = choose.choices([_step_save, _step_move, _step_propose, _step_accept, _step_reject], [4, 3, 4, 3, 1])[0]
        done[step(desk, model, choose, numbers)] += 1
        assert desk.now() == model.current
        assert desk.version == model.version
        assert desk.waiting() == list(model.pending)

    assert {"saved", "undone", "proposed", "accepted", "overlapping"} <= {name for name, times in done.items() if times}


def _some_fields(choose: random.Random) -> Fields:
    names = choose.choice([("name",), ("description",), ("name", "description")])
    return {name: choose.choice("abc") for name in names}


def _step_save(desk: Desk, model: _Model, choose: random.Random, _: Iterator[int]) -> str:
    fields = _some_fields(choose)
    desk.save(**fields)
    model.become(model.current | fields)
    return "saved"


def _step_move(desk: Desk, model: _Model, choose: random.Random, _: Iterator[int]) -> str:
    move = choose.choice(["undo", "redo"])
    before = model.version
    getattr(model, move)()
    if model.version == before:
        with pytest.raises(DraftkeepError):
            getattr(desk.drafts, move)(desk.draft, ANN, ANY_VERSION)
        return "refused"
    getattr(desk.drafts, move)(desk.draft, ANN, ANY_VERSION)
    return f"{move}ne" if move == "undo" else "redone"


def _step_propose(desk: Desk, model: _Model, choose: random.Random, numbers: Iterator[int]) -> str:
    fields, key = _some_fields(choose), f"k{next(numbers)}"
    desk.propose(key, **fields)
    model.pending[key] = (model.current, model.current | fields)
    return "proposed"


def _step_accept(desk: Desk, model: _Model, choose: random.Random, _: Iterator[int]) -> str:
    if not model.pending:
        return "nothing pending"
    key = choose.choice(list(model.pending))
    merged, overlaps = model.merged(key)
    if overlaps:
        conflict = conflict_of(desk, key)
        assert sorted(place.name for place in conflict.places) == sorted(map(desk.place, overlaps))
        if choose.random() < 0.5:
            return "overlapping"
    decided = desk.ack(key, precondition=seen(model.version) if overlaps else NOTHING_SAID)
    before = model.version
    model.become(merged)
    assert (decided.outcome is Outcome.ACCEPTED) is (model.version > before)
    del model.pending[key]
    assert desk.ack(key) == as_replay(decided)
    return "overlapping" if overlaps else "accepted"


def _step_reject(desk: Desk, model: _Model, choose: random.Random, _: Iterator[int]) -> str:
    if not model.pending:
        return "nothing pending"
    key = choose.choice(list(model.pending))
    assert desk.ack(key, accept=False).outcome is Outcome.REJECTED
    del model.pending[key]
    return "rejected"
