// The undo tree as lanes beside a list: which lines pass each entry, and which end in it. Pure.

/** More lanes than this share the last one. */
const MOST_LANES = 6;

/**
 * entries: newest first, each with `seqNo` and `parent`; current: the `seqNo` whose content is current
 * Returns: `{rows, lanes}`; a row is `{entry, lane, place, through, joins, up, down, tip}`.
 *
 * Lane 0 is the way from the first content to the current one. `place` is "current", "path" (on that way), "undone" (came of
 * the current one, redo leads to it) or "aside". `through` are the lanes that pass, `joins` those that end here from above;
 * `up` and `down` tell whether the entry's own lane goes on there; `tip` is the newest entry of its lane.
 */
export function lanesOf(entries, current) {
  const known = new Map(entries.map((entry) => [entry.seqNo, entry]));
  const path = new Set();
  for (let at = current; at !== null && at !== undefined && !path.has(at); at = known.get(at)?.parent) path.add(at);
  const waiting = [];
  const rows = entries.map((entry) => {
    const mine = [...waiting.keys()].filter((lane) => waiting[lane] === entry.seqNo);
    const lane = path.has(entry.seqNo) ? 0 : (mine[0] ?? free(waiting));
    for (const one of mine) waiting[one] = undefined;
    waiting[lane] = entry.parent ?? undefined;
    return {
      entry,
      lane: bounded(lane),
      place: placeOf(entry, current, path, known),
      joins: distinct(mine.filter((one) => one !== lane)),
      through: distinct([...waiting.keys()].filter((one) => one !== lane && waiting[one] !== undefined)),
      up: mine.includes(lane),
      down: entry.parent !== null,
      tip: mine.length === 0,
    };
  });
  return { rows, lanes: 1 + Math.max(0, ...rows.flatMap((row) => [row.lane, ...row.through, ...row.joins])) };
}

const bounded = (lane) => Math.min(lane, MOST_LANES - 1);
const distinct = (lanes) => [...new Set(lanes.map(bounded))];

/** The first lane that nothing waits in; lane 0 is kept for the way to the current content. */
function free(waiting) {
  let lane = 1;
  while (waiting[lane] !== undefined) lane++;
  return lane;
}

function placeOf(entry, current, path, known) {
  if (entry.seqNo === current) return "current";
  if (path.has(entry.seqNo)) return "path";
  let at = entry;
  while (at && at.seqNo !== current) at = known.get(at.parent);
  return at ? "undone" : "aside";
}
