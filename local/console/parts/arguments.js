// The arguments of a tool, each with what it gives out.

import { parse } from "../core/json.js";
import { same } from "../core/same.js";
import { Button, html, LateInput, useState } from "./ui.js";
import { useRowKeys } from "./useRowKeys.js";

const TYPES = ["string", "number", "integer", "boolean", "object", "array"];
const NONE = [];
// An argument or an output that is edited gets another id with the save.
const NAMES = [(one) => one.name, (one) => one.id];
const FRESH = { id: null, name: "", field_type: "string", description: null, required: false, default_value: null, outputs: [] };

/** The list is sent whole; an argument without a name waits until it has one. */
export function Arguments({ id, field, content, edit, mark }) {
  const all = content.args_drafts ?? NONE;
  const keys = useRowKeys(all, ...NAMES);
  const set = (next) => edit({ args_drafts: next });
  const change = (at, members) => set(all.with(at, { ...all[at], ...members }));
  const move = ({ currentTarget: button }, at, by) => {
    const next = all.toSpliced(at, 1);
    next.splice(at + by, 0, all[at]);
    set(next);
    // A row that is moved lets go of the focus; at an end the way back is left.
    setTimeout(() => (button.disabled ? button.parentElement.querySelector(".move:enabled") : button)?.focus());
  };
  const unused = () => {
    for (let number = all.length + 1; ; number++) if (!all.some((one) => one.name === `argument_${number}`)) return `argument_${number}`;
  };
  return html`<span class=${field.label === field.group ? "sr" : "label"} id=${`${id}-label`}>${field.label}</span>
    <ol class="arguments" aria-labelledby=${`${id}-label`}>${all.map((one, at) => html`<li class="argument" key=${keys[at]}>
      <div class="argument-head">
        <label class="grow"><span class="sr">Name of argument ${at + 1}</span><${LateInput} class="code" ...${mark(at, "name")} value=${one.name} spellcheck=${false} placeholder="name" onCommit=${(name) => name.trim() && change(at, { name: name.trim() })} /></label>
        <select class="narrow" aria-label=${`Type of ${one.name}`} ...${mark(at, "field_type")} value=${one.field_type ?? ""} onChange=${(event) => change(at, { field_type: event.target.value })}>
          ${[...new Set([...TYPES, one.field_type ?? "string"])].map((type) => html`<option value=${type}>${type}</option>`)}</select>
        <${Button} icon="up" class="little move" label=${`Move ${one.name} up`} disabled=${at === 0} onClick=${(event) => move(event, at, -1)} />
        <${Button} icon="down" class="little move" label=${`Move ${one.name} down`} disabled=${at === all.length - 1} onClick=${(event) => move(event, at, 1)} />
        <${Button} icon="trash" class="little" label=${`Remove ${one.name}`} onClick=${() => set(all.toSpliced(at, 1))} />
      </div>
      <div class="argument-more">
        <label class="grow"><span class="hint">Description</span><input ...${mark(at, "description")} value=${one.description ?? ""} onInput=${(event) => change(at, { description: event.target.value || null })} /></label>
        <label><span class="hint">Default</span><${Default} argument=${one} marks=${mark(at, "default_value")} onChange=${(value) => change(at, { default_value: value })} /></label>
        <label class="check"><input type="checkbox" checked=${one.required ?? false} onChange=${(event) => change(at, { required: event.target.checked })} /> Required</label>
      </div>
      <${Outputs} argument=${one} onChange=${(outputs) => change(at, { outputs })} mark=${(...place) => mark(at, "outputs", ...place)} />
    </li>`)}</ol>
    <div><${Button} id=${id} icon="plus" onClick=${() => set([...all, { ...FRESH, name: unused() }])}>Add an argument<//></div>`;
}

/** What is typed stands as it is written, `1.0`, as long as it says what the draft has. */
function Default({ argument, marks, onChange }) {
  const { default_value: value, field_type: type } = argument;
  const [typed, setTyped] = useState(null);
  const text = typed !== null && same(read(typed, type), value ?? null) ? typed : shown(value);
  const input = (event) => {
    setTyped(event.target.value);
    onChange(read(event.target.value, type));
  };
  return html`<input ...${marks} value=${text} spellcheck=${false} onInput=${input} onBlur=${() => setTyped(null)} />`;
}

function Outputs({ argument, onChange, mark }) {
  const all = argument.outputs ?? NONE;
  const keys = useRowKeys(all, ...NAMES);
  const change = (at, members) => onChange(all.with(at, { ...all[at], ...members }));
  return html`<div class="outputs"><span class="hint">Outputs</span>
    ${all.map((one, at) => html`<div class="line" key=${keys[at]}>
      <${LateInput} class="code narrow" ...${mark(at, "name")} aria-label=${`Name of output ${at + 1} of ${argument.name}`} value=${one.name} placeholder="name" spellcheck=${false} onCommit=${(name) => name.trim() && change(at, { name: name.trim() })} />
      <input class="grow" aria-label=${`Template of ${one.name}`} ...${mark(at, "template")} value=${one.template ?? ""} placeholder="The parcel is {{status}}." onInput=${(event) => change(at, { template: event.target.value || null })} />
      <${Button} icon="x" class="little" label=${`Remove output ${one.name}`} onClick=${() => onChange(all.toSpliced(at, 1))} />
    </div>`)}
    <${Button} kind="quiet" icon="plus" class="little" onClick=${() => onChange([...all, { id: null, name: `output_${all.length + 1}`, template: null }])}>Add an output<//></div>`;
}

const shown = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** A default as the type has it; what does not read as one stays text. */
function read(text, type) {
  if (!text) return null;
  if (type === "string" || !type) return text;
  try {
    return parse(text);
  } catch {
    return text;
  }
}
