// Proposals: who wants what changed, what the draft has become meanwhile, and the decision, as a whole or in part.

import { ago, count, when } from "../core/format.js";
import { pendingOf, recount } from "../core/pending.js";
import { sectionsOf, strayConflicts } from "../core/reading.js";
import { Any, AnyChange, FieldChange, FieldValue, PlaceChange } from "./changes.js";
import { toast } from "./toasts.js";
import { Button, Dialog, Empty, html, Icon, Spinner, Trouble, useAnswer, useEffect, useMemo, useState } from "./ui.js";

const LOOK_MS = 15_000;

/** The pending proposals of an open draft. A proposal makes no version, so it is looked for by time. */
export function useProposals(session) {
  const asked = useAnswer(() => pendingOf(session), [session, session.changed]);
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && asked.again();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [session]);
  return asked;
}

export const HowTheyCome = () => html`<p class="dim">Press <strong>Suggest</strong> in a draft, edit, and propose. A program proposes by <code>"soft": true</code> in a form, or <code>?soft=true</code> for an agent. Nothing changes until somebody accepts.</p>`;

export function ProposalList({ session, asked }) {
  const { answer, error, again } = asked;
  const decide = async (proposal, ...decision) => {
    await session.decide(proposal.key, ...decision);
    recount();
  };
  if (!answer) return error ? html`<${Trouble} error=${error} onAgain=${again} />` : html`<${Spinner} />`;
  if (!answer.length) return html`<${Empty} icon="bulb" title="No proposals wait"><${HowTheyCome} /><//>`;
  return html`<ul class="proposals">${answer.map((one) => html`<li key=${one.key}><${Proposal} proposal=${one} decide=${decide} onDone=${again} /></li>`)}</ul>`;
}

/**
 * One proposal. `decide(proposal, accept, fields, version)` decides; `onDone()` reads the list anew, also after a refusal, since
 * then it is not as it was shown.
 */
export function Proposal({ proposal, decide, onDone, head }) {
  const [chosen, setChosen] = useState({});
  const [busy, setBusy] = useState(false);
  const [rejecting, setRejecting] = useState(false);
  const sections = useMemo(() => sectionsOf(proposal), [proposal]);
  const stray = strayConflicts(proposal);
  const choices = sections.flatMap((section) => section.choices);
  // At a conflict nothing is chosen until a person chooses.
  const isTaken = (choice) => chosen[nameOf(choice)] ?? (choice.conflict ? undefined : true);
  const taken = choices.filter(isTaken);
  const open = choices.filter((choice) => isTaken(choice) === undefined);
  const isWhole = taken.length === choices.length;
  const send = async (accept) => {
    setBusy(true);
    const seen = taken.some((choice) => choice.conflict) || stray.length > 0;
    try {
      const fields = !accept || isWhole ? null : taken.flatMap((choice) => choice.places);
      await decide(proposal, accept, fields, accept && seen ? proposal.currentVersion : undefined);
      toast(accept ? `Accepted${isWhole ? "" : " in part"}. Undo takes it back.` : "Rejected. The draft is as it was.", "good");
    } catch (refused) {
      toast(explained(refused), "bad");
      setBusy(false);
    }
    // What is decided stays locked until the list comes without it.
    onDone();
  };
  const only = proposal.changesTotal > proposal.changes.length;
  return html`<article class="proposal" aria-label=${`Proposal of ${proposal.actor ?? proposal.proposedBy}`}>
    ${head}
    <header class="proposal-head"><${Icon} name="bulb" /><p class="grow"><strong>${proposal.actor ?? proposal.proposedBy}</strong>${proposal.actor && html` <span class="dim">for ${proposal.proposedBy}</span>`}
      <br /><span class="small dim"><time title=${when(proposal.createdAt)}>${ago(proposal.createdAt)}</time> · ${proposal.baseVersion ? `made of version ${proposal.baseVersion}` : "a new draft"}</span></p></header>
    <${Moved} proposal=${proposal} />
    ${sections.map((section) => html`<${Section} key=${section.key} proposal=${proposal} section=${section} isTaken=${isTaken} onTake=${(choice, take) => setChosen({ ...chosen, [nameOf(choice)]: take })} />`)}
    ${!choices.length && html`<p class="dim">It changes nothing of the version that it was made of.</p>`}
    ${only && html`<p class="hint">The first ${proposal.changes.length} of ${proposal.changesTotal} changes are shown. Accepting all of it takes them all; a part can be chosen of those shown.</p>`}
    ${stray.length > 0 && html`<p class="hint">${count(stray.length, "further conflict")}: ${stray.map((one) => one.label).join(", ")}. Accepting takes what is proposed there.</p>`}
    <footer class="row">
      ${open.length > 0 && html`<p class="hint">Choose at the ${open.length === 1 ? "conflict" : `${open.length} conflicts`} first.</p>`}
      ${!open.length && choices.length > 0 && !taken.length && html`<p class="hint">Nothing of it is chosen: reject it, or choose a part.</p>`}
      <span class="proposal-end"><${Button} disabled=${busy} onClick=${() => setRejecting(true)}>Reject<//>
      <${Button} kind="primary" icon="check" disabled=${busy || open.length > 0 || (choices.length > 0 && !taken.length)} onClick=${() => send(true)}>
        ${isWhole || open.length ? "Accept" : `Accept ${taken.length} of ${choices.length}`}<//></span>
    </footer>
    ${rejecting && html`<${Reject} onReject=${() => send(false)} onClose=${() => setRejecting(false)} />`}
  </article>`;
}

