// What stands beside an open draft: its history and its proposals.

import { HistoryList } from "./history.js";
import { ProposalList, useProposals } from "./proposals.js";
import { html, Icon, useState } from "./ui.js";

const TABS = { history: { label: "History", icon: "clock" }, proposals: { label: "Proposals", icon: "bulb" } };

export function Side({ session, kind }) {
  const [tab, setTab] = useState("history");
  const asked = useProposals(session);
  const waiting = asked.answer?.length ?? 0;
  const press = (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const next = tab === "history" ? "proposals" : "history";
    setTab(next);
    document.getElementById(`tab-${next}`).focus();
  };
  return html`<aside class="side" aria-label="History and proposals">
    <div class="segments" role="tablist" onKeyDown=${press}>${Object.entries(TABS).map(
      ([name, { label, icon }]) => html`<button type="button" role="tab" id=${`tab-${name}`} aria-controls="side-panel" aria-selected=${tab === name} tabindex=${tab === name ? 0 : -1}
        onClick=${() => setTab(name)}><${Icon} name=${icon} size=${15} />${label}
        ${name === "proposals" && waiting > 0 && html`<span class="count">${waiting}<span class="sr"> waiting</span></span>`}</button>`,
    )}</div>
    <div id="side-panel" role="tabpanel" aria-labelledby=${`tab-${tab}`}>
      ${tab === "history" ? html`<${HistoryList} session=${session} kind=${kind} />` : html`<${ProposalList} session=${session} asked=${asked} />`}
    </div>
  </aside>`;
}
