"""Import a JSON Lines file of any length into a catalog, over HTTP: `make import FILE=catalog.jsonl`."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BATCH_RECORDS = 500
# A request has at most 4 MiB.
BATCH_BYTES = 2 * 1024 * 1024
_BAR = 30
_SHOWN = 20
_TRIES = 3


class ImportFailed(Exception):
    """The import stopped; the message says at which line and why."""


@dataclass
class Batch:
    """Lines to send together; `numbers` are their places in the file, `end` the bytes read so far."""

    records: list[Any] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    size_bytes: int = 0
    end: int = 0


@dataclass
class Counts:
    """What became of the lines."""

    created: int = 0
    existing: int = 0
    refused: int = 0


def batches(path: Path) -> Iterator[Batch]:
    """Read a file in batches, holding one at a time.

    Raises: ImportFailed, a line that is no JSON object
    """
    batch, end = Batch(), 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            end += len(line)
            if not line.strip():
                continue
            if batch.records and (len(batch.records) == BATCH_RECORDS or batch.size_bytes + len(line) > BATCH_BYTES):
                yield batch
                batch = Batch()
            batch.records.append(_record(line, number))
            batch.numbers.append(number)
            batch.size_bytes += len(line)
            batch.end = end
    if batch.records:
        yield batch


def main(arguments: Sequence[str] | None = None) -> int:
    """Import, with a progress bar; 0 when every line is in the catalog, else 1."""
    parser = argparse.ArgumentParser(prog="import", description=__doc__)
    parser.add_argument("file", type=Path, help="one resource a line: type, value, attributes, id")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="of the API")
    parser.add_argument("--token", default="", help="of a user in the group catalog-admin")
    options = parser.parse_args(arguments)
    if not options.url.startswith(("http://", "https://")):
        parser.error("the address of an API begins with http:// or https://")
    counts = Counts()
    try:
        size = options.file.stat().st_size
        for batch in batches(options.file):
            _count(counts, batch, _send(options.url, options.token, batch))
            _show_progress(batch.end, size, counts)
    except (ImportFailed, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\n{counts.created} created, {counts.existing} existed, {counts.refused} refused", file=sys.stderr)
    return 1 if counts.refused else 0


def _record(line: bytes, number: int) -> Any:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ImportFailed(f"line {number}: {error}") from error
    if not isinstance(record, dict):
        raise ImportFailed(f"line {number}: not a JSON object")
    return record


def _send(url: str, token: str, batch: Batch) -> Any:
    body = json.dumps({"records": batch.records}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    # The scheme was checked: http or https.
    request = urllib.request.Request(  # noqa: S310 # nosec B310
        f"{url.rstrip('/')}/catalog/import", body, headers, method="POST"
    )
    for attempt in range(_TRIES):
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 # nosec B310
                return json.load(response)
        except urllib.error.HTTPError as error:
            # Importing a record twice creates it once, so a busy answer is simply tried again.
            if error.code != 503 or attempt + 1 == _TRIES:
                raise ImportFailed(f"lines {batch.numbers[0]} to {batch.numbers[-1]}: {_told(error)}") from error
        except urllib.error.URLError as error:
            raise ImportFailed(f"{url}: {error.reason}") from error
    raise AssertionError("unreachable")


def _told(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)
        return f"{error.code} {problem.get('detail') or problem.get('message')}"
    except ValueError:
        return str(error)


def _count(counts: Counts, batch: Batch, answer: Any) -> None:
    counts.created += answer["created"]
    counts.existing += answer["existing"]
    for result in answer["results"]:
        if result["status"] != "refused":
            continue
        counts.refused += 1
        if counts.refused <= _SHOWN:
            told = "; ".join(f"{one['pointer']} {one['message']}" for one in result["errors"])
            print(f"\rline {batch.numbers[result['index']]}: {told}", file=sys.stderr)


def _show_progress(done: int, size: int, counts: Counts) -> None:
    share = done / size if size else 1.0
    bar = "#" * round(share * _BAR)
    total = counts.created + counts.existing + counts.refused
    print(f"\r[{bar:{_BAR}}] {share:4.0%}  {total:,} lines", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
