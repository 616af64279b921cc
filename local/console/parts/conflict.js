// Two people changed the same places: who, what, and whose is kept, place by place.

import { ago, brief, count } from "../core/format.js";
import { same } from "../core/same.js";
import { together } from "../core/together.js";
import { attempt } from "./toasts.js";
import { Button, html, Icon, useEffect, useRef, useState } from "./ui.js";

const PAUSE_MS = 1_000;

export function Conflict({ session }) {
  const { current } = session.conflict;
  const places = session.overlaps;
  const [taken, setTaken] = useState({});
  const [texts, setTexts] = useState({});
  const box = useRef();
  useEffect(() => focusAtPause(box.current), []);
  const mergedOf = (one) => texts[one.place] ?? bothOf(one);
  // By what is typed meanwhile there may be nothing to merge any more.
  const takenOf = (one) => (taken[one.place] === "merged" && mergedOf(one) === undefined ? "mine" : (taken[one.place] ?? "mine"));
  const all = (whose) => setTaken(Object.fromEntries(places.map(({ place }) => [place, whose])));
  const settle = () => {
    const others = places.filter((one) => takenOf(one) !== "mine");
    const choices = Object.fromEntries(others.map((one) => [one.place, { value: takenOf(one) === "theirs" ? one.theirs : mergedOf(one) }]));
    return attempt(() => session.settle(choices));
  };
  return html`<section class="conflict" role="alertdialog" aria-labelledby="conflict-title" tabindex="-1" ref=${box}>
    <header class="conflict-head"><${Icon} name="people" size=${22} /><div>
      <h2 id="conflict-title">${count(places.length, "place was", "places were")} changed by both of you</h2>
      <p class="dim"><strong>${current.updatedBy ?? "Somebody"}</strong>${current.actor ? ` by ${current.actor}` : ""} saved version ${current.version}
        ${current.updatedAt ? ` ${ago(current.updatedAt)}` : ""} while you were typing. Yours is kept here and not sent until you choose.
        All your other edits, and all of theirs, are kept in any case.</p></div></header>
    ${places.map(
      (one) => html`<${Place} key=${one.place} one=${one} taken=${takenOf(one)} merged=${mergedOf(one)} onTake=${(whose) => setTaken({ ...taken, [one.place]: whose })}
        onText=${(text) => setTexts({ ...texts, [one.place]: text })} />`,
    )}
    <footer class="row">
      ${places.length > 1 && html`<${Button} onClick=${() => all("mine")}>All mine<//><${Button} onClick=${() => all("theirs")}>All theirs<//>`}
      <span class="grow" />
      <${Button} kind="quiet" onClick=${() => attempt(() => session.drop())}>Drop all my edits<//>
      <${Button} kind="primary" icon="check" onClick=${settle}>${verdict(places.map(takenOf))}<//>
    </footer>
  </section>`;
}

/** Move the focus to a place once no key was pressed for a while: who is typing must not type into nothing. Returns how to give it back. */
function focusAtPause(place) {
  const before = document.activeElement;
  let timer;
  const take = () => {
    removeEventListener("keydown", wait);
    if (!place.contains(document.activeElement)) place.focus();
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(take, PAUSE_MS);
  };
  addEventListener("keydown", wait);
  wait();
  return () => {
    clearTimeout(timer);
    removeEventListener("keydown", wait);
    before?.focus?.();
  };
}

/** Both changes of a place as one value; undefined where that would be one of the two. */
function bothOf({ base, theirs, mine }) {
  const both = together(base, theirs, mine);
  return same(both, theirs) || same(both, mine) ? undefined : both;
}

function verdict(taken) {
  if (taken.every((whose) => whose === "mine")) return "Save mine";
  return taken.every((whose) => whose === "theirs") ? "Keep theirs" : "Save merged";
}

function Place({ one, taken, merged, onTake, onText }) {
  const side = (whose, label, value) => html`<label class=${`side-choice ${taken === whose ? "chosen" : ""}`}>
    <span class="row"><input type="radio" name=${`conflict ${one.place}`} value=${whose} checked=${taken === whose} onChange=${() => onTake(whose)} /><strong>${label}</strong></span>
    <span class="value">${value}</span></label>`;
  return html`<fieldset class="conflict-place"><legend>${one.label}</legend>
    <p class="before dim">Before: ${brief(one.base, 200)}</p>
    <div class="side-choices">${side("mine", "Mine", brief(one.mine, 600))}${side("theirs", "Theirs", brief(one.theirs, 600))}
      ${merged !== undefined && side("merged", "Merged", typeof merged === "string" && taken === "merged" ? "" : brief(merged, 600))}</div>
    ${taken === "merged" && typeof merged === "string" && html`<textarea aria-label=${`Merged ${one.label}`} value=${merged} onInput=${(event) => onText(event.target.value)} />`}
  </fieldset>`;
}
