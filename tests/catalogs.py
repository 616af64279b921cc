"""Catalogs on whatever engine a client talks to, and the rows that tests put into them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from draftkeep.catalog import Catalog, Scope
from draftkeep.resources import Row
from draftkeep.service.catalog import problems_of, row_of
from draftkeep.store import Store
from local.template import parse_template
from tests.tables import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CATALOG = next(
    table
    for table in parse_template((ROOT / "template.yaml").read_text()).tables
    if table.name.endswith("CatalogTable")
)

ADMIN = Scope("acme", "admin")
ANN = Scope("acme", "ann")
BOB = Scope("acme", "bob")


def new_catalog_table(client: DynamoDBClient) -> str:
    """Make an empty catalog table under a name of its own."""
    name = f"catalog-{uuid.uuid4().hex}"
    client.create_table(TableName=name, **_CATALOG.definition)
    return name


def new_catalog(client: DynamoDBClient, table: str) -> Catalog:
    """A catalog over a table, as a fresh container has it."""
    return Catalog(Store(client, table))


def share(catalog: Catalog, type_: str, value: str | None = None, /, **attributes: Any) -> Row:
    """Make a shared row of the tenant `acme` as its administrators do; `id_` gives it an id."""
    id_ = attributes.pop("id_", None)
    record = {"value": value, "attributes": attributes, "id": id_}
    assert list(problems_of(type_, record)) == []
    return catalog.create(ADMIN, row_of(ADMIN, type_, record))[0]
