"""After a restore from a backup: every log goes on above the versions that were handed out and are lost.

    before the restore   … 7 8 9        clients have seen 9
    restored             … 7            8 and 9 would be given to other contents, and match an old If-Match
    moved on             … 7 8 F        F is above whatever a client can have seen; what was current at 7 still is

The record at 8 keeps a writer who has read 7 from putting an edit below F: it is refused, and reads F. It is void:
who names version 8 means the one that is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from draftkeep.errors import Contended, CorruptSnapshot
from draftkeep.log import Superseded
from draftkeep.model import Author, Draft, Operation, Page, Record, Tombstone
from draftkeep.service.writing import Writing
from draftkeep.store import Collided

# Who appended: the drafts' owner, by this program.
ACTOR = "after-restore"
# A log takes two round trips a save, so it has fewer records than hundredths of a second have passed.
_VERSIONS_A_SECOND = 100


def floor_of(restored_at_s: float) -> int:
    """A version above all that were handed out before a time, in epoch seconds; it has 12 digits until 2286."""
    return int(restored_at_s * _VERSIONS_A_SECOND)


@dataclass(frozen=True)
class Recovery:
    """Moves the logs of one restored table on.

    floor: the version at which they go on
    """

    writing: Writing
    floor: int

    def is_due(self, version: int) -> bool:
        """Whether a log whose newest version this is has yet to be moved on."""
        return version < self.floor

    def move_on(self, draft: Draft) -> bool:
        """Let a log go on at the floor: a draft with the same content, position and times, or its absence.

        Returns: whether it had yet to be; doing it again changes nothing
        Raises: Contended
        Cost: 1 consistent query, 1 transaction of 3 writes
        """
        for page in self.writing.fresh_pages(draft):
            if not self.is_due(page.last_version):
                return False
            attempt = self.writing.new_id()
            versions = sorted({page.last_version + 1, self.floor})
            try:
                self.writing.log.append_all(draft, [self._record(draft, page, one, attempt) for one in versions])
            except (Superseded, Collided):
                continue
            return True
        raise Contended

    def is_readable(self, draft: Draft) -> bool:
        """Whether the content of a draft can be restored; a draft that is not there can.

        Cost: 1 consistent query, and the keyframe
        """
        head = self.writing.log.read(draft, limit=1).head
        try:
            if head is not None:
                self.writing.log.content(draft, head)
        except CorruptSnapshot:
            return False
        return True

    def _record(self, draft: Draft, page: Page, version: int, attempt: str) -> Record:
        author, head = Author(draft.user, ACTOR), page.head
        if head is None:
            return Tombstone(version, attempt, self.writing.time_after(page), author)
        return head._replace(
            version=version,
            operation=Operation.RECOVER if version == self.floor else Operation.VOID,
            attempt=attempt,
            author=author,
            pinned=False,
            label=None,
            key=None,
            proposer=None,
        )
