import { mapReferences } from "./arena.ts";
import { addedData, builtInOf, ownBuiltIn, type BuiltIn } from "./built-in.ts";
import { ExpansionGuard, lists } from "./expansion.ts";
import { readIntersection } from "./intersection.ts";
import type { Node, TypeIndex } from "@twinloop/core-native/build-time";
import { isMarker, strayMarkers } from "./marker.ts";
import { readObject } from "./object.ts";
import { refusal } from "./refusal.ts";
import { docBefore, type Documented } from "./doc-comment.ts";
import { insideSite, shortPath, type Report, type Site } from "./site.ts";
import { templatePattern } from "./template.ts";
import type {
  Location,
  ObjectShape,
  Shape,
  TupleElement,
  Type,
  TypeSource,
} from "../typescript/type-source.ts";
import type { TypeReading, UnionSite } from "./type-reading.ts";
import { readUnion } from "./union.ts";

/**
 * Converts checker types to nodes, each type once: a recursive type refers back to its index.
 *
 * The contents of an object, an array or a tuple are queued and read in the order of their distance from the root:
 * paths in problems are then the shortest, and deep types do not use more of the stack. `finish` reads the rest.
 *
 * A type that JSON cannot represent is reported at its site and becomes `any` in the nodes; a program with problems has
 * no manifest, so no such node is ever used.
 */
export class TypeReader implements TypeReading {
  readonly source: TypeSource;
  readonly report: Report;
  readonly nodes: Node[] = [];
  /** Unions whose tag is chosen once all their arms are complete. */
  readonly unions: UnionSite[] = [];
  readonly #known = new Map<string, TypeIndex>();
  readonly #expansion = new ExpansionGuard();
  /** The queue of nodes to read. */
  #pending: { index: TypeIndex; make: () => Node | TypeIndex }[] = [];
  readonly #refused = new Set<number>();
  /** Reserved indices whose type turned out to be another: a branded object, a union of one. */
  readonly #aliases = new Map<TypeIndex, TypeIndex>();
  /** The names of unions, by their members: `a?: Color` has the members of `Color` without its name. */
  readonly #namedUnions = new Map<string, Documented & { name: string }>();
  /** The texts of the app's files, for their doc comments. */
  #texts: ReadonlyMap<string, string> | undefined;

  constructor(source: TypeSource, report: Report) {
    this.source = source;
    this.report = report;
  }

  read(type: Type, site: Site): TypeIndex {
    // A refused type is reported at each of its uses.
    if (this.#refused.has(type.id)) this.refuse(type, this.source.shape(type), site);
    return this.once(keyOf([type], site), (index) => this.#node(type, site, index));
  }

  /** The node for a set of union members, which may be a single one. */
  readParts(parts: readonly Type[], site: Site): TypeIndex {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return this.read(only, site);
    return this.once(keyOf(parts, site), (index) => readUnion(this, parts, site, index));
  }

  /** Queues the node for members inside another type; `finish` creates it. */
  readInside(parts: readonly Type[], site: Site): TypeIndex {
    const [only] = parts;
    const isScalar =
      only !== undefined && parts.length === 1 && !containers.has(this.source.shape(only).kind);
    if (isScalar) return this.read(only, site);
    const key = keyOf(parts, site);
    const known = this.#known.get(key);
    if (known !== undefined) {
      if (only !== undefined && parts.length === 1 && this.#refused.has(only.id)) this.read(only, site);
      return this.target(known);
    }
    const index = this.add(reserved);
    this.#known.set(key, index);
    const isOne = parts.length === 1 && only !== undefined;
    const make = (): Node | TypeIndex =>
      isOne ? this.#node(only, site, index) : readUnion(this, parts, site, index);
    this.#pending.push({ index, make });
    return index;
  }

  /** Reads the queue; every index then has its node. */
  finish(): void {
    while (this.#pending.length > 0) {
      const pending = this.#pending;
      this.#pending = [];
      for (const { index, make } of pending) this.#put(index, make());
    }
  }

  /** Drops the queue, because the declaration has a problem that ends its reading. */
  abandon(): void {
    this.#pending = [];
    this.unions.length = 0;
  }

  /**
   * The index for a key; the first call reserves the index before the node is made, so that the node may refer to
   * itself.
   */
  once(key: string, make: (index: TypeIndex) => Node | TypeIndex): TypeIndex {
    const known = this.#known.get(key);
    // A brand's reserved index stays empty: all uses refer to the type that it brands.
    if (known !== undefined) return this.target(known);
    const index = this.add(reserved);
    this.#known.set(key, index);
    this.#put(index, make(index));
    return this.target(index);
  }

  #put(index: TypeIndex, made: Node | TypeIndex): void {
    if (typeof made !== "number") this.nodes[index] = made;
    else if (made !== index) this.#aliases.set(index, made);
  }

  /** Follows aliases to the index that holds the type. */
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

  /** The nodes with all references resolved through aliases. An optional union has the name of the one with the same members. */
  finishedNodes(): Node[] {
    for (const [members, name] of this.#namedUnions) {
      for (const direction of ["o", "t"]) {
        const unnamed = this.#known.get(`${direction}${members}`);
        const node = unnamed === undefined ? undefined : this.node(unnamed);
        if (node?.kind === "union" || node?.kind === "enum")
          this.nodes[this.target(unnamed!)] = { ...node, ...name };
      }
    }
    return this.nodes.map((node) => mapReferences(node, (type) => this.target(type)));
  }

  isRefused(type: Type): boolean {
    return this.#refused.has(type.id);
  }

  /** Reports a type that has no node. */
  refuse(type: Type, shape: Shape, site: Site): Node {
    const { code, reason, hint } = refusal(shape, site.outgoing === true);
    this.report(site, code, `\`${shortPath(site.path)}\`: \`${this.source.print(type)}\` ${reason}`, hint);
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
        return this.#named(type, readUnion(this, shape.parts, site, index), shape.parts);
      case "intersection":
        return readIntersection(this, type, shape.parts, site);
      case "array":
        return {
          kind: "array",
          items: this.readInside([shape.element], insideSite(this.#within(type, site, lists), "[]")),
        };
      case "tuple":
        return this.#tuple(type, shape.elements, this.#within(type, site, lists));
      case "object":
        return this.#object(type, shape, site);
      default:
        return this.refuse(type, shape, site);
    }
  }

  /** A union with the name and the doc comment of its alias, where it has one. */
  #named(type: Type, made: Node | TypeIndex, parts: readonly Type[]): Node | TypeIndex {
    const node = typeof made === "number" ? this.node(made) : made;
    if (node.kind !== "union" && node.kind !== "enum") return made;
    const naming = this.source.naming(type);
    if (naming === null || naming.arguments.length > 0 || naming.location === null) return made;
    const name = { name: naming.name, ...this.documented(naming.location) };
    this.#namedUnions.set(idsOf(parts), name);
    return { ...node, ...name };
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
      items.push({ type: this.readInside(parts, at), optional });
    }
    const rest =
      last?.modifier === "rest" ? this.readInside([last.type], insideSite(site, `[${fixed.length}…]`)) : null;
    return { kind: "tuple", items, rest };
  }

  #object(type: Type, shape: ObjectShape, site: Site): Node | TypeIndex {
    const builtIn = builtInOf(this.source, type, shape);
    if (builtIn !== null) return this.#builtIn(type, shape, builtIn, site);
    const given = site.outgoing === true && !shape.callable ? this.jsonOf(type) : null;
    if (given !== null) return this.read(given, site);
    if (shape.class || shape.callable || shape.package === "lib") return this.refuse(type, shape, site);
    const properties = this.source.properties(type);
    if (properties.some(isMarker)) {
      strayMarkers(this, type, properties, site);
      return { kind: "any" };
    }
    return readObject(this, type, properties, this.#within(type, site, shape.origin));
  }

  #within(type: Type, site: Site, origin: object | number | null): Site {
    const inside = this.#expansion.enter(site, origin);
    if (inside === null) {
      throw new EndlessType(site, origin === lists ? null : (this.source.naming(type)?.name ?? null));
    }
    return inside;
  }

