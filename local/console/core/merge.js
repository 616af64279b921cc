// Three-way merge of agent payloads, as the server merges them: objects by member, steps and their like by name.

import { isObject, same } from "./same.js";

const first = (...names) => (item) => names.map((name) => item?.[name]).find((value) => typeof value === "string");
const NAMED = {
  steps: (step) => [step?.identifier, step?.id].find((value) => typeof value === "string" && value),
  edges: (edge) => (typeof edge?.source === "string" && typeof edge?.target === "string" ? `${edge.source} → ${edge.target}` : undefined),
  subAgents: first("id", "slug"),
  slots: first("name"),
  assets: first("id"),
  integrationSlots: first("id"),
  tools: first("id", "name"),
  builtInTools: first("id", "name"),
};

/**
 * What `mine` and `theirs` make of `base`. `undefined` is absence.
 * choices: what was decided for places of an earlier merge of the same three: `{[place]: {value}}`
 * Returns `{value, overlaps}`; an overlap `{place, label, base, theirs, mine}` is a place that both changed otherwise, where mine is taken.
 */
export function merge(base, theirs, mine, choices = {}) {
  const overlaps = [];
  const value = put(base, theirs, mine, [], { overlaps, choices });
  return { value, overlaps };
}

function put(base, theirs, mine, trail, found) {
  if (same(theirs, mine) || same(base, mine)) return theirs;
  if (same(base, theirs)) return mine;
  const all = [base, theirs, mine];
  if (all.every(isObject)) return members(base, theirs, mine, trail, found);
  const name = NAMED[trail.at(-1)];
  if (name && all.every((list) => isNamed(list, name))) return items(base, theirs, mine, trail, found, name);
  return clash(base, theirs, mine, trail, found);
}

function isNamed(list, name) {
  if (!Array.isArray(list)) return false;
  const names = list.map(name);
  return !names.includes(undefined) && new Set(names).size === names.length;
}

function clash(base, theirs, mine, trail, { overlaps, choices }) {
  const place = JSON.stringify(trail);
  overlaps.push({ place, label: trail.join(" › ") || "The whole agent", base, theirs, mine });
  return Object.hasOwn(choices, place) ? choices[place].value : mine;
}

function members(base, theirs, mine, trail, found) {
  // Not by `made[name] = …`: of a member `__proto__` that would make no member.
  const made = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])].map((name) => {
    const own = (one) => (Object.hasOwn(one, name) ? one[name] : undefined);
    return [name, put(own(base), own(theirs), own(mine), [...trail, name], found)];
  });
  return Object.fromEntries(made.filter(([, value]) => value !== undefined));
}

function items(base, theirs, mine, trail, found, name) {
  const [ours, others, before] = [mine, theirs, base].map((list) => new Map(list.map((item) => [name(item), item])));
  const kept = new Map();
  for (const own of new Set([...others.keys(), ...ours.keys()])) {
    const value = put(before.get(own), others.get(own), ours.get(own), [...trail, own], found);
    if (value !== undefined) kept.set(own, value);
  }
  const order = ordered([...before.keys()], [...others.keys()], [...ours.keys()], trail, found);
  return order.filter((own) => kept.has(own)).map((own) => kept.get(own));
}

/** The names of all items, in the order of the side that moved some; what the other side added follows what it followed there. */
function ordered(before, others, ours, trail, found) {
  const both = before.filter((own) => others.includes(own) && ours.includes(own));
  const common = (list) => list.filter((own) => both.includes(own));
  const [theirOrder, myOrder] = [common(others), common(ours)];
  const iMoved = !same(myOrder, both);
  let lead = iMoved ? ours : others;
  if (trail.at(-1) !== "edges" && iMoved && !same(theirOrder, both) && !same(theirOrder, myOrder)) lead = same(clash(both, theirOrder, myOrder, [...trail, "order"], found), theirOrder) ? others : ours;
  const made = [...lead];
  const rest = lead === ours ? others : ours;
  rest.forEach((own, at) => {
    if (made.includes(own)) return;
    made.splice(at === 0 ? 0 : made.indexOf(rest[at - 1]) + 1, 0, own);
  });
  return made;
}
