"""Random calls of three users agree with a model of plain lists: every route of all five kinds of drafts."""

from __future__ import annotations

import time

from tests.evidence import budget, keep
from tests.machine.base import Base
from tests.machine.runs import connect, run, told
from tests.served import served

# What a run has met: else it has not been where things get difficult.
MET = {
    *("200", "204", "304", "404 not_found", "428 precondition_required"),
    *("409 version_conflict", "409 merge_conflict", "409 proposal_conflict", "409 already_decided"),
    *("409 draft_exists", "409 not_a_proposal"),
    *("422 invalid_fields", "422 operation_key_reused", "422 unknown_entry"),
    *("422 nothing_to_undo", "422 nothing_to_redo"),
}


def test_random_calls_of_several_users_agree_with_the_model() -> None:
    started = time.monotonic()

    # Each on a server of its own: what one run leaves behind is not what the next one meets.
    for number in range(budget(3, 10)):
        with served() as api:
            connect(api)
            run(20, number)

    assert Base.client.answers.keys() >= MET
    assert Base.compared == Base.examples
    keep("state-machine", count=Base.steps, unit="steps", result=told(time.monotonic() - started))
