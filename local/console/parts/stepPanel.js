// What stands beside the graph for the chosen step: its members, where it leads, and what can be done with it.

import { changeEdge, changeStep, connect, disconnect, isObject, titleOf, typeOf, TYPES } from "../core/flow.js";
import { same } from "../core/same.js";
import { JsonText } from "./jsonText.js";
import { Button, html, Icon, useEffect, useLate, useMemo, useRef } from "./ui.js";
import { useKept } from "./useKept.js";

/** Members that are texts of several lines, whether or not they have one yet. */
const LONG = ["prompt", "systemPrompt", "userPrompt", "instructions", "description", "message", "text", "content", "template"];
const LONG_FROM = 60;
const OWN = ["id", "identifier", "name", "type"];
/** The member that a fresh step of a type is asked for. */
const ASKS = { AGENT: "prompt", CLAUDE_BOX: "prompt", TOOL: "tool" };

const words = (member) => member.replace(/[_-]+/g, " ").replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`).replace(/^./, (first) => first.toUpperCase());
const isText = (value) => typeof value === "string";

/**
 * node: of `readFlow`; `change(edit)` applies `edit(payload) => payload`; `onRename(id)` follows the step to its new key
 * focus: `{byKey, isNew, turn}`, another one each time a step is chosen; a step that is renamed stays the chosen one
 * `draftName` names texts that are kept; `onAdd`, `onRemove`, `onClose`, `onChoose(key)`
 */
export function StepPanel({ node, flow, slots, issues, draftName, change, onRename, onChoose, onAdd, onRemove, onClose, focus }) {
  const box = useRef();
  useEffect(() => {
    const first = focus.byKey && box.current.querySelector("input, button:not(.close)");
    if (first) first.focus();
    if (focus.isNew) first.select?.();
    if (matchMedia("(max-width: 900px)").matches) box.current.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }, [focus]);
  const escape = (event) => event.key === "Escape" && !event.defaultPrevented && onClose(true);
  const { label, icon } = node.isMissing ? { label: "Missing step", icon: "help" } : typeOf(node.type);
  return html`<section class="step-panel" aria-label=${node.isMissing ? `Missing step ${node.id}` : `Step ${titleOf(node)}`} ref=${box} onKeyDown=${escape}>
    <header class="panel-head" data-type=${node.type}><span class="step-icon"><${Icon} name=${icon} /></span>
      <h2 class="grow clip">${node.isMissing ? `No step “${node.id}”` : label}</h2><${Button} icon="x" class="close" label="Close (Escape)" onClick=${() => onClose(true)} /></header>
    ${issues?.length > 0 && html`<ul class="panel-issues">${issues.map((one) => html`<li><${Icon} name="warn" size=${15} /><span>${one.message}</span></li>`)}</ul>`}
    ${node.isMissing
      ? html`<p class="dim small">Edges lead to or from a step that does not exist. Create it, or mend the edges.</p>
          <div>${node.id && html`<${Button} kind="primary" icon="plus" onClick=${() => onAdd("AGENT", { id: node.id })}>Create this step<//>`}</div>`
      : html`<${Members} key=${focus.turn} ...${{ node, flow, slots, draftName, change, onRename }} />`}
    <${Edges} ...${{ node, flow, change, onChoose }} />
    ${!node.isMissing && html`<footer class="row">
      ${node.type !== "EXIT_POINT" && node.id && html`<${Button} class="little" icon="plus" onClick=${() => onAdd("AGENT", { after: node.id })}>Step after this one<//>`}
      <span class="grow" /><${Button} kind="danger" class="little" icon="trash" onClick=${onRemove}>Remove<//></footer>`}
  </section>`;
}

function Members({ node, flow, slots, draftName, change, onRename }) {
  const { step } = node;
  // By its id, so that an edit finds the step that others moved meanwhile.
  const set = (members) => change((payload, index) => changeStep(payload, index, members));
  const texts = Object.keys(step).filter((member) => !OWN.includes(member) && isText(step[member]));
  const long = texts.filter((member) => LONG.includes(member) || step[member].length > LONG_FROM || step[member].includes("\n"));
  const short = texts.filter((member) => !long.includes(member));
  const asks = ASKS[node.type];
  if (asks === "prompt" && !long.length) long.unshift(asks);
  if (asks === "tool" && !("tool" in step) && !("tools" in step)) short.unshift(asks);
  // A text that was long when its step was opened stays so while it is shortened.
  const begun = useRef(null);
  begun.current ??= new Set();
  for (const member of long) begun.current.add(member);
  const areas = [...begun.current].filter((member) => long.includes(member) || short.includes(member));
  const lines = short.filter((member) => !areas.includes(member));
  const held = [...OWN, ...areas, ...lines, "humanApproval"];
  const rest = Object.fromEntries(Object.entries(step).filter(([member]) => !held.includes(member)));
  const setRest = (next, madeOf = rest) => {
    const members = new Set([...Object.keys(madeOf), ...Object.keys(next)]);
    set(Object.fromEntries([...members].filter((member) => !same(madeOf[member], next[member])).map((member) => [member, next[member]])));
  };
  return html`
    <div class="field"><label class="label" for="step-name">Name</label><input id="step-name" value=${node.name} onInput=${(event) => set({ name: event.target.value })} /></div>
    <div class="pair">
      <${IdField} ...${{ node, flow, onRename }} />
      <div class="field"><label class="label" for="step-type">Type</label><select id="step-type" value=${node.type} onChange=${(event) => set({ type: event.target.value })}>
        ${!(node.type in TYPES) && html`<option value=${node.type}>${node.type ? `${node.type} (unknown)` : "Choose…"}</option>`}
        ${Object.entries(TYPES).map(([type, { label }]) => html`<option value=${type}>${label}</option>`)}</select></div>
    </div>
    ${areas.map((member) => html`<div class="field" key=${member}><label class="label" for=${`step-${member}`}>${words(member)}</label>
      <textarea id=${`step-${member}`} rows="4" class=${(step[member]?.length ?? 0) > 20_000 ? "fixed" : ""} value=${step[member] ?? ""} onInput=${(event) => set({ [member]: event.target.value })} /></div>`)}
    ${lines.map((member) => html`<div class="field" key=${member}><label class="label" for=${`step-${member}`}>${words(member)}</label>
      <input id=${`step-${member}`} spellcheck=${false} value=${step[member] ?? ""} onInput=${(event) => set({ [member]: event.target.value })} /></div>`)}
    ${!["ENTRY_POINT", "EXIT_POINT"].includes(node.type) || step.humanApproval ? html`<${Approval} ...${{ step, slots, set }} />` : null}
    <details class="more" open=${Object.keys(rest).length > 0}><summary>Other members</summary>
      <${JsonText} id="step-rest" label="Other members of the step, as JSON" value=${useSteady(rest)} onChange=${setRest} keepAs=${`${draftName}/${node.key}`} members=${held} /></details>`;
}

/** The same object as before while its content is the same. */
function useSteady(value) {
  const held = useRef({});
  const text = JSON.stringify(value);
  if (held.current.text !== text) held.current = { text, value };
  return held.current.value;
}

/** An id is taken over when the field is left: half an id would cut the edges off. */
function IdField({ node, flow, onRename }) {
  const isTaken = (id) => id && id !== node.id && flow.steps.some((one) => one.key !== node.key && one.id === id);
  const late = useLate(node.id, (text) => {
    const id = text.trim();
    if (isTaken(id)) return false;
    return void (id && id !== node.id && onRename(id));
  });
  const wrong = isTaken(late.text.trim()) ? "Another step has this id." : "";
  return html`<div class="field"><label class="label" for="step-id">Id</label>
    <input id="step-id" class="code" ...${late.props} spellcheck=${false} autocapitalize="off" autocomplete="off" aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? "step-id-error" : undefined} />
    ${wrong && html`<p class="field-error" id="step-id-error">${wrong}</p>`}</div>`;
}

function Approval({ step, slots, set }) {
  const approval = isObject(step.humanApproval) ? step.humanApproval : null;
  const name = isText(approval?.slotName) ? approval.slotName : "";
  const isKnown = !name || slots.some((slot) => slot?.name === name);
  const choose = (slotName) => set({ humanApproval: slotName ? { ...approval, slotName } : undefined });
  return html`<div class="field"><label class="label" for="step-approval">Approval by</label>
    <select id="step-approval" value=${name} onChange=${(event) => choose(event.target.value)}>
      <option value="">Nobody: runs by itself</option>
      ${!isKnown && html`<option value=${name}>${name} (not declared)</option>`}
      ${slots.filter((slot) => isText(slot?.name) && slot.name).map((slot) => html`<option value=${slot.name}>${slot.displayName || slot.name}</option>`)}</select>
    ${!slots.length && html`<span class="hint">Approvers are declared below the graph.</span>`}</div>`;
}

/** The edges that end here, each with a choice of the other end. */
function Edges({ node, flow, change, onChoose }) {
  const ends = flow.steps.filter((one) => one.id && one.key === `step ${one.id}`);
  const keep = useKept();
  const nameOf = (one) => (one.name && one.name !== one.id ? `${one.name} (${one.id})` : one.id);
  const told = ends.map((one) => `${one.id}\n${one.name}`).join("\n");
  const options = useMemo(() => ends.map((one) => keep(one.id, nameOf(one), () => html`<option value=${one.id}>${nameOf(one)}</option>`)), [told]);
  const canAdd = ends.some((one) => one.key === node.key);
  const sides = [
    { title: "Comes from", end: "source", edges: flow.edges.filter((edge) => edge.to === node.key), isOpen: node.type !== "ENTRY_POINT", add: "Add where it comes from" },
    { title: "Goes to", end: "target", edges: flow.edges.filter((edge) => edge.from === node.key), isOpen: node.type !== "EXIT_POINT", add: "Add where it goes" },
  ];
  return html`
    ${sides.map(({ title, end, edges, isOpen, add }) => (edges.length > 0 || (canAdd && isOpen)) && html`<div class="edges-group" key=${end}><h3>${title}</h3>
      ${edges.length > 0 && html`<ul class="stack tight">${edges.map((edge) => html`<${Row} key=${edge.key} ...${{ edge, end, options, ends, change, onChoose }} />`)}</ul>`}
      ${canAdd && isOpen && html`<${Add} label=${add} options=${options} ends=${ends} edges=${edges} end=${end} onPick=${(id) => change((payload) => (end === "source" ? connect(payload, id, node.id) : connect(payload, node.id, id)))} />`}</div>`)}
    ${!node.isMissing && !node.id && html`<p class="hint">Edges name steps by their ids: give it one to connect it.</p>`}`;
}

function Row({ edge, end, options, ends, change, onChoose }) {
  const id = edge[end];
  const isMissing = !ends.some((one) => one.id === id);
  const words = end === "source" ? ["Comes from", "from"] : ["Goes to", "to"];
  return html`<li class="line">
    <select aria-label=${words[0]} class=${isMissing ? "lost" : ""} value=${id} onChange=${(event) => change((payload) => changeEdge(payload, edge.index, { [end]: event.target.value }))}>
      ${isMissing && html`<option value=${id}>${id ? `${id} (missing)` : "Nothing"}</option>`}${options}</select>
    <${Button} icon="right" class="little" label=${`Open ${id || "the step"}`} onClick=${() => onChoose(end === "source" ? edge.from : edge.to)} />
    <${Button} icon="x" class="little" label=${`Remove the edge ${words[1]} ${id || "nothing"}`} onClick=${() => change((payload) => disconnect(payload, edge.index))} />
  </li>`;
}

function Add({ label, options, ends, edges, end, onPick }) {
  const isTaken = ends.map((one) => edges.some((edge) => edge[end] === one.id));
  const free = useMemo(() => options.filter((_, at) => !isTaken[at]), [options, isTaken.join()]);
  if (!free.length) return null;
  return html`<select class="add" aria-label=${label} value="" onChange=${(event) => (onPick(event.target.value), (event.target.value = ""))}><option value="">${label}…</option>${free}</select>`;
}
