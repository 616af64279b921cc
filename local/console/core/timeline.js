// The content entries of a draft as they are loaded page by page, and kept true while the draft goes on.

const PAGE = 40;
const MOST_MORE = 5;

export class Timeline {
  constructor(draft) {
    this.draft = draft;
    this.entries = []; // newest first
    this.next = null; // what the page after the last one is asked for with
    this.found = null; // the entry that was current at the time that was asked for
  }

  /** Read the newest page; what is loaded of older ones stays, unless there is a gap between. */
  async renew() {
    const { entries, next } = await this.page("");
    const oldest = entries.at(-1);
    const older = oldest ? this.entries.filter((one) => one.seqNo < oldest.seqNo) : [];
    const meets = older.length && entries.some((one) => this.entries.some((known) => known.seqNo === one.seqNo));
    // A draft that was begun anew has another first entry.
    const isSame = meets && next !== null;
    if (!isSame) this.next = next;
    this.take([...entries, ...(isSame ? older : [])]);
  }

  async more() {
    const { entries, next } = await this.page(`&before=${this.next}`);
    this.next = next;
    this.take([...this.entries, ...entries]);
  }

  /** A page; one that many moves have cut short goes on with the next. */
  async page(after) {
    let { entries, next } = await this.draft.history(`?limit=${PAGE}${after}`);
    for (let more = 0; more < MOST_MORE && next !== null && entries.length < PAGE / 2; more++) {
      const page = await this.draft.history(`?limit=${PAGE}&before=${next}`);
      entries = [...entries, ...page.entries];
      next = page.next;
    }
    return { entries, next };
  }

  /** Find the entry whose content was current at a time. */
  async find(ms) {
    this.found = (await this.draft.history(`?at=${ms}`)).entries[0] ?? null;
  }

  /** Pin or label an entry. */
  async annotate(seqNo, change) {
    const now = await this.draft.annotate(seqNo, change);
    const noted = (one) => (one?.seqNo === seqNo ? { ...one, pinned: now.pinned, label: now.label } : one);
    this.found = noted(this.found);
    this.take(this.entries.map(noted));
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
