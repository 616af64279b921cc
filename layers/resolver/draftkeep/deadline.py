"""Until when the request that this process serves must be answered.

A Lambda container serves one request at a time, so a process has one deadline; the threads that work for the request
share it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Deadline:
    """A moment on a monotonic clock, which tells seconds; until the first request there is none."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._at_s = math.inf

    def begin(self, remaining_ms: float) -> None:
        """A request begins, and has so much time."""
        self._at_s = self._elapsed() + remaining_ms / 1000

    @property
    def left_s(self) -> float:
        """The seconds that are left."""
        return self._at_s - self._elapsed()
