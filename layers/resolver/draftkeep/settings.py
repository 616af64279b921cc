"""The environment, read once. Everything that can be set is set in template.yaml."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment decides.

    tenant_claim: the token claim that names the tenant.
    sam_local: whether `sam local` runs this process; it has no authorizer, so there the principal is a fixed one.
        Lambda gives every function the address of a tracing daemon, and `sam local` does not: in the cloud this is
        never so.
    """

    drafts_table: str
    catalog_table: str
    tenant_claim: str
    sam_local: bool


@cache
def settings() -> Settings:
    """Read the environment of this process.

    Raises: KeyError when the template did not set DRAFTS_TABLE and CATALOG_TABLE
    """
    return Settings(
        drafts_table=os.environ["DRAFTS_TABLE"],
        catalog_table=os.environ["CATALOG_TABLE"],
        tenant_claim=os.environ.get("TENANT_CLAIM", "custom:tenant"),
        sam_local=os.environ.get("AWS_SAM_LOCAL") == "true" and "AWS_XRAY_DAEMON_ADDRESS" not in os.environ,
    )
