/** A place in the drawing, in pixels. */
export interface MapPoint {
  readonly x: number;
  readonly y: number;
}

/** A node of the map: its upper left corner, and its column from 0. */
export interface PlacedNode extends MapPoint {
  readonly id: string;
  readonly layer: number;
}

/** A graph, laid out: nodes by id, the way of each edge from node to node, and the whole size in pixels. */
export interface Layout {
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  /** In the order of the edges; empty for an edge to itself or to what is no node. */
  readonly ways: readonly (readonly MapPoint[])[];
  readonly width: number;
  readonly height: number;
}

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** An edge that leads from left to right; `isTurned` where the given one leads back. */
interface Forward extends Edge {
  readonly index: number;
  readonly isTurned: boolean;
}

/** The size of a node and the gaps between nodes, in pixels; `lane` is the height that a passing edge takes. */
export const NODE = { width: 168, height: 46, columnGap: 88, rowGap: 22, lane: 4 } as const;

/** How often the nodes of a layer are put in the order of their neighbours. */
const PASSES = 8;

/**
 * Lays a directed graph out in columns, edges from left to right, in Sugiyama's steps: circles are broken, columns given
 * by the longest way, edges over several columns get a lane in each, and columns are ordered by the middle of their
 * neighbours. The same graph has always the same layout.
 */
export function layOut(ids: readonly string[], edges: readonly Edge[]): Layout {
  const forward = withoutCircles(ids, edges);
  const column = columnsOf(ids, forward);
  const lanes = forward.map((edge) => laneNames(edge, column));
  const layers: string[][] = [];
  for (const id of ids) (layers[column.get(id) ?? 0] ??= []).push(id);
  for (const [index, { from }] of forward.entries()) {
    for (const [step, lane] of (lanes[index] ?? []).entries()) {
      (layers[(column.get(from) ?? 0) + 1 + step] ??= []).push(lane);
    }
  }
  const steps = forward.flatMap(({ from, to }, index) => pairs([from, ...(lanes[index] ?? []), to]));
  const known = new Set(ids);
  const places = place(orderLayers(layers, steps), known);
  const ways: (readonly MapPoint[])[] = edges.map(() => []);
  for (const [index, edge] of forward.entries()) {
    const way = wayOf([edge.from, ...(lanes[index] ?? []), edge.to], places);
    ways[edge.index] = edge.isTurned ? way.toReversed() : way;
  }
  const nodes = new Map([...places].filter(([id]) => known.has(id)));
  const width = Math.max(0, layers.length * (NODE.width + NODE.columnGap) - NODE.columnGap);
  const bottoms = [...places].map(([id, { y }]) => y + (known.has(id) ? NODE.height : NODE.lane));
  return { nodes, ways, width, height: Math.max(0, ...bottoms) };
}

/** Turns the edges round that lead back to a node on the way to them; leaves out those that lead nowhere. */
function withoutCircles(ids: readonly string[], edges: readonly Edge[]): Forward[] {
  const known = new Set(ids);
  const state = new Map<string, "open" | "done">();
  const kept: Forward[] = [];
  const visit = (id: string): void => {
    state.set(id, "open");
    for (const [index, { from, to }] of edges.entries()) {
      if (from !== id || to === id || !known.has(to)) continue;
      const isTurned = state.get(to) === "open";
      kept.push(isTurned ? { from: to, to: from, index, isTurned } : { from, to, index, isTurned });
      if (!state.has(to)) visit(to);
    }
    state.set(id, "done");
  };
  for (const id of ids) if (!state.has(id)) visit(id);
  return kept;
}

function columnsOf(ids: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const column = new Map(ids.map((id) => [id, 0]));
  for (let round = 0; round < ids.length; round += 1) {
    let hasMoved = false;
    for (const { from, to } of edges) {
      const least = (column.get(from) ?? 0) + 1;
      if ((column.get(to) ?? 0) >= least) continue;
      column.set(to, least);
      hasMoved = true;
    }
    if (!hasMoved) break;
  }
  return column;
}

/** A name for the lane of an edge in each column between its ends; no id of a node has a NUL. */
function laneNames({ from, to, index }: Forward, column: ReadonlyMap<string, number>): string[] {
  const between = (column.get(to) ?? 0) - (column.get(from) ?? 0) - 1;
  return Array.from({ length: Math.max(0, between) }, (_, step) => `\0${index}\0${step}`);
}

function pairs(way: readonly string[]): Edge[] {
  return way.slice(1).map((to, index) => ({ from: way[index] ?? to, to }));
}

function orderLayers(layers: readonly string[][], edges: readonly Edge[]): string[][] {
  const ordered = layers.map((layer) => [...layer]);
  const row = new Map<string, number>();
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const layer of pass % 2 === 0 ? ordered : ordered.toReversed()) {
      for (const each of ordered)
        for (const [index, id] of each.entries()) row.set(id, index - (each.length - 1) / 2);
      const middle = new Map(layer.map((id) => [id, middleOf(id, edges, row)]));
      layer.sort((left, right) => (middle.get(left) ?? 0) - (middle.get(right) ?? 0));
    }
  }
  return ordered;
}

function middleOf(id: string, edges: readonly Edge[], row: ReadonlyMap<string, number>): number {
  const neighbours = edges.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []));
  if (neighbours.length === 0) return row.get(id) ?? 0;
  return neighbours.reduce((sum, other) => sum + (row.get(other) ?? 0), 0) / neighbours.length;
}

function place(layers: readonly string[][], nodes: ReadonlySet<string>): Map<string, PlacedNode> {
  const heightOf = (id: string): number => (nodes.has(id) ? NODE.height : NODE.lane) + NODE.rowGap;
  const heights = layers.map((layer) => layer.reduce((sum, id) => sum + heightOf(id), 0));
  const tallest = Math.max(0, ...heights);
  const places = new Map<string, PlacedNode>();
  for (const [layer, members] of layers.entries()) {
    let y = (tallest - (heights[layer] ?? 0)) / 2;
    for (const id of members) {
      places.set(id, { id, layer, x: layer * (NODE.width + NODE.columnGap), y });
      y += heightOf(id);
    }
  }
  return places;
}

/** From the right side of the first node through all lanes to the left side of the last. */
function wayOf(ids: readonly string[], places: ReadonlyMap<string, PlacedNode>): MapPoint[] {
  return ids.flatMap((id, index) => {
    const { x, y } = places.get(id) ?? { x: 0, y: 0 };
    const isEnd = index === 0 || index === ids.length - 1;
    const middle = y + (isEnd ? NODE.height : NODE.lane) / 2;
    const points = [
      { x, y: middle },
      { x: x + NODE.width, y: middle },
    ];
    if (index === 0) return points.slice(1);
    return isEnd ? points.slice(0, 1) : points;
  });
}

/** A way as the path of an SVG: soft between columns, straight along a lane. */
export function pathOf(way: readonly MapPoint[]): string {
  const [start, ...rest] = way;
  if (start === undefined) return "";
  let last = start;
  let path = `M${start.x} ${start.y}`;
  for (const next of rest) {
    const bend = (next.x - last.x) / 2;
    path +=
      next.y === last.y
        ? `L${next.x} ${next.y}`
        : `C${last.x + bend} ${last.y} ${next.x - bend} ${next.y} ${next.x} ${next.y}`;
    last = next;
  }
  return path;
}
