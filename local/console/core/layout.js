// Where the steps of a flow are drawn: layers along the flow, few crossings, short edges. Pure; sizes in pixels.
//
// Inside, `u` runs along the flow and `v` across it; only the end turns them into x and y. An edge that passes layers is
// led through points of its own in each of them, so it never runs over a step.

const SWEEPS = 8;
const MOST_BENDS = 3_000;
const PORT_GAP = 14;

/**
 * nodes: [{key}]; links: [{key, from, to}], their ends are keys of nodes; first: the key that the flow begins at, or null
 * size: {width, height, along, across}: of a node, and the gaps between nodes
 * isDown: from top to bottom, instead of left to right; room: the width at which nodes without links begin a new row
 * Returns `{width, height, nodes: Map of key to {x, y, layer}, links: [{key, d, isBack}], order}`; `order` lists the
 * keys as one reads, `d` is the path of an edge.
 */
export function layout({ nodes, links }, first, size, { isDown = false, room = 900 } = {}) {
  const along = isDown ? size.height : size.width;
  const across = isDown ? size.width : size.height;
  const groups = connected(nodes, links, first);
  const placed = new Map();
  const drawn = [];
  const order = [];
  const single = [];
  let y = 0;
  let width = 0;
  const charts = [];
  for (const group of groups) {
    if (group.nodes.length === 1 && !group.links.some((link) => link.from !== link.to)) {
      single.push(group);
      continue;
    }
    const chart = arrange(group, first, along, across, size);
    charts.push({ ...chart, wide: isDown ? chart.v : chart.u, high: isDown ? chart.u : chart.v });
    width = Math.max(width, charts.at(-1).wide);
  }
  for (const chart of charts) {
    const x = isDown ? (width - chart.wide) / 2 : 0;
    const point = ([u, v]) => (isDown ? [x + v, y + u] : [x + u, y + v]);
    for (const { key, u, v, layer } of chart.nodes) {
      const [left, top] = point([u, v]);
      placed.set(key, { x: left, y: top, layer });
      order.push(key);
    }
    for (const { key, points, isBack } of chart.links) drawn.push({ key, isBack, d: curve(points.map(point), isDown) });
    y += chart.high + size.across * 2;
  }
  const perRow = Math.max(1, Math.floor((Math.max(width, room) + size.across) / (size.width + size.across)));
  single.forEach(({ nodes: [{ key }] }, index) => {
    const at = { x: (index % perRow) * (size.width + size.across), y: y + Math.floor(index / perRow) * (size.height + size.across), layer: -1 };
    placed.set(key, at);
    order.push(key);
    width = Math.max(width, at.x + size.width);
  });
  for (const { key, from, to } of links) if (from === to) drawn.push({ key, isBack: true, d: loop(placed.get(from), size) });
  const rows = Math.ceil(single.length / perRow);
  const height = rows ? y + rows * (size.height + size.across) - size.across : Math.max(0, y - size.across * 2);
  return { width, height, nodes: placed, links: drawn, order };
}

/** What hangs together, that with the first node first: `[{nodes, links}]`. */
function connected(nodes, links, first) {
  const near = new Map(nodes.map(({ key }) => [key, []]));
  for (const link of links) {
    near.get(link.from).push(link.to);
    near.get(link.to).push(link.from);
  }
  const groupOf = new Map();
  const groups = [];
  for (const { key } of first === null ? nodes : [{ key: first }, ...nodes]) {
    if (groupOf.has(key)) continue;
    const group = { nodes: [], links: [] };
    groups.push(group);
    const open = [key];
    groupOf.set(key, group);
    for (let one; (one = open.pop()) !== undefined; )
      for (const next of near.get(one)) if (!groupOf.has(next)) groupOf.set(next, group), open.push(next);
  }
  for (const node of nodes) groupOf.get(node.key).nodes.push(node);
  for (const link of links) groupOf.get(link.from).links.push(link);
  return groups;
}

