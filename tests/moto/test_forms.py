"""The contract of form drafts on locked moto."""

from tests.suites.forms import *  # noqa: F403
