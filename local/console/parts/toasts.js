// Short news at the edge of the page, read out by screen readers.

import { html, useReducer, useEffect } from "../vendor/preact.js";

const told = [];
const listeners = new Set();
let number = 0;

/** Tell something for some seconds; `kind` is "good", "bad" or "plain". */
export function toast(text, kind = "plain") {
  const one = { text, kind, id: ++number };
  told.push(one);
  const end = () => {
    const at = told.indexOf(one);
    if (at >= 0) told.splice(at, 1);
    for (const tell of listeners) tell();
  };
  setTimeout(end, kind === "bad" ? 9_000 : 4_000);
  for (const tell of listeners) tell();
}

/** Run something, and tell what goes wrong. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.errors?.length ? `${error.message} ${error.errors[0].message}` : error.message, "bad");
    return undefined;
  }
}

export function Toasts() {
  const [, again] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    listeners.add(again);
    return () => listeners.delete(again);
  }, []);
  return html`<div class="toasts" role="status" aria-live="polite">${told.map((one) => html`<p key=${one.id} class="toast ${one.kind}">${one.text}</p>`)}</div>`;
}
