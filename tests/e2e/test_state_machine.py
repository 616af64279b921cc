"""Random calls of three users agree with a model of plain lists: every route of all five kinds of drafts."""

from __future__ import annotations

import time

from tests.evidence import budget, keep
from tests.machine.base import Base
from tests.machine.runs import connect, run, told
from tests.served import served


def test_random_calls_of_several_users_agree_with_the_model() -> None:
    started = time.monotonic()

    # Each on a server of its own: the embedded engine copies its tables for a transaction, and so would ever be slower.
    for number in range(budget(3, 10)):
        with served() as api:
            connect(api)
            run(20, number)

    assert Base.client.answers.keys() >= {"200", "204", "304", "404 not_found", "409 version_conflict"}
    keep("state-machine", count=Base.steps, unit="steps", result=told(time.monotonic() - started))
