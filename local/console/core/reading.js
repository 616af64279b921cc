// What changes mean to people: members of a form by field, places of an agent by step. Pure.

import { fieldOf, KINDS } from "./kinds.js";
import { pathOf } from "./json.js";
import { same } from "./same.js";

/** Whether a value was too big for the answer, so that its hash stands for it. */
export const isStandIn = (value) =>
  value !== null && typeof value === "object" && typeof value.hash === "string" && Object.keys(value).length === 2 && sizeOf(value) !== undefined;

export const sizeOf = (value) => value.sizeBytes ?? value.size_bytes;

/**
 * Changed members by the field that shows them, in the order of the form: `[{field, before, after, places}]`; `before` and
 * `after` hold the changed members alone.
 */
export function byField(kind, changes) {
  const found = new Map();
  for (const { place, before, after } of changes) {
    const field = fieldOf(kind, place);
    if (!found.has(field.name)) found.set(field.name, { field, before: {}, after: {}, places: [] });
    const one = found.get(field.name);
    one.before[place] = before;
    one.after[place] = after;
    one.places.push(place);
  }
  const order = KINDS[kind].fields.map((field) => field.name);
  const rank = ({ field }) => (order.includes(field.name) ? order.indexOf(field.name) : order.length);
  return [...found.values()].sort((a, b) => rank(a) - rank(b));
}

/** The members in which two states of a form differ; the order of ids does not count. */
export function changedMembers(before, after) {
  const plain = (name, value) => (name.endsWith("_ids") && Array.isArray(value) ? value.toSorted() : value);
  return Object.keys({ ...before, ...after })
    .filter((name) => !same(plain(name, before[name] ?? null), plain(name, after[name] ?? null)))
    .map((name) => ({ place: name, before: before[name], after: after[name] }));
}

/** The type of the catalog that a selected id of a form is of. */
export function typeOfId(kind, id, ...contents) {
  const holds = (value) => value === id || (Array.isArray(value) && value.includes(id));
  return KINDS[kind].fields.find((field) => field.type && field.members.some((member) => contents.some((content) => holds(content?.[member]))))?.type;
}

// ---------------------------------------------------------------------------------------------------- agents

const NOUNS = {
  steps: "Step", edges: "Edge", slots: "Slot", subAgents: "Sub-agent", assets: "Asset", integrationSlots: "Integration",
  tools: "Tool", builtInTools: "Built-in tool",
};

/** Whether one JSON pointer is the other, or an ancestor of it. */
export const touches = (a, b) => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);

