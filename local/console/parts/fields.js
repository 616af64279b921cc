// The controls of a form. Each gets `{id, kind, field, content, edit, describedBy, invalid, mark}` and calls `edit` with the members that it
// changes; `mark(...place)` gives the props of a part that tell whether the server refused it, by its place in the member.

import { flagTypes, row, search } from "../core/catalog.js";
import { Arguments } from "./arguments.js";
import { ModelFlags, settable } from "./modelFlags.js";
import { Chips, nameOf, Picker, RowName } from "./picker.js";
import { Button, html, Icon, useAnswer, useLate, useState } from "./ui.js";
import { useRowKeys } from "./useRowKeys.js";

const Label = ({ id, children }) => html`<label class="label" for=${id}>${children}</label>`;
const Title = ({ id, field }) => html`<span class=${field.label === field.group ? "sr" : "label"} id=${`${id}-label`}>${field.label}</span>`;

function Text({ id, field, content, edit, describedBy, invalid }) {
  const Tag = field.control === "long" ? "textarea" : "input";
  return html`<${Label} id=${id}>${field.label}<//>
    <${Tag} id=${id} rows=${field.rows ?? 2} value=${content[field.name] ?? ""} aria-describedby=${describedBy} aria-invalid=${invalid || undefined}
      onInput=${(event) => edit({ [field.name]: event.target.value || null })} />`;
}

function Texts({ id, field, content, edit, mark }) {
  const items = content[field.name] ?? [];
  const keys = useRowKeys(items, (item) => item);
  const set = (next) => edit({ [field.name]: next });
  // What is typed as a new one is the draft's already; it stands in its own box until that is left.
  const [typed, setTyped] = useState("");
  const own = typed ? items.lastIndexOf(typed) : -1;
  const fresh = own < 0 && typed.trim() ? "" : typed;
  const type = (text) => {
    const others = own < 0 ? items : items.toSpliced(own, 1);
    if (own >= 0 || text.trim()) set(text.trim() ? [...others, text] : others);
    setTyped(text);
  };
  const add = () => setTyped("");
  return html`<${Title} id=${id} field=${field} />
    <ol class="stack tight" aria-labelledby=${`${id}-label`}>
      ${items.map(
        (item, at) => at !== own && html`<${Example} key=${keys[at]} number=${at + 1} text=${item} marks=${mark(at)} onType=${(text) => set(items.with(at, text))} onRemove=${() => set(items.toSpliced(at, 1))} />`,
      )}
      <li class="line"><textarea rows="1" id=${id} aria-label="New example" placeholder="Add an example" ...${own < 0 ? {} : mark(own)} value=${fresh} onInput=${(event) => type(event.target.value)} onBlur=${add}
          onKeyDown=${(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && add()} />
        <${Button} icon="plus" label="Add the example" disabled=${!fresh.trim()} onClick=${add} /></li>
    </ol>`;
}

/** Emptied, it stays the draft's until it is left: then it goes. */
function Example({ number, text, marks, onType, onRemove }) {
  const late = useLate(text, onRemove);
  const type = ({ target: { value } }) => {
    late.set(value.trim() ? null : value);
    if (value.trim()) onType(value);
  };
  return html`<li class="line"><textarea rows="1" aria-label=${`Example ${number}`} ...${marks} ...${late.props} onInput=${type} />
    <${Button} icon="x" label=${`Remove example ${number}`} onClick=${onRemove} /></li>`;
}

function One({ id, field, content, edit, describedBy, invalid }) {
  const chosen = content[field.name];
  const pick = (found) => edit({ [field.name]: found?.id ?? null });
  return html`<${Label} id=${id}>${field.label}<//>
    ${chosen && html`<div class="chosen"><span class="grow"><${RowName} type=${field.type} id=${chosen} /></span><${Pending} id=${chosen} content=${content} edit=${edit} />
      <${Button} icon="x" label=${`Clear ${field.label}`} class="little" onClick=${() => pick(null)} /></div>`}
    <${Picker} id=${id} type=${field.type} label=${field.label} chosen=${chosen ? [chosen] : []} onPick=${pick} creatable=${field.creatable} describedBy=${describedBy} invalid=${invalid}
      placeholder=${chosen ? "Choose another…" : "Choose…"} />`;
}

/** Keeps a selected id inactive, or activates it. */
const pend = (id, content, edit) => {
  const now = content.pending_ids ?? [];
  edit({ pending_ids: now.includes(id) ? now.filter((one) => one !== id) : [...now, id] });
};

function Pending({ id, content, edit }) {
  const waits = content.pending_ids?.includes(id) ?? false;
  return html`<${Button} icon="clock" class="little" aria-pressed=${waits} label=${waits ? "Pending. Activate." : "Keep it pending"} onClick=${() => pend(id, content, edit)} />`;
}

function Many({ id, field, content, edit, describedBy, invalid }) {
  const ids = content[field.name] ?? [];
  return html`<${Label} id=${id}>${field.label}<//>
    <${Chips} ids=${ids} type=${field.type} pending=${content.pending_ids ?? []} onDrop=${(gone) => drop(gone, ids, field, content, edit)} onPend=${(one) => pend(one, content, edit)} />
    <${Picker} id=${id} type=${field.type} label=${field.label} chosen=${ids} onPick=${(found) => edit({ [field.name]: [...new Set([...ids, found.id])] })} creatable=${field.creatable}
      describedBy=${describedBy} invalid=${invalid} placeholder=${ids.length ? "Add…" : "Choose…"} />`;
}

