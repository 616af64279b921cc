"""Many editors at one served process on DynamoDB Local: whether an edit is lost, and whether memory grows.

    python -m tests.load --minutes 10 --editors 50

The editors are closed loops: each waits for its answer. The server holds a lock round each call, as a container
serves one request at a time; a deployment has as many containers as it needs, this process is one.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median, quantiles

from local.settings import DEFAULT_JWT_SECRET
from local.token import mint_token
from tests.checker import UNANSWERED, UNAVAILABLE, Call, check, versions_made
from tests.engine.dynamodb_local import dynamodb_local
from tests.evidence import keep
from tests.load.clients import Client
from tests.load.drafts import Subject
from tests.load.editors import KINDS, Editor, begin
from tests.served import served

# Of five editors the last two share a draft.
_TABLE = 5
# The spread of the time from one act to the next, round its mean.
_JITTER = 1 / 3
# Answers that were not awaited come to their end in the server.
_SETTLE_S = 2.0
_WARM_UP = 0.25
_MINUTE_S = 60.0
# The allocator's drift: with a constant number of objects, this load was seen to move the resident size by 5 MiB. The
# cache of whole contents adds less than 1 MiB: one of 11 KB for about 150 saves of an agent, none for a form. A leak of
# 1 KB a request is 20 MiB in ten minutes at 40 requests a second.
_GROWTH_MIB = 16.0

_FINE = {200, 204, 304, UNANSWERED, UNAVAILABLE}
_REFUSALS = {409: {"version_conflict", "proposal_conflict"}, 422: {"nothing_to_undo", "nothing_to_redo"}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the load and judge it; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--editors", type=int, default=50)
    parser.add_argument("--every-s", type=float, default=0.75, help="mean time from act to act; 0: without a pause")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    calls: list[Call] = []
    with dynamodb_local() as url, served(AWS_ENDPOINT_URL_DYNAMODB=url) as api:
        editors = _desks(api.port, options.editors, options.seed, calls)
        subjects = {editor.subject: editor.client for editor in editors}
        begun, cpu_s = len(calls), _cpu_s(api.process.pid)
        with _sampled(api.process.pid) as samples:
            took_s, broken = _run(editors, options.minutes * _MINUTE_S, options.every_s)
        worked, cpu_s = calls[begun:], _cpu_s(api.process.pid) - cpu_s
        time.sleep(_SETTLE_S)
        for subject, client in subjects.items():
            client.read_history(subject)
            client.close()
    problems = broken + _unexpected(calls) + [str(finding) for finding in check(calls)]
    problems += _memory(samples)
    _print_rates(editors, worked, took_s, options.every_s)
    _print_capacity(worked, cpu_s, took_s)
    _print_times(worked)
    if problems:
        print("\n".join(["", f"{len(problems)} things are wrong:", *problems[:50]]))
        return 1
    made, conflicts = versions_made(calls), sum(call.code == "version_conflict" for call in calls)
    lost = sum(call.status == UNANSWERED for call in calls)
    result = (
        f"{len(editors)} editors for {options.minutes:g} minutes, {len(subjects)} drafts: no edit lost, none done"
        f" twice; {conflicts:,} conflicts and {lost:,} lost answers handled; {_times_of_all(worked)};"
        f" {_memory_told(samples)}"
    )
    keep("load", count=made, unit="accepted changes", result=result)
    return 0


def _desks(port: int, count: int, seed: int, calls: list[Call]) -> list[Editor]:
    """Editors at their drafts, of all kinds in turn; now and then two of one user at one draft."""
    editors: list[Editor] = []
    desks: dict[int, tuple[Subject, Editor]] = {}
    for number in range(count):
        desk = number // _TABLE * (_TABLE - 1) + min(number % _TABLE, _TABLE - 2)
        token = mint_token(DEFAULT_JWT_SECRET, "local", f"user {desk}")
        client = Client(f"editor {number}", port, calls, {"authorization": f"Bearer {token}"})
        random = Random(f"{seed} {number}")
        if desk in desks:
            subject, first = desks[desk]
            editors.append(Editor(client, subject, random, first.version, first.content))
            continue
        subject, content = begin(KINDS[desk % len(KINDS)], client)
        editors.append(Editor(client, subject, random, 1, content))
        desks[desk] = subject, editors[-1]
    return editors


def _run(editors: Sequence[Editor], seconds: float, every_s: float) -> tuple[float, list[str]]:
    """Let the editors work; how long they did, and what stopped any of them early."""
    pause = every_s * (1 - _JITTER), every_s * (1 + _JITTER)
    started_s = time.monotonic()
    with ThreadPoolExecutor(len(editors)) as threads:
        working = [threads.submit(editor.work, started_s + seconds, pause) for editor in editors]
    took_s = time.monotonic() - started_s
    errors = [(editor, work.exception()) for editor, work in zip(editors, working, strict=True)]
    return took_s, [f"{editor.client.name} stopped: {error!r}" for editor, error in errors if error]


@contextmanager
def _sampled(pid: int) -> Iterator[list[tuple[float, float]]]:
    """Seconds since the start, and MiB that the process has in memory, once a second."""
    samples: list[tuple[float, float]] = []
    over = threading.Event()

    def sample() -> None:
        started_s = time.monotonic()
        while not over.wait(1):
            samples.append((time.monotonic() - started_s, _resident_mib(pid)))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _resident_mib(pid: int) -> float:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def _cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(samples: Sequence[tuple[float, float]]) -> list[str]:
    """Whether it grew by more than is known of the allocator."""
    print(f"\n{_memory_told(samples)}")
    first, last, _ = _first_and_last(samples)
    grown = last - first
    return [f"memory grew by {grown:.1f} MiB, more than {_GROWTH_MIB:g}"] if grown > _GROWTH_MIB else []


def _memory_told(samples: Sequence[tuple[float, float]]) -> str:
    first, last, span_s = _first_and_last(samples)
    return f"memory {first:.0f} MiB in {span_s:.0f} s after the warm-up, {last:.0f} MiB in the last {span_s:.0f} s"


def _first_and_last(samples: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """MiB in a minute after the warm-up, in the last one, and how long these are, of a short run less; in seconds."""
    over_s = samples[-1][0]
    warm_s = min(_MINUTE_S, over_s * _WARM_UP)
    span_s = min(_MINUTE_S, (over_s - warm_s) / 2)
    first = median(mib for at_s, mib in samples if warm_s <= at_s <= warm_s + span_s)
    return first, median(mib for at_s, mib in samples if at_s >= over_s - span_s), span_s


def _unexpected(calls: Sequence[Call]) -> list[str]:
    told = Counter(
        (str(call.action), call.status, call.code)
        for call in calls
        if call.status not in _FINE and call.code not in _REFUSALS.get(call.status, ())
    )
    return [f"{count} times {status} {code} to {action}" for (action, status, code), count in told.items()]


def _print_rates(editors: Sequence[Editor], calls: Sequence[Call], took_s: float, every_s: float) -> None:
    acts = sum(editor.counts["acts"] for editor in editors)
    offered = f"{len(editors) / every_s:.1f}" if every_s else "as many as there are answers,"
    print(f"\n{len(editors)} editors, closed loops, {took_s:.0f} s: offered {offered} acts a second", end=", ")
    print(f"achieved {acts / took_s:.1f}; {len(calls) / took_s:.1f} requests a second")
    counts = sum((editor.counts for editor in editors), Counter[str]())
    print(", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    repeated = sum(call.replayed for call in calls)
    print(f"{repeated:,} answers were repetitions: their requests had been done, and the first answer was lost")
    statuses = Counter((call.status, call.code) for call in calls)
    told = (f"{status or 'lost'} {code}".strip() + f": {count:,}" for (status, code), count in sorted(statuses.items()))
    print("answers: " + ", ".join(told))


def _print_capacity(calls: Sequence[Call], cpu_s: float, took_s: float) -> None:
    """What the one process could do: its own processor time is the limit, whoever else the machine works for."""
    each_ms = cpu_s / len(calls) * 1000
    print(f"the server had {cpu_s:.0f} of {took_s:.0f} s of a processor, {each_ms:.1f} ms a request", end=": ")
    print(f"at most {1000 / each_ms:.0f} requests a second; load of the machine {os.getloadavg()[0]:.1f}", end=" ")
    print(f"on {os.cpu_count()} processors")


def _times_of_all(calls: Sequence[Call]) -> str:
    measured = [(call.ended_s - call.started_s) * 1000 for call in calls if call.status != UNANSWERED]
    cuts = quantiles(measured, n=100, method="inclusive")
    return f"p50 / p95 / p99 of {len(measured):,} answers {cuts[49]:.0f} / {cuts[94]:.0f} / {cuts[98]:.0f} ms"


def _print_times(calls: Sequence[Call]) -> None:
    """Milliseconds of the answered calls, with the wait for the lock."""
    times: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        if call.status != UNANSWERED:
            times[call.action].append((call.ended_s - call.started_s) * 1000)
    print(f"\n{'milliseconds':14}{'calls':>9}{'p50':>9}{'p95':>9}{'p99':>9}")
    for action, measured in sorted(times.items()):
        cuts = quantiles(measured, n=100, method="inclusive") if len(measured) > 1 else measured * 99
        print(f"{action:14}{len(measured):>9,}{cuts[49]:>9.1f}{cuts[94]:>9.1f}{cuts[98]:>9.1f}")


if __name__ == "__main__":
    sys.exit(main())
