import { contradiction } from "./contradiction.ts";
import type {
  ArrayNode,
  BigIntNode,
  BytesNode,
  Node,
  NumberNode,
  StringNode,
} from "@twinloop/core-native/build-time";
import { markerTypeName, type Marker } from "./marker.ts";
import type { Site } from "./site.ts";
import type { TypeReading } from "./type-reading.ts";

type Bounds = "min" | "max" | "exclusiveMin" | "exclusiveMax" | "multipleOf";

const formats: Readonly<Record<string, "email" | "url" | "uuid">> = {
  isEmail: "email",
  isURL: "url",
  isUUID: "uuid",
};

/** Copies a node with one more constraint; reports a constraint that does not apply to such a value. */
export function constrain(reader: TypeReading, node: Node, marker: Marker, site: Site): Node {
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
  const fault = literalFault(marker.name, marker.value);
  if (fault !== null) {
    const message = `\`${site.path}\`: \`${name}<${literalText(marker.value)}>\` constrains nothing`;
    reader.report(site, "constraint_misplaced", message, fault);
    return node;
  }
  const constrained = apply(node, marker.name, marker.value);
  if (constrained !== null) {
    const impossible = contradiction(constrained);
    if (impossible === null) return constrained;
    const message = `\`${site.path}\`: nothing fits \`${name}<${literalText(marker.value)}>\` beside the other constraints: ${impossible}`;
    reader.report(site, "constraint_impossible", message, "Correct one of them.");
    return node;
  }
  const message = `\`${site.path}\`: \`${name}\` says nothing about a value of kind \`${node.kind}\``;
  reader.report(site, "constraint_misplaced", message, hintFor(marker.name));
  return node;
}

function literalText(value: NonNullable<Marker["value"]>): string {
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** The hint for a constraint's invalid literal; null when the constraint can be enforced as written. */
function literalFault(name: string, value: NonNullable<Marker["value"]>): string | null {
  switch (name) {
    case "minLen":
    case "maxLen":
      return Number.isSafeInteger(value) && (value as number) >= 0
        ? null
        : `A length is a whole number from 0, as in \`${markerTypeName(name)}<80>\`.`;
    case "multipleOf":
      return isNumber(value) && value > 0 ? null : "Write a number above 0, as in `MultipleOf<5>`.";
    case "min":
    case "max":
    case "exclusiveMin":
    case "exclusiveMax":
      return isNumber(value) ? null : `Write a number, as in \`${markerTypeName(name)}<1>\`.`;
    case "matchesRegexp":
    case "startsWith":
    case "endsWith":
      return typeof value === "string" ? null : `Write a text, as in \`${markerTypeName(name)}<"…">\`.`;
    default:
      return null;
  }
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isFinite(value);
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

/** The tighter of two bounds of one kind (`Min<1> & Min<3>`), because both must hold. */
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
