// What differs between two texts or two lists, piece by piece. Pure.

/** Beyond this many pieces that went or came a text is compared by coarser ones. */
const MOST_EDITS = 1_200;
const WORDS = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
const LINES = /[^\n]*\n|[^\n]+/g;

const equal = (a, b) => a === b;

/**
 * Two lists side by side, with as few edits as can be: `[{op, item}]`, `op` one of "same", "remove", "add". Null when there are
 * too many edits.
 *
 * Myers, An O(ND) Difference Algorithm and Its Variations (1986): `reach[k]` is how far into `before` one comes with a number of
 * edits when `k` more pieces went than came; `trail` keeps it for each number of edits.
 */
export function aligned(before, after, same = equal) {
  let start = 0;
  let [a, b] = [before.length, after.length];
  while (start < a && start < b && same(before[start], after[start])) start++;
  while (a > start && b > start && same(before[a - 1], after[b - 1])) (a--, b--);
  const kept = (from, to) => before.slice(from, to).map((item) => ({ op: "same", item }));
  const middle = edited(before.slice(start, a), after.slice(start, b), same);
  return middle && [...kept(0, start), ...middle, ...kept(a, before.length)];
}

function edited(before, after, same) {
  const [rows, columns] = [before.length, after.length];
  const most = Math.min(rows + columns, MOST_EDITS);
  const reach = new Int32Array(2 * most + 3);
  const at = (k) => k + most + 1;
  const trail = [];
  for (let edits = 0; edits <= most; edits++) {
    trail.push(reach.slice(at(-edits) - 1, at(edits) + 2));
    for (let k = -edits; k <= edits; k += 2) {
      let row = k === -edits || (k !== edits && reach[at(k - 1)] < reach[at(k + 1)]) ? reach[at(k + 1)] : reach[at(k - 1)] + 1;
      while (row < rows && row - k < columns && same(before[row], after[row - k])) row++;
      reach[at(k)] = row;
      if (row >= rows && row - k >= columns) return walked(before, after, trail);
    }
  }
  return null;
}

/** The edits that led to the end, read backwards from it. */
function walked(before, after, trail) {
  const found = [];
  let [row, column] = [before.length, after.length];
  for (let edits = trail.length - 1; edits >= 0; edits--) {
    const reached = (k) => trail[edits][k + edits + 1];
    const k = row - column;
    const came = k === -edits || (k !== edits && reached(k - 1) < reached(k + 1));
    const from = edits === 0 ? 0 : came ? reached(k + 1) : reached(k - 1) + 1;
    while (row > from) (row--, column--, found.push({ op: "same", item: before[row] }));
    if (edits > 0) found.push(came ? { op: "add", item: after[--column] } : { op: "remove", item: before[--row] });
  }
  return found.reverse();
}

/** Two texts word by word: `[{op, text}]`, `op` one of "same", "remove", "add"; a long text line by line first. */
export function words(before, after) {
  const whole = () => [{ op: "remove", text: before }, { op: "add", text: after }].filter((one) => one.text);
  const parts = aligned(before.match(WORDS) ?? [], after.match(WORDS) ?? []);
  if (parts) {
    const found = joined(parts);
    const kept = found.reduce((sum, one) => sum + (one.op === "same" ? one.text.trim().length : 0), 0);
    // Two texts that share hardly a word are read one after the other.
    return kept * 5 < Math.min(before.length, after.length) ? whole() : found;
  }
  const lines = aligned(before.match(LINES) ?? [], after.match(LINES) ?? []);
  if (!lines) return whole();
  const blocks = joined(lines);
  // Where one block of lines took the place of another, the words are compared, unless that is again the whole text.
  return blocks.flatMap((one, at) => {
    const next = blocks[at + 1];
    if (one.op === "add" && blocks[at - 1]?.op === "remove") return [];
    if (one.op !== "remove" || next?.op !== "add" || blocks.length < 3) return one.op === "remove" && next?.op === "add" ? [one, next] : [one];
    return words(one.text, next.text);
  });
}

/** Runs of pieces as texts, removed before added; a lone space between two changes belongs to them. */
function joined(parts) {
  const runs = [];
  for (const { op, item } of parts) {
    if (runs.at(-1)?.op === op) runs.at(-1).text += item;
    else runs.push({ op, text: item });
  }
  const found = [];
  let [gone, come] = ["", ""];
  const close = () => {
    if (gone) found.push({ op: "remove", text: gone });
    if (come) found.push({ op: "add", text: come });
    gone = come = "";
  };
  runs.forEach(({ op, text }, at) => {
    if (op === "remove") gone += text;
    else if (op === "add") come += text;
    else if (at > 0 && at < runs.length - 1 && !text.trim() && !text.includes("\n")) (gone += text), (come += text);
    else (close(), found.push({ op, text }));
  });
  close();
  return found;
}

/** The same parts with the middle of long unchanged stretches left out, as `{op: "gap", text}`. */
export function abridged(parts, around = 90) {
  return parts.flatMap((part, at) => {
    const isFirst = at === 0;
    const isLast = at === parts.length - 1;
    if (part.op !== "same" || part.text.length <= around * (isFirst || isLast ? 1 : 2) + 40) return [part];
    const [head, tail] = [isFirst ? "" : part.text.slice(0, around), isLast ? "" : part.text.slice(-around)];
    const gap = { op: "gap", text: part.text.slice(head.length, part.text.length - tail.length) };
    return [...(head ? [{ op: "same", text: head }] : []), gap, ...(tail ? [{ op: "same", text: tail }] : [])];
  });
}
