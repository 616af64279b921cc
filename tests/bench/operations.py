"""What each operation costs: on a draft of each size, with an operation key, on proposals, and on forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_draft.merging import AgentTerms
from draftkeep.canonical import canonicalise
from draftkeep.catalog import Catalog, Scope
from draftkeep.model import Kind
from draftkeep.operations import Claim
from draftkeep.resources import Row
from draftkeep.service.acks import Ack, Acks
from draftkeep.service.history import History
from draftkeep.service.proposals import Proposals
from draftkeep.service.writing import owner_of
from draftkeep.store import Store
from persona_draft.contract import PERSONA
from tests.bench.figures import Figure
from tests.bench.flows import Editor
from tests.bench.meter import Meter, Usage
from tests.suites.builders import ANY_VERSION, AUTHOR, NOTHING_SAID, a_draft, seen
from tests.tables import new_drafts, new_forms, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SMALL_TARGETS = {"undo": 1.0, "redo": 1.0, "discard": 6.0, "unchanged": 0.0, "read": 0.0}
KEYED_TARGETS = {"keyed save": 4.0, "propose": 4.0, "accept": 6.0, "accept, merged": 6.0}


def plain(client: DynamoDBClient, size: str, size_bytes: int) -> list[Figure]:
    """Each operation without a key, on a draft of a size."""
    drafts, meter, draft = new_drafts(client, new_table(client)), Meter(client), a_draft()
    history, editor = History(drafts.writing), Editor(size_bytes)
    used: dict[str, Usage] = {}
    with meter.usage() as used["create"]:
        drafts.save(draft, AUTHOR, canonicalise(editor.flow), NOTHING_SAID)
    editor.edit()
    second = canonicalise(editor.flow)
    drafts.save(draft, AUTHOR, second, seen(1))
    with meter.usage() as used["unchanged"]:
        drafts.save(draft, AUTHOR, second, seen(1))
    with meter.usage() as used["undo"]:
        drafts.undo(draft, AUTHOR, seen(2))
    with meter.usage() as used["redo"]:
        drafts.redo(draft, AUTHOR, ANY_VERSION)
    with meter.usage() as used["restore"]:
        history.restore(draft, AUTHOR, 1, ANY_VERSION)
    with meter.usage() as used["pin"]:
        history.annotate(draft, 2, pinned=True, label="a label")
    with meter.usage() as used["history page"]:
        history.page(draft, 20, None)
    with meter.usage() as used["read"]:
        drafts.read(draft)
    with meter.usage() as used["discard"]:
        drafts.discard(draft, AUTHOR, ANY_VERSION)
    meter.stop()
    return _figures({f"{name} {size}": usage for name, usage in used.items()}, _by_name(SMALL_TARGETS, size))


def keyed(client: DynamoDBClient) -> list[Figure]:
    """Requests with an operation key, and proposals, on a small draft."""
    drafts, meter, draft = new_drafts(client, new_table(client)), Meter(client), a_draft()
    proposals, acks, owner = Proposals(drafts.writing), Acks(drafts.writing), owner_of(draft)
    contents = [canonicalise({"comment": text}) for text in "abcde"]
    terms = AgentTerms()
    drafts.save(draft, AUTHOR, contents[0], NOTHING_SAID)
    used: dict[str, Usage] = {}
    with meter.usage() as used["keyed save"]:
        drafts.save(draft, AUTHOR, contents[1], seen(1), Claim("save", "00"))
    with meter.usage() as used["keyed save, replayed"]:
        drafts.save(draft, AUTHOR, contents[1], seen(1), Claim("save", "00"))
    with meter.usage() as used["keyed undo"]:
        drafts.undo(draft, AUTHOR, NOTHING_SAID, Claim("undo", "00"))
    with meter.usage() as used["propose"]:
        proposals.propose(draft, AUTHOR, contents[2], ANY_VERSION, Claim("one", "00"))
    with meter.usage() as used["accept"]:
        acks.decide(owner, AUTHOR, Ack("one", accept=True), NOTHING_SAID, terms)
    proposals.propose(draft, AUTHOR, contents[3], ANY_VERSION, Claim("two", "00"))
    drafts.save(draft, AUTHOR, canonicalise({"comment": "c", "assets": []}), ANY_VERSION)
    with meter.usage() as used["accept, merged"]:
        acks.decide(owner, AUTHOR, Ack("two", accept=True), NOTHING_SAID, terms)
    proposals.propose(draft, AUTHOR, contents[4], ANY_VERSION, Claim("three", "00"))
    with meter.usage() as used["reject"]:
        acks.decide(owner, AUTHOR, Ack("three", accept=False), NOTHING_SAID, terms)
    with meter.usage() as used["keyed discard"]:
        drafts.discard(draft, AUTHOR, NOTHING_SAID, Claim("discard", "00"))
    meter.stop()
    return _figures(used, KEYED_TARGETS)


def forms(client: DynamoDBClient) -> list[Figure]:
    """A patch of one field of a form: of a text, of a value that is looked up, and of one that is new."""
    drafts, meter = new_drafts(client, new_table(client)), Meter(client)
    catalog = Catalog(Store(client, new_table(client)))
    catalog.create(Scope("acme", "ann"), Row("support", "departments", "Customer Support"))
    service = new_forms(drafts, catalog)
    draft = service.begin(Kind.PERSONA, Scope("acme", "ann"))
    created = {"name": "Mira", "description": "First line of support", "instructions": "Answer politely. " * 60}
    service.save(PERSONA.form, draft, AUTHOR, created, NOTHING_SAID, new=True)
    used: dict[str, Usage] = {}
    for name, patch in (
        ("form save, text", {"name": "Mira B."}),
        ("form save, department by name", {"departments": ["customer support"]}),
        ("form save, new color", {"color": "#123456"}),
    ):
        with meter.usage() as used[name]:
            service.save(PERSONA.form, draft, AUTHOR, patch, NOTHING_SAID, new=False)
    meter.stop()
    return _figures(used, {})


def _by_name(targets: dict[str, float], size: str) -> dict[str, float]:
    # Published for small drafts.
    return {f"{name} {size}": value for name, value in targets.items()} if size == "small" else {}


def _figures(used: dict[str, Usage], targets: dict[str, float]) -> list[Figure]:
    return [
        figure
        for name, usage in used.items()
        for figure in (
            Figure(f"{name}: write units", usage.write_units, "WCU", targets.get(name)),
            Figure(f"{name}: read units", usage.read_units, "RCU"),
            Figure(f"{name}: round trips", usage.round_trips, "sequential calls"),
        )
    ]
