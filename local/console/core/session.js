// One open draft: what the server has, what was typed since, and the autosave between the two.
//
//   typed ──▶ edits ──(pause)──▶ sending ──▶ head            sending keeps its operation key until an answer comes, so a
//                 ▲                 │                        save whose answer was lost is never done twice
//                 └── refused ──────┘
//
// Saves, moves and decisions take turns, so that each is made of what the one before it answered. A state is taken in only
// where nothing is unsaved: what was typed over an older one is saved with that one's version, and so meets the newer one.
//
// Edits and what is being sent are copied to local storage, and forgotten when they are saved.

import { Problem, Unreachable } from "./api.js";
import { scope } from "./connection.js";
import { Copy } from "./copies.js";

const PAUSE_MS = 600;
const LONGEST_PAUSE_MS = 3_000;
const COPY_MS = 250;
const POLL_MS = 2_500;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/** States that wait for a person; autosave stands still meanwhile. */
const HELD = new Set(["conflict", "refused", "gone", "signed-out"]);

const UNSAVED = "Save your edits, or drop them, first.";

const isNotFound = (error) => error instanceof Problem && error.status === 404;

export class Session {
  /** draft: of `formDraft` or `agentDraft` */
  constructor(draft) {
    this.draft = draft;
    this.id = draft.name;
    this.kept = new Copy(scope(), this.id);
    this.phase = "loading"; // loading, ready, failed
    this.status = "saved"; // saved, editing, saving, offline, and those of HELD
    this.head = null; // the newest state that the server told of, null without a draft
    this.edits = null; // typed since
    this.sending = null; // {edits, version, key}: sent, and not answered yet
    this.conflict = null;
    this.problem = null;
    this.notice = null; // what others did to the draft meanwhile
    this.own = null; // the newest version that was made here and could not be taken in yet
    this.copied = true; // whether a local copy could be kept
    this.suggesting = false; // edits become a proposal, nothing is saved by itself
    this.proposalKey = null; // of the proposal of these edits, until an answer comes
    this.listeners = new Set();
    this.timers = {};
    this.failures = 0;
    this.changed = 0; // grows with each new version: what lists of the history depend on
    this.asked = 0; // grows with each question to the server: an answer that another one overtook does not count
  }

  // ---------------------------------------------------------------------------------------------- watching

  watch(tell) {
    this.listeners.add(tell);
    if (this.listeners.size === 1) this.wake();
    return () => {
      this.listeners.delete(tell);
      if (!this.listeners.size) this.sleep();
    };
  }

  /** Never send or take in anything again: the connection is another one now. What is unsaved stays in its local copy. */
  end() {
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.copy();
    this.kept.leave();
    this.ended = true;
  }

  tell() {
    for (const listener of this.listeners) listener();
  }

  wake() {
    this.poll();
    if (this.unsaved && !HELD.has(this.status)) this.send();
  }

  sleep() {
    clearTimeout(this.timers.poll);
    if (this.edits && !HELD.has(this.status) && !this.suggesting) this.send();
  }

  /** Content as the person sees it: the server's, with what is not saved yet. */
  get content() {
    const base = this.head?.content ?? this.draft.empty;
    return this.draft.shown(base, this.draft.joined(this.sending?.edits, this.edits));
  }

  get unsaved() {
    return Boolean(this.sending || this.edits);
  }

  get version() {
    return this.head?.version ?? 0;
  }

  // --------------------------------------------------------------------------------------------- beginning

  async open() {
    clearTimeout(this.timers.open);
    try {
      const left = await this.kept.recover();
      const newest = await this.draft.read().catch((error) => {
        if (left && isNotFound(error)) return null;
        throw error;
      });
      const head = left ? await this.baseOf(left, newest) : newest;
      if (this.ended) return;
      this.head = head;
      this.phase = "ready";
      if (left) this.resume(left, this.head && !newest);
    } catch (error) {
      if (this.ended) return;
      this.phase = "failed";
      this.problem = error;
      if (error instanceof Unreachable) this.timers.open = setTimeout(() => this.phase === "failed" && this.open(), RETRY_MS[2]);
    }
    this.tell();
    this.poll();
  }

  /**
   * The state that left edits were made of: they are judged by that one. Where it cannot be read, all that was typed is asked
   * about rather than saved over something unseen.
   */
  async baseOf({ version = 0, cursor }, newest) {
    if (version === (newest?.version ?? 0)) return newest;
    const entry = version && newest ? this.draft.entry(cursor) : Promise.resolve({});
    const content = await entry.catch((error) => {
      if (isNotFound(error)) return {};
      throw error;
    });
    return { ...newest, version, content, cursor };
  }

