// The head of an open draft: its name, whether it is saved, and what can be done with all of it.

import { ago, when } from "../core/format.js";
import { fieldOf, KINDS } from "../core/kinds.js";
import { attempt, toast } from "./toasts.js";
import { Button, commitTyped, Dialog, html, Icon, useEffect, useRef, useState } from "./ui.js";

/** The session's name for what it does, in words and as a color. */
export function saveState(session) {
  const { status, head, suggesting, edits, problem } = session;
  if (suggesting) return { tone: "accent", icon: "bulb", text: edits ? "Suggesting: not saved, not sent" : "Suggesting" };
  switch (status) {
    case "saving": return { tone: "plain", icon: "cloud", text: "Saving…" };
    case "editing": return { tone: "plain", icon: "cloud", text: "Typing…" };
    case "offline": return { tone: "warn", icon: "off", text: problem?.passes ? "Server is busy: kept here, will retry" : "Offline: kept here, will retry" };
    case "conflict": return { tone: "bad", icon: "people", text: "Conflict: saving waits" };
    case "refused": return { tone: "bad", icon: "warn", text: "Not saved" };
    case "gone": return { tone: "bad", icon: "warn", text: "The draft is gone" };
    case "signed-out": return { tone: "bad", icon: "warn", text: "Signed out: kept here" };
    default: return head ? { tone: "good", icon: "check", text: `Saved v${head.version}` } : { tone: "plain", icon: "cloud", text: "Nothing saved yet" };
  }
}

export function DraftBar({ session, title, back, children }) {
  const [asking, setAsking] = useState(false);
  const { head, suggesting, edits } = session;
  const state = saveState(session);
  useKeys(session);
  const move = (what) => attempt(() => session.move(what));
  const propose = () =>
    attempt(async () => {
      await session.propose();
      toast("Proposed. It waits under Proposals.", "good");
    });
  return html`<header class="draft-head">
    <a class="button bare" href=${back} aria-label="Back to the list" title="Back to the list"><${Icon} name="left" /></a>
    <div class="draft-title"><h1 class="clip" title=${title}>${title}</h1>
      <p class="save-state ${state.tone}" role="status" aria-live="polite"><${Icon} name=${state.icon} size=${15} /><span>${state.text}</span>
        ${state.tone === "good" && head?.updatedAt ? html`<time class="dim" title=${when(head.updatedAt)}>${ago(head.updatedAt)}</time>` : null}</p>
    </div>
    <div class="draft-tools">
      ${children}
      <${Button} icon="clock" class="only-narrow" label="Go to history and proposals" onClick=${toSide} />
      <${Button} icon="undo" label="Undo (Ctrl+Z)" disabled=${!(head?.canUndo || session.unsaved) || suggesting} onClick=${() => move("undo")} />
      <${Button} icon="redo" label="Redo (Ctrl+Shift+Z)" disabled=${!head?.canRedo || session.unsaved || suggesting} onClick=${() => move("redo")} />
      ${suggesting
        ? html`<${Button} kind="primary" icon="bulb" disabled=${!edits} onClick=${propose}>Propose<//>
            <${Button} onClick=${() => attempt(() => session.suggest(false))}>Cancel<//>`
        : html`<${Button} icon="bulb" title="Edits become a proposal instead of being saved" onClick=${() => attempt(() => session.suggest(true))}>Suggest<//>`}
      <${Button} icon="trash" label="Discard the draft" disabled=${!head} onClick=${() => setAsking(true)} />
    </div>
    ${asking && html`<${Discard} session=${session} back=${back} onClose=${() => setAsking(false)} />`}
  </header>`;
}

/** On a narrow page the history stands below the editor. */
function toSide() {
  const side = document.querySelector(".side");
  side?.scrollIntoView({ behavior: "smooth", block: "start" });
  side?.querySelector("[role=tab][aria-selected=true]")?.focus({ preventScroll: true });
}

function Discard({ session, back, onClose }) {
  const discard = () =>
    attempt(async () => {
      await session.discard();
      toast("Discarded.");
      location.hash = back;
    });
  return html`<${Dialog} title="Discard this draft?" onClose=${onClose}>
    <p>The draft and its whole history are gone for every reader. This cannot be undone.</p>
    <footer class="dialog-foot"><${Button} kind="danger" icon="trash" onClick=${discard}>Discard<//></footer>
  <//>`;
}

function useKeys(session) {
  const now = useRef();
  now.current = session;
  useEffect(() => {
    const press = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
      const key = event.key.toLowerCase();
      const what = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
      if (key === "s") {
        event.preventDefault();
        commitTyped();
        now.current.send();
      } else if (what && !now.current.suggesting) {
        event.preventDefault();
        const can = what === "undo" ? now.current.head?.canUndo || now.current.unsaved : now.current.head?.canRedo;
        if (can) attempt(() => now.current.move(what));
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

/** A wrong place: of a form its field, which can be gone to. */
function Place({ kind, pointer }) {
  if (!(kind in KINDS)) return html`<code>${pointer || "/"}</code>`;
  const { name, label } = fieldOf(kind, pointer.split("/")[1] ?? "");
  const go = () => {
    const field = document.getElementById(`field-${name}-field`);
    (field?.querySelector("[aria-invalid=true]") ?? document.getElementById(`field-${name}`) ?? field)?.focus();
  };
  return html`<button type="button" class="link" onClick=${go}>${label || "The form"}</button>`;
}

/** What a person should know of the draft beside its state: others' changes, refusals, a missing local copy. */
export function DraftNews({ session }) {
  const { status, problem, notice, copied, suggesting } = session;
  const named = notice?.by ? html`<strong>${notice.by}</strong>${notice.actor ? ` (${notice.actor})` : ""}` : "Somebody";
  return html`
    ${suggesting && html`<div class="banner"><${Icon} name="bulb" /><p class="grow">Edits are kept in this tab until you propose them. The draft stays as it is until somebody accepts.</p></div>`}
    ${notice && html`<div class="banner" role="status"><${Icon} name="people" /><p class="grow">${named} changed this draft: it is at version ${notice.version}.${session.unsaved ? " Your own edits are kept on top." : ""}</p>
      <${Button} kind="quiet" icon="x" label="Dismiss" class="little" onClick=${() => ((session.notice = null), session.tell())} /></div>`}
    ${status === "refused" && html`<div class="banner bad" role="alert"><${Icon} name="warn" /><p class="grow">${problem.errors?.length ? "Not saved. Mend this, and it is sent:" : problem.message}
      ${problem.errors?.slice(0, 3).map((one) => html`<br /><${Place} kind=${session.draft.kind} pointer=${one.pointer} /> ${one.message}`)}</p>
      <${Button} class="little" onClick=${() => attempt(() => session.again())}>Try again<//><${Button} class="little" onClick=${() => attempt(() => session.drop())}>Drop my edits<//></div>`}
    ${status === "signed-out" && html`<div class="banner bad" role="alert"><${Icon} name="warn" /><p class="grow">The server does not accept the token. Your edits are kept in this browser; sign in by the connection at the top.</p></div>`}
    ${status === "gone" && html`<div class="banner bad" role="alert"><${Icon} name="warn" /><p class="grow">This draft was discarded elsewhere.${session.unsaved ? " What you typed is still here." : ""}</p>
      <${Button} class="little" onClick=${() => session.rebegin()}>Save it as a new draft<//></div>`}
    ${!copied && session.unsaved && html`<div class="banner warn" role="alert"><${Icon} name="warn" /><p>This browser has no room for a local copy: keep the tab open until the draft is saved.</p></div>`}
  `;
}
