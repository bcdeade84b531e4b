import type { ArrayNode, BigIntNode, BytesNode, Node, NumberNode, StringNode } from "./manifest.ts";
import { markerTypeName, type Marker } from "./marker.ts";
import type { Site } from "./site.ts";
import type { TypeReader } from "./type-reader.ts";

type Bounds = "min" | "max" | "exclusiveMin" | "exclusiveMax" | "multipleOf";

const formats: Readonly<Record<string, "email" | "url" | "uuid">> = {
  isEmail: "email",
  isURL: "url",
  isUUID: "uuid",
};

/** A copy of the node with one more constraint; reported when the constraint says nothing about such a value. */
export function constrain(reader: TypeReader, node: Node, marker: Marker, site: Site): Node {
  const name = markerTypeName(marker.name);
  if (marker.value === null) {
    const message = `\`${site.path}\`: \`${name}\` needs one literal`;
    reader.report(
      site,
      "constraint_misplaced",
      message,
      `Write the value where the type is written: \`${name}<…>\`.`,
    );
    return node;
  }
  const constrained = apply(node, marker.name, marker.value);
  if (constrained !== null) return constrained;
  const message = `\`${site.path}\`: \`${name}\` says nothing about a value of kind \`${node.kind}\``;
  reader.report(site, "constraint_misplaced", message, hintFor(marker.name));
  return node;
}

function apply(node: Node, name: string, value: NonNullable<Marker["value"]>): Node | null {
  switch (node.kind) {
    case "number":
      return constrainNumber(node, name, value);
    case "bigint":
      return constrainBigInt(node, name, value);
    case "string":
      return constrainString(node, name, value);
    case "template":
      return constrainString({ kind: "string", patterns: [node.pattern] }, name, value);
    case "array":
      return constrainLength(node, name, value, "minItems", "maxItems");
    case "bytes":
      return constrainLength(node, name, value, "minLen", "maxLen");
    default:
      return null;
  }
}

function constrainNumber(node: NumberNode, name: string, value: NonNullable<Marker["value"]>): Node | null {
  if (name === "int") return { ...node, int: true };
  if (!["min", "max", "exclusiveMin", "exclusiveMax", "multipleOf"].includes(name)) return null;
  const key = name as Bounds;
  const bound = typeof value === "bigint" ? exactBound(value) : Number(value);
  if (key === "multipleOf" && node.multipleOf !== undefined) return null;
  return { ...node, [key]: tighter(key, node[key], bound) };
}

function exactBound(value: bigint): number | string {
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : String(value);
}

/** Two bounds of one kind (`Min<1> & Min<3>`): both must hold, so the tighter one stays. */
function tighter(key: Bounds, old: number | string | undefined, bound: number | string): number | string {
  if (old === undefined) return bound;
  const isLower = key === "min" || key === "exclusiveMin";
  return isLower === Number(bound) > Number(old) ? bound : old;
}

function constrainBigInt(node: BigIntNode, name: string, value: NonNullable<Marker["value"]>): Node | null {
  if (typeof value !== "bigint" && !Number.isInteger(value)) return null;
  const bound = BigInt(value);
  switch (name) {
    case "min":
      return { ...node, min: String(bound) };
    case "max":
      return { ...node, max: String(bound) };
    case "exclusiveMin":
      return { ...node, min: String(bound + 1n) };
    case "exclusiveMax":
      return { ...node, max: String(bound - 1n) };
    default:
      return null;
  }
}

function constrainString(node: StringNode, name: string, value: NonNullable<Marker["value"]>): Node | null {
  const format = formats[name];
  if (format !== undefined) return { ...node, formats: sortedSet([...(node.formats ?? []), format]) };
  switch (name) {
    case "minLen":
      return { ...node, minLen: Math.max(node.minLen ?? 0, Number(value)) };
    case "maxLen":
      return { ...node, maxLen: Math.min(node.maxLen ?? Infinity, Number(value)) };
    case "matchesRegexp":
      return { ...node, patterns: sortedSet([...(node.patterns ?? []), String(value)]) };
    case "startsWith":
      return { ...node, startsWith: sortedSet([...(node.startsWith ?? []), String(value)]) };
    case "endsWith":
      return { ...node, endsWith: sortedSet([...(node.endsWith ?? []), String(value)]) };
    default:
      return null;
  }
}

function constrainLength<T extends ArrayNode | BytesNode>(
  node: T,
  name: string,
  value: NonNullable<Marker["value"]>,
  lower: keyof T,
  upper: keyof T,
): T | null {
  if (name === "minLen") return { ...node, [lower]: Math.max(Number(node[lower] ?? 0), Number(value)) };
  if (name === "maxLen")
    return { ...node, [upper]: Math.min(Number(node[upper] ?? Infinity), Number(value)) };
  return null;
}

function sortedSet<T>(values: readonly T[]): T[] {
  return [...new Set(values)].sort();
}

function hintFor(name: string): string {
  if (name === "minLen" || name === "maxLen") return "It is for strings, arrays and `Uint8Array`.";
  if (name === "int" || name === "multipleOf") return "It is for numbers, once.";
  return ["min", "max", "exclusiveMin", "exclusiveMax"].includes(name)
    ? "It is for numbers and bigints."
    : "It is for strings.";
}
