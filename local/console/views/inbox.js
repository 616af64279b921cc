import { html } from "../parts/ui.js"; export const Inbox = () => html`<p>Inbox</p>`;
