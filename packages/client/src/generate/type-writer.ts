import { constraintsOf } from "./constraints.ts";
import type { Node, ObjectNode, PropertyOf, TupleNode } from "./ir.ts";
import { isIdentifier, type Names } from "./names.ts";

/** A property as it is written. */
export interface WrittenMember {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly doc: string;
}

/** A type that has a name of its own. */
export interface NamedType {
  readonly name: string;
  readonly doc: string;
  /** The members of an interface; `undefined` where `type` is written out. */
  readonly members: readonly WrittenMember[] | undefined;
  readonly type: string;
}

/** Writes the types of a manifest as TypeScript. */
export class TypeWriter {
  readonly #types: readonly Node[];
  readonly #names: Names;
  /**
   * The names of types that are declared, by their place in the manifest. A name is noted before the type is written,
   * which ends the recursion of a type that contains itself.
   */
  readonly #named = new Map<number, string>();
  readonly #looping: ReadonlySet<number>;
  /** The types that have a name, in the order in which they are first needed. */
  readonly declared: NamedType[] = [];

  constructor(types: readonly Node[], names: Names) {
    this.#types = types;
    this.#names = names;
    this.#looping = loopingTypes(types);
  }

  /** The type's node. */
  node(type: number): Node | undefined {
    return this.#types[type];
  }

  /** Writes a type. Objects that have a name in the app, and types that contain themselves, are declared by a name. */
  write(type: number): string {
    const known = this.#named.get(type);
    if (known !== undefined) return known;
    const node = this.#types[type];
    if (node === undefined) return "unknown";
    const wanted = node.kind === "object" ? node.name : undefined;
    if (wanted === undefined && !this.#looping.has(type)) return this.#inline(node);
    const name = this.#names.take(wanted ?? "Recursive");
    this.#named.set(type, name);
    const place = this.declared.length;
    const members = node.kind === "object" && node.additional === null ? this.members(node) : undefined;
    const doc = node.kind === "object" ? (node.doc ?? "") : "";
    this.declared.splice(place, 0, { name, doc, members, type: members ? "" : this.#inline(node) });
    return name;
  }

  /** The properties of an object. */
  members({ properties }: Pick<ObjectNode, "properties">): WrittenMember[] {
    return properties.map((property) => this.member(property));
  }

  /** A property with its type, doc comment and constraints. */
  member({ name, type, optional, doc = "" }: PropertyOf): WrittenMember {
    const constraints = constraintsOf(this.#types[type]);
    return {
      name,
      type: this.write(type),
      optional,
      doc: [doc, capitalized(constraints)].filter(Boolean).join("\n"),
    };
  }

  /**
   * Writes a type where it is used. Constraints and templates have no TypeScript of their own: a template is a
   * `string`, whose pattern stands in the doc comment.
   */
  #inline(node: Node): string {
    switch (node.kind) {
      case "any":
        return "unknown";
      case "date":
        return "Date";
      case "bytes":
        return "Uint8Array";
      case "literal":
        return JSON.stringify(node.value);
      case "enum":
        return node.values.map((value) => JSON.stringify(value)).join(" | ");
      case "template":
        return "string";
      case "array":
        return `Array<${this.write(node.items)}>`;
      case "tuple":
        return this.#tuple(node);
      case "object":
        return this.#object(node);
      case "union":
        return [...new Set(node.arms.map((arm) => this.write(arm)))].join(" | ");
      default:
        return node.kind;
    }
  }

  /** Writes a tuple; an optional element has its question mark behind parentheses, which a union needs. */
  #tuple({ items, rest }: TupleNode): string {
    const places = items.map(({ type, optional }) =>
      optional ? `(${this.write(type)})?` : this.write(type),
    );
    return `[${[...places, ...(rest === null ? [] : [`...Array<${this.write(rest)}>`])].join(", ")}]`;
  }

  /**
   * Writes an object. An index signature must admit the types of all declared properties, and `undefined` for
   * optional ones. Source: TypeScript handbook, "Index Signatures".
   */
  #object(node: ObjectNode): string {
    const members = this.members(node);
    if (node.additional === null) return literal(members);
    const values = [this.write(node.additional.value), ...members.map(({ type }) => type)];
    if (members.some(({ optional }) => optional)) values.push("undefined");
    return literal(members, `[name: string]: ${[...new Set(values)].join(" | ")}`);
  }
}

/** Writes an object type in one line. */
export function literal(members: readonly WrittenMember[], signature?: string): string {
  const parts = [...members.map(memberText), ...(signature === undefined ? [] : [signature])];
  return parts.length === 0 ? "Record<never, never>" : `{ ${parts.join("; ")} }`;
}

/** Writes one property: `name?: type | undefined`. */
export function memberText({ name, type, optional }: WrittenMember): string {
  return `${propertyName(name)}${optional ? "?" : ""}: ${type}${optional ? " | undefined" : ""}`;
}

/** A property's name, with quotes where it needs them. */
export function propertyName(name: string): string {
  return isIdentifier(name) ? name : JSON.stringify(name);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The types that contain themselves, but for those that do so by way of an object with a name. */
function loopingTypes(types: readonly Node[]): ReadonlySet<number> {
  const looping = new Set<number>();
  for (const start of types.keys()) {
    const seen = new Set<number>();
    const open = childrenOf(types[start]!);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === start) looping.add(start);
      const node = types[next];
      const isNamed = node?.kind === "object" && node.name !== undefined;
      if (seen.has(next) || node === undefined || isNamed) continue;
      seen.add(next);
      open.push(...childrenOf(node));
    }
  }
  return looping;
}

/** The types that a type is directly made of. */
function childrenOf(node: Node): number[] {
  if (node.kind === "array") return [node.items];
  if (node.kind === "union") return [...node.arms];
  if (node.kind === "tuple")
    return [...node.items.map(({ type }) => type), ...(node.rest === null ? [] : [node.rest])];
  if (node.kind !== "object") return [];
  return [
    ...node.properties.map(({ type }) => type),
    ...(node.additional === null ? [] : [node.additional.value]),
  ];
}
