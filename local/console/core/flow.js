// The flow of an agent payload: its steps and edges as the graph shows them, and the edits of it.
//
// Pure: each edit gives a new payload, and leaves alone what it does not know. What is read may be any JSON.

import { pathOf } from "./json.js";
import { isObject } from "./same.js";

export { isObject };

export const TYPES = {
  ENTRY_POINT: { label: "Entry", icon: "enter" },
  AGENT: { label: "Agent", icon: "spark" },
  TOOL: { label: "Tool", icon: "tool" },
  CLAUDE_BOX: { label: "Claude box", icon: "box" },
  EXIT_POINT: { label: "Exit", icon: "flag" },
};
export const typeOf = (type) => TYPES[type] ?? { label: type || "No type", icon: "help" };

const listOf = (value) => (Array.isArray(value) ? value : []);
const textOf = (value) => (typeof value === "string" ? value : "");

/** What edges call a step. */
export const idOf = (step) => textOf(step?.identifier) || textOf(step?.id);
const idMember = (step) => (textOf(step.identifier) ? "identifier" : "id");

/**
 * `{steps: [{key, index, id, name, type, step}], edges: [{key, index, from, to, source, target, edge}], missing: [{key, id}]}`.
 * A key stays the same while others move the step; `missing` are the ends of edges that name no step.
 */
export function readFlow(payload) {
  const keys = new Map();
  const steps = listOf(payload?.flow?.steps).map((told, index) => {
    const step = isObject(told) ? told : {};
    const id = idOf(step);
    const key = id && !keys.has(id) ? `step ${id}` : `place ${index}`;
    if (id && !keys.has(id)) keys.set(id, key);
    return { key, index, id, name: textOf(step.name), type: textOf(step.type), step };
  });
  const missing = new Map();
  const end = (id) => {
    if (keys.has(id)) return keys.get(id);
    const key = `missing ${id}`;
    missing.set(key, { key, id });
    return key;
  };
  const edges = listOf(payload?.flow?.edges).map((told, index) => {
    const edge = isObject(told) ? told : {};
    const [source, target] = [textOf(edge.source), textOf(edge.target)];
    return { key: `edge ${index}`, index, source, target, from: end(source), to: end(target), edge };
  });
  return { steps, edges, missing: [...missing.values()] };
}

export const titleOf = ({ name, id, type }) => name || id || `Untitled ${typeOf(type).label.toLowerCase()}`;

/**
 * Issues with the key of what they belong to: `[{pointer, code, message, key, path}]`; key is null for what is no step.
 * flow: of the content that the issues were told of
 */
export function placeIssues(issues, flow) {
  return listOf(issues).map((issue) => {
    const path = pathOf(issue.pointer);
    const [top, list, index, end] = path;
    let key = null;
    if (top === "flow" && list === "steps") key = flow.steps[index]?.key ?? null;
    if (top === "flow" && list === "edges" && flow.edges[index]) {
      const { from, to } = flow.edges[index];
      // The step at the other end is where a person can mend it.
      const other = end === "source" ? to : from;
      key = other.startsWith("missing") ? (end === "source" ? from : to) : other;
    }
    return { ...issue, path, key };
  });
}

// ---------------------------------------------------------------------------------------------------- edits of steps

const put = (payload, members) => ({ ...payload, flow: { ...(isObject(payload.flow) ? payload.flow : {}), ...members } });
const stepsOf = (payload) => listOf(payload.flow?.steps);
const edgesOf = (payload) => listOf(payload.flow?.edges);

/** Members that are undefined are taken away. */
export function merged(value, members) {
  const made = { ...value, ...members };
  for (const [name, one] of Object.entries(members)) if (one === undefined) delete made[name];
  return made;
}

export function changeStep(payload, index, members) {
  const steps = stepsOf(payload);
  return index in steps ? put(payload, { steps: steps.with(index, merged(steps[index], members)) }) : payload;
}

/** Give a step another id; the edges follow it, unless another step before it has the same id. */
export function renameStep(payload, index, id) {
  const step = stepsOf(payload)[index];
  if (!isObject(step)) return payload;
  const old = idOf(step);
  const owns = old && stepsOf(payload).findIndex((one) => idOf(one) === old) === index;
  const named = changeStep(payload, index, { [idMember(step)]: id || undefined });
  return owns && id ? put(named, { edges: edgesOf(payload).map((edge) => moved(edge, old, id)) }) : named;
}

function moved(edge, old, id) {
  if (edge?.source !== old && edge?.target !== old) return edge;
  return { ...edge, source: edge.source === old ? id : edge.source, target: edge.target === old ? id : edge.target };
}

