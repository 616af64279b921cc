"""Writes functions/reference/openapi.json and docs.html, or with a folder as argument writes them there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from local.openapi.recorded import recorded
from local.template import parse_template

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "functions" / "reference"


def main(folder: Path) -> None:
    """Make both files anew."""
    template = parse_template((ROOT / "template.yaml").read_text())
    told = recorded(template, ROOT / "events")
    # The functions can be imported in their environment only, which is that of what was recorded.
    from local.openapi.document import document  # noqa: PLC0415
    from local.openapi.page import page  # noqa: PLC0415

    made = document(told)
    (folder / "openapi.json").write_text(json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    (folder / "docs.html").write_text(page(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
