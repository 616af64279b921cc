// Three-way merge of agent payloads, as the server merges them: objects by member, steps and their like by name.

import { isObject, same } from "./same.js";

const isText = (value) => typeof value === "string";
const first = (...names) => (item) => names.map((name) => item?.[name]).find(isText);
const NAMED = {
  steps: (step) => [step?.identifier || step?.id].find(isText),
  edges: (edge) => (isText(edge?.source) && isText(edge?.target) ? [edge.source, edge.target] : undefined),
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
  const lists = all.map((list) => byName(list, NAMED[trail.at(-1)]));
  return lists.every(Boolean) ? items(...lists, trail, found) : clash(base, theirs, mine, trail, found);
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

// ------------------------------------------------------------------------------------------------------ lists

/** The items of a list by their names as JSON, in their order; undefined when they cannot be told apart. */
function byName(list, nameOf) {
  if (!nameOf || !Array.isArray(list)) return undefined;
  const found = new Map(list.map((item) => [JSON.stringify(nameOf(item)), item]));
  return found.has(undefined) || found.size < list.length ? undefined : found;
}

/** A name as a person reads it. */
const labelOf = (name) => [JSON.parse(name)].flat().join(" → ");

function items(base, theirs, mine, trail, found) {
  const kept = new Map();
  for (const name of new Set([...theirs.keys(), ...mine.keys()])) {
    const value = put(base.get(name), theirs.get(name), mine.get(name), [...trail, labelOf(name)], found);
    if (value !== undefined) kept.set(name, value);
  }
  const orders = [base, theirs, mine].map((list) => [...list.keys()].filter((name) => kept.has(name)));
  return ordered(...orders, trail, found).map((name) => kept.get(name));
}

/** The order of names: that of the side that moved some, with each side's own ones after the one that they follow there. */
function ordered(base, theirs, mine, trail, found) {
  const others = new Set(theirs);
  const common = new Set(mine.filter((name) => others.has(name)));
  const lead = leading(...[base, theirs, mine].map((names) => names.filter((name) => common.has(name))), trail, found);
  const runs = [...runsOf(theirs, common), ...runsOf(mine, common)];
  const after = (anchor) => runs.filter((run) => run.anchor === anchor).map(({ names }) => names);
  return [undefined, ...lead].flatMap((name) => [name ?? [], ...after(name).sort(byRank)].flat());
}

/** The order of the names that both have. */
function leading(base, theirs, mine, trail, found) {
  if (same(theirs, mine)) return mine;
  const before = new Set(base);
  const [theyMoved, iMoved] = [theirs, mine].map((names) => !same(names.filter((name) => before.has(name)), base));
  if (theyMoved && iMoved && trail.at(-1) !== "edges") {
    const [old, others, own] = [base, theirs, mine].map((names) => names.map(labelOf));
    return same(clash(old, others, own, [...trail, "order"], found), others) ? theirs : mine;
  }
  if (theyMoved !== iMoved) return theyMoved ? theirs : mine;
  // Both added the same items at other places, or their order does not matter: the same order for either side.
  return [theirs, mine].sort(byRank)[0];
}

/** The names of one side alone, as runs after the common one that they follow: `{anchor, names}`. */
function runsOf(side, common) {
  const runs = [{ anchor: undefined, names: [] }];
  for (const name of side) {
    if (common.has(name)) runs.push({ anchor: name, names: [] });
    else runs.at(-1).names.push(name);
  }
  return runs.filter(({ names }) => names.length);
}

/** Names sort as the server sorts them: as JSON, by code point. */
const rank = (names) => Array.from(`[${names}]`, (sign) => sign.codePointAt(0).toString(16).padStart(6, "0")).join("");
const byRank = (one, other) => (rank(one) < rank(other) ? -1 : 1);
