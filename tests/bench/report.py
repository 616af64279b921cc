"""Fills the tables of docs/performance.md with what was measured: the text between two marks of a table's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.depth import DEPTHS
from tests.bench.figures import SIZES, Figure

Rows = list[list[str]]


def write_tables(path: Path, figures: Sequence[Figure]) -> None:
    """Put the figures into the page; every table of the page must be one of these."""
    values = {figure.name: figure.value for figure in figures}
    text = path.read_text()
    for name in re.findall(r"<!-- (\w+) -->", text):
        table = _markdown(TABLES[name](values))
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{table}\g<2>", text, flags=re.DOTALL)
    path.write_text(text)


def _saves(values: dict[str, float]) -> Rows:
    rows = [
        [
            "content",
            "write units",
            "read units",
            "keyframes in 400",
            "stored, bytes a save",
            "full copies, zstd / plain, write units",
        ]
    ]
    for size in SIZES:
        copies = [_short(values.get(f"full copies, {form}, {size}: write units")) for form in ("zstd", "plain")]
        rows.append(
            [
                size,
                f"{values[f'save {size}: write units']:.2f}",
                f"{values[f'save {size}: read units']:.2f}",
                f"{values[f'save {size}: keyframes cut']:.0f}",
                f"{values[f'save {size}: bytes stored']:,.0f}",
                " / ".join(copies),
            ]
        )
    return rows


def _operations(values: dict[str, float]) -> Rows:
    names = ("create", "unchanged", "undo", "redo", "restore", "pin", "history page", "read", "discard")
    rows = [["operation: write / read units, round trips", *SIZES]]
    for name in names:
        cells = [
            f"{values[f'{name} {size}: write units']:.0f} / {values[f'{name} {size}: read units']:.0f}, "
            f"{values[f'{name} {size}: round trips']:.0f}"
            for size in SIZES
        ]
        rows.append([name, *cells])
    return rows


def _keyed(values: dict[str, float]) -> Rows:
    names = [name.removesuffix(": round trips") for name in values if name.endswith(": round trips")]
    wanted = [name for name in names if name.startswith(("keyed", "propose", "accept", "reject", "form save"))]
    rows = [["operation", "write units", "read units", "round trips"]]
    cells = ("write units", "read units", "round trips")
    return rows + [[name, *(f"{values[f'{name}: {cell}']:.0f}" for cell in cells)] for name in wanted]


def _depth(values: dict[str, float]) -> Rows:
    rows = [["entries", "write units", "read units", "time, ms"]]
    cells = ("write units", "read units", "time")
    return rows + [
        [f"{depth:,}", *(f"{values[f'save at {depth} entries: {cell}']:.2f}" for cell in cells)] for depth in DEPTHS
    ]


def _start(values: dict[str, float]) -> Rows:
    names = ("python alone", "boto3 client", "usual stack", "agent function", "persona function")
    usual = values["cold start: usual stack"]
    rows = [["import and initialisation", "ms", "against the usual stack"]]
    rows += [
        [name, f"{values[f'cold start: {name}']:.0f}", f"{values[f'cold start: {name}'] / usual:.2f}"] for name in names
    ]
    return rows


def _cpu(values: dict[str, float]) -> Rows:
    prefix = "handler CPU, 114 KB: "
    named = [name for name in values if name.startswith(prefix)]
    return [["CPU of a warm save of 114 KB", "ms (the last one: times)"]] + [
        [name.removeprefix(prefix), f"{values[name]:.2f}"] for name in named
    ]


def _kinto(values: dict[str, float]) -> Rows:
    sizes = [size for size in SIZES if f"over HTTP, {size}: a save" in values]
    rows = [
        ["content", "a save, ms", "a save in Kinto, ms", "Kinto's memory, bytes a save", "stored here, bytes a save"]
    ]
    memory = "memory that Kinto's history takes"
    return rows + [
        [
            size,
            f"{values[f'over HTTP, {size}: a save']:.1f}",
            f"{values[f'over HTTP, {size}: a save in Kinto']:.1f}",
            f"{values[f'over HTTP, {size}: {memory}']:,.0f}",
            f"{values[f'save {size}: bytes stored']:,.0f}",
        ]
        for size in sizes
    ]


def _bills(values: dict[str, float]) -> Rows:
    rows = [["content", "10,000 saves: requests, kept", "1,000,000 saves: requests, kept, keeping them a month"]]
    for size in SIZES:
        few, many = f"10,000 saves of {size}", f"1,000,000 saves of {size}"
        rows.append(
            [
                size,
                f"${values[f'{few}: requests']:.2f}, {values[f'{few}: kept']:.0f} MB",
                (
                    f"${values[f'{many}: requests']:.2f}, {values[f'{many}: kept'] / 1000:.1f} GB, "
                    f"${values[f'{many}: keeping them']:.2f}"
                ),
            ]
        )
    return rows


TABLES: dict[str, Callable[[dict[str, float]], Rows]] = {
    "saves": _saves,
    "operations": _operations,
    "keyed": _keyed,
    "depth": _depth,
    "start": _start,
    "cpu": _cpu,
    "kinto": _kinto,
    "bills": _bills,
}


def _short(value: float | None) -> str:
    return "over the item limit" if value is None else f"{value:.0f}"


def _markdown(rows: Rows) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]]) + "\n"
