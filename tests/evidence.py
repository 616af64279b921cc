"""What each proof of docs/reliability.md did when it last ran: one small file a proof, which that page is made from.

A proof is a test with a budget. `make test` and `make test-engine` run it with a small one, `PROOF=full` with the one
that the page quotes; only those runs are kept.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "evidence"
IS_FULL = os.environ.get("PROOF") == "full"


def budget(small: _T, full: _T) -> _T:
    """How much a proof does: rounds, seconds, examples."""
    return full if IS_FULL else small


def keep(proof: str, *, count: int, unit: str, result: str) -> None:
    """Keep what a proof did, once it has held; with a small budget, print it only.

    proof: its name, unique among all, as the page's table has it
    count, unit: how much it did, for instance 12,800 "saves"
    result: what came out, in a few words
    """
    print(f"\n{proof}: {count:,} {unit}: {result}")
    if not IS_FULL:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    told = {"proof": proof, "count": count, "unit": unit, "result": result, "day": day}
    (FOLDER / f"{proof}.json").write_text(json.dumps(told, ensure_ascii=False) + "\n")


def keep_row(proof: str, row: str, cells: Mapping[str, int], *, rows: Collection[str], unit: str, result: str) -> None:
    """Keep one row of a proof that is a table, and with it what the whole table comes to.

    proof, unit, result: as in `keep`; row: its name; cells: how much was done of each column
    rows: the names of all rows; others, of earlier runs, go. Rows come in any order, from several processes.
    """
    print(f"\n{proof}, {row}: {sum(cells.values()):,} {unit}: {', '.join(f'{name} {n}' for name, n in cells.items())}")
    if not IS_FULL:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{proof}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = {name: counts for name, counts in table(proof).items() if name in rows} | {row: dict(cells)}
        (FOLDER / f"{proof}.table").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
        keep(proof, count=sum(sum(counts.values()) for counts in kept.values()), unit=unit, result=result)


def table(proof: str) -> dict[str, dict[str, int]]:
    """The rows of a proof that is a table: `{row: {column: how much was done}}`; empty before its first run."""
    path = FOLDER / f"{proof}.table"
    found: dict[str, dict[str, int]] = json.loads(path.read_text()) if path.exists() else {}
    return found
