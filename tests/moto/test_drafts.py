"""The use cases' contract on locked moto."""

from tests.suites.drafts import *  # noqa: F403