function drop(gone, ids, field, content, edit) {
  const waits = content.pending_ids?.includes(gone);
  edit({ [field.name]: ids.filter((one) => one !== gone), ...(waits && { pending_ids: content.pending_ids.filter((one) => one !== gone) }) });
}

const Swatch = ({ color }) => {
  const paint = (node) => node && (node.style.background = color);
  return html`<span class="swatch" ref=${paint} aria-hidden="true" />`;
};

function Color({ id, field, content, edit, describedBy, invalid }) {
  const saved = content.color ?? "";
  const late = useLate(saved, (text) => edit({ color: text.trim() || null }));
  const { answer } = useAnswer(() => search("colors", "", { limit: 12 }), []);
  return html`<${Label} id=${id}>${field.label}<//>
    <div class="line">
      <input type="color" class="well" aria-label="Choose a color" value=${/^#[0-9a-f]{6}$/i.test(saved) ? saved : "#888888"} onChange=${(event) => edit({ color: event.target.value })} />
      <input id=${id} ...${late.props} placeholder="#3366cc, or a name" spellcheck=${false} aria-describedby=${describedBy} aria-invalid=${invalid || undefined} />
    </div>
    <ul class="swatches" aria-label="Colors of the catalog">${answer?.rows.map(
      (one) => html`<li key=${one.id}><button type="button" title=${nameOf(one)} aria-label=${nameOf(one)} aria-pressed=${one.value === saved} onClick=${() => edit({ color: one.value })}>
        <${Swatch} color=${one.value} /></button></li>`,
    )}</ul>`;
}

/** Markup of the catalog is shown as an image: nothing in it can run or load. */
const Drawing = ({ markup }) => html`<img class="drawing" alt="" src=${`data:image/svg+xml,${encodeURIComponent(markup)}`} />`;

function IconField({ id, field, content, edit }) {
  const { answer } = useAnswer(() => search("icons", "", { limit: 60 }), []);
  const own = useAnswer(async () => (content.icon_id ? row("icons", content.icon_id) : null), [content.icon_id]).answer;
  const rows = answer?.rows ?? [];
  const all = own && !rows.some((one) => one.id === own.id) ? [own, ...rows] : rows;
  return html`<${Title} id=${id} field=${field} />
    <ul class="drawings" aria-labelledby=${`${id}-label`}>${all.map(
      (one) => html`<li key=${one.id}><button type="button" title=${nameOf(one)} aria-label=${nameOf(one)} aria-pressed=${one.id === content.icon_id}
        onClick=${() => edit({ icon_id: one.id === content.icon_id ? null : one.id })}>${one.value && html`<${Drawing} markup=${one.value} />`}</button></li>`,
    )}</ul>`;
}

const words = (type) => type.replace(/_/g, " ").replace(/^./, (first) => first.toUpperCase());

export function Switch({ id, checked, onChange, children, describedBy }) {
  return html`<label class="switch"><input type="checkbox" role="switch" id=${id} checked=${checked} aria-describedby=${describedBy} onChange=${(event) => onChange(event.target.checked)} />
    <span class="switch-track" /><span>${children}</span></label>`;
}

function Flags({ id, field, content, edit }) {
  const { answer = [] } = useAnswer(flagTypes, []);
  const ids = content.flag_ids ?? [];
  const [added, setAdded] = useState([]);
  const others = settable(answer);
  const isShown = ({ type, rows }) => added.includes(type) || rows.some((one) => ids.includes(one.id));
  const choose = (rows, chosen) => edit({ flag_ids: [...ids.filter((one) => !rows.some((flag) => flag.id === one)), ...(chosen ? [chosen] : [])] });
  const left = others.filter((group) => !isShown(group));
  return html`<${Title} id=${id} field=${field} />
    ${field.active && html`<${Switch} id=${`${id}-active`} checked=${content.active ?? false} onChange=${(active) => edit({ active })}>Active<//>`}
    ${others.filter(isShown).map(({ type, rows }) => html`<div class="flag" key=${type}>
      ${rows.every((one) => ["true", "false"].includes(one.value))
        ? html`<${Switch} checked=${rows.some((one) => one.value === "true" && ids.includes(one.id))} onChange=${(on) => choose(rows, rows.find((one) => one.value === String(on))?.id)}>${words(type)}<//>`
        : html`<span>${words(type)}</span><div class="segments" role="group" aria-label=${words(type)}>${rows.map(
            (one) => html`<button type="button" key=${one.id} aria-pressed=${ids.includes(one.id)} onClick=${() => choose(rows, one.id)}>${one.value}</button>`,
          )}</div>`}
      <${Button} icon="x" class="little" label=${`Unset ${words(type)}`} onClick=${() => (setAdded(added.filter((one) => one !== type)), choose(rows, null))} />
    </div>`)}
    ${left.length > 0 && html`<select aria-label="Add a flag" class="narrow" value="" onChange=${(event) => (setAdded([...added, event.target.value]), (event.target.value = ""))}>
      <option value="">Add a flag…</option>${left.map(({ type }) => html`<option value=${type}>${words(type)}</option>`)}</select>`}`;
}

/** Controls of several parts: they are a group, which has the name and the refusal. */
export const isGroup = ({ control }) => ["texts", "icon", "flags", "arguments", "modelFlags"].includes(control);

export const CONTROLS = { text: Text, long: Text, texts: Texts, one: One, many: Many, color: Color, icon: IconField, flags: Flags, arguments: Arguments, modelFlags: ModelFlags };
