import type { Node, ObjectNode, TypeIndex } from "./manifest.ts";
import type { TypeReader } from "./type-reader.ts";

type Read = (type: TypeIndex) => Node;

/** A value that starts with the same byte can be told apart only by trying arms; more than this is refused. */
const maxAmbiguousArms = 16;

/** Chooses the tag of every union, now that its arms are complete, and reports those that are too wide to check. */
export function completeUnions(reader: TypeReader): void {
  for (const { index, site } of reader.unions) {
    const node = reader.node(index);
    if (node.kind !== "union") continue;
    const read = (type: TypeIndex): Node => reader.node(type);
    const tag = tagOf(read, node.arms);
    if (tag !== null) node.tag = tag;
    if (tag === null && widestGroup(read, node.arms) > maxAmbiguousArms) {
      const message = `\`${site.path}\` is a union of more than ${maxAmbiguousArms} types that look alike`;
      reader.report(
        site,
        "type_too_wide",
        message,
        'Give each arm a property with a literal of its own, like `kind: "a"`.',
      );
    }
  }
}

/** The first property, by name, that every object arm requires with literals of its own; null when there is none. */
export function tagOf(read: Read, arms: readonly TypeIndex[]): string | null {
  const objects = arms.map(read).filter((node) => node.kind !== "null");
  if (objects.length < 2 || !objects.every((node): node is ObjectNode => node.kind === "object")) return null;
  const names = objects[0]?.properties.map((property) => property.name).sort() ?? [];
  return names.find((name) => isTag(read, objects, name)) ?? null;
}

function isTag(read: Read, objects: readonly ObjectNode[], name: string): boolean {
  const seen = new Set<unknown>();
  return objects.every((object) => {
    const property = object.properties.find((candidate) => candidate.name === name);
    if (property === undefined || property.optional) return false;
    const values = literalsOf(read(property.type));
    return values.length > 0 && values.every((value) => (seen.has(value) ? false : (seen.add(value), true)));
  });
}

function literalsOf(node: Node): readonly unknown[] {
  if (node.kind === "literal") return [node.value];
  return node.kind === "enum" ? node.values : [];
}

const firstBytes: Readonly<Record<Node["kind"], string>> = {
  any: '"0t[{',
  null: "n",
  boolean: "t",
  number: "0",
  string: '"',
  literal: '"',
  enum: '"',
  template: '"',
  array: "[",
  tuple: "[",
  object: "{",
  union: '"0t[{',
  date: '"',
  bigint: '"0',
  bytes: '"',
};

function widestGroup(read: Read, arms: readonly TypeIndex[]): number {
  const counts = new Map<string, number>();
  for (const arm of arms) {
    for (const byte of firstBytes[read(arm).kind]) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
