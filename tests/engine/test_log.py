"""The log's contract on DynamoDB Local."""

from tests.suites.log import *  # noqa: F403