/** The value at a JSON pointer, undefined where there is none. */
export function valueAt(content, pointer) {
  let value = content;
  for (const name of pathOf(pointer)) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** How an item of a list of an agent is called. */
export function titleOf(item) {
  if (item === null || typeof item !== "object") return undefined;
  if (item.source !== undefined && item.target !== undefined) return `${item.source} → ${item.target}`;
  const title = item.displayName ?? item.name ?? item.identifier ?? item.id ?? item.slug;
  return typeof title === "string" && title ? title : undefined;
}

/** A member's name as words. */
const spelled = (name) => name?.replace(/([a-z])([A-Z])/g, (_, end, begin) => `${end} ${begin.toLowerCase()}`).replace(/^./, (first) => first.toUpperCase());

/** The ids of steps in a title of an edge, as the steps are called. */
const spoken = (content, item) => {
  if (item?.source === undefined) return titleOf(item);
  const name = (id) => titleOf(content?.flow?.steps?.find((step) => step.identifier === id || step.id === id)) ?? id;
  return `${name(item.source)} → ${name(item.target)}`;
};

/**
 * Where a JSON pointer of an agent leads, for people: `{section, noun, title, rest}`. `section` is the pointer of the step (or
 * slot, or edge) that it lies in, or its top-level member; `rest` the path inside that.
 */
export function placeOf(content, pointer, item) {
  const names = pathOf(pointer);
  const at = names.findIndex((name, index) => index < 2 && /^\d+$/.test(names[index + 1] ?? "") && name in NOUNS);
  if (at < 0) {
    const depth = names[0] === "flow" && names.length > 1 ? 2 : 1;
    return { section: `/${names.slice(0, depth).join("/")}`, noun: "", title: spelled(names.slice(0, depth).at(-1)) || "The whole", rest: names.slice(depth) };
  }
  const section = `/${names.slice(0, at + 2).join("/")}`;
  const found = item ?? valueAt(content, section);
  return {
    section,
    noun: NOUNS[names[at]],
    title: spoken(content, found) ?? `number ${Number(names[at + 1]) + 1}`,
    rest: names.slice(at + 2),
  };
}

/** Sections in the order in which a person asks: what it says of itself, its steps, how they are joined, all else. */
const rankOf = ({ key, noun }) => (key.includes("/comment") ? 0 : noun === "Step" ? 1 : noun === "Edge" || key === EDGES ? 2 : 3);
const inOrder = (sections) => [...sections].sort((a, b) => rankOf(a) - rankOf(b));
const EDGES = "edges";

/**
 * Differences of two contents of an agent by step: `[{key, noun, title, items}]`; an item is the difference with `rest`, and for
 * a move `places`, the numbers before and after. Edges stand together, each item with its `name`.
 */
export function byStep(changes, before, after) {
  const found = new Map();
  for (const change of changes) {
    const isGone = change.op === "remove";
    const content = isGone ? before : after;
    const value = isGone ? change.from : change.op === "move" ? undefined : change.to;
    const told = placeOf(content, change.pointer);
    const place = !told.rest.length && titleOf(value) ? placeOf(content, change.pointer, value) : told;
    // A removal counts in the earlier content: there its pointer may be that of another step in the later one.
    const isEdge = place.noun === NOUNS.edges;
    const key = isEdge ? EDGES : `${place.noun} ${place.title} ${place.noun ? "" : place.section}`;
    if (!found.has(key)) found.set(key, isEdge ? { key, noun: "", title: "Edges", items: [] } : { key, noun: place.noun, title: place.title, items: [] });
    const number = (pointer) => Number(pathOf(pointer).at(-1)) + 1;
    const places = change.op === "move" ? [number(change.from), number(change.pointer)] : undefined;
    found.get(key).items.push({ ...change, rest: place.rest, places, name: isEdge ? place.title : undefined });
  }
  return inOrder(found.values());
}

/**
 * The item of a list that a JSON pointer meant, in a content whose list may have another order: the one that has `value` there.
 */
function itemOf(content, pointer, value) {
  const { noun, section, rest } = placeOf(content, pointer);
  if (!noun || !rest.length) return value;
  const inside = rest.map((name) => `/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
  const has = (item) => item !== undefined && same(valueAt(item, inside), value);
  const here = valueAt(content, section);
  if (has(here)) return here;
  const list = valueAt(content, section.slice(0, section.lastIndexOf("/")));
  return Array.isArray(list) ? list.find(has) : undefined;
}

// ------------------------------------------------------------------------------------------------- proposals

/**
 * What a proposal changes, by what is decided on as one: `[{key, noun, title, choices}]`; a choice is `{key, places, conflict}`, of a
 * form with `fields` (of `byField`), of an agent with `change`. `conflict` holds what the draft has changed there since.
 */
export const sectionsOf = (proposal) => (proposal.kind === "agent" ? agentSections(proposal) : formSections(proposal));

function formSections({ kind, changes, conflicts }) {
  return [...new Set(changes.map((one) => one.group))].map((key) => {
    const members = changes.filter((one) => one.group === key);
    const fields = byField(kind, members.map((one) => ({ place: one.place, before: one.base, after: one.proposed })));
    const met = conflicts.filter((one) => one.group === key);
    const conflict = met.length
      ? {
          now: byField(kind, met.map((one) => ({ place: one.place, before: one.base, after: one.current }))),
          proposed: byField(kind, met.map((one) => ({ place: one.place, before: one.base, after: one.proposed }))),
        }
      : null;
    return { key, noun: "", title: fields.length > 1 ? key : fields[0].field.label, choices: [{ key, places: members.map((one) => one.place), fields, conflict }] };
  });
}

function agentSections({ changes, conflicts, preview }) {
  const found = new Map();
  for (const change of changes) {
    const isGone = !Object.hasOwn(change, "proposed");
    const item = itemOf(preview, change.place, isGone ? change.base : change.proposed);
    // The places count in the proposed payload, which the preview is not: what it has at a number can be another step.
    const { noun, title, rest, section } = placeOf(titleOf(item) || !isList(change.place) ? preview : null, change.place, titleOf(item) ? item : undefined);
    const key = `${noun} ${title} ${section}`;
    if (!found.has(key)) found.set(key, { key, noun, title, choices: [] });
    const op = isGone ? "remove" : Object.hasOwn(change, "base") ? "replace" : "add";
    const conflict = conflicts.find((one) => touches(one.place, change.place)) ?? null;
    found.get(key).choices.push({ key: change.place, places: [change.place], conflict, change: { op, rest, before: change.base, after: change.proposed } });
  }
  return inOrder(found.values());
}

const isList = (pointer) => placeOf(null, pointer).noun !== "";

/** Conflicts at places of which the list of changes says nothing. */
export function strayConflicts({ kind, changes, conflicts }) {
  const meets = kind === "agent" ? (one, change) => touches(one.place, change.place) : (one, change) => one.group === change.group;
  return conflicts.filter((one) => !changes.some((change) => meets(one, change)));
}
