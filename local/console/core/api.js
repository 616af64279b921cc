// One call of the API: JSON in, JSON out, and the two ways in which it can fail.

import { connection } from "./connection.js";
import { parse } from "./json.js";

const TIMEOUT_MS = 30_000;

const listeners = new Set();
let reached = true;

/** Whether the last call was answered, whatever the answer said. */
export const isReached = () => reached;

export function onReach(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

function reach(now) {
  if (now === reached) return;
  reached = now;
  for (const tell of listeners) tell();
}

/** A gateway says no more than "Unauthorized". */
const SIGNED_OUT = "The server wants a token, and one that it accepts: give it by the connection at the top.";

/** The server refused: `status`, `code`, and the whole problem as `body`. */
export class Problem extends Error {
  constructor(status, body, retryAfterS) {
    super(status === 401 ? SIGNED_OUT : body?.detail || body?.title || body?.message || `The server answered with ${status}.`);
    this.status = status;
    this.code = body?.code ?? "";
    this.body = body ?? {};
    this.retryAfterS = retryAfterS;
  }

  /** Whether the same request may succeed later. */
  get passes() {
    return this.status === 429 || this.status >= 500;
  }

  /** `{pointer, code, message}` of each wrong place. */
  get errors() {
    return Array.isArray(this.body.errors) ? this.body.errors : [];
  }
}

/** No answer came: offline, refused by the network, or too late. The request may have been done all the same. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached.");
  }
}

/**
 * Call the API.
 * body: a JSON value or undefined; ifMatch: version or undefined; key: operation key or undefined
 * Returns `{status, body, next}`; `next` is the query of the next page or null.
 * Throws Problem, Unreachable, and RangeError in a browser that would round an integer of the answer.
 */
export async function call(method, path, { body, ifMatch, ifNoneMatch, key } = {}) {
  const { base, token } = connection();
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (ifMatch !== undefined) headers["if-match"] = ifMatch === "*" ? "*" : `"${ifMatch}"`;
  if (ifNoneMatch !== undefined) headers["if-none-match"] = `"${ifNoneMatch}"`;
  if (key) headers["idempotency-key"] = key;
  if (token) headers.authorization = `Bearer ${token}`;
  let answer, text;
  try {
    answer = await fetch(base + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await answer.text();
  } catch {
    reach(false);
    throw new Unreachable();
  }
  reach(true);
  const told = read(text);
  if (answer.status >= 400) throw new Problem(answer.status, told, Number(answer.headers.get("retry-after")) || 0);
  return {
    status: answer.status,
    body: told,
    next: answer.headers.get("link")?.match(/<[^>?]*(\?[^>]*)>;\s*rel="next"/)?.[1] ?? null,
  };
}

function read(text) {
  if (!text) return null;
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return null;
  }
}