/** One connected group: `{u, v, nodes: [{key, u, v, layer}], links: [{key, points, isBack}]}`, nodes in reading order. */
function arrange({ nodes, links }, first, along, across, gaps) {
  const { layerOf, back } = layered(nodes, links, first);
  const layers = [];
  const put = (cell) => ((layers[cell.layer] ??= []).push(cell), cell);
  const cells = new Map(nodes.map(({ key }) => [key, put({ key, layer: layerOf.get(key), span: across, before: [], behind: [] })]));
  const join = (a, b) => (a.behind.push(b), b.before.push(a));
  // Many long edges in a long flow would make more bends than steps: then they run straight.
  const straight = links.reduce((sum, { from, to }) => sum + Math.abs(layerOf.get(to) - layerOf.get(from)), 0) > MOST_BENDS + links.length;
  const chains = links
    .filter(({ from, to }) => from !== to)
    .map((link) => {
      const isBack = back.has(link.key);
      const [low, high] = isBack ? [link.to, link.from] : [link.from, link.to];
      const cellsOf = [cells.get(low)];
      for (let layer = layerOf.get(low) + 1; !straight && layer < layerOf.get(high); layer++) cellsOf.push(put({ layer, span: 0, before: [], behind: [] }));
      cellsOf.push(cells.get(high));
      for (let at = 1; at < cellsOf.length; at++) join(cellsOf[at - 1], cellsOf[at]);
      return { key: link.key, cells: cellsOf, isBack };
    });
  sort(layers);
  spread(layers, gaps.across);
  const all = layers.flat();
  const top = Math.min(...all.map((cell) => cell.v - cell.span / 2));
  for (const cell of all) cell.v -= top;
  const start = (layer) => layer * (along + gaps.along);
  ports(chains);
  return {
    u: start(layers.length - 1) + along,
    v: Math.max(...all.map((cell) => cell.v + cell.span / 2)),
    nodes: all.filter((cell) => cell.key !== undefined).map((cell) => ({ key: cell.key, u: start(cell.layer), v: cell.v - across / 2, layer: cell.layer })),
    links: chains.map(({ key, cells: [low, ...rest], isBack, leaves, enters }) => {
      const high = rest.pop();
      const bends = rest.flatMap((cell) => [[start(cell.layer), cell.v], [start(cell.layer) + along, cell.v]]);
      const points = [[start(low.layer) + along, low.v + leaves], ...bends, [start(high.layer), high.v + enters]];
      return { key, isBack, points: isBack ? points.reverse() : points };
    }),
  };
}

/** The layer of each node: as far from the first one as the longest way; edges that close a circle are `back`. */
function layered(nodes, links, first) {
  const out = new Map(nodes.map(({ key }) => [key, []]));
  const into = new Map(nodes.map(({ key }) => [key, 0]));
  for (const link of links) {
    if (link.from === link.to) continue;
    out.get(link.from).push(link);
    into.set(link.to, into.get(link.to) + 1);
  }
  const roots = [...(out.has(first) ? [first] : []), ...nodes.map(({ key }) => key).filter((key) => !into.get(key)), ...nodes.map(({ key }) => key)];
  const state = new Map(); // 1: on the way, 2: done
  const back = new Set();
  const done = [];
  for (const root of roots) {
    if (state.has(root)) continue;
    const way = [{ key: root, at: 0 }];
    state.set(root, 1);
    while (way.length) {
      const top = way.at(-1);
      const link = out.get(top.key)[top.at++];
      if (!link) {
        state.set(top.key, 2);
        done.push(top.key);
        way.pop();
      } else if (state.get(link.to) === 1) back.add(link.key);
      else if (!state.has(link.to)) {
        state.set(link.to, 1);
        way.push({ key: link.to, at: 0 });
      }
    }
  }
  const layerOf = new Map(nodes.map(({ key }) => [key, 0]));
  const fed = new Set();
  for (const key of done.toReversed())
    for (const link of out.get(key)) {
      const [low, high] = back.has(link.key) ? [link.to, key] : [key, link.to];
      fed.add(high);
      if (!back.has(link.key)) layerOf.set(high, Math.max(layerOf.get(high), layerOf.get(low) + 1));
    }
  // What nothing leads to stands just before what it leads to.
  for (const key of done) {
    if (fed.has(key) || key === first || !out.get(key).length) continue;
    layerOf.set(key, Math.max(0, Math.min(...out.get(key).map((link) => layerOf.get(link.to))) - 1));
  }
  return { layerOf, back };
}

/** Order each layer by where its neighbours stand; the order with the fewest crossings wins. */
function sort(layers) {
  const number = () => layers.forEach((layer) => layer.forEach((cell, at) => (cell.at = at)));
  number();
  let best = { crossings: crossings(layers), order: layers.map((layer) => [...layer]) };
  for (let sweep = 0; sweep < SWEEPS && best.crossings; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const layer of isForth ? layers : layers.toReversed()) {
      for (const cell of layer) {
        const near = isForth ? cell.before : cell.behind;
        cell.wish = near.length ? near.reduce((sum, one) => sum + one.at, 0) / near.length : cell.at;
      }
      layer.sort((a, b) => a.wish - b.wish || a.at - b.at);
      layer.forEach((cell, at) => (cell.at = at));
    }
    const now = crossings(layers);
    if (now < best.crossings) best = { crossings: now, order: layers.map((layer) => [...layer]) };
  }
  best.order.forEach((layer, at) => (layers[at] = layer));
  number();
}

