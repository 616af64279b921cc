"""Figures: what is measured, beside what is promised, printed as a table and written as JSON."""

from __future__ import annotations

import json
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


def store(path: Path, figures: Iterable[Figure]) -> None:
    """Write figures as a list of {name, value, unit, target}."""
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
