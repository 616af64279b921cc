import { html } from "../parts/ui.js"; export const AgentEditor = () => html`<p>AgentEditor</p>`;
