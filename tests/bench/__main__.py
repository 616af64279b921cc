"""Prints the figures, writes bench.json, and fills docs/performance.md. Needs DynamoDB Local (java, npm).

python -m tests.bench --page        fills the page from bench.json, measures nothing
"""

from __future__ import annotations

import os
import sys

from draftkeep.store import new_client
from local.engine import isolate
from tests.bench import operations
from tests.bench.cold import cold_starts
from tests.bench.depth import depth
from tests.bench.figures import SIZES, Figure, Run, current_commit, load, show, store, today, verdict
from tests.bench.handler import handler_cpu
from tests.bench.kinto import kinto
from tests.bench.plot import draw
from tests.bench.report import write_page
from tests.bench.saves import EDITS, conventional, saves
from tests.engine.dynamodb_local import dynamodb_local
from tests.tables import ROOT

KEPT = ROOT / "bench.json"
# On-demand prices of us-east-1 in dollars: a million write units, a million read units, a GB a month.
WRITES, READS, STORAGE = 0.625, 0.125, 0.25


def bills(figures: list[Figure]) -> list[Figure]:
    """What many saves of one draft cost, and what keeping every one of them costs a month."""
    values = {figure.name: figure.value for figure in figures}
    listed = []
    for size in SIZES:
        a_save = values[f"save {size}: write units"] * WRITES + values[f"save {size}: read units"] * READS
        stored = values[f"save {size}: bytes stored"]
        for saves_, name in ((10_000, "10,000"), (1_000_000, "1,000,000")):
            listed += [
                Figure(f"{name} saves of {size}: requests", a_save * saves_ / 1e6, "dollars"),
                Figure(f"{name} saves of {size}: kept", stored * saves_ / 1e6, "MB"),
                Figure(f"{name} saves of {size}: keeping them", stored * saves_ / 1e9 * STORAGE, "dollars a month"),
            ]
    return listed


def measure() -> list[Figure]:
    """Measure everything against one DynamoDB Local."""
    figures: list[Figure] = []

    def measured(title: str, found: list[Figure]) -> None:
        show(title, found)
        figures.extend(found)

    with dynamodb_local() as url:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
        isolate(os.environ)
        client = new_client()
        measured("Cold starts (whole processes)", cold_starts())
        measured("CPU of the handler", handler_cpu(client))
        measured("Operation keys and proposals, small draft", operations.keyed(client))
        measured("Forms", operations.forms(client))
        for size, size_bytes in {"small": 300, **SIZES}.items():
            measured(f"Each operation, {size}", operations.plain(client, size, size_bytes))
        for size, size_bytes in SIZES.items():
            measured(f"{EDITS} saves in a row, {size}", saves(client, size, size_bytes))
            if compared := conventional(client, size, size_bytes):
                measured(f"The same edits with full copies, {size}", compared)
        measured("By depth of the history", depth(client))
        measured("Over HTTP, beside Kinto", kinto(url))
    measured("What it costs, us-east-1, on demand", bills(figures))
    return figures


def write(run: Run) -> None:
    """Put a run into docs/: the page's tables and the plot."""
    draw(ROOT / "docs" / "performance.svg", run.figures)
    write_page(ROOT / "docs" / "performance.md", run)


def main(arguments: list[str]) -> None:
    if arguments == ["--page"]:
        run = load(KEPT)
    else:
        run = Run(today(), current_commit(), measure())
        store(KEPT, run)
    write(run)
    print(f"\n{len(run.figures)} figures in bench.json\n{verdict(run)}")


if __name__ == "__main__":
    main(sys.argv[1:])