function crossings(layers) {
  let found = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((cell) => cell.behind.map((one) => one.at).sort((a, b) => a - b));
    if (ends.length > 400) continue;
    for (let a = 0; a < ends.length; a++) for (let b = a + 1; b < ends.length; b++) if (ends[a] > ends[b]) found++;
  }
  return found;
}

/** Give each cell its place across: near its neighbours, in the order of its layer, without touching. */
function spread(layers, gap) {
  const apart = (a, b) => (a.span + b.span) / 2 + (a.span && b.span ? gap : gap * 0.75);
  for (const layer of layers) {
    let v = 0;
    layer.forEach((cell, at) => (cell.v = v += at ? apart(layer[at - 1], cell) : 0));
    for (const cell of layer) cell.v -= v / 2;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    const isLast = sweep >= SWEEPS - 2;
    for (const layer of isForth ? layers : layers.toReversed()) {
      for (const cell of layer) {
        const near = isLast ? [...cell.before, ...cell.behind] : isForth ? cell.before : cell.behind;
        cell.pull = near.reduce((sum, one) => sum + pull(cell, one), 0) || 1;
        cell.wish = near.length ? near.reduce((sum, one) => sum + pull(cell, one) * one.v, 0) / cell.pull : cell.v;
      }
      settle(layer, apart);
    }
  }
}

/** How much an edge wants to run straight: most between two of its own bends. */
const pull = (a, b) => (a.span && b.span ? 1 : a.span || b.span ? 2 : 8);

/** The places nearest to the wishes (least squares) that keep order and distance: neighbours that would overlap move as one. */
function settle(layer, apart) {
  const blocks = [];
  let offset = 0;
  layer.forEach((cell, at) => {
    offset += at ? apart(layer[at - 1], cell) : 0;
    cell.offset = offset;
    let block = { sum: cell.pull * (cell.wish - offset), pull: cell.pull, cells: [cell] };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).pull >= block.sum / block.pull) {
      const last = blocks.pop();
      block = { sum: last.sum + block.sum, pull: last.pull + block.pull, cells: [...last.cells, ...block.cells] };
    }
    blocks.push(block);
  });
  for (const { sum, pull: weight, cells } of blocks) for (const cell of cells) cell.v = sum / weight + cell.offset;
}

/** Spread the edges of a side over it, in the order of where they go. */
function ports(chains) {
  const sides = new Map();
  const note = (cell, side, chain, toward) => {
    if (!sides.has(cell)) sides.set(cell, { leaves: [], enters: [] });
    sides.get(cell)[side].push({ chain, toward });
  };
  for (const chain of chains) {
    note(chain.cells[0], "leaves", chain, chain.cells[1]);
    note(chain.cells.at(-1), "enters", chain, chain.cells.at(-2));
  }
  for (const [cell, both] of sides)
    for (const [side, ends] of Object.entries(both)) {
      ends.sort((a, b) => a.toward.v - b.toward.v || Number(a.chain.isBack) - Number(b.chain.isBack));
      const gap = Math.min(PORT_GAP, (cell.span * 0.7) / Math.max(1, ends.length - 1));
      ends.forEach(({ chain }, at) => (chain[side] = (at - (ends.length - 1) / 2) * gap));
    }
}

const round = (number) => Math.round(number * 10) / 10;
const pair = (point) => point.map(round).join(" ");

/** A path through points: curves that leave and arrive along the flow. */
function curve([start, ...rest], isDown) {
  let d = `M${pair(start)}`;
  let [x, y] = start;
  for (const [toX, toY] of rest) {
    const [midX, midY] = [(x + toX) / 2, (y + toY) / 2];
    if (isDown ? x === toX : y === toY) d += `L${pair([toX, toY])}`;
    else d += isDown ? `C${pair([x, midY])} ${pair([toX, midY])} ${pair([toX, toY])}` : `C${pair([midX, y])} ${pair([midX, toY])} ${pair([toX, toY])}`;
    [x, y] = [toX, toY];
  }
  return d;
}

/** From a step to itself, over its upper right corner. */
function loop({ x, y }, { width }) {
  return `M${pair([x + width - 44, y])}C${pair([x + width - 44, y - 30])} ${pair([x + width - 14, y - 30])} ${pair([x + width - 14, y])}`;
}
