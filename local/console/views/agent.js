// The editor of an agent draft: its flow as a graph and as JSON, the chosen step, and beside them history and proposals.

import { addStep, placeIssues, readFlow, removeStep, renameStep, titleOf, typeOf, TYPES } from "../core/flow.js";
import { count } from "../core/format.js";
import { rememberAgent } from "../core/recent.js";
import { same } from "../core/same.js";
import { SAMPLE_AGENT } from "../core/samples.js";
import { AgentParts, IssueList } from "../parts/agentParts.js";
import { Conflict } from "../parts/conflict.js";
import { DraftBar, DraftNews } from "../parts/draftbar.js";
import { FlowGraph } from "../parts/flowGraph.js";
import { JsonText } from "../parts/jsonText.js";
import { Side } from "../parts/side.js";
import { StepPanel } from "../parts/stepPanel.js";
import { Button, Dialog, Empty, html, Icon, Spinner, Trouble, useEffect, useMemo, useRef, useState } from "../parts/ui.js";
import { useSession } from "../parts/useSession.js";

const VIEWS = { graph: { label: "Graph", icon: "flow" }, json: { label: "JSON", icon: "code" }, both: { label: "Both", icon: "columns" } };
/** As often as the server lists issues. */
const SHOWN_ISSUES = 100;

export function AgentEditor({ agent, revision }) {
  const session = useSession("agent", `${agent}/${revision}`);
  const title = `${agent}, revision ${revision}`;
  useEffect(() => void (document.title = `${title} · Draftkeep`), [title]);
  useEffect(() => rememberAgent(agent), [agent]);
  if (session.phase === "loading") return html`<${Spinner} />`;
  if (session.phase === "failed") return html`<section class="page"><${Trouble} error=${session.problem} onAgain=${() => session.open()} /></section>`;
  return html`<${Editor} key=${session.id} session=${session} title=${title} back=${`#/agents/${encodeURIComponent(agent)}`} />`;
}

