import type { Node, ObjectNode, TypeIndex } from "../ir/ir.ts";

/** The direction of a value: what a server reads, or what it sends. */
export type Direction = "in" | "out";

/**
 * The names under which types are shared: their own, and `Recursive` for those that contain themselves and have none. Types of one name
 * are told apart by a number, in the order of the manifest.
 */
export class TypeNames {
  readonly #names = new Map<TypeIndex, string>();
  /** The names of types that are read otherwise than they are sent, as they are read. */
  readonly #inputs = new Map<TypeIndex, string>();
  readonly #used = new Set<string>();

  /** Names the types of a manifest. */
  constructor(types: readonly Node[]) {
    const recursive = recursiveTypes(types);
    for (const [type, node] of types.entries()) {
      const given = (node as Partial<ObjectNode>).name;
      if (given === undefined && !recursive.has(type)) continue;
      this.#names.set(type, this.#free(given === undefined ? "Recursive" : identifier(given)));
    }
    const differing = differingTypes(types);
    for (const [type, name] of this.#names)
      if (differing.has(type)) this.#inputs.set(type, this.#free(`${name}Input`));
  }

  /** The name of a type in a direction; `undefined` for one that is written where it is used. */
  of(type: TypeIndex, direction: Direction): string | undefined {
    return (direction === "in" ? this.#inputs.get(type) : undefined) ?? this.#names.get(type);
  }

  /** Whether a type has this name. */
  isTaken(name: string): boolean {
    return this.#used.has(name);
  }

  /** Takes a name, with the lowest number from 2 that makes it free. */
  #free(base: string): string {
    let name = base;
    for (let count = 2; this.#used.has(name); count++) name = `${base}${count}`;
    this.#used.add(name);
    return name;
  }
}

/** The types that are read more widely than they are sent: a bigint may also come as a JSON number. */
function differingTypes(types: readonly Node[]): ReadonlySet<TypeIndex> {
  const users = new Map<TypeIndex, TypeIndex[]>();
  for (const [type, node] of types.entries())
    for (const inner of innerTypes(node)) users.set(inner, [...(users.get(inner) ?? []), type]);
  const found = new Set<TypeIndex>();
  const pending = [...types.keys()].filter((type) => types[type]!.kind === "bigint");
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (found.has(type)) continue;
    found.add(type);
    pending.push(...(users.get(type) ?? []));
  }
  return found;
}

/** A type's name as one word: `Page<Link>` is `PageOfLink`. */
function identifier(name: string): string {
  const words = name
    .replace(/</g, " Of ")
    .replace(/,/g, " And ")
    .split(/[^A-Za-z0-9_]+/)
    .filter((word) => word !== "");
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("") || "Type";
}

/** The types without a name that contain themselves through others without one. */
function recursiveTypes(types: readonly Node[]): ReadonlySet<TypeIndex> {
  const found = new Set<TypeIndex>();
  const state = new Map<TypeIndex, "open" | "done">();
  for (const start of types.keys()) {
    const stack: [TypeIndex, boolean][] = [[start, false]];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [type, isLeaving] = next;
      if (isLeaving) {
        state.set(type, "done");
        continue;
      }
      const node = types[type];
      if (node === undefined || "name" in node) continue;
      if (state.get(type) === "open") found.add(type);
      if (state.has(type)) continue;
      state.set(type, "open");
      stack.push([type, true]);
      for (const inner of innerTypes(node)) stack.push([inner, false]);
    }
  }
  return found;
}

/** The types that a type is directly made of. */
function innerTypes(node: Node): readonly TypeIndex[] {
  switch (node.kind) {
    case "array":
      return [node.items];
    case "tuple":
      return [...node.items.map(({ type }) => type), ...(node.rest === null ? [] : [node.rest])];
    case "object":
      return [
        ...node.properties.map(({ type }) => type),
        ...(node.additional === null ? [] : [node.additional.value]),
      ];
    case "union":
      return node.arms;
    default:
      return [];
  }
}
