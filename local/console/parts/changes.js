// Before and after, for people: texts word by word, ids by the names of the catalog, places of an agent by step.

import { row } from "../core/catalog.js";
import { bytes, count } from "../core/format.js";
import { isStandIn, sizeOf, typeOfId } from "../core/reading.js";
import { same } from "../core/same.js";
import { abridged, aligned, words } from "../core/words.js";
import { RowName } from "./picker.js";
import { html, useAnswer, useMemo, useState } from "./ui.js";

const Nothing = () => html`<span class="dim">nothing</span>`;
const StandIn = ({ value }) => html`<span class="dim">a value of ${bytes(sizeOf(value))}, too large to be shown</span>`;
const isNothing = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

/** Two texts as one, with what went and what came marked; long unchanged stretches open on demand. */
export function Words({ before, after }) {
  const [whole, setWhole] = useState(false);
  const parts = useMemo(() => words(before ?? "", after ?? ""), [before, after]);
  const shown = whole ? parts : abridged(parts);
  return html`<p class="words">${shown.map((part) => {
    if (part.op === "remove") return html`<del>${marked(part.text)}</del>`;
    if (part.op === "add") return html`<ins>${marked(part.text)}</ins>`;
    if (part.op === "gap") return html`<button type="button" class="gap" title="Show the whole text" aria-label=${`Show ${count(part.text.length, "unchanged character")}`} onClick=${() => setWhole(true)}>⋯</button>`;
    return part.text;
  })}</p>`;
}

/** A line break that came or went is a mark of its own. */
const marked = (text) => (/^\s*\n\s*$/.test(text) ? text.replaceAll("\n", "↵\n") : text);

/** One value became another one. */
export const Turned = ({ before, after }) => html`<p class="turned">
  <span class="was">${before}</span><span class="arrow" aria-hidden="true">→</span><span class="sr">became</span><span class="now">${after}</span></p>`;

/** What came and what went of a set; `draw` shows one of them. */
function Members({ before, after, draw, keyOf = (one) => one }) {
  const [old, now] = [before ?? [], after ?? []];
  const keys = (all) => new Set(all.map(keyOf));
  const [had, has] = [keys(old), keys(now)];
  const gone = old.filter((one) => !has.has(keyOf(one)));
  const come = now.filter((one) => !had.has(keyOf(one)));
  if (!gone.length && !come.length) return html`<p class="dim">In another order.</p>`;
  return html`<ul class="pieces">
    ${gone.map((one) => html`<li class="piece gone" key=${`-${keyOf(one)}`}><span aria-hidden="true">−</span><span class="sr">Without </span>${draw(one)}</li>`)}
    ${come.map((one) => html`<li class="piece come" key=${`+${keyOf(one)}`}><span aria-hidden="true">+</span><span class="sr">With </span>${draw(one)}</li>`)}
  </ul>`;
}

/** A flag says little by its value alone: its type goes before it. */
function FlagName({ id }) {
  const { answer } = useAnswer(() => row("flags", id), [id]);
  if (!answer?.attributes?.type) return html`<${RowName} type="flags" id=${id} />`;
  return html`<span>${answer.attributes.type.replace(/_/g, " ")}: ${answer.value}</span>`;
}

const paint = (color) => (node) => node && (node.style.background = color);
const Color = ({ code }) => (code ? html`<span class="painted"><span class="swatch" ref=${paint(code)} aria-hidden="true" />${code}</span>` : html`<${Nothing} />`);
const Row = ({ type, id }) => (id ? html`<${RowName} type=${type} id=${id} />` : html`<${Nothing} />`);

function IconShown({ state }) {
  if (!state.icon_id && !state.icon) return html`<${Nothing} />`;
  return html`<span class="painted">${state.icon && html`<img class="drawing" alt="" src=${`data:image/svg+xml,${encodeURIComponent(state.icon)}`} />`}
    ${state.icon_id && html`<${RowName} type="icons" id=${state.icon_id} />`}</span>`;
}

