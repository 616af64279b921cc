"""Figures: what is measured, beside what is promised, printed as a table and written as JSON."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

SIZES = {
    "1.6 KB": 1_600,
    "27 KB": 27_000,
    "114 KB": 114_000,
    "419 KB": 419_000,
    "1 MB": 1_000_000,
    "4 MB": 4_000_000,
}


@dataclass(frozen=True)
class Figure:
    """One measured figure; `target` is None where none is published. A target is a most, never a least."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def is_missed(self) -> bool:
        return self.target is not None and round(self.value, 2) > self.target


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print figures under a title."""
    listed = list(figures)
    width = max(len(figure.name) for figure in listed)
    print(f"\n{title}\n{'figure':{width}}  {'value':>12}  {'target':>8}  unit", flush=True)
    for figure in listed:
        target = "" if figure.target is None else f"{figure.target:g}"
        missed = "  MISSED" if figure.is_missed else ""
        print(f"{figure.name:{width}}  {figure.value:12.2f}  {target:>8}  {figure.unit}{missed}", flush=True)


@dataclass(frozen=True)
class Run:
    """One run of the benchmark: when, of which commit (None: of no known one), and all that it measured."""

    day: str
    commit: str | None
    figures: list[Figure]

    @property
    def with_target(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.target is not None]

    @property
    def missed(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.is_missed]


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def current_commit() -> str | None:
    """The commit that is checked out; with changes that are not committed it is `…, changed`."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--exclude=*", "--dirty=, changed"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()


def store(path: Path, run: Run) -> None:
    """Write a run as {day, commit, figures: [{name, value, unit, target}]}."""
    path.write_text(json.dumps(asdict(run), indent=2) + "\n")


def load(path: Path) -> Run:
    """Read what `store` has written."""
    told = json.loads(path.read_text())
    return Run(told["day"], told["commit"], [Figure(**one) for one in told["figures"]])


def verdict(run: Run) -> str:
    """What is to be seen at the end: which targets are missed, or that none is."""
    line = "=" * 66
    if not run.missed:
        return f"All {len(run.with_target)} targets are met."
    listed = [f"  {one.name}: {one.value:.2f} {one.unit}, target {one.target:g}" for one in run.missed]
    return "\n".join([line, f"TARGETS MISSED: {len(run.missed)} of {len(run.with_target)}", *listed, line])
