// All proposals that wait for a decision, whichever draft they are of.

import { count } from "../core/format.js";
import { KINDS } from "../core/kinds.js";
import { decideOn, pending } from "../core/pending.js";
import { HowTheyCome, Proposal } from "../parts/proposals.js";
import { Button, Empty, html, Icon, Spinner, Trouble, useAnswer, useEffect } from "../parts/ui.js";

const decide = (proposal, ...decision) => decideOn(proposal, ...decision);

export function Inbox() {
  const { answer, error, again } = useAnswer(pending, []);
  useEffect(() => void (document.title = "Proposals · Draftkeep"), []);
  const proposals = answer?.proposals ?? [];
  return html`<section class="page inbox" aria-label="Proposals">
    <header class="page-head"><div><h1>Proposals</h1>
      <p class="dim" role="status">${answer ? (proposals.length ? `${count(proposals.length, "change waits", "changes wait")} for a decision.` : "Nothing waits for a decision.") : "Looking…"}</p></div>
      <${Button} icon="restore" onClick=${again}>Look again<//></header>
    ${error && html`<${Trouble} error=${error} onAgain=${again} />`}
    ${answer?.failed.map((one) => html`<${Trouble} error=${one} onAgain=${again} />`)}
    ${!answer && !error && html`<${Spinner} />`}
    ${answer && !proposals.length && html`<${Empty} icon="bulb" title="No proposals wait"><${HowTheyCome} />
      <p class="dim small">Those of agents are looked for in the agents that you opened last in this browser.</p><//>`}
    <ul class="proposals wide">${proposals.map((one) => html`<li key=${`${one.kind} ${one.draft} ${one.key}`}><${Proposal} proposal=${one} decide=${decide} onDone=${again} head=${html`<${Whose} proposal=${one} />`} /></li>`)}</ul>
  </section>`;
}

/** The draft that a proposal is of. */
function Whose({ proposal: { kind, route, title } }) {
  const noun = KINDS[kind]?.title ?? "Agent";
  return html`<h2 class="whose"><span class="badge">${noun}</span> <a href=${route}>${title || `Untitled ${noun.toLowerCase()}`}<${Icon} name="right" size=${15} /></a></h2>`;
}
