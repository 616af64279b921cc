"""What the pages say of the Makefile, the template and the log, held against them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from draftkeep.model import Operation
from local.cloudformation import load
from local.template import parse_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = parse_template((ROOT / "template.yaml").read_text())


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of the rows of the table whose first row begins with `head`."""
    [table] = re.findall(rf"^\| {re.escape(head)}.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()]


def named(cells: list[str]) -> list[str]:
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_readme_has_every_target_that_make_help_lists() -> None:
    helped = re.findall(r"^([a-z-]+):.*## ", page("Makefile"), re.MULTILINE)

    told = named([row[0] for row in rows(page("README.md"), "command | does")])

    assert sorted(told) == sorted(f"make {name}" for name in helped)


@pytest.mark.parametrize("name", ["README.md", "docs/operations.md"])
def test_every_parameter_of_the_template_is_told(name: str) -> None:
    told = named([row[0] for row in rows(page(name), "parameter | default")])

    assert sorted(told) == sorted(load(page("template.yaml"))["Parameters"])


def test_the_number_of_routes_is_the_templates() -> None:
    limits = dict(rows(page("docs/operations.md"), "what | limit"))
    by_function = Counter(route.function for route in TEMPLATE.routes)

    assert f"300 routes, of which {len(TEMPLATE.routes)} are used" in limits["HTTP API"]
    assert f"The API has {len(TEMPLATE.routes)} of the 300 routes" in page("docs/decisions.md")
    forms = {by_function[f"{kind}DraftFunction"] for kind in ("Persona", "Tool", "Eval", "Test")}
    assert forms == {max(by_function.values())}
    told = f"{max(forms)} for each kind of form, {by_function['AgentDraftFunction']} for agents"
    assert told in limits["policy of a function"]


def test_every_operation_of_the_log_is_told() -> None:
    [told] = re.findall(r"^\| `op` \| (.*) \|$", page("docs/architecture.md"), re.MULTILINE)

    assert sorted(named([told])) == sorted(Operation)


def test_every_folder_of_tests_is_told() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("__")}

    [told] = [row[1] for row in rows(page("docs/architecture.md"), "folder | holds") if row[0] == "`tests`"]

    assert sorted(named([told])) == sorted(folders)
