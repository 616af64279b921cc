"""Draws docs/performance.svg: write units of a save by the size of its draft, and by the depth of its history."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.depth import DEPTHS
from tests.bench.figures import SIZES, Figure

WIDTH, HEIGHT, LEFT, TOP = 520, 350, 60, 82
PLOT_WIDTH, PLOT_HEIGHT = 420, 200
COLORS = {"this design": "#0f766e", "full copies, zstd": "#b45309", "full copies, plain": "#9f1239"}

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis: its range, its ticks with their labels, and its title."""

    low: float
    high: float
    ticks: Mapping[float, str]
    title: str

    def at(self, value: float) -> float:
        """Where a value lies, 0 to 1."""
        return math.log(value / self.low) / math.log(self.high / self.low)


def draw(path: Path, figures: Sequence[Figure]) -> None:
    """Write the plot of what was measured."""
    values = {figure.name: figure.value for figure in figures}
    size_axis = Axis(1_100, 5_000_000, {size: name for name, size in SIZES.items()}, "size of the draft")
    units_axis = Axis(0.7, 2_500, {1: "1", 10: "10", 100: "100", 1000: "1,000"}, "write units a save")
    by_size = {
        line: [
            (size, values[key]) for name, size in SIZES.items() if (key := f"{prefix} {name}: write units") in values
        ]
        for line, prefix in (
            ("this design", "save"),
            ("full copies, zstd", "full copies, zstd,"),
            ("full copies, plain", "full copies, plain,"),
        )
    }
    depth_axis = Axis(5, 10_000, {depth: f"{depth:,}" for depth in DEPTHS}, "entries in the history (draft of 27 KB)")
    few_axis = Axis(0.7, 10, {1: "1", 2: "2", 5: "5", 10: "10"}, "write units a save")
    by_depth = {"this design": [(depth, values[f"save at {depth} entries: write units"]) for depth in DEPTHS]}
    parts = [
        _panel(0, "By size of the draft", size_axis, units_axis, by_size),
        _panel(WIDTH, "By depth of the history", depth_axis, few_axis, by_depth),
    ]
    style = (
        "text{font:12px system-ui,sans-serif;fill:#334155}.title{font-size:15px;font-weight:600;fill:#0f172a}"
        "line{stroke:#e2e8f0}"
    )
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Write units of a save by size of the draft and by depth of its history">'
        f'<style>{style}</style><rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _panel(offset: float, title: str, across: Axis, up: Axis, lines: Mapping[str, Points]) -> str:
    parts = [f'<text class="title" x="{LEFT}" y="26">{title}</text>']
    parts += [_legend(lines), _text(LEFT - 50, TOP - 12, up.title)]
    for value, label in up.ticks.items():
        y = _y(up, value)
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + PLOT_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 8, y + 4, label, "end"))
    for value, label in across.ticks.items():
        parts.append(_text(_x(across, value), TOP + PLOT_HEIGHT + 18, label, "middle"))
    parts.append(_text(LEFT + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT + 42, across.title, "middle"))
    parts += [_line(across, up, name, points) for name, points in lines.items() if points]
    return f'<g transform="translate({offset:.0f} 0)">{"".join(parts)}</g>'


def _line(across: Axis, up: Axis, name: str, points: Points) -> str:
    color = COLORS[name]
    placed = [(_x(across, x), _y(up, y), y) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in placed)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>' for x, y, _ in placed)
    # Two lines run close together: the lower one has its values below.
    shift = 18 if name == "full copies, zstd" else -9
    labels = "".join(
        f'<text x="{x:.1f}" y="{y + shift:.1f}" text-anchor="middle" style="fill:{color}">{_short(value)}</text>'
        for x, y, value in placed
    )
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>{dots}{labels}'


def _legend(names: Iterable[str]) -> str:
    parts = []
    for number, name in enumerate(names):
        x = LEFT + number * 140
        parts.append(f'<rect x="{x}" y="40" width="14" height="4" rx="2" style="fill:{COLORS[name]}"/>')
        parts.append(_text(x + 20, 46, name))
    return "".join(parts)


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _x(axis: Axis, value: float) -> float:
    return LEFT + PLOT_WIDTH * axis.at(value)


def _y(axis: Axis, value: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - axis.at(value))


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
