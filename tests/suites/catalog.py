"""The contract of the catalog: one id for a value whoever asks, shared and private rows, paging, on every engine."""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from draftkeep.catalog import Catalog, CatalogPage, Lookups, Scope
from draftkeep.errors import IdTaken, Unreachable
from draftkeep.resources import SHARED, Row, computed_id
from draftkeep.store import Put, Store
from tests.catalogs import ADMIN, ANN, BOB, new_catalog, new_catalog_table, share
from tests.suites.log import items_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVE = Scope("evil", "ann")


@pytest.fixture
def catalog_table(client: DynamoDBClient) -> Iterator[str]:
    name = new_catalog_table(client)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def catalog(client: DynamoDBClient, catalog_table: str) -> Catalog:
    return new_catalog(client, catalog_table)


def a_row(type_: str = "departments", value: str = "Sales", id_: str = "sales", **fields: Any) -> Row:
    return Row(id_, type_, value, **fields)


def mine(scope: Scope, type_: str, value: str, ordinal: int = 0, /, **attributes: Any) -> Row:
    """A private row as a draft makes it."""
    id_ = computed_id(scope.tenant, scope.user, type_, value, attributes, ordinal)
    return Row(id_, type_, value, attributes, ordinal, private=True)


def by_value(catalog: Catalog, scope: Scope, type_: str, value: str, **attributes: Any) -> Row | None:
    lookups = Lookups()
    lookups.add_value(type_, value, attributes)
    return catalog.find(scope, lookups).by_value(type_, value, attributes)


def by_name(catalog: Catalog, scope: Scope, type_: str, name: str) -> Row | None:
    lookups = Lookups()
    lookups.add_name(type_, name)
    return catalog.find(scope, lookups).by_name(type_, name)


def page(
    catalog: Catalog,
    type_: str,
    prefix: str = "",
    limit: int = 100,
    after: str | None = None,
    scope: Scope = ADMIN,
    *,
    private: bool = False,
) -> CatalogPage:
    return catalog.page(scope, type_, prefix, limit, after, private=private)


def values(found: CatalogPage) -> list[str]:
    return [row.value for row in found.rows]


class Dying(Store):
    """A store of a process that ends before its put number `last` + 1."""

    def __init__(self, client: DynamoDBClient, table: str, last: int) -> None:
        super().__init__(client, table)
        self._left = last

    def put(self, write: Put) -> None:
        if not self._left:
            raise Unreachable
        self._left -= 1
        super().put(write)


class InStep(Store):
    """A store of a process that waits, before each of its first two puts, until its rival stands there too."""

    def __init__(self, client: DynamoDBClient, table: str, gate: threading.Barrier) -> None:
        super().__init__(client, table)
        self._gate = gate
        self._gates_left = 2

    def put(self, write: Put) -> None:
        if self._gates_left:
            self._gates_left -= 1
            self._gate.wait(30)
        super().put(write)


# ---------------------------------------------------------------------------------------------------- identity


def test_a_created_row_is_found_by_id_and_by_value(catalog: Catalog) -> None:
    row, created = catalog.create(ADMIN, a_row(attributes={"floor": 3}))

    assert created
    assert catalog.get(ANN, "departments", "sales") == row == a_row(attributes={"floor": 3})
    assert by_value(catalog, ANN, "departments", "Sales") == row
    assert by_value(catalog, ANN, "departments", "Marketing") is None
    assert catalog.get(ANN, "voices", "sales") is None


@pytest.mark.parametrize(
    "spelling", ["human resources", "HUMAN RESOURCES", "  Human   Resources ", "Human\t\nResources"]
)
def test_curated_values_are_matched_whatever_their_case_and_spacing(catalog: Catalog, spelling: str) -> None:
    row = share(catalog, "departments", "Human Resources")

    assert by_value(catalog, ANN, "departments", spelling) == row


