// The sessions that are open in this tab, by the name of their draft.

import { partsOf } from "./address.js";
import { agentDraft } from "./agents.js";
import { scope } from "./connection.js";
import { formDraft } from "./forms.js";
import { KINDS } from "./kinds.js";
import { Session } from "./session.js";

const NAMED = "draftkeep.named/";
const open = new Map();

// The names that drafts got just before this page was loaded again, by the names that the address may still have.
const named = namedBefore();

function namedBefore() {
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(NAMED));
  const found = new Map(keys.map((key) => [key, sessionStorage.getItem(key)]));
  for (const key of keys) sessionStorage.removeItem(key);
  return performance.getEntriesByType("navigation")[0]?.type === "reload" ? found : new Map();
}

const keyOf = (name) => `${NAMED}${scope()}/${name}`;

/** Where one is. A page that was being loaded again when its draft got its id is led to the draft, once. */
export function here() {
  const asked = partsOf(location.hash);
  const key = keyOf(asked.join("/"));
  const name = named.get(key);
  if (!name) return asked;
  named.delete(key);
  history.replaceState(null, "", `#/${name}`);
  return name.split("/");
}

function remember(old, now) {
  try {
    sessionStorage.setItem(keyOf(old), now);
  } catch {
    // Without room for it only a reload at that very moment begins a new draft.
  }
}

/** The session of a draft: `kind` and `id` of a form, or "agent" and "agent/revision". */
export function sessionOf(kind, id) {
  const name = `${kind}/${id}`;
  const found = open.get(name);
  if (found) return found;
  sessionStorage.removeItem(keyOf(name));
  const session = new Session(Object.hasOwn(KINDS, kind) ? formDraft(kind, id) : agentDraft(...id.split("/")));
  session.onName = (old, now) => {
    remember(old, now);
    open.delete(old);
    open.set(now, session);
    if (partsOf(location.hash).join("/") === old) history.replaceState(null, "", session.draft.route);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  open.set(name, session);
  session.open();
  return session;
}

/** Forget a session that is done with: the next visit reads the draft anew. */
export function close(session) {
  if (!session.unsaved && !session.listeners.size) open.delete(session.id);
}

const copyAll = () => {
  for (const session of open.values()) session.copy();
};

/** Whether this tab holds edits that neither the server nor a local copy can have. */
export function atRisk() {
  copyAll();
  return [...open.values()].some((session) => session.unsaved && !session.copied);
}

/** The connection is about to change: nothing of the old one may be sent over the new one. */
export function endAll() {
  for (const session of open.values()) session.end();
  open.clear();
}

addEventListener("pagehide", copyAll);
// On the way out this comes last, when every part of the page has given away what it had.
document.addEventListener("visibilitychange", copyAll);
addEventListener("online", () => {
  for (const session of open.values()) if (session.status === "offline") session.send();
});
