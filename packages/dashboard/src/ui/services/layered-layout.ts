/** A node of the map, with its place in pixels. */
export interface PlacedNode {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** The column, from 0. */
  readonly layer: number;
}

/** A graph, laid out: nodes by id, and the whole size in pixels. */
export interface Layout {
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  readonly width: number;
  readonly height: number;
}

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** The size of a node and the gaps between nodes, in pixels. */
export const NODE = { width: 168, height: 46, columnGap: 96, rowGap: 20 } as const;

/** How often the nodes of a layer are put in the order of their neighbours. */
const PASSES = 6;

/**
 * Lays a directed graph out in columns, edges from left to right, in Sugiyama's steps: circles are broken, columns given
 * by the longest way, and each column ordered by the middle of its neighbours. The same graph has always the same layout.
 */
export function layOut(ids: readonly string[], edges: readonly Edge[]): Layout {
  const known = new Set(ids);
  const forward = withoutCircles(ids, edges.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to));
  const layers = orderLayers(columnsOf(ids, forward), forward);
  const tallest = Math.max(0, ...layers.map((layer) => layer.length));
  const step = NODE.height + NODE.rowGap;
  const nodes = new Map<string, PlacedNode>();
  for (const [layer, members] of layers.entries()) {
    const top = ((tallest - members.length) * step) / 2;
    for (const [row, id] of members.entries()) {
      nodes.set(id, { id, layer, x: layer * (NODE.width + NODE.columnGap), y: top + row * step });
    }
  }
  const width = Math.max(0, layers.length * (NODE.width + NODE.columnGap) - NODE.columnGap);
  return { nodes, width, height: Math.max(0, tallest * step - NODE.rowGap) };
}

/** Turns the edges round that lead back to a node on the way to them. */
function withoutCircles(ids: readonly string[], edges: readonly Edge[]): Edge[] {
  const state = new Map<string, "open" | "done">();
  const kept: Edge[] = [];
  const visit = (id: string): void => {
    state.set(id, "open");
    for (const edge of edges.filter(({ from }) => from === id)) {
      if (state.get(edge.to) === "open") kept.push({ from: edge.to, to: edge.from });
      else kept.push(edge);
      if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(id, "done");
  };
  for (const id of ids) if (!state.has(id)) visit(id);
  return kept;
}

function columnsOf(ids: readonly string[], edges: readonly Edge[]): string[][] {
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
  const layers: string[][] = [];
  for (const id of ids) (layers[column.get(id) ?? 0] ??= []).push(id);
  return layers.filter((layer) => layer !== undefined);
}

function orderLayers(layers: readonly string[][], edges: readonly Edge[]): string[][] {
  const ordered = layers.map((layer) => [...layer]);
  const place = new Map<string, number>();
  const note = (): void => {
    for (const layer of ordered)
      for (const [row, id] of layer.entries()) place.set(id, row - (layer.length - 1) / 2);
  };
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const layer of pass % 2 === 0 ? ordered : ordered.toReversed()) {
      note();
      const middle = new Map(layer.map((id) => [id, middleOf(id, edges, place)]));
      layer.sort((left, right) => (middle.get(left) ?? 0) - (middle.get(right) ?? 0));
    }
  }
  return ordered;
}

function middleOf(id: string, edges: readonly Edge[], place: ReadonlyMap<string, number>): number {
  const neighbours = edges.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []));
  if (neighbours.length === 0) return place.get(id) ?? 0;
  return neighbours.reduce((sum, other) => sum + (place.get(other) ?? 0), 0) / neighbours.length;
}
