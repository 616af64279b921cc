"""The catalog as people use it: list, read, create, archive and import shared resources."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from draftkeep import canonical, svg, zstd
from draftkeep.catalog import Catalog, CatalogPage, Scope
from draftkeep.changes import pointer
from draftkeep.errors import MAX_PROBLEMS, Forbidden, IdTaken, InvalidFields, NotFound, OperationKeyReused, Problem
from draftkeep.operations import SAVE_LIVES_S, Answered, Claim, Operations, Owner, Record
from draftkeep.resources import MAX_VALUE_BYTES, SHARED, TYPES, Identity, Row, computed_id, hex_color
from draftkeep.service.collisions import collisions_told
from draftkeep.service.keyed import Earlier, once, raise_if_done

ADMINS = "catalog-admin"
CATALOG = "catalog"
MAX_RECORDS = 500
MAX_ATTRIBUTES_BYTES = 64 * 1024
_ID = re.compile(r"[A-Za-z0-9._~:@-]{1,128}")
_RECORD = frozenset({"value", "attributes", "id"})
_PARALLEL = 16


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one record of an import: the row, and whether it is new; or what is wrong with it.

    problems: at most 100 of them; total: how many there are
    """

    row: Row | None = None
    created: bool = False
    problems: tuple[Problem, ...] = ()
    total: int = 0

    @classmethod
    def refused(cls, *problems: Problem) -> Imported:
        """A record that is wrong."""
        return cls(problems=problems[:MAX_PROBLEMS], total=len(problems))


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is kept for the request's operation key: its status and JSON text, empty for none."""

    status: int
    text: str
    replayed: bool = False


@dataclass(frozen=True)
class Resources:
    """The use cases on a tenant's catalog. Clock and ids are given, so that tests can hold them.

    clock: epoch milliseconds; new_id: a fresh UUID
    """

    catalog: Catalog
    operations: Operations
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())

    def once(self, scope: Scope, claim: Claim | None, run: Callable[[], Kept]) -> Kept:
        """Do a keyed request, or give the answer that it got before.

        run: safe to repeat, as all writes of the catalog are; its answer is kept after it
        Raises: OperationKeyReused, what `run` raises
        Cost: 1 batch read before, 1 conditional put after
        """
        if claim is None:
            return run()
        owner, now = Owner(CATALOG, scope.tenant, scope.user), self.clock()

        def run_and_keep(earlier: Earlier) -> Kept:
            raise_if_done(earlier)
            kept = run()
            answered = Answered(kept.status, zstd.compress(kept.text.encode()))
            expires_at_s = now // 1000 + SAVE_LIVES_S
            record = Record(
                claim.key,
                claim.fingerprint,
                self.new_id(),
                now,
                outcome="answered",
                expires_at_s=expires_at_s,
                answered=answered,
            )
            with collisions_told():
                self.operations.add(owner, record)
            return kept

        return once(self.operations, now, owner, claim, run=run_and_keep, replay=_kept)

    def list_rows(
        self, scope: Scope, type_: str, prefix: str, limit: int, after: str | None, *, private: bool
    ) -> CatalogPage:
        """List the rows in use whose value begins with a prefix: the tenant's shared ones, or the caller's private.

        Raises: NotFound (no such type)
        """
        return self.catalog.page(scope, known_type(type_), prefix, limit, after, private=private)

    def read(self, scope: Scope, type_: str, id_: str) -> Row:
        """Read a row, archived or not.

        Raises: NotFound
        """
        row = self.catalog.get(scope, known_type(type_), id_)
        if row is None:
            raise NotFound
        return row

    def create(self, scope: Scope, groups: frozenset[str], type_: str, record: Mapping[str, Any]) -> tuple[Row, bool]:
        """Create a shared row; for a value that there is already, the row that has it, taken into use again.

        record: {value, attributes?, id?}
        Returns: the row, and whether it is new
        Raises: NotFound, Forbidden, InvalidFields, IdTaken
        """
        known_type(type_)
        raise_unless_admin(groups)
        problems = list(problems_of(type_, record))
        if problems:
            raise InvalidFields(problems)
        with collisions_told():
            return self.catalog.create(scope, row_of(scope, type_, record))

    def archive(self, scope: Scope, groups: frozenset[str], type_: str, id_: str) -> None:
        """Take a shared row out of use; what selected it keeps it.

        Raises: NotFound, Forbidden
        """
        raise_unless_admin(groups)
        row = self.read(scope, type_, id_)
        # Also one that is archived by its id: an archiving that stopped half-way left it in the list.
        with collisions_told():
            self.catalog.archive(scope, row)

    def import_records(
        self, scope: Scope, groups: frozenset[str], records: Sequence[Mapping[str, Any]]
    ) -> list[Imported]:
        """Create many shared rows, each for itself: a wrong record does not hold up the others.

        records: at most 500 of {type, value, attributes?, id?}
        Returns: one result per record, in order
        Raises: Forbidden
        Cost: 2 conditional puts a record, 16 records at a time
        """
        raise_unless_admin(groups)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(lambda record: self._import(scope, record), records))

    def _import(self, scope: Scope, record: Mapping[str, Any]) -> Imported:
        type_ = record.get("type")
        if not isinstance(type_, str) or type_ not in TYPES:
            return Imported.refused(Problem("/type", "unknown_type", "There is no such type of resource."))
        fields = {name: value for name, value in record.items() if name != "type"}
        problems = tuple(problems_of(type_, fields))
        if problems:
            return Imported.refused(*problems)
        try:
            with collisions_told():
                row, created = self.catalog.create(scope, row_of(scope, type_, fields))
        except IdTaken:
            return Imported.refused(Problem("/id", "id_taken", "Another resource of the type has this id."))
        return Imported(row, created)


