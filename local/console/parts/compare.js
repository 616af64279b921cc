// Two versions side by side as one readable list of differences, and the restore of one of them.

import { count } from "../core/format.js";
import { byField, byStep, changedMembers } from "../core/reading.js";
import { FieldChange, PlaceChange } from "./changes.js";
import { attempt, toast } from "./toasts.js";
import { Button, Dialog, html, Icon, Spinner, Trouble, useAnswer, useState } from "./ui.js";

/** From one content entry to another; `restores` offers to make the later one current. */
export function Compare({ session, kind, from, to, restores, onClose }) {
  const { answer, error, again } = useAnswer(() => differences(session, kind, from, to), [from, to]);
  const title = restores ? `Restore version ${to}?` : `Version ${from} → version ${to}`;
  return html`<${Dialog} wide title=${title} onClose=${onClose}>
    ${restores && html`<p>The content of version ${to} becomes current again, as a new version. Nothing is lost: version ${from} stays in the history, and Undo leads back to it.</p>`}
    ${error && html`<${Trouble} error=${error} onAgain=${again} />`}
    ${!answer && !error && html`<${Spinner} />`}
    ${answer && html`<div class="differences" tabindex="0" role="region" aria-label="Differences">
      <p class="row small"><span class="dim">${answer.total ? `${count(answer.total, answer.noun)} ${restores ? "would change" : "changed"}` : "The two contents are equal."}</span>
        ${answer.total > 0 && html`<span class="grow" /><span class="key"><del>gone</del> <ins>new</ins></span>`}</p>
      ${answer.fields?.map((one) => html`<section class="difference" key=${one.field.name}><h3>${one.field.label}</h3>
        <${FieldChange} kind=${kind} field=${one.field} before=${one.before} after=${one.after} contents=${answer.contents} /></section>`)}
      ${answer.steps?.map((one) => html`<section class="difference" key=${one.key}><h3>${one.noun && html`<span class="dim">${one.noun}</span> `}${one.title}</h3>
        ${one.items.map((item) => html`<${PlaceChange} op=${item.op} rest=${item.rest} places=${item.places} name=${item.name} before=${item.from} after=${item.to} />`)}</section>`)}
      ${answer.left > 0 && html`<p class="hint">${count(answer.left, "more change is", "more changes are")} not shown.</p>`}
    </div>`}
    <footer class="dialog-foot">
      ${restores
        ? html`<${Restore} session=${session} seqNo=${to} />`
        : html`<${Button} onClick=${(event) => event.target.closest("dialog").close()}>Close<//>`}
    </footer>
  <//>`;
}

function Restore({ session, seqNo }) {
  const [busy, setBusy] = useState(false);
  const restore = async (event) => {
    const dialog = event.target.closest("dialog");
    setBusy(true);
    await attempt(async () => {
      await session.restore(seqNo);
      if (session.unsaved) return toast("Not restored: your edits cannot be saved yet.", "bad");
      toast(`Version ${seqNo} is current again, as version ${session.version}.`, "good");
      return dialog.close();
    });
    setBusy(false);
  };
  return html`<${Button} onClick=${(event) => event.target.closest("dialog").close()}>Keep it as it is<//>
    <${Button} kind="primary" icon="restore" disabled=${busy || session.suggesting} onClick=${restore}>Restore version ${seqNo}<//>
    ${session.suggesting && html`<p class="hint">Send the suggestion, or drop it, first.</p>`}`;
}

async function differences({ draft, head }, kind, from, to) {
  const content = (seqNo) => (head?.cursor === seqNo ? head.content : draft.entry(seqNo));
  if (kind !== "agent") {
    const [before, after] = await Promise.all([content(from), content(to)]);
    const fields = byField(kind, changedMembers(before, after));
    return { fields, total: fields.length, noun: "field", left: 0, contents: [before, after] };
  }
  const [told, before, after] = await Promise.all([draft.compare(from, to), content(from), content(to)]);
  return { steps: byStep(told.changes, before, after), total: told.total, noun: "place", left: told.total - told.changes.length };
}
