// The sessions that are open in this tab, by the name of their draft.

import { partsOf } from "./address.js";
import { agentDraft } from "./agents.js";
import { formDraft } from "./forms.js";
import { KINDS } from "./kinds.js";
import { Session } from "./session.js";

const NAMED = "draftkeep.named/";
const open = new Map();

/**
 * Where one is. An address from before the first save leads to the draft that came of it: a page that was being loaded again
 * when the draft got its id still has the old one.
 */
export function here() {
  const asked = partsOf(location.hash);
  const name = named(asked.join("/"));
  if (!name) return asked;
  history.replaceState(null, "", `#/${name}`);
  return name.split("/");
}

function named(name) {
  const next = sessionStorage.getItem(NAMED + name);
  return next && (named(next) ?? next);
}

function remember(old, now) {
  try {
    sessionStorage.setItem(NAMED + old, now);
  } catch {
    // Without room for it only a reload at that very moment begins a new draft.
  }
}

/** The session of a draft: `kind` and `id` of a form, or "agent" and "agent/revision". */
export function sessionOf(kind, id) {
  const name = `${kind}/${id}`;
  const found = open.get(name);
  if (found) return found;
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