function Editor({ session, title, back }) {
  const content = session.content ?? {};
  const flow = useMemo(() => readFlow(content), [content.flow]);
  const [view, setView] = useState("graph");
  const [chosen, setChosen] = useState(null);
  const [focus, setFocus] = useState({ byKey: false, turn: 0 });
  const [show, setShow] = useState(null);
  const [asking, setAsking] = useState(null);
  const { issues, total, isOld } = useIssues(session, flow);
  const marks = useMemo(() => Map.groupBy(issues.filter((one) => one.key), (one) => one.key), [issues]);
  const changed = useChanged(session, flow);
  const node = find(flow, chosen);

  // Each edit is made of what the session has at that moment, not of what was drawn last.
  const change = (edit) => session.edit(edit(session.content ?? {}));
  const changeChosen = (edit) =>
    change((payload) => {
      const found = find(readFlow(payload), chosen);
      return found ? edit(payload, found.index) : payload;
    });
  const choose = (key, byKey = false, isNew = false) => {
    setChosen(key);
    setFocus(({ turn }) => ({ byKey, isNew, turn: turn + 1 }));
    if (key && view === "json") setView("graph");
  };
  const close = (isFocused) => {
    setChosen(null);
    if (isFocused) focusCard(chosen);
  };
  const add = (type, where) => {
    let made;
    change((payload) => ((made = addStep(payload, type, where)), made.payload));
    choose(`step ${made.id}`, true, true);
  };
  const rename = (id) => {
    changeChosen((payload, index) => renameStep(payload, index, id));
    setChosen(find(readFlow(session.content), `step ${id}`) ? `step ${id}` : null);
  };
  const remove = (key) => {
    const near = flow.edges.find((edge) => edge.to === key && edge.from !== key)?.from ?? flow.edges.find((edge) => edge.from === key && edge.to !== key)?.to ?? flow.steps.find((one) => one.key !== key)?.key;
    change((payload) => {
      const found = find(readFlow(payload), key);
      return found && !found.isMissing ? removeStep(payload, found.index) : payload;
    });
    setAsking(null);
    if (key === chosen) setChosen(null);
    // Once the dialog is gone, and has given the focus back to what is gone too.
    setTimeout(() => focusCard(near));
  };
  const toJson = (path) => {
    setView(view === "graph" ? (matchMedia("(min-width: 1100px)").matches ? "both" : "json") : view);
    setShow([...path]);
  };
  const jump = (issue) => (issue.key && find(flow, issue.key) ? choose(issue.key, true) : issue.path.length > 1 || issue.path[0] !== "flow" ? toJson(issue.path) : document.getElementById("add-step")?.focus());
  useEffect(() => {
    if (view === "both" && node && !node.isMissing) setShow(["flow", "steps", node.index]);
  }, [chosen, view]);

  const isEmpty = !flow.steps.length && !flow.edges.length;
  return html`<section class=${`draft agent-draft ${node ? "with-step" : ""}`} aria-label="Agent draft">
    <${DraftBar} session=${session} title=${title} back=${back}><${Verdict} session=${session} total=${total} isOld=${isOld} /><//>
    <div class="agent-body">
      <div class="agent-main">
        <${DraftNews} session=${session} />
        ${session.conflict && html`<${Conflict} session=${session} />`}
        <div class="row agent-tools">
          <div class="segments" role="group" aria-label="Show the agent as">${Object.entries(VIEWS).map(([name, { label, icon }]) =>
            html`<button type="button" key=${name} class=${name} aria-pressed=${view === name} onClick=${() => setView(name)}><${Icon} name=${icon} size=${15} />${label}</button>`)}</div>
          <span class="dim small tally">${count(flow.steps.length, "step")}, ${count(flow.edges.length, "edge")}</span>
          <span class="grow" /><${AddStep} onAdd=${add} />
        </div>
        <div class=${`agent-views ${view}`}>
          ${view !== "json" && html`<div class="agent-graph">${isEmpty
            ? html`<${Empty} icon="flow" title="No steps yet"><p class="dim">A flow begins at one entry and ends at one exit.</p>
                <div class="row"><${Button} kind="primary" icon="plus" onClick=${() => change(withEnds)}>Add entry and exit<//>
                  <${Button} onClick=${() => change((payload) => ({ ...SAMPLE_AGENT, ...payload, flow: SAMPLE_AGENT.flow, slots: payload.slots ?? SAMPLE_AGENT.slots }))}>Start with an example<//></div><//>`
            : html`<${FlowGraph} flow=${flow} marks=${marks} chosen=${chosen} changed=${changed} onChoose=${choose} onRemove=${(key) => !find(flow, key)?.isMissing && setAsking(key)} />`}</div>`}
          ${view !== "graph" && html`<${JsonText} id="agent-json" label="The whole agent as JSON" value=${content} onChange=${(value, madeOf) => session.edit(value, madeOf)} keepAs=${session.id} show=${show} />`}
        </div>
        ${total > 0 && html`<${IssueList} issues=${issues} total=${total} isOld=${isOld} onJump=${jump} />`}
      </div>
      ${node && html`<${StepPanel} node=${node} flow=${flow} slots=${Array.isArray(content.slots) ? content.slots : []} issues=${marks.get(node.key)} draftName=${session.id} focus=${focus}
        change=${changeChosen} onRename=${rename} onChoose=${(key) => choose(key, true)} onAdd=${add} onRemove=${() => setAsking(node.key)} onClose=${close} />`}
      <${AgentParts} content=${content} change=${change} onJson=${toJson} />
      <${Side} session=${session} kind="agent" />
    </div>
    ${asking && find(flow, asking) && html`<${Removal} node=${find(flow, asking)} flow=${flow} onRemove=${() => remove(asking)} onClose=${() => setAsking(null)} />`}
  </section>`;
}

const focusCard = (key) => key && document.querySelector(`.step-card[data-key="${CSS.escape(key)}"]`)?.focus();

