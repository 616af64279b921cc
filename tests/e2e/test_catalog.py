"""The catalog over HTTP: docs/api.md. Each test works on values of its own."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from local.token import mint_token
from tests.served import Api, Reply, served

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><title>{}</title>{}</svg>'


@pytest.fixture
def mark() -> str:
    """A word that no other test uses."""
    return f"m{uuid.uuid4().hex}"


def create(api: Api, type_: str, value: str | None, **fields: Any) -> Reply:
    return api.call("POST", f"/catalog/{type_}", ({} if value is None else {"value": value}) | fields)


def listed(api: Api, type_: str, **query: str) -> list[str]:
    parameters = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    reply = api.call("GET", f"/catalog/{type_}?{parameters}")
    assert reply.status == 200, reply.body
    return [row["value"] for row in reply.json]


def problems(reply: Reply) -> list[tuple[str, str]]:
    assert reply.status == 422, reply.body[:500]
    return sorted((error["pointer"], error["code"]) for error in reply.json["errors"])


# ------------------------------------------------------------------------------------------------------ creating


def test_a_created_row_is_read_back(api: Api, mark: str) -> None:
    made = create(api, "departments", f"Sales {mark}", attributes={"floor": 3}, id=mark)

    assert made.status == 201
    assert made.json == {
        "id": mark,
        "type": "departments",
        "value": f"Sales {mark}",
        "attributes": {"floor": 3},
        "archived": False,
        "private": False,
    }
    read = api.call("GET", f"/catalog/departments/{mark}")
    assert (read.status, read.json) == (200, made.json)


def test_creating_is_idempotent_on_the_value(api: Api, mark: str) -> None:
    first = create(api, "departments", f"Caf\u00e9 {mark}")

    again = create(api, "departments", f"Caf\u00e9 {mark}")
    folded = create(api, "departments", f" CAFE\u0301   {mark.upper()}", id=f"other-{mark}")

    assert (first.status, again.status, folded.status) == (201, 200, 200)
    assert again.json == folded.json == first.json
    assert api.call("GET", f"/catalog/departments/other-{mark}").status == 404


def test_an_id_that_another_value_has_is_409(api: Api, mark: str) -> None:
    create(api, "departments", f"a {mark}", id=mark)

    reply = create(api, "departments", f"b {mark}", id=mark)

    assert (reply.status, reply.code) == (409, "id_taken")
    assert listed(api, "departments", q=f"b {mark}") == []


def test_joining_rows_are_one_by_their_attributes(api: Api, mark: str) -> None:
    attributes = {"model_id": mark, "flag_id": "fast"}

    first = create(api, "model_flags", None, attributes=attributes)
    named = create(api, "model_flags", f"Fast {mark}", attributes=attributes)

    assert (first.status, named.status, named.json["id"]) == (201, 200, first.json["id"])


@pytest.mark.parametrize(
    ("type_", "record", "expected"),
    [
        ("departments", {}, [("/value", "wrong_type")]),
        ("departments", {"value": ""}, [("/value", "wrong_type")]),
        ("departments", {"value": " \t"}, [("/value", "wrong_type")]),
        ("departments", {"value": 7}, [("/value", "wrong_type")]),
        ("departments", {"value": None}, [("/value", "wrong_type")]),
        ("departments", {"value": "x" * (256 * 1024 + 1)}, [("/value", "text_too_long")]),
        (
            "departments",
            {"value": 1, "id": "a b", "attributes": [], "x": 1},
            [("/attributes", "wrong_type"), ("/id", "wrong_type"), ("/value", "wrong_type"), ("/x", "unknown_field")],
        ),
        *(
            ("departments", {"value": "x", "id": id_}, [("/id", "wrong_type")])
            for id_ in ("", "a/b", "a#b", "x" * 129, 5)
        ),
        ("departments", {"value": "x", "attributes": {"a": "x" * 65_536}}, [("/attributes", "text_too_long")]),
        ("flags", {"value": "x"}, [("/attributes/type", "missing")]),
        ("args", {}, [("/attributes/name", "missing")]),
        ("model_flags", {}, [("/attributes/flag_id", "missing"), ("/attributes/model_id", "missing")]),
        *(("colors", {"value": value}, [("/value", "bad_color")]) for value in ("red", "#12", "#ggg", "#12345678")),
    ],
)
def test_every_problem_of_a_record_is_told(
    api: Api, type_: str, record: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    reply = api.call("POST", f"/catalog/{type_}", record)

    assert problems(reply) == expected
    assert len(reply.body) < 2000


@pytest.mark.parametrize(
    "inside",
    [
        *("<script>alert(1)</script>", '<path onclick="x"/>', "<style>*{}</style>", "<foreignObject/>", "<image/>"),
        *('<path style="x"/>', '<use href="http://x/#a"/>', '<path fill="url(http://x)"/>', "<!-- x -->", "<b>x"),
    ],
)
def test_markup_that_could_act_in_a_browser_is_no_icon(api: Api, mark: str, inside: str) -> None:
    single = create(api, "icons", SVG.format(mark, inside), id=mark)
    many = api.call("POST", "/catalog/import", {"records": [{"type": "icons", "value": SVG.format(mark, inside)}]})

    assert problems(single) == [("/value", "bad_icon")]
    assert many.json["results"][0]["errors"][0]["code"] == "bad_icon"
    assert api.call("GET", f"/catalog/icons/{mark}").status == 404
    assert create(api, "icons", SVG.format(mark, ""), id=mark).status == 201


@pytest.mark.parametrize("spelling", ["#1f2", "#1F2", "#11ff22", "#11FF22", " #11Ff22 "])
def test_a_color_is_stored_in_one_spelling(api: Api, spelling: str) -> None:
    made = create(api, "colors", spelling)

    assert made.status in (200, 201)
    assert made.json["value"] == "#11ff22"
    assert made.json["id"] == create(api, "colors", "#11ff22").json["id"]


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\U0001f600", "\u6f22"])
def test_a_value_of_256_kib_comes_back_whole_and_is_listed_cut(api: Api, mark: str, letter: str) -> None:
    room = 256 * 1024 - len(mark)
    value = mark + letter * (room // len(letter.encode()))

    made = create(api, "instructions", value)

    assert made.status == 201
    assert api.call("GET", f"/catalog/instructions/{made.json['id']}").json["value"] == value
    (row,) = api.call("GET", f"/catalog/instructions?q={mark}").json
    assert row["truncated"] is True
    assert value.startswith(row["value"].removesuffix("\u2026"))
    assert len(row["value"]) <= 1000


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        *(
            (b"", 400, "malformed_json"),
            (b"[]", 400, "malformed_json"),
            (b'{"value": "a", "value": "b"}', 400, "malformed_json"),
        ),
        *((b'{"value": "\\ud800"}', 400, "malformed_json"), (b'{"attributes": {"a": NaN}}', 400, "malformed_json")),
        (b'{"value":"' + b"x" * (4 * 1024 * 1024) + b'"}', 413, "content_too_large"),
        (b'{"attributes":{"a":' + b"[" * 99 + b"]" * 99 + b"}}", 422, "nesting_too_deep"),
    ],
)
@pytest.mark.parametrize("path", ["/catalog/departments", "/catalog/import"])
def test_a_body_that_cannot_be_read_is_refused(api: Api, path: str, body: bytes, status: int, code: str) -> None:
    reply = api.call("POST", path, body)

    assert (reply.status, reply.code) == (status, code)
    assert len(reply.body) < 2000


@pytest.mark.parametrize("path", ["/catalog/departments", "/catalog/import"])
def test_another_media_type_is_415(api: Api, path: str) -> None:
    assert api.call("POST", path, b"{}", content_type="text/plain").status == 415


# ------------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    "type_", ["nothing", "Departments", "department", "import", "agents", "%23", "a%2Fb", "__class__"]
)
def test_an_unknown_type_is_404(api: Api, type_: str) -> None:
    assert api.send("GET", f"/catalog/{type_}", None, {}).status == 404
    assert api.send("GET", f"/catalog/{type_}/x", None, {}).status == 404
    assert api.send("DELETE", f"/catalog/{type_}/x", None, {}).status == 404
    if type_ != "import":
        assert api.send("POST", f"/catalog/{type_}", b'{"value":"x"}', {}).status == 404


@pytest.mark.parametrize("id_", ["nothing", "a%2Fb", "%23", "..", "%00", "x" * 129, "%F0%9F%98%80"])
def test_an_unknown_id_is_404(api: Api, id_: str) -> None:
    assert api.send("GET", f"/catalog/departments/{id_}", None, {}).status == 404
    assert api.send("DELETE", f"/catalog/departments/{id_}", None, {}).status == 404


def test_a_row_is_not_read_under_another_type(api: Api, mark: str) -> None:
    create(api, "departments", f"Sales {mark}", id=mark)

    assert api.call("GET", f"/catalog/voices/{mark}").status == 404


def test_rows_are_searched_by_their_beginning_in_any_case_and_spacing(api: Api, mark: str) -> None:
    for value in ("Human Resources", "Humanities", "Inhuman", "Caf\u00e9"):
        create(api, "departments", f"{mark} {value}")

    assert listed(api, "departments", q=f"{mark.upper()} HUMAN") == [f"{mark} Human Resources", f"{mark} Humanities"]
    assert listed(api, "departments", q=f"  {mark}   human  r") == [f"{mark} Human Resources"]
    assert listed(api, "departments", q=f"{mark} cafe\u0301") == [f"{mark} Caf\u00e9"]
    assert listed(api, "departments", q=f"{mark} resources") == []


def test_a_long_beginning_finds_only_what_begins_so(api: Api, mark: str) -> None:
    long = mark + "x" * 100
    for end in ("one", "two"):
        create(api, "departments", f"{long} {end}")

    assert listed(api, "departments", q=f"{long} t") == [f"{long} two"]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_tile_the_list(api: Api, mark: str, limit: int) -> None:
    records = [{"type": "departments", "value": f"{mark} {number:02} \u00e9"} for number in range(7)]
    api.call("POST", "/catalog/import", {"records": records})

    found, path = [], f"/catalog/departments?q={mark}%20&limit={limit}"
    for _ in range(20):
        reply = api.call("GET", path)
        found += [row["value"] for row in reply.json]
        assert len(reply.json) <= limit
        if "link" not in reply.headers:
            break
        assert reply.headers["link"].endswith('; rel="next"')
        path = reply.headers["link"].partition(">")[0].removeprefix("<")

    assert found == [record["value"] for record in records]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "cursor=zzz", "cursor=AAAA", "scope=all", "scope="]
)
def test_a_list_with_an_unreadable_query_is_400(api: Api, query: str) -> None:
    reply = api.call("GET", f"/catalog/departments?{query}")

    assert (reply.status, reply.code) == (400, "malformed_query")


# ----------------------------------------------------------------------------------------------------- archiving


def test_an_archived_row_is_read_but_neither_listed_nor_selected_anew(api: Api, mark: str) -> None:
    create(api, "departments", f"Sales {mark}", id=mark)
    selected = api.call("POST", "/persona/draft", {"department_ids": [mark]}).json

    assert api.call("DELETE", f"/catalog/departments/{mark}").status == 204
    assert api.call("DELETE", f"/catalog/departments/{mark}").status == 204

    assert api.call("GET", f"/catalog/departments/{mark}").json["archived"] is True
    assert listed(api, "departments", q=f"Sales {mark}") == []
    echo = {"draft_id": selected["draft_id"], **selected["form_state"]}
    assert api.call("POST", "/persona/draft", echo | {"name": "Ann"}).json["form_state"]["department_ids"] == [mark]
    assert problems(api.call("POST", "/persona/draft", {"department_ids": [mark]})) == [
        ("/department_ids/0", "archived_resource")
    ]
    assert problems(api.call("POST", "/persona/draft", {"departments": [f"Sales {mark}"]})) == [
        ("/departments/0", "no_match")
    ]
    assert create(api, "departments", f"sales {mark}").json["id"] == mark
    assert listed(api, "departments", q=f"Sales {mark}") == [f"Sales {mark}"]


def test_an_archived_icon_is_found_by_its_name_no_longer(api: Api, mark: str) -> None:
    create(api, "icons", SVG.format(mark, ""), id=mark, attributes={"name": f"Icon {mark}"})

    api.call("DELETE", f"/catalog/icons/{mark}")

    assert listed(api, "icons", q=f"Icon {mark}") == []
    assert problems(api.call("POST", "/persona/draft", {"icon": f"icon {mark}"})) == [("/icon", "no_match")]


# ------------------------------------------------------------------------------------------------- many at once


def test_an_import_tells_what_became_of_each_record(api: Api, mark: str) -> None:
    create(api, "departments", f"there {mark}", id=f"there-{mark}")
    records: list[dict[str, Any]] = [
        {"type": "departments", "value": f"new {mark}", "id": f"new-{mark}"},
        {"type": "departments", "value": f"THERE {mark}"},
        {"type": "nothing", "value": "x"},
        {"value": "x"},
        {"type": "colors", "value": "red", "id": "#"},
        {"type": "departments", "value": f"other {mark}", "id": f"there-{mark}"},
        {"type": ["departments"], "value": "x"},
        {"type": "flags", "value": f"fast {mark}", "attributes": {"type": "speed"}},
    ]

    reply = api.call("POST", "/catalog/import", {"records": records})

    body = reply.json
    assert reply.status == 200
    assert (body["created"], body["existing"], body["refused"]) == (2, 1, 5)
    statuses = ["created", "existing", "refused", "refused", "refused", "refused", "refused", "created"]
    assert [(one["index"], one["status"]) for one in body["results"]] == list(enumerate(statuses))
    assert (body["results"][0]["id"], body["results"][1]["id"]) == (f"new-{mark}", f"there-{mark}")
    told = [{(e["pointer"], e["code"]) for e in one["errors"]} for one in body["results"] if "errors" in one]
    assert told == [
        *({("/type", "unknown_type")}, {("/type", "unknown_type")}, {("/id", "wrong_type"), ("/value", "bad_color")}),
        *({("/id", "id_taken")}, {("/type", "unknown_type")}),
    ]


def test_of_many_unknown_fields_100_are_told_and_all_are_counted(api: Api, mark: str) -> None:
    many = dict.fromkeys((f"more {number}" for number in range(50_000)), 1)

    created = create(api, "departments", mark, **many)
    imported = api.call("POST", "/catalog/import", {"records": [{"type": "departments", "value": mark, **many}]})

    assert (created.status, len(created.json["errors"]), created.json["total"]) == (422, 100, 50_000)
    (result,) = imported.json["results"]
    assert (imported.status, len(result["errors"]), result["total"]) == (200, 100, 50_000)
    assert result["errors"] == created.json["errors"]


def test_the_errors_of_an_import_fit_the_record_of_its_key(api: Api, mark: str) -> None:
    choose = random.Random(mark)
    names = ["".join(map(chr, choose.choices(range(0x4E00, 0x9FA5), k=160))) for _ in range(499)]
    records = [{"type": "departments", "value": mark}, *({"type": "departments", "value": "x", n: 1} for n in names)]

    first = api.call("POST", "/catalog/import", {"records": records}, idempotency_key=mark)
    again = api.call("POST", "/catalog/import", {"records": records}, idempotency_key=mark)

    assert first.status == 200, first.body[:500]
    assert (first.json["created"], first.json["refused"]) == (1, 499)
    refused = first.json["results"][1:]
    assert {one["total"] for one in refused} == {1}
    listed_errors = [one["errors"] for one in refused]
    assert listed_errors[0] != []
    assert listed_errors[-1] == []
    assert sum(len(json.dumps(one, ensure_ascii=False).encode()) for one in listed_errors) < 140 * 1024
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")


def test_an_import_can_be_repeated(api: Api, mark: str) -> None:
    records = [{"type": "departments", "value": f"{mark} {number}"} for number in range(500)]

    first = api.call("POST", "/catalog/import", {"records": records}).json
    second = api.call("POST", "/catalog/import", {"records": records}).json

    assert (first["created"], second["created"], second["existing"]) == (500, 0, 500)
    assert [one["id"] for one in first["results"]] == [one["id"] for one in second["results"]]


def test_equal_records_of_one_import_make_one_row(api: Api, mark: str) -> None:
    records = [{"type": "departments", "value": f"{mark}", "id": f"{mark}-{number}"} for number in range(50)]

    body = api.call("POST", "/catalog/import", {"records": records}).json

    assert (body["created"], body["existing"]) == (1, 49)
    assert len({one["id"] for one in body["results"]}) == 1
    assert listed(api, "departments", q=mark) == [mark]


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"records": None}, {"records": {}}, {"records": [{}] * 501}, {"records": ["x"]}, {"records": [{}, None]}),
        *({"records": [], "more": 1}, {"records": [[]] * 500}),
    ],
)
def test_an_import_that_is_no_list_of_records_is_422(api: Api, body: dict[str, Any]) -> None:
    reply = api.call("POST", "/catalog/import", body)

    assert reply.status == 422
    assert len(reply.json["errors"]) <= 100
    assert len(reply.body) < 30_000


def test_a_million_records_have_a_short_answer(api: Api) -> None:
    reply = api.call("POST", "/catalog/import", b'{"records":[%s]}' % b",".join([b"1"] * 1_000_000))

    assert reply.status == 422
    assert len(reply.body) < 2000


# --------------------------------------------------------------------------------------------------------- groups


def test_only_the_group_writes_shared_rows_and_only_the_tenant_reads_them() -> None:
    secret = "a secret of this test that is long enough"
    admin, user, other, none = (
        {"authorization": f"Bearer {mint_token(secret, tenant=tenant, user=name, groups=groups)}"}
        for tenant, name, groups in (
            ("acme", "admin", ["catalog-admin"]),
            ("acme", "ann", ["editors", "catalog-admins"]),
            ("evil", "admin", ["catalog-admin"]),
            ("acme", "bob", []),
        )
    )
    with served(LOCAL_JWT_SECRET=secret, LOCAL_AUTH="required") as api:
        record = {"value": "Sales", "id": "sales"}
        assert api.call("POST", "/catalog/departments", record, **admin).status == 201

        for caller in (user, none):
            refused = [
                api.call("POST", "/catalog/departments", {"value": "Legal"}, **caller),
                api.call("POST", "/catalog/departments", record, **caller),
                api.call("POST", "/catalog/import", {"records": [{"type": "departments", "value": "Legal"}]}, **caller),
                api.call("DELETE", "/catalog/departments/sales", **caller),
            ]
            assert {(one.status, one.code) for one in refused} == {(403, "forbidden")}
            listed = api.call("GET", "/catalog/departments", **caller).json
            assert [(row["id"], row["archived"]) for row in listed] == [("sales", False)]
            assert api.call("GET", "/catalog/departments/sales", **caller).status == 200
            chosen = api.call("POST", "/persona/draft", {"departments": ["sales"]}, **caller).json
            assert chosen["form_state"]["department_ids"] == ["sales"]
        assert api.call("GET", "/catalog/departments", **other).json == []
        assert api.call("GET", "/catalog/departments/sales", **other).status == 404
        assert api.call("DELETE", "/catalog/departments/sales", **other).status == 404
        assert api.call("POST", "/persona/draft", {"departments": ["sales"]}, **other).status == 422
        assert api.call("POST", "/catalog/departments", record).status == 401
        assert api.call("DELETE", "/catalog/departments/sales", **admin).status == 204


def test_a_private_row_is_listed_for_its_owner_alone_and_only_when_asked_for() -> None:
    secret = "a secret of this test that is long enough"
    ann, bob = (
        {"authorization": f"Bearer {mint_token(secret, tenant='acme', user=user, groups=['catalog-admin'])}"}
        for user in ("ann", "bob")
    )
    with served(LOCAL_JWT_SECRET=secret, LOCAL_AUTH="required") as api:
        color_id = api.call("POST", "/persona/draft", {"color": "#abcdef"}, **ann).json["form_state"]["color_id"]

        (own,) = api.call("GET", "/catalog/colors?scope=private&q=%23ABC", **ann).json
        assert (own["id"], own["value"], own["private"]) == (color_id, "#abcdef", True)
        assert api.call("GET", f"/catalog/colors/{color_id}", **ann).json["private"] is True
        assert api.call("GET", "/catalog/colors?q=%23abc", **ann).json == []
        assert api.call("GET", "/catalog/colors?scope=private", **bob).json == []
        assert api.call("GET", f"/catalog/colors/{color_id}", **bob).status == 404
        assert api.call("DELETE", f"/catalog/colors/{color_id}", **bob).status == 404

        # A shared color of the value takes its place for both; the draft keeps what it selected.
        shared = api.call("POST", "/catalog/colors", {"value": "#ABCDEF", "attributes": {"name": "Mist"}}, **bob).json
        for caller in (ann, bob):
            state = api.call("POST", "/persona/draft", {"color": "#abcdef"}, **caller).json["form_state"]
            assert state["color_id"] == shared["id"] != color_id
