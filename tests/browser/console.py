"""What a person does and sees in a page of the console; what the server has is asked of the API."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.served import Api


@dataclass
class Console:
    """One tab."""

    page: Page
    api: Api

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.api.port}/console/"

    def visit(self, route: str = "") -> None:
        """Open a view, such as `persona` or `agents/support/3`."""
        self.page.goto(f"{self.home}#/{route}")

    def begin(self, kind: str) -> None:
        """Open the form of a draft that nobody has saved yet."""
        self.visit(f"{kind}/new-{uuid.uuid4()}")
        expect(self.state).to_have_text("Nothing saved yet")

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def picker(self, label: str) -> Locator:
        return self.page.get_by_role("combobox", name=label, exact=True)

    def option(self, name: str | None = None) -> Locator:
        """The rows that an open picker offers."""
        return self.page.get_by_role("listbox").get_by_role("option", name=name)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    @property
    def state(self) -> Locator:
        """Whether the open draft is saved, as the page says it."""
        return self.page.locator(".save-state")

    def see_saved(self, version: int) -> None:
        expect(self.state).to_have_text(re.compile(rf"^Saved v{version}(?!\d)"))

    def meet_reads(self, meet: Callable[[Route], object]) -> None:
        """Have a function answer where the page asks how a draft is, until all routes are taken away."""
        self._meet({"GET"}, meet)

    def meet_saves(self, meet: Callable[[Route], object]) -> None:
        """Have a function answer where the page saves a draft, until all routes are taken away."""
        self._meet({"POST", "PUT"}, meet)

    def _meet(self, methods: set[str], meet: Callable[[Route], object]) -> None:
        def handle(route: Route) -> None:
            if route.request.method in methods:
                meet(route)
            else:
                route.fallback()

        self.page.route(re.compile(r"/draft(/[0-9a-f-]{36})?$"), handle)

    @property
    def draft_id(self) -> str:
        """The id of the form draft that is open, once it is saved."""
        expect(self.page).to_have_url(re.compile(r"#/[a-z]+/(?!new-)[0-9a-f-]{36}$"))
        return self.page.url.rpartition("/")[2]


def wait_until(page: Page, is_true: Callable[[], bool]) -> None:
    """Wait for what no locator tells, as long as an expectation would."""
    for _ in range(400):
        if is_true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It did not come true within 20 s.")


@dataclass
class Told:
    """What a browser context told of, that no page of the console may ever do."""

    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def listen(context: BrowserContext, *homes: str) -> Told:
    """Write down violations of the policy, errors that nobody caught, and requests that leave `homes`."""
    told = Told()
    context.expose_binding("tellViolation", lambda _source, text: told.violations.append(text))
    context.add_init_script(
        "addEventListener('securitypolicyviolation', (event) =>"
        " tellViolation(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"
    )
    context.on("weberror", lambda error: told.errors.append(str(error.error)))
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith((*homes, "data:", "blob:")) else told.elsewhere.append(request.url)
        ),
    )
    return told


def new_form(api: Api, kind: str, **members: Any) -> str:
    """Store a form draft beside the browser; the id of it."""
    reply = api.call("POST", f"/{kind}/draft", members)
    assert reply.status == 200, reply.body
    return str(reply.json["draft_id"])


def form_state(api: Api, kind: str, draft_id: str) -> dict[str, Any]:
    """What the server has of a form draft."""
    reply = api.call("GET", f"/{kind}/draft/{draft_id}")
    assert reply.status == 200, reply.body
    state: dict[str, Any] = reply.json["form_state"]
    return state


def agent_path(agent: str) -> str:
    """Where the API has the draft of an agent's first revision."""
    return f"/v1/tenants/local/agents/{agent}/revisions/1/draft"


def new_agent(api: Api, content: dict[str, Any]) -> str:
    """Store the draft of the first revision of an agent that nobody knows yet; the agent's id."""
    agent = f"agent-{uuid.uuid4().hex[:12]}"
    reply = api.call("PUT", agent_path(agent), content)
    assert reply.status == 200, reply.body
    return agent


def agent_content(api: Api, agent: str) -> dict[str, Any]:
    """What the server has of the draft of an agent's first revision."""
    content: dict[str, Any] = api.call("GET", agent_path(agent)).json["headData"]
    return content
