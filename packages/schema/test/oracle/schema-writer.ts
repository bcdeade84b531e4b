import type { Node, ObjectNode, PropertyNode } from "../../src/ir/ir.ts";
import type { Picks } from "./picks.ts";

export const SCALARS: readonly Node[] = [
  { kind: "number" },
  { kind: "string" },
  { kind: "boolean" },
  { kind: "null" },
  { kind: "any" },
  { kind: "literal", value: 1 },
  { kind: "literal", value: "a" },
  { kind: "enum", values: ["a", "b", 0, -1.5, true] },
  { kind: "enum", values: ["", "__proto__", "\u0000d1"] },
  { kind: "date" },
  { kind: "bigint" },
  { kind: "bigint", min: "-5", max: "9007199254740993" },
  { kind: "bytes" },
  { kind: "bytes", minLen: 1, maxLen: 4 },
  { kind: "number", min: -5, max: 5.5 },
  { kind: "number", exclusiveMin: 0, exclusiveMax: 0.3 },
  { kind: "number", min: "9007199254740993", max: "18446744073709551615" },
  { kind: "number", int: true },
  { kind: "number", multipleOf: 0.1 },
  { kind: "string", minLen: 1, maxLen: 3 },
  { kind: "string", patterns: ["^[a-z]+$"] },
  { kind: "string", startsWith: ["a"], endsWith: ["é"] },
  { kind: "string", formats: ["uuid"] },
  { kind: "string", formats: ["email"] },
  { kind: "template", pattern: "^(?:usr_[0-9]+)$" },
];

export const NAMES = ["a", "b", "kind", "c", "__proto__", "", 'q"\\\n', "é", "0", "constructor", "\u{1f600}"];

/** Writes a type and all that it refers to into an arena, and says where it stands. */
export function writeType(types: Node[], picks: Picks, depth = 0, around: readonly number[] = []): number {
  if (depth > 3) return add(types, picks.of(SCALARS));
  const inner = (): number => {
    const isRecursive = around.length > 0 && picks.once(16);
    return isRecursive ? picks.of(around) : writeType(types, picks, depth + 1, around);
  };
  switch (picks.below(depth === 0 ? 12 : 18)) {
    case 1:
    case 2:
    case 3:
    case 4:
      return writeObject(types, picks, depth, around);
    case 5:
    case 6:
      return add(types, {
        kind: "union",
        arms: [inner(), inner(), ...(picks.once(3) ? [inner(), inner()] : [])],
      });
    case 7:
      return writeTagged(types, picks, depth, around);
    case 8: {
      const [minItems, maxItems] = picks.of([[], [], [1], [0, 2]] as const);
      const bounds = {
        ...(minItems !== undefined && { minItems }),
        ...(maxItems !== undefined && { maxItems }),
      };
      return add(types, { kind: "array", items: inner(), ...bounds });
    }
    case 9: {
      const items = [inner(), inner()].map((type, at) => ({ type, optional: at === 1 && picks.once(2) }));
      return add(types, { kind: "tuple", items, rest: picks.once(3) ? inner() : null });
    }
    case 10: {
      const key = picks.once(3) ? add(types, { kind: "string", patterns: ["^[a-z]+$"] }) : null;
      return add(types, {
        kind: "object",
        properties: [],
        additional: { key, value: inner() },
        ...(picks.once(4) && { closed: true }),
      });
    }
    default:
      return add(types, picks.of(SCALARS));
  }
}

function add(types: Node[], node: Node): number {
  return types.push(node) - 1;
}

function writeObject(types: Node[], picks: Picks, depth: number, around: readonly number[]): number {
  const own = add(types, { kind: "any" });
  const inside = [...around, own];
  const properties: PropertyNode[] = [];
  for (let count = picks.below(5); count > 0; count--) {
    const name = picks.of(NAMES);
    if (properties.some((property) => property.name === name)) continue;
    const isRecursive = picks.once(12);
    const type = isRecursive ? picks.of(inside) : writeType(types, picks, depth + 1, inside);
    properties.push({ name, type, optional: isRecursive || picks.once(2) });
  }
  const additional = picks.once(6) ? { key: null, value: writeType(types, picks, depth + 1, inside) } : null;
  const node: ObjectNode = { kind: "object", properties, additional, ...(picks.once(8) && { closed: true }) };
  types[own] = node;
  return own;
}

/** A union whose arms are told apart by the value of one property. */
function writeTagged(types: Node[], picks: Picks, depth: number, around: readonly number[]): number {
  const arms = ["a", "b", 1].map((value) => {
    const arm = writeObject(types, picks, depth + 1, around);
    const { properties, ...rest } = types[arm] as ObjectNode;
    const kind = { name: "kind", type: add(types, { kind: "literal", value }), optional: false };
    types[arm] = { ...rest, properties: [...properties.filter(({ name }) => name !== "kind"), kind] };
    return arm;
  });
  return add(types, { kind: "union", arms, ...(picks.once(2) && { tag: "kind" }) });
}