  /** Go on with what an earlier page, or a tab that is gone, left unsaved. */
  resume({ edits, sending, suggesting = false, proposalKey = null }, isGone) {
    Object.assign(this, { edits, sending, suggesting, proposalKey });
    this.status = "editing";
    if (isGone) this.hold("gone", null);
    else if (!suggesting) this.later(0);
    this.copy();
  }

  // ------------------------------------------------------------------------------------------------ editing

  /**
   * Take in what was typed: for a form some members, for an agent the whole payload; `madeOf` is the content that it was
   * made of, where that may be another one by now.
   */
  edit(edits, madeOf = this.content) {
    if (madeOf !== this.content) edits = this.draft.merged(madeOf, this.content, edits).edits;
    this.edits = this.draft.joined(this.edits, edits);
    this.proposalKey = null;
    if (this.status === "refused" || this.status === "saved") this.status = "editing";
    this.problem = this.status === "editing" ? null : this.problem;
    this.timers.copy ||= setTimeout(() => this.copy(), COPY_MS);
    this.tell();
    if (!this.suggesting && !HELD.has(this.status) && this.status !== "offline") this.later();
  }

  later(pause = PAUSE_MS) {
    this.since ??= Date.now();
    clearTimeout(this.timers.save);
    this.timers.save = setTimeout(() => this.send(), Math.min(pause, Math.max(0, this.since + LONGEST_PAUSE_MS - Date.now())));
  }

  /** Copy what is unsaved to local storage. */
  copy() {
    clearTimeout(this.timers.copy);
    this.timers.copy = 0;
    // Until a draft is open, its copy is that of an earlier page.
    if (this.ended || this.phase !== "ready") return;
    if (!this.unsaved) return this.kept.forget();
    const { edits, sending, suggesting, proposalKey } = this;
    const keep = (sent, typed) => this.kept.keep(sent, { edits: typed, suggesting, proposalKey, ...this.base });
    const before = this.copied;
    // Where there is no room for both, all of it is kept as what was typed.
    this.copied = keep(sending, edits) || (sending !== null && keep(null, this.draft.joined(sending.edits, edits)));
    if (this.copied !== before) this.tell();
  }

  /** What edits of this moment are made of. */
  get base() {
    // Right after a save the cursor is not known yet: it is the entry that was saved.
    return { version: this.head?.version, cursor: this.head?.cursor ?? this.head?.version, at: Date.now() };
  }

  // ------------------------------------------------------------------------------------------------- saving

  /** Save now; resolves when nothing is left to save, or a person has to decide. */
  send() {
    clearTimeout(this.timers.save);
    clearTimeout(this.timers.retry);
    this.since = null;
    this.saving ??= this.turn(() => this.run()).finally(() => (this.saving = null));
    return this.saving;
  }

  /** Do something that changes the draft, once all is done that was begun before. */
  turn(work) {
    const done = Promise.resolve(this.running).then(() => {
      this.asked++;
      return this.ended ? undefined : work();
    });
    const over = done.catch(() => {}).then(() => {
      if (this.running !== over) return;
      this.running = null;
      if (this.head && this.head.cursor === undefined) this.refresh();
    });
    this.running = over;
    return done;
  }

  async run() {
    while (this.unsaved && !this.ended && !this.suggesting && !HELD.has(this.status)) {
      if (!this.sending) {
        const left = this.draft.left(this.head?.content ?? {}, this.edits);
        if (!left && this.head) {
          this.edits = null;
          break;
        }
        this.sending = { edits: this.edits, ...this.base, key: crypto.randomUUID() };
        this.edits = null;
        this.copy();
      }
      this.status = "saving";
      this.tell();
      try {
        const state = await this.draft.save(this.sending.edits, this.sending);
        if (this.ended) return;
        this.failures = 0;
        this.sending = null;
        this.took(state);
        // An older copy must not stay where there is no room for the next one: it was made of an older version.
        this.kept.forget();
        this.copy();
      } catch (error) {
        if (!this.fail(error)) return;
      }
    }
    if (!HELD.has(this.status) && this.status !== "offline") this.status = this.unsaved ? "editing" : "saved";
    this.copy();
    this.tell();
  }

