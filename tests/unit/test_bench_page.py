"""What the benchmark writes and prints: each target beside its figure, and what is missed where nobody overlooks it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.bench.figures import Figure, Run, load, store, verdict
from tests.bench.report import TABLES, write_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
MET = Figure("save 114 KB: write units", 1.784, "WCU", 2.0)
MISSED = Figure("cold start: persona function against the usual stack", 0.938, "x", 0.8)
FREE = Figure("save 114 KB: time", 3.1, "ms")
RUN = Run("2026-11-24", "abc1234", [MET, MISSED, FREE])


def written(tmp_path: Path, run: Run, *marks: str) -> str:
    path = tmp_path / "page.md"
    path.write_text("".join(f"<!-- {mark} -->\nbefore\n<!-- /{mark} -->\n" for mark in marks))
    write_page(path, run)
    return path.read_text()


def test_the_page_tells_when_it_was_measured_and_which_targets_are_missed(tmp_path: Path) -> None:
    text = written(tmp_path, RUN, "run", "targets")

    assert "before" not in text
    assert "Run on 2026-11-24 at commit abc1234. Of 2 targets, missed: **cold start: persona function" in text
    assert "| save 114 KB: write units | 1.78 WCU | 2 | met |" in text
    assert "| cold start: persona function against the usual stack | 0.94 x | 0.8 | **missed** |" in text
    assert FREE.name not in text


def test_a_table_has_the_target_beside_its_figure(tmp_path: Path) -> None:
    prefix = "handler CPU, 114 KB: "
    run = Run("2026-11-24", None, [Figure(f"{prefix}one", 1, "ms"), Figure(f"{prefix}two", 3, "x", 2)])

    text = written(tmp_path, run, "cpu")

    assert text.splitlines()[3:5] == ["| one | 1.00 |", "| two | 3.00 (**misses** 2) |"]


def test_every_mark_of_the_page_is_written_and_every_table_has_a_mark() -> None:
    assert sorted(re.findall(r"<!-- (\w+) -->", PAGE.read_text())) == sorted(["run", *TABLES])


def test_the_end_names_every_missed_target_and_no_other() -> None:
    told = verdict(RUN)

    assert "TARGETS MISSED: 1 of 2\n" in told
    assert MISSED.name in told
    assert MET.name not in told
    assert verdict(Run("2026-11-24", None, [MET, FREE])) == "All 1 targets are met."


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    store(tmp_path / "bench.json", RUN)

    assert load(tmp_path / "bench.json") == RUN
