"""The tour of the README, run line by line in a shell against a served process: each answer is as it is shown."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.token import mint_token
from tests.served import ROOT, Api, served

_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
# Other ones each time.
_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")
_CUT_ID = re.compile(r"[0-9a-f]{8}-?$")
# What is said after a body.
_REMARK = re.compile(r"(?<=[\]}]): ")
_TIMES = re.compile(r"1[0-9]{12}")
# Each request leaves its status and its body under its number.
_CURL = """
curl() {
    n=$(ls "$ANSWERS"/*.status 2>/dev/null | wc -l)
    : > "$ANSWERS/$n.status"
    command curl -sS -D "$ANSWERS/$n.head" -o "$ANSWERS/$n.body" "$@"
    awk 'NR == 1 { print $2 }' "$ANSWERS/$n.head" > "$ANSWERS/$n.status"
    cat "$ANSWERS/$n.body"
}
"""


@dataclass
class Shown:
    """One request of the page: the command, and the comment that stands for its answer."""

    command: str
    comment: str = ""

    @property
    def status(self) -> str:
        found = re.match(r"(\d{3})\b", self.comment)
        return found[1] if found else "200"

    def parts(self) -> list[str]:
        """What is shown of the body, between the dots that stand for the rest."""
        body = self.comment[min((at for at in map(self.comment.find, "[{") if at >= 0), default=len(self.comment)) :]
        return [steady(_CUT_ID.sub("", part)) for part in _REMARK.split(body)[0].split("…") if part]


def steady(text: str) -> str:
    return _TIMES.sub("<time>", _IDS.sub("", text))


def tour() -> tuple[str, list[Shown]]:
    """The page's commands as one script, and its requests in order."""
    lines: list[str] = []
    shown: list[Shown] = []
    for block in _BLOCK.findall((ROOT / "README.md").read_text()):
        if not re.search(r"\bcurl\b|^DRAFT=", block, re.MULTILINE):
            continue
        requested = False
        for line in block.splitlines():
            if line.startswith("#"):
                if requested:
                    shown[-1].comment += line.removeprefix("#").strip()
                continue
            requested = "curl " in line
            if not line.startswith(("make ", "LOCAL_AUTH", "TOKEN=")):
                lines.append(line)
            if requested:
                shown.append(Shown(line, line.partition(" # ")[2].strip()))
    return "\n".join(lines), shown


def answers(api: Api, script: str, folder: Path) -> None:
    token = mint_token("local-development-only-not-a-secret", tenant="acme", user="ann")
    script = script.replace("127.0.0.1:3000", f"127.0.0.1:{api.port}")
    subprocess.run(
        ["bash", "-c", f"ANSWERS={folder} TOKEN={token}\n{_CURL}\n{script}"],
        check=True,
        capture_output=True,
        timeout=120,
    )


def test_every_request_of_the_readme_is_answered_as_it_shows(tmp_path: Path) -> None:
    script, shown = tour()

    with served() as api:
        answers(api, script, tmp_path)

    assert len(shown) >= 35
    assert len(list(tmp_path.glob("*.status"))) == len(shown)
    for number, one in enumerate(shown):
        status, body = ((tmp_path / f"{number}.{kind}") for kind in ("status", "body"))
        assert status.read_text().strip() == one.status, one
        text = steady(body.read_text()) if body.exists() else ""
        for part in one.parts():
            assert part in text, (one.command, part, text)


def test_the_tour_calls_every_endpoint() -> None:
    script, _ = tour()

    endpoints = ("$DRAFT", "/persona/draft", "/tool/draft", "/eval/draft", "/test/draft", "/catalog/")
    assert [one for one in endpoints if one not in script] == []