def test_curated_values_are_matched_in_both_unicode_compositions(catalog: Catalog) -> None:
    row = share(catalog, "departments", "Caf\u00e9 \U0001f600")

    assert by_value(catalog, ANN, "departments", "CAFE\u0301 \U0001f600") == row
    assert by_value(catalog, ANN, "departments", "Cafe \U0001f600") is None


def test_texts_are_matched_to_the_letter(catalog: Catalog) -> None:
    row = share(catalog, "keys", "Caf\u00e9 Key")

    assert by_value(catalog, ANN, "keys", "Cafe\u0301 Key") == row
    assert by_value(catalog, ANN, "keys", "caf\u00e9 key") is None


def test_flags_are_one_by_type_and_value(catalog: Catalog) -> None:
    fast, slow = share(catalog, "flags", "fast", type="speed"), share(catalog, "flags", "fast", type="slowness")

    assert fast.id != slow.id
    assert by_value(catalog, ANN, "flags", "fast", type="speed") == fast
    assert by_value(catalog, ANN, "flags", "fast", type="none") is None


@pytest.mark.parametrize(
    ("type_", "attributes"),
    [
        ("model_flags", {"model_id": "m1", "flag_id": "f1"}),
        ("arg_positions", {"args_id": "a1", "value": 3}),
        ("args", {"name": "query", "required": True}),
    ],
)
def test_joining_rows_and_arguments_are_one_by_their_attributes_whatever_their_value(
    catalog: Catalog, type_: str, attributes: dict[str, Any]
) -> None:
    first = share(catalog, type_, "one label", **attributes)

    second = share(catalog, type_, "another label", **attributes)
    third = share(catalog, type_, **attributes)

    assert first.id == second.id == third.id


def test_a_search_lists_a_row_once_though_two_of_its_names_begin_so(catalog: Catalog) -> None:
    row = share(catalog, "args", "order_number, the first", name="order_number")

    found = catalog.page(ADMIN, "args", "order", 25, None, private=False)
    by_label = catalog.page(ADMIN, "args", "order_number, the", 25, None, private=False)

    assert [one.id for one in found.rows] == [one.id for one in by_label.rows] == [row.id]


def test_creating_a_value_again_gives_the_row_that_has_it(catalog: Catalog) -> None:
    first, _ = catalog.create(ADMIN, a_row(value="Human Resources", id_="hr"))

    again = catalog.create(ADMIN, a_row(value="Human Resources", id_="hr"))
    folded = catalog.create(ADMIN, a_row(value="human  RESOURCES", id_="other"))

    assert again == folded == (first, False)
    assert catalog.get(ADMIN, "departments", "other") is None
    assert values(page(catalog, "departments")) == ["Human Resources"]


def test_an_id_that_another_value_has_is_refused_and_stays_as_it_was(catalog: Catalog) -> None:
    first, _ = catalog.create(ADMIN, a_row())

    with pytest.raises(IdTaken):
        catalog.create(ADMIN, a_row(value="Marketing"))

    assert catalog.get(ADMIN, "departments", "sales") == first
    assert by_value(catalog, ADMIN, "departments", "Marketing") is None


def test_equal_rows_of_one_list_are_kept_apart_by_their_number(catalog: Catalog) -> None:
    rows = [mine(ANN, "args", "query", number, name="query") for number in range(3)]

    catalog.create_many(ANN, rows)

    assert len({row.id for row in rows}) == 3
    assert [catalog.get(ANN, "args", row.id) for row in rows] == rows


def test_creating_many_is_idempotent(catalog: Catalog) -> None:
    rows = [mine(ANN, "args", f"name {number}", name=f"name {number}") for number in range(40)]

    catalog.create_many(ANN, rows[:25])
    catalog.create_many(ANN, rows)
    catalog.create_many(ANN, [])

    assert {row.id for row in page(catalog, "args", scope=ANN, private=True).rows} == {row.id for row in rows}


# ------------------------------------------------------------------------------------------------------- races


