"""The console's files as the development server gives them out."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from local.answers import Answer
from local.console_pages import FOLDER, with_console
from local.events import Request
from tests.unit.local.samples import a_request

API_ANSWER = Answer(418, (), b"from the API")


def _ask(request: Request, folder: Path = FOLDER) -> Answer:
    return with_console(lambda _request: API_ANSWER, folder)(request)


def _headers(answer: Answer) -> dict[str, str]:
    headers = dict(answer.headers)
    assert len(headers) == len(answer.headers), "a header is given twice"
    return headers


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("", "text/html"),
        ("index.html", "text/html"),
        ("main.js", "text/javascript"),
        ("core/session.js", "text/javascript"),
        ("style/base.css", "text/css"),
        ("mark.svg", "image/svg+xml"),
        ("vendor/README.md", "text/plain"),
        ("vendor/htm.LICENSE", "text/plain"),
    ],
)
def test_each_file_has_its_type(name: str, media_type: str) -> None:
    answer = _ask(a_request(f"/console/{name}"))

    assert (answer.status, answer.body) == (200, (FOLDER / (name or "index.html")).read_bytes())
    assert _headers(answer)["content-type"] == f"{media_type}; charset=utf-8"


def test_every_file_of_the_folder_can_be_had() -> None:
    names = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()]

    assert names
    assert [name for name in names if _ask(a_request(f"/console/{name}")).status != 200] == []


def test_a_file_is_packed_for_those_who_can_unpack_it() -> None:
    packed = _ask(a_request("/console/main.js", headers={"Accept-Encoding": "br, gzip"}))
    plain = _ask(a_request("/console/main.js", headers={"Accept-Encoding": "br"}))

    assert _headers(packed)["content-encoding"] == "gzip"
    assert "content-encoding" not in _headers(plain)
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body)
    assert {_headers(packed)["vary"], _headers(plain)["vary"]} == {"accept-encoding"}


def test_what_the_browser_has_already_is_not_sent_again() -> None:
    tag = _headers(_ask(a_request("/console/main.js")))["etag"]

    answer = _ask(a_request("/console/main.js", headers={"If-None-Match": tag}))

    assert (answer.status, answer.body, _headers(answer)["etag"]) == (304, b"", tag)
    assert _ask(a_request("/console/index.html", headers={"If-None-Match": tag})).status == 200


def test_an_edited_file_shows_at_once(tmp_path: Path) -> None:
    file = tmp_path / "main.js"
    file.write_text("one", encoding="utf-8")
    tag = _headers(_ask(a_request("/console/main.js"), tmp_path))["etag"]
    file.write_text("two", encoding="utf-8")

    answer = _ask(a_request("/console/main.js", headers={"If-None-Match": tag}), tmp_path)

    assert (answer.status, answer.body) == (200, b"two")


@pytest.mark.parametrize(
    "target",
    [
        "/console/none.js",
        "/console/core",
        "/console/core/",
        "/console//main.js",
        "/console/./main.js",
        "/console/../server.py",
        "/console/core/../main.js",
        "/console/%2e%2e/server.py",
        "/console/..%2fserver.py",
        "/console/core%5c..%5cmain.js",
        "/console/%2fetc%2fpasswd",
        "/console/main.js%00",
        "/console/main%00.js",
        "/console/main.js%0a",
        "/console/%ff.js",
        "/console/.hidden.js",
        "/console/main.JS",
        "/console/secret.txt",
        f"/console/{'a/' * 5000}a.js",
        f"/console/{'a' * 300}.js",
    ],
)
def test_any_other_name_is_not_found(tmp_path: Path, target: str) -> None:
    inside = tmp_path / "console"
    inside.mkdir()
    for name in ("main.js", ".hidden.js", "secret.txt"):
        (inside / name).write_text("here", encoding="utf-8")
    (tmp_path / "server.py").write_text("outside", encoding="utf-8")

    answer = _ask(a_request(target), FOLDER if "core" in target else inside)

    assert (answer.status, answer.body) == (404, b"Not found\n")


@pytest.mark.parametrize(
    "target", ["/console", "/console/", "/console/main.js", "/console/none.js", "/console/mark.svg"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_carries_the_policy(target: str, method: str) -> None:
    headers = _headers(_ask(a_request(target, method)))

    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_page_has_no_inline_script_or_style() -> None:
    page = (FOLDER / "index.html").read_text(encoding="utf-8")

    assert page.count("<script") == page.count('<script src="') + page.count('<script type="module" src="') == 2
    assert page.count("></script>") == 2
    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in page.partition("<body>")[2]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_pages_are_only_read(method: str) -> None:
    answer = _ask(a_request("/console/main.js", method))

    assert (answer.status, _headers(answer)["allow"]) == (405, "GET, HEAD")


def test_head_tells_of_a_file_what_get_does() -> None:
    assert _ask(a_request("/console/main.js", "HEAD")).headers == _ask(a_request("/console/main.js")).headers


def test_the_bare_name_leads_to_the_folder() -> None:
    answer = _ask(a_request("/console"))

    assert (answer.status, _headers(answer)["location"]) == (308, "/console/")


@pytest.mark.parametrize("target", ["/", "/persona/drafts", "/consoles", "/console.js", "/v1/console/", "/docs"])
def test_all_else_reaches_the_api(target: str) -> None:
    assert _ask(a_request(target)) is API_ANSWER


def test_the_documentation_says_of_each_test_in_the_browser_what_it_covers() -> None:
    text = (FOLDER.parents[1] / "docs" / "console.md").read_text(encoding="utf-8")

    told = re.findall(r"^\| `(test_\w+\.py)` \| .+ \|$", text, re.MULTILINE)

    assert sorted(told) == sorted(path.name for path in (FOLDER.parents[1] / "tests" / "browser").glob("test_*.py"))


def test_packed_and_plain_have_tags_of_their_own() -> None:
    # RFC 9110 section 8.8.3: a strong tag is of one representation.
    packed = _headers(_ask(a_request("/console/main.js", headers={"Accept-Encoding": "gzip"})))["etag"]
    plain = _headers(_ask(a_request("/console/main.js")))["etag"]

    assert packed != plain
    for encoding, own, other in [("gzip", packed, plain), ("identity", plain, packed)]:
        headers = {"Accept-Encoding": encoding}
        unchanged = _ask(a_request("/console/main.js", headers=headers | {"If-None-Match": own}))
        assert (unchanged.status, unchanged.body, _headers(unchanged)["etag"]) == (304, b"", own)
        assert _ask(a_request("/console/main.js", headers=headers | {"If-None-Match": other})).status == 200


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("gzip ; Q=0.001", True),
        ("*", True),
        ("br;q=1.0, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("not-gzip", False),
        ("gzip;q=often", False),
        ("", False),
    ],
)
def test_a_file_is_packed_only_where_that_is_accepted(accepted: str, is_packed: bool) -> None:
    answer = _ask(a_request("/console/main.js", headers={"Accept-Encoding": accepted}))

    assert ("content-encoding" in _headers(answer)) is is_packed


@pytest.mark.parametrize(
    ("condition", "status"),
    [("*", 304), (" * ", 304), ('"x", W/{tag}', 304), ('"x",{tag} , "y"', 304), ('"x"', 200), ('"{bare}x"', 200)],
)
def test_a_condition_is_any_tag_or_a_list_of_them(condition: str, status: int) -> None:
    tag = _headers(_ask(a_request("/console/main.js")))["etag"]

    sent = condition.format(tag=tag, bare=tag.strip('"'))
    assert _ask(a_request("/console/main.js", headers={"If-None-Match": sent})).status == status


def test_any_tag_does_not_make_a_file_that_is_not_there() -> None:
    assert _ask(a_request("/console/none.js", headers={"If-None-Match": "*"})).status == 404
