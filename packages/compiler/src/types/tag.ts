import type { Node, ObjectNode, TypeIndex } from "@twinloop/core-native/build-time";
import { shortPath } from "./site.ts";
import type { TypeReading } from "./type-reading.ts";

type Read = (type: TypeIndex) => Node;

/** The largest number of arms that may be tried on one value after its first byte and its tags have been read. */
const maxTriedArms = 256;
/** The number of properties that may distinguish arms one after another, such as `type`, then `subtype`. */
const maxTags = 3;

/** Chooses the tag of every union, now that its arms are complete, and reports unions that are too wide to check. */
export function completeUnions(reader: TypeReading): void {
  for (const { index, site } of reader.unions.splice(0)) {
    const node = reader.node(index);
    if (node.kind !== "union") continue;
    const read = (type: TypeIndex): Node => reader.node(type);
    const tag = tagOf(read, node.arms);
    if (tag !== null) node.tag = tag;
    if (tag === null && widestTrial(read, node.arms) > maxTriedArms) {
      const message = `\`${shortPath(site.path)}\` is a union in which more than ${maxTriedArms} types may fit one value`;
      const hint = 'Give them a property with literals that tell them apart, like `kind: "a"`.';
      reader.report(site, "type_too_wide", message, hint);
    }
  }
}

/** The first property, by name, that every object arm requires with literals of its own; null when there is none. */
export function tagOf(read: Read, arms: readonly TypeIndex[]): string | null {
  const objects = leavesOf(read, arms).filter((node) => node.kind === "object");
  if (objects.length < 2) return null;
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

/** The arms that are not unions, those of nested unions included. */
function leavesOf(read: Read, arms: readonly TypeIndex[]): Node[] {
  const seen = new Set<TypeIndex>();
  const leaves: Node[] = [];
  const visit = (arm: TypeIndex): void => {
    if (seen.has(arm)) return;
    seen.add(arm);
    const node = read(arm);
    if (node.kind === "union") node.arms.forEach(visit);
    else leaves.push(node);
  };
  arms.forEach(visit);
  return leaves;
}

/** The largest number of arms of one JSON kind that may be tried on one value. */
function widestTrial(read: Read, arms: readonly TypeIndex[]): number {
  const leaves = leavesOf(read, arms);
  const lists = leaves.filter(({ kind }) => kind === "array" || kind === "tuple");
  const objects = leaves.filter((node) => node.kind === "object");
  return Math.max(lists.length, widestOf(read, objects, maxTags));
}

function widestOf(read: Read, objects: readonly ObjectNode[], tags: number): number {
  if (objects.length <= maxTriedArms || tags === 0) return objects.length;
  const [best] = [...new Set(objects.flatMap(({ properties }) => properties.map(({ name }) => name)))]
    .map((name) => partBy(read, objects, name))
    .sort((a, b) => a.widest - b.widest || a.missing.length - b.missing.length);
  if (best === undefined || best.widest === objects.length) return objects.length;
  return Math.max(...[...best.told, best.missing].map((group) => widestOf(read, group, tags - 1)));
}

/** Partitions arms by a property: for each of its values, for any other value, and where it is absent. */
function partBy(
  read: Read,
  objects: readonly ObjectNode[],
  name: string,
): { told: ObjectNode[][]; missing: ObjectNode[]; widest: number } {
  const groups = new Map<unknown, ObjectNode[]>();
  const open: ObjectNode[] = [];
  const missing: ObjectNode[] = [];
  for (const object of objects) {
    const property = object.properties.find((candidate) => candidate.name === name);
    const values = property === undefined ? [] : literalsOf(read(property.type));
    if (values.length === 0) open.push(object);
    for (const value of values) groups.set(value, [...(groups.get(value) ?? []), object]);
    if (property?.optional !== false) missing.push(object);
  }
  const told = [...[...groups.values()].map((group) => [...group, ...open]), open];
  return { told, missing, widest: Math.max(...told.map(({ length }) => length)) };
}
