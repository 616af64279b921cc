"""moto with one lock round each call: unlocked, several threads win one conditional write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber


@contextmanager
def locked_moto() -> Iterator[None]:
    """Answer every AWS call of this process from memory, one call at a time.

    Starts empty. Make clients inside of it, and after this module was imported.
    """
    lock = threading.RLock()
    unlocked = BotocoreStubber.__call__

    def locked(self: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return unlocked(self, *args, **kwargs)

    with patch.object(BotocoreStubber, "__call__", locked), mock_aws():
        yield