  #builtIn(type: Type, shape: ObjectShape, builtIn: BuiltIn, site: Site): Node {
    const [added] = ownBuiltIn(shape) === null ? addedData(this.source, type) : [];
    if (added !== undefined) {
      const message = `\`${shortPath(site.path)}\`: \`${this.source.print(type)}\` adds the property \`${added.name}\` to what JSON writes as ${jsonForms[builtIn]}`;
      this.report(site, "type_not_json", message, "Declare an object that holds both.");
      return { kind: "any" };
    }
    if (builtIn !== "array") return { kind: builtIn };
    const element = this.source
      .indexSignatures(type)
      .find(({ key }) => this.source.shape(key).kind === "number");
    const at = insideSite(site, "[]");
    return {
      kind: "array",
      items: element === undefined ? this.add({ kind: "any" }) : this.readInside([element.value], at),
    };
  }

  documented(location: Location | null): Documented {
    if (location === null) return {};
    this.#texts ??= new Map(this.source.files().map(({ path, text }) => [path, text]));
    const text = this.#texts.get(location.path);
    return text === undefined ? {} : docBefore(text, location.start);
  }

  /** The return type of an object's `toJSON`; null when it has none. */
  jsonOf(type: Type): Type | null {
    const toJson = this.source.properties(type).find(({ name }) => name === "toJSON");
    if (toJson === undefined || toJson.optional) return null;
    const given = this.source.signature(toJson.type)?.returns ?? null;
    return given === null || given.id === type.id ? null : given;
  }

  /** The members of a type without `undefined`; the type itself where it is not a union. */
  definedParts(type: Type): readonly Type[] {
    const shape = this.source.shape(type);
    if (shape.kind === "undefined") return [];
    if (shape.kind !== "union") return [type];
    const defined = shape.parts.filter((part) => this.source.shape(part).kind !== "undefined");
    return defined.length === shape.parts.length ? [type] : defined;
  }
}

/**
 * The placeholder of a type while it is read. A union without arms accepts nothing, so that a leftover placeholder
 * would let no value pass.
 */
const reserved: Node = { kind: "union", arms: [] };

/** Whether a node was reserved and never made. */
export function isReserved(node: Node): boolean {
  return node.kind === "union" && node.arms.length === 0;
}

const containers: ReadonlySet<Shape["kind"]> = new Set(["object", "array", "tuple", "union", "intersection"]);

const jsonForms: Readonly<Record<BuiltIn, string>> = {
  array: "a list",
  date: "a date",
  bytes: "a base64 string",
};

/** The cache key of a set of members in one direction. */
function keyOf(parts: readonly Type[], site: Site): string {
  return `${site.outgoing === true ? "o" : "t"}${idsOf(parts)}`;
}

function idsOf(parts: readonly Type[]): string {
  return parts
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join();
}

/** A declaration's type is endless, which ends its reading. */
export class EndlessType extends Error {
  readonly site: Site;
  /** The name of the type that contains itself; null where it has none. */
  readonly typeName: string | null;

  constructor(site: Site, typeName: string | null) {
    super(`endless type at ${shortPath(site.path)}`);
    this.site = site;
    this.typeName = typeName;
  }
}

function literalNode(value: string | number | boolean | bigint): Node {
  if (typeof value === "bigint") return { kind: "bigint", min: String(value), max: String(value) };
  return { kind: "literal", value };
}
