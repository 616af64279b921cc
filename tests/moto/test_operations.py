"""The contract of operation keys on locked moto."""

from tests.suites.operations import *  # noqa: F403
