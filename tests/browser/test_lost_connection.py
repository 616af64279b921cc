"""The network, the server or the tab goes away: what was typed is kept, said to be kept, and sent once."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.console import Console, agent_content, agent_path, form_state, new_agent, new_form, wait_until
from tests.browser.drafts import BEFORE, Draft
from tests.served import Api

_OFFLINE = "Offline: kept here, will retry"
# Two looks of an open page at its draft, and more.
_POLL_MS = 6_000


def test_what_is_typed_offline_is_kept_said_and_sent_when_the_network_is_back(
    console: Console, profile: BrowserContext, draft: Draft
) -> None:
    console.visit(draft.route)
    console.see_saved(1)

    profile.set_offline(True)
    draft.text(console).fill("typed offline")
    expect(console.state).to_have_text(_OFFLINE)
    draft.other(console).fill("this, too")
    expect(console.state).to_have_text(_OFFLINE)
    assert draft.stored == (BEFORE, "before")
    profile.set_offline(False)
    expect(console.state).to_contain_text("Saved v")

    expect(draft.text(console)).to_have_value("typed offline")
    assert draft.stored == ("typed offline", "this, too")


@pytest.mark.parametrize("reloaded", ["after it is back", "while it is away"])
def test_what_was_typed_without_the_network_is_sent_once_and_with_its_key_after_a_reload(
    console: Console, profile: BrowserContext, draft: Draft, reloaded: str
) -> None:
    keys: list[str] = []
    console.page.on(
        "request",
        lambda request: keys.append(request.headers["idempotency-key"]) if request.method in {"POST", "PUT"} else None,
    )
    console.visit(draft.route)
    console.see_saved(1)
    profile.set_offline(True)
    draft.text(console).fill("typed offline")
    expect(console.state).to_have_text(_OFFLINE)

    if reloaded == "while it is away":
        with pytest.raises(PlaywrightError, match="ERR_INTERNET_DISCONNECTED"):
            console.page.reload()
    profile.set_offline(False)
    console.visit(draft.route)
    console.page.reload()
    console.see_saved(2)

    expect(draft.text(console)).to_have_value("typed offline")
    assert draft.stored == ("typed offline", "before")
    assert len(set(keys)) == 1
    # Longer than it takes to look for another tab's edits, or to send once more.
    console.page.wait_for_timeout(_POLL_MS)
    assert draft.versions == [2, 1]


def test_a_draft_that_was_begun_offline_is_created_once(console: Console, profile: BrowserContext, api: Api) -> None:
    console.begin("persona")
    profile.set_offline(True)
    console.field("Name").fill("begun offline")
    expect(console.state).to_have_text(_OFFLINE)

    profile.set_offline(False)
    console.page.reload()
    console.see_saved(1)

    assert form_state(api, "persona", console.draft_id)["name"] == "begun offline"
    entries = api.call("GET", f"/persona/draft/{console.draft_id}/history").json["entries"]
    assert [entry["seq_no"] for entry in entries] == [1]


def test_a_draft_that_gets_its_id_while_the_page_is_loaded_again_is_the_one_shown(console: Console, api: Api) -> None:
    console.begin("persona")
    begun = console.page.url
    held: dict[str, Route] = {}

    def hold(route: Route) -> None:
        held[route.request.method] = route

    console.page.route("**/persona/draft", hold)
    console.page.route(console.home, hold)
    with console.page.expect_request("**/persona/draft"):
        console.field("Name").fill("Ada")

    with console.page.expect_request(console.home):
        console.page.evaluate("location.reload()")
    held["POST"].continue_()
    wait_until(console.page, lambda: console.page.url != begun)
    with console.page.expect_event("load"):
        held["GET"].continue_()
    console.see_saved(1)

    expect(console.field("Name")).to_have_value("Ada")
    assert form_state(api, "persona", console.draft_id)["name"] == "Ada"


def test_an_address_from_before_the_first_save_begins_another_draft_the_next_time(console: Console, api: Api) -> None:
    route = f"persona/new-{uuid.uuid4()}"
    console.visit(route)
    console.field("Name").fill("the first")
    console.see_saved(1)
    first = console.draft_id
    assert api.call("DELETE", f"/persona/draft/{first}", if_match="1").status == 204

    console.visit("persona")
    console.visit(route)
    expect(console.state).to_have_text("Nothing saved yet")
    console.page.reload()
    expect(console.state).to_have_text("Nothing saved yet")
    console.field("Name").fill("the second")
    console.see_saved(1)

    assert console.draft_id != first


def test_what_a_page_kept_is_found_though_the_browser_has_not_put_the_page_away_yet(
    console: Console, profile: BrowserContext, api: Api
) -> None:
    draft = new_form(api, "persona", name="before")
    console.visit(f"persona/{draft}")
    console.see_saved(1)
    profile.set_offline(True)
    console.field("Name").fill("after")
    expect(console.state).to_have_text(_OFFLINE)
    console.meet_saves(lambda route: route.abort())
    profile.set_offline(False)

    # Whoever waits for the page's own lock gets it when the page is gone, and the next page finds it taken.
    other = profile.new_page()
    other.goto(f"http://127.0.0.1:{api.port}/console/mark.svg")
    name = console.page.evaluate("sessionStorage.getItem('draftkeep.tab')")
    other.evaluate(
        "(name) => void navigator.locks.request(name, () => new Promise((end) => setTimeout(end, 500)))",
        f"draftkeep.tab.{name}",
    )
    with console.page.expect_event("framenavigated"):
        console.page.evaluate("location.reload()")
    console.page.unroute_all()
    console.see_saved(2)

    assert form_state(api, "persona", draft)["name"] == "after"


def test_an_agent_that_was_begun_offline_is_created_once(console: Console, profile: BrowserContext, api: Api) -> None:
    agent = f"agent-{uuid.uuid4()}"
    console.visit(f"agents/{agent}/1")
    expect(console.state).to_have_text("Nothing saved yet")
    profile.set_offline(True)
    console.button("Add entry and exit").click()
    expect(console.state).to_have_text(_OFFLINE)
    console.field("Comment").fill("begun offline")

    profile.set_offline(False)
    console.page.reload()
    expect(console.page.locator(".step-card")).to_have_count(2)
    expect(console.state).to_contain_text("Saved v")

    content = agent_content(api, agent)
    assert (content["comment"], len(content["flow"]["steps"])) == ("begun offline", 2)
    entries = api.call("GET", f"{agent_path(agent)}/history").json["entries"]
    # The steps were on their way when the comment was typed.
    assert [entry["seqNo"] for entry in entries] == [2, 1]


def test_a_save_whose_answer_was_lost_is_not_done_twice(console: Console, draft: Draft) -> None:
    console.visit(draft.route)
    console.see_saved(1)
    answers: list[int] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        answers.append(answer.status)
        if len(answers) == 1:
            route.abort("connectionreset")
        else:
            assert answer.headers["idempotency-replayed"] == "true"
            route.fulfill(response=answer)

    console.meet_saves(lose_the_first)
    draft.text(console).fill("after")
    console.see_saved(2)

    assert answers == [200, 200]
    assert draft.versions == [2, 1]


def test_a_created_draft_whose_answer_was_lost_is_not_created_twice(console: Console, api: Api) -> None:
    created: list[dict[str, Any]] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        created.append(json.loads(answer.text()))
        if len(created) == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    console.begin("persona")
    console.page.route("**/persona/draft", lose_the_first)
    console.field("Name").fill("Ada")
    console.see_saved(1)

    assert [one["draft_id"] for one in created] == [console.draft_id] * 2


def test_a_busy_server_is_asked_again_when_it_said(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="before")
    console.visit(f"persona/{draft}")
    console.see_saved(1)
    problem = {"title": "Throttled", "status": 503, "code": "throttled"}
    times: list[float] = []

    def busy_once(route: Route) -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            route.fulfill(
                status=503, headers={"retry-after": "4", "content-type": "application/problem+json"}, json=problem
            )
        else:
            route.continue_()

    console.page.route("**/persona/draft", busy_once)
    console.field("Name").fill("after")
    expect(console.state).to_have_text("Server is busy: kept here, will retry")
    console.see_saved(2)

    assert times[1] - times[0] >= 3.9
    assert form_state(api, "persona", draft)["name"] == "after"


def test_a_server_that_cannot_be_reached_is_told_from_one_that_refuses(console: Console, api: Api) -> None:
    console.visit("tool")
    expect(console.page.get_by_role("heading", name="Tools")).to_be_visible()
    console.page.route("**/persona/drafts", lambda route: route.abort("connectionrefused"))

    console.page.get_by_role("link", name="Personas").click()
    expect(console.page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    console.page.unroute_all()
    console.button("Try again").click()

    expect(console.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("way", ["the list", "the draft"])
def test_what_a_closed_tab_left_is_offered_and_sent(
    console: Console, profile: BrowserContext, api: Api, draft: Draft, way: str
) -> None:
    console.visit(draft.route)
    console.see_saved(1)
    profile.set_offline(True)
    draft.text(console).fill("left by a closed tab")
    expect(console.state).to_have_text(_OFFLINE)
    console.page.close()

    profile.set_offline(False)
    next_tab = Console(profile.new_page(), api)
    next_tab.visit(draft.route.split("/")[0] if way == "the list" else draft.route)
    if way == "the list":
        offer = next_tab.page.get_by_role("status").filter(has_text="These were typed and are not saved yet")
        offer.get_by_role("link").click()
    next_tab.see_saved(2)

    expect(draft.text(next_tab)).to_have_value("left by a closed tab")
    assert draft.stored == ("left by a closed tab", "before")


def test_a_tab_that_lives_keeps_its_edits_to_itself(
    console: Console, profile: BrowserContext, api: Api, draft: Draft
) -> None:
    console.visit(draft.route)
    console.see_saved(1)
    profile.set_offline(True)
    draft.text(console).fill("of the first tab")
    expect(console.state).to_have_text(_OFFLINE)
    console.meet_saves(lambda route: route.abort())
    profile.set_offline(False)

    other = Console(profile.new_page(), api)
    other.visit(draft.route)
    other.see_saved(1)
    other.page.wait_for_timeout(_POLL_MS)

    other.see_saved(1)
    expect(draft.text(other)).to_have_value(BEFORE)
    expect(console.state).to_have_text(_OFFLINE)
    expect(draft.text(console)).to_have_value("of the first tab")
    assert draft.stored == (BEFORE, "before")


def test_nothing_is_left_in_the_browser_once_it_is_saved(console: Console, api: Api) -> None:
    console.begin("persona")
    console.field("Name").fill("Ada")
    console.see_saved(1)

    kept = console.page.evaluate("Object.keys(localStorage)")

    assert [key for key in kept if key.startswith("draftkeep.copy")] == []


def test_a_page_of_which_a_file_did_not_come_is_loaded_again(console: Console) -> None:
    lost: list[str] = []

    def lose_twice(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    console.page.route("**/core/session.js", lose_twice)
    console.visit("persona")

    expect(console.page.get_by_role("heading", name="Personas")).to_be_visible()
    assert len(lost) == 2
    assert console.page.evaluate("sessionStorage.getItem('draftkeep.tries')") is None


def test_a_page_of_which_a_file_never_comes_says_so(console: Console) -> None:
    tried: list[str] = []

    def lose(route: Route) -> None:
        tried.append(route.request.url)
        route.abort()

    console.page.route("**/core/session.js", lose)
    console.visit("persona")

    expect(console.page.get_by_role("alert")).to_contain_text("The console could not be loaded completely.")
    assert len(tried) == 4


def test_what_was_typed_at_the_moment_of_a_reload_is_kept(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="before")
    console.visit(f"persona/{draft}")
    console.see_saved(1)

    console.field("Name").evaluate(
        "(box) => { box.value = 'at the last moment';"
        " box.dispatchEvent(new Event('input', { bubbles: true })); location.reload(); }"
    )
    console.see_saved(2)

    assert form_state(api, "persona", draft)["name"] == "at the last moment"


def test_what_was_typed_into_a_long_text_at_the_moment_of_a_reload_is_kept(console: Console, api: Api) -> None:
    agent = new_agent(api, {"comment": "x" * 100_000})
    console.visit(f"agents/{agent}/1")
    console.see_saved(1)
    console.button("JSON").click()

    console.field("The whole agent as JSON").evaluate(
        "async (box) => { const type = (text) => { box.value = JSON.stringify({ comment: text + 'x'.repeat(100000) });"
        " box.dispatchEvent(new Event('input', { bubbles: true })); };"
        " type('first'); await new Promise((resolve) => setTimeout(resolve, 380));"
        " type('last'); setTimeout(() => location.reload()); }"
    )
    console.see_saved(2)

    assert agent_content(api, agent)["comment"].startswith("last")
