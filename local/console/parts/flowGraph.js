// The flow as a graph: edges in SVG, and over them the steps as buttons, so that they are read, focused and pressed as such.

import { titleOf, typeOf } from "../core/flow.js";
import { layout } from "../core/layout.js";
import { count } from "../core/format.js";
import { Button, html, Icon, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./ui.js";
import { useKept } from "./useKept.js";

const SIZE = { width: 176, height: 64, along: 52, across: 24 };
const SIZE_DOWN = { width: 148, height: 64, along: 40, across: 14 };
/** Narrower than this the flow runs from top to bottom. */
const NARROW = 640;
const MOST_STEPS = 1_200;
/** What would have to be smaller than the first to fit is shown at the second, and scrolled. */
const LEAST_FIT = 0.7;
const READABLE = 0.85;
const ZOOM = { least: 0.2, most: 1.6, by: 1.25 };
const EDGE = 16;

/**
 * flow: of `readFlow`; marks: Map of a key to the issues there; chosen: a key or null; changed: Set of keys that a suggestion changes
 * `onChoose(key, isByKey)`, `onRemove(key)`
 */
export function FlowGraph({ flow, marks, chosen, changed, onChoose, onRemove }) {
  const frame = useRef();
  const [room, setRoom] = useState(0);
  const [zoom, setZoom] = useState(null); // null: fits by itself
  useLayoutEffect(() => {
    const measure = () => setRoom(frame.current?.clientWidth ?? 0);
    const watcher = new ResizeObserver(measure);
    watcher.observe(frame.current);
    measure();
    return () => watcher.disconnect();
  }, []);
  const steps = flow.steps.length > MOST_STEPS ? flow.steps.slice(0, MOST_STEPS) : flow.steps;
  const isDown = room > 0 && room < NARROW;
  const size = isDown ? SIZE_DOWN : SIZE;
  const shape = `${isDown} ${isDown ? room : Math.round(room / 50)} ${steps.map((one) => one.key).join("\n")}\n\n${steps.find(isEntry)?.key}\n\n${flow.edges.map((one) => `${one.from}\n${one.to}`).join("\n")}`;
  const shown = new Map([...steps, ...flow.missing.map((one) => ({ ...one, isMissing: true }))].map((one) => [one.key, one]));
  const chart = useMemo(() => draw(shown, flow, size, { isDown, room: room - 2 * EDGE }), [shape]);
  const fit = Math.min(1, (room - 2 * EDGE) / Math.max(1, chart.width));
  const scale = zoom ?? (fit < LEAST_FIT ? READABLE : fit);
  const by = (factor) => setZoom(Math.min(ZOOM.most, Math.max(ZOOM.least, scale * factor)));
  useWheel(frame, (up) => by(up ? ZOOM.by : 1 / ZOOM.by), scale);
  useLayoutEffect(() => {
    // A flow that does not fit is shown from where it begins.
    const start = chart.nodes.get(chart.first);
    if (!start || !room) return;
    const middle = (at, length, space) => EDGE + (at + length / 2) * scale - space / 2;
    frame.current.scrollTo(middle(start.x, size.width, room), isDown ? 0 : middle(start.y, size.height, frame.current.clientHeight));
  }, [room > 0]);
  const drag = useDrag(frame);
  const press = (event) => steer(event, { chart, flow, isDown, onRemove });
  const act = useRef();
  act.current = { onChoose, press };
  const keep = useKept();
  const looks = new Map([...shown.values()].map((one) => [one.key, lookOf(one, marks, changed)]));
  const wide = Math.ceil(chart.width * scale + 2 * EDGE);
  const high = Math.ceil(chart.height * scale + 2 * EDGE);
  const left = Math.max(EDGE, (room - chart.width * scale) / 2);
  const scene = useMemo(() => html`<div class="graph-stage" style=${{ width: `${wide}px`, height: `${high}px` }}>
    <div class="graph-scaled" style=${{ transform: `translate(${left}px, ${EDGE}px) scale(${scale})` }}>
      <${Edges} chart=${chart} flow=${flow} chosen=${chosen} />
      ${chart.order.map((key) => {
        const at = chart.nodes.get(key);
        const next = chart.next.get(key)?.map((one) => shown.get(one));
        const says = [looks.get(key), at.x, at.y, isDown, key === chosen, next?.map(endOf)].join("\n");
        return keep(key, says, () => html`<${Card} key=${key} at=${at} node=${shown.get(key)} size=${size} isChosen=${key === chosen} isChanged=${changed?.has(key)} issues=${marks.get(key)} next=${next} act=${act} />`);
      })}
    </div></div>`, [chart, [...looks.values()].join("\n\n"), chosen, scale, wide, left]);
  return html`<div class="graph">
    <div class="graph-frame" ref=${frame} role="group" aria-label=${`Flow of ${count(flow.steps.length, "step")}. Arrow keys go along the edges, Enter opens a step, Delete removes it.`} ...${drag}>${room > 0 && scene}</div>
    <div class="graph-tools">
      <span class="grow" />
      ${flow.steps.length > MOST_STEPS && html`<span class="hint">The first ${MOST_STEPS} of ${count(flow.steps.length, "step")}</span>`}
      <${Button} icon="minus" class="little" label="Smaller" disabled=${scale <= ZOOM.least} onClick=${() => by(1 / ZOOM.by)} />
      <button type="button" class="zoom" title="Back to the size that fits" onClick=${() => setZoom(null)}><span class="sr">Size </span>${Math.round(scale * 100)}%</button>
      <${Button} icon="plus" class="little" label="Larger" disabled=${scale >= ZOOM.most} onClick=${() => by(ZOOM.by)} />
      <${Button} icon="fit" class="little" label="Show all of it" onClick=${() => setZoom(Math.max(ZOOM.least, Math.min(1, fit)))} />
    </div>
  </div>`;
}

/** What of a step its card shows, as one text. */
const lookOf = ({ key, name, type, step }, marks, changed) => [name, type, Boolean(step?.humanApproval), marks.get(key)?.length, changed?.has(key)].join("\n");
const endOf = (one) => (one.isMissing ? `missing ${one.id}` : titleOf(one));

const isEntry = ({ type }) => type === "ENTRY_POINT";

/** The layout, with where one gets from each place. */
function draw(shown, flow, size, options) {
  const links = flow.edges.filter(({ from, to }) => shown.has(from) && shown.has(to));
  const used = new Set(links.flatMap(({ from, to }) => [from, to]));
  const nodes = [...shown.values()].filter((one) => !one.isMissing || used.has(one.key));
  const first = nodes.find(isEntry)?.key ?? null;
  const next = new Map();
  for (const { from, to } of links) next.set(from, [...(next.get(from) ?? []), to]);
  return { ...layout({ nodes, links }, first, size, options), first: first ?? nodes[0]?.key, next };
}

function Edges({ chart, flow, chosen }) {
  const ends = new Map(flow.edges.map((edge) => [edge.key, edge]));
  const drawn = chart.links.map((link) => {
    const { from, to } = ends.get(link.key) ?? {};
    const isNear = chosen !== null && (from === chosen || to === chosen);
    const isLost = from?.startsWith("missing") || to?.startsWith("missing");
    return { ...link, isNear, kind: isLost ? "lost" : isNear ? "near" : "plain" };
  });
  // What belongs to the chosen step is drawn last, over the rest.
  drawn.sort((a, b) => a.isNear - b.isNear);
  return html`<svg class="edges" width=${Math.max(1, chart.width)} height=${Math.max(1, chart.height)} aria-hidden="true">
    <defs>${["plain", "near", "lost"].map((kind) => html`<marker id=${`arrow-${kind}`} class=${`arrow ${kind}`} viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="11" markerHeight="11" orient="auto"><path d="M0 0 8 4 0 8z" /></marker>`)}</defs>
    ${drawn.map(({ key, d, isBack, kind }) => html`<path key=${key} class=${`edge ${kind} ${isBack ? "back" : ""}`} d=${d} marker-end=${`url(#arrow-${kind})`} />`)}
  </svg>`;
}

function Card({ at, node, size, isChosen, isChanged, issues = [], next = [], act }) {
  const place = { transform: `translate(${at.x}px, ${at.y}px)`, width: `${size.width}px`, height: `${size.height}px` };
  const common = { "data-key": node.key, "aria-pressed": isChosen, style: place, onClick: (event) => act.current.onChoose(node.key, event.detail === 0), onKeyDown: (event) => act.current.press(event) };
  if (node.isMissing)
    return html`<button type="button" class="step-card missing" ...${common}><span class="step-icon"><${Icon} name="help" /></span>
      <span class="step-text"><span class="step-name">No such step</span><code class="step-id">${node.id || "no id"}</code></span></button>`;
  const { label, icon } = typeOf(node.type);
  const goes = next.length ? `, goes to ${next.slice(0, 5).map(endOf).join(", ")}` : "";
  return html`<button type="button" class=${`step-card ${isChanged ? "changed" : ""}`} data-type=${node.type} title=${`${label}: ${titleOf(node)}`} ...${common}>
    <span class="step-icon"><${Icon} name=${icon} /></span>
    <span class="step-text"><span class="step-name">${node.name || html`<span class="dim">Untitled</span>`}</span><code class="step-id">${node.id || "no id"}</code></span>
    <span class="sr">, ${label}${node.step.humanApproval ? ", waits for approval" : ""}${issues.length ? `, ${count(issues.length, "issue")}` : ""}${isChanged ? ", changed by your suggestion" : ""}${goes}</span>
    ${(issues.length > 0 || node.step.humanApproval) && html`<span class="step-marks" aria-hidden="true">
      ${node.step.humanApproval && html`<span class="mark hold" title="Waits for a person's approval"><${Icon} name="people" size=${12} /></span>`}
      ${issues.length > 0 && html`<span class="mark bad">${issues.length}</span>`}</span>`}
  </button>`;
}

// ------------------------------------------------------------------------------------------------------------- moving about

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function steer(event, { chart, flow, isDown, onRemove }) {
  const key = event.currentTarget.dataset.key;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  let next;
  if (event.key in ARROWS) next = neighbour(key, ARROWS[event.key], chart, flow, isDown);
  else if (event.key === "Home") next = chart.order[0];
  else if (event.key === "End") next = chart.order.at(-1);
  else if (event.key === "Delete" || event.key === "Backspace") return void (event.preventDefault(), onRemove(key));
  else return;
  event.preventDefault();
  if (next === undefined) return;
  const found = [...event.currentTarget.parentElement.querySelectorAll("[data-key]")].find((one) => one.dataset.key === next);
  found?.focus();
  found?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Along the flow the step at the end of an edge, else the nearest one that way. */
function neighbour(key, [x, y], chart, flow, isDown) {
  const here = chart.nodes.get(key);
  const ahead = isDown ? y : x;
  const ends = flow.edges.flatMap(({ from, to }) => (ahead > 0 && from === key ? [to] : ahead < 0 && to === key ? [from] : [])).filter((one) => one !== key && chart.nodes.has(one));
  const away = (one) => {
    const at = chart.nodes.get(one);
    return [(at.x - here.x) * x + (at.y - here.y) * y, Math.abs((at.x - here.x) * y) + Math.abs((at.y - here.y) * x)];
  };
  // An edge that leads back is followed only where no other leads on.
  const forth = ends.filter((one) => away(one)[0] > 0);
  if (ends.length) return (forth.length ? forth : ends).sort((a, b) => away(a)[1] - away(b)[1])[0];
  return chart.order
    .filter((one) => one !== key && away(one)[0] > 0)
    .sort((a, b) => away(a)[0] + 3 * away(a)[1] - away(b)[0] - 3 * away(b)[1])[0];
}

/** Ctrl and the wheel zoom, about the place of the pointer. */
function useWheel(frame, zoom, scale) {
  const keep = useRef(null);
  useEffect(() => {
    const node = frame.current;
    const turn = (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = node.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      keep.current = { x, y, atX: (node.scrollLeft + x - EDGE) / scale, atY: (node.scrollTop + y - EDGE) / scale };
      zoom(event.deltaY < 0);
    };
    node.addEventListener("wheel", turn, { passive: false });
    return () => node.removeEventListener("wheel", turn);
  });
  useLayoutEffect(() => {
    if (!keep.current) return;
    const { x, y, atX, atY } = keep.current;
    frame.current.scrollTo(atX * scale + EDGE - x, atY * scale + EDGE - y);
    keep.current = null;
  }, [scale]);
}

/** The ground between the steps can be dragged. */
function useDrag(frame) {
  const from = useRef(null);
  return {
    onPointerDown: (event) => {
      if (event.button !== 0 || event.pointerType !== "mouse" || event.target.closest("button")) return;
      from.current = { x: event.clientX + frame.current.scrollLeft, y: event.clientY + frame.current.scrollTop };
      frame.current.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => from.current && frame.current.scrollTo(from.current.x - event.clientX, from.current.y - event.clientY),
    onPointerUp: () => (from.current = null),
    onPointerCancel: () => (from.current = null),
  };
}
