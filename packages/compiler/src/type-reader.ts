import { mapReferences } from "./arena.ts";
import { readIntersection } from "./intersection.ts";
import type { Node, TypeIndex } from "./manifest.ts";
import { isMarker, strayMarkers } from "./marker.ts";
import { readObject } from "./object.ts";
import { refusal } from "./refusal.ts";
import { insideSite, type Report, type Site } from "./site.ts";
import { templatePattern } from "./template.ts";
import type { Shape, TupleElement, Type, TypeSource } from "./type-source.ts";
import { readUnion, type UnionSite } from "./union.ts";

/**
 * Turns checker types into nodes, each type once: a recursive type gets an index that points back.
 *
 * A type that JSON cannot carry is reported at its site and stands as `any` in the nodes; a program with problems has no
 * manifest, so no such node is ever used.
 */
export class TypeReader {
  readonly source: TypeSource;
  readonly report: Report;
  readonly nodes: Node[] = [];
  /** Unions whose tag is chosen once all their arms are complete. */
  readonly unions: UnionSite[] = [];
  readonly #known = new Map<string, TypeIndex>();
  readonly #refused = new Set<number>();
  /** Reserved indices whose type turned out to be another: a branded object, a union of one. */
  readonly #aliases = new Map<TypeIndex, TypeIndex>();

  constructor(source: TypeSource, report: Report) {
    this.source = source;
    this.report = report;
  }

  read(type: Type, site: Site): TypeIndex {
    // A refused type is named at each of its uses, not only at the first.
    if (this.#refused.has(type.id)) this.refuse(type, this.source.shape(type), site);
    return this.once(`t${type.id}`, (index) => this.#node(type, site, index));
  }

  /** The node for a set of union members, one of them included. */
  readParts(parts: readonly Type[], site: Site): TypeIndex {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return this.read(only, site);
    const key = parts.map((part) => part.id).sort((a, b) => a - b);
    return this.once(`u${key.join()}`, (index) => readUnion(this, parts, site, index));
  }

  /** The index for a key; a first call reserves it before the node is made, so that the node may refer to itself. */
  once(key: string, make: (index: TypeIndex) => Node | TypeIndex): TypeIndex {
    const known = this.#known.get(key);
    // A brand's own place stays empty: its first use was led to the type that it brands, and so must be every later one.
    if (known !== undefined) return this.target(known);
    const index = this.add(reserved);
    this.#known.set(key, index);
    const made = make(index);
    if (typeof made === "number") this.#aliases.set(index, made);
    else this.nodes[index] = made;
    return this.target(index);
  }

  /** The index that really holds a type. */
  target(index: TypeIndex): TypeIndex {
    let end = index;
    for (let next = this.#aliases.get(end); next !== undefined; next = this.#aliases.get(end)) end = next;
    return end;
  }

  node(index: TypeIndex): Node {
    return this.nodes[this.target(index)] ?? reserved;
  }

  add(node: Node): TypeIndex {
    return this.nodes.push(node) - 1;
  }

  /** The nodes with every reference led to the node that really holds its type. */
  finishedNodes(): Node[] {
    return this.nodes.map((node) => mapReferences(node, (type) => this.target(type)));
  }

  /** Reports a type that has no node. */
  refuse(type: Type, shape: Shape, site: Site): Node {
    const { code, reason, hint } = refusal(shape);
    this.report(site, code, `\`${site.path}\`: \`${this.source.print(type)}\` ${reason}`, hint);
    this.#refused.add(type.id);
    return { kind: "any" };
  }

  #node(type: Type, site: Site, index: TypeIndex): Node | TypeIndex {
    const shape = this.source.shape(type);
    switch (shape.kind) {
      case "any":
      case "unknown":
        return { kind: "any" };
      case "null":
      case "string":
      case "number":
      case "boolean":
      case "bigint":
        return { kind: shape.kind };
      case "literal":
        return literalNode(shape.value);
      case "template":
        return this.#template(type, shape, site);
      case "union":
        return readUnion(this, shape.parts, site, index);
      case "intersection":
        return readIntersection(this, type, shape.parts, site);
      case "array":
        return { kind: "array", items: this.read(shape.element, insideSite(site, "[]")) };
      case "tuple":
        return this.#tuple(type, shape.elements, site);
      case "object":
        return this.#object(type, shape, site);
      default:
        return this.refuse(type, shape, site);
    }
  }

  #template(type: Type, shape: Extract<Shape, { kind: "template" }>, site: Site): Node {
    const pattern = templatePattern(shape, this.source);
    return pattern === null ? this.refuse(type, shape, site) : { kind: "template", pattern };
  }

  #tuple(type: Type, elements: readonly TupleElement[], site: Site): Node {
    const last = elements.at(-1);
    const fixed = last?.modifier === "rest" ? elements.slice(0, -1) : elements;
    const items: { type: TypeIndex; optional: boolean }[] = [];
    for (const [position, element] of fixed.entries()) {
      const at = insideSite(site, `[${position}]`);
      if (element.modifier === "rest" || element.modifier === "variadic") {
        const hint = "Put the rest element last.";
        this.report(
          at,
          "type_not_json",
          `\`${at.path}\`: \`${this.source.print(type)}\` has a rest element before others`,
          hint,
        );
        continue;
      }
      const optional = element.modifier === "optional";
      const parts = optional ? this.definedParts(element.type) : [element.type];
      items.push({ type: this.readParts(parts, at), optional });
    }
    const rest =
      last?.modifier === "rest" ? this.read(last.type, insideSite(site, `[${fixed.length}…]`)) : null;
    return { kind: "tuple", items, rest };
  }

  #object(type: Type, shape: Extract<Shape, { kind: "object" }>, site: Site): Node {
    if (shape.package === "lib" && shape.name === "Date") return { kind: "date" };
    if (shape.package === "lib" && shape.name === "Uint8Array") return { kind: "bytes" };
    if (shape.package === "@types/node" && shape.name === "Buffer") return { kind: "bytes" };
    if (shape.class || shape.callable || shape.package === "lib") return this.refuse(type, shape, site);
    const properties = this.source.properties(type);
    if (properties.some(isMarker)) {
      strayMarkers(this, type, properties, site);
      return { kind: "any" };
    }
    return readObject(this, type, properties, site);
  }

  /** The members of a type without `undefined`; a type that is no union is its own only member. */
  definedParts(type: Type): readonly Type[] {
    const shape = this.source.shape(type);
    if (shape.kind === "undefined") return [];
    if (shape.kind !== "union") return [type];
    const defined = shape.parts.filter((part) => this.source.shape(part).kind !== "undefined");
    return defined.length === shape.parts.length ? [type] : defined;
  }
}

/** Stands for a type while it is read. It accepts nothing: were it ever left over, no value would pass unchecked. */
const reserved: Node = { kind: "union", arms: [] };

/** Whether a node was reserved and never made. */
export function isReserved(node: Node): boolean {
  return node.kind === "union" && node.arms.length === 0;
}

function literalNode(value: string | number | boolean | bigint): Node {
  if (typeof value === "bigint") return { kind: "bigint", min: String(value), max: String(value) };
  return { kind: "literal", value };
}
