// What an agent has beside its flow: the comment, those who approve, and lists that are edited as JSON.

import { addSlot, approvalsOf, changeSlot, isObject, removeSlot, renameSlot } from "../core/flow.js";
import { count } from "../core/format.js";
import { Button, Dialog, html, Icon, useLate, useState } from "./ui.js";
import { useRowKeys } from "./useRowKeys.js";

const NONE = [];
const KINDS = ["UNSPECIFIED", "HUMAN"];
const LISTS = {
  subAgents: { label: "Sub-agents", name: (one) => one.displayName || one.slug || one.id },
  integrationSlots: { label: "Integrations", name: (one) => one.displayName || one.integrationId || one.id },
  assets: { label: "Assets", name: (one) => one.name || one.id },
};

export function AgentParts({ content, change, onJson }) {
  return html`<div class="agent-parts">
    <div class="sheet"><div class="field"><label class="label" for="agent-comment">Comment</label>
      <textarea id="agent-comment" rows="2" placeholder="What changes in this revision, and why" value=${content.comment ?? ""} onInput=${(event) => change((payload) => ({ ...payload, comment: event.target.value }))} /></div></div>
    <${Slots} content=${content} change=${change} />
    ${Object.entries(LISTS).map(([member, list]) => Array.isArray(content[member]) && content[member].length > 0 && html`<${List} key=${member} member=${member} ...${list} items=${content[member]} onJson=${onJson} />`)}
  </div>`;
}

function Slots({ content, change }) {
  const [asking, setAsking] = useState(null);
  const slots = Array.isArray(content.slots) ? content.slots : NONE;
  const keys = useRowKeys(slots, (slot) => slot?.name);
  const drop = (at) => {
    const uses = approvalsOf(content, slots[at]?.name);
    if (uses) setAsking({ at, uses, name: slots[at].displayName || slots[at].name });
    else change((payload) => removeSlot(payload, at));
  };
  return html`<section class="sheet" aria-labelledby="slots-title">
    <div class="row"><div class="grow"><h2 id="slots-title">Approvers</h2><p class="hint">Roles that a step can wait for.</p></div>
      <${Button} class="little" icon="plus" onClick=${() => change(addSlot)}>Add an approver<//></div>
    ${slots.length > 0 && html`<ul class="slots">${slots.map((told, at) => html`<${Slot} key=${keys[at]} slot=${isObject(told) ? told : {}} all=${slots} at=${at} change=${change} onDrop=${() => drop(at)} />`)}</ul>`}
    <datalist id="slot-kinds">${KINDS.map((kind) => html`<option value=${kind} />`)}</datalist>
    ${asking && html`<${Dialog} title=${`Remove ${asking.name}?`} onClose=${() => setAsking(null)}>
      <p>${count(asking.uses, "approval")} ${asking.uses === 1 ? "waits" : "wait"} for this role and will be taken away with it.</p>
      <footer class="dialog-foot"><${Button} kind="danger" icon="trash" onClick=${() => (change((payload) => removeSlot(payload, asking.at)), setAsking(null))}>Remove<//></footer><//>`}
  </section>`;
}

function Slot({ slot, all, at, change, onDrop }) {
  const isTaken = (name) => all.some((one, index) => index !== at && one?.name === name);
  const late = useLate(slot.name ?? "", (text) => {
    const name = text.trim();
    if (name && name !== slot.name && !isTaken(name)) change((payload) => renameSlot(payload, at, name));
  });
  const set = (members) => change((payload) => changeSlot(payload, at, members));
  return html`<li class="slot">
    <label class="field"><span class="hint">Shown as</span><input value=${slot.displayName ?? ""} placeholder="Team lead" onInput=${(event) => set({ displayName: event.target.value })} /></label>
    <label class="field"><span class="hint">Name</span><input class="code" ...${late.props} spellcheck=${false} aria-invalid=${isTaken(late.text.trim()) ? "true" : undefined} /></label>
    <label class="field"><span class="hint">Kind</span><input value=${slot.requiredKind ?? ""} list="slot-kinds" spellcheck=${false} onInput=${(event) => set({ requiredKind: event.target.value || undefined })} /></label>
    <${Button} icon="trash" label=${`Remove ${slot.displayName || slot.name || "the approver"}`} onClick=${onDrop} />
  </li>`;
}

function List({ member, label, name, items, onJson }) {
  return html`<section class="sheet" aria-label=${label}>
    <div class="row"><h2 class="grow">${label} <span class="badge">${items.length}</span></h2><${Button} class="little" icon="code" onClick=${() => onJson([member])}>Edit as JSON<//></div>
    <ul class="plain-list">${items.slice(0, 50).map((one, at) => html`<li key=${at}><span class="clip">${(isObject(one) && name(one)) || html`<span class="dim">Unnamed</span>`}</span>
      ${isObject(one?.flow) && html`<span class="badge">${count(one.flow.steps?.length ?? 0, "step")}</span>`}
      ${isObject(one) && one.id && one.id !== name(one) && html`<code class="dim clip">${one.id}</code>`}</li>`)}
      ${items.length > 50 && html`<li class="dim">and ${items.length - 50} more</li>`}</ul></section>`;
}

/** What keeps the agent from being published, as a list that leads to each place. */
export function IssueList({ issues, total, isOld, onJump }) {
  return html`<section class="issues sheet" id="issues" tabindex="-1" aria-labelledby="issues-title">
    <h2 id="issues-title">${count(total, "issue")} before it can be published</h2>
    ${isOld && html`<p class="hint">As of the last save.</p>`}
    <ul>${issues.map((one) => html`<li key=${one.pointer + one.code}><button type="button" class="issue" onClick=${() => onJump(one)}><${Icon} name="warn" size=${16} />
      <span class="grow">${one.message}</span><span class="dim clip">${one.label}</span><${Icon} name="right" size=${15} /></button></li>`)}
      ${total > issues.length && html`<li class="hint">and ${total - issues.length} more</li>`}</ul>
  </section>`;
}
