"""The catalog table: resources by id and by value, shared by a tenant or private to a user.

item   partition key                sort key                                         holds
row    {tenant}#{type}              ID#{id}                                          the resource
       {tenant}#{user}#{type}
value  the same                     VALUE#{first 64 of normalised}#{SHA-256}         the resource again

The id is written first and the value second, both only if new: whoever finds a value can rely on its id, an id is
computed from the value, and a creation that stopped half-way is completed by the next one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from draftkeep import canonical, zstd
from draftkeep.errors import IdTaken
from draftkeep.items import Item
from draftkeep.resources import Row, identity_of, normalise, other_names, own_name, value_hash
from draftkeep.store import Put, Refused, Store

_PREFIX_CODE_POINTS = 64
_COMPRESSED_FROM_BYTES = 512
_PARALLEL_WRITES = 16
# Of one page of a list: how often is read, and how many items at a time once some were skipped.
_QUERIES, _SKIPPED = 8, 200


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose catalog a caller sees: the tenant's shared rows, and their own private ones."""

    tenant: str
    user: str


@dataclass
class Lookups:
    """What a request must find, without duplicates: ids and values by type."""

    ids: set[tuple[str, str]] = field(default_factory=set)
    values: set[tuple[str, str]] = field(default_factory=set)

    def add_value(self, type_: str, value: str, attributes: dict[str, Any] | None = None) -> None:
        """Ask for a value; `attributes` where they are part of the identity."""
        self.values.add((type_, _value_key(type_, value, attributes or {})))

    def add_name(self, type_: str, name: str) -> None:
        """Ask for a row by another of its names."""
        self.values.add((type_, _named_key(name)))

    def __bool__(self) -> bool:
        return bool(self.ids or self.values)


@dataclass
class Found:
    """What lookups found; a tenant's shared row comes before a private one."""

    ids: dict[tuple[str, str], Row] = field(default_factory=dict)
    values: dict[tuple[str, str], Row] = field(default_factory=dict)

    def by_id(self, type_: str, id_: str) -> Row | None:
        """The row of an id."""
        return self.ids.get((type_, id_))

    def by_value(self, type_: str, value: str, attributes: dict[str, Any] | None = None) -> Row | None:
        """The row of a value."""
        return self.values.get((type_, _value_key(type_, value, attributes or {})))

    def by_name(self, type_: str, name: str) -> Row | None:
        """The row that has this other name."""
        return self.values.get((type_, _named_key(name)))

    def merge(self, other: Found) -> None:
        """Take over what another read found."""
        self.ids |= other.ids
        self.values |= other.values


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """One page of a type's rows in the order of their values; `next` continues it, None at the end."""

    rows: tuple[Row, ...]
    next: str | None


