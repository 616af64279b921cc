// What differs between two texts or two lists, piece by piece. Pure.

/** Beyond this many comparisons of single pieces a text is compared by coarser ones. */
const MOST_CELLS = 1_000_000;
const WORDS = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
const LINES = /[^\n]*\n|[^\n]+/g;

const equal = (a, b) => a === b;

/**
 * Two lists side by side, by a longest common subsequence: `[{op, item}]`, `op` one of "same", "remove", "add".
 * Null when there is more to compare than can be done at once.
 */
export function aligned(before, after, same = equal) {
  let start = 0;
  let [a, b] = [before.length, after.length];
  while (start < a && start < b && same(before[start], after[start])) start++;
  while (a > start && b > start && same(before[a - 1], after[b - 1])) (a--, b--);
  const [rows, columns] = [a - start, b - start];
  if (rows * columns > MOST_CELLS) return null;
  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--)
    for (let j = columns - 1; j >= 0; j--)
      longest[i * width + j] = same(before[start + i], after[start + j])
        ? longest[(i + 1) * width + j + 1] + 1
        : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
  const found = before.slice(0, start).map((item) => ({ op: "same", item }));
  let [i, j] = [0, 0];
  while (i < rows || j < columns) {
    const here = i * width + j;
    if (i < rows && j < columns && same(before[start + i], after[start + j])) (found.push({ op: "same", item: after[start + j] }), i++, j++);
    else if (j >= columns || (i < rows && longest[here + width] >= longest[here + 1])) found.push({ op: "remove", item: before[start + i++] });
    else found.push({ op: "add", item: after[start + j++] });
  }
  return [...found, ...before.slice(a).map((item) => ({ op: "same", item }))];
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
