"""The history's contract on locked moto."""

from tests.suites.history import *  # noqa: F403
