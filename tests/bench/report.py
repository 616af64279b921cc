"""Fills docs/performance.md with what was measured: each text between two marks of its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.bench.depth import DEPTHS
from tests.bench.figures import SIZES, Figure, Run

Rows = list[list[str]]
Figures = dict[str, Figure]


def write_page(path: Path, run: Run) -> None:
    """Put a run into the page; every mark of the page must be one of these."""
    figures = {figure.name: figure for figure in run.figures}
    text = path.read_text()
    for name in re.findall(r"<!-- (\w+) -->", text):
        written = _summary(run) if name == "run" else _markdown(TABLES[name](figures))
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{written}\g<2>", text, flags=re.DOTALL)
    path.write_text(text)


def _summary(run: Run) -> str:
    commit = f" at commit {run.commit}" if run.commit else ""
    listed = ", ".join(f"{one.name} ({one.value:.2f} {one.unit}, target {one.target:g})" for one in run.missed)
    return f"Run on {run.day}{commit}. Of {len(run.with_target)} targets, missed: **{listed or 'none'}**.\n"


def _targets(figures: Figures) -> Rows:
    return [["figure", "measured", "target", "outcome"]] + [
        [name, f"{one.value:.2f} {one.unit}", f"{one.target:g}", "**missed**" if one.is_missed else "met"]
        for name, one in figures.items()
        if one.target is not None
    ]


def _saves(figures: Figures) -> Rows:
    rows = [
        [
            "content",
            "write units",
            "read units",
            "round trips",
            "keyframes in 400",
            "stored, bytes a save",
            "full copies, zstd / plain, write units",
        ]
    ]
    for size in SIZES:
        copies = [_short(figures.get(f"full copies, {form}, {size}: write units")) for form in ("zstd", "plain")]
        rows.append(
            [
                size,
                _with_target(figures[f"save {size}: write units"]),
                _with_target(figures[f"save {size}: read units"]),
                _with_target(figures[f"save {size}: round trips"], ".0f"),
                f"{figures[f'save {size}: keyframes cut'].value:.0f}",
                f"{figures[f'save {size}: bytes stored'].value:,.0f}",
                " / ".join(copies),
            ]
        )
    return rows


def _operations(figures: Figures) -> Rows:
    names = ("create", "unchanged", "undo", "redo", "restore", "pin", "history page", "read", "discard")
    rows = [["operation: write / read units, round trips", *SIZES]]
    for name in names:
        cells = [
            f"{figures[f'{name} {size}: write units'].value:.0f} / {figures[f'{name} {size}: read units'].value:.0f}, "
            f"{figures[f'{name} {size}: round trips'].value:.0f}"
            for size in SIZES
        ]
        rows.append([name, *cells])
    return rows


def _keyed(figures: Figures) -> Rows:
    names = [name.removesuffix(": round trips") for name in figures if name.endswith(": round trips")]
    wanted = [name for name in names if name.startswith(("keyed", "propose", "accept", "reject", "form save"))]
    rows = [["operation", "write units", "read units", "round trips"]]
    cells = ("write units", "read units", "round trips")
    return rows + [[name, *(_with_target(figures[f"{name}: {cell}"], ".0f") for cell in cells)] for name in wanted]


def _depth(figures: Figures) -> Rows:
    cells = ("write units", "read units", "time")
    rows = [["entries", "write units", "read units", "time, ms"]]
    rows += [
        [f"{depth:,}", *(f"{figures[f'save at {depth} entries: {cell}'].value:.2f}" for cell in cells)]
        for depth in DEPTHS
    ]
    first, last = min(DEPTHS), max(DEPTHS)
    against = [_with_target(figures[f"save at {last} entries against {first}: {cell}"]) for cell in cells]
    return [*rows, [f"{last:,} against {first:,}", *against]]


def _start(figures: Figures) -> Rows:
    names = ("python alone", "boto3 client", "usual stack", "agent function", "persona function")
    usual = figures["cold start: usual stack"].value
    rows = [["import and initialisation", "ms", "against the usual stack"]]
    for name in names:
        taken = figures[f"cold start: {name}"].value
        against = figures.get(f"cold start: {name} against the usual stack")
        rows.append([name, f"{taken:.0f}", _with_target(against) if against else f"{taken / usual:.2f}"])
    return rows


def _cpu(figures: Figures) -> Rows:
    prefix = "handler CPU, 114 KB: "
    return [["CPU of a warm save of 114 KB", "ms (the last one: times)"]] + [
        [name.removeprefix(prefix), _with_target(one)] for name, one in figures.items() if name.startswith(prefix)
    ]


def _kinto(figures: Figures) -> Rows:
    sizes = [size for size in SIZES if f"over HTTP, {size}: a save" in figures]
    rows = [
        ["content", "a save, ms", "a save in Kinto, ms", "Kinto's memory, bytes a save", "stored here, bytes a save"]
    ]
    memory = "memory that Kinto's history takes"
    return rows + [
        [
            size,
            f"{figures[f'over HTTP, {size}: a save'].value:.1f}",
            f"{figures[f'over HTTP, {size}: a save in Kinto'].value:.1f}",
            f"{figures[f'over HTTP, {size}: {memory}'].value:,.0f}",
            f"{figures[f'save {size}: bytes stored'].value:,.0f}",
        ]
        for size in sizes
    ]


def _bills(figures: Figures) -> Rows:
    rows = [["content", "10,000 saves: requests, kept", "1,000,000 saves: requests, kept, keeping them a month"]]
    for size in SIZES:
        few, many = f"10,000 saves of {size}", f"1,000,000 saves of {size}"
        rows.append(
            [
                size,
                f"${figures[f'{few}: requests'].value:.2f}, {figures[f'{few}: kept'].value:.0f} MB",
                (
                    f"${figures[f'{many}: requests'].value:.2f}, {figures[f'{many}: kept'].value / 1000:.1f} GB, "
                    f"${figures[f'{many}: keeping them'].value:.2f}"
                ),
            ]
        )
    return rows


TABLES: dict[str, Callable[[Figures], Rows]] = {
    "targets": _targets,
    "saves": _saves,
    "operations": _operations,
    "keyed": _keyed,
    "depth": _depth,
    "start": _start,
    "cpu": _cpu,
    "kinto": _kinto,
    "bills": _bills,
}


def _with_target(figure: Figure, form: str = ".2f") -> str:
    """A figure, and in brackets the target that it is held to, if there is one."""
    told = f"{figure.value:{form}}"
    if figure.target is None:
        return told
    return f"{told} ({'**misses** ' if figure.is_missed else 'target '}{figure.target:g})"


def _short(figure: Figure | None) -> str:
    return "over the item limit" if figure is None else f"{figure.value:.0f}"


def _markdown(rows: Rows) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]]) + "\n"