/** The step or the missing end with this key. */
function find(flow, key) {
  if (key === null) return null;
  const step = flow.steps.find((one) => one.key === key);
  if (step) return step;
  const lost = flow.missing.find((one) => one.key === key);
  return lost ? { ...lost, isMissing: true, step: {}, name: "", type: "" } : null;
}

const withEnds = (payload) => {
  const start = addStep(payload, "ENTRY_POINT");
  const end = addStep(start.payload, "EXIT_POINT");
  return { ...end.payload, flow: { ...end.payload.flow, edges: [...end.payload.flow.edges, { source: start.id, target: end.id }] } };
};

/** What the server found in the last save, and why it refused the last one, placed in the flow as it is shown. */
function useIssues(session, flow) {
  const { head, status, problem, content } = session;
  const refused = status === "refused" ? problem?.errors : null;
  const saved = useMemo(() => (head?.content?.flow === content?.flow ? flow : readFlow(head?.content)), [head?.content, content?.flow]);
  const issues = useMemo(() => {
    const told = [...placeIssues(refused, flow), ...placeIssues(head?.issues, saved)].slice(0, SHOWN_ISSUES);
    return told.map((one) => ({ ...one, label: labelOf(one, flow) }));
  }, [refused, head?.issues, saved, flow]);
  return { issues, total: (head?.issuesTotal ?? 0) + (refused?.length ?? 0), isOld: session.unsaved || session.suggesting };
}

function labelOf({ key, path, pointer }, flow) {
  const found = find(flow, key);
  if (found) return found.isMissing ? `missing ${found.id}` : titleOf(found);
  return path[0] === "flow" && path.length === 1 ? "flow" : pointer;
}

/** The steps that a suggestion changes. */
function useChanged(session, flow) {
  const base = session.head?.content;
  return useMemo(() => {
    if (!session.suggesting || !session.edits) return null;
    const before = new Map(readFlow(base).steps.map((one) => [one.key, one.step]));
    return new Set(flow.steps.filter((one) => !same(one.step, before.get(one.key))).map((one) => one.key));
  }, [session.suggesting, session.edits, base, flow]);
}

/** Publishable or not, at a glance; leads to the list. */
function Verdict({ session, total, isOld }) {
  if (!session.head && !total) return null;
  const title = isOld ? "As of the last save" : undefined;
  if (!total) return html`<span title=${title} class=${`badge good verdict ${isOld ? "old" : ""}`} role="status"><${Icon} name="check" size=${14} />Publishable</span>`;
  const go = () => {
    const list = document.getElementById("issues");
    list?.scrollIntoView({ block: "center" });
    list?.focus();
  };
  return html`<button type="button" title=${title} class=${`badge bad verdict ${isOld ? "old" : ""}`} onClick=${go}><${Icon} name="warn" size=${14} />${count(total, "issue")}</button>`;
}

function AddStep({ onAdd }) {
  return html`<select id="add-step" class="add-step" aria-label="Add a step" value="" onChange=${(event) => {
    const type = event.target.value;
    event.target.value = "";
    onAdd(type);
  }}><option value="">Add a step…</option>${Object.entries(TYPES).map(([type, { label }]) => html`<option value=${type}>${label}</option>`)}</select>`;
}

function Removal({ node, flow, onRemove, onClose }) {
  const edges = flow.edges.filter((edge) => edge.from === node.key || edge.to === node.key).length;
  return html`<${Dialog} title=${`Remove “${titleOf(node)}”?`} onClose=${onClose}>
    <p>${edges ? `Its ${count(edges, "edge")} ${edges === 1 ? "goes" : "go"} with it. ` : ""}Undo brings it back.</p>
    <footer class="dialog-foot"><${Button} kind="danger" icon="trash" onClick=${onRemove}>Remove the ${typeOf(node.type).label.toLowerCase()} step<//></footer>
  <//>`;
}