// ----------------------------------------------------------------------------------------------------- forms

const FORMS = {
  text: ({ field, before, after }) => html`<${Words} before=${before[field.name]} after=${after[field.name]} />`,
  texts: Texts,
  one: ({ field, before, after }) => html`<${Turned} before=${html`<${Row} type=${field.type} id=${before[field.name]} />`} after=${html`<${Row} type=${field.type} id=${after[field.name]} />`} />`,
  many: ({ field, before, after }) =>
    html`<${Members} before=${before[field.name]} after=${after[field.name]} draw=${(id) => html`<${RowName} type=${field.type} id=${id} />`} />`,
  color: ({ before, after }) => html`<${Turned} before=${html`<${Color} code=${before.color} />`} after=${html`<${Color} code=${after.color} />`} />`,
  icon: ({ before, after }) => html`<${Turned} before=${html`<${IconShown} state=${before} />`} after=${html`<${IconShown} state=${after} />`} />`,
  flags: Flags,
  arguments: Arguments,
  modelFlags: Settings,
};
FORMS.long = FORMS.text;

/**
 * A field of a form before and after. `before` and `after` hold the members that changed; `contents` are whole states, to tell
 * what a pending id is.
 */
export function FieldChange({ kind, field, before, after, contents = [] }) {
  const members = Object.keys({ ...before, ...after });
  const big = members.find((member) => isStandIn(before[member]) || isStandIn(after[member]));
  if (big) return html`<${Turned} before=${html`<${Any} value=${before[big]} />`} after=${html`<${Any} value=${after[big]} />`} />`;
  if (field.name === "pending_ids")
    return html`<${Members} before=${before.pending_ids} after=${after.pending_ids} draw=${(id) => html`<${Pending} kind=${kind} id=${id} contents=${contents} />`} />`;
  const Shown = FORMS[field.control];
  // Of a field whose own member stayed, only the ids behind it changed.
  if (!Shown || !members.some((member) => SHOWN_BY[field.control]?.(field).includes(member) ?? member === field.name))
    return html`<${Members} before=${[before[members[0]] ?? []].flat()} after=${[after[members[0]] ?? []].flat()} draw=${(one) => html`<code>${text(one)}</code>`} keyOf=${text} />`;
  return html`<${Shown} field=${field} before=${before} after=${after} />`;
}

const SHOWN_BY = { flags: () => ["flag_ids", "active"], icon: () => ["icon_id", "icon"] };

function Pending({ kind, id, contents }) {
  const type = typeOfId(kind, id, ...contents);
  return type ? html`<${RowName} type=${type} id=${id} />` : html`<code>${id}</code>`;
}

function Texts({ field, before, after }) {
  const [old, now] = [before[field.name] ?? [], after[field.name] ?? []];
  const parts = aligned(old, now) ?? [...old.map((item) => ({ op: "remove", item })), ...now.map((item) => ({ op: "add", item }))];
  const lines = [];
  for (const { op, item } of parts) {
    // A text that was put where another one went is that one, edited.
    const open = op === "add" && lines.find((line) => line.after === undefined);
    if (op === "same") lines.splice(lines.length, 0, { same: item, after: item });
    else if (open) open.after = item;
    else lines.push(op === "remove" ? { before: item } : { before: "", after: item });
  }
  const changed = lines.filter((line) => line.same === undefined);
  return html`<ul class="texts">${changed.map((line) => html`<li><${Words} before=${line.before} after=${line.after ?? ""} /></li>`)}</ul>`;
}

const STATES = { true: "on", false: "off", null: "not set" };

function Flags({ before, after }) {
  const ids = Object.hasOwn(after, "flag_ids") || Object.hasOwn(before, "flag_ids");
  return html`
    ${Object.hasOwn(after, "active") && html`<p class="turned"><span>Active</span> <span class="was">${STATES[before.active ?? null]}</span><span class="arrow" aria-hidden="true">→</span><span class="sr">became</span><span class="now">${STATES[after.active ?? null]}</span></p>`}
    ${ids && html`<${Members} before=${before.flag_ids} after=${after.flag_ids} draw=${(id) => html`<${FlagName} id=${id} />`} />`}`;
}