class Catalog:
    """The resources of a table. Calls may raise what `Store` raises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, scope: Scope, lookups: Lookups) -> Found:
        """Read everything that a request asks for, shared and private.

        Cost: 1 consistent batch read per 50 lookups, as a rule one
        """
        wanted = [
            _key(partition, sort_key)
            for type_, sort_key in (*((t, f"ID#{i}") for t, i in sorted(lookups.ids)), *sorted(lookups.values))
            for partition in (_partition(scope, type_, private=False), _partition(scope, type_, private=True))
        ]
        found = Found()
        # Private rows first, so that a shared one of the same id or value takes their place.
        for item in sorted(self._store.get_many(wanted), key=lambda item: "own" not in item):
            row, sort_key = _row_of(item), item["sk"]["S"]
            if sort_key.startswith("ID#"):
                found.ids[row.type, row.id] = row
            else:
                found.values[row.type, sort_key] = row
        return found

    def get(self, scope: Scope, type_: str, id_: str) -> Row | None:
        """Read one row by id."""
        return self.find(scope, Lookups(ids={(type_, id_)})).by_id(type_, id_)

    def create(self, scope: Scope, row: Row) -> tuple[Row, bool]:
        """Create a row if its value is new, and settle a creation that stopped half-way.

        Returns: the row that has the value now, unarchived, and whether it is this one, newly made
        Raises: IdTaken (another value has this id)
        Cost: 2 conditional puts, 1 more for each other name
        """
        held = self._put_new(scope, row, f"ID#{row.id}")
        if held and not _same(held, row):
            raise IdTaken(row.type, row.id)
        holder = self._put_new(scope, row, _own_key(row))
        if holder and holder.id != row.id:
            # Also one that stood there: of a creation whose answer was lost, or that stopped before this.
            self._store.delete_many([_key(_partition(scope, row.type, private=row.private), f"ID#{row.id}")])
            return self._revived(scope, holder), False
        for name in other_names(row):
            # Whoever had a name first keeps it.
            self._put_new(scope, row, _named_key(name), alias=True)
        return (self._revived(scope, holder), False) if held and holder else (row, True)

    def create_many(self, scope: Scope, rows: Sequence[Row]) -> None:
        """Create rows whose ids are computed, side by side; those that exist stay.

        Cost: 2 conditional puts a row; of many rows first a batch read per 100, so that the repetition of a request
        that did not get through them all goes on where that one ended
        """
        if len(rows) > _PARALLEL_WRITES:
            rows = self._missing(scope, rows)
        if len(rows) == 1:
            self.create(scope, rows[0])
        elif rows:
            with ThreadPoolExecutor(min(_PARALLEL_WRITES, len(rows))) as pool:
                list(pool.map(lambda row: self.create(scope, row), rows))

    def _missing(self, scope: Scope, rows: Sequence[Row]) -> list[Row]:
        """The rows that are not there whole: a value is written after its id, other names after that."""
        keys = {row.id: _places(scope, row) for row in rows}
        wanted = sorted({place for own, names in keys.values() for place in (own, *names)})
        found = self._store.get_many([_key(partition, sort_key) for partition, sort_key in wanted])
        there = {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

        def is_whole(row: Row) -> bool:
            own, names = keys[row.id]
            held = there.get(own)
            # A name may be another row's: whoever had it first keeps it.
            return held is not None and held["id"]["S"] == row.id and "gone" not in held and there.keys() >= names

        return [row for row in rows if not is_whole(row)]

    def archive(self, scope: Scope, row: Row) -> None:
        """Take a row out of use: what selected it keeps it, and it is not selected anew."""
        self._rewrite(scope, replace(row, archived=True))

    def page(
        self, scope: Scope, type_: str, prefix: str, limit: int, after: str | None, *, private: bool
    ) -> CatalogPage:
        """Read one page of the rows in use whose value begins with a prefix, in the order of their values.

        Returns: at most `limit`; fewer, or none, where so many were skipped that the next page has to go on
        Cost: 1 consistent query a page, more where rows are skipped, 8 at most
        """
        partition = _partition(scope, type_, private=private)
        begins = normalise(prefix)
        key = f"VALUE#{begins[:_PREFIX_CODE_POINTS]}"
        rows: list[Row] = []
        for number in range(_QUERIES):
            # One more, to tell whether there is a next page; where rows are skipped there may be many side by side.
            wanted = max(limit + 1, _SKIPPED if number else 0)
            found = self._store.query(partition, prefix=key, after=after, limit=wanted)
            for index, item in enumerate(found.items, 1):
                row = _row_of(item)
                if not row.archived and _is_listed(row, begins, alias="alias" in item):
                    rows.append(row)
                if len(rows) == limit:
                    is_last = index == len(found.items) and found.next is None
                    return CatalogPage(tuple(rows), None if is_last else item["sk"]["S"])
            after = found.next
            if after is None:
                break
        return CatalogPage(tuple(rows), after)

    def _put_new(self, scope: Scope, row: Row, sort_key: str, *, alias: bool = False) -> Row | None:
        """Put a row where nothing stands yet; else the row that stands there."""
        try:
            self._store.put(Put(_item(scope, row, sort_key, alias=alias), only_new=True))
        except Refused as refusal:
            return _row_of(refusal.item) if refusal.item else None
        return None

    def _revived(self, scope: Scope, row: Row) -> Row:
        if not row.archived:
            return row
        alive = replace(row, archived=False)
        self._rewrite(scope, alive)
        return alive

    def _rewrite(self, scope: Scope, row: Row) -> None:
        # No condition: a row's only mutable part is `archived`, and the last one to set it wins.
        # By its value last: by that a creation tells whether all of it has been done.
        self._store.put(Put(_item(scope, row, f"ID#{row.id}")))
        partition = _partition(scope, row.type, private=row.private)
        names = {_named_key(name) for name in other_names(row)} - {_own_key(row)}
        for item in self._store.get_many([_key(partition, name) for name in sorted(names)]):
            if item["id"]["S"] == row.id:
                self._store.put(Put(_item(scope, row, item["sk"]["S"], alias=True)))
        self._store.put(Put(_item(scope, row, _own_key(row))))


def _is_listed(row: Row, begins: str, *, alias: bool) -> bool:
    """Whether an item lists its row: each row is listed once, by its own name if that one begins so.

    The key alone does not tell: it holds the first part of a name only, and a `#` of its own.
    """
    own = normalise(own_name(row.type, row.value, row.attributes)).startswith(begins)
    if not alias:
        return own
    return not own and any(normalise(name).startswith(begins) for name in other_names(row))


def _same(one: Row, other: Row) -> bool:
    return identity_of(one.type, one.value, one.attributes, one.ordinal) == identity_of(
        other.type, other.value, other.attributes, other.ordinal
    )


def _own_key(row: Row) -> str:
    return _value_key(row.type, row.value, row.attributes, row.ordinal)


def _value_key(type_: str, value: str, attributes: Mapping[str, Any], ordinal: int = 0) -> str:
    """Where the row of a value lies."""
    return _sort_key(own_name(type_, value, attributes), identity_of(type_, value, attributes, ordinal))


def _places(scope: Scope, row: Row) -> tuple[tuple[str, str], set[tuple[str, str]]]:
    """Partition and sort key of where a row is found by its own name, and by its other ones."""
    partition = _partition(scope, row.type, private=row.private)
    return (partition, _own_key(row)), {(partition, _named_key(name)) for name in other_names(row)}


def _named_key(name: str) -> str:
    """Where a row is found by another of its names, whatever the name's case."""
    return _sort_key(name, normalise(name))


