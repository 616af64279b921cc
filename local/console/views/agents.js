// Agents: which one, and the caller's drafts of its revisions.

import { agentDraft, listAgentDrafts } from "../core/agents.js";
import { leftovers } from "../core/copies.js";
import { ago, when } from "../core/format.js";
import { forgetAgent, recentAgents, rememberAgent } from "../core/recent.js";
import { SAMPLE_AGENT } from "../core/samples.js";
import { attempt } from "../parts/toasts.js";
import { Button, Empty, html, Icon, Spinner, Trouble, useAnswer, useEffect, useState } from "../parts/ui.js";

const part = encodeURIComponent;
const go = (agent, revision) => (location.hash = `#/agents/${part(agent)}${revision === undefined ? "" : `/${revision}`}`);

const SAMPLE_ID = "support";

/** A draft of the sample, of the first revision that has none. */
async function fromSample() {
  const { drafts } = await listAgentDrafts(SAMPLE_ID);
  const taken = new Set(drafts.map((one) => one.baseRevision));
  let revision = 1;
  while (taken.has(revision)) revision++;
  await agentDraft(SAMPLE_ID, String(revision)).save(SAMPLE_AGENT, { version: 0, key: crypto.randomUUID() });
  go(SAMPLE_ID, revision);
}

export function AgentList({ agent }) {
  useEffect(() => void (document.title = `${agent ?? "Agents"} · Draftkeep`), [agent]);
  return agent === undefined ? html`<${Agents} />` : html`<${Revisions} key=${agent} agent=${agent} />`;
}

function Agents() {
  const [recent, setRecent] = useState(recentAgents);
  const open = (event) => {
    event.preventDefault();
    go(new FormData(event.target).get("agent").trim());
  };
  const drop = (agent) => {
    forgetAgent(agent);
    setRecent(recentAgents());
  };
  return html`<section class="page" aria-label="Agents">
    <header class="page-head"><div><h1>Agents</h1><p class="dim">A flow of steps, drawn and edited as a graph; each draft forks a revision.</p></div></header>
    <${Unsaved} prefix="agent/" />
    <form class="agent-open" onSubmit=${open}>
      <label class="field grow"><span class="label">Agent</span>
        <input name="agent" required pattern="\\s*[A-Za-z0-9._~:@\\-]{1,128}\\s*" title="Letters, digits and . _ ~ : @ -" placeholder="support" spellcheck=${false} autocapitalize="off" autocomplete="off" /></label>
      <${Button} kind="primary" type="submit" icon="right">Open<//>
    </form>
    ${recent.length > 0
      ? html`<h2>Lately here</h2><ul class="cards">${recent.map((one) => html`<li key=${one} class="recent"><a class="card" href=${`#/agents/${part(one)}`}><span class="card-title">${one}</span><span class="card-foot dim">Drafts of its revisions</span></a>
          <${Button} icon="x" class="little" label=${`Forget ${one} in this browser`} onClick=${() => drop(one)} /></li>`)}</ul>
          <div><${Button} onClick=${() => attempt(fromSample)}>Start with an example<//></div>`
      : html`<${Empty} icon="flow" title="No agent was opened here yet"><p class="dim">Enter the id of one, new or known to your system, or see how it looks:</p>
          <${Button} onClick=${() => attempt(fromSample)}>Start with an example<//><//>`}
  </section>`;
}

function Revisions({ agent }) {
  const [more, setMore] = useState([]);
  const { answer, error, again } = useAnswer(() => listAgentDrafts(agent).then((page) => (setMore([]), page)), [agent]);
  useEffect(() => {
    if (answer) rememberAgent(agent);
  }, [answer]);
  const pages = [answer, ...more].filter(Boolean);
  const drafts = pages.flatMap((page) => page.drafts);
  const next = pages.at(-1)?.next;
  const begin = (event) => {
    event.preventDefault();
    go(agent, Number(new FormData(event.target).get("revision")));
  };
  const highest = Math.max(0, ...drafts.map((one) => one.baseRevision));
  return html`<section class="page" aria-label=${`Drafts of ${agent}`}>
    <header class="page-head"><div class="row agent-title"><a class="button bare" href="#/agents" aria-label="All agents" title="All agents"><${Icon} name="left" /></a>
        <div><h1>${agent}</h1><p class="dim">Your drafts of this agent, by the revision that they fork.</p></div></div>
      <form class="row" onSubmit=${begin}><label class="row"><span class="label">Revision</span>
        <input class="revision" name="revision" key=${highest} type="number" min="0" max="999999999999999" step="1" required value=${highest || 1} /></label>
        <${Button} kind="primary" type="submit" icon="right">Open<//></form></header>
    <${Unsaved} prefix=${`agent/${agent}/`} />
    ${error && html`<${Trouble} error=${error} onAgain=${again} />`}
    ${!answer && !error && html`<${Spinner} />`}
    ${answer && !drafts.length && html`<${Empty} icon="flow" title="No drafts of this agent yet"><p class="dim">Say which revision the draft is to fork; it is made with the first edit.</p></${Empty}>`}
    ${drafts.length > 0 && html`<ul class="cards">${drafts.map((one) => html`<li key=${one.baseRevision}><a class="card" href=${`#/agents/${part(agent)}/${one.baseRevision}`}>
      <span class="card-title">Revision ${one.baseRevision}</span>
      <span class="card-foot dim"><span class="badge">v${one.version}</span><time title=${when(one.updatedAt)}>${ago(one.updatedAt)}</time></span></a></li>`)}</ul>`}
    ${next && html`<${Button} onClick=${() => attempt(async () => setMore([...more, await listAgentDrafts(agent, next)]))}>Show more<//>`}
  </section>`;
}

/** Drafts with edits that a tab that is gone did not save. */
function Unsaved({ prefix }) {
  const left = (useAnswer(leftovers, [prefix]).answer ?? []).filter((one) => one.draft.startsWith(prefix));
  if (!left.length) return null;
  const route = (draft) => `#/agents/${draft.split("/").slice(1).map(part).join("/")}`;
  return html`<div class="banner warn" role="status"><${Icon} name="warn" /><p>These were typed and are not saved yet; open one to send it:
    ${left.map((one) => html` <a href=${route(one.draft)}>${one.draft.split("/").slice(1).join(", revision ")} (${ago(one.at)})</a>`)}</p></div>`;
}