/** Arguments by name: an edited argument has a new id. */
function Arguments({ before, after }) {
  const [old, now] = [before.args_drafts ?? [], after.args_drafts ?? []];
  const named = (all) => new Map(all.map((one) => [one.name, one]));
  const [had, has] = [named(old), named(now)];
  const gone = old.filter((one) => !has.has(one.name));
  const kept = (all, others) => all.filter((one) => others.has(one.name)).map((one) => one.name);
  const reordered = !same(kept(old, has), kept(now, had));
  const shown = ({ name, field_type, required, description, outputs }) =>
    html`<code>${name}</code> <span class="dim">${[field_type, required && "required", description, outputs?.length && `gives ${outputs.map((one) => one.name).join(", ")}`].filter(Boolean).join(" · ")}</span>`;
  return html`<ul class="pieces tall">
    ${gone.map((one) => html`<li class="piece gone"><span aria-hidden="true">−</span><span class="sr">Without </span><span>${shown(one)}</span></li>`)}
    ${now.map((one) => {
      const was = had.get(one.name);
      if (!was) return html`<li class="piece come"><span aria-hidden="true">+</span><span class="sr">With </span><span>${shown(one)}</span></li>`;
      const parts = ["field_type", "required", "description", "default_value"].filter((member) => !same(was[member] ?? null, one[member] ?? null));
      const outputs = outputsOf(was, one);
      if (!parts.length && !outputs.length) return null;
      return html`<li class="piece"><code>${one.name}</code>
        ${parts.map((member) => html`<div class="part"><span class="dim">${PARTS[member]}</span> <${AnyChange} before=${was[member]} after=${one[member]} /></div>`)}
        ${outputs.map(({ name, before: from, after: to }) => html`<div class="part"><span class="dim">Output</span> <code>${name}</code> <${AnyChange} before=${from} after=${to} /></div>`)}</li>`;
    })}
    ${reordered && html`<li class="dim">In another order: ${now.map((one) => one.name).join(", ")}</li>`}
  </ul>`;
}

const PARTS = { field_type: "Type", required: "Required", description: "Description", default_value: "Default" };

function outputsOf(was, is) {
  const templates = (one) => Object.fromEntries((one.outputs ?? []).map(({ name, template }) => [name, template ?? ""]));
  const [before, after] = [templates(was), templates(is)];
  return Object.keys({ ...before, ...after })
    .filter((name) => before[name] !== after[name])
    .map((name) => ({ name, before: before[name], after: after[name] }));
}

/** Settings of models, by model and type. */
function Settings({ before, after }) {
  const keyOf = (one) => `${one.model_id} ${one.type}`;
  const by = (all) => new Map((all ?? []).map((one) => [keyOf(one), one]));
  const [had, has] = [by(before.model_flag_values), by(after.model_flag_values)];
  const changed = [...new Set([...had.keys(), ...has.keys()])].filter((key) => had.get(key)?.value !== has.get(key)?.value);
  return html`<ul class="pieces tall">${changed.map((key) => {
    const [from, to] = [had.get(key), has.get(key)];
    const { model_id: model, type } = to ?? from;
    return html`<li class="piece"><${RowName} type="models" id=${model} /> <span class="dim">${type.replace(/_/g, " ")}</span>
      <${Turned} before=${from?.value ?? html`<${Nothing} />`} after=${to?.value ?? html`<${Nothing} />`} /></li>`;
  })}</ul>`;
}

