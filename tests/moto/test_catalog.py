"""The catalog's contract on locked moto."""

from tests.suites.catalog import *  # noqa: F403
