// Local copies of what was typed and is not known to be saved: they outlive a reload, a crash and a closed tab.
//
// Each tab writes records of its own, so two tabs on one draft never overwrite each other's. A tab holds a lock while it
// lives; the records of a tab that died are found by the next one that opens the draft.

import { scope as ownScope } from "./connection.js";
import { parse } from "./json.js";

const PREFIX = "draftkeep.copy";
let tab = "";

/** Take this tab's name: the one it had before a reload, or a new one (a duplicated tab inherits a name in use). */
export async function claimTab() {
  const earlier = sessionStorage.getItem("draftkeep.tab");
  if (earlier && (await hold(earlier))) tab = earlier;
  else {
    tab = crypto.randomUUID();
    await hold(tab);
  }
  sessionStorage.setItem("draftkeep.tab", tab);
}

function hold(name) {
  return new Promise((resolve) => {
    navigator.locks.request(`draftkeep.tab.${name}`, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}

const place = (owner, scope, draft) => [PREFIX, owner, scope, draft].map(encodeURIComponent).join("/");

/** Keep what is not saved yet of a draft; false when the browser has no room for it. `scope`: of the connection that it is of. */
export function keep(scope, draft, record) {
  try {
    localStorage.setItem(place(tab, scope, draft), JSON.stringify(record));
    return true;
  } catch {
    return false;
  }
}

export const forget = (scope, draft) => localStorage.removeItem(place(tab, scope, draft));

/** Take over the record of a draft: this tab's own, or the newest one of a tab that is gone. Null if there is none. */
export async function recover(scope, draft) {
  const alive = new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  const found = all()
    .filter((one) => one.scope === scope && one.draft === draft && (one.tab === tab || !alive.has(`draftkeep.tab.${one.tab}`)))
    .sort((a, b) => Number(b.tab === tab) - Number(a.tab === tab) || b.record.at - a.record.at)[0];
  if (!found) return null;
  localStorage.removeItem(found.key);
  keep(scope, draft, found.record);
  return found.record;
}

/** The drafts that have a record left by a tab that is gone, of the caller: `[{draft, at}]`. */
export async function leftovers() {
  const alive = new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  return all()
    .filter((one) => one.scope === ownScope() && !alive.has(`draftkeep.tab.${one.tab}`))
    .map((one) => ({ draft: one.draft, at: one.record.at }));
}

function all() {
  const found = [];
  for (const key of Object.keys(localStorage)) {
    const [prefix, owner, whose, draft] = key.split("/").map(decodeURIComponent);
    if (prefix !== PREFIX) continue;
    try {
      found.push({ key, tab: owner, scope: whose, draft, record: parse(localStorage.getItem(key)) });
    } catch {
      localStorage.removeItem(key);
    }
  }
  return found;
}
