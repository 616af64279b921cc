"""Places of a content with their values, bounded: what a proposal changes, and where it meets other changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from draftkeep import canonical
from draftkeep.errors import Place
from draftkeep.http.naming import Naming
from draftkeep.merging import ABSENT

MAX_PLACES = 100
MAX_VALUE_BYTES = 64 * 1024
# All values of one list together: beside a content of 4 MiB, all in base64, they have to fit a function's answer.
MAX_VALUES_BYTES = 256 * 1024


@dataclass
class Values:
    """Values of one answer, bounded: each, and all of them together.

    A value over 64 KiB, or one after 256 KiB of them, appears as {hash, size_bytes}: the SHA-256 and size of its
    canonical JSON.
    """

    naming: Naming
    left: int = MAX_VALUES_BYTES

    def shown(self, value: Any) -> Any:
        """A value, or its hash and size."""
        text = canonical.canonical_text(value).encode()
        if len(text) <= min(MAX_VALUE_BYTES, self.left):
            self.left -= len(text)
            return value
        return self.naming.spell({"hash": canonical.hash_of(text), "sizeBytes": len(text)})


def listed_places(places: Sequence[Place], naming: Naming, *, current: bool) -> list[dict[str, Any]]:
    """At most 100 places, each {field or pointer, base, current?, proposed}; what is not there is left out."""
    values = Values(naming)
    listed = []
    for place in places[:MAX_PLACES]:
        shown: dict[str, Any] = {naming.place: place.name}
        sides = {"base": place.base, "current": place.current, "proposed": place.proposed}
        for side, value in sides.items():
            if value is not ABSENT and (side != "current" or current):
                shown[side] = values.shown(value)
        listed.append(shown)
    return listed
