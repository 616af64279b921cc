// A JSON value as text: what reads as JSON is passed on, what does not yet is kept and pointed at.

import { scope } from "../core/connection.js";
import { broken, parse, pretty, rangeOf } from "../core/json.js";
import { isObject, same } from "../core/same.js";
import { Button, html, Icon, isUndo, useEffect, useLayoutEffect, useReducer, useRef } from "./ui.js";

/** Above this length a text is read, and written anew, only when the typing pauses. */
const LONG = 60_000;
const PAUSE_MS = 350;
const PREFIX = "draftkeep.text/";

/**
 * `onChange(value, madeOf)` is called with each text that reads as an object; `madeOf` is given where the value has changed since the
 * text was made of it. `keepAs` names the text that does not read, or waits for a person: it outlives a reload.
 * show: a path whose place is scrolled to when it changes; members: names that may not stand at the top of the object
 */
export function JsonText({ id, label, value, onChange, keepAs, show, describedBy, members = [] }) {
  const [, again] = useReducer((n) => n + 1, 0);
  const box = useRef();
  const held = useRef();
  held.current ??= begin(value, keepAs, members);
  const own = held.current;
  own.onChange = onChange;
  own.members = members;
  if (own.keepAs !== keepAs) rename(own, keepAs);
  take(own, value, again);
  const input = (event) => {
    own.shown = own.text = event.target.value;
    own.typed = true;
    clearTimeout(own.timer);
    if (own.fresh) {
      // Typed into the text of before, which was about to be written anew.
      clearTimeout(own.fresh);
      own.fresh = 0;
      own.stale = !same(own.value, own.parsed);
    }
    if (own.text.length < LONG) read(own);
    else own.timer = setTimeout(() => (read(own), again()), PAUSE_MS);
    again();
  };
  const flush = () => own.typed && (clearTimeout(own.timer), read(own));
  useEffect(() => {
    addEventListener("pagehide", flush);
    return () => (removeEventListener("pagehide", flush), flush(), clearTimeout(own.timer), clearTimeout(own.fresh));
  }, []);
  useLayoutEffect(() => {
    const node = box.current;
    // Not compared with the node's own value: a long text is dear to read.
    if (own.shown === own.text) return;
    own.shown = own.text;
    const { selectionStart, selectionEnd, scrollTop } = node;
    node.value = own.text;
    if (document.activeElement === node) node.setSelectionRange(selectionStart, selectionEnd);
    node.scrollTop = scrollTop;
  });
  const wanted = show?.join("/");
  useEffect(() => {
    if (show && document.activeElement !== box.current) reveal(box.current, rangeOf(own.text, show));
  }, [wanted]);
  const place = own.error && (own.error.line ? `Line ${own.error.line}, column ${own.error.column}: ` : "");
  const goto = () => {
    box.current.focus();
    reveal(box.current, [own.error.at, own.error.at]);
    box.current.setSelectionRange(own.error.at, own.error.at);
  };
  const drop = () => {
    restart(own, own.value);
    sessionStorage.removeItem(placeOf(own));
    again();
  };
  const apply = () => {
    own.stale = false;
    read(own, own.parsed);
    again();
  };
  // Undo belongs to the text as long as the draft knows nothing of it.
  const press = (event) => own.error && isUndo(event) && event.stopPropagation();
  return html`<div class="json">
    <textarea id=${id} ref=${box} class="json-text code" aria-label=${label} wrap="off" spellcheck=${false} autocapitalize="off" autocomplete="off"
      aria-invalid=${own.error ? "true" : undefined} aria-describedby=${own.error ? `${id}-error` : describedBy}
      onInput=${input} onBlur=${() => (flush(), again())} onFocus=${() => own.fresh && (restart(own, own.value), again())} onKeyDown=${press}></textarea>
    <div id=${`${id}-error`} class="json-news" aria-live="polite">${own.error
      ? html`<p class="field-error"><${Icon} name="warn" size=${15} /><span>${place}${own.error.message} Not applied yet.</span></p>
          <div class="row">${own.error.line && html`<${Button} class="little" onClick=${goto}>Go there<//>`}<${Button} class="little" onClick=${drop}>Drop this text<//></div>`
      : own.stale
        ? html`<p class="field-error"><${Icon} name="people" size=${15} /><span>The draft changed while this text could not be read.</span></p>
            <div class="row"><${Button} class="little" onClick=${apply}>Use this text<//><${Button} class="little" onClick=${drop}>Show the draft's<//></div>`
        : null}</div>
  </div>`;
}

/** own: `value` as it is by now, `parsed` the value that the text was made of or reads as, `stale` when these two are not the same. */
function begin(value, keepAs, members) {
  // Whose text it is stays so, whoever is connected when it is kept.
  const own = { keepAs, scope: scope(), value, text: "", parsed: value, error: null, stale: false, typed: false };
  const left = sessionStorage.getItem(placeOf(own));
  if (left === null) return Object.assign(own, { text: pretty(value) });
  const { text, madeOf } = parse(left);
  const { error } = judge(text, members);
  // What reads was kept because it waits for a person.
  return Object.assign(own, { text, parsed: madeOf, error, stale: !error || !same(value, madeOf) });
}

const placeOf = ({ scope, keepAs }) => `${PREFIX}${encodeURIComponent(scope)}/${keepAs}`;

function restart(own, value) {
  clearTimeout(own.timer);
  clearTimeout(own.fresh);
  Object.assign(own, { value, parsed: value, text: pretty(value), error: null, stale: false, typed: false, timer: 0, fresh: 0 });
}

/** What is edited got another name; a text that is kept goes with it. */
function rename(own, keepAs) {
  sessionStorage.removeItem(placeOf(own));
  own.keepAs = keepAs;
  if (own.error || own.stale) keep(own);
}

/** Take a value in that may have been changed elsewhere. */
function take(own, value, again) {
  if (value === own.value) return;
  own.value = value;
  const isKnown = value === own.parsed || same(value, own.parsed);
  if (own.error || own.typed) return void (own.stale = !isKnown);
  // The text waits for a person.
  if (own.stale) return;
  if (isKnown) return void (own.parsed = value);
  if (own.text.length < LONG) return restart(own, value);
  clearTimeout(own.fresh);
  own.fresh = setTimeout(() => (restart(own, own.value), again()), PAUSE_MS);
}

function read(own, madeOf) {
  own.typed = false;
  const { value, error } = judge(own.text, own.members);
  own.error = error;
  if (error || own.stale) return keep(own);
  sessionStorage.removeItem(placeOf(own));
  own.parsed = own.value = value;
  own.onChange(value, madeOf);
}

function keep(own) {
  try {
    sessionStorage.setItem(placeOf(own), JSON.stringify({ text: own.text, madeOf: own.parsed }));
  } catch {
    // No room: the text lives as long as the page.
  }
}

function judge(text, members) {
  let value;
  try {
    value = parse(text);
  } catch (error) {
    return { error: broken(text) ?? { at: 0, message: error.message } };
  }
  if (!isObject(value)) return { error: { at: 0, message: "An object is expected: { … }." } };
  const taken = members.find((name) => Object.hasOwn(value, name));
  if (taken) return { error: { at: 0, message: `“${taken}” has a field of its own above.` } };
  return { value, error: null };
}

/** Scroll a text area to a range, and mark it. */
function reveal(node, range) {
  if (!range) return;
  const line = node.value.slice(0, range[0]).split("\n").length - 1;
  const height = node.scrollHeight / Math.max(1, node.value.split("\n").length);
  node.scrollTop = Math.max(0, (line - 3) * height);
  node.scrollLeft = 0;
  node.setSelectionRange(...range);
}
