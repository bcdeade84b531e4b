import type { LiteralValue, Node, ObjectNode, TypeIndex, UnionNode } from "./ir.ts";
import {
  currentMismatch,
  mismatch,
  mismatchFound,
  restoreMismatch,
  threw,
  within,
  type Mismatch,
} from "./mismatch.ts";
import { classesOf, classOf, type ValueClass } from "./value-class.ts";
import { writeAny, writeNull } from "./write-scalar.ts";
import type { Write, WriterOf } from "./writer.ts";

/** The arena as a union needs it: it reads nodes, and adds the types of values that fit several arms. */
export interface UnionArena {
  readonly nodeOf: (type: TypeIndex) => Node;
  readonly writerOf: WriterOf;
  /** The type of values that fit all of these types at once, with every property that any of them knows. */
  readonly merged: (types: readonly TypeIndex[]) => TypeIndex;
}

/**
 * Chooses an arm by the class of the value, then by the tag, then by writing: of the arms that can write it, the first;
 * where several objects or arrays can, one that keeps the properties known to any of them.
 */
export function unionWriter(node: UnionNode, arena: UnionArena): Write {
  const arms = flatten(node.arms, arena.nodeOf);
  if (arms.some((arm) => arena.nodeOf(arm).kind === "any")) return writeAny;
  const byClass = new Map<ValueClass, TypeIndex[]>();
  for (const arm of arms) {
    for (const name of classesOf(arena.nodeOf(arm)) ?? []) {
      byClass.set(name, [...(byClass.get(name) ?? []), arm]);
    }
  }
  const writers = new Map(
    [...byClass].map(([name, candidates]) => [name, classWriter(name, candidates, arena)]),
  );
  if (writers.size === 2 && writers.has("null")) return nullableWriter(writers);
  const expected = [...byClass.keys()].join(" | ");
  return (value, depth) => {
    const write = writers.get(classOf(value)!);
    return write ? write(value, depth) : mismatch(expected, value);
  };
}

function nullableWriter(writers: ReadonlyMap<ValueClass, Write>): Write {
  const [write] = [...writers].filter(([name]) => name !== "null").map(([, other]) => other);
  return (value, depth) => (value === null ? "null" : write!(value, depth));
}

function flatten(arms: readonly TypeIndex[], nodeOf: UnionArena["nodeOf"]): readonly TypeIndex[] {
  const found = new Set<TypeIndex>();
  const seen = new Set<TypeIndex>();
  const visit = (arm: TypeIndex): void => {
    if (seen.has(arm)) return;
    seen.add(arm);
    const node = nodeOf(arm);
    if (node.kind === "union") node.arms.forEach(visit);
    else found.add(arm);
  };
  arms.forEach(visit);
  return [...found];
}

function classWriter(name: ValueClass, arms: readonly TypeIndex[], arena: UnionArena): Write {
  if (name === "null") return writeNull;
  if (arms.length === 1) return arena.writerOf(arms[0]!);
  if (name === "object") return tagWriter(arms, arena) ?? fittingWriter(arms, arena);
  if (name === "array") return fittingWriter(arms, arena);
  const writers = arms.map(arena.writerOf);
  return (value, depth) => firstOf(writers, value, depth);
}

function firstOf(writers: readonly Write[], value: unknown, depth: number): string | undefined {
  let furthest: Mismatch | undefined;
  for (const write of writers) {
    const text = write(value, depth);
    if (text !== undefined) return text;
    furthest = further(furthest);
    if (furthest?.final) return undefined;
  }
  return furthest ? restoreMismatch(furthest) : undefined;
}

/** The arm that got furthest into the value is the one that was meant. */
function further(before: Mismatch | undefined): Mismatch | undefined {
  const now = currentMismatch();
  if (!before || !now || now.final) return now;
  return now.path.length > before.path.length ? now : before;
}

