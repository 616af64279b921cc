"""Drafts of either kind as tests of both work on them: a text that is changed, and another one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from playwright.sync_api import Locator

from tests.browser.console import Console, agent_content, agent_path, form_state, new_agent, new_form
from tests.served import Api

BEFORE = "one two three"


def place(*names: str) -> str:
    """A place of an agent as a conflict calls it."""
    return " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(names)


class Draft(ABC):
    """A stored draft whose text is BEFORE.

    route: where the console shows it; places: what a conflict calls the text and the other one
    """

    places: tuple[str, str]
    route: str

    def __init__(self, api: Api) -> None:
        self.api = api

    @property
    def id(self) -> str:
        return self.route.split("/")[1]

    @abstractmethod
    def text(self, console: Console) -> Locator: ...

    @abstractmethod
    def other(self, console: Console) -> Locator: ...

    @property
    @abstractmethod
    def stored(self) -> tuple[str, str]:
        """Both texts as the server has them."""

    @property
    @abstractmethod
    def versions(self) -> list[int]:
        """The numbers of all contents that it has had, newest first."""

    @abstractmethod
    def change(self, text: str) -> int:
        """Save another text over its first version, beside the browser; the status of the answer."""

    @abstractmethod
    def discard(self) -> int:
        """Discard its first version beside the browser; the status of the answer."""


class Persona(Draft):
    places = ("Name", "Description")

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self.route = f"persona/{new_form(api, 'persona', name=BEFORE, description='before')}"

    def text(self, console: Console) -> Locator:
        return console.field("Name")

    def other(self, console: Console) -> Locator:
        return console.field("Description")

    @property
    def stored(self) -> tuple[str, str]:
        state = form_state(self.api, "persona", self.id)
        return state["name"], state["description"]

    @property
    def versions(self) -> list[int]:
        return [one["seq_no"] for one in self.api.call("GET", f"/persona/draft/{self.id}/history").json["entries"]]

    def change(self, text: str) -> int:
        members = {"draft_id": self.id, "name": text}
        return self.api.call("POST", "/persona/draft", members, if_match='"1"').status

    def discard(self) -> int:
        return self.api.call("DELETE", f"/persona/draft/{self.id}", if_match='"1"').status


class Agent(Draft):
    """Its text is the prompt of a step, beside the graph; the other one is the comment."""

    places = (place("flow", "steps", "triage", "prompt"), "comment")

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        steps: list[dict[str, Any]] = [
            {"id": "start", "type": "ENTRY_POINT", "name": "Message arrives"},
            {"id": "triage", "type": "AGENT", "name": "Triage", "prompt": BEFORE},
            {"id": "end", "type": "EXIT_POINT", "name": "Answer is sent"},
        ]
        edges = [{"source": "start", "target": "triage"}, {"source": "triage", "target": "end"}]
        self.route = f"agents/{new_agent(api, {'comment': 'before', 'flow': {'steps': steps, 'edges': edges}})}/1"

    def text(self, console: Console) -> Locator:
        panel = console.page.get_by_role("region", name="Step Triage")
        if not panel.count():
            console.page.locator('.step-card[data-key="step triage"]').click()
        return panel.get_by_label("Prompt", exact=True)

    def other(self, console: Console) -> Locator:
        return console.field("Comment")

    @property
    def stored(self) -> tuple[str, str]:
        content = agent_content(self.api, self.id)
        return content["flow"]["steps"][1]["prompt"], content["comment"]

    @property
    def versions(self) -> list[int]:
        return [one["seqNo"] for one in self.api.call("GET", f"{agent_path(self.id)}/history").json["entries"]]

    def change(self, text: str) -> int:
        content = agent_content(self.api, self.id)
        content["flow"]["steps"][1]["prompt"] = text
        return self.api.call("PUT", agent_path(self.id), content, if_match='"1"').status

    def discard(self) -> int:
        return self.api.call("DELETE", agent_path(self.id), if_match='"1"').status
