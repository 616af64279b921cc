import { html } from "../parts/ui.js"; export const AgentList = () => html`<p>AgentList</p>`;
