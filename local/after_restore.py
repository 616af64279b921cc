"""Moves every draft of a restored table on, above the versions that clients may have seen: `make after-restore`.

Run it on the table that the API is going to use, before requests come in. It can be stopped and started again.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from draftkeep.errors import Contended, Throttled, Unreachable
from draftkeep.keyframes import Keyframes
from draftkeep.log import Log
from draftkeep.model import Draft
from draftkeep.operations import Operations
from draftkeep.service.recovery import Recovery, floor_of
from draftkeep.service.writing import Writing
from draftkeep.store import Store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = 8
_SHOWN = 20


@dataclass
class Report:
    """What was done so far, by all threads."""

    drafts: int = 0
    moved: int = 0
    unreadable: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, draft: Draft, *, moved: bool, readable: bool) -> None:
        """Count one draft."""
        with self.lock:
            self.drafts += 1
            self.moved += moved
            if not readable:
                self.unreadable.append(f"{draft.kind} {draft.id} of {draft.user}, tenant {draft.tenant}")


def main(arguments: Sequence[str] | None = None, client: DynamoDBClient | None = None) -> int:
    """Run the command; the exit status is 0 when every draft has been moved on and can be read."""
    parser = argparse.ArgumentParser(prog="make after-restore", description=__doc__)
    parser.add_argument("table", help="name of the restored drafts table")
    parser.add_argument("--dry-run", action="store_true", help="count what is to be done, write nothing")
    parser.add_argument("--anyway", action="store_true", help="also a table that was not made by a restore")
    options = parser.parse_args(arguments)
    try:
        client = client or _client()
        described: Any = client.describe_table(TableName=options.table)["Table"]
        restored = described.get("RestoreSummary")
        if restored is None and not options.anyway:
            print(
                f"{options.table} was not made by a restore; ANYWAY=1 moves its drafts on all the same.",
                file=sys.stderr,
            )
            return 2
        made_at: datetime = described["CreationDateTime"]
        floor = floor_of(made_at.timestamp())
        since = f" from its source as of {_utc(restored['RestoreDateTime'])}" if restored else ""
        print(f"{options.table}, made {_utc(made_at)}{since}: drafts go on at version {floor}")
        report = run(client, options.table, floor, dry_run=options.dry_run, progress=sys.stderr)
    except (BotoCoreError, ClientError, Throttled, Unreachable, Contended) as error:
        print(f"Stopped: {type(error).__name__}: {error}", file=sys.stderr)
        print("Nothing is half done; it can be started again.", file=sys.stderr)
        return 1
    done = "would be moved on" if options.dry_run else "moved on"
    print(f"{report.drafts} drafts, {report.moved} {done}, {report.drafts - report.moved} there already")
    if report.unreadable:
        print(f"{len(report.unreadable)} cannot be read; a restore to another second may have them whole:")
        print("\n".join(f"  {one}" for one in report.unreadable[:_SHOWN]))
    return 1 if report.unreadable else 0


def run(client: DynamoDBClient, table: str, floor: int, *, dry_run: bool, progress: TextIO) -> Report:
    """Move every log of a table on, part by part, the parts side by side.

    Raises: what `Store` raises, Contended
    """
    report, ended = Report(), threading.Event()
    shown = threading.Thread(target=_show, args=(report, ended, progress), daemon=True)
    shown.start()
    try:
        with ThreadPoolExecutor(SEGMENTS) as pool:
            part = partial(_part, client, table, floor, report=report, dry_run=dry_run)
            for _ in pool.map(part, range(SEGMENTS)):
                pass
    finally:
        ended.set()
        shown.join()
    return report


def _part(client: DynamoDBClient, table: str, floor: int, segment: int, *, report: Report, dry_run: bool) -> None:
    store = Store(client, table)
    log = Log(store, Keyframes(store))
    recovery = Recovery(Writing(log, Operations(store)), floor)
    for draft, version in log.newest_versions(segment, SEGMENTS):
        due = recovery.is_due(version)
        moved = due if dry_run else due and recovery.move_on(draft)
        report.add(draft, moved=moved, readable=recovery.is_readable(draft))


def _client() -> DynamoDBClient:
    """A client with patience: a table that was made just now takes a while to carry much."""
    config = Config(retries={"mode": "adaptive", "total_max_attempts": 20}, max_pool_connections=2 * SEGMENTS)
    return botocore.session.get_session().create_client("dynamodb", config=config)  # type: ignore[return-value]


def _show(report: Report, ended: threading.Event, progress: TextIO) -> None:
    while not ended.wait(1):
        print(f"\r{report.drafts} drafts, {report.moved} moved on", end="", file=progress, flush=True)
    if progress.isatty():
        print("\r", end="", file=progress)


def _utc(time_: datetime) -> str:
    return time_.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


if __name__ == "__main__":
    sys.exit(main())
