"""Scheduled once a day: remove what drafts discarded more than 8 days ago left behind."""

import time
from typing import Any

from aws_lambda_powertools import Logger

from draftkeep import wiring
from draftkeep.service.sweep import sweep

# Time left for the removal of one draft and the report.
_RESERVE_MS = 60_000

logger = Logger(location=None)
trash = wiring.trash()


def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sweep until done or out of time; what is left waits for the next day.

    Returns: {drafts, items, finished}
    """
    swept = sweep(
        trash,
        now_ms=time.time_ns() // 1_000_000,
        may_go_on=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS,
    )
    report = {"drafts": swept.drafts, "items": swept.items, "finished": swept.finished}
    logger.info("sweep_done", extra=report)
    return report