  /** Take a state of the server in. */
  took(state) {
    const moved = state.version !== this.head?.version;
    // The answer to a form's save does not say it; what was just saved can be undone.
    const moves = moved && state.canUndo === undefined ? { canUndo: this.head !== null, canRedo: false } : {};
    this.head = { ...this.head, ...moves, ...state };
    if (moved) this.changed++;
    this.named();
  }

  /** The first save, or the first proposal, gave the draft its id. */
  named() {
    if (this.id === this.draft.name) return;
    const old = this.id;
    this.id = this.draft.name;
    this.kept.forget();
    this.kept = new Copy(this.kept.scope, this.id);
    this.onName?.(old, this.id);
  }

  /** Judge what went wrong; true when the loop may go on. */
  fail(error) {
    if (error instanceof Unreachable || (error instanceof Problem && error.passes)) return this.wait(error);
    if (error instanceof Problem && error.status === 401) return this.halt("signed-out", error);
    if (isNotFound(error) || error.code === "draft_discarded") return this.hold("gone", error);
    if (error instanceof Problem && error.status === 409 && error.body) return this.clash(error);
    if (!(error instanceof Problem)) console.error(error);
    return this.hold("refused", error);
  }

  wait(error) {
    const pause = (error.retryAfterS ?? 0) * 1000 || RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures++;
    this.status = "offline";
    this.problem = error;
    clearTimeout(this.timers.retry);
    this.timers.retry = setTimeout(() => this.send(), pause);
    this.tell();
    return false;
  }

  /** Put what was being sent back to what was typed: it was refused, so it is sent with a new key. */
  hold(status, problem) {
    this.edits = this.draft.joined(this.sending?.edits, this.edits);
    this.sending = null;
    return this.halt(status, problem);
  }

  /** Wait for a person. */
  halt(status, problem) {
    this.status = status;
    this.problem = problem;
    this.copy();
    this.tell();
    return false;
  }

  clash(problem) {
    const current = this.draft.current(problem);
    if (current.version === undefined) return this.hold("refused", problem);
    if (!current.version) return this.hold("gone", problem);
    this.hold("conflict", problem);
    const base = this.head?.content ?? this.draft.empty;
    const { edits, overlaps } = this.draft.merged(base, current.content, this.edits);
    if (overlaps.length) {
      this.conflict = { base, current };
      this.notice = null;
      this.changed++;
      this.tell();
      return false;
    }
    // Others changed other places: theirs come in, and what was typed is sent again on top.
    this.over(current, edits);
    if (current.version !== this.own) this.told(current);
    return true;
  }

  /** The places of a conflict, by what is typed by now. */
  get overlaps() {
    const { base, current } = this.conflict;
    if (this.judged?.edits !== this.edits || this.judged.current !== current) {
      this.judged = { edits: this.edits, current, overlaps: this.draft.merged(base, current.content, this.edits).overlaps };
    }
    return this.judged.overlaps;
  }

  /** Go on from a newer state of the server, with what is left of the edits. */
  over(current, edits) {
    this.took(current);
    this.edits = edits;
    this.conflict = this.problem = null;
    this.status = "editing";
    this.copy();
    this.tell();
  }

  told(state) {
    const newest = state.history?.find((one) => one.seqNo === state.version);
    this.notice = { version: state.version, by: state.updatedBy ?? newest?.createdBy, actor: state.actor ?? newest?.actor };
  }

  // ----------------------------------------------------------------------------------------------- deciding

  /** End a conflict: `choices` has the value of each place where mine is not taken; the rest of what was typed is saved over theirs. */
  settle(choices) {
    const { base, current } = this.conflict;
    this.over(current, this.draft.merged(base, current.content, this.edits, choices).edits);
    return this.send();
  }

  /** Give up all that was typed. */
  async drop() {
    const state = await this.draft.read();
    this.edits = this.sending = this.conflict = this.problem = this.notice = null;
    this.status = "saved";
    if (state) this.took(state);
    else this.head = null;
    this.copy();
    this.tell();
  }

  /** Save what is shown as a draft of its own, after this one was discarded elsewhere. */
  rebegin() {
    this.edits = this.draft.whole(this.content);
    this.head = this.sending = this.problem = null;
    this.suggesting = false;
    this.status = "editing";
    this.copy();
    return this.send();
  }

  /** Go on after a person mended what held the autosave up: signed in, or wants to try once more. */
  again() {
    if (this.status === "conflict") return undefined;
    this.status = "editing";
    this.problem = null;
    return this.send();
  }

  // --------------------------------------------------------------------------------------- moves and the rest

