"""Calls that run while the main thread waits for another one: independent reads take one round trip together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

# What a request asks for beside the head: its operation key, and what its fields refer to.
_threads = ThreadPoolExecutor(2, thread_name_prefix="beside")


def beside(call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
    """Start a call; its result, or what it raises, comes with `.result()`."""
    return _threads.submit(call, *args, **kwargs)
