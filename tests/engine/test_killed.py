"""The process killed before and after every single DynamoDB call of every keyed operation.

docs/reliability.md: no lost answer to a success, no half state, retry converges. Each operation is run undisturbed
first, so that its calls and its end are known. Then for each call and both sides of it: the same draft anew, a process
that dies there, and a fresh process that looks at what is left and is sent the same request again.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from agent_draft.merging import AgentTerms
from draftkeep.canonical import Content, canonicalise
from draftkeep.catalog import Scope
from draftkeep.errors import NotFound
from draftkeep.http.forms import FormContract, checked
from draftkeep.model import Author, Draft, Kind
from draftkeep.operations import Claim, Owner
from draftkeep.service.acks import Ack, Acks, Decided
from draftkeep.service.drafts import Drafts
from draftkeep.service.forms import Forms
from draftkeep.service.proposals import Proposals, Proposed
from draftkeep.service.states import Discarded, State, Written
from draftkeep.service.terms import Terms
from draftkeep.service.writing import owner_of
from draftkeep.store import EXPIRES_AT, new_client
from persona_draft.contract import PERSONA
from tests.catalogs import new_catalog, new_catalog_table
from tests.engine.calls import kind_of, name_of_request
from tests.evidence import keep_row
from tests.suites.builders import AUTHOR, NOTHING_SAID, a_long_content, seen
from tests.tables import new_drafts, new_forms, new_table
from tool_draft.contract import TOOL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TENANT, USER = "acme", AUTHOR.user
SCOPE = Scope(TENANT, USER)
AGENT = Draft(Kind.AGENT, TENANT, USER, "support/3", "support")
FORM_ID = "0f9a6d2e-1c1b-4f7e-9a55-3d2f8a4b6c01"
FORM = Draft(Kind.PERSONA, TENANT, USER, FORM_ID)
TOOL_FORM = Draft(Kind.TOOL, TENANT, USER, FORM_ID)
CONTRACTS = {Kind.PERSONA: PERSONA, Kind.TOOL: TOOL}

# The request that is killed, and the one whose proposal it decides.
CLAIM = Claim("the key", sha256(b"the request").hexdigest())
PROPOSED = Claim("the proposal's key", sha256(b"the proposal").hexdigest())
OTHER = Claim("another key", sha256(b"another request").hexdigest())

LARGE_BYTES = 200_000


class Killed(BaseException):
    """The process has ended. Nothing in the code may catch it."""


@dataclass(frozen=True)
class Death:
    """Where a process dies: before or after a call, of several of one name the `nth` (from 0)."""

    name: str
    nth: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.name} #{self.nth + 1}"


class Mortal:
    """Takes the place of a client's `http_session.send`: notes each call, and dies where it is told to.

    From then on nothing is sent by any thread. Calls are told apart by name, not by number: those that run side by
    side come in any order.
    """

    def __init__(self, send: Callable[[Any], Any], death: Death | None) -> None:
        self._send = send
        self._death = death
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.dead = False

    def __call__(self, request: Any) -> Any:
        name = name_of_request(request)
        with self._lock:
            if self.dead:
                raise Killed
            here = self._death is not None and (name, self.calls[name]) == (self._death.name, self._death.nth)
            self.calls[name] += 1
            if here and self._death and not self._death.after:
                self.dead = True
                raise Killed
        response = self._send(request)
        with self._lock:
            if here:
                self.dead = True
                raise Killed
        return response


@dataclass(frozen=True)
class Tables:
    """The tables of one run."""

    drafts: str
    catalog: str


@dataclass(frozen=True)
class Process:
    """The use cases of one container; nothing but the tables is shared with another one."""

    drafts: Drafts
    forms: Forms
    proposals: Proposals
    acks: Acks

    @classmethod
    def started(cls, client: DynamoDBClient, tables: Tables) -> Process:
        drafts = new_drafts(client, tables.drafts)
        forms = new_forms(drafts, new_catalog(client, tables.catalog))
        return cls(drafts, forms, forms.proposals, Acks(drafts.writing))

    def terms(self, kind: Kind) -> Terms:
        return AgentTerms() if kind is Kind.AGENT else self.forms.terms(CONTRACTS[kind].form, SCOPE)


Answer = Written | Proposed | Decided | Discarded


@dataclass(frozen=True)
class Case:
    """One operation: the draft that it is about, what comes before it, and the keyed request.

    known: whether the draft's id is known before the request; key: of the record that it leaves
    earlier: a request among those before, which is to be answered from its record at the end
    """

    kind: Kind
    before: Callable[[Process], object]
    request: Callable[[Process], Answer]
    known: bool = True
    key: str = CLAIM.key
    earlier: Callable[[Process], Answer] | None = None

    @property
    def owner(self) -> Owner:
        return Owner(self.kind, TENANT, USER)

    @property
    def draft(self) -> Draft | None:
        if not self.known:
            return None
        return AGENT if self.kind is Kind.AGENT else Draft(self.kind, TENANT, USER, FORM_ID)


# ------------------------------------------------------------------------------------------------ what can be read


@dataclass(frozen=True)
class Readable:
    """All that can be read of a case, but for what differs between two runs: times, attempts, new ids.

    log: version, operation, key, name, content and position of each entry, oldest first
    listed: version and name; pending: key, versions, places and preview of each waiting proposal
    record: outcome, version, verdict of the request's record
    """

    head: tuple[Any, ...] | None
    log: tuple[Any, ...]
    last_version: int
    listed: tuple[Any, ...]
    pending: tuple[Any, ...]
    record: tuple[Any, ...] | None


def readable(process: Process, case: Case) -> Readable:
    """Read everything, each part in its own way."""
    writing, now_ms = process.drafts.writing, time.time_ns() // 1_000_000
    group = AGENT.group if case.kind is Kind.AGENT else ""
    listing = process.drafts.list_drafts(case.kind, TENANT, USER, group, 25, None)
    assert listing.next is None
    draft = case.draft or next((listed for listed, _ in listing.drafts), None)
    assert all(listed == draft for listed, _ in listing.drafts)
    record = writing.operations.read(case.owner, case.key, now_ms)
    if record is not None and draft is None:
        draft = record.draft(case.owner)
    listed = tuple((head.version, head.name) for _, head in listing.drafts)
    if draft is None:
        return Readable(None, (), 0, listed, _pending(process, case), None)
    page = writing.log.read(draft, limit=100)
    log = tuple(
        (entry.version, entry.operation, entry.key, entry.name, entry.position, writing.log.content(draft, entry))
        for entry in reversed(page.entries)
    )
    seen_of_record = None
    if record is not None:
        assert record.draft(case.owner) == draft
        decision = record.proposal.decision if record.proposal else None
        verdict = decision and (decision.accepted, decision.fields, decision.version, decision.outcome)
        seen_of_record = (record.outcome, record.version, record.fingerprint, verdict, record.expires_at_s is None)
    head = _head(process, draft)
    return Readable(head, log, page.last_version, listed, _pending(process, case), seen_of_record)


def _head(process: Process, draft: Draft) -> tuple[Any, ...] | None:
    try:
        return _shown(process.drafts.read(draft))
    except NotFound:
        return None


def _shown(state: State) -> tuple[Any, ...]:
    history = tuple((entry.version, entry.operation, entry.snapshot.content_hash) for entry in state.history)
    return state.head.version, state.head.operation, state.head.position, state.content, history


def _pending(process: Process, case: Case) -> tuple[Any, ...]:
    inbox = process.proposals.inbox(case.owner, None, 25, None, process.terms(case.kind))
    assert inbox.next is None
    return tuple(
        (one.key, one.proposal.base_version, one.version, one.places, one.overlaps, one.preview)
        for one in inbox.waiting
    )


def told(answer: Answer) -> tuple[Any, ...]:
    """What an answer says, but for what differs between two runs."""
    if isinstance(answer, Discarded):
        return ("discarded", answer.version)
    if isinstance(answer, Proposed):
        return ("proposed", answer.record.key, answer.record.version, answer.content)
    return (answer.outcome, answer.state and _shown(answer.state))


def assert_agreeing(found: Readable, items: Counter[str]) -> None:
    """The parts tell of one state, whichever that is."""
    versions = [found.head[0]] if found.head else []
    assert [version for version, _ in found.listed] == [one[0] for one in found.log[-1:]] == versions
    discarded = found.last_version > 0 and not found.head
    # What a discard leaves of proposals is swept later.
    assert discarded or items["proposal"] == len(found.pending)
    assert not discarded or items["trash"] == 1
    assert items["index"] == len(versions)


def stored(client: DynamoDBClient, table: str) -> Counter[str]:
    """How many items of each kind a table holds. Keyframes that nothing names are left behind, and do no harm."""
    found = client.scan(TableName=table, ConsistentRead=True, ProjectionExpression="pk")
    assert "LastEvaluatedKey" not in found
    kinds = Counter(kind_of(item["pk"]["S"]) for item in found["Items"])
    del kinds["keyframe"]
    return kinds


def expiring_keyframes(client: DynamoDBClient, table: str) -> int:
    """How many chunks of keyframes will go by themselves."""
    found = client.scan(TableName=table, ConsistentRead=True, ProjectionExpression=f"pk, {EXPIRES_AT}")
    return sum(kind_of(item["pk"]["S"]) == "keyframe" and EXPIRES_AT in item for item in found["Items"])


# --------------------------------------------------------------------------------------------------- the operations


def agent(comment: str = "one", asset: str = "first") -> Content:
    return canonicalise({"comment": comment, "assets": [{"id": asset}]})


LARGE = a_long_content(LARGE_BYTES, seed=7)

Do = Callable[[Process], Answer]


def steps(*done: Do) -> Callable[[Process], None]:
    def do(process: Process) -> None:
        for step in done:
            step(process)

    return do


def save(content: Content, version: int, claim: Claim | None = None) -> Do:
    precondition = seen(version) if version else NOTHING_SAID
    return lambda process: process.drafts.save(AGENT, AUTHOR, content, precondition, claim)


def propose(content: Content, version: int, claim: Claim = CLAIM) -> Do:
    precondition = seen(version) if version else NOTHING_SAID
    return lambda process: process.proposals.propose(AGENT, AUTHOR, content, precondition, claim)


def fill(fields: dict[str, Any], claim: Claim | None = None, contract: FormContract = PERSONA) -> Do:
    """Patch the form, which is there or for which a proposal waits."""
    return lambda process: process.forms.save(
        contract.form, a_form(contract), AUTHOR, checked(contract, fields), NOTHING_SAID, claim, new=False
    )


def begin(fields: dict[str, Any], claim: Claim | None = None, contract: FormContract = PERSONA) -> Do:
    """Create the form under its known id."""
    return lambda process: process.forms.save(
        contract.form, a_form(contract), AUTHOR, checked(contract, fields), NOTHING_SAID, claim, new=True
    )


def begin_any(fields: dict[str, Any], claim: Claim) -> Do:
    """Create a persona as a client without draft_id does: each try under an id of its own."""
    return lambda process: process.forms.save(
        PERSONA.form, an_unknown(process), AUTHOR, checked(PERSONA, fields), NOTHING_SAID, claim, new=True
    )


def suggest(fields: dict[str, Any], claim: Claim = CLAIM, contract: FormContract = PERSONA, *, new: bool = False) -> Do:
    """Propose a patch of the form, or its creation under its known id."""
    return lambda process: process.forms.propose(
        contract.form, a_form(contract), AUTHOR, checked(contract, fields), NOTHING_SAID, claim, new=new
    )


def suggest_any(fields: dict[str, Any], claim: Claim) -> Do:
    """Propose the creation of a persona, each try under an id of its own."""
    return lambda process: process.forms.propose(
        PERSONA.form, an_unknown(process), AUTHOR, checked(PERSONA, fields), NOTHING_SAID, claim, new=True
    )


def a_form(contract: FormContract) -> Draft:
    return Draft(contract.kind, TENANT, USER, FORM_ID)


def an_unknown(process: Process) -> Draft:
    return process.forms.begin(Kind.PERSONA, SCOPE)


def decide(draft: Draft, *, accept: bool, fields: tuple[str, ...] | None = None) -> Do:
    ack = Ack(PROPOSED.key, accept, fields=fields)
    return lambda process: process.acks.decide(owner_of(draft), DECIDER, ack, NOTHING_SAID, process.terms(draft.kind))


def undo(draft: Draft, claim: Claim | None = CLAIM, version: int | None = None) -> Do:
    precondition = seen(version) if version else NOTHING_SAID
    return lambda process: process.drafts.undo(draft, AUTHOR, precondition, claim)


def redo(draft: Draft) -> Do:
    return lambda process: process.drafts.redo(draft, AUTHOR, NOTHING_SAID, CLAIM)


def reset(draft: Draft) -> Do:
    return lambda process: process.drafts.reset(draft, AUTHOR, NOTHING_SAID, CLAIM)


def discard(draft: Draft, claim: Claim | None = CLAIM) -> Do:
    return lambda process: process.drafts.discard(draft, AUTHOR, NOTHING_SAID, claim)


def an_agent_case(*before: Do, request: Do, key: str = CLAIM.key, earlier: Do | None = None) -> Case:
    return Case(Kind.AGENT, steps(*before), request, key=key, earlier=earlier)


def a_form_case(*before: Do, request: Do, key: str = CLAIM.key, kind: Kind = Kind.PERSONA, known: bool = True) -> Case:
    return Case(kind, steps(*before), request, known, key)


DECIDER = Author(USER)
ACCEPT, REJECT = decide(AGENT, accept=True), decide(AGENT, accept=False)
ACCEPT_FORM, REJECT_FORM = decide(FORM, accept=True), decide(FORM, accept=False)
ONE, TWO, OTHER_ASSET = agent(), agent("two"), agent(asset="second")
PROPOSE_LARGE = propose(LARGE, 1, PROPOSED)
NAMED = {"name": "Ann", "examples": ["x"]}
A, B, C = ({"name": name, "outputs": [{"name": f"{name} out"}]} for name in "abc")

CASES = {
    "agent save": an_agent_case(save(ONE, 0), request=save(TWO, 1, CLAIM)),
    "agent save of the same": an_agent_case(save(ONE, 0), request=save(ONE, 1, CLAIM)),
    "agent save, large": an_agent_case(save(ONE, 0), request=save(LARGE, 1, CLAIM)),
    "agent creation": an_agent_case(request=save(ONE, 0, CLAIM)),
    "agent creation after a discard": an_agent_case(save(ONE, 0), discard(AGENT, None), request=save(TWO, 0, CLAIM)),
    "form save with a color": a_form_case(begin(NAMED), request=fill({"color": "#123456"}, CLAIM)),
    "form creation": a_form_case(request=begin_any(NAMED | {"color": "#123456"}, CLAIM), known=False),
    "agent undo": an_agent_case(save(ONE, 0), save(TWO, 1), request=undo(AGENT)),
    "agent undo to a large content": an_agent_case(save(LARGE, 0), save(TWO, 1), request=undo(AGENT, version=2)),
    "agent redo": an_agent_case(save(ONE, 0), save(TWO, 1), undo(AGENT, OTHER), request=redo(AGENT)),
    "agent reset": an_agent_case(save(ONE, 0), save(TWO, 1), request=reset(AGENT)),
    "form undo": a_form_case(begin(NAMED), fill({"active": True}), request=undo(FORM)),
    "agent propose": an_agent_case(save(ONE, 0), request=propose(TWO, 1)),
    "agent propose, large": an_agent_case(save(ONE, 0), request=propose(LARGE, 1)),
    "agent propose a creation": an_agent_case(request=propose(ONE, 0)),
    "form propose": a_form_case(begin(NAMED), request=suggest({"color": "#123456"})),
    "form propose a creation": a_form_case(request=suggest_any(NAMED, CLAIM), known=False),
    "agent accept": an_agent_case(save(ONE, 0), propose(TWO, 1, PROPOSED), request=ACCEPT, key=PROPOSED.key),
    "agent accept, merged": an_agent_case(
        save(ONE, 0), propose(TWO, 1, PROPOSED), save(OTHER_ASSET, 1), request=ACCEPT, key=PROPOSED.key
    ),
    "agent accept of what is current": an_agent_case(
        save(ONE, 0), propose(TWO, 1, PROPOSED), save(TWO, 1), request=ACCEPT, key=PROPOSED.key
    ),
    "agent accept of some fields": an_agent_case(
        save(ONE, 0),
        propose(agent("two", "second"), 1, PROPOSED),
        request=decide(AGENT, accept=True, fields=("comment",)),
        key=PROPOSED.key,
    ),
    "agent accept, large": an_agent_case(
        save(ONE, 0), PROPOSE_LARGE, request=ACCEPT, key=PROPOSED.key, earlier=PROPOSE_LARGE
    ),
    "agent accept of a creation": an_agent_case(propose(ONE, 0, PROPOSED), request=ACCEPT, key=PROPOSED.key),
    "form accept, merged": a_form_case(
        begin(NAMED),
        suggest({"color": "#123456", "description": "proposed"}, PROPOSED),
        fill({"examples": ["x", "y"]}),
        request=ACCEPT_FORM,
        key=PROPOSED.key,
    ),
    # Each side added an argument: the merge numbers them anew, and makes rows for that.
    "form accept, merged with new rows": a_form_case(
        begin({"args_drafts": [A]}, contract=TOOL),
        suggest({"args_drafts": [A, B]}, PROPOSED, TOOL),
        fill({"args_drafts": [A, C]}, contract=TOOL),
        request=decide(TOOL_FORM, accept=True),
        key=PROPOSED.key,
        kind=Kind.TOOL,
    ),
    "form accept of a creation": a_form_case(suggest(NAMED, PROPOSED, new=True), request=ACCEPT_FORM, key=PROPOSED.key),
    "agent reject": an_agent_case(save(ONE, 0), propose(TWO, 1, PROPOSED), request=REJECT, key=PROPOSED.key),
    "agent reject, large": an_agent_case(
        save(ONE, 0), PROPOSE_LARGE, request=REJECT, key=PROPOSED.key, earlier=PROPOSE_LARGE
    ),
    "form reject of a creation": a_form_case(suggest(NAMED, PROPOSED, new=True), request=REJECT_FORM, key=PROPOSED.key),
    "agent discard": an_agent_case(save(ONE, 0), save(LARGE, 1), propose(TWO, 2, PROPOSED), request=discard(AGENT)),
    "agent discard of nothing": an_agent_case(request=discard(AGENT)),
    "form discard": a_form_case(begin(NAMED), suggest({"color": "#123456"}, PROPOSED), request=discard(FORM)),
}


# --------------------------------------------------------------------------------------------------------- the runs


@contextmanager
def fresh_tables(client: DynamoDBClient) -> Iterator[Tables]:
    tables = Tables(new_table(client), new_catalog_table(client))
    try:
        yield tables
    finally:
        client.delete_table(TableName=tables.drafts)
        client.delete_table(TableName=tables.catalog)


@contextmanager
def mortal_process(tables: Tables, death: Death | None = None) -> Iterator[tuple[Process, Mortal]]:
    """A process with a client of its own, which dies where it is told to."""
    client = new_client()
    session = client._endpoint.http_session  # type: ignore[attr-defined]
    session.send = mortal = Mortal(session.send, death)
    try:
        yield Process.started(client, tables), mortal
    finally:
        client.close()


@dataclass(frozen=True)
class Run:
    """An undisturbed run: what it called, what was there before and after it, and what it answered."""

    calls: Counter[str]
    before: Readable
    after: Readable
    stored_before: Counter[str]
    stored_after: Counter[str]
    catalog_after: Counter[str]
    told: tuple[Any, ...]

    @property
    def deaths(self) -> list[Death]:
        """Both sides of each call."""
        places = [(name, nth) for name, times in self.calls.items() for nth in range(times)]
        return [Death(name, nth, after) for name, nth in places for after in (False, True)]


def undisturbed(client: DynamoDBClient, case: Case) -> Run:
    with fresh_tables(client) as tables:
        case.before(Process.started(client, tables))
        before, stored_before = readable(Process.started(client, tables), case), stored(client, tables.drafts)
        with mortal_process(tables) as (process, mortal):
            answer = case.request(process)
        assert not answer.replayed
        after = readable(Process.started(client, tables), case)
        stored_after, catalog_after = stored(client, tables.drafts), stored(client, tables.catalog)
    assert_agreeing(before, stored_before)
    assert_agreeing(after, stored_after)
    return Run(mortal.calls, before, after, stored_before, stored_after, catalog_after, told(answer))


def run_killed(client: DynamoDBClient, case: Case, run: Run, death: Death) -> bool:
    """Kill one run, look at what is left, and send the request again, twice; whether the killed run had been done."""
    with fresh_tables(client) as tables:
        case.before(Process.started(client, tables))
        with mortal_process(tables, death) as (process, mortal):
            with pytest.raises(Killed):
                case.request(process)
            assert mortal.dead

        left, stored_left = readable(Process.started(client, tables), case), stored(client, tables.drafts)
        assert left in (run.before, run.after)
        done = left == run.after
        assert stored_left == (run.stored_after if done else run.stored_before)
        # What waits is kept for as long as it waits.
        assert done or expiring_keyframes(client, tables.drafts) == 0

        again = case.request(Process.started(client, tables))
        assert (told(again), again.replayed) == (run.told, done)
        assert readable(Process.started(client, tables), case) == run.after

        if case.earlier:
            assert case.earlier(Process.started(client, tables)).replayed
        third = case.request(Process.started(client, tables))
        assert third == replace(again, replayed=True)
        assert readable(Process.started(client, tables), case) == run.after
        assert stored(client, tables.drafts) == run.stored_after
        assert stored(client, tables.catalog) == run.catalog_after
    return done


@pytest.mark.parametrize("name", CASES)
def test_killed_at_any_call_it_is_done_or_not_and_the_retry_converges(client: DynamoDBClient, name: str) -> None:
    case = CASES[name]
    run = undisturbed(client, case)
    assert run.before != run.after

    done: dict[Death, bool] = {}
    for death in run.deaths:
        try:
            done[death] = run_killed(client, case, run, death)
        except BaseException as error:
            error.add_note(f"{name}, killed {death}")
            raise

    assert len(done) == 2 * run.calls.total() > 0
    # The last of all calls that write is behind it or not.
    assert set(done.values()) == {False, True}
    calls = ", ".join(f"{call} x {times}" if times > 1 else call for call, times in run.calls.items())
    print(f"\n{name}: {calls}")
    cells = {"not done yet": len(done) - sum(done.values()), "done already": sum(done.values())}
    keep_row("killed", name, cells, rows=CASES, unit="kill points", result="done or not, and the retry converges")
