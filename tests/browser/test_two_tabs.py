"""Two tabs on one draft: nothing that either typed is lost, and who meets whom is said."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import Profiles
from tests.browser.console import Console, form_state, new_form
from tests.served import Api

Tabs = Callable[[str], tuple[Console, Console]]


@pytest.fixture(params=["tabs of one profile", "two profiles"])
def tabs(request: pytest.FixtureRequest, profiles: Profiles, api: Api) -> Tabs:
    """Opens a draft twice."""
    one = profiles()
    other: BrowserContext = one if request.param == "tabs of one profile" else profiles()

    def opened(route: str) -> tuple[Console, Console]:
        both = Console(one.new_page(), api), Console(other.new_page(), api)
        for console in both:
            console.visit(route)
            console.see_saved(1)
        return both

    return opened


def _conflict(console: Console) -> Locator:
    return console.page.get_by_role("alertdialog")


def _collide(tabs: Tabs, api: Api, **members: str) -> tuple[Console, str]:
    """Both tabs change the name while neither knows of the other; returns the tab that came second."""
    draft = new_form(api, "persona", name="before", **members)
    first, second = tabs(f"persona/{draft}")
    second.page.route("**/persona/draft/*", lambda route: route.fulfill(status=304))
    first.field("Name").fill("theirs")
    first.see_saved(2)
    second.field("Name").fill("mine")
    expect(_conflict(second)).to_be_visible()
    second.page.unroute_all()
    return second, draft


def test_edits_of_different_fields_both_survive(tabs: Tabs, api: Api) -> None:
    draft = new_form(api, "persona", name="before", description="before")
    first, second = tabs(f"persona/{draft}")

    first.field("Name").fill("from the first")
    second.field("Description").fill("from the second")

    for console in (first, second):
        expect(console.field("Name")).to_have_value("from the first")
        expect(console.field("Description")).to_have_value("from the second")
        console.see_saved(3)
    state = form_state(api, "persona", draft)
    assert (state["name"], state["description"]) == ("from the first", "from the second")


def test_an_edit_of_another_tab_shows_by_itself_and_is_told(tabs: Tabs, api: Api) -> None:
    draft = new_form(api, "persona", name="before")
    first, second = tabs(f"persona/{draft}")

    first.field("Name").fill("after")

    expect(second.field("Name")).to_have_value("after")
    expect(second.page.get_by_text("dev changed this draft: it is at version 2.")).to_be_visible()


def test_the_second_sees_who_changed_what_and_keeps_its_own_text(tabs: Tabs, api: Api) -> None:
    second, draft = _collide(tabs, api)

    panel = _conflict(second)
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("1 place was changed by both of you")
    expect(panel).to_contain_text("dev saved version 2")
    place = panel.get_by_role("group", name="Name")
    expect(place).to_contain_text("Before: before")
    expect(place.get_by_role("radio", name=re.compile("^Mine"))).to_be_checked()
    expect(place).to_contain_text("theirs")
    expect(second.field("Name")).to_have_value("mine")
    expect(second.state).to_have_text("Conflict: saving waits")
    assert form_state(api, "persona", draft)["name"] == "theirs"


def test_saving_waits_during_a_conflict_and_takes_in_what_is_typed_meanwhile(tabs: Tabs, api: Api) -> None:
    second, draft = _collide(tabs, api)
    sent: list[str] = []
    second.page.on("request", lambda request: sent.append(request.method) if request.method != "GET" else None)

    second.field("Description").fill("typed meanwhile")
    second.field("Name").fill("mine, once more")
    # Longer than the longest pause after which a draft is saved.
    second.page.wait_for_timeout(4_000)
    assert sent == []
    _conflict(second).get_by_role("button", name="Save mine").click()
    second.see_saved(3)

    state = form_state(api, "persona", draft)
    assert (state["name"], state["description"]) == ("mine, once more", "typed meanwhile")


@pytest.mark.parametrize(
    ("choice", "verdict", "kept", "version"),
    [("Mine", "Save mine", "mine", 3), ("Theirs", "Keep theirs", "theirs", 2)],
)
def test_one_side_of_a_conflict_is_kept(
    tabs: Tabs, api: Api, choice: str, verdict: str, kept: str, version: int
) -> None:
    second, draft = _collide(tabs, api)

    _conflict(second).get_by_role("radio", name=re.compile(f"^{choice}")).check()
    _conflict(second).get_by_role("button", name=verdict).click()
    second.see_saved(version)

    expect(_conflict(second)).to_have_count(0)
    expect(second.field("Name")).to_have_value(kept)
    assert form_state(api, "persona", draft)["name"] == kept


def test_some_places_are_theirs_and_the_others_mine(tabs: Tabs, api: Api) -> None:
    draft = new_form(api, "persona", name="before", description="before")
    first, second = tabs(f"persona/{draft}")
    second.page.route("**/persona/draft/*", lambda route: route.fulfill(status=304))
    first.field("Name").fill("their name")
    first.field("Description").fill("their description")
    expect(first.state).to_contain_text("Saved v")
    second.field("Name").fill("my name")
    second.field("Description").fill("my description")
    panel = _conflict(second)
    expect(panel).to_contain_text("2 places were changed by both of you")
    second.page.unroute_all()

    panel.get_by_role("group", name="Description").get_by_role("radio", name=re.compile("^Theirs")).check()
    panel.get_by_role("button", name="Save merged").click()
    expect(panel).to_have_count(0)
    expect(second.state).to_contain_text("Saved v")

    state = form_state(api, "persona", draft)
    assert (state["name"], state["description"]) == ("my name", "their description")


def test_both_changes_of_a_text_are_merged(tabs: Tabs, api: Api) -> None:
    draft = new_form(api, "persona", description="one two three")
    first, second = tabs(f"persona/{draft}")
    second.page.route("**/persona/draft/*", lambda route: route.fulfill(status=304))
    first.field("Description").fill("ONE two three")
    first.see_saved(2)
    second.field("Description").fill("one two THREE")
    panel = _conflict(second)
    expect(panel).to_be_visible()
    second.page.unroute_all()

    panel.get_by_role("radio", name=re.compile("^Merged")).check()
    expect(panel.get_by_label("Merged Description")).to_have_value("ONE two THREE")
    panel.get_by_role("button", name="Save merged").click()
    second.see_saved(3)

    assert form_state(api, "persona", draft)["description"] == "ONE two THREE"


def test_a_conflict_outlives_a_reload(tabs: Tabs, api: Api) -> None:
    second, draft = _collide(tabs, api)

    second.page.reload()

    expect(_conflict(second)).to_be_visible()
    expect(second.field("Name")).to_have_value("mine")
    assert form_state(api, "persona", draft)["name"] == "theirs"


def test_a_draft_that_is_discarded_elsewhere_keeps_what_was_typed_and_can_be_begun_anew(tabs: Tabs, api: Api) -> None:
    draft = new_form(api, "persona", name="before")
    _first, second = tabs(f"persona/{draft}")

    assert api.call("DELETE", f"/persona/draft/{draft}", if_match='"1"').status == 204
    second.field("Name").fill("mine")
    expect(second.state).to_have_text("The draft is gone")
    expect(second.field("Name")).to_have_value("mine")
    second.button("Save it as a new draft").click()
    expect(second.state).to_contain_text("Saved v")

    assert second.draft_id != draft
    assert form_state(api, "persona", second.draft_id)["name"] == "mine"