/** Take a step away, with the edges that only it can be meant by. */
export function removeStep(payload, index) {
  const steps = stepsOf(payload).toSpliced(index, 1);
  const id = idOf(stepsOf(payload)[index]);
  if (!id || steps.some((step) => idOf(step) === id)) return put(payload, { steps });
  return put(payload, { steps, edges: edgesOf(payload).filter((edge) => edge?.source !== id && edge?.target !== id) });
}

const NAMES = { ENTRY_POINT: ["start", "Start"], EXIT_POINT: ["end", "End"], AGENT: ["agent", "New agent step"], TOOL: ["tool", "New tool step"], CLAUDE_BOX: ["box", "New Claude box"] };

/** Add a step, behind the step `after` if there is one: between it and what follows, if only one does. Returns `{payload, id}`. */
export function addStep(payload, type, { after = "", id: wanted = "" } = {}) {
  const taken = new Set(stepsOf(payload).map(idOf));
  const [stem, name] = NAMES[type] ?? ["step", "New step"];
  const id = wanted || unused(stem, taken);
  const steps = [...stepsOf(payload)];
  const at = after ? steps.findIndex((step) => idOf(step) === after) + 1 : steps.length;
  steps.splice(at, 0, { id, type, name: wanted ? wanted : name });
  if (!after) return { id, payload: put(payload, { steps, edges: edgesOf(payload) }) };
  const edges = edgesOf(payload);
  const out = edges.filter((edge) => edge?.source === after);
  const rest = out.length === 1 ? edges.map((edge) => (edge === out[0] ? { ...edge, source: id } : edge)) : edges;
  return { id, payload: put(payload, { steps, edges: [...rest, { source: after, target: id }] }) };
}

function unused(stem, taken) {
  if (!taken.has(stem)) return stem;
  for (let number = 2; ; number++) if (!taken.has(`${stem}_${number}`)) return `${stem}_${number}`;
}

export function connect(payload, source, target) {
  if (edgesOf(payload).some((edge) => edge?.source === source && edge?.target === target)) return payload;
  return put(payload, { edges: [...edgesOf(payload), { source, target }] });
}

export function changeEdge(payload, index, members) {
  const edges = edgesOf(payload);
  return index in edges ? put(payload, { edges: edges.with(index, { ...edges[index], ...members }) }) : payload;
}

export const disconnect = (payload, index) => put(payload, { edges: edgesOf(payload).toSpliced(index, 1) });

// ---------------------------------------------------------------------------------------------------- edits of slots

const slotsOf = (payload) => listOf(payload.slots);

export function addSlot(payload) {
  const name = unused("approver", new Set(slotsOf(payload).map((slot) => slot?.name)));
  return { ...payload, slots: [...slotsOf(payload), { name, displayName: "", requiredKind: "UNSPECIFIED" }] };
}

export const changeSlot = (payload, index, members) => ({ ...payload, slots: slotsOf(payload).with(index, merged(slotsOf(payload)[index], members)) });

/** The approvals that name a slot follow it to its new name. */
export function renameSlot(payload, index, name) {
  const old = slotsOf(payload)[index]?.name;
  const follow = (approval) => (approval.slotName === old ? { ...approval, slotName: name } : approval);
  return changeSlot(overApprovals(payload, follow), index, { name });
}

/** Take a slot away, with the approvals that name it: without them the payload could not be saved. */
export function removeSlot(payload, index) {
  const { name } = slotsOf(payload)[index] ?? {};
  const isTwice = slotsOf(payload).filter((slot) => slot?.name === name).length > 1;
  const without = isTwice ? payload : overApprovals(payload, (approval) => (approval.slotName === name ? undefined : approval));
  return { ...without, slots: slotsOf(payload).toSpliced(index, 1) };
}

export function approvalsOf(payload, name) {
  let found = 0;
  overApprovals(payload, (approval) => ((found += approval.slotName === name ? 1 : 0), approval));
  return found;
}

/** The payload with each `humanApproval` of its flows as `change` gives it back, or without those that become undefined. */
function overApprovals(payload, change) {
  const walk = (value) => {
    if (Array.isArray(value)) return kept(value, value.map(walk));
    if (!isObject(value)) return value;
    const made = {};
    for (const [name, member] of Object.entries(value)) {
      const next = name === "humanApproval" && isObject(member) ? change(member) : member;
      if (next !== undefined) made[name] = next === member ? walk(member) : next;
    }
    return kept(value, made);
  };
  const flows = {};
  if (payload.flow) flows.flow = walk(payload.flow);
  if (Array.isArray(payload.subAgents)) flows.subAgents = payload.subAgents.map((one) => (isObject(one?.flow) ? { ...one, flow: walk(one.flow) } : one));
  return { ...payload, ...flows };
}

/** What did not change stays the same object. */
const kept = (old, made) => (Object.keys(old).length === Object.keys(made).length && Object.keys(made).every((name) => old[name] === made[name]) ? old : made);
