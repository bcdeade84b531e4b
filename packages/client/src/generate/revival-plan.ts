// Copied by tools/definitions from packages/schema/src/ir/revival-plan.ts: change that file, then run `npm run fix`.

import type { Node } from "./ir.ts";

/**
 * The places of a JSON document whose strings stand for values that JSON does not have.
 *
 * Shape:  `d` (a `Date`), `n` (a `bigint`) or `b` (a `Uint8Array`) at the place of such a string, the same in capitals where the
 *         place may also hold values that are no strings; an object by property names, with `[]` for the items of a list, `*` for
 *         names that are not declared and the empty name for the place itself; a number that is a place in the plan.
 */
export type Revival = string | number | { readonly [name: string]: Revival };

/**
 * Finds the dates, bigints and bytes in a type.
 *
 * Shape:  the arena and a type -> a table whose first entry is the type's; empty where the type has no such value. A place whose
 *         string may also be plain text, as in `Date | string`, is left out: no reader could tell them apart.
 */
export function revivalPlan(types: readonly Node[], type: number): readonly Revival[] {
  const graph = new RevivalGraph(types);
  const root = graph.add([type]);
  return graph.table(root);
}

/** Names that the plan gives a meaning of its own, or that no property should be assigned by. */
const RESERVED: ReadonlySet<string> = new Set(["", "*", "[]", "__proto__"]);

/** One place: every type that may stand there. */
interface Place {
  readonly code: string | undefined;
  readonly parts: ReadonlyMap<string, string>;
}

/** The places that a type reaches, by the types that may stand there. */
class RevivalGraph {
  readonly #types: readonly Node[];
  readonly #places = new Map<string, Place>();
  readonly #uses = new Map<string, number>();

  constructor(types: readonly Node[]) {
    this.#types = types;
  }

  /** Adds the place where any of these types may stand, and returns its key. */
  add(types: readonly number[]): string {
    const arms = [...new Set(types.flatMap((type) => this.#arms(type, new Set())))].sort((a, b) => a - b);
    const key = arms.join();
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    if (this.#places.has(key)) return key;
    const parts = new Map<string, string>();
    const nodes = arms.map((arm) => this.#types[arm]!);
    this.#places.set(key, { code: codeOf(nodes), parts });
    if (nodes.some(({ kind }) => kind === "any")) return key;
    for (const [name, at] of partsOf(nodes)) parts.set(name, this.add(at));
    return key;
  }

  /** Writes the table whose first entry is the place `root`. */
  table(root: string): readonly Revival[] {
    const alive = this.#alive();
    if (!alive.has(root)) return [];
    const shared = [...alive].filter((key) => key !== root && this.#uses.get(key)! > 1 && this.#isDeep(key));
    const entries = [root, ...shared];
    const written = (key: string): Revival => {
      const place = entries.indexOf(key);
      return place === -1 ? this.#entry(key, alive, written) : place;
    };
    return entries.map((key) => this.#entry(key, alive, written));
  }

  #entry(key: string, alive: ReadonlySet<string>, written: (key: string) => Revival): Revival {
    const { code, parts } = this.#places.get(key)!;
    const own = [...parts].filter(([, part]) => alive.has(part));
    if (own.length === 0) return code!;
    const entry = own.map(([name, part]): [string, Revival] => [name, written(part)]);
    return Object.fromEntries(code === undefined ? entry : [["", code], ...entry]);
  }

  #isDeep(key: string): boolean {
    return this.#places.get(key)!.parts.size > 0;
  }

  /** The places from which a value to revive can be reached. */
  #alive(): ReadonlySet<string> {
    const alive = new Set<string>();
    for (let before = -1; before !== alive.size;) {
      before = alive.size;
      for (const [key, { code, parts }] of this.#places) {
        if (code !== undefined || [...parts.values()].some((part) => alive.has(part))) alive.add(key);
      }
    }
    return alive;
  }

  /** The types that a type is a union of. */
  #arms(type: number, within: Set<number>): readonly number[] {
    const node = this.#types[type];
    if (node === undefined || within.has(type)) return [];
    if (node.kind !== "union") return [type];
    within.add(type);
    return node.arms.flatMap((arm) => this.#arms(arm, within));
  }
}

const CODES: Readonly<Record<string, string>> = { date: "d", bigint: "n", bytes: "b" };

/** The code of a place with these types; none where its strings are ambiguous. */
function codeOf(nodes: readonly Node[]): string | undefined {
  const codes = new Set(nodes.flatMap(({ kind }) => CODES[kind] ?? []));
  const [code] = codes;
  if (code === undefined || codes.size > 1 || nodes.some(mayBeText)) return undefined;
  return nodes.every(({ kind }) => kind in CODES || kind === "null") ? code : code.toUpperCase();
}

function mayBeText(node: Node): boolean {
  if (node.kind === "literal") return typeof node.value === "string";
  if (node.kind === "enum") return node.values.some((value) => typeof value === "string");
  return node.kind === "string" || node.kind === "template" || node.kind === "any";
}

/** What these types hold, by name: all types that may stand there. */
function partsOf(nodes: readonly Node[]): ReadonlyMap<string, readonly number[]> {
  const parts = new Map<string, number[]>();
  const add = (name: string, type: number): void => void parts.set(name, [...(parts.get(name) ?? []), type]);
  const objects = nodes.filter((node) => node.kind === "object");
  const names = new Set(objects.flatMap(({ properties }) => properties.map(({ name }) => name)));
  for (const { properties, additional } of objects) {
    for (const name of names) {
      const type = properties.find((property) => property.name === name)?.type ?? additional?.value;
      if (type !== undefined && !RESERVED.has(name)) add(name, type);
    }
    if (additional !== null) add("*", additional.value);
  }
  const isOneTuple = nodes.filter(({ kind }) => kind === "array" || kind === "tuple").length === 1;
  for (const node of nodes) {
    if (node.kind === "array") add("[]", node.items);
    if (node.kind !== "tuple") continue;
    for (const [index, { type }] of node.items.entries()) add(isOneTuple ? String(index) : "[]", type);
    if (node.rest !== null) add("[]", node.rest);
  }
  return parts;
}
