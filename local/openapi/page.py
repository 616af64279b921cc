"""The document as one page to read: no script, nothing from elsewhere, as good on a telephone and in the dark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

_STYLE = (Path(__file__).with_name("page.css")).read_text().strip()
_CODE = re.compile(r"`([^`]+)`")
_SCHEMAS = "#/components/schemas/"
_ORDER = (
    "save",
    "read",
    "undo",
    "redo",
    "reset",
    "discard",
    "list",
    "create",
    "archive",
    "import",
    "history",
    "history_read",
    "annotate",
    "diff",
    "restore",
    "proposals",
    "inbox",
    "ack",
)


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    told = document["info"]
    sections = "\n".join(_section(document, tag) for tag in document["tags"])
    contents = "".join(f'<li><a href="#{tag["name"]}">{tag["name"]}</a></li>' for tag in document["tags"])
    schemas = "\n".join(_schema(name, one) for name, one in sorted(document["components"]["schemas"].items()))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(told["title"])}: the HTTP API</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{escape(told["title"])}</h1>
<p>{_prose(told["description"])}</p>
<p>Every request needs <code>Authorization: Bearer &lt;token&gt;</code>. The same as a document for programs:
<a href="/openapi.json">openapi.json</a> (OpenAPI {document["openapi"]}).</p>
<p>Every GET can be asked as HEAD: the same status and headers, and no body.</p>
<nav aria-label="Contents"><ul>{contents}<li><a href="#problems">problems</a></li>
<li><a href="#schemas">schemas</a></li></ul></nav>
</header>
<main>
{sections}
<section id="problems"><h2>problems</h2>
<p>The <code>code</code> of a refusal is stable; its <code>title</code> and <code>detail</code> are for people.</p>
{_problems(document)}
</section>
<section id="schemas"><h2>schemas</h2>
{schemas}
</section>
</main>
</body>
</html>
"""


def _section(document: Mapping[str, Any], tag: Mapping[str, str]) -> str:
    found = [
        (method, path, one)
        for path, methods in document["paths"].items()
        for method, one in methods.items()
        # HEAD is where GET is: told once, in the header.
        if method != "head" and tag["name"] in one["tags"]
    ]
    found.sort(key=lambda told: _place(told[2]["operationId"].removeprefix(f"{tag['name']}_")))
    operations = "\n".join(_operation(document, *told) for told in found)
    name, words = escape(tag["name"]), _prose(tag["description"])
    return f'<section id="{name}"><h2>{name}</h2>\n<p>{words}</p>\n{operations}\n</section>'


def _place(operation: str) -> int:
    """Where an operation is told: in the order in which a client meets them."""
    return _ORDER.index(operation) if operation in _ORDER else len(_ORDER)


def _problems(document: Mapping[str, Any]) -> str:
    """Every code, with its status and title."""
    rows: dict[tuple[int, str], tuple[str, list[str]]] = {}
    for name, schema in sorted(document["components"]["schemas"].items()):
        for part in schema.get("allOf", ()):
            fixed = part.get("properties", {})
            if "code" in fixed:
                place = (fixed["status"]["const"], fixed["code"]["const"])
                rows.setdefault(place, (schema["examples"][0]["title"], []))[1].append(_type({"$ref": _SCHEMAS + name}))
    cells = (
        (f"<code>{escape(code)}</code>", str(status), escape(title), ", ".join(types))
        for (status, code), (title, types) in sorted(rows.items())
    )
    return _table(("code", "status", "means", "body"), cells)


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [f"<p>{_prose(operation['description'])}</p>"]
    parameters = [_resolved(document, one) for one in operation["parameters"]]
    if parameters:
        parts += ["<h3>Parameters</h3>", _table(("name", "in", "means"), map(_parameter, parameters))]
    if body := operation.get("requestBody"):
        need = "" if body["required"] else ", or nothing"
        content = body["content"]["application/json"]
        parts.append(f"<h3>Body</h3><p>{_type(content['schema'])}{need}</p>{_example(content, 'a body')}")
    responses = {status: _resolved(document, one) for status, one in operation["responses"].items()}
    rows = [_response(status, one) for status, one in sorted(responses.items())]
    parts += ["<h3>Answers</h3>", _table(("status", "body", "what"), rows)]
    first = next((one for status, one in sorted(responses.items()) if status < "300" and "content" in one), None)
    if first:
        parts.append(_example(first["content"]["application/json"], "an answer"))
    summary = f"<b>{method.upper()}</b> <code>{_breakable(path)}</code> <span>{escape(operation['summary'])}</span>"
    return f'<details id="{operation["operationId"]}"><summary>{summary}</summary>\n{"".join(parts)}\n</details>'


def _parameter(one: Mapping[str, Any]) -> tuple[str, str, str]:
    schema = one["schema"]
    facts = [" ".join(f"<code>{escape(value)}</code>" for value in schema.get("enum", ()))]
    facts += [f"default {escape(str(schema['default']))}"] if "default" in schema else []
    facts += [f"<br><small>matches <code>{escape(schema['pattern'])}</code></small>"] if "pattern" in schema else []
    told = " ".join([_prose(one["description"]), *facts])
    need = " (needed)" if one["required"] and one["in"] != "path" else ""
    return f"<code>{escape(one['name'])}</code>{need}", escape(one["in"]), told


def _response(status: str, one: Mapping[str, Any]) -> tuple[str, str, str]:
    bodies = "<br>".join(_type(content["schema"]) for content in one.get("content", {}).values())
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in one.get("headers", {}))
    return status, bodies or "none", f"{_prose(one['description'])}<br><small>{headers}</small>"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    text = json.dumps({key: value for key, value in schema.items() if key != "examples"}, indent=1, sort_keys=True)
    linked = re.sub(rf"&quot;{_SCHEMAS}(\w+)&quot;", r'&quot;<a href="#schema-\1">\1</a>&quot;', escape(text))
    return (
        f'<details id="schema-{name}"><summary><code>{_breakable(name)}</code></summary><pre>{linked}</pre></details>'
    )


def _type(schema: Mapping[str, Any]) -> str:
    if "oneOf" in schema:
        return " or ".join(_type(one) for one in schema["oneOf"])
    name = escape(schema["$ref"].removeprefix(_SCHEMAS))
    return f'<a href="#schema-{name}">{_breakable(name)}</a>'


def _example(content: Mapping[str, Any], of: str) -> str:
    first = next(iter(content.get("examples", {}).values()), None)
    if first is None:
        return ""
    text = json.dumps(first["value"], ensure_ascii=False, indent=1)
    return f"<details><summary>{of}, for example</summary><pre>{escape(text)}</pre></details>"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    wide = f'<div class="wide" role="group" aria-label="{", ".join(heads)}" tabindex="0">'
    return f"{wide}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _resolved(document: Mapping[str, Any], one: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in one:
        return one
    found: Any = document
    for part in one["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    resolved: Mapping[str, Any] = found
    return resolved


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def _breakable(text: str) -> str:
    """A path or name that may be broken at its joints."""
    return re.sub(r"([/_:]|(?<=[a-z])(?=[A-Z]))", r"\1<wbr>", escape(text))
