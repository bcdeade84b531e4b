import type { LiteralValue, Node, TypeIndex } from "../ir/ir.ts";

/** The form in which a value stands in a frame; `crates/schema/src/frame.rs` has the layout of each. */
export type FrameKind =
  "number" | "boolean" | "text" | "date" | "bigint" | "bytes" | "array" | "object" | "island";

/** The form of a type's values. */
export interface FramePlace {
  readonly kind: FrameKind;
  /** The type without `null`. */
  readonly type: TypeIndex;
  readonly isNullable: boolean;
}

/** The form in which the values of a type stand in frames. `crates/schema/src/frame/layout.rs` decides by the same rules. */
export function framePlace(types: readonly Node[], type: TypeIndex): FramePlace {
  const node = types[type]!;
  if (node.kind !== "union") return { kind: kindOf(node), type, isNullable: false };
  const arms = [...armsOf(types, type, new Set())];
  const others = arms.filter((arm) => types[arm]!.kind !== "null");
  const kind = others.length === 1 ? kindOf(types[others[0]!]!) : "island";
  if (kind === "island") return { kind, type, isNullable: false };
  return { kind, type: others[0]!, isNullable: arms.length > 1 };
}

/**
 * Whether a request's body may cross as a frame: an object or a list of which something has a fixed place. All that is one island
 * crosses better as text.
 */
export function isFramed(types: readonly Node[], type: TypeIndex): boolean {
  const { kind, type: own, isNullable } = framePlace(types, type);
  if (isNullable) return false;
  const node = types[own]!;
  if (kind === "array" && node.kind === "array") return framePlace(types, node.items).kind !== "island";
  if (kind !== "object" || node.kind !== "object") return false;
  return node.properties.some((property) => framePlace(types, property.type).kind !== "island");
}

/** The types that a union consists of, each once, without unions. */
function armsOf(types: readonly Node[], type: TypeIndex, seen: Set<TypeIndex>): ReadonlySet<TypeIndex> {
  const node = types[type]!;
  if (node.kind !== "union") return new Set([type]);
  if (seen.has(type)) return new Set();
  seen.add(type);
  return new Set(node.arms.flatMap((arm) => [...armsOf(types, arm, seen)]));
}

function kindOf(node: Node): FrameKind {
  switch (node.kind) {
    case "string":
    case "template":
      return "text";
    case "literal":
      return kindOfLiterals([node.value]);
    case "enum":
      return kindOfLiterals(node.values);
    case "object":
      return node.additional === null ? "object" : "island";
    case "number":
    case "boolean":
    case "date":
    case "bigint":
    case "bytes":
    case "array":
      return node.kind;
    default:
      return "island";
  }
}

/** Literals of one class stand as its values do. */
function kindOfLiterals(values: readonly LiteralValue[]): FrameKind {
  const [first, ...others] = new Set(values.map((value) => typeof value));
  if (first === undefined || others.length > 0) return "island";
  return first === "string" ? "text" : (first as "number" | "boolean");
}
