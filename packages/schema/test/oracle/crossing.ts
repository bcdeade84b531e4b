import type { Node, ObjectNode, TupleNode } from "../../src/ir/ir.ts";
import { readDocument, type Doc } from "./document.ts";
import { fitScalar, type Fit } from "./scalar.ts";

/** What is kept of a value: all of it, a scalar as some type reads it, or parts of a container by their place. */
type Kept =
  | { readonly keeps: "all" }
  | ({ readonly keeps: "scalar" } & Fit)
  | { readonly keeps: "parts"; readonly parts: readonly (Kept | undefined)[] };

const ALL: Kept = { keeps: "all" };

/** Says that a document is refused. */
export const REFUSED = Symbol("refused");

/** What the handler sees of a JSON text, by the plain definition: arm by arm, nothing shared with the validator. */
export function crossing(types: readonly Node[], type: number, text: string): unknown {
  const document = readDocument(text);
  if (document === undefined) return REFUSED;
  const kept = keep(types, type, document);
  return kept === undefined ? REFUSED : build(kept, document);
}

function keep(types: readonly Node[], type: number, document: Doc): Kept | undefined {
  const node = types[type]!;
  const inner = (at: number, part: Doc): Kept | undefined => keep(types, at, part);
  switch (node.kind) {
    case "any":
      return isFinite(document) ? ALL : undefined;
    case "union":
      return node.arms
        .map((arm) => inner(arm, document))
        .reduce((left, right) => (left && right ? merge(left, right, document) : (left ?? right)));
    case "array": {
      if (document.is !== "list") return undefined;
      const { length } = document.items;
      if (length < (node.minItems ?? 0) || length > (node.maxItems ?? Infinity)) return undefined;
      return whole(document.items.map((item) => inner(node.items, item)));
    }
    case "tuple":
      return document.is === "list" ? keepTuple(node, document.items, inner) : undefined;
    case "object":
      return document.is === "members" ? keepObject(types, node, document.members) : undefined;
    default: {
      const fit = fitScalar(node, document);
      return fit && { keeps: "scalar", ...fit };
    }
  }
}

/** A number that no double holds is no value; inside of what is dropped nobody reads it. */
function isFinite(document: Doc): boolean {
  if (document.is === "number") return Number.isFinite(document.value);
  if (document.is === "list") return document.items.every(isFinite);
  return document.is !== "members" || document.members.every(([, value]) => isFinite(value));
}

function whole(parts: readonly (Kept | undefined)[]): Kept | undefined {
  return parts.includes(undefined) ? undefined : { keeps: "parts", parts };
}

type Inner = (type: number, part: Doc) => Kept | undefined;

function keepTuple(node: TupleNode, items: readonly Doc[], inner: Inner): Kept | undefined {
  const required = node.items.findLastIndex(({ optional }) => !optional) + 1;
  if (items.length < required || (items.length > node.items.length && node.rest === null)) return undefined;
  return whole(items.map((item, at) => inner(node.items[at]?.type ?? node.rest!, item)));
}

function keepObject(
  types: readonly Node[],
  node: ObjectNode,
  members: readonly (readonly [string, Doc])[],
): Kept | undefined {
  const { additional, properties } = node;
  const typeOf = (name: string): number | undefined => {
    const known = properties.find((property) => property.name === name);
    if (known !== undefined || additional === null) return known?.type;
    const fits = additional.key === null || fitScalar(types[additional.key]!, { is: "string", value: name });
    return fits ? additional.value : undefined;
  };
  const names = members.map(([name]) => name);
  const taken = names.filter((name) => typeOf(name) !== undefined);
  if (new Set(taken).size < taken.length || (node.closed === true && taken.length < names.length))
    return undefined;
  if (properties.some(({ name, optional }) => !optional && !names.includes(name))) return undefined;
  const parts = members.map(([name, value]) => {
    const type = typeOf(name);
    return type === undefined ? null : keep(types, type, value);
  });
  return parts.includes(undefined)
    ? undefined
    : { keeps: "parts", parts: parts.map((part) => part ?? undefined) };
}

function merge(left: Kept, right: Kept, document: Doc): Kept {
  if (left.keeps === "all" && right.keeps === "all") return ALL;
  if (left.keeps === "scalar" && right.keeps === "scalar") return right.rank < left.rank ? right : left;
  // What any value keeps is kept; what another type reads in it is read so.
  if (left.keeps === "scalar" || right.keeps === "scalar") return left.keeps === "scalar" ? left : right;
  const places = document.is === "list" ? document.items : document.is === "members" ? document.members : [];
  const parts = places.map((place, at) => {
    const [one, other] = [left, right].map((kept) => (kept.keeps === "parts" ? kept.parts[at] : ALL));
    const part = (document.is === "members" ? (place as readonly [string, Doc])[1] : place) as Doc;
    return one && other ? merge(one, other, part) : (one ?? other);
  });
  return { keeps: "parts", parts };
}

function build(kept: Kept, document: Doc): unknown {
  if (kept.keeps === "scalar") return kept.value;
  const part = (at: number): Kept | undefined => (kept.keeps === "parts" ? kept.parts[at] : ALL);
  switch (document.is) {
    case "null":
      return null;
    case "list":
      return document.items.map((item, at) => build(part(at)!, item));
    case "members": {
      const object = {};
      for (const [at, [name, value]] of document.members.entries()) {
        const own = part(at);
        if (own === undefined) continue;
        // Defined, not assigned: `__proto__` is a name like any other.
        Object.defineProperty(object, name, {
          value: build(own, value),
          enumerable: true,
          writable: true,
          configurable: true,
        });
      }
      return object;
    }
    default:
      return document.value;
  }
}
