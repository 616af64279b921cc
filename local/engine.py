"""The DynamoDB behind the development server: embedded, or the one at AWS_ENDPOINT_URL_DYNAMODB."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.cloudformation import REGION
from local.settings import StartupError
from local.template import Table

# Whatever the developer's machine is logged in to, nothing of it shall be read or reached.
_NEVER_INHERITED = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)


def isolate(environ: MutableMapping[str, str]) -> None:
    """Keep AWS clients of this process away from profiles, metadata services and the Internet."""
    for name in _NEVER_INHERITED:
        environ.pop(name, None)
    environ["AWS_CONFIG_FILE"] = environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    environ["AWS_EC2_METADATA_DISABLED"] = "true"
    if not (environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY")):
        environ.update(dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "local"))
        environ.pop("AWS_SESSION_TOKEN", None)
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or REGION
    environ["AWS_REGION"] = environ["AWS_DEFAULT_REGION"] = region


@contextmanager
def running_engine(url: str | None) -> Iterator[str]:
    """Have every AWS client that is made inside talk to the engine.

    url: str | None, an engine that runs already; None starts the embedded one, empty
    Yields: str, what to call the engine
    """
    if url:
        os.environ.pop("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", None)
        yield f"DynamoDB at {url}"
        return
    from local.locked_moto import locked_moto  # noqa: PLC0415 - moto takes a second to import

    os.environ.pop("AWS_ENDPOINT_URL_DYNAMODB", None)
    with locked_moto():
        yield "embedded DynamoDB (moto), in memory: it forgets everything when it stops"


def create_tables(tables: Iterable[Table]) -> None:
    """Create the tables that the engine does not have yet.

    Raises: StartupError
    """
    client = boto3.client("dynamodb", config=Config(connect_timeout=2, retries={"total_max_attempts": 2}))
    try:
        for table in tables:
            try:
                client.create_table(TableName=table.name, **table.definition)
            except client.exceptions.ResourceInUseException:
                continue
            client.get_waiter("table_exists").wait(TableName=table.name, WaiterConfig={"Delay": 1})
            if table.ttl_attribute:
                client.update_time_to_live(
                    TableName=table.name,
                    TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl_attribute},
                )
    except (BotoCoreError, ClientError) as error:
        raise StartupError(f"cannot create the tables: {error}") from error