def test_creating_many_goes_on_where_an_earlier_try_ended(
    client: DynamoDBClient, catalog: Catalog, catalog_table: str
) -> None:
    rows = [
        *(mine(ANN, "args", f"argument {number}", name=f"argument {number}") for number in range(20)),
        *(mine(ANN, "arg_positions", str(number), args_id=f"a{number}", value=number) for number in range(20)),
        *(mine(ANN, "args_outputs", "o", args_id=f"a{number}", name="o", template=None) for number in range(20)),
    ]
    done, stopped, left = rows[:30], rows[30:35], rows[35:]
    catalog.create_many(ANN, done)
    # Of these the last thing is missing that is written of them: another name, else the value.
    catalog.create_many(ANN, stopped)
    for row in stopped:
        values = [item for item in items_of(client, catalog_table) if item["id"]["S"] == row.id]
        last = max(values, key=lambda item: (item["sk"]["S"].startswith("VALUE#"), "alias" in item))
        client.delete_item(TableName=catalog_table, Key={"pk": last["pk"], "sk": last["sk"]})
    puts: list[str] = []

    def count(params: dict[str, Any], **_: Any) -> None:
        puts.append(params["Item"]["id"]["S"])

    client.meta.events.register("before-parameter-build.dynamodb.PutItem", count, unique_id="puts")

    catalog.create_many(ANN, rows)
    client.meta.events.unregister("before-parameter-build.dynamodb.PutItem", unique_id="puts")

    assert set(puts) == {row.id for row in (*stopped, *left)}
    assert all(catalog.get(ANN, row.type, row.id) == row for row in rows)
    labels = {row.value for row in rows if row.type == "arg_positions"}
    assert all(by_name(catalog, ANN, "arg_positions", label) for label in labels)


def test_a_list_reads_a_bounded_number_of_items_that_it_does_not_show(client: DynamoDBClient, catalog: Catalog) -> None:
    rows = [share(catalog, "departments", f"Value {number:04}") for number in range(400)]
    for row in rows[3:-3]:
        catalog.archive(ADMIN, row)
    read: list[int] = []

    def count(parsed: dict[str, Any], **_: Any) -> None:
        read.append(len(parsed["Items"]))

    client.meta.events.register("after-call.dynamodb.Query", count, unique_id="read")
    found: list[Row] = []
    after, pages = None, 0
    while pages == 0 or after is not None:
        one = page(catalog, "departments", "value", 1, after)
        found += one.rows
        after, pages = one.next, pages + 1
    client.meta.events.unregister("after-call.dynamodb.Query", unique_id="read")

    assert [row.value for row in found] == [row.value for row in (*rows[:3], *rows[-3:])]
    assert pages == 6
    assert len(read) <= 12


def test_two_creators_of_one_value_with_different_ids_get_one_id(client: DynamoDBClient, catalog_table: str) -> None:
    for number in range(10):
        gate = threading.Barrier(2)

        def create(id_: str, gate: threading.Barrier = gate, number: int = number) -> Row:
            store = InStep(client, catalog_table, gate)
            return Catalog(store).create(ADMIN, a_row(value=f"Value {number}", id_=f"{id_}-{number}"))[0]

        with ThreadPoolExecutor(2) as pool:
            rows = list(pool.map(create, ("left", "right")))

        catalog = new_catalog(client, catalog_table)
        winner = by_value(catalog, ADMIN, "departments", f"Value {number}")
        assert winner is not None
        assert {row.id for row in rows} == {winner.id}
        kept = [catalog.get(ADMIN, "departments", f"{id_}-{number}") for id_ in ("left", "right")]
        assert [row for row in kept if row] == [winner]


def test_16_creators_of_one_computed_row_make_it_once(client: DynamoDBClient, catalog_table: str) -> None:
    start = threading.Barrier(16)
    row = mine(ANN, "colors", "#aabbcc")

    def create(_: int) -> tuple[Row, bool]:
        start.wait(30)
        return new_catalog(client, catalog_table).create(ANN, row)

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(create, range(16)))

    assert {one.id for one, _ in made} == {row.id}
    assert values(page(new_catalog(client, catalog_table), "colors", scope=ANN, private=True)) == ["#aabbcc"]


