"""Prints the figures and writes them to bench.json: name, value, unit, target. Needs DynamoDB Local (java, npm)."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from statistics import mean
from typing import TYPE_CHECKING

from agent_draft.merging import AgentTerms
from draftkeep.canonical import canonicalise
from draftkeep.catalog import Catalog, Scope
from draftkeep.model import Kind
from draftkeep.operations import Claim
from draftkeep.resources import Row
from draftkeep.service.acks import Ack, Acks
from draftkeep.service.proposals import Proposals
from draftkeep.service.writing import owner_of
from draftkeep.store import Store, new_client
from local.engine import isolate
from persona_draft.contract import PERSONA
from tests.bench.flows import Editor
from tests.bench.meter import Meter, Usage
from tests.engine.dynamodb_local import dynamodb_local
from tests.suites.builders import ANY_VERSION, AUTHOR, NOTHING_SAID, a_draft, seen
from tests.tables import ROOT, new_drafts, new_forms, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EDITS = 400
SIZES = {"1.6 KB": 1_600, "27 KB": 27_000, "114 KB": 114_000, "419 KB": 419_000, "1 MB": 1_000_000}
WRITE_TARGETS = {"114 KB": 2.0, "419 KB": 3.2, "1 MB": 5.2}
READ_TARGETS = {"114 KB": 5.0, "419 KB": 8.0, "1 MB": 13.0}


@dataclass(frozen=True)
class Figure:
    """One measured figure; `target` is None where none is published."""

    name: str
    value: float
    unit: str
    target: float | None = None


def saves(client: DynamoDBClient, size: str) -> list[Figure]:
    """The average autosave of one edited step, over 400 in a row."""
    drafts, meter, draft = new_drafts(client, new_table(client)), Meter(client), a_draft()
    editor = Editor(SIZES[size])
    drafts.save(draft, AUTHOR, canonicalise(editor.flow), NOTHING_SAID)
    usages: list[Usage] = []
    for version in range(1, EDITS + 1):
        editor.edit()
        content = canonicalise(editor.flow)
        with meter.usage() as usage:
            drafts.save(draft, AUTHOR, content, seen(version))
        usages.append(usage)
    plain = [usage for usage in usages if not any(call[0] == "BatchWriteItem" for call in usage.calls)]
    return [
        Figure(f"save {size}: write units", mean(u.write_units for u in usages), "WCU", WRITE_TARGETS.get(size)),
        Figure(f"save {size}: read units", mean(u.read_units for u in usages), "RCU", READ_TARGETS.get(size)),
        Figure(f"save {size}: round trips", max(u.round_trips for u in plain), "sequential calls", 2),
        Figure(f"save {size}: keyframes cut", len(usages) - len(plain), f"of {EDITS} saves"),
    ]


def operations(client: DynamoDBClient) -> list[Figure]:
    """Each other operation on a small draft."""
    drafts, meter, draft = new_drafts(client, new_table(client)), Meter(client), a_draft()
    first, second = canonicalise({"comment": "a"}), canonicalise({"comment": "b"})
    with meter.usage() as creation:
        drafts.save(draft, AUTHOR, first, NOTHING_SAID)
    drafts.save(draft, AUTHOR, second, seen(1))
    with meter.usage() as unchanged:
        drafts.save(draft, AUTHOR, second, seen(1))
    with meter.usage() as undo:
        drafts.undo(draft, AUTHOR, seen(2))
    with meter.usage() as redo:
        drafts.redo(draft, AUTHOR, ANY_VERSION)
    with meter.usage() as read:
        drafts.read(draft)
    with meter.usage() as discard:
        drafts.discard(draft, AUTHOR, ANY_VERSION)
    targets = {"undo": 1.0, "redo": 1.0, "discard": 6.0, "unchanged": 0.0, "read": 0.0}
    used = {"create": creation, "unchanged": unchanged, "undo": undo, "redo": redo, "read": read, "discard": discard}
    return [
        figure
        for name, usage in used.items()
        for figure in (
            Figure(f"{name}: write units", usage.write_units, "WCU", targets.get(name)),
            Figure(f"{name}: round trips", usage.round_trips, "sequential calls"),
        )
    ]


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
    targets = {"keyed save": 4.0, "propose": 4.0, "accept": 6.0, "accept, merged": 6.0}
    return [
        figure
        for name, usage in used.items()
        for figure in (
            Figure(f"{name}: write units", usage.write_units, "WCU", targets.get(name)),
            Figure(f"{name}: read units", usage.read_units, "RCU"),
            Figure(f"{name}: round trips", usage.round_trips, "sequential calls"),
        )
    ]


def forms(client: DynamoDBClient) -> list[Figure]:
    """A patch of one field of a form: of a text, of a value that is looked up, and of one that is new."""
    drafts, meter = new_drafts(client, new_table(client)), Meter(client)
    catalog = Catalog(Store(client, new_table(client)))
    catalog.create(Scope("acme", "ann"), Row("support", "departments", "Customer Support"))
    service = new_forms(drafts, catalog)
    draft = service.begin(Kind.PERSONA, Scope("acme", "ann"))
    created = {"name": "Mira", "description": "First line of support", "instructions": "Answer politely. " * 60}
    service.save(PERSONA.form, draft, AUTHOR, created, NOTHING_SAID, new=True)
    figures = []
    for name, patch in (
        ("text", {"name": "Mira B."}),
        ("department by name", {"departments": ["customer support"]}),
        ("new color", {"color": "#123456"}),
    ):
        with meter.usage() as usage:
            service.save(PERSONA.form, draft, AUTHOR, patch, NOTHING_SAID, new=False)
        asked = "+".join(call[0] for call in sorted(usage.calls, key=lambda call: call[1]))
        figures += [
            Figure(f"form save, {name}: write units", usage.write_units, "WCU"),
            Figure(f"form save, {name}: round trips", usage.round_trips, f"sequential calls ({asked})"),
        ]
    return figures


def main() -> None:
    """Measure everything against one DynamoDB Local."""
    with dynamodb_local() as url:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
        isolate(os.environ)
        client = new_client()
        figures = operations(client) + keyed(client) + forms(client)
        for size in SIZES:
            figures += saves(client, size)
    width = max(len(figure.name) for figure in figures)
    print(f"{'figure':{width}}  {'value':>8}  {'target':>6}  unit")
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target:g}"
        print(f"{figure.name:{width}}  {figure.value:8.2f}  {target:>6}  {figure.unit}")
    (ROOT / "bench.json").write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")


if __name__ == "__main__":
    main()
