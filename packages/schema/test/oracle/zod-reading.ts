import { z } from "zod";
import type { Node } from "../../src/ir/ir.ts";
import type { Doc } from "./document.ts";

/**
 * The same type in zod, where zod means the same by it; undefined where it does not.
 *
 * Recursive types are left out. Zod counts lengths in UTF-16 units, tests doubles and not what is written, drops an own
 * `__proto__` and finds an inherited `constructor`, takes the first arm of a union that fits and not what all arms know, and
 * has forms of its own for dates, big integers and bytes.
 */
export function zodReading(
  types: readonly Node[],
  type: number,
  around: readonly number[] = [],
): z.ZodType | undefined {
  const node = types[type]!;
  const inside = [...around, type];
  const inner = (at: number): z.ZodType | undefined =>
    inside.includes(at) ? undefined : zodReading(types, at, inside);
  switch (node.kind) {
    case "null":
      return z.null();
    case "boolean":
      return z.boolean();
    case "literal":
      return z.literal(node.value);
    case "enum":
      return z.literal([...node.values]);
    case "string":
      return Object.keys(node).length === 1 ? z.string() : undefined;
    case "number":
      return Object.keys(node).length === 1 ? z.number() : undefined;
    case "array": {
      const items = inner(node.items);
      const array = items && z.array(items).min(node.minItems ?? 0);
      return array && node.maxItems !== undefined ? array.max(node.maxItems) : array;
    }
    case "object": {
      const shape: Record<string, z.ZodType> = {};
      for (const { name, type: at, optional } of node.properties) {
        const property = name in {} ? undefined : inner(at);
        if (property === undefined) return undefined;
        shape[name] = optional ? property.exactOptional() : property;
      }
      if (node.additional !== null) return undefined;
      return node.closed ? z.strictObject(shape) : z.object(shape);
    }
    case "union": {
      const arms = node.arms.map(inner);
      const containers = node.arms.filter((arm) => isContainer(types[arm]!));
      if (arms.includes(undefined) || containers.length > 1) return undefined;
      return z.union(arms as [z.ZodType, ...z.ZodType[]]);
    }
    default:
      return undefined;
  }
}

function isContainer({ kind }: Node): boolean {
  return kind === "array" || kind === "object" || kind === "union";
}

/** Whether JSON.parse keeps all of a document: no name repeated, and every number a double. */
export function isKeptByParse(document: Doc): boolean {
  if (document.is === "number") return Number.isFinite(document.value);
  if (document.is === "list") return document.items.every(isKeptByParse);
  if (document.is !== "members") return true;
  const names = new Set(document.members.map(([name]) => name));
  return (
    names.size === document.members.length && document.members.every(([, value]) => isKeptByParse(value))
  );
}
