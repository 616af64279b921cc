// The frame: where one is, who one is, and which API is spoken to.

import { isReached, onReach } from "../core/api.js";
import { connect, connection, principal } from "../core/connection.js";
import { KINDS } from "../core/kinds.js";
import { onPending, pendingCount, recount } from "../core/pending.js";
import { endAll } from "../core/sessions.js";
import { setTheme, show, theme, THEMES } from "../core/theme.js";
import { Button, Dialog, html, Icon, useEffect, useState, useWatch } from "../parts/ui.js";

const PLACES = [
  ...Object.entries(KINDS).map(([kind, { plural }]) => ({ section: kind, label: plural, to: `#/${kind}` })),
  { section: "agents", label: "Agents", to: "#/agents" },
  { section: "proposals", label: "Proposals", to: "#/proposals" },
];
const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };

export function Shell({ section, children }) {
  const [connecting, setConnecting] = useState(false);
  const { user, tenant } = principal();
  const { base, turn } = connection();
  useWatch(onPending, []);
  useWatch(onReach, []);
  // The inbox counts by itself, once it has read.
  useEffect(() => void (section !== "proposals" && recount()), [section, turn]);
  // On a narrow page not all places fit.
  useEffect(() => document.querySelector(".places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [section]);
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <header class="bar">
      <a class="brand" href="#/persona"><img src="mark.svg" alt="" width="26" height="26" />Draftkeep</a>
      <nav class="places" aria-label="Kinds of drafts">
        ${PLACES.map(({ section: own, label, to }) => html`<a href=${to} aria-current=${section === own ? "page" : undefined}>${label}
          ${own === "proposals" && pendingCount() > 0 && html` <span class="count">${pendingCount()}<span class="sr"> waiting</span></span>`}</a>`)}
      </nav>
      <div class="bar-end">
        <button type="button" class="who" onClick=${() => setConnecting(true)} title=${`${isReached() ? "Connected to" : "No answer from"} ${base || location.origin}`}>
          <span class=${`dot ${isReached() ? "" : "off"}`} /><span class="sr">Connection${isReached() ? "" : ", no answer"}: </span><span class="who-name">${user}</span> <span class="dim who-tenant">${tenant}</span>
        </button>
        <${ThemeButton} />
      </div>
    </header>
    <main id="main" tabindex="-1">${children}</main>
    ${connecting && html`<${Connect} onClose=${() => setConnecting(false)} />`}
  `;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function ThemeButton() {
  const [name, set] = useState(theme());
  const next = THEMES[(THEMES.indexOf(name) + 1) % THEMES.length];
  return html`<${Button} icon=${THEME_ICONS[name]} label=${`Theme: ${name}. Switch to ${next}.`} onClick=${() => (setTheme(next), set(next))} />`;
}

function Connect({ onClose }) {
  const { base, token } = connection();
  const [url, setUrl] = useState(base);
  const [words, setWords] = useState(token);
  const apply = (event) => {
    event.preventDefault();
    endAll();
    connect(url, words);
    event.target.closest("dialog").close();
  };
  return html`<${Dialog} title="Connection" onClose=${onClose}>
    <form class="stack" onSubmit=${apply}>
      <div class="field"><label class="label" for="api-address">Address of the API</label>
        <input id="api-address" type="url" value=${url} onInput=${(event) => setUrl(event.target.value)} placeholder=${location.origin} pattern="https?://.+" spellcheck=${false} autocomplete="off" aria-describedby="api-address-hint" />
        <span class="hint" id="api-address-hint">Empty: this server. A deployed one must list ${location.origin} among its CorsOrigins.</span></div>
      <div class="field"><label class="label" for="api-token">Bearer token</label>
        <textarea id="api-token" rows="4" class="code" value=${words} onInput=${(event) => setWords(event.target.value)} spellcheck=${false} autocomplete="off" aria-describedby="api-token-hint"></textarea>
        <span class="hint" id="api-token-hint">Kept in the memory of this tab until it is reloaded or closed; stored nowhere. Empty: the local user dev.</span></div>
      <footer class="dialog-foot"><${Button} kind="primary" type="submit" icon="link">Connect<//></footer>
    </form>
  <//>`;
}

show();