function tagWriter(arms: readonly TypeIndex[], { nodeOf, writerOf }: UnionArena): Write | undefined {
  const objects = arms.map((arm) => nodeOf(arm) as ObjectNode);
  const tag = objects[0]!.properties.find(({ name }) => isTag(name, objects, nodeOf))?.name;
  if (tag === undefined) return undefined;
  const byTag = new Map<unknown, Write>();
  objects.forEach((object, index) => {
    for (const value of literalsOf(object, tag, nodeOf)!) byTag.set(value, writerOf(arms[index]!));
  });
  const expected = [...byTag.keys()].map((value) => JSON.stringify(value)).join(" | ");
  return (value, depth) => {
    let found: unknown;
    try {
      found = (value as Readonly<Record<string, unknown>>)[tag];
    } catch (error) {
      threw(expected, error);
      return within(tag);
    }
    const write = byTag.get(found);
    if (write) return write(value, depth);
    if (typeof found === "string") mismatchFound(expected, "another string");
    else mismatch(expected, found);
    return within(tag);
  };
}

/** A property that every arm requires, with literals that no two arms share. */
function isTag(name: string, objects: readonly ObjectNode[], nodeOf: UnionArena["nodeOf"]): boolean {
  const all = objects.map((object) => literalsOf(object, name, nodeOf));
  const values = all.flatMap((literals) => literals ?? []);
  return !(name in Object.prototype) && !all.includes(undefined) && new Set(values).size === values.length;
}

function literalsOf(
  { properties }: ObjectNode,
  name: string,
  nodeOf: UnionArena["nodeOf"],
): readonly LiteralValue[] | undefined {
  const property = properties.find((candidate) => candidate.name === name);
  if (!property || property.optional) return undefined;
  const node = nodeOf(property.type);
  if (node.kind === "literal") return [node.value];
  return node.kind === "enum" ? node.values : undefined;
}

/** Tries the arms that a glance does not rule out. */
function fittingWriter(arms: readonly TypeIndex[], arena: UnionArena): Write {
  const candidates = arms.map((arm) => ({
    arm,
    write: arena.writerOf(arm),
    glance: glanceAt(arm, arena.nodeOf),
  }));
  const merged = new Map<string, Write>();
  const writeMerged = (fitting: readonly TypeIndex[]): Write => {
    const key = fitting.join();
    const known = merged.get(key);
    if (known) return known;
    const write = arena.writerOf(arena.merged(fitting));
    merged.set(key, write);
    return write;
  };
  return (value, depth) => {
    const fitting: TypeIndex[] = [];
    let only: string | undefined;
    let furthest: Mismatch | undefined;
    for (const { arm, write, glance } of candidates) {
      if (!glance(value)) continue;
      const text = write(value, depth);
      if (text !== undefined) fitting.push(arm);
      else furthest = further(furthest);
      if (text === undefined && furthest?.final) return undefined;
      only ??= text;
    }
    if (fitting.length > 1) return writeMerged(fitting)(value, depth);
    if (only !== undefined) return only;
    // Every arm was ruled out at a glance: the first says what is missing.
    return furthest ? restoreMismatch(furthest) : candidates[0]!.write(value, depth);
  };
}

/** A cheap look at the required properties, so that arms that cannot fit are not written in vain. */
function glanceAt(arm: TypeIndex, nodeOf: UnionArena["nodeOf"]): (value: unknown) => boolean {
  const node = nodeOf(arm);
  if (node.kind !== "object") return () => true;
  const required = node.properties
    .filter(({ name, optional }) => !optional && !(name in Object.prototype))
    .map(({ name, type }) => ({
      name,
      classes: classesOf(nodeOf(type)),
      literals: literalsOf(node, name, nodeOf),
    }));
  return (value) => {
    try {
      return required.every(({ name, classes, literals }) => {
        const member = (value as Readonly<Record<string, unknown>>)[name];
        if (literals) return literals.includes(member as LiteralValue);
        return member !== undefined && (classes === undefined || classes.has(classOf(member)!));
      });
    } catch {
      // The writer meets it again and says where.
      return true;
    }
  };
}
