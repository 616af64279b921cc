"""One served process for the tier, with the embedded engine; each test works on drafts of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.served import Api, served


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    with served() as running:
        yield running


@pytest.fixture
def agent() -> str:
    """The base path of an agent that no other test knows."""
    return f"/v1/tenants/acme/agents/agent-{uuid.uuid4().hex}"


@pytest.fixture
def draft(agent: str) -> str:
    """The path of a draft that does not exist yet."""
    return f"{agent}/revisions/3/draft"
