"""Known vulnerabilities of the pinned packages that are deployed or run: `make audit`. Needs nothing but pip-audit.

A list whose advisory data cannot be reached is said so, in capitals; a vulnerability that is found fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("layers/resolver/requirements.txt", "local/requirements.txt")


def packages(listed: str) -> list[dict[str, Any]] | None:
    """What pip-audit says of each package of a list; None when it could ask nobody."""
    options = ("--disable-pip", "--format=json", "--progress-spinner=off", "--requirement")
    audit = subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, listed], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        found: list[dict[str, Any]] = json.loads(audit.stdout)["dependencies"]
    except ValueError:
        return None
    return found


def main() -> int:
    """Audit each list; the exit status is 1 when a vulnerability is known."""
    vulnerable = 0
    for listed in LISTS:
        found = packages(listed)
        audited = [one for one in found or () if "skip_reason" not in one]
        if not audited:
            print(f"{listed}: NOT AUDITED, THE ADVISORY DATA CANNOT BE REACHED FROM HERE")
            continue
        for one in audited:
            for advisory in one["vulns"]:
                vulnerable += 1
                fixed = ", ".join(advisory["fix_versions"]) or "no version"
                print(f"{listed}: {one['name']} {one['version']}: {advisory['id']}, mended in {fixed}")
        print(f"{listed}: {len(audited)} of {len(found or ())} packages audited")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
