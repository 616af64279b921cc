"""The catalog's contract on DynamoDB Local."""

from tests.suites.catalog import *  # noqa: F403
