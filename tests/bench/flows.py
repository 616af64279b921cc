"""Agent flows of real-looking words in a given size, and the single-step edits of an editor."""

from __future__ import annotations

import random
from typing import Any

_SYLLABLES = "an be co da en fi go ha in ja ka lo me no or pa qui re so ta un ve wa xo yi zu".split()  # noqa: SIM905


class Editor:
    """One person at work on one flow: the same seed makes the same edits."""

    def __init__(self, size_bytes: int, seed: int = 1) -> None:
        self._choose = random.Random(seed)
        self._words = ["".join(self._choose.choices(_SYLLABLES, k=self._choose.randint(1, 4))) for _ in range(3000)]
        steps = max(3, size_bytes // 1000)
        words = max(4, (size_bytes // steps - 110) // 6)
        kinds = ["ENTRY_POINT", *["AGENT"] * (steps - 2), "EXIT_POINT"]
        self.flow: dict[str, Any] = {
            "flow": {
                "steps": [
                    {"identifier": f"step-{number}", "type": kind, "prompt": self._prose(words)}
                    for number, kind in enumerate(kinds)
                ],
                "edges": [{"source": f"step-{number}", "target": f"step-{number + 1}"} for number in range(steps - 1)],
            }
        }

    def edit(self, *, steady: bool = False) -> None:
        """Change a few words of one prompt; `steady`: for as many others, so that the flow does not grow."""
        step = self._choose.choice(self.flow["flow"]["steps"])
        words = step["prompt"].split(" ")
        count = self._choose.randint(1, 5)
        at = self._choose.randrange(len(words) - (count if steady else 0))
        words[at : at + (count if steady else 2)] = self._prose(count).split(" ")
        step["prompt"] = " ".join(words)

    def _prose(self, words: int) -> str:
        return " ".join(self._choose.choices(self._words, k=words))
