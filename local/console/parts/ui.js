// What all views are made of.

import { html, useEffect, useLayoutEffect, useReducer, useRef, useState } from "../vendor/preact.js";

export * from "../vendor/preact.js";

const PATHS = {
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  plus: "M12 5v14M5 12h14",
  search: "M11 19a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM21 21l-4.3-4.3",
  sun: "M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12 1v2M12 21v2M4.2 4.2l1.4 1.4M18.4 18.4l1.4 1.4M1 12h2M21 12h2M4.2 19.8l1.4-1.4M18.4 5.6l1.4-1.4",
  moon: "M21 12.8A9 9 0 1 1 11.2 3a7 7 0 0 0 9.8 9.8z",
  auto: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 7h8M12 12h9M12 17h7",
  link: "M10 13a5 5 0 0 0 7.5.5l3-3a5 5 0 0 0-7-7l-1.7 1.7M14 11a5 5 0 0 0-7.5-.5l-3 3a5 5 0 0 0 7 7l1.7-1.7",
  check: "m4 12.5 5 5L20 6.5",
  x: "M18 6 6 18M6 6l12 12",
  pin: "M12 17v5M8 3h8l-1 7 3 4H6l3-4z",
  tag: "M20.6 13.4 13.4 20.6a2 2 0 0 1-2.8 0L3 13V3h10l7.6 7.6a2 2 0 0 1 0 2.8zM7.5 7.5h.01",
  trash: "M3 6h18M8 6V4h8v2M6 6l1 15h10l1-15M10 11v6M14 11v6",
  up: "m6 15 6-6 6 6",
  down: "m6 9 6 6 6-6",
  right: "m9 6 6 6-6 6",
  left: "m15 6-6 6 6 6",
  warn: "M12 3 2 20h20zM12 9v5M12 17.5h.01",
  cloud: "M7 18a5 5 0 0 1-.6-9.96A7 7 0 0 1 20 10.5 4 4 0 0 1 18 18z",
  off: "M2 2l20 20M6.4 8A5 5 0 0 0 7 18h11M21.5 15.5A4 4 0 0 0 20 10.5A7 7 0 0 0 9.5 5.1",
  people: "M16 20v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2M9 10a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM22 20v-2a4 4 0 0 0-3-3.9M16 2.1a4 4 0 0 1 0 7.8",
  bulb: "M9 18h6M10 22h4M12 2a7 7 0 0 0-4 12.7V16h8v-1.3A7 7 0 0 0 12 2z",
  code: "m16 18 6-6-6-6M8 6l-6 6 6 6",
  flow: "M4 4h6v6H4zM14 14h6v6h-6zM10 7h4a3 3 0 0 1 3 3v4",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  restore: "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5",
  enter: "M4 4v16M9 12h11M15 7l5 5-5 5",
  flag: "M5 22V3M5 4h13l-2.5 4.5L18 13H5",
  spark: "M12 3l2.2 6.3L20.5 12l-6.3 2.7L12 21l-2.2-6.3L3.5 12l6.3-2.7z",
  tool: "M14.7 6.3a4.5 4.5 0 0 1 5.9-.6l-3.2 3.2.9 2.3 2.3.9 1-1a4.5 4.5 0 0 1-6.2 4.6L8 23l-3.5-3.5 7.4-7.3a4.5 4.5 0 0 1 2.8-5.9z",
  box: "M12 2 3 7v10l9 5 9-5V7zM3 7l9 5 9-5M12 12v10",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.3 9.2a2.8 2.8 0 1 1 3.9 2.6c-.8.4-1.2 1-1.2 1.9M12 17h.01",
  minus: "M5 12h14",
  columns: "M4 4h16v16H4zM12 4v16",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  half: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
};

/** A line icon; it says nothing to a screen reader, so its button needs a name. */
export const Icon = ({ name, size = 18 }) => html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true">
  <path d=${PATHS[name]} />
