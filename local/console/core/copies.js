// Local copies of what was typed and is not known to be saved: they outlive a reload, a crash and a closed tab.
//
// Each tab writes records of its own, so two tabs on one draft never overwrite each other's. A tab holds a lock while it
// lives; the records of a tab that died are found by the next one that opens the draft.

import { scope } from "./connection.js";
import { parse } from "./json.js";

const PREFIX = "draftkeep.copy/";
const SENDING = "sending";
const PATIENCE_MS = 2_000;
let tab = "";
const open = new Set(); // the keys of copies that a session of this tab works on

/** Take this tab's name: the one it had before a reload, or a new one where that is in use (a duplicated tab inherits it). */
export async function claimTab() {
  const earlier = sessionStorage.getItem("draftkeep.tab");
  if (!earlier || !(await claim(earlier))) await claim(crypto.randomUUID());
  // Where the browser gives no locks, nothing tells whether a tab lives; copies are kept apart all the same.
  tab ||= crypto.randomUUID();
  sessionStorage.setItem("draftkeep.tab", tab);
}

const lockOf = (name) => `draftkeep.tab.${name}`;

/**
 * Take a name; false when another tab has it. After a reload the browser may hold the lock of the page that went for a
 * moment more, so only a page that answers, or none within a long time, ends the wait for it.
 */
async function claim(name) {
  const channel = new BroadcastChannel(lockOf(name));
  const taken = new AbortController();
  const timer = setTimeout(() => taken.abort(), PATIENCE_MS);
  channel.onmessage = ({ data }) => data === "here" && taken.abort();
  channel.postMessage("who");
  const held = await hold(name, taken.signal);
  clearTimeout(timer);
  if (held) {
    tab = name;
    channel.onmessage = ({ data }) => data === "who" && channel.postMessage("here");
    channel.postMessage("here");
  } else channel.close();
  return held;
}

function hold(name, signal) {
  return new Promise((resolve) => {
    const forever = () => (resolve(true), new Promise(() => {}));
    navigator.locks.request(lockOf(name), { signal }, forever).catch(() => resolve(false));
  });
}

const keyOf = (owner, scope, draft, part) => PREFIX + [owner, scope, draft, ...(part ? [part] : [])].map(encodeURIComponent).join("/");

/** Write a record; false when the browser has no room for it, and the one before stays. */
function put(key, text) {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

function move(from, to) {
  const text = localStorage.getItem(from);
  localStorage.removeItem(from);
  if (text !== null) put(to, text);
}

/** This tab's copy of one draft: a record of what was typed, and one of what is being sent, which is written once. */
export class Copy {
  #sending = null; // as far as it is written

  /** scope: of the connection that the draft was opened over */
  constructor(scope, draft) {
    this.scope = scope;
    this.draft = draft;
    this.key = keyOf(tab, scope, draft);
    this.sendingKey = keyOf(tab, scope, draft, SENDING);
  }

  /** Keep what is not saved yet; false when the browser has no room for it. */
  keep(sending, typed) {
    open.add(this.key);
    if (sending !== this.#sending) this.#unsend();
    if (!put(this.key, JSON.stringify(typed))) return false;
    if (sending && !this.#sending && put(this.sendingKey, JSON.stringify(sending))) this.#sending = sending;
    return sending === this.#sending;
  }

  forget() {
    this.#unsend();
    localStorage.removeItem(this.key);
    open.delete(this.key);
  }

  #unsend() {
    localStorage.removeItem(this.sendingKey);
    this.#sending = null;
  }

  /** Leave the copy as it is to who opens the draft next. */
  leave() {
    open.delete(this.key);
  }

  /** Take over what was kept of the draft: this tab's own, or the newest one of a tab that is gone. Null if there is nothing. */
  async recover() {
    const isAlive = await livingTabs();
    const found = all()
      .filter((one) => one.scope === this.scope && one.draft === this.draft && (one.tab === tab || !isAlive(one.tab)))
      .sort((a, b) => Number(b.tab === tab) - Number(a.tab === tab) || b.record.at - a.record.at)[0];
    if (!found) return null;
    if (found.tab !== tab) {
      move(keyOf(found.tab, this.scope, this.draft), this.key);
      move(keyOf(found.tab, this.scope, this.draft, SENDING), this.sendingKey);
    }
    return found.record;
  }
}

async function livingTabs() {
  const held = new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  return (name) => held.has(lockOf(name));
}

/**
 * The caller's drafts that have edits which nobody works on: left by a tab that is gone, or by this one before it was reloaded.
 * Returns `[{draft, at}]`.
 */
export async function leftovers() {
  const isAlive = await livingTabs();
  return all()
    .filter((one) => one.scope === scope() && (one.tab === tab ? !open.has(keyOf(tab, one.scope, one.draft)) : !isAlive(one.tab)))
    .map((one) => ({ draft: one.draft, at: one.record.at }));
}

/** What all tabs have kept: `[{tab, scope, draft, record}]`. */
function all() {
  const found = new Map();
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    try {
      const [owner, whose, draft, part] = key.slice(PREFIX.length).split("/").map(decodeURIComponent);
      const told = parse(localStorage.getItem(key));
      const name = keyOf(owner, whose, draft);
      const { record } = found.get(name) ?? { record: { edits: null, sending: null } };
      // What is being sent says what it was made of, too, where what was typed since found no room.
      const made = part === SENDING ? { version: told.version, cursor: told.cursor, at: told.at, ...record, sending: told } : { ...record, ...told };
      found.set(name, { tab: owner, scope: whose, draft, record: made });
    } catch {
      localStorage.removeItem(key);
    }
  }
  return [...found.values()];
}
