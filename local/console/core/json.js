// JSON as text: read without losing digits, where it is broken, and where in it a value stands.

import { isObject } from "./same.js";

const isLong = /\d{16}/;
const isInteger = /^-?\d+$/;
const TOKEN = /"(?:[^"\\]+|\\.)*"|[^\s",:[\]{}]+/g;

/**
 * JSON.parse, but for integers that a double cannot hold: they stay as they are written.
 * Throws RangeError in a browser that would round one.
 */
export function parse(text) {
  if (!isLong.test(text)) return JSON.parse(text);
  if (!JSON.rawJSON) return parsedExactly(text);
  return JSON.parse(text, (_, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && isInteger.test(source) ? JSON.rawJSON(source) : value,
  );
}

function parsedExactly(text) {
  const value = JSON.parse(text);
  for (const [token] of text.matchAll(TOKEN)) {
    if (isLong.test(token) && isInteger.test(token) && String(Number(token)) !== token) {
      throw new RangeError(`This browser would round the integer ${token}. A newer one keeps it.`);
    }
  }
  return value;
}

/** JSON to read: what names a thing stands before what it consists of; the server keeps no order of its own. */
export const pretty = (value) => JSON.stringify(value, ordered, 2) ?? "";

const FIRST = ["comment", "id", "identifier", "type", "name", "displayName", "source", "target", "steps", "flow"];

function ordered(_, value) {
  if (!isObject(value)) return value;
  const first = FIRST.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]);
  return Object.fromEntries([...first, ...Object.entries(value)]);
}

/** The first place of a text that is no JSON: `{at, line, column, message}`, or null. */
export function broken(text) {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return null;
  } catch (error) {
    if (!(error instanceof Broken)) return { at: 0, line: 1, column: 1, message: "This is nested too deeply." };
    const before = text.slice(0, scanner.at).split("\n");
    return { at: scanner.at, line: before.length, column: before.at(-1).length + 1, message: error.message };
  }
}

/** Where the value at a path stands in a text: `[start, end]`, or null. */
export function rangeOf(text, path) {
  const scanner = new Scanner(text, path.map(String));
  try {
    scanner.document();
  } catch {
    // What is behind the break is not found.
  }
  return scanner.found;
}

/** The parts of a JSON pointer. */
export const pathOf = (pointer) => pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

class Broken extends Error {}

const BLANK = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Scanner {
  constructor(text, wanted = null) {
    this.text = text;
    this.at = 0;
    this.wanted = wanted;
    this.found = null;
  }

  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }

  /** Whether this sign is next, behind blanks; then it is passed. */
  sign(sign) {
    this.take(BLANK);
    const isNext = this.text[this.at] === sign;
    if (isNext) this.at++;
    return isNext;
  }

  need(sign, message) {
    if (!this.sign(sign)) throw new Broken(message);
  }

  document() {
    this.value(0);
    this.take(BLANK);
    if (this.at < this.text.length) throw new Broken("Nothing may follow here.");
  }

  /** depth: how many parts of the wanted path led here, or -1 */
  value(depth) {
    this.take(BLANK);
    const start = this.at;
    if (this.sign("{")) this.items("}", depth, () => this.member());
    else if (this.sign("[")) this.items("]", depth, (index) => String(index));
    else if (this.text[this.at] === '"') this.string();
    else if (!this.take(PLAIN)) throw new Broken(this.at < this.text.length ? "A value is expected here." : "The text ends too early.");
    if (depth === this.wanted?.length) this.found ??= [start, this.at];
  }

  items(end, depth, nameOf) {
    if (this.sign(end)) return;
    for (let index = 0; ; index++) {
      const name = nameOf(index);
      this.value(depth >= 0 && this.wanted?.[depth] === name ? depth + 1 : -1);
      if (this.sign(end)) return;
      this.need(",", `A comma or ${end} is expected here.`);
    }
  }

  member() {
    this.take(BLANK);
    if (this.text[this.at] !== '"') throw new Broken("A name in double quotes is expected here.");
    const name = this.string();
    this.need(":", "A colon is expected here.");
    return name;
  }

  string() {
    const found = this.take(STRING);
    if (found === undefined) throw new Broken("This text has no end, or a sign that must be escaped.");
    return JSON.parse(found);
  }
}