  /** Undo, redo or reset, once what was typed is saved. */
  move(what) {
    const can = { undo: "canUndo", redo: "canRedo" }[what];
    return this.write((options) => (can && !this.head[can] ? null : this.draft.move(what, options)));
  }

  restore(seqNo) {
    return this.write((options) => this.draft.restore(seqNo, options));
  }

  write(ask) {
    return this.turn(async () => {
      if (this.suggesting) throw new Error("Send the suggestion, or drop it, first.");
      await this.run();
      if (this.unsaved || !this.head || this.ended) return;
      const state = await ask({ version: this.head.version, key: crypto.randomUUID() });
      if (state) this.went(state);
    });
  }

  /** The draft went on to a state by what was asked for here. */
  went(state) {
    if (this.unsaved) [this.own, this.changed] = [state.version, this.changed + 1];
    else this.took(state);
    this.notice = null;
    this.tell();
  }

  /** Propose what was typed instead of saving it; what is typed meanwhile is the next suggestion. */
  propose() {
    return this.turn(() => this.offer());
  }

  async offer() {
    const sent = this.edits;
    if (!sent) return undefined;
    this.proposalKey ??= crypto.randomUUID();
    this.copy();
    try {
      await this.draft.propose(sent, { version: this.head?.version, key: this.proposalKey });
    } catch (error) {
      // It was made of what the draft never was: on top of what is there, it can be proposed.
      if (error instanceof Problem && error.status === 409 && this.clash(error) && !this.ended) return this.offer();
      throw error;
    }
    if (this.ended) return undefined;
    this.edits = this.edits && this.draft.left(sent, this.edits);
    this.suggesting = this.unsaved;
    this.proposalKey = null;
    this.status = this.unsaved ? "editing" : "saved";
    this.changed++;
    this.named();
    this.copy();
    this.tell();
    return undefined;
  }

  /** Begin or end suggesting; ending it drops what was suggested and not sent. */
  suggest(on) {
    return this.turn(async () => {
      if (on) await this.run();
      if (on && this.unsaved) throw new Error(UNSAVED);
      if (!on) this.edits = null;
      this.suggesting = on;
      this.proposalKey = null;
      this.status = "saved";
      this.copy();
      this.tell();
    });
  }

  /** Accept or reject a proposal, once what was typed is saved; what is only suggested stays as it is. */
  decide(key, accept, fields, version) {
    return this.turn(async () => {
      await this.run();
      if (this.ended) return;
      if (this.unsaved && !this.suggesting) throw new Error(UNSAVED);
      const state = await this.draft.decide(key, accept, fields, version);
      this.changed++;
      // The draft that was only proposed is none after a rejection.
      if (state?.version) this.went(state);
      this.tell();
    });
  }

  discard() {
    return this.turn(async () => {
      await this.draft.discard({ version: this.head?.version, key: crypto.randomUUID() });
      this.edits = this.sending = null;
      this.copy();
    });
  }

  // ------------------------------------------------------------------------------------------------ watching

  /** Look for what others did, while somebody is watching. */
  poll() {
    clearTimeout(this.timers.poll);
    if (!this.listeners.size || this.ended || this.phase !== "ready") return;
    this.timers.poll = setTimeout(async () => {
      if (document.visibilityState === "visible") await this.refresh();
      this.poll();
    }, POLL_MS);
  }

  async refresh() {
    if (this.running || this.ended || this.status === "conflict" || this.status === "signed-out") return;
    const mine = ++this.asked;
    const state = await this.look();
    if (state === undefined || this.running || mine !== this.asked) return;
    if (!state) return void (this.head && this.vanished());
    // What was typed belongs to the version that it was typed over: the save finds out whether the two meet.
    if (this.unsaved && state.version !== this.version) return;
    const others = this.head && state.version > this.version;
    this.took(state);
    if (others) this.told(state);
    this.tell();
  }

  /** The state of the server, null without a draft, undefined where there is nothing new or no telling. */
  async look() {
    const known = this.head?.cursor === undefined ? undefined : this.head?.version;
    try {
      const state = await this.draft.read(known);
      if (this.status === "offline" && !this.problem?.retryAfterS) this.send();
      return state;
    } catch (error) {
      if (isNotFound(error)) return null;
      if (error instanceof Problem && error.status === 401 && !this.running) this.halt("signed-out", error);
      return undefined;
    }
  }

  /** Somebody discarded the draft: what is shown stays, nothing is saved by itself. */
  vanished() {
    if (this.status !== "gone") this.hold("gone", null);
  }
}
