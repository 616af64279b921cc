"""The console's sessions in Node, against a served process: nothing that was typed is lost or overwrites another's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.served import ROOT, served

TESTS = ROOT / "tests" / "clients" / "session.test.mjs"


def test_sessions_lose_nothing_and_overwrite_nothing() -> None:
    node = shutil.which("node")
    if not node:
        pytest.fail("make test-clients needs Node on PATH")

    with served() as api:
        env = os.environ | {"API_URL": f"http://127.0.0.1:{api.port}"}
        command = [node, "--test", "--test-reporter=tap", str(TESTS)]
        done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) >= len(re.findall(r"^ *test\(", TESTS.read_text(), re.MULTILINE)), done.stdout