/** A field of a form as it is. */
export function FieldValue({ kind, field, state, contents }) {
  const members = Object.keys(state);
  const value = state[field.name] ?? state[members[0]];
  if (isNothing(value)) return html`<${Nothing} />`;
  if (isStandIn(value)) return html`<${StandIn} value=${value} />`;
  if (["text", "long"].includes(field.control)) return html`<${Long} text=${String(value)} />`;
  if (field.control === "color") return html`<${Color} code=${state.color} />`;
  if (field.control === "icon") return html`<${IconShown} state=${state} />`;
  if (field.control === "one") return html`<${Row} type=${field.type} id=${value} />`;
  if (field.control === "texts") return html`<ul class="texts">${value.map((one) => html`<li><${Long} text=${String(one)} /></li>`)}</ul>`;
  // All that is left are lists: what stands there, as what came to nothing.
  return html`<div class="plain"><${FieldChange} kind=${kind} field=${field} before=${{}} after=${state} contents=${contents} /></div>`;
}

// ---------------------------------------------------------------------------------------------------- agents

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Any JSON value: a text as it is, what is larger behind its first words. */
export function Any({ value }) {
  if (isNothing(value)) return html`<${Nothing} />`;
  if (isStandIn(value)) return html`<${StandIn} value=${value} />`;
  if (typeof value === "string") return html`<${Long} text=${value} />`;
  if (typeof value !== "object") return html`<code>${String(value)}</code>`;
  const written = JSON.stringify(value, null, 2);
  if (written.length < 60) return html`<code>${JSON.stringify(value)}</code>`;
  return html`<details class="raw"><summary>${summaryOf(value)}</summary><pre>${written}</pre></details>`;
}

function summaryOf(value) {
  if (Array.isArray(value)) return count(value.length, "item");
  const told = [value.type, value.prompt ?? value.description ?? value.tool].filter((one) => typeof one === "string");
  return told.length ? told.map((one) => (one.length > 70 ? `${one.slice(0, 69)}…` : one)).join(" · ") : count(Object.keys(value).length, "member");
}

/** Any JSON value before and after. */
export function AnyChange({ before, after }) {
  const texts = [before, after].every((value) => value === undefined || value === null || typeof value === "string");
  if (texts && Math.max(before?.length ?? 0, after?.length ?? 0) > 24) return html`<${Words} before=${before} after=${after} />`;
  return html`<${Turned} before=${html`<${Any} value=${before} />`} after=${html`<${Any} value=${after} />`} />`;
}

/** A text in full, or its beginning until it is asked for. */
function Long({ text: whole }) {
  const [all, setAll] = useState(false);
  if (whole.length <= 600 || all) return html`<span class="long">${whole}</span>`;
  return html`<span class="long">${whole.slice(0, 500)}… <button type="button" class="gap" onClick=${() => setAll(true)}>all ${whole.length.toLocaleString("en")} characters</button></span>`;
}

const WORDS = { add: "Added", remove: "Removed", move: "Moved" };

/** Whether there is nothing to an edge but the two steps that it joins. */
const isPlainEdge = (value) => value !== null && typeof value === "object" && Object.keys(value).sort().join() === "source,target";

/** One difference at a place of an agent; `name` says which of several the place is, where no heading does. */
export function PlaceChange({ op, rest, places, name, before, after }) {
  const where = html`${name && html`<span>${name}</span> `}${rest.length ? html`<code class="path">${rest.join(" › ")}</code> ` : null}`;
  if (op === "move") return html`<p><span class="op move">${WORDS.move}</span> ${where} from place ${places[0]} to place ${places[1]}</p>`;
  if (op === "replace") return html`<div class="part">${where} <${AnyChange} before=${before} after=${after} /></div>`;
  const value = op === "add" ? after : before;
  const Tag = op === "add" ? "ins" : "del";
  if (isPlainEdge(value)) return html`<p><span class=${`op ${op}`}>${WORDS[op]}</span> ${where}</p>`;
  return html`<div class="part"><span class=${`op ${op}`}>${WORDS[op]}</span> ${where}
    ${typeof value === "object" && value !== null ? html`<${Any} value=${value} />` : html`<${Tag}><${Any} value=${value} /><//>`}</div>`;
}
