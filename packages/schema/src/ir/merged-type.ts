import type { ArrayNode, Node, ObjectNode, PropertyNode, TypeIndex } from "./ir.ts";

/**
 * The merged types of values that fit several types at once.
 *
 * A value that fits two arms of a union keeps the properties that either arm declares. A merged object therefore has
 * the properties of all its types, and a property that several declare has the merged type of theirs; the items of
 * arrays likewise.
 */
export class MergedTypes {
  readonly #nodes: Node[];
  readonly #known = new Map<string, TypeIndex>();

  /** Creates the table of merged types, which are appended to `nodes`. */
  constructor(nodes: Node[]) {
    this.#nodes = nodes;
  }

  /**
   * The merged type of several objects, or of several arrays; for tuples the first one, because tuples that fit one
   * value differ only in the properties of their items.
   */
  of(types: readonly TypeIndex[]): TypeIndex {
    return this.#once(`and:${types.join()}`, () => {
      const nodes = types.map((type) => this.#nodes[type]!);
      if (nodes.every((node) => node.kind === "object")) return this.#object(nodes);
      if (nodes.every((node) => node.kind === "array")) return this.#array(nodes);
      return nodes[0]!;
    });
  }

  #once(key: string, make: () => Node): TypeIndex {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#nodes.push(make()) - 1;
    this.#known.set(key, index);
    return index;
  }

  /** The union of several types, whose writer merges again one level below. */
  #any(types: readonly TypeIndex[]): TypeIndex {
    const distinct = [...new Set(types)].sort((a, b) => a - b);
    if (distinct.length === 1) return distinct[0]!;
    return this.#once(`or:${distinct.join()}`, () => ({ kind: "union", arms: distinct }));
  }

  #array(nodes: readonly ArrayNode[]): Node {
    return { kind: "array", items: this.#any(nodes.map(({ items }) => items)) };
  }

  #object(nodes: readonly ObjectNode[]): Node {
    const names = new Set(nodes.flatMap(({ properties }) => properties.map(({ name }) => name)));
    const others = nodes.flatMap(({ additional }) => (additional ? [additional.value] : []));
    return {
      kind: "object",
      properties: [...names].map((name) => this.#property(name, nodes)),
      additional: others.length === 0 ? null : { key: null, value: this.#any(others) },
    };
  }

  #property(name: string, nodes: readonly ObjectNode[]): PropertyNode {
    const declared = nodes.flatMap(({ properties }) =>
      properties.filter((property) => property.name === name),
    );
    // In an arm that does not declare the name, its index signature has accepted it.
    const passed = nodes.flatMap(({ properties, additional }) => {
      return additional && !properties.some((property) => property.name === name) ? [additional.value] : [];
    });
    const type = this.#any([...declared.map((property) => property.type), ...passed]);
    return { name, type, optional: declared.every(({ optional }) => optional) };
  }
}
