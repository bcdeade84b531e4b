import type { Node, TypeIndex } from "@twinloop/core-native/build-time";

/**
 * The shared types of a manifest: equal types once, in the order in which the roots reach them, with union arms ordered
 * by their own structure alone. The same app therefore gives the same text, in whatever order its files were read.
 */
export class Arena {
  readonly #nodes: Node[] = [];

  /** Appends the nodes of one file; returns the offset to add to their indices. */
  append(nodes: readonly Node[]): number {
    const base = this.#nodes.length;
    for (const node of nodes) this.#nodes.push(mapReferences(node, (type) => type + base));
    return base;
  }

  /**
   * Computes the final types, and for every appended index its place in them; an index that no root reaches has none.
   */
  finish(roots: readonly TypeIndex[]): { types: Node[]; place: (index: TypeIndex) => TypeIndex } {
    const nodes = this.#nodes;
    const rank = structuralRanks(nodes);
    const order: TypeIndex[] = [];
    const placeOfRank = new Map<number, TypeIndex>();
    const pending = [...roots].reverse();
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const own = rank[index] ?? 0;
      if (placeOfRank.has(own)) continue;
      placeOfRank.set(own, order.length);
      order.push(index);
      pending.push(...sortedReferences(nodes[index] as Node, rank).reverse());
    }
    const place = (index: TypeIndex): TypeIndex => placeOfRank.get(rank[index] ?? 0) ?? -1;
    const types = order.map((index) => mapReferences(sortArms(nodes[index] as Node, rank), place));
    return { types, place };
  }
}

/** Copies a node with every reference to a type replaced. */
export function mapReferences(node: Node, map: (type: TypeIndex) => TypeIndex): Node {
  switch (node.kind) {
    case "array":
      return { ...node, items: map(node.items) };
    case "tuple":
      return {
        ...node,
        items: node.items.map((item) => ({ ...item, type: map(item.type) })),
        rest: node.rest === null ? null : map(node.rest),
      };
    case "object":
      return {
        ...node,
        properties: node.properties.map((property) => ({ ...property, type: map(property.type) })),
        additional: node.additional && {
          key: node.additional.key === null ? null : map(node.additional.key),
          value: map(node.additional.value),
        },
      };
    case "union":
      return { ...node, arms: node.arms.map(map) };
    default:
      return node;
  }
}

function references(node: Node): readonly TypeIndex[] {
  switch (node.kind) {
    case "array":
      return [node.items];
    case "tuple":
      return [...node.items.map(({ type }) => type), ...(node.rest === null ? [] : [node.rest])];
    case "object": {
      const { properties, additional } = node;
      const own = properties.map(({ type }) => type);
      if (additional === null) return own;
      return additional.key === null
        ? [...own, additional.value]
        : [...own, additional.key, additional.value];
    }
    case "union":
      return node.arms;
    default:
      return [];
  }
}

function sortArms(node: Node, rank: readonly number[]): Node {
  return node.kind === "union" ? { ...node, arms: sortedReferences(node, rank) } : node;
}

function sortedReferences(node: Node, rank: readonly number[]): TypeIndex[] {
  if (node.kind !== "union") return [...references(node)];
  const byRank = new Map(node.arms.map((arm) => [rank[arm] ?? 0, arm]));
  return [...byRank.entries()].sort(([a], [b]) => a - b).map(([, arm]) => arm);
}

/**
 * Computes a number for each node, equal exactly for nodes of equal structure, however deep and recursive, by partition
 * refinement. The order of two numbers depends only on the two structures.
 */
function structuralRanks(nodes: readonly Node[]): number[] {
  const links = nodes.map(references);
  let { ranks, count } = rankBy(nodes.map((node) => [labelOf(node)]));
  for (;;) {
    const keys = nodes.map((node, index) => {
      const children = (links[index] ?? []).map((type) => ranks[type] ?? 0);
      // A union is a set: two unions are equal regardless of the order and repetition of arms.
      const seen = node.kind === "union" ? [...new Set(children)].sort((a, b) => a - b) : children;
      return [ranks[index] ?? 0, ...seen];
    });
    const next = rankBy(keys);
    if (next.count === count) return ranks;
    ({ ranks, count } = next);
  }
}

function rankBy(keys: readonly (readonly (string | number)[])[]): { ranks: number[]; count: number } {
  const order = keys.map((_, index) => index).sort((a, b) => compareKeys(keys[a] ?? [], keys[b] ?? []));
  const ranks: number[] = new Array<number>(keys.length);
  let count = 0;
  for (const [position, index] of order.entries()) {
    const before = order[position - 1];
    if (before !== undefined && compareKeys(keys[before] ?? [], keys[index] ?? []) !== 0) count++;
    ranks[index] = count;
  }
  return { ranks, count };
}

function compareKeys(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [a[index] ?? 0, b[index] ?? 0];
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

/** The order of kinds in which a union's arms read well: scalars, containers, null. */
const kindOrder: readonly Node["kind"][] = [
  "literal",
  "enum",
  "template",
  "string",
  "number",
  "boolean",
  "bigint",
  "date",
  "bytes",
  "object",
  "array",
  "tuple",
  "union",
  "any",
  "null",
];

/** A node without its references, as text. */
function labelOf(node: Node): string {
  const flat = node.kind === "union" ? { ...node, arms: [] } : mapReferences(node, () => 0);
  return `${String.fromCharCode(65 + kindOrder.indexOf(node.kind))}${JSON.stringify(flat)}`;
}
