// The editor of a form draft: its fields, and beside them its history and proposals.

import { fieldOf, KINDS } from "../core/kinds.js";
import { Conflict } from "../parts/conflict.js";
import { DraftBar, DraftNews } from "../parts/draftbar.js";
import { CONTROLS, isGroup } from "../parts/fields.js";
import { Side } from "../parts/side.js";
import { html, Icon, Spinner, Trouble, useEffect } from "../parts/ui.js";
import { useSession } from "../parts/useSession.js";

export function FormEditor({ kind, id }) {
  const session = useSession(kind, id);
  const content = session.content ?? {};
  const { title } = KINDS[kind];
  const name = content.name || `Untitled ${title.toLowerCase()}`;
  useEffect(() => void (document.title = `${name} · Draftkeep`), [name]);
  if (session.phase === "loading") return html`<${Spinner} />`;
  if (session.phase === "failed") return html`<section class="page"><${Trouble} error=${session.problem} onAgain=${() => session.open()} /></section>`;
  const groups = Map.groupBy(KINDS[kind].fields, (field) => field.group);
  return html`<section class="draft" aria-label=${`${title} draft`}>
    <${DraftBar} session=${session} title=${name} back=${`#/${kind}`} />
    <div class="draft-body">
      <div class="draft-main">
        <${DraftNews} session=${session} />
        ${session.conflict && html`<${Conflict} session=${session} />`}
        ${[...groups].map(([group, fields]) => html`<fieldset class="sheet" key=${group}><legend class="sheet-title">${group}</legend>
          ${fields.map((field) => html`<${Field} key=${field.name} session=${session} kind=${kind} field=${field} content=${content} />`)}</fieldset>`)}
      </div>
      <${Side} session=${session} kind=${kind} />
    </div>
  </section>`;
}

function Field({ session, kind, field, content }) {
  const id = `field-${field.name}`;
  const errors = session.status === "refused" ? session.problem.errors?.filter((one) => owns(kind, field, one.pointer)) : [];
  const Control = CONTROLS[field.control];
  const edit = (edits) => session.edit(edits);
  const suggested = session.suggesting && session.edits && field.members.some((member) => Object.hasOwn(session.edits, member));
  const error = errors?.length ? `${id}-error` : undefined;
  const mark = (...place) => (errors?.some((one) => isWithin(one.pointer, place)) ? { "aria-invalid": "true", "aria-describedby": error } : {});
  const group = isGroup(field) ? { role: "group", tabindex: -1, "aria-labelledby": `${id}-label`, "aria-describedby": error } : {};
  return html`<div class=${`field ${suggested ? "suggested" : ""}`} id=${`${id}-field`} ...${group}>
    <${Control} id=${id} kind=${kind} field=${field} content=${content} edit=${edit} describedBy=${error} invalid=${Boolean(error)} mark=${mark} />
    ${error && html`<p class="field-error" id=${error}><${Icon} name="warn" size=${15} />${errors.map((one) => one.message).join(" ")}</p>`}
  </div>`;
}

/** Whether a pointer leads to a place in its member, or into what is there. */
const isWithin = (pointer, place) => `${pointer}/`.startsWith(`/${pointer.split("/")[1]}/${place.join("/")}/`);

const owns = (kind, field, pointer) => fieldOf(kind, pointer.split("/")[1] ?? "").name === field.name;
