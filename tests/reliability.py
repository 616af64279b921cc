"""Writes docs/reliability.md: every promise, the proof of it, and what that did when it last ran in full.

make proof            runs all proofs in full, then this
make reliability      this alone, from what is kept of the last runs
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.evidence import FOLDER, table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"


@dataclass(frozen=True)
class Promise:
    """What is promised, and the proofs of it by their names in the kept evidence.

    test: where they are; target: what runs them in full
    """

    promise: str
    proofs: tuple[str, ...]
    test: str
    target: str


_RACES, _KEYED = "tests/engine/test_races.py", "tests/engine/test_keyed_races.py"
PROMISES = (
    Promise(
        "Of writers that saw the same version exactly one saves; the others are told who won, with what.",
        ("races-save", "races-create"),
        _RACES,
        "proof-races",
    ),
    Promise(
        "Undo and redo are steps of one history: each is done once, whoever asks at the same time.",
        ("races-undo", "races-redo"),
        _RACES,
        "proof-races",
    ),
    Promise(
        "A request with an operation key is done once, and all its copies get the one answer.",
        ("races-keyed-save", "duplicates"),
        f"{_RACES} {_KEYED}",
        "proof-races",
    ),
    Promise(
        "A proposal is decided once, the same for everybody.",
        ("races-ack", "verdicts"),
        f"{_RACES} {_KEYED}",
        "proof-races",
    ),
    Promise(
        "Patches of different fields of a form that come at the same time are all accepted, and all kept.",
        ("races-patches",),
        "tests/engine/test_form_races.py",
        "proof-races",
    ),
    Promise(
        "A draft that is discarded is gone, and one begun since is another, with versions of its own.",
        ("races-discard",),
        _RACES,
        "proof-races",
    ),
    Promise(
        "A process that dies at any moment leaves a request done or not done, never half; sent again it ends the same.",
        ("killed",),
        "tests/engine/test_killed.py",
        "proof-faults",
    ),
    Promise(
        "Whatever goes wrong with any call of DynamoDB, the answer is a success or a 503 to repeat, and repeating ends "
        "as if nothing had gone wrong.",
        ("faults",),
        "tests/engine/test_fault_matrix.py",
        "proof-faults",
    ),
    Promise(
        "After a restore from a backup no version is given out again, and what was there goes on.",
        ("restores",),
        "tests/engine/test_recovery.py",
        "proof-faults",
    ),
    Promise(
        "Every content of the history stays as it was saved, byte for byte, and is found by the time it was current.",
        ("history", "history-deep"),
        "tests/engine/test_history.py",
        "proof-model",
    ),
    Promise(
        "The API does what a small model of it does, over all five kinds, for several users at once.",
        ("state-machine",),
        "tests/e2e/test_state_machine.py",
        "proof-model",
    ),
    Promise(
        "Nobody reads, changes, lists, decides or detects what is another user's or tenant's.",
        ("isolation",),
        "tests/e2e/test_isolation.py",
        "proof-hostile",
    ),
    Promise(
        "No input makes the service fail, leak or store something that it refused.",
        ("hostile",),
        "tests/e2e/test_hostile.py",
        "proof-hostile",
    ),
    Promise(
        "Every answer is one that the OpenAPI document names for its route: status, headers, body.",
        ("schema", "schema-chains"),
        "tests/hostile/test_schema.py",
        "proof-hostile",
    ),
    Promise(
        "No edit is lost under load: 50 editors on one process, with conflicts, lost answers and repetitions.",
        ("load",),
        "tests/load",
        "proof-load",
    ),
)

_HEAD = """# Reliability

What Draftkeep promises, the proof of each promise, and what that proof did when it last ran in full. `make proof` runs
all of them and writes this page; each target runs its own. `make test`, `make test-engine` and `make test-hostile` run
the same proofs with small budgets on every change.

The races run against four server processes that share nothing but one DynamoDB Local. They are judged by a history
checker (`tests/checker.py`) that sees the recorded calls and answers only, never the database: each accepted operation
appears once, no version is given twice, every read shows a version that was current at some moment of the call, and the
last content is that of the last accepted operation.

DynamoDB Local never collides two transactions and never throttles: those errors are injected below the SDK, so that its
own retries are real.
"""


def main() -> int:
    """Write the page; where a proof has no kept run, leave it as it is, and end with the status 1."""
    missing = [proof for promise in PROMISES for proof in promise.proofs if not (FOLDER / f"{proof}.json").exists()]
    if missing:
        print(f"The page is left as it is. No full run is kept of: {', '.join(missing)}", file=sys.stderr)
        return 1
    rows = [_row(promise, proof) for promise in PROMISES for proof in promise.proofs]
    lines = ["| promise | proof | did | result | on | again by |", "|---|---|---|---|---|---|", *rows]
    PAGE.write_text("\n".join([_HEAD, "## Promises", "", *lines, "", *_faults(), *_deaths()]) + "\n")
    return 0


def _row(promise: Promise, proof: str) -> str:
    words = promise.promise if proof == promise.proofs[0] else "the same"
    tests = " ".join(f"`{test}`" for test in promise.test.split())
    told: dict[str, Any] = json.loads((FOLDER / f"{proof}.json").read_text())
    did = f"{told['count']:,} {told['unit']}"
    return f"| {words} | {proof}: {tests} | {did} | {told['result']} | {told['day']} | `make {promise.target}` |"


def _faults() -> list[str]:
    """How many faults of each kind were injected, by the kind of thing that was asked for."""
    rows = table("faults")
    if not rows:
        return []
    families: dict[str, dict[str, int]] = {}
    for name, cells in rows.items():
        sums = families.setdefault(name.split(":", 1)[0], {})
        for fault, count in cells.items():
            sums[fault] = sums.get(fault, 0) + count
    kinds = list(dict.fromkeys(fault for cells in families.values() for fault in cells))
    return [
        "## Faults by call",
        "",
        "Each request of every route, with and without an operation key, is run once to learn its DynamoDB calls. Then",
        "every fault is injected at every one of them, the answer is judged, what can be read then is judged, and the",
        "request is sent again.",
        "",
        f"| requests of | {' | '.join(kinds)} | all |",
        f"|---|{'---:|' * (len(kinds) + 1)}",
        *(
            f"| {family} | {' | '.join(f'{cells.get(kind, 0):,}' for kind in kinds)} | {sum(cells.values()):,} |"
            for family, cells in sorted(families.items())
        ),
        "",
    ]


def _deaths() -> list[str]:
    """At how many places each operation was killed."""
    rows = table("killed")
    if not rows:
        return []
    return [
        "## Killed at every call",
        "",
        "Before and after every single DynamoDB call of each operation the process dies; a fresh one looks at what is",
        "left, and is sent the request again.",
        "",
        "| operation | killed, not done yet | killed, done already |",
        "|---|---:|---:|",
        *(f"| {name} | {cells['not done yet']} | {cells['done already']} |" for name, cells in sorted(rows.items())),
        "",
    ]


if __name__ == "__main__":
    sys.exit(main())
