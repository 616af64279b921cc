"""The contract of a restore on DynamoDB Local."""

from tests.suites.recovery import *  # noqa: F403
