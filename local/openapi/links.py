"""What can be asked next about a draft or resource, with the parts of the answer that it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from draftkeep.http.naming import Naming
from local.openapi.operations import Words

_VARIABLE = re.compile(r"\{(\w+)\}")


def draft_links(
    kind: str, naming: Naming, routes: Mapping[tuple[str, str], str], words: Mapping[str, Words]
) -> dict[str, Any]:
    """Links from the answer of a save to the operations on the draft."""
    (seq_no,) = naming.spell({"seqNo": None})
    known = {variable: f"$request.path.{variable}" for variable in ("tenant", "agent", "revision")}
    known |= {"draft_id": "$response.body#/draft_id", seq_no: "$response.body#/version"}
    made = {}
    for (_, path), name in routes.items():
        variables = _VARIABLE.findall(path)
        if {"draft_id", "revision"} & set(variables):
            parameters = {variable: known[variable] for variable in variables}
            if "If-Match" in words[name].headers:
                parameters["header.If-Match"] = "$response.header.ETag"
            if "from" in words[name].query:
                parameters["query.from"] = "$response.body#/version"
            made[name] = {"operationId": f"{kind}_{name}", "parameters": parameters}
    return made


def row_links() -> dict[str, Any]:
    """Links from a created resource."""
    parameters = {"type": "$request.path.type", "id": "$response.body#/id"}
    return {name: {"operationId": f"catalog_{name}", "parameters": parameters} for name in ("read", "archive")}
