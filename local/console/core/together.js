// What two changes of one value may come to when both are wanted: a suggestion that a person may edit.

const isText = (value) => value === null || value === undefined || typeof value === "string";
const isSet = (value) => Array.isArray(value) && value.every((one) => typeof one === "string");

/** Both changes of `base`, as one value; undefined where there is no telling. */
export function together(base, theirs, mine) {
  if (isSet(theirs) && isSet(mine)) {
    const before = isSet(base) ? base : [];
    return [...theirs.filter((one) => mine.includes(one) || !before.includes(one)), ...mine.filter((one) => !before.includes(one) && !theirs.includes(one))];
  }
  return isText(base) && typeof theirs === "string" && typeof mine === "string" ? texts(base ?? "", theirs, mine) : undefined;
}

function texts(base, theirs, mine) {
  const [a, b] = [changed(base, theirs), changed(base, mine)].sort((one, other) => one.from - other.from || one.to - other.to);
  if (a.to <= b.from && !(a.from === b.from && a.to === b.to)) return base.slice(0, a.from) + a.text + base.slice(a.to, b.from) + b.text + base.slice(b.to);
  return `${theirs}\n${mine}`;
}

/** The part of `base` that became another one, in whole words: `{from, to, text}`. */
function changed(base, next) {
  let from = 0;
  while (from < base.length && base[from] === next[from]) from++;
  let end = 0;
  while (end < Math.min(base.length, next.length) - from && base.at(-1 - end) === next.at(-1 - end)) end++;
  while (from > 0 && /\w/.test(base[from - 1])) from--;
  while (end > 0 && /\w/.test(base.at(-end))) end--;
  return { from, to: base.length - end, text: next.slice(from, next.length - end) };
}
