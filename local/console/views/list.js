// The caller's drafts of one kind of form.

import { leftovers } from "../core/copies.js";
import { SAMPLES } from "../core/samples.js";
import { call } from "../core/api.js";
import { ago, when } from "../core/format.js";
import { listForms } from "../core/forms.js";
import { KINDS } from "../core/kinds.js";
import { attempt } from "../parts/toasts.js";
import { Button, Empty, html, Icon, Spinner, Trouble, useAnswer, useEffect, useState } from "../parts/ui.js";

const begin = (kind) => (location.hash = `#/${kind}/new-${crypto.randomUUID()}`);

async function fromSample(kind) {
  const { body } = await call("POST", `/${kind}/draft`, { body: SAMPLES[kind], key: crypto.randomUUID() });
  location.hash = `#/${kind}/${body.draft_id}`;
}

export function FormList({ kind }) {
  const { title, plural, about } = KINDS[kind];
  const [words, setWords] = useState("");
  const [search, setSearch] = useState("");
  const [more, setMore] = useState([]);
  const { answer, error, again } = useAnswer(() => listForms(kind, { search }).then((page) => (setMore([]), page)), [kind, search]);
  const left = useAnswer(leftovers, [kind]).answer ?? [];
  useEffect(() => {
    const timer = setTimeout(() => setSearch(words.trim()), 250);
    return () => clearTimeout(timer);
  }, [words]);
  useEffect(() => void (document.title = `${plural} · Draftkeep`), [plural]);
  const pages = [answer, ...more].filter(Boolean);
  const drafts = pages.flatMap((page) => page.drafts);
  const next = pages.at(-1)?.next;
  const noun = title.toLowerCase();
  const unsaved = left.filter((one) => one.draft.startsWith(`${kind}/`));
  return html`<section class="page" aria-label=${plural}>
    <header class="page-head">
      <div><h1>${plural}</h1><p class="dim">${about}</p></div>
      <${Button} kind="primary" icon="plus" onClick=${() => begin(kind)}>New ${noun}<//>
    </header>
    ${unsaved.length > 0 &&
    html`<div class="banner warn" role="status"><${Icon} name="warn" /><p>These were typed and are not saved yet; open one to send it:
      ${unsaved.map((one) => html` <a href=${`#/${one.draft}`}>edit of ${ago(one.at)}</a>`)}</p></div>`}
    ${(drafts.length > 0 || words) &&
    html`<label class="search"><${Icon} name="search" /><span class="sr">Search ${plural.toLowerCase()} by name</span>
      <input type="search" value=${words} placeholder="Search by name" onInput=${(event) => setWords(event.target.value)} /></label>`}
    ${error && html`<${Trouble} error=${error} onAgain=${again} />`}
    ${!answer && !error && html`<${Spinner} />`}
    ${answer && !drafts.length &&
    (search
      ? html`<${Empty} icon="search" title=${`No ${noun} has “${search}” in its name.`} />`
      : html`<${Empty} icon="cloud" title=${`No ${plural.toLowerCase()} yet`}>
          <p class="dim">Each edit is saved as you type, and every version is kept.</p>
          <div class="row"><${Button} kind="primary" icon="plus" onClick=${() => begin(kind)}>New ${noun}<//>
            <${Button} onClick=${() => attempt(() => fromSample(kind))}>Start with an example<//></div>
        <//>`)}
    ${drafts.length > 0 &&
    html`<ul class="cards">${drafts.map(
      (draft) => html`<li key=${draft.id}><a class="card" href=${`#/${kind}/${draft.id}`}>
        <span class="card-title">${draft.name || html`<span class="dim">Untitled ${noun}</span>`}</span>
        <span class="card-foot dim"><span class="badge">v${draft.version}</span><time title=${when(draft.updatedAt)}>${ago(draft.updatedAt)}</time></span>
      </a></li>`,
    )}</ul>`}
    ${next && html`<${Button} onClick=${() => attempt(async () => setMore([...more, await listForms(kind, { query: next })]))}>Show more<//>`}
  </section>`;
}