@pytest.mark.parametrize("last", range(4))
def test_a_creation_that_stopped_half_way_is_completed_by_the_next_one(
    client: DynamoDBClient, catalog_table: str, last: int
) -> None:
    row = a_row("icons", "<svg/>", "home", attributes={"name": "Home"})

    try:
        Catalog(Dying(client, catalog_table, last)).create(ADMIN, row)
        stopped = False
    except Unreachable:
        stopped = True
    catalog = new_catalog(client, catalog_table)
    again, _ = catalog.create(ADMIN, row)

    # ID, value and name: the fourth put is not needed.
    assert stopped == (last < 3)
    assert again == catalog.get(ADMIN, "icons", "home") == by_value(catalog, ADMIN, "icons", "<svg/>") == row
    assert by_name(catalog, ADMIN, "icons", "home") == row
    assert values(page(catalog, "icons")) == ["<svg/>"]


def test_after_a_creation_that_stopped_half_way_the_value_may_get_another_id(
    client: DynamoDBClient, catalog_table: str
) -> None:
    with pytest.raises(Unreachable):
        Catalog(Dying(client, catalog_table, 1)).create(ADMIN, a_row(id_="stopped"))
    catalog = new_catalog(client, catalog_table)

    other, created = catalog.create(ADMIN, a_row(id_="other"))
    retried, _ = catalog.create(ADMIN, a_row(id_="stopped"))

    assert created
    assert retried == other == by_value(catalog, ADMIN, "departments", "Sales")


# -------------------------------------------------------------------------------------- archiving, other names


def test_an_archived_row_is_still_read_but_no_longer_listed(catalog: Catalog) -> None:
    row = share(catalog, "departments", "Sales")

    catalog.archive(ADMIN, row)

    read = catalog.get(ANN, "departments", row.id)
    assert read is not None
    assert (read.id, read.value, read.archived) == (row.id, "Sales", True)
    found = by_value(catalog, ANN, "departments", "Sales")
    assert found is not None
    assert found.archived
    assert page(catalog, "departments").rows == page(catalog, "departments", "sal").rows == ()


def test_creating_an_archived_value_takes_it_into_use_again(catalog: Catalog) -> None:
    row = share(catalog, "departments", "Sales")
    catalog.archive(ADMIN, row)

    revived, created = catalog.create(ADMIN, a_row(id_="new"))

    assert (revived, created) == (row, False)
    assert catalog.get(ANN, "departments", row.id) == by_value(catalog, ANN, "departments", "Sales") == row
    assert page(catalog, "departments").rows == (row,)


@pytest.mark.parametrize(("type_", "value"), [("icons", "<svg/>"), ("colors", "#ff0000")])
def test_a_row_is_found_by_its_other_name_in_any_case(catalog: Catalog, type_: str, value: str) -> None:
    row = share(catalog, type_, value, name="Fire Red")

    assert by_name(catalog, ANN, type_, "fire  RED") == row
    assert by_name(catalog, ANN, type_, "fire") is None
    assert values(page(catalog, type_)) == [value]
    assert values(page(catalog, type_, "Fire")) == [value]


@pytest.mark.parametrize(("type_", "value"), [("icons", "<svg/>"), ("colors", "#ff0000")])
def test_archiving_reaches_the_other_name_too_and_so_does_reviving(catalog: Catalog, type_: str, value: str) -> None:
    row = share(catalog, type_, value, name="Red")

    catalog.archive(ADMIN, row)
    archived, listed = by_name(catalog, ANN, type_, "red"), page(catalog, type_, "red").rows
    share(catalog, type_, value, name="Red")

    assert archived is None or archived.archived
    assert listed == ()
    assert by_name(catalog, ANN, type_, "red") == row
    assert page(catalog, type_, "red").rows == (row,)


