"""The log's contract on locked moto."""

from tests.suites.log import *  # noqa: F403
