// The arguments of a tool, each with what it gives out.

import { Button, html, LateInput } from "./ui.js";

const TYPES = ["string", "number", "integer", "boolean", "object", "array"];
const FRESH = { id: null, name: "", field_type: "string", description: null, required: false, default_value: null, outputs: [] };

/** The list is sent whole; an argument without a name waits until it has one. */
export function Arguments({ id, field, content, edit }) {
  const all = content.args_drafts ?? [];
  const set = (next) => edit({ args_drafts: next });
  const change = (at, members) => set(all.with(at, { ...all[at], ...members }));
  const move = (at, by) => {
    const next = all.toSpliced(at, 1);
    next.splice(at + by, 0, all[at]);
    set(next);
  };
  const unused = () => {
    for (let number = all.length + 1; ; number++) if (!all.some((one) => one.name === `argument_${number}`)) return `argument_${number}`;
  };
  return html`<span class=${field.label === field.group ? "sr" : "label"} id=${`${id}-label`}>${field.label}</span>
    <ol class="arguments" aria-labelledby=${`${id}-label`}>${all.map((one, at) => html`<li class="argument" key=${at}>
      <div class="argument-head">
        <label class="grow"><span class="sr">Name of argument ${at + 1}</span><${LateInput} class="code" value=${one.name} spellcheck=${false} placeholder="name" onCommit=${(name) => name.trim() && change(at, { name: name.trim() })} /></label>
        <select class="narrow" aria-label=${`Type of ${one.name}`} value=${one.field_type ?? ""} onChange=${(event) => change(at, { field_type: event.target.value })}>
          ${[...new Set([...TYPES, one.field_type ?? "string"])].map((type) => html`<option value=${type}>${type}</option>`)}</select>
        <${Button} icon="up" class="little" label=${`Move ${one.name} up`} disabled=${at === 0} onClick=${() => move(at, -1)} />
        <${Button} icon="down" class="little" label=${`Move ${one.name} down`} disabled=${at === all.length - 1} onClick=${() => move(at, 1)} />
        <${Button} icon="trash" class="little" label=${`Remove ${one.name}`} onClick=${() => set(all.toSpliced(at, 1))} />
      </div>
      <div class="argument-more">
        <label class="grow"><span class="hint">Description</span><input value=${one.description ?? ""} onInput=${(event) => change(at, { description: event.target.value || null })} /></label>
        <label><span class="hint">Default</span><${LateInput} value=${shown(one.default_value)} spellcheck=${false} onCommit=${(text) => change(at, { default_value: read(text, one.field_type) })} /></label>
        <label class="check"><input type="checkbox" checked=${one.required ?? false} onChange=${(event) => change(at, { required: event.target.checked })} /> Required</label>
      </div>
      <${Outputs} argument=${one} onChange=${(outputs) => change(at, { outputs })} />
    </li>`)}</ol>
    <div><${Button} id=${id} icon="plus" onClick=${() => set([...all, { ...FRESH, name: unused() }])}>Add an argument<//></div>`;
}

function Outputs({ argument, onChange }) {
  const all = argument.outputs ?? [];
  const change = (at, members) => onChange(all.with(at, { ...all[at], ...members }));
  return html`<div class="outputs"><span class="hint">Outputs</span>
    ${all.map((one, at) => html`<div class="line" key=${at}>
      <${LateInput} class="code narrow" aria-label=${`Name of output ${at + 1} of ${argument.name}`} value=${one.name} placeholder="name" spellcheck=${false} onCommit=${(name) => name.trim() && change(at, { name: name.trim() })} />
      <input class="grow" aria-label=${`Template of ${one.name}`} value=${one.template ?? ""} placeholder="The parcel is {{status}}." onInput=${(event) => change(at, { template: event.target.value || null })} />
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
    return JSON.parse(text);
  } catch {
    return text;
  }
}
