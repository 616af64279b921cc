"""The one place where the parts are put together, once per process.

Parts that not every function has are imported where they are made: a start pays for what it uses.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from draftkeep.deadline import Deadline
from draftkeep.keyframes import Keyframes
from draftkeep.log import Log
from draftkeep.operations import Operations
from draftkeep.service.acks import Acks
from draftkeep.service.drafts import Drafts
from draftkeep.service.history import History
from draftkeep.service.proposals import Proposals
from draftkeep.service.writing import Writing
from draftkeep.settings import settings
from draftkeep.store import Store, new_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from draftkeep.catalog import Catalog
    from draftkeep.service.catalog import Resources
    from draftkeep.service.forms import Forms
    from draftkeep.trash import Trash


@cache
def deadline() -> Deadline:
    """When the request that this process serves must be answered."""
    return Deadline()


@cache
def client() -> DynamoDBClient:
    """The one client of this process."""
    return new_client(deadline())


@cache
def drafts_store() -> Store:
    """The drafts table."""
    return Store(client(), settings().drafts_table)


@cache
def drafts() -> Drafts:
    """The use cases on drafts."""
    return Drafts(writing())


@cache
def writing() -> Writing:
    """The one log of this process, and how it is written."""
    store = drafts_store()
    return Writing(Log(store, Keyframes(store)), Operations(store))


@cache
def proposals() -> Proposals:
    """The use cases on proposals."""
    return Proposals(writing())


@cache
def history() -> History:
    """The use cases on the history of drafts."""
    return History(writing())


@cache
def acks() -> Acks:
    """The decisions on proposals."""
    return Acks(writing())


@cache
def catalog() -> Catalog:
    """The resources."""
    from draftkeep.catalog import Catalog  # noqa: PLC0415

    return Catalog(catalog_store())


@cache
def catalog_store() -> Store:
    """The catalog table."""
    return Store(client(), settings().catalog_table)


@cache
def forms() -> Forms:
    """The use cases on form drafts."""
    from draftkeep.service.forms import Forms  # noqa: PLC0415

    return Forms(drafts(), proposals(), catalog())


@cache
def resources() -> Resources:
    """The use cases on the catalog."""
    from draftkeep.service.catalog import Resources  # noqa: PLC0415

    return Resources(catalog(), Operations(catalog_store()))


@cache
def trash() -> Trash:
    """The discarded drafts."""
    from draftkeep.trash import Trash  # noqa: PLC0415

    return Trash(drafts_store())


def forget() -> None:
    """Put everything together anew at the next use: for whoever changes the environment of a running process."""
    for part in (
        settings,
        client,
        drafts_store,
        writing,
        drafts,
        proposals,
        history,
        acks,
        catalog_store,
        catalog,
        forms,
        resources,
        trash,
    ):
        part.cache_clear()
