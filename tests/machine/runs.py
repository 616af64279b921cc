"""Running the machine: against one served process, for a number of examples; told() says what it did."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.api import Client
from tests.machine.base import TENANTS, Base
from tests.machine.machine import DraftMachine
from tests.served import Api

STEPS = 40


def connect(api: Api) -> None:
    """Have the machine talk to a server, and give both tenants the sample catalog; what was counted counts on."""
    before: Client | None = getattr(Base, "client", None)
    Base.client = Client(api) if before is None else replace(before, api=api)
    for tenant in TENANTS:
        Base.client.import_catalog(tenant)


def run(examples: int, number: int | None = None, *, shrinks: bool = True) -> None:
    """Run examples of 40 steps each. number: the seed, None for the same examples each time

    Raises: AssertionError, after Hypothesis has told the steps, the fewest it could find
    """
    phases = [Phase.generate, *([Phase.shrink] if shrinks else [])]
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        derandomize=number is None,
        database=None,
        deadline=None,
        phases=phases,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    machine = DraftMachine if number is None else seed(number)(DraftMachine)
    run_state_machine_as_test(machine, settings=chosen)


def told(seconds: float) -> str:
    """What was done since the first `connect`."""
    met = ", ".join(f"{times} x {answer}" for answer, times in sorted(Base.client.answers.items()))
    done = f"{Base.examples:,} examples, {Base.compared:,} compared once more at their end"
    return f"{done}; {Base.client.sent:,} requests in {seconds:.0f} s; answers: {met}"
