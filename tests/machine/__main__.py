"""The soak: fresh random examples until the time is over.

    python -m tests.machine --minutes 30 [--engine moto|local]

Exits with 1 at the first disagreement, after Hypothesis has told the fewest steps that lead to it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from contextlib import ExitStack

from tests import evidence
from tests.engine.dynamodb_local import dynamodb_local
from tests.machine.base import Base
from tests.machine.runs import connect, run, told
from tests.served import served

_EXAMPLES = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.machine", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--engine", choices=["moto", "local"], default="moto", help="local: DynamoDB Local")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of the first examples")
    parser.add_argument("--as-found", action="store_true", help="do not look for fewer steps that fail")
    options = parser.parse_args()
    with ExitStack() as stack:
        environment = {}
        if options.engine == "local":
            environment["AWS_ENDPOINT_URL_DYNAMODB"] = stack.enter_context(dynamodb_local())
        connect(stack.enter_context(served(**environment)))
        started, number = time.monotonic(), options.seed
        while time.monotonic() - started < options.minutes * 60:
            try:
                run(_EXAMPLES, number, shrinks=not options.as_found)
            except Exception:  # noqa: BLE001 - whatever it is, it is told
                traceback.print_exc()
                print(f"Disagreed with the seed {number}, after {told(time.monotonic() - started)}")
                return 1
            number += 1
        seconds = time.monotonic() - started
        evidence.keep(f"state-machine-soak-{options.engine}", count=Base.steps, unit="steps", result=told(seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
