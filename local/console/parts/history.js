import { html } from "./ui.js"; export const HistoryList = () => html`<p>HistoryList</p>`;
