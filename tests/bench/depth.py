"""Whether a save costs more the longer the history is."""

from __future__ import annotations

import time
from statistics import mean, median
from typing import TYPE_CHECKING

from draftkeep.canonical import canonicalise
from tests.bench.figures import Figure
from tests.bench.flows import Editor
from tests.bench.meter import Meter, Usage
from tests.suites.builders import ANY_VERSION, AUTHOR, NOTHING_SAID, a_draft
from tests.tables import new_drafts, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEPTHS = (10, 500, 5_000)
# Of as many saves each figure is the average: a keyframe now and then belongs to it.
AROUND = 200


def depth(client: DynamoDBClient) -> list[Figure]:
    """The cost of a save of a draft of 27 KB after so many entries, and against the first one."""
    drafts, meter, draft, editor = new_drafts(client, new_table(client)), Meter(client), a_draft(), Editor(27_000)
    drafts.save(draft, AUTHOR, canonicalise(editor.flow), NOTHING_SAID)
    usages: list[Usage] = []
    times: list[float] = []
    for _ in range(1, max(DEPTHS) + AROUND):
        # 5,000 edits that add a word each would double the flow.
        editor.edit(steady=True)
        content = canonicalise(editor.flow)
        start = time.perf_counter()
        with meter.usage() as usage:
            drafts.save(draft, AUTHOR, content, ANY_VERSION)
        times.append((time.perf_counter() - start) * 1000)
        usages.append(usage)
    meter.stop()
    figures = []
    first: dict[str, float] = {}
    for entries in DEPTHS:
        window = slice(entries - 1, entries - 1 + AROUND)
        measured = {
            "write units": (mean(usage.write_units for usage in usages[window]), "WCU"),
            "read units": (mean(usage.read_units for usage in usages[window]), "RCU"),
            "time": (median(times[window]), "ms"),
        }
        for name, (value, unit) in measured.items():
            figures.append(Figure(f"save at {entries} entries: {name}", value, unit))
            first.setdefault(name, value)
            if entries == max(DEPTHS):
                # Read units grow at first: the newest 20 entries come with the head, and there are not 20 yet.
                target = 1.1 if name != "time" else None
                title = f"save at {entries} entries against {DEPTHS[0]}: {name}"
                figures.append(Figure(title, value / first[name], "x", target))
    return figures
