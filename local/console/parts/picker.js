// Choosing rows of the catalog: what is chosen as chips, and a list that is searched while one types.

import { create, row, search } from "../core/catalog.js";
import { toast } from "./toasts.js";
import { html, Icon, useAnswer, useEffect, useId, useRef, useState } from "./ui.js";

/** How a row is named to people. */
export const nameOf = (found) => found.attributes?.name ?? found.value ?? found.id;

/** The text of a row of the catalog, by its id. */
export function RowName({ type, id }) {
  const { answer } = useAnswer(() => row(type, id), [type, id]);
  if (!answer) return html`<span class="dim">…</span>`;
  if (answer.value === null && !answer.attributes) return html`<span class="dim" title="Not in the catalog any more">${id}</span>`;
  return html`<span title=${nameOf(answer)}>${nameOf(answer)}${answer.archived ? html` <span class="badge">archived</span>` : null}</span>`;
}

/**
 * A combobox over the rows of a type. `onPick(row)`, of what is drawn by then; `creatable` offers to create what was typed; `chosen` ids are left out;
 * `show(row)` draws a row before its name.
 */
export function Picker({ id, type, label, chosen = [], onPick, creatable, show, placeholder = "Search…", invalid, describedBy, filter }) {
  const [words, setWords] = useState("");
  const [asked, setAsked] = useState(null);
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const list = useId();
  const box = useRef();
  const pick = useRef();
  pick.current = onPick;
  const { answer, error } = useAnswer(async () => (asked === null ? null : { ...(await search(type, asked)), asked }), [type, asked]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = setTimeout(() => setAsked(words.trim()), asked === null ? 0 : 180);
    return () => clearTimeout(timer);
  }, [words, isOpen]);
  useEffect(() => {
    const away = (event) => box.current && !box.current.contains(event.target) && setOpen(false);
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, []);
  const rows = (error ? [] : (answer?.rows ?? [])).filter((one) => !chosen.includes(one.id) && (!filter || filter(one)));
  const text = words.trim();
  // Until then the rows are those of what was typed before: none of them is the current one.
  const isAnswered = answer?.asked === text && !error;
  const offers = creatable && text && isAnswered && !answer.rows.some((one) => one.value?.toLowerCase() === text.toLowerCase());
  const options = [...rows.map((one) => ({ one })), ...(offers ? [{ make: text }] : [])];
  const current = isAnswered ? Math.min(at, options.length - 1) : -1;
  const close = () => (setOpen(false), setWords(""), setAsked(null), setAt(0));
  const take = async (option) => {
    if (!option) return;
    try {
      const made = option.one ?? (await create(type, option.make));
      pick.current(made);
      close();
    } catch (failed) {
      toast(failed.status === 403 ? "Only members of the group catalog-admin can add to this list." : failed.message, "bad");
    }
  };
  const press = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) setOpen(true);
      else if (current >= 0) setAt((current + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      take(options[current]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      event.preventDefault();
      close();
    } else if (event.key === "Tab") close();
  };
  return html`<div class="picker" ref=${box}>
    <input id=${id} role="combobox" aria-label=${label} aria-expanded=${isOpen} aria-controls=${list} aria-autocomplete="list" autocomplete="off" spellcheck=${false}
      aria-activedescendant=${isOpen && current >= 0 ? `${list}-${current}` : undefined} aria-invalid=${invalid || undefined} aria-describedby=${describedBy}
      placeholder=${placeholder} value=${words} onInput=${(event) => (setWords(event.target.value), setOpen(true), setAt(0))}
      onFocus=${() => setOpen(true)} onClick=${() => setOpen(true)} onKeyDown=${press} />
    ${isOpen &&
    html`<ul class="options" role="listbox" id=${list} aria-label=${label}>
      ${options.map(
        (option, index) => html`<li key=${option.one?.id ?? "make"} class="option" role="option" id=${`${list}-${index}`} aria-selected=${index === current}
          onPointerDown=${(event) => event.preventDefault()} onClick=${() => take(option)} onPointerMove=${() => setAt(index)}>
          ${option.make ? html`<${Icon} name="plus" size=${16} /><span class="clip">Create “${option.make}”</span>` : html`${show?.(option.one)}<span class="clip">${nameOf(option.one)}</span>`}
        </li>`,
      )}
      ${!options.length && html`<li class="option note" role="option" aria-disabled="true" aria-selected="false">${error ? error.message : answer ? "Nothing to choose" : "Searching…"}</li>`}
    </ul>`}
  </div>`;
}

/** Chosen rows as chips, each with a mark that keeps it pending and one that takes it away. */
export function Chips({ ids, type, pending, onDrop, onPend }) {
  const own = useId();
  if (!ids.length) return null;
  return html`<ul class="chips">${ids.map((id, at) => {
    const waits = pending.includes(id);
    const [name, pend, drop] = ["name", "pend", "drop"].map((part) => `${own}-${part}-${at}`);
    return html`<li key=${id} class=${`chip ${waits ? "pending" : ""}`}>
      <span class="chip-text" id=${name}><${RowName} type=${type} id=${id} /></span>
      <button type="button" aria-pressed=${waits} title=${waits ? "Pending: selected, but not active yet. Activate." : "Keep it pending: selected, but not active yet"}
        id=${pend} aria-label="Pending:" aria-labelledby=${`${pend} ${name}`} onClick=${() => onPend(id)}><${Icon} name="clock" size=${14} /></button>
      <button type="button" id=${drop} aria-label="Remove" aria-labelledby=${`${drop} ${name}`} title="Remove" onClick=${() => onDrop(id)}><${Icon} name="x" size=${14} /></button>
    </li>`;
  })}</ul>`;
}
