"""The environment, read once: what a deployment decides and what stands when it does not."""

from __future__ import annotations

import pytest

from draftkeep.settings import Settings, settings

TABLES = {"DRAFTS_TABLE": "drafts-7", "CATALOG_TABLE": "catalog-7"}


def _settings(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Settings:
    for name in (*TABLES, "TENANT_CLAIM", "AWS_SAM_LOCAL", "AWS_XRAY_DAEMON_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return settings.__wrapped__()


def test_the_deployment_names_its_tables_and_the_tenant_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    read = _settings(monkeypatch, TABLES | {"TENANT_CLAIM": "org"})

    assert (read.drafts_table, read.catalog_table, read.tenant_claim) == ("drafts-7", "catalog-7", "org")
    assert not read.sam_local


def test_the_tenant_claim_is_cognitos_custom_one_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch, TABLES).tenant_claim == "custom:tenant"


@pytest.mark.parametrize(("value", "sam_local"), [("true", True), ("false", False), ("1", False)])
def test_only_sam_local_itself_does_without_an_authorizer(
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    sam_local: bool,
) -> None:
    assert _settings(monkeypatch, TABLES | {"AWS_SAM_LOCAL": value}).sam_local is sam_local


def test_a_deployed_function_cannot_be_told_to_be_sam_local(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = TABLES | {"AWS_SAM_LOCAL": "true", "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000"}

    assert not _settings(monkeypatch, deployed).sam_local


@pytest.mark.parametrize("missing", TABLES)
def test_a_function_without_its_tables_does_not_start(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    others = {name: table for name, table in TABLES.items() if name != missing}

    with pytest.raises(KeyError, match=missing):
        _settings(monkeypatch, others)
