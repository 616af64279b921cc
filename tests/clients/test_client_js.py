"""docs/client.js in Node, against a served process: what it does when answers are lost, refused or overtaken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.served import ROOT, served

OLDEST_NODE = 20
# docs/api.md promises them: lines of code, without blank ones and comments.
LARGEST_LINES = 60
TESTS = 15


@pytest.fixture(scope="module")
def node() -> str:
    """A missing Node fails the tier: it would pass without having tested anything."""
    found = shutil.which("node")
    version = subprocess.run([found, "--version"], check=True, capture_output=True, text=True).stdout if found else ""
    if not found or int(version.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        pytest.fail(f"make test-clients needs Node {OLDEST_NODE} or newer on PATH (found: {version.strip() or 'none'})")
    return found


def test_the_client_loses_nothing_and_saves_nothing_twice(node: str) -> None:
    with served() as api:
        env = os.environ | {"API_URL": f"http://127.0.0.1:{api.port}"}
        command = [node, "--test", "--test-reporter=tap", "tests/clients/client.test.mjs"]
        done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    summary = dict(re.findall(r"^# (\w+) (\d+)$", done.stdout, re.MULTILINE))
    assert (summary["tests"], summary["pass"]) == (str(TESTS), str(TESTS)), done.stdout
    assert {summary[name] for name in ("fail", "cancelled", "skipped", "todo")} == {"0"}, done.stdout


def test_the_client_needs_nothing_else_and_can_be_read_at_once() -> None:
    text = (ROOT / "docs" / "client.js").read_text()
    code = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("//")]

    assert not re.search(r"^import |\brequire\(", text, re.MULTILINE)
    assert len(code) <= LARGEST_LINES
    assert max(map(len, code)) <= 120
