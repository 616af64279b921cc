import { useRef } from "./ui.js";

/**
 * A key for each of `rows`: it stays the same while others put rows before it or move it, and while it is renamed.
 * names: functions of a row that tell what may name it, the best one first
 */
export function useRowKeys(rows, ...names) {
  const held = useRef({ rows: [], keys: [], last: 0 });
  if (held.current.rows !== rows) held.current = matched(held.current, rows, names);
  return held.current.keys;
}

function matched({ rows: before, keys: known, last }, rows, names) {
  const free = new Set(before.keys());
  const keys = Array(rows.length);
  const take = (at, old) => {
    keys[at] = known[old];
    free.delete(old);
  };
  for (const name of names) {
    const found = Map.groupBy(free, (old) => name(before[old]));
    rows.forEach((row, at) => {
      const old = keys[at] === undefined && name(row) ? found.get(name(row))?.shift() : undefined;
      if (old !== undefined) take(at, old);
    });
  }
  // What has no name, or another one than before, is known by its place.
  if (rows.length === before.length) for (const at of [...free]) if (keys[at] === undefined) take(at, at);
  for (const at of rows.keys()) keys[at] ??= ++last;
  return { rows, keys, last };
}
