"""The environment of `make serve` is read once, and nonsense in it is one clear line."""

from __future__ import annotations

import pytest

from local.settings import Settings, StartupError, read_settings


@pytest.mark.parametrize(
    "environ", [{}, {"PORT": "", "LOCAL_AUTH": "", "LOCAL_JWT_SECRET": "", "AWS_ENDPOINT_URL_DYNAMODB": ""}]
)
def test_unset_and_empty_are_the_defaults(environ: dict[str, str]) -> None:
    assert read_settings(environ) == Settings(3000, False, "local-development-only-not-a-secret", None)


def test_everything_can_be_set() -> None:
    environ = {
        "PORT": "0",
        "LOCAL_AUTH": "required",
        "LOCAL_JWT_SECRET": "s",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000",
    }

    assert read_settings(environ) == Settings(0, True, "s", "http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "abc"), ("PORT", "-1"), ("PORT", "65536"), ("PORT", "٣"), ("LOCAL_AUTH", "maybe")]
)
def test_a_value_that_cannot_be_used_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(StartupError, match=name):
        read_settings({name: value})
