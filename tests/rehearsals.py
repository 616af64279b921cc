"""What the deployment did when it was last rehearsed: kept by the tests, written as docs/rehearsals.md.

python -m tests.rehearsals                   writes the page
python -m tests.rehearsals test-sam 120      keeps that a target took 120 s
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.evidence import FOLDER
from tests.tales import NOT_COMPARED

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rehearsals.md"
_FILE = FOLDER / "rehearsals.json"
# Where routes were called: the name of what was kept, and the column's title.
_PLACES = {"served": "`make serve`", "sam_local": "`sam local`", "deployed": "`sam deploy`"}
_NAMES = ", ".join(f"`{name.title()}`" for name in NOT_COMPARED)
_INTRODUCTION = f"""# Rehearsals of the deployment

What two targets did when they last ran; `make rehearsals` writes this page from what they kept. Both end red when
anything below does not hold, and run on every change.

- `make test-sam` builds the deployment, makes an image for the functions (the Python of this machine and Lambda's
  runtime client, so that Lambda's own image need not be pulled), and sends every file of `events/` through containers
  twice: over HTTP to `sam local start-api`, and to `sam local start-lambda`, which runs a function as
  `sam local invoke` does, without starting the command anew for each event. Three events are also sent by
  `sam local invoke` itself, of which the status alone is looked at. The engine is DynamoDB Local.
- `make test-deploy` runs `sam deploy` with the `dev` and the `prod` of samconfig.toml, unchanged (for `prod` with
  `--no-confirm-changeset`, since nobody is asked), against an emulator of AWS on 127.0.0.1 (ministack). Functions are
  called by the alias that the generated API definition names for each route. Then a changed parameter, and a changed
  layer, are deployed over it: tables and drafts stay, and the aliases move to new versions. At last the stacks are
  deleted: the tables of `dev` go, those of `prod` stay.

All other answers, of either, are compared with those of `make serve`: status, headers, body. In bodies, times and
request ids are left out, and generated ids are numbered in the order they are met in. Compared are all headers but
{_NAMES},
and the type of an answer without a body, since `sam local` gives every answer one.

What they do not show:

- The emulator has no roles (a unit test holds them to a list), and no authorizer before a function that is called
  directly; `sam local` has no authorizer either. No answer is a 401 or a 503, so `WWW-Authenticate` and `Retry-After`
  are in none.
- It knows no CodeDeploy and no alarms over several metrics: `tests/deploy/emulator.py` has stand-ins for both.
  Applications and deployment groups are only written down, so no rollout is gradual, and such an alarm is recorded as
  one of its first metric. That the resources of a rollout do not wait for each other in a circle is checked in the
  generated template.
- It gives SAM the defaults of the parameters, where AWS gives their values: the same file puts functions of its own in
  the place of those that apply the language extensions and SAM, and these give the values.
"""
_LIMIT = """Lambda takes 250 MB unpacked, a function and its layers together. All functions hold the one folder
`functions/`: which of them runs is the handler's name.
"""


def keep(name: str, figures: Any) -> None:
    """Keep one thing that a rehearsal found, in the place of what it found before."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    _FILE.write_text(json.dumps(_kept() | {name: {"day": day, "figures": figures}}, indent=1) + "\n")
    print(f"\n{name}: {figures if not isinstance(figures, dict) or len(figures) < 12 else f'{len(figures)} kept'}")


def _kept() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(_FILE.read_text()) if _FILE.exists() else {}
    return found


def page(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """The page; raises KeyError when a rehearsal has not been run."""
    figures = {name: one["figures"] for name, one in kept.items()}
    days = sorted({str(one["day"]) for one in kept.values()})
    machine = f"{os.cpu_count()} processors, {platform.system()} on {platform.machine()}"
    load = max(figures[target]["load"] for target in ("test-sam", "test-deploy"))
    parts = [_INTRODUCTION, f"Run on {' and '.join(days)}, on a machine with {machine}, at a load of {load:.0f}.\n"]
    parts += ["## Times\n", _table(("what", "time"), _times(figures))]
    parts += ["## Packages\n", _table(("package", "files", "unpacked", "zipped"), _packages(figures["packages"]))]
    parts += [_LIMIT]
    parts += ["## Routes\n", "Each call's status, in the order of the calls.\n", _routes(figures)]
    return "\n".join(parts)


def _times(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    warm = figures["warm"]
    return [
        (
            "one save by `sam local invoke`: the command, a new container, the function's start",
            _s(figures["invoked"]["save_s"]),
        ),
        ("first save in a container that `sam local start-api` holds ready: the function's start", _s(warm["first_s"])),
        ("one save after that, median of 20", f"{warm['median_ms']:.0f} ms"),
        ("the slowest of those 20", f"{warm['slowest_ms']:.0f} ms"),
        ("making the stand-in image", _s(figures["image"]["made_s"])),
        ("`make test-sam`, whole, with the build", _s(figures["test-sam"]["took_s"])),
        ("`sam deploy` of a new stack against the emulator", _s(figures["deploys"]["created_s"])),
        ("`make test-deploy`, whole, with the build", _s(figures["test-deploy"]["took_s"])),
    ]


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _packages(packages: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    return [
        (f"`{name}`", f"{one['files']:,}", f"{one['bytes'] / 1e6:.1f} MB", f"{one['zipped'] / 1e6:.2f} MB")
        for name, one in sorted(packages.items(), key=lambda item: (-item[1]["bytes"], item[0]))
    ]


def _routes(figures: Mapping[str, Any]) -> str:
    rows = []
    for route in sorted(figures["served"], key=lambda key: (key.split(" ")[1], key)):
        cells = [", ".join(map(str, figures[place].get(route, []))) or "**not called**" for place in _PLACES]
        rows.append((f"`{route}`", *cells))
    return _table(("route", *_PLACES.values()), rows)


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main(arguments: list[str]) -> int:
    if arguments:
        target, took_s = arguments
        keep(target, {"took_s": int(took_s), "load": os.getloadavg()[2]})
        return 0
    try:
        PAGE.write_text(page(_kept()))
    except KeyError as missing:
        print(f"Nothing is kept of {missing}: run make test-sam and make test-deploy first.", file=sys.stderr)
        return 1
    print(f"{PAGE} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
