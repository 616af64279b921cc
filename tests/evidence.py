"""What each proof of docs/reliability.md did when it last ran: one small file a proof, which that page is made from.

A proof is a test with a budget. `make test` and `make test-engine` run it with a small one, `PROOF=full` with the one
that the page quotes; only those runs are kept.
"""

from __future__ import annotations

import json
import os
import time
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
