"""The time that a request has."""

import math

from draftkeep.deadline import Deadline


class Elapsed:
    """A monotonic clock that stands until it is moved."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_without_a_request_time_does_not_end() -> None:
    assert Deadline().left_s == math.inf


def test_the_time_that_a_request_has_runs_out() -> None:
    elapsed = Elapsed()
    deadline = Deadline(elapsed)

    deadline.begin(25_000)
    elapsed.now_s += 20
    assert deadline.left_s == 5

    elapsed.now_s += 7
    assert deadline.left_s == -2


def test_the_next_request_has_its_own_time() -> None:
    elapsed = Elapsed()
    deadline = Deadline(elapsed)
    deadline.begin(25_000)
    elapsed.now_s += 60

    deadline.begin(3_000)

    assert deadline.left_s == 3
