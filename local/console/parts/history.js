// The time line of a draft: every content that it has had, the branches that were left, and what can be done with each.

import { bytes, time, when } from "../core/format.js";
import { byWhom, deedOf, Timeline } from "../core/timeline.js";
import { lanesOf } from "../core/tree.js";
import { Compare } from "./compare.js";
import { attempt, toast } from "./toasts.js";
import { Button, Empty, html, Icon, LateInput, Spinner, Trouble, useAnswer, useMemo, useReducer, useState } from "./ui.js";

export function HistoryList({ session, kind }) {
  const line = useMemo(() => new Timeline(session.draft), [session.draft]);
  const [, again] = useReducer((n) => n + 1, 0);
  const [compared, setCompared] = useState(null); // {from, to, restores}
  const [chosen, setChosen] = useState([]); // the entries that are check-marked, at most two
  const [open, setOpen] = useState(null);
  const [marked, setMarked] = useState(false);
  const isThere = session.version > 0;
  const { answer, error, again: retry } = useAnswer(async () => (isThere && (await line.renew()), true), [line, isThere, session.changed]);
  if (!isThere) return html`<${Empty} icon="clock" title="No history yet"><p class="dim">Every save becomes an entry here, also those that are undone later.</p><//>`;
  if (!answer) return error ? html`<${Trouble} error=${error} onAgain=${retry} />` : html`<${Spinner} />`;

  const { entries } = line;
  const cursor = line.current ?? session.head?.cursor;
  const { rows, lanes } = lanesOf(entries, cursor);
  const shown = marked ? rows.filter(({ entry }) => entry.pinned || entry.label) : rows;
  const act = {
    isOpen: (seqNo) => open === seqNo,
    toggle: (seqNo) => setOpen(open === seqNo ? null : seqNo),
    isChosen: (seqNo) => chosen.includes(seqNo),
    choose: (seqNo) => setChosen(chosen.includes(seqNo) ? chosen.filter((one) => one !== seqNo) : [...chosen.slice(-1), seqNo]),
    compare: (from, to, restores) => setCompared({ from, to, restores }),
    annotate: (seqNo, change) => attempt(async () => (await line.annotate(seqNo, change), again())),
    current: cursor,
  };
  return html`<div class="history">
    <${Finder} line=${line} act=${act} marked=${marked} onMarked=${() => setMarked(!marked)} />
    ${error && html`<${Trouble} error=${error} onAgain=${retry} />`}
    <ol class=${`entries ${marked ? "" : "railed"}`} aria-label="Versions, newest first" onKeyDown=${walk}>
      ${shown.map((row) => html`<${Entry} key=${row.entry.seqNo} row=${row} lanes=${marked ? 0 : lanes} act=${act} />`)}
    </ol>
    ${!shown.length && html`<p class="dim">None of these ${entries.length} versions is pinned or labelled.</p>`}
    ${line.next !== null && html`<${Button} class="older" icon="down" onClick=${() => attempt(async () => (await line.more(), again()))}>Show older<//>`}
    ${chosen.length > 0 && html`<${Chosen} chosen=${chosen} onClear=${() => setChosen([])} onCompare=${() => act.compare(Math.min(...chosen), Math.max(...chosen))} />`}
    ${compared && html`<${Compare} session=${session} kind=${kind} ...${compared} onClose=${() => setCompared(null)} />`}
  </div>`;
}

/** Arrow keys walk through the entries. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.matches(".entry-open")) return;
  const all = [...event.currentTarget.querySelectorAll(".entry-open")];
  event.preventDefault();
  all[all.indexOf(event.target) + step]?.focus();
}

const PLACES = {
  current: { badge: "now", tone: "accent", title: "The content that is current" },
  undone: { badge: "undone", tone: "", title: "Undone: redo leads back to it" },
  aside: { badge: "abandoned", tone: "", title: "Of a branch that was left; it can be restored" },
};

function Entry({ row, lanes, act }) {
  const { entry, place, tip } = row;
  const { seqNo } = entry;
  const isOpen = act.isOpen(seqNo);
  const mark = place === "current" || tip ? PLACES[place] : undefined;
  return html`<li class=${`entry ${place} ${isOpen ? "open" : ""}`}>
    ${lanes > 0 && html`<${Rail} row=${row} lanes=${lanes} />`}
    <div class="entry-main">
      <div class="entry-head">
        <button type="button" class="entry-open" aria-expanded=${isOpen} aria-current=${place === "current" || undefined} onClick=${() => act.toggle(seqNo)}>
          <span class="entry-line"><strong>v${seqNo}</strong>
            ${mark && html`<span class=${`badge ${mark.tone}`} title=${mark.title}>${mark.badge}</span>`}
            ${!mark && place !== "path" && html`<span class="sr">${PLACES[place].title}</span>`}
            <time class="dim" title=${when(entry.createdAt)}>${time(entry.createdAt)}</time></span>
          ${entry.label && html`<span class="entry-label">${entry.label}</span>`}
          <span class="entry-line dim"><span class="clip">${deedOf(entry)} · ${byWhom(entry)}</span><span>${bytes(entry.sizeBytes)}</span></span>
        </button>
        <${Button} icon="pin" class="little pin" aria-pressed=${entry.pinned} label=${`${entry.pinned ? "Unpin" : "Pin"} version ${seqNo}`} onClick=${() => act.annotate(seqNo, { pinned: !entry.pinned })} />
        <label class="pick" title="Select two versions to compare them"><input type="checkbox" checked=${act.isChosen(seqNo)} onChange=${() => act.choose(seqNo)} /><span class="sr">Select version ${seqNo} to compare it</span></label>
      </div>
      ${isOpen && html`<${More} entry=${entry} act=${act} />`}
    </div>
  </li>`;
}

/** What can be done with an entry. */
function More({ entry, act }) {
  const { seqNo, parent, label } = entry;
  const isCurrent = seqNo === act.current;
  const rename = (words) => {
    const next = words.trim() || null;
    if (next !== label) act.annotate(seqNo, { label: next });
  };
  return html`<div class="entry-more">
    <div class="row">
      ${parent !== null && html`<${Button} class="little" onClick=${() => act.compare(parent, seqNo)}>What it changed<//>`}
      ${!isCurrent && act.current !== undefined && html`<${Button} class="little" onClick=${() => act.compare(seqNo, act.current)}>Compare with now<//>
        <${Button} class="little" onClick=${() => act.compare(act.current, seqNo, true)}>Restore…<//>`}
    </div>
    <label class="line"><${Icon} name="tag" size=${15} /><span class="sr">Label of version ${seqNo}</span>
      <${LateInput} maxlength="120" placeholder="Add a label" value=${label ?? ""} onCommit=${rename} /></label>
  </div>`;
}

// ------------------------------------------------------------------------------------------------------ rail

const GAP = 14;
const NODE_Y = 21;
const at = (lane) => 10 + lane * GAP;

/** The lines of one entry: those that pass, those that end in it, and its own dot. A row may have any height. */
function Rail({ row, lanes }) {
  const { lane, place, through, joins, up, down } = row;
  const x = at(lane);
  const own = lane === 0 ? "rail-main" : "rail-side";
  const widen = (node) => node && (node.style.width = `${at(lanes - 1) + 10}px`);
  return html`<div class="rail" ref=${widen} aria-hidden="true"><svg>
    ${through.map((one) => html`<line class=${one === 0 ? "rail-main" : "rail-side"} x1=${at(one)} x2=${at(one)} y1="0" y2="100%" />`)}
    ${joins.map((one) => html`<path class="rail-side" d=${`M${at(one)} 0C${at(one)} ${NODE_Y - 4} ${x} 6 ${x} ${NODE_Y}`} />`)}
    ${up && html`<line class=${own} x1=${x} x2=${x} y1="0" y2=${NODE_Y} />`}
    ${down && html`<line class=${own} x1=${x} x2=${x} y1=${NODE_Y} y2="100%" />`}
    <circle class=${`rail-dot ${place}`} cx=${x} cy=${NODE_Y} r=${place === "current" ? 6 : 4.5} />
  </svg></div>`;
}

// ---------------------------------------------------------------------------------------------------- finding

function Finder({ line, act, marked, onMarked }) {
  const [asking, setAsking] = useState(false);
  const [ms, setMs] = useState(null); // the time that was asked for
  const ask = (event) => {
    event.preventDefault();
    const asked = new Date(new FormData(event.target).get("time")).getTime();
    if (Number.isNaN(asked)) return toast("Give a date and a time.", "bad");
    return attempt(async () => (await line.find(asked), setMs(asked)));
  };
  const entry = line.found;
  const place = entry?.seqNo === act.current ? "current" : "path";
  return html`<div class="finder">
    <div class="row">
      <${Button} class="little" icon="pin" aria-pressed=${marked} onClick=${onMarked}>Pinned and labelled<//>
      <${Button} class="little" icon="clock" aria-expanded=${asking} onClick=${() => (setAsking(!asking), setMs(null))}>At a time…<//>
    </div>
    ${asking && html`<form class="line" onSubmit=${ask}><label class="grow"><span class="sr">What was current at</span><input type="datetime-local" name="time" step="1" required defaultValue=${now()} /></label>
      <${Button} type="submit" icon="search">Find<//></form>`}
    <div role="status">${ms !== null && (entry
      ? html`<p class="small dim">On ${when(ms)} this was current:</p><ol class="entries boxed"><${Entry} row=${{ entry, place }} lanes=${0} act=${act} /></ol>`
      : html`<p class="small dim">On ${when(ms)} there was no draft yet.</p>`)}</div>
  </div>`;
}

/** This minute as a `datetime-local` has it: in local time. */
function now() {
  const date = new Date();
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function Chosen({ chosen, onClear, onCompare }) {
  const [first, second] = chosen.toSorted((a, b) => a - b);
  return html`<div class="chosen-two" role="status"><span class="grow">${second === undefined ? html`<strong>v${first}</strong> · select another one` : html`<strong>v${first}</strong> and <strong>v${second}</strong>`}</span>
    ${second !== undefined && html`<${Button} kind="primary" class="little" onClick=${onCompare}>Compare<//>`}
    <${Button} kind="quiet" icon="x" class="little" label="Select none" onClick=${onClear} /></div>`;
}
