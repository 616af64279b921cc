"""The contract of operation keys on DynamoDB Local."""

from tests.suites.operations import *  # noqa: F403
