"""Pages of a list: the `Link` header of one page leads to the next, nothing else is taken for a cursor."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from draftkeep import keys
from draftkeep.errors import MalformedQuery
from draftkeep.http.drafts import page_cursor, page_of_drafts
from draftkeep.http.principal import Principal
from draftkeep.http.requests import Request
from draftkeep.log import Listing
from draftkeep.model import Draft, Entry
from tests.unit.builders import ID_PARTS, draft_of, entry_of


def _request(path: str = "/v1/tenants/acme/agents/support/drafts", cursor: str | None = None) -> Request:
    principal = Principal("acme", "ana", None, frozenset())
    return Request(principal, {}, {} if cursor is None else {"cursor": cursor}, {}, {}, path)


def _listed(draft: Draft, head: Entry) -> dict[str, Any]:
    return {"id": draft.id, "version": head.version}


def _linked(link: str) -> tuple[str, dict[str, str]]:
    """The path and the query of a `Link` header."""
    found = re.fullmatch(r'<([^<>? "]+)\?([^<>? "]+)>; rel="next"', link)
    assert found is not None
    return unquote(found[1]), dict(parse_qsl(found[2], strict_parsing=True))


def test_a_page_lists_its_drafts_in_their_order() -> None:
    listing = Listing(
        ((draft_of(draft_id="a/2"), entry_of(7)), (draft_of(draft_id="a/1"), entry_of(3))),
        None,
    )

    answer = page_of_drafts(_request(), listing, _listed, limit="25")

    assert json.loads(answer.body or "") == [{"id": "a/2", "version": 7}, {"id": "a/1", "version": 3}]
    assert answer.status == 200


def test_the_last_page_links_to_no_other() -> None:
    answer = page_of_drafts(_request(), Listing((), None), _listed, limit="25")

    assert answer.body == "[]"
    assert "Link" not in answer.headers


@given(ID_PARTS, ID_PARTS, st.integers(0, 10**15 - 1), st.integers(1, 25))
def test_the_link_of_a_page_leads_back_to_where_it_ended(
    tenant: str, agent: str, created_at_ms: int, limit: int
) -> None:
    ended = keys.index_sort_key(draft_of(draft_id=f"{agent}/3"), created_at_ms)
    path = f"/v1/tenants/{tenant}/agents/{agent}/drafts"

    answer = page_of_drafts(_request(path), Listing((), ended), _listed, limit=str(limit))
    linked, query = _linked(answer.headers["Link"])

    assert linked == path
    assert query["limit"] == str(limit)
    assert page_cursor(_request(cursor=query["cursor"])) == ended


def test_a_link_is_written_as_rfc_8288_has_it() -> None:
    path = "/v1/tenants/acme/agents/support:v2@eu~1/drafts"

    link = page_of_drafts(_request(path), Listing((), "001700000000678#a/3"), _listed, limit="5").headers["Link"]

    assert link == f'<{path}?limit=5&cursor=MDAxNzAwMDAwMDAwNjc4I2EvMw%3D%3D>; rel="next"'


def test_a_request_without_a_cursor_begins_at_the_newest() -> None:
    assert page_cursor(_request()) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "MDAx",
        "\u00e9",
        "\ud800",
        base64.urlsafe_b64encode(b"00170000000067#support/3").decode(),
        base64.urlsafe_b64encode(b"001700000000678#").decode(),
        base64.urlsafe_b64encode(b"001700000000678#a#b").decode(),
        base64.urlsafe_b64encode(b"001700000000678#" + b"a" * 257).decode(),
        base64.urlsafe_b64encode(b"x01700000000678#support/3").decode(),
        base64.urlsafe_b64encode("\u0661".encode() * 15 + b"#a").decode(),
        base64.urlsafe_b64encode(b"001700000000678#\xff").decode(),
        base64.urlsafe_b64encode(b"001700000000678#a").decode() + "\n",
        base64.urlsafe_b64encode(b"001700000000678#a").decode().rstrip("="),
    ],
)
def test_what_no_link_gave_is_no_cursor(cursor: str) -> None:
    with pytest.raises(MalformedQuery) as refusal:
        page_cursor(_request(cursor=cursor))

    assert refusal.value.parameter == "cursor"
