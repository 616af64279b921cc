"""The contract of proposals on locked moto."""

from tests.suites.proposals import *  # noqa: F403
