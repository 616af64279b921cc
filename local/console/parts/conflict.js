// Two people changed the same places: who, what, and whose is kept, place by place.

import { ago, brief, count } from "../core/format.js";
import { attempt } from "./toasts.js";
import { Button, html, Icon, useEffect, useRef, useState } from "./ui.js";

export function Conflict({ session }) {
  const { current, places } = session.conflict;
  const [choices, setChoices] = useState({});
  const box = useRef();
  useEffect(() => box.current?.focus(), []);
  const given = places.filter(({ place }) => choices[place] === "theirs").map(({ place }) => place);
  const all = (whose) => setChoices(Object.fromEntries(places.map(({ place }) => [place, whose])));
  const settle = () => attempt(() => session.settle(given));
  const who = html`<strong>${current.updatedBy ?? "Somebody"}</strong>${current.actor ? ` by ${current.actor}` : ""}`;
  return html`<section class="conflict" role="alertdialog" aria-labelledby="conflict-title" tabindex="-1" ref=${box}>
    <header class="conflict-head"><${Icon} name="people" size=${22} /><div>
      <h2 id="conflict-title">${count(places.length, "place was", "places were")} changed by both of you</h2>
      <p class="dim">${who} saved version ${current.version} ${current.updatedAt ? ago(current.updatedAt) : ""} while you were typing. Yours is kept here and not sent until you choose.
        All your other edits, and all of theirs, are kept in any case.</p></div></header>
    ${places.map((one) => html`<${Place} key=${one.place} one=${one} choice=${choices[one.place] ?? "mine"} onChoose=${(whose) => setChoices({ ...choices, [one.place]: whose })} />`)}
    <footer class="row">
      ${places.length > 1 && html`<${Button} onClick=${() => all("mine")}>All mine<//><${Button} onClick=${() => all("theirs")}>All theirs<//>`}
      <span class="grow" />
      <${Button} kind="quiet" onClick=${() => attempt(() => session.drop())}>Drop all my edits<//>
      <${Button} kind="primary" icon="check" onClick=${settle}>${verdict(given.length, places.length)}<//>
    </footer>
  </section>`;
}

function verdict(given, all) {
  if (!given) return "Save mine";
  return given === all ? "Keep theirs" : "Save this mixture";
}

function Place({ one, choice, onChoose }) {
  const name = `conflict ${one.place}`;
  const Side = ({ whose, label, value }) => html`<label class=${`side-choice ${choice === whose ? "chosen" : ""}`}>
    <span class="row"><input type="radio" name=${name} value=${whose} checked=${choice === whose} onChange=${() => onChoose(whose)} /><strong>${label}</strong></span>
    <span class="value">${brief(value, 600)}</span></label>`;
  return html`<fieldset class="conflict-place"><legend>${one.label}</legend>
    <p class="before dim">Before: ${brief(one.base, 200)}</p>
    <div class="side-choices"><${Side} whose="mine" label="Mine" value=${one.mine} /><${Side} whose="theirs" label="Theirs" value=${one.theirs} /></div>
  </fieldset>`;
}