/** What was chosen at a conflict counts for that conflict alone: the draft may have changed there once more. */
const nameOf = ({ key, conflict }) => (conflict ? `${key} ${JSON.stringify(conflict)}` : key);

function Reject({ onReject, onClose }) {
  const reject = (event) => {
    event.target.closest("dialog").close();
    onReject();
  };
  return html`<${Dialog} title="Reject this proposal?" onClose=${onClose}>
    <p>The draft stays as it is. The proposal is dropped for good and cannot be accepted later.</p>
    <footer class="dialog-foot"><${Button} kind="danger" icon="x" onClick=${reject}>Reject it<//></footer>
  <//>`;
}

/** What happened to the draft since the proposal was made. */
function Moved({ proposal: { baseVersion, currentVersion, conflictsTotal } }) {
  if (currentVersion <= baseVersion) return null;
  return html`<p class=${`moved ${conflictsTotal ? "warn" : ""}`}><${Icon} name=${conflictsTotal ? "warn" : "people"} size=${16} /><span>
    The draft has moved on from version ${baseVersion} to ${currentVersion}${conflictsTotal ? `, and ${count(conflictsTotal, "of these places", "of these places")} changed there too: choose below. All else fits.` : ". None of these places changed there: both are kept."}</span></p>`;
}

function Section({ proposal, section, isTaken, onTake }) {
  const title = html`${section.noun && html`<span class="dim">${section.noun}</span> `}${section.title}`;
  const isOne = section.choices.length === 1;
  return html`<section class="proposed">
    ${!isOne && html`<h3>${title}</h3>`}
    ${section.choices.map((choice) => {
      const path = choice.change?.rest.join(" › ");
      const name = isOne ? title : html`<code class="path">${path || section.title}</code>`;
      // What is no conflict tells its path beside its change.
      if (choice.conflict) return html`<${Clash} key=${choice.key} proposal=${proposal} choice=${choice} name=${isOne && path ? html`${title} <code class="path">${path}</code>` : name} take=${isTaken(choice)} onTake=${onTake} />`;
      const take = isTaken(choice);
      return html`<div class=${`proposed-one ${take ? "" : "left-out"}`} key=${choice.key}>
        <label class="proposed-name"><input type="checkbox" checked=${take} onChange=${(event) => onTake(choice, event.target.checked)} /><span>${name}</span></label>
        <div class="proposed-change"><${Change} proposal=${proposal} choice=${choice} isNamed=${!isOne} /></div>
      </div>`;
    })}
  </section>`;
}

function Change({ proposal, choice, isNamed }) {
  if (choice.change) return html`<${PlaceChange} ...${choice.change} rest=${isNamed ? [] : choice.change.rest} />`;
  return html`<${Fields} kind=${proposal.kind} fields=${choice.fields} contents=${[proposal.preview]} />`;
}

/** The fields of one choice, named when there are several. */
function Fields({ kind, fields, contents }) {
  return fields.map(({ field, before, after }) => html`<div key=${field.name}>${fields.length > 1 && html`<p class="hint">${field.label}</p>`}
    <${FieldChange} kind=${kind} field=${field} before=${before} after=${after} contents=${contents} /></div>`);
}

/** A place that the draft has changed too: what it was, what it is, what it would be. */
function Clash({ proposal, choice, name, take, onTake }) {
  const group = `${proposal.key} ${choice.key}`;
  const { kind } = proposal;
  const { conflict } = choice;
  const isAgent = kind === "agent";
  const contents = [proposal.preview];
  const base = isAgent
    ? html`<${Any} value=${conflict.base} />`
    : conflict.proposed.map(({ field, before }) => html`<${FieldValue} kind=${kind} field=${field} state=${before} contents=${contents} />`);
  const now = isAgent ? html`<${AnyChange} before=${conflict.base} after=${conflict.current} />` : html`<${Fields} kind=${kind} fields=${conflict.now} contents=${contents} />`;
  const proposed = isAgent ? html`<${AnyChange} before=${conflict.base} after=${conflict.proposed} />` : html`<${Fields} kind=${kind} fields=${conflict.proposed} contents=${contents} />`;
  const side = (whose, label, value) => html`<div class=${`clash-side ${take === whose ? "chosen" : ""}`}>
    <label class="row"><input type="radio" name=${group} checked=${take === whose} onChange=${() => onTake(choice, whose)} /><strong>${label}</strong></label>
    <div class="clash-value">${value}</div></div>`;
  return html`<fieldset class="clash"><legend><${Icon} name="warn" size=${15} /> <span>${name}</span> <span class="badge warn">changed by both</span></legend>
    <div class="clash-sides">
      <div class="clash-side base"><strong class="dim">Version ${proposal.baseVersion}</strong><div class="clash-value">${base}</div></div>
      ${side(false, "Keep the draft’s", now)}
      ${side(true, "Take the proposed", proposed)}
    </div></fieldset>`;
}

/** Why a decision was refused, and what to do. */
function explained(refused) {
  const told = refused.body ?? {};
  const version = told.currentVersion ?? told.current_version;
  switch (refused.code) {
    case "already_decided": return `It was ${told.accepted ? "accepted" : "rejected"} already, by ${told.decidedBy ?? told.decided_by}.`;
    case "proposal_conflict": return `The draft is at version ${version} now and has changed at the same places. Nothing was decided: look at it once more.`;
    case "version_conflict": return `The draft went on to version ${version} while you decided. Nothing was decided: look at it once more.`;
    case "draft_discarded": return "The draft was discarded: there is nothing left to accept it into. Reject it.";
    case "not_found": return "The proposal is not there any more.";
    default: return refused.errors?.length ? `${refused.message} ${refused.errors[0].message}` : refused.message;
  }
}