def _kept(record: Record) -> Kept:
    if record.answered is None:
        raise OperationKeyReused
    return Kept(record.answered.status, zstd.decompress(record.answered.body).decode(), replayed=True)


def known_type(type_: str) -> str:
    """A type that catalogs have.

    Raises: NotFound
    """
    if type_ not in TYPES:
        raise NotFound
    return type_


def raise_unless_admin(groups: frozenset[str]) -> None:
    """Let only the group through that may write what all of a tenant see.

    Raises: Forbidden
    """
    if ADMINS not in groups:
        raise Forbidden


def row_of(scope: Scope, type_: str, record: Mapping[str, Any]) -> Row:
    """The shared row that a checked record describes."""
    attributes = dict(record.get("attributes") or {})
    value = _value_of(type_, record, attributes)
    if type_ == "colors":
        value = hex_color(value) or value
    id_ = record.get("id") or computed_id(scope.tenant, SHARED, type_, value, attributes)
    return Row(id_, type_, value, attributes)


def problems_of(type_: str, record: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with a record of a known type."""
    for name in record:
        if name not in _RECORD:
            yield Problem(pointer((name,)), "unknown_field", "A record has value, attributes and id.")
    id_, attributes = record.get("id"), record.get("attributes")
    if id_ is not None and (not isinstance(id_, str) or not _ID.fullmatch(id_)):
        yield Problem("/id", "wrong_type", "An id has 1 to 128 letters, digits or ._~:@-")
    yield from _value_problems(type_, record)
    if attributes is not None and not isinstance(attributes, dict):
        yield Problem("/attributes", "wrong_type", "Attributes are an object.")
    else:
        yield from _attribute_problems(type_, attributes or {})


def _attribute_problems(type_: str, attributes: Mapping[str, Any]) -> Iterator[Problem]:
    required = TYPES[type_].attributes
    for name in sorted(required):
        if attributes.get(name) is None:
            yield Problem(pointer(("attributes", name)), "missing", f"A resource of the type {type_} needs it.")
    if required:
        # Forms show and compare these, so they have the types that forms give them.
        known_types = _ATTRIBUTE_TYPES | ({"value": int} if type_ == "arg_positions" else {})
        for name, known in known_types.items():
            value = attributes.get(name)
            if value is not None and type(value) is not known:
                yield Problem(pointer(("attributes", name)), "wrong_type", f"It is of the type {_TYPE_NAMES[known]}.")
    if len(canonical.canonicalise(dict(attributes)).text) > MAX_ATTRIBUTES_BYTES:
        yield Problem("/attributes", "text_too_long", f"Attributes have at most {MAX_ATTRIBUTES_BYTES} bytes.")


_TYPE_NAMES = {str: "string", bool: "boolean", int: "integer"}
_ATTRIBUTE_TYPES: dict[str, type] = {
    **dict.fromkeys(("type", "model_id", "flag_id", "args_id", "name", "field_type", "description", "template"), str),
    "required": bool,
}


def _value_problems(type_: str, record: Mapping[str, Any]) -> Iterator[Problem]:
    value = record.get("value")
    if value is None and TYPES[type_].identity is Identity.ATTRIBUTES:
        return
    if not isinstance(value, str) or not value.strip():
        yield Problem("/value", "wrong_type", "A value is a text that is not empty.")
    elif len(value.encode()) > MAX_VALUE_BYTES:
        yield Problem("/value", "text_too_long", f"A value has at most {MAX_VALUE_BYTES} bytes.")
    elif type_ == "colors" and hex_color(value) is None:
        yield Problem("/value", "bad_color", "A color is #rgb or #rrggbb; its name is an attribute.")
    elif type_ == "icons" and (objection := svg.objection_to(value)):
        yield Problem("/value", "bad_icon", objection)


def _value_of(type_: str, record: Mapping[str, Any], attributes: Mapping[str, Any]) -> str:
    if record.get("value") is not None:
        return str(record["value"])
    if type_ == "model_flags":
        return f"{attributes['model_id']} {attributes['flag_id']}"
    return " ".join(str(attributes[name]) for name in sorted(TYPES[type_].attributes))
