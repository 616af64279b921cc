"""The client: how each kind spells its paths and members, and who has learned which id of the server."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from local.settings import DEFAULT_JWT_SECRET
from local.token import mint_token
from tests.machine import forms
from tests.machine.model import ANY, NEW, NOTHING, Content, Draft, Proposal, Request, Said
from tests.served import Api, Reply

KINDS = ("agent", "persona", "tool", "eval", "test")


@dataclass(frozen=True)
class User:
    """A caller, known by a token."""

    name: str
    tenant: str
    token: str

    @classmethod
    def of(cls, name: str, tenant: str) -> User:
        return cls(name, tenant, mint_token(DEFAULT_JWT_SECRET, tenant=tenant, user=name))


@dataclass(eq=False)
class Subject:
    """One draft of one user: where it is, and its model.

    number: of agents the revision; draft_id: of forms, None until the server has told it
    """

    user: User
    kind: str
    agent: str
    number: int
    draft: Draft
    draft_id: str | None = None
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def is_agent(self) -> bool:
        return self.kind == "agent"

    @property
    def base(self) -> str:
        """What the paths of all drafts begin with."""
        return f"/v1/tenants/{self.user.tenant}/agents/{self.agent}" if self.is_agent else f"/{self.kind}"

    @property
    def path(self) -> str:
        return f"{self.base}/revisions/{self.number}/draft" if self.is_agent else f"{self.base}/draft/{self.draft_id}"

    @property
    def is_addressable(self) -> bool:
        return self.is_agent or self.draft_id is not None

    def at(self, name: str) -> str:
        """The path of a move or a comparison."""
        return f"{self.path}{':' if self.is_agent else '/'}{name}"

    def spelled(self, name: str) -> str:
        return name if self.is_agent else "".join(f"_{one.lower()}" if one.isupper() else one for one in name)

    @property
    def content(self) -> str:
        return "headData" if self.is_agent else "form_state"

    @property
    def key(self) -> str:
        return self.spelled("idempotencyKey")

    def waiting(self) -> list[Proposal]:
        """The pending proposals of the draft as it is, oldest first."""
        pending = [one for one in self.proposals if one.is_pending]
        return [one for one in pending if self.is_agent or one.draft_id == self.draft_id]


def condition(said: Said) -> dict[str, str]:
    """The header that says it."""
    named = {NOTHING: {}, ANY: {"if-match": "*"}, NEW: {"if-none-match": "*"}}
    spellings = (f'"{said}"', f"{said}", f'W/"{said}"')
    return named[said] if isinstance(said, str) else {"if-match": spellings[said % 3]}


@dataclass
class Client:
    """Sends requests of several users to one server, and counts the answers by status and code."""

    api: Api
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)

    def send(self, user: User, request: Request, said: Said = NOTHING, **headers: str) -> Reply:
        self.sent += 1
        every = {"authorization": f"Bearer {user.token}", **dict(request.headers), **condition(said)}
        every |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = None
        if request.body is not None:
            every["content-type"] = "application/json"
            raw = json.dumps(request.body).encode()
        reply = self.api.send(request.method, request.path, raw, every)
        self.answers[f"{reply.status} {reply.code}" if reply.status >= 400 else f"{reply.status}"] += 1
        return reply

    def get(self, user: User, path: str, **headers: str) -> Reply:
        return self.send(user, Request("GET", path, None), **headers)

    def import_catalog(self, tenant: str) -> None:
        """Give a tenant the sample catalog."""
        token = mint_token(DEFAULT_JWT_SECRET, tenant=tenant, user="importer", groups=("catalog-admin",))
        reply = self.send(
            User("importer", tenant, token), Request("POST", "/catalog/import", {"records": forms.CATALOG})
        )
        assert reply.status == 200, reply.body
        assert reply.json["refused"] == 0, reply.body


@dataclass
class Book:
    """The ids that the server made, by owner and name: one name has one id for ever, and one id one name."""

    ids: dict[tuple[User, str], str] = field(default_factory=dict)
    names: dict[tuple[User, str], str] = field(default_factory=dict)

    def agree(self, user: User, expected: Any, actual: Any, at: str = "") -> None:
        """Hold what came back to the model; learns the ids of names that are new."""
        if isinstance(expected, str) and expected.startswith("made:"):
            assert isinstance(actual, str), f"{at}: {actual!r} is no id of {expected!r}"
            known = self.ids.setdefault((user, expected), actual), self.names.setdefault((user, actual), expected)
            assert known == (actual, expected), f"{at}: {known} is not {(actual, expected)}"
        elif isinstance(expected, dict) and isinstance(actual, dict):
            assert expected.keys() == actual.keys(), f"{at}: {sorted(actual)} is not {sorted(expected)}"
            for name, value in expected.items():
                self.agree(user, value, actual[name], f"{at}/{name}")
        elif isinstance(expected, list) and isinstance(actual, list):
            assert len(expected) == len(actual), f"{at}: {actual} is not {expected}"
            for index, value in enumerate(expected):
                self.agree(user, value, actual[index], f"{at}/{index}")
        else:
            assert (type(expected), expected) == (type(actual), actual), f"{at}: {actual!r} is not {expected!r}"

    def real(self, user: User, value: Any) -> Any:
        """A model's value with the server's ids."""
        if isinstance(value, str):
            return self.ids[user, value] if value.startswith("made:") else value
        if isinstance(value, dict):
            return {name: self.real(user, one) for name, one in value.items()}
        return [self.real(user, one) for one in value] if isinstance(value, list) else value

    def in_their_order(self, user: User, expected: Content, actual: Content) -> Content:
        """What a merge makes, with lists in the server's order: a merge of sets says nothing of it."""
        ordered = dict(expected)
        for name, value in expected.items():
            theirs = self._named(user, actual.get(name))
            if (
                isinstance(value, list)
                and isinstance(theirs, list)
                and sorted(map(repr, value)) == sorted(map(repr, theirs))
            ):
                ordered[name] = theirs
        return ordered

    def _named(self, user: User, value: Any) -> Any:
        if isinstance(value, str):
            return self.names.get((user, value), value)
        if isinstance(value, dict):
            return {name: self._named(user, one) for name, one in value.items()}
        return [self._named(user, one) for one in value] if isinstance(value, list) else value
