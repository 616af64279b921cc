"""Where each item lies: the one place that knows the layout of the drafts table's keys.

item       partition key                                   sort key                              example
record     {kind}#draft#{tenant}#{user}#{draft}            V#{version:012d}                      V#…007
keyframe   {kind}#keyframe#{tenant}#{user}#{draft}         {version:012d}#{attempt}#{chunk:03d}  …007#5f0c…#000
index      {kind}#index#{tenant}#{user}[#{group}]          {created_ms:015d}#{draft}             …678#support/3
proposal   {kind}#proposal#{tenant}#{user}                 {draft}#{created_ms:015d}#{key}       support/3#…678#k1
operation  {kind}#op#{tenant}#{user}#{key}                 OP
trash      trash#{yyyy-mm-dd}                              SHA-256 of the log's partition key

Users and operation keys are percent-encoded; tenants, groups and draft ids cannot contain `#`, so no key of one owner
is another's.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, unquote

from draftkeep.model import Draft, Kind

VERSION_PREFIX = "V#"


def log_key(draft: Draft) -> str:
    """The partition that is the draft."""
    return f"{draft.kind}#draft#{_owner(draft)}#{draft.id}"


def keyframes_key(draft: Draft) -> str:
    """The partition of the draft's keyframes: apart from the log, so that their weight never throttles a save."""
    return f"{draft.kind}#keyframe#{_owner(draft)}#{draft.id}"


def keyframes_key_of_log(log: str) -> str:
    """The partition of keyframes that belongs to a log's partition."""
    kind, _, rest = log.split("#", 2)
    return f"{kind}#keyframe#{rest}"


def draft_of_log_key(partition: str) -> Draft | None:
    """The draft whose log is this partition, with its group; None for what is no log."""
    if partition.split("#", 2)[1:2] != ["draft"]:
        return None
    draft = draft_of_log(partition)
    # Only the drafts of agents have a group, the agent: what stands before the revision.
    return replace(draft, group=draft.id.rpartition("/")[0])


def version_of(sort_key: str) -> int:
    """The version of the record that lies there."""
    return int(sort_key.removeprefix(VERSION_PREFIX))


def version_key(version: int) -> str:
    """The place of a record in its log."""
    return f"{VERSION_PREFIX}{version:012d}"


def keyframe_id(version: int, attempt: str) -> str:
    """The name of a keyframe: it belongs to one attempt, so two racers never share one."""
    return f"{version:012d}#{attempt}"


def is_cut_by(keyframe: str, attempt: str) -> bool:
    """Whether a keyframe is of this attempt's own making."""
    return keyframe.endswith(f"#{attempt}")


def chunk_key(keyframe: str, chunk: int) -> str:
    """The place of one chunk of a keyframe."""
    return f"{keyframe}#{chunk:03d}"


def keyframe_bound(version: int) -> str:
    """The sort key below which all keyframes of earlier versions lie."""
    return f"{version:012d}"


def index_key(kind: Kind, tenant: str, user: str, group: str) -> str:
    """The partition that lists an owner's drafts."""
    return f"{kind}#index#{tenant}#{quote(user, safe='')}" + (f"#{group}" if group else "")


def index_sort_key(draft: Draft, created_at_ms: int) -> str:
    """The place of a draft in its owner's list: by creation."""
    return f"{created_at_ms:015d}#{draft.id}"


def draft_id_of_index(sort_key: str) -> str:
    """The draft that an index item is about."""
    return sort_key.split("#", 1)[1]


def operation_key(kind: str, tenant: str, user: str, key: str) -> str:
    """The partition of what was done with an operation key, by one user and for one kind."""
    return f"{kind}#op#{tenant}#{quote(user, safe='')}#{quote(key, safe='')}"


def proposals_key(kind: Kind, tenant: str, user: str) -> str:
    """The partition that lists an owner's pending proposals."""
    return f"{kind}#proposal#{tenant}#{quote(user, safe='')}"


def proposals_prefix(draft_id: str) -> str:
    """What the sort keys of one draft's proposals begin with."""
    return f"{draft_id}#"


def proposal_sort_key(draft_id: str, created_at_ms: int, key: str) -> str:
    """The place of a proposal among an owner's: by draft, then by time."""
    return f"{draft_id}#{created_at_ms:015d}#{quote(key, safe='')}"


def key_of_proposal(sort_key: str) -> str:
    """The operation key of the proposal that lies there."""
    return unquote(sort_key.rsplit("#", 1)[1])


def draft_of_log(log: str) -> Draft:
    """The draft whose log is this partition; its group is not told."""
    kind, _, tenant, user, draft_id = log.split("#")
    return Draft(Kind(kind), tenant, unquote(user), draft_id)


def trash_key(day: date) -> str:
    """The partition of the drafts that were discarded on one day (UTC)."""
    return f"trash#{day.isoformat()}"


def trash_sort_key(log: str) -> str:
    """The place of a discarded log in its day's trash; hashed, since a sort key is at most 1,024 bytes."""
    return hashlib.sha256(log.encode()).hexdigest()


def day_of(time_ms: int) -> date:
    """The day (UTC) of an epoch time in milliseconds."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).date()


def _owner(draft: Draft) -> str:
    return f"{draft.tenant}#{quote(draft.user, safe='')}"
