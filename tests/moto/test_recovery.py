"""The contract of a restore on locked moto."""

from tests.suites.recovery import *  # noqa: F403
