// The console of Draftkeep: the frame round its views, and which view an address shows.

import { atRisk, here } from "./core/sessions.js";
import { claimTab } from "./core/copies.js";
import { connection, onConnect } from "./core/connection.js";
import { KINDS } from "./core/kinds.js";
import { Toasts } from "./parts/toasts.js";
import { Shell } from "./views/shell.js";
import { AgentEditor } from "./views/agent.js";
import { AgentList } from "./views/agents.js";
import { FormEditor } from "./views/form.js";
import { FormList } from "./views/list.js";
import { Inbox } from "./views/inbox.js";
import { html, render, useEffect, useReducer } from "./parts/ui.js";

function View({ route: [first = "persona", second, third] }) {
  // What is shown of one connection is not shown of the next: its sessions have ended.
  const key = connection().turn;
  if (first === "proposals") return html`<${Inbox} key=${key} />`;
  if (first === "agents" && third !== undefined) return html`<${AgentEditor} key=${key} agent=${second} revision=${third} />`;
  if (first === "agents") return html`<${AgentList} key=${key} agent=${second} />`;
  const kind = Object.hasOwn(KINDS, first) ? first : "persona";
  return second ? html`<${FormEditor} key=${key} kind=${kind} id=${second} />` : html`<${FormList} key=${`${key} ${kind}`} kind=${kind} />`;
}

function App() {
  const [, again] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    addEventListener("hashchange", again);
    const end = onConnect(again);
    return () => (removeEventListener("hashchange", again), end());
  }, []);
  const route = here();
  return html`<${Shell} section=${route[0] ?? "persona"}><${View} route=${route} /><//><${Toasts} />`;
}

addEventListener("beforeunload", (event) => {
  if (atRisk()) event.preventDefault();
});

await claimTab();
render(html`<${App} />`, document.getElementById("app"));
sessionStorage.removeItem("draftkeep.tries");