def test_whoever_had_a_name_first_keeps_it(catalog: Catalog) -> None:
    first = share(catalog, "colors", "#ff0000", name="Red")

    second = share(catalog, "colors", "#ee0000", name="red")

    assert by_name(catalog, ANN, "colors", "RED") == first
    assert by_value(catalog, ANN, "colors", "#ee0000") == second


# ---------------------------------------------------------------------------------------------------- searching


def test_rows_are_listed_in_the_order_of_their_values(catalog: Catalog) -> None:
    for value in ("zebra", "Alpha", "alpine", "ALP"):
        share(catalog, "departments", value)

    assert values(page(catalog, "departments")) == ["ALP", "Alpha", "alpine", "zebra"]


def test_a_search_finds_values_by_their_beginning_in_any_case(catalog: Catalog) -> None:
    for value in ("Human Resources", "Humanities", "Inhuman", "human"):
        share(catalog, "departments", value)

    assert set(values(page(catalog, "departments", "hUMAN"))) == {"human", "Human Resources", "Humanities"}
    assert values(page(catalog, "departments", "human  r")) == ["Human Resources"]
    assert values(page(catalog, "departments", "x")) == []


@pytest.mark.parametrize("length", [63, 64, 65, 200])
def test_a_search_by_a_long_beginning_finds_only_what_begins_so(catalog: Catalog, length: int) -> None:
    beginning = "a" * (length - 1)
    share(catalog, "departments", f"{beginning}b one")
    share(catalog, "departments", f"{beginning}c two")

    assert values(page(catalog, "departments", f"{beginning}b")) == [f"{beginning}b one"]


def test_a_search_takes_the_keys_own_signs_for_letters(catalog: Catalog) -> None:
    for value in ("a#b", "a", "VALUE#a", "a%", "ID#a"):
        share(catalog, "departments", value)

    assert values(page(catalog, "departments", "a#")) == ["a#b"]
    assert values(page(catalog, "departments", "value#")) == ["VALUE#a"]
    assert values(page(catalog, "departments", "id#")) == ["ID#a"]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_tile_the_list_without_gap_or_repetition(catalog: Catalog, limit: int) -> None:
    rows = [share(catalog, "departments", f"Value {number:02}") for number in range(20)]
    for row in rows[::3]:
        catalog.archive(ADMIN, row)

    found, after, pages = [], None, 0
    while True:
        one = page(catalog, "departments", "value", limit, after)
        found += list(one.rows)
        pages += 1
        after = one.next
        assert len(one.rows) <= limit
        if after is None:
            break

    assert found == [row for number, row in enumerate(rows) if number % 3]
    assert pages <= 13 // limit + 2


# ----------------------------------------------------------------------------------------------------- scopes


def test_private_rows_are_for_their_owner_alone(catalog: Catalog) -> None:
    row, _ = catalog.create(ANN, mine(ANN, "colors", "#abcdef"))

    for other in (BOB, ADMIN, EVE):
        assert catalog.get(other, "colors", row.id) is None
        assert by_value(catalog, other, "colors", "#abcdef") is None
        assert page(catalog, "colors", scope=other).rows == page(catalog, "colors", "#", scope=other).rows == ()
        assert page(catalog, "colors", scope=other, private=True).rows == ()
    assert catalog.get(ANN, "colors", row.id) == by_value(catalog, ANN, "colors", "#abcdef") == row
    assert page(catalog, "colors", scope=ANN).rows == ()
    assert page(catalog, "colors", scope=ANN, private=True).rows == (row,)


@pytest.mark.parametrize("user", ["ann#colors", "a%23b", "colors", "#", "ann%", "\u6f22 \U0001f600"])
def test_a_users_name_leads_into_no_other_partition(catalog: Catalog, user: str) -> None:
    scope = Scope("acme", user)
    share(catalog, "colors", "#111111")
    catalog.create(ANN, mine(ANN, "colors", "#222222"))

    row, _ = catalog.create(scope, mine(scope, "colors", "#333333"))

    assert page(catalog, "colors", scope=scope, private=True).rows == (row,)
    assert values(page(catalog, "colors", scope=scope)) == ["#111111"]
    assert by_value(catalog, scope, "colors", "#222222") is None


