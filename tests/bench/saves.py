"""What 400 edits of one draft cost, by its size: this design, and beside it the conventional one on the same edits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from draftkeep import zstd
from draftkeep.canonical import canonicalise
from draftkeep.items import item_bytes, write_units
from tests.bench.figures import Figure
from tests.bench.flows import Editor
from tests.bench.meter import Meter, Usage
from tests.suites.builders import AUTHOR, NOTHING_SAID, a_draft, seen
from tests.tables import new_drafts, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EDITS = 400
WRITE_TARGETS = {"114 KB": 2.0, "419 KB": 3.2, "1 MB": 5.2}
READ_TARGETS = {"114 KB": 5.0, "419 KB": 8.0, "1 MB": 13.0}
ITEM_LIMIT = 400 * 1024


def saves(client: DynamoDBClient, size: str, size_bytes: int, edits: int = EDITS) -> list[Figure]:
    """The average autosave of one edited step, over many in a row."""
    drafts, meter, draft = new_drafts(client, new_table(client)), Meter(client), a_draft()
    usages: list[Usage] = []
    times: list[float] = []
    for version, content in enumerate(_contents(size_bytes, edits)):
        start = time.perf_counter()
        with meter.usage() as usage:
            drafts.save(draft, AUTHOR, canonicalise(content), seen(version) if version else NOTHING_SAID)
        times.append((time.perf_counter() - start) * 1000)
        usages.append(usage)
    meter.stop()
    usages, times = usages[1:], times[1:]
    plain = [usage for usage in usages if not any(call[0] == "BatchWriteItem" for call in usage.calls)]
    kept = mean(usage.written_bytes for usage in usages)
    # DynamoDB Local's own count of single operations, beside the one by rule.
    reported = {name: sum(usage.reported.get(name, 0) for usage in plain) for name in ("PutItem", "Query")}
    counted = {"PutItem": sum(u.write_units for u in plain), "Query": sum(u.read_units for u in plain)}
    return [
        Figure(f"save {size}: write units", mean(u.write_units for u in usages), "WCU", WRITE_TARGETS.get(size)),
        Figure(f"save {size}: read units", mean(u.read_units for u in usages), "RCU", READ_TARGETS.get(size)),
        Figure(f"save {size}: round trips", max(u.round_trips for u in plain), "sequential calls", 2),
        Figure(f"save {size}: keyframes cut", len(usages) - len(plain), f"of {edits} saves"),
        Figure(f"save {size}: bytes stored", kept, "bytes a save"),
        Figure(f"save {size}: time", median(times), "ms"),
        *(
            Figure(
                f"save {size}: {name} units, DynamoDB Local's count against ours", reported[name] / counted[name], "x"
            )
            for name in reported
        ),
    ]


def conventional(client: DynamoDBClient, size: str, size_bytes: int, edits: int = EDITS) -> list[Figure]:
    """The same edits with full copies: the head and a history item, both whole, in one transaction."""
    figures = []
    for form in ("plain", "zstd"):
        table = new_table(client)
        units: list[float] = []
        times: list[float] = []
        kept = 0
        for version, content in enumerate(_contents(size_bytes, edits)):
            start = time.perf_counter()
            text = canonicalise(content).text
            body = text if form == "plain" else zstd.compress(text)
            items = [_copy("HEAD", version, body), _copy(f"V#{version:012d}", version, body)]
            if max(map(item_bytes, items)) > ITEM_LIMIT:
                break
            actions: Any = [{"Put": {"TableName": table, "Item": item}} for item in items]
            # A head that is not the version before would refuse it.
            actions[0]["Put"] |= {
                "ConditionExpression": "attribute_not_exists(pk) OR v = :seen",
                "ExpressionAttributeValues": {":seen": {"N": str(version - 1)}},
            }
            client.transact_write_items(TransactItems=actions)
            times.append((time.perf_counter() - start) * 1000)
            units.append(sum(2 * write_units(item_bytes(item)) for item in items))
            kept += item_bytes(items[1])
        if len(units) <= edits:
            print(f"full copies, {form}, {size}: over the item limit of DynamoDB (400 KB)")
            continue
        figures += [
            Figure(f"full copies, {form}, {size}: write units", mean(units[1:]), "WCU"),
            Figure(f"full copies, {form}, {size}: bytes stored", kept / len(units), "bytes a save"),
            Figure(f"full copies, {form}, {size}: time", median(times[1:]), "ms"),
        ]
    return figures


def _contents(size_bytes: int, edits: int) -> Iterator[Any]:
    """A flow, and the same flow after each of many edits."""
    editor = Editor(size_bytes)
    yield editor.flow
    for _ in range(edits):
        editor.edit()
        yield editor.flow


def _copy(place: str, version: int, body: bytes) -> dict[str, Any]:
    return {"pk": {"S": "draft"}, "sk": {"S": place}, "v": {"N": str(version)}, "body": {"B": body}}