def _sort_key(value: str, identity: str) -> str:
    return f"VALUE#{normalise(value)[:_PREFIX_CODE_POINTS]}#{value_hash(identity)}"


def _partition(scope: Scope, type_: str, *, private: bool) -> str:
    owner = f"#{quote(scope.user, safe='')}" if private else ""
    return f"{scope.tenant}{owner}#{type_}"


def _key(partition: str, sort_key: str) -> Item:
    return {"pk": {"S": partition}, "sk": {"S": sort_key}}


def _item(scope: Scope, row: Row, sort_key: str, *, alias: bool = False) -> Item:
    item = _key(_partition(scope, row.type, private=row.private), sort_key) | {
        "id": {"S": row.id},
        "type": {"S": row.type},
    }
    raw = row.value.encode()
    packed = zstd.compress(raw) if len(raw) >= _COMPRESSED_FROM_BYTES else raw
    item["valz" if packed is not raw else "val"] = {"B": packed} if packed is not raw else {"S": row.value}
    if alias:
        item["alias"] = {"BOOL": True}
    if row.attributes:
        item["attr"] = {"B": canonical.canonicalise(dict(row.attributes)).text}
    if row.ordinal:
        item["nth"] = {"N": str(row.ordinal)}
    if row.archived:
        item["gone"] = {"BOOL": True}
    if row.private:
        item["own"] = {"BOOL": True}
    return item


def _row_of(item: Item) -> Row:
    value = zstd.decompress(bytes(item["valz"]["B"])).decode() if "valz" in item else item["val"]["S"]
    return Row(
        id=item["id"]["S"],
        type=item["type"]["S"],
        value=value,
        attributes=json.loads(bytes(item["attr"]["B"])) if "attr" in item else {},
        ordinal=int(item["nth"]["N"]) if "nth" in item else 0,
        archived="gone" in item,
        private="own" in item,
    )
