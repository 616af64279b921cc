"""The contract of proposals on DynamoDB Local."""

from tests.suites.proposals import *  # noqa: F403
