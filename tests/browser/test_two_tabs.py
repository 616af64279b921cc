"""Two tabs on one draft: nothing that either typed is lost, and who meets whom is said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import Profiles
from tests.browser.console import Console, agent_content, agent_path, wait_until
from tests.browser.drafts import BEFORE, Agent, Draft, place
from tests.served import Api

Tabs = Callable[[str], tuple[Console, Console]]
_NAME = "sessionStorage.getItem('draftkeep.tab')"


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


def _collide(tabs: Tabs, draft: Draft, theirs: str = "theirs", mine: str = "mine") -> Console:
    """Both tabs change the text while neither knows of the other; returns the tab that came second."""
    first, second = tabs(draft.route)
    second.meet_reads(lambda route: route.fulfill(status=304))
    draft.text(first).fill(theirs)
    first.see_saved(2)
    draft.text(second).fill(mine)
    expect(_conflict(second)).to_be_visible()
    second.page.unroute_all()
    return second


def test_edits_of_different_fields_both_survive(tabs: Tabs, draft: Draft) -> None:
    first, second = tabs(draft.route)

    draft.text(first).fill("from the first")
    draft.other(second).fill("from the second")

    for console in (first, second):
        expect(draft.text(console)).to_have_value("from the first")
        expect(draft.other(console)).to_have_value("from the second")
        console.see_saved(3)
    assert draft.stored == ("from the first", "from the second")


def test_an_edit_of_another_tab_shows_by_itself_and_is_told(tabs: Tabs, draft: Draft) -> None:
    first, second = tabs(draft.route)

    draft.text(first).fill("after")

    expect(draft.text(second)).to_have_value("after")
    expect(second.page.get_by_text("dev changed this draft: it is at version 2.")).to_be_visible()


def test_the_second_sees_who_changed_what_and_keeps_its_own_text(tabs: Tabs, draft: Draft) -> None:
    second = _collide(tabs, draft)

    panel = _conflict(second)
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("1 place was changed by both of you")
    expect(panel).to_contain_text("dev saved version 2")
    place = panel.get_by_role("group", name=draft.places[0], exact=True)
    expect(place).to_contain_text(f"Before: {BEFORE}")
    expect(place.get_by_role("radio", name=re.compile("^Mine"))).to_be_checked()
    expect(place).to_contain_text("theirs")
    expect(draft.text(second)).to_have_value("mine")
    expect(second.state).to_have_text("Conflict: saving waits")
    assert draft.stored == ("theirs", "before")


def test_saving_waits_during_a_conflict_and_takes_in_what_is_typed_meanwhile(tabs: Tabs, draft: Draft) -> None:
    second = _collide(tabs, draft)
    sent: list[str] = []
    second.page.on("request", lambda request: sent.append(request.method) if request.method != "GET" else None)

    draft.other(second).fill("typed meanwhile")
    draft.text(second).fill("mine, once more")
    # Longer than the longest pause after which a draft is saved.
    second.page.wait_for_timeout(4_000)
    assert sent == []
    _conflict(second).get_by_role("button", name="Save mine").click()
    second.see_saved(3)

    assert draft.stored == ("mine, once more", "typed meanwhile")


def test_a_conflict_does_not_interrupt_who_is_typing(console: Console, draft: Draft) -> None:
    mine = "typed on and on while the other one saved"
    console.visit(draft.route)
    console.see_saved(1)
    console.meet_reads(lambda route: route.fulfill(status=304))
    assert draft.change("theirs") == 200

    draft.text(console).fill("")
    # Without a pause in which it would be saved, and longer than the longest time until it is all the same.
    draft.text(console).press_sequentially(mine, delay=150)

    expect(_conflict(console)).to_be_focused()
    expect(draft.text(console)).to_have_value(mine)
    assert draft.stored == ("theirs", "before")


@pytest.mark.parametrize(
    ("choice", "verdict", "kept", "version"),
    [("Mine", "Save mine", "mine", 3), ("Theirs", "Keep theirs", "theirs", 2)],
)
def test_one_side_of_a_conflict_is_kept(
    tabs: Tabs, draft: Draft, choice: str, verdict: str, kept: str, version: int
) -> None:
    second = _collide(tabs, draft)

    _conflict(second).get_by_role("radio", name=re.compile(f"^{choice}")).check()
    _conflict(second).get_by_role("button", name=verdict).click()
    second.see_saved(version)

    expect(_conflict(second)).to_have_count(0)
    expect(draft.text(second)).to_have_value(kept)
    assert draft.stored == (kept, "before")
    assert draft.versions[0] == version


def test_some_places_are_theirs_and_the_others_mine(tabs: Tabs, draft: Draft) -> None:
    first, second = tabs(draft.route)
    second.meet_reads(lambda route: route.fulfill(status=304))
    draft.text(first).fill("their text")
    first.see_saved(2)
    draft.other(first).fill("their other")
    first.see_saved(3)
    draft.text(second).fill("my text")
    draft.other(second).fill("my other")
    panel = _conflict(second)
    expect(panel).to_contain_text("2 places were changed by both of you")
    second.page.unroute_all()

    other = panel.get_by_role("group", name=draft.places[1], exact=True)
    other.get_by_role("radio", name=re.compile("^Theirs")).check()
    panel.get_by_role("button", name="Save merged").click()
    expect(panel).to_have_count(0)
    second.see_saved(4)

    assert draft.stored == ("my text", "their other")


def test_both_changes_of_a_text_are_merged(tabs: Tabs, draft: Draft) -> None:
    second = _collide(tabs, draft, theirs="ONE two three", mine="one two THREE")
    panel = _conflict(second)

    panel.get_by_role("radio", name=re.compile("^Merged")).check()
    expect(panel.get_by_label(f"Merged {draft.places[0]}")).to_have_value("ONE two THREE")
    panel.get_by_role("button", name="Save merged").click()
    second.see_saved(3)

    expect(draft.text(second)).to_have_value("ONE two THREE")
    assert draft.stored == ("ONE two THREE", "before")


@pytest.mark.parametrize(
    ("choice", "verdict", "kept"),
    [("Mine", "Save mine", ["start", "end", "triage"]), ("Theirs", "Keep theirs", ["triage", "start", "end"])],
)
def test_two_new_orders_of_the_steps_are_chosen_from(
    console: Console, api: Api, choice: str, verdict: str, kept: list[str]
) -> None:
    draft = Agent(api)
    content = agent_content(api, draft.id)
    start, triage, end = content["flow"]["steps"]
    console.visit(draft.route)
    console.see_saved(1)
    console.meet_reads(lambda route: route.fulfill(status=304))
    theirs = content | {"flow": content["flow"] | {"steps": [triage, start, end]}}
    assert api.call("PUT", agent_path(draft.id), theirs, if_match='"1"').status == 200

    console.button("JSON").click()
    mine = content | {"flow": content["flow"] | {"steps": [start, end, triage]}}
    console.field("The whole agent as JSON").fill(json.dumps(mine))
    order = _conflict(console).get_by_role("group", name=place("flow", "steps", "order"), exact=True)
    expect(order).to_contain_text('Before: ["start","triage","end"]')
    expect(order.get_by_role("radio")).to_have_count(2)
    expect(order).to_contain_text('Theirs["triage","start","end"]')
    order.get_by_role("radio", name=re.compile(f"^{choice}")).check()
    _conflict(console).get_by_role("button", name=verdict).click()
    expect(_conflict(console)).to_have_count(0)
    expect(console.state).to_contain_text("Saved v")

    assert [step["id"] for step in agent_content(api, draft.id)["flow"]["steps"]] == kept


def test_a_conflict_outlives_a_reload(tabs: Tabs, draft: Draft) -> None:
    second = _collide(tabs, draft)

    second.page.reload()

    expect(_conflict(second)).to_be_visible()
    expect(draft.text(second)).to_have_value("mine")
    assert draft.stored == ("theirs", "before")


def test_a_draft_that_is_discarded_elsewhere_keeps_what_was_typed_and_can_be_begun_anew(
    tabs: Tabs, draft: Draft
) -> None:
    _first, second = tabs(draft.route)
    discarded = draft.id

    assert draft.discard() == 204
    draft.text(second).fill("mine")
    expect(second.state).to_have_text("The draft is gone")
    expect(draft.text(second)).to_have_value("mine")
    second.button("Save it as a new draft").click()
    expect(second.state).to_contain_text("Saved v")

    draft.route = second.page.url.partition("#/")[2]
    # An agent has one draft of a revision, under one name.
    assert (draft.id == discarded) == isinstance(draft, Agent)
    assert draft.stored == ("mine", "before")


def test_a_duplicated_tab_gets_a_name_of_its_own_at_once(
    console: Console, profile: BrowserContext, draft: Draft
) -> None:
    console.visit(draft.route)
    console.see_saved(1)
    name = console.page.evaluate(_NAME)
    duplicate = profile.new_page()
    duplicate.add_init_script(f"{_NAME} ?? sessionStorage.setItem('draftkeep.tab', '{name}')")
    # Without an answer of the first tab it would wait for the name for ever.
    duplicate.add_init_script(
        "const later = setTimeout;"
        "window.setTimeout = (work, ms, ...more) => (ms === 2000 ? 0 : later(work, ms, ...more))"
    )

    duplicate.goto(console.page.url)
    wait_until(duplicate, lambda: bool(duplicate.evaluate(_NAME) != name))

    assert console.page.evaluate(_NAME) == name
