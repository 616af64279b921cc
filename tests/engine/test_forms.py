"""The contract of form drafts on DynamoDB Local."""

from tests.suites.forms import *  # noqa: F403
