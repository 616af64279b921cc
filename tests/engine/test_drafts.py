"""The use cases' contract on DynamoDB Local."""

from tests.suites.drafts import *  # noqa: F403
