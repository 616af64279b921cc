// The content entries of a draft as they are loaded page by page, and kept true while the draft goes on.

const PAGE = 40;

export class Timeline {
  constructor(draft) {
    this.draft = draft;
    this.entries = []; // newest first
    this.next = null; // what the page after the last one is asked for with
  }

  /** Read the newest page; what is loaded of older ones stays, unless there is a gap between. */
  async renew() {
    const { entries, next } = await this.draft.history(`?limit=${PAGE}`);
    const oldest = entries.at(-1);
    const older = oldest ? this.entries.filter((one) => one.seqNo < oldest.seqNo) : [];
    const meets = older.length && entries.some((one) => this.entries.some((known) => known.seqNo === one.seqNo));
    // A draft that was begun anew has another first entry.
    const isSame = meets && next !== null;
    if (!isSame) this.next = next;
    this.take([...entries, ...(isSame ? older : [])]);
  }

  async more() {
    const { entries, next } = await this.draft.history(`?limit=${PAGE}&before=${this.next}`);
    this.next = next;
    this.take([...this.entries, ...entries]);
  }

  /** The entry whose content was current at a time, or undefined. */
  async at(ms) {
    return (await this.draft.history(`?at=${ms}`)).entries[0];
  }

  /** Pin or label an entry. */
  async annotate(seqNo, change) {
    const now = await this.draft.annotate(seqNo, change);
    this.take(this.entries.map((one) => (one.seqNo === seqNo ? { ...one, pinned: now.pinned, label: now.label } : one)));
    return now;
  }

  take(entries) {
    this.entries = entries;
    this.current = entries.find((one) => one.current)?.seqNo;
  }
}

const WORDS = { save: "Saved", reset: "Reset to the first content", restore: "Restored", accept: "Accepted" };

/** What an entry did, in words. */
export function deedOf({ operation, parent, proposedBy }) {
  if (operation === "accept" && proposedBy) return `Accepted from ${proposedBy.actor ?? proposedBy.user}`;
  if (parent === null) return "Created";
  return WORDS[operation] ?? operation;
}

export const byWhom = ({ createdBy, actor }) => (actor ? `${createdBy} by ${actor}` : createdBy);
