"""The limit that Lambda sets on an event and on an answer, counted as Lambda counts."""

from __future__ import annotations

import json
from typing import Any

# Lambda quota "invocation payload, synchronous": 6 MB, in bytes as its error message states them.
PAYLOAD_LIMIT_BYTES = 6_291_556


def encode_payload(value: Any) -> bytes:
    """The JSON text that crosses the border of a function, as Lambda's Python runtime writes it.

    Raises: ValueError, TypeError (what JSON or UTF-8 cannot express)
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
