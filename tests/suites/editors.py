"""Editors of form drafts, as the suites use them: one patch after the other, each answered with form_state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from draftkeep.catalog import Scope
from draftkeep.errors import InvalidFields
from draftkeep.http.forms import FormContract, checked
from draftkeep.model import Author, Draft
from draftkeep.preconditions import Precondition
from draftkeep.resolver.engine import decode
from draftkeep.service.forms import Forms
from draftkeep.service.states import Written
from tests.suites.builders import NOTHING_SAID

State = dict[str, Any]


@dataclass
class Editor:
    """One user at one draft, which the first patch creates."""

    forms: Forms
    contract: FormContract
    user: str = "ann"
    draft: Draft | None = None
    written: Written | None = None

    @property
    def scope(self) -> Scope:
        return Scope("acme", self.user)

    @property
    def version(self) -> int:
        assert self.written
        return self.written.state.head.version

    @property
    def state(self) -> State:
        """The form_state of the last answer."""
        assert self.written
        return self.shown(self.written)

    def shown(self, written: Written) -> State:
        return dict(decode(written.state.content, self.contract.form).state)

    def send(self, body: Mapping[str, Any] | None = None, /, **fields: Any) -> State:
        """Patch the draft without a precondition; the new form_state."""
        return self.shown(self.save(dict(body or {}) | fields))

    def save(self, body: dict[str, Any], precondition: Precondition = NOTHING_SAID) -> Written:
        new = self.draft is None
        draft = self.draft or self.forms.begin(self.contract.kind, self.scope)
        patch = checked(self.contract, body)
        self.written = self.forms.save(self.contract.form, draft, Author(self.user), patch, precondition, new=new)
        self.draft = draft
        return self.written

    def refusals(self, body: Mapping[str, Any] | None = None, /, **fields: Any) -> list[tuple[str, str]]:
        """What is wrong with a patch: pointer and code of each problem, in order."""
        with pytest.raises(InvalidFields) as refusal:
            self.send(body, **fields)
        assert refusal.value.total == len(refusal.value.problems)
        return sorted((problem.pointer, problem.code) for problem in refusal.value.problems)

    def read(self) -> State:
        """The form_state that is stored now."""
        assert self.draft
        return dict(decode(self.forms.drafts.read(self.draft).content, self.contract.form).state)
