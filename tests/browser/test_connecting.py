"""Another API, another person: by an address and a token that is kept in the memory of the tab, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from local.token import mint_token
from tests.browser.conftest import Profiles
from tests.browser.console import Console
from tests.served import Api, served

_SECRET = "a-secret-for-tests-" * 4


@pytest.fixture(scope="module")
def guarded() -> Iterator[Api]:
    """A server that lets nobody in without a token."""
    with served(LOCAL_AUTH="required", LOCAL_JWT_SECRET=_SECRET) as running:
        yield running


@pytest.fixture
def profile(profiles: Profiles, guarded: Api) -> BrowserContext:
    return profiles(guarded)


@pytest.fixture
def console(profile: BrowserContext, guarded: Api) -> Console:
    return Console(profile.new_page(), guarded)


def _token(hours: float = 1.0, user: str = "ann") -> str:
    return mint_token(_SECRET, "acme", user, hours=hours)


def _connect(console: Console, token: str, address: str = "") -> None:
    console.page.get_by_role("button", name="Connection").click()
    console.field("Address of the API").fill(address)
    console.field("Bearer token").fill(token)
    console.button("Connect").click()


def test_without_a_token_nothing_is_shown_and_with_one_the_draft_is_saved(console: Console, guarded: Api) -> None:
    token = _token()
    console.visit("persona")
    expect(console.page.get_by_role("alert")).to_contain_text(
        "The server wants a token, and one that it accepts: give it by the connection at the top."
    )

    _connect(console, token)
    expect(console.page.get_by_role("alert")).to_have_count(0)
    expect(console.page.get_by_role("button", name="Connection")).to_contain_text("ann acme")
    console.button("New persona").first.click()
    console.field("Name").fill("Ada")
    console.see_saved(1)

    reply = guarded.call("GET", f"/persona/draft/{console.draft_id}", authorization=f"Bearer {token}")
    assert reply.json["form_state"]["name"] == "Ada"


def test_the_token_is_stored_nowhere(console: Console) -> None:
    token = _token()
    console.visit("persona")

    _connect(console, token)
    console.button("New persona").first.click()
    console.field("Name").fill("Ada")
    console.see_saved(1)

    stored = console.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert token not in stored
    assert token.split(".")[2] not in stored
    console.page.reload()
    expect(console.page.get_by_role("button", name="Connection")).to_contain_text("dev local")


def test_a_token_that_expires_holds_the_edits_until_the_next_one(console: Console, guarded: Api) -> None:
    console.visit("persona")
    _connect(console, _token())
    console.button("New persona").first.click()
    console.field("Name").fill("Ada")
    console.see_saved(1)
    refusing = "**/persona/draft"
    console.page.route(refusing, lambda route: route.continue_(headers=_expired(route.request.headers)))

    console.field("Name").fill("typed after the token expired")
    expect(console.state).to_have_text("Signed out: kept here")
    expect(console.field("Name")).to_have_value("typed after the token expired")
    console.page.unroute_all()
    token = _token()
    _connect(console, token)
    console.see_saved(2)

    reply = guarded.call("GET", f"/persona/draft/{console.draft_id}", authorization=f"Bearer {token}")
    assert reply.json["form_state"]["name"] == "typed after the token expired"


def _expired(headers: dict[str, str]) -> dict[str, str]:
    return headers | {"authorization": f"Bearer {_token(hours=-1)}"}


def test_a_console_works_an_api_at_another_address(profiles: Profiles, api: Api, guarded: Api) -> None:
    console = Console(profiles(guarded).new_page(), api)
    token = _token()
    console.visit("persona")

    _connect(console, token, f"http://127.0.0.1:{guarded.port}")
    console.button("New persona").first.click()
    console.field("Name").fill("Ada")
    console.see_saved(1)

    assert api.call("GET", f"/persona/draft/{console.draft_id}").status == 404
    reply = guarded.call("GET", f"/persona/draft/{console.draft_id}", authorization=f"Bearer {token}")
    assert reply.json["form_state"]["name"] == "Ada"


def test_an_open_draft_is_saved_on_after_the_same_connection_was_made_again(console: Console) -> None:
    token = _token()
    console.visit("persona")
    _connect(console, token)
    console.button("New persona").first.click()
    console.field("Name").fill("Ada")
    console.see_saved(1)

    _connect(console, token)
    console.field("Name").fill("Ada Lovelace")

    console.see_saved(2)


def test_edits_of_one_user_are_found_again_after_another_has_begun_a_draft_at_the_same_address(
    console: Console,
) -> None:
    ann, bob = _token(), _token(user="bob")
    console.visit("persona")
    _connect(console, ann)
    console.button("New persona").first.click()
    expect(console.state).to_have_text("Nothing saved yet")
    console.meet_saves(lambda route: route.abort())
    console.field("Name").fill("typed by Ann")
    expect(console.state).to_have_text("Offline: kept here, will retry")
    _connect(console, bob)
    expect(console.field("Name")).to_have_value("")
    console.page.unroute_all()
    console.field("Name").fill("typed by Bob")
    console.see_saved(1)

    _connect(console, ann)
    console.page.get_by_role("link", name="Personas").click()
    offer = console.page.get_by_role("status").filter(has_text="These were typed and are not saved yet")
    offer.get_by_role("link").click()

    console.see_saved(1)
    expect(console.field("Name")).to_have_value("typed by Ann")