def test_shared_rows_are_for_their_tenant_alone(catalog: Catalog) -> None:
    row = share(catalog, "departments", "Sales")

    assert catalog.get(EVE, "departments", row.id) is None
    assert by_value(catalog, EVE, "departments", "Sales") is None
    assert page(catalog, "departments", scope=EVE).rows == ()


def test_a_shared_row_comes_before_a_private_one_of_its_value(catalog: Catalog) -> None:
    own, _ = catalog.create(ANN, mine(ANN, "colors", "#abcdef"))

    shared = share(catalog, "colors", "#ABCDEF", name="Mist")

    assert by_value(catalog, ANN, "colors", "#abcdef") == shared
    assert shared.id == computed_id("acme", SHARED, "colors", "#abcdef", {"name": "Mist"}) != own.id
    assert catalog.get(ANN, "colors", own.id) == own


def test_two_users_private_rows_of_one_value_have_two_ids(catalog: Catalog) -> None:
    left, right = (catalog.create(scope, mine(scope, "colors", "#abcdef"))[0] for scope in (ANN, BOB))

    assert left.id != right.id
    assert by_value(catalog, ANN, "colors", "#abcdef") == left
    assert by_value(catalog, BOB, "colors", "#abcdef") == right


# ------------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("letters", [string.ascii_letters + string.digits, "\U0001f600\u6f22\u00e9"])
def test_values_of_256_kib_come_back_whole(catalog: Catalog, letters: str) -> None:
    text = "".join(random.Random(1).choices(letters, k=256 * 1024))
    value = text.encode()[: 256 * 1024].decode(errors="ignore")

    row = share(catalog, "instructions", value)

    assert len(row.value.encode()) > 256 * 1024 - 4
    assert catalog.get(ANN, "instructions", row.id) == by_value(catalog, ANN, "instructions", value) == row
    assert by_value(catalog, ANN, "instructions", value[:-1]) is None
    assert values(page(catalog, "instructions")) == [value]


def test_values_that_differ_only_at_their_end_are_two(catalog: Catalog) -> None:
    left, right = (share(catalog, "departments", "x" * 1000 + end) for end in "lr")

    assert left.id != right.id
    assert by_value(catalog, ANN, "departments", "X" * 1000 + "R") == right


def test_350_ids_and_values_are_found_in_one_call(catalog: Catalog) -> None:
    rows = [mine(ANN, "args", f"name {number}", name=f"name {number}") for number in range(175)]
    catalog.create_many(ANN, rows)
    lookups = Lookups(ids={("args", row.id) for row in rows} | {("args", "unknown")})
    for row in rows:
        lookups.add_value("args", row.value, dict(row.attributes))

    found = catalog.find(ANN, lookups)

    assert [found.by_id("args", row.id) for row in rows] == rows
    assert [found.by_value("args", row.value, dict(row.attributes)) for row in rows] == rows
    assert found.by_id("args", "unknown") is None


def test_ids_of_several_types_are_found_in_one_call(catalog: Catalog) -> None:
    shared = [share(catalog, "departments", f"Department {number}") for number in range(60)]
    voices = [share(catalog, "voices", f"Voice {number}") for number in range(60)]
    lookups = Lookups(ids={(row.type, row.id) for row in (*shared, *voices)})
    for row in voices:
        lookups.add_value("voices", row.value.upper())

    found = catalog.find(ANN, lookups)

    assert [found.by_id(row.type, row.id) for row in (*shared, *voices)] == [*shared, *voices]
    assert [found.by_value("voices", row.value.lower()) for row in voices] == voices


def test_asking_for_nothing_finds_nothing(catalog: Catalog) -> None:
    found = catalog.find(ANN, Lookups())

    assert (found.ids, found.values) == ({}, {})