</svg>`;

/** A button. `icon` alone needs `label`, which then is its name and its tip. */
export function Button({ icon, label, kind = "plain", children, class: more = "", ...rest }) {
  const bare = !children;
  return html`<button type="button" class="button ${kind} ${bare ? "bare" : ""} ${more}" aria-label=${bare ? label : undefined} title=${bare ? label : rest.title} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}

export const isUndo = (event) => (event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase());

/** What makes the texts count that are typed and do not yet. */
const late = new Set();

export function commitTyped() {
  for (const commit of late) commit();
}

// The page goes, or another view comes.
for (const event of ["pagehide", "popstate"]) addEventListener(event, commitTyped);

/**
 * A text that counts once its field is left, at Enter, when the draft is saved by hand and when the page goes; until then nothing that
 * happens elsewhere touches it, and undo belongs to it. `onCommit(text)` gives false for one that cannot count: it stays as it is typed.
 * Returns `{text, set, props}`: `props` are those of the field, `set(null)` goes back to `value`.
 */
export function useLate(value, onCommit) {
  const [typed, set] = useState(null);
  const now = useRef();
  now.current = () => {
    if (typed === null) return;
    if (typed === value || onCommit(typed) !== false) set(null);
  };
  useLayoutEffect(() => {
    if (typed === null) return undefined;
    const commit = () => now.current();
    late.add(commit);
    return () => late.delete(commit);
  }, [typed === null]);
  const press = (event) => {
    if (event.key === "Enter" && event.target.localName === "input") now.current();
    else if (isUndo(event) && typed !== null && typed !== value) event.stopPropagation();
  };
  const text = typed ?? value;
  return { text, set, props: { value: text, onInput: (event) => set(event.target.value), onBlur: () => now.current(), onKeyDown: press } };
}

export const LateInput = ({ value, onCommit, ...rest }) => html`<input ...${rest} ...${useLate(value, onCommit).props} />`;

/** A modal dialog: Escape and the backdrop close it, the focus returns to where it was. */
export function Dialog({ title, onClose, children, wide }) {
  const box = useRef();
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  return html`<dialog ref=${box} class=${wide ? "dialog wide" : "dialog"} aria-label=${title} onClose=${onClose}
    onMouseDown=${(event) => event.target === box.current && box.current.close()}>
    <div class="dialog-body">
      <header class="dialog-head"><h2>${title}</h2><${Button} icon="x" label="Close" onClick=${() => box.current.close()} /></header>
      ${children}
    </div>
  </dialog>`;
}

/** Something short to read while nothing else is there. */
export const Empty = ({ icon, title, children }) => html`<div class="empty">${icon && html`<${Icon} name=${icon} size=${28} />`}<p class="empty-title">${title}</p>${children}</div>`;

export const Spinner = ({ label = "Loading" }) => html`<div class="spinner" role="status"><span class="sr">${label}</span></div>`;

/** What went wrong, and a way on. */
export const Trouble = ({ error, onAgain }) => html`<div class="trouble" role="alert">
  <${Icon} name="warn" />
  <div><p>${error.message}</p>${error.errors?.map((one) => html`<p class="dim">${one.pointer} ${one.message}</p>`)}</div>
  ${onAgain && html`<${Button} onClick=${onAgain}>Try again</${Button}>`}
</div>`;

/** Render again whenever `subscribe` tells. */
export function useWatch(subscribe, depends) {
  const [, again] = useReducer((n) => n + 1, 0);
  useEffect(() => subscribe(again), depends);
  return again;
}

/** Run an asynchronous question whenever `depends` change; answers of older questions are dropped. */
export function useAnswer(ask, depends) {
  const [state, set] = useReducer((old, now) => ({ ...old, ...now }), { answer: undefined, error: null });
  const turn = useRef(0);
  const run = () => {
    const mine = ++turn.current;
    ask().then(
      (answer) => mine === turn.current && set({ answer, error: null }),
      (error) => mine === turn.current && set({ error }),
    );
  };
  useEffect(run, depends);
  return { ...state, again: run };
}
