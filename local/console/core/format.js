// How times, sizes and values are written for people.

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const STEPS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];

export function ago(ms) {
  const past = Date.now() - ms;
  for (const [unit, length] of STEPS) if (past >= length) return relative.format(-Math.floor(past / length), unit);
  return "just now";
}

export const when = (ms) => exact.format(ms);
export const time = (ms) => (new Date(ms).toDateString() === new Date().toDateString() ? clock.format(ms) : `${day.format(ms)}, ${clock.format(ms)}`);

export function bytes(size) {
  if (size < 1000) return `${size} B`;
  return size < 1_000_000 ? `${(size / 1000).toFixed(size < 10_000 ? 1 : 0)} KB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

export const count = (number, word, words = `${word}s`) => `${number.toLocaleString("en")} ${number === 1 ? word : words}`;

/** A value in one line. */
export function brief(value, length = 80) {
  if (value === null || value === undefined || value === "") return "nothing";
  if (Array.isArray(value) && value.length === 0) return "nothing";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
