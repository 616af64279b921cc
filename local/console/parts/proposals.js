import { html } from "./ui.js"; export const ProposalList = () => html`<p>ProposalList</p>`;
