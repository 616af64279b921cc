"""Records as DynamoDB items, and what an item costs.

Attribute names are short because every item pays for them. The types are the wire's: S, N, B, BOOL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from draftkeep import keys
from draftkeep.model import (
    Author,
    Draft,
    Entry,
    Form,
    Keyframe,
    Operation,
    Position,
    Record,
    Snapshot,
    Tombstone,
)

Item = dict[str, dict[str, Any]]

# DynamoDB: 400 KB an item, names included. A keyframe's chunk leaves room for its key.
CHUNK_BYTES = 380 * 1024


def item_of(draft: Draft, record: Record) -> Item:
    """Write a record as an item of its draft's log."""
    item: Item = {
        "pk": {"S": keys.log_key(draft)},
        "sk": {"S": keys.version_key(record.version)},
        "att": {"S": record.attempt},
        "at": {"N": str(record.created_at_ms)},
    } | author_item(record.author, "by", "via")
    if isinstance(record, Tombstone):
        return item | {"op": {"S": Operation.DISCARD}}
    item["op"] = {"S": record.operation}
    item["born"] = {"N": str(record.draft_created_at_ms)}
    if record.name is not None:
        item["name"] = {"S": record.name}
    if record.pinned:
        item["pin"] = {"BOOL": True}
    if record.label is not None:
        item["label"] = {"S": record.label}
    if record.key is not None:
        item["key"] = {"S": record.key}
    if record.proposer is not None:
        item |= author_item(record.proposer, "pby", "pvia")
    return item | _position_item(record.position) | snapshot_item(record.snapshot)


def record_of(item: Mapping[str, Mapping[str, Any]]) -> Record:
    """Read an item of a log."""
    version = keys.version_of(item["sk"]["S"])
    attempt = item["att"]["S"]
    created_at_ms = int(item["at"]["N"])
    author = author_of(item, "by", "via")
    operation = Operation(item["op"]["S"])
    if operation is Operation.DISCARD:
        return Tombstone(version, attempt, created_at_ms, author)
    return Entry(
        version=version,
        operation=operation,
        attempt=attempt,
        created_at_ms=created_at_ms,
        author=author,
        draft_created_at_ms=int(item["born"]["N"]),
        position=Position(
            cursor=int(item["cur"]["N"]),
            parent=_number(item, "par"),
            first=int(item["first"]["N"]),
            redo_target=_number(item, "redo"),
            redo_rest=_number(item, "rest"),
            branch=_number(item, "br") or 0,
        ),
        snapshot=snapshot_of(item),
        name=item["name"]["S"] if "name" in item else None,
        pinned="pin" in item and bool(item["pin"]["BOOL"]),
        label=item["label"]["S"] if "label" in item else None,
        key=item["key"]["S"] if "key" in item else None,
        proposer=author_of(item, "pby", "pvia") if "pby" in item else None,
    )


def bytes_without_body(draft: Draft, entry: Entry) -> int:
    """The size of an entry's item but for its content, for deciding how to store that."""
    room_for_keyframe = Keyframe(keys.keyframe_id(entry.version, entry.attempt), 99, 9999)
    form, room = Form.KEYFRAME, room_for_keyframe
    snapshot = entry.snapshot._replace(form=form, body=b"-", keyframe=room, overspent_units=9999)
    return item_bytes(item_of(draft, entry._replace(snapshot=snapshot))) - len(snapshot.body)


def author_item(author: Author, user: str, actor: str) -> Item:
    """Write an author as attributes of these names."""
    item: Item = {user: {"S": author.user}}
    return item if author.actor is None else item | {actor: {"S": author.actor}}


def author_of(item: Mapping[str, Mapping[str, Any]], user: str, actor: str) -> Author:
    """Read an author from attributes of these names."""
    return Author(item[user]["S"], item[actor]["S"] if actor in item else None)


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Measure an item as DynamoDB bills it.

    Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats": names and strings in UTF-8, binaries
    raw, a number about (digits + 1) / 2 + 1, a boolean 1
    """
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(size_bytes: int) -> int:
    """Write units of one plain put; a transaction counts double. Source: 1 unit per started 1,024 bytes."""
    return max(1, -(-size_bytes // 1024))


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(content)
    if kind == "N":
        return (len(content.lstrip("-")) + 1) // 2 + 1
    if kind == "BOOL":
        return 1
    raise ValueError(f"no item of this table holds a {kind}")


def _position_item(position: Position) -> Item:
    item: Item = {"cur": {"N": str(position.cursor)}, "first": {"N": str(position.first)}}
    for name, version in (
        ("par", position.parent),
        ("redo", position.redo_target),
        ("rest", position.redo_rest),
        ("br", position.branch if position.branch != position.first else None),
    ):
        if version is not None:
            item[name] = {"N": str(version)}
    return item


def snapshot_item(snapshot: Snapshot) -> Item:
    """Write a snapshot as attributes of an item."""
    item: Item = {
        "hash": {"B": bytes.fromhex(snapshot.content_hash)},
        "size": {"N": str(snapshot.size_bytes)},
        "form": {"S": snapshot.form},
    }
    if snapshot.body:
        item["body"] = {"B": snapshot.body}
    if snapshot.overspent_units:
        item["over"] = {"N": str(snapshot.overspent_units)}
    if snapshot.keyframe is not None:
        item["kf"] = {"S": snapshot.keyframe.id}
        item["kfn"] = {"N": str(snapshot.keyframe.chunks)}
        item["kfu"] = {"N": str(snapshot.keyframe.write_units)}
    return item


def snapshot_of(item: Mapping[str, Mapping[str, Any]]) -> Snapshot:
    """Read a snapshot from attributes of an item."""
    keyframe = Keyframe(item["kf"]["S"], int(item["kfn"]["N"]), int(item["kfu"]["N"])) if "kf" in item else None
    return Snapshot(
        content_hash=bytes(item["hash"]["B"]).hex(),
        size_bytes=int(item["size"]["N"]),
        form=Form(item["form"]["S"]),
        body=bytes(item["body"]["B"]) if "body" in item else b"",
        keyframe=keyframe,
        overspent_units=_number(item, "over") or 0,
    )


def _number(item: Mapping[str, Mapping[str, Any]], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None
