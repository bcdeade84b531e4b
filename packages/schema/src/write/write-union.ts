/**
 * Unions: which arm a value is written by.
 *
 * Three steps, each of which asks more of the value: its class (`typeof`, array, date, bytes); the literals of up to
 * three properties, by the rule that the validator in Rust uses too; at last writing it by each arm that a glance at its
 * required properties does not exclude.
 */
import type { LiteralValue, Node, TypeIndex, UnionNode } from "../ir/ir.ts";
import {
  currentMismatch,
  mismatch,
  mismatchFound,
  restoreMismatch,
  threw,
  within,
  type Mismatch,
} from "./mismatch.ts";
import { remembered } from "./remember.ts";
import { literalsOf, partObjects } from "../ir/part-objects.ts";
import { classesOf, classOf, type ValueClass } from "../ir/value-class.ts";
import { writeAny, writeNull } from "./write-scalar.ts";
import type { Write, WriterOf } from "./writer.ts";

/** The parts of the arena that a union's writer uses: it reads nodes and adds merged types. */
export interface UnionArena {
  readonly nodeOf: (type: TypeIndex) => Node;
  readonly writerOf: WriterOf;
  /** The merged type of values that fit all of these types, with every property that any of them declares. */
  readonly merged: (types: readonly TypeIndex[]) => TypeIndex;
}

/**
 * The writer of a union. Selects arms by the class of the value, then by tags, then by writing: the first arm that can
 * write the value; where several objects or arrays can, their merged type, which keeps the properties that any of them
 * declares.
 *
 * Outcomes are cached until the outermost union is written, so that nested unions do not multiply the work: each type
 * writes a value at most once.
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

/** The writer of `T | null`, by far the most common union: one comparison instead of a look-up. */
function nullableWriter(writers: ReadonlyMap<ValueClass, Write>): Write {
  const [write] = [...writers].filter(([name]) => name !== "null").map(([, other]) => other);
  return (value, depth) => (value === null ? "null" : write!(value, depth));
}

/** The arms of a union with those of unions within it, each once. */
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
  if (name === "object") return objectsWriter(arms, arena);
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

/** The mismatch that lies deeper in the value, which is that of the arm that was most likely meant. */
function further(before: Mismatch | undefined): Mismatch | undefined {
  const now = currentMismatch();
  if (!before || !now || now.final) return now;
  return now.path.length > before.path.length ? now : before;
}

/**
 * The number of properties by which arms are selected one after another, such as `type` and then `subtype`; arms that
 * remain behind them are tried.
 */
const MAX_TAGS = 3;

/** The properties by which arms were selected before the first one: none. */
const NO_TAGS: ReadonlySet<string> = new Set();

/**
 * The writer of objects: selects arms by the property that distinguishes most of them, then likewise among the
 * remaining arms, or by trying them.
 */
function objectsWriter(
  arms: readonly TypeIndex[],
  arena: UnionArena,
  used: ReadonlySet<string> = NO_TAGS,
): Write {
  if (arms.length === 1) return arena.writerOf(arms[0]!);
  const parting = used.size < MAX_TAGS ? partObjects(arms, arena.nodeOf, used) : undefined;
  if (!parting) return fittingWriter(arms, arena);
  const { name } = parting;
  const next = new Set([...used, name]);
  const writerOf = (left: readonly TypeIndex[]): Write | undefined =>
    left.length === 0 ? undefined : objectsWriter(left, arena, next);
  const byTag = new Map([...parting.values].map(([value, left]) => [value as unknown, writerOf(left)]));
  const unknown = writerOf(parting.unknown);
  const missing = writerOf(parting.missing);
  const expected = [...byTag.keys()].map((value) => JSON.stringify(value)).join(" | ");
  return (value, depth) => {
    let found: unknown;
    try {
      found = (value as Readonly<Record<string, unknown>>)[name];
    } catch (error) {
      threw(expected, error);
      return within(name);
    }
    const write = found === undefined ? missing : (byTag.get(found) ?? unknown);
    if (write) return write(value, depth);
    if (typeof found === "string") mismatchFound(expected, "another string");
    else mismatch(expected, found);
    return within(name);
  };
}

/** A writer that tries the arms which a cheap test does not exclude. */
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
  return remembered((value, depth) => {
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
    // Every arm was excluded: the first one's mismatch is reported.
    return furthest ? restoreMismatch(furthest) : candidates[0]!.write(value, depth);
  });
}

/** A cheap test of the required properties, so that arms that cannot fit are not tried. */
function glanceAt(arm: TypeIndex, nodeOf: UnionArena["nodeOf"]): (value: unknown) => boolean {
  const node = nodeOf(arm);
  if (node.kind !== "object") return () => true;
  const required = node.properties
    .filter(({ name, optional }) => !optional && !(name in Object.prototype))
    .map(({ name, type }) => ({
      name,
      classes: classesOf(nodeOf(type)),
      literals: literalsOf(nodeOf(type)),
    }));
  return (value) => {
    try {
      return required.every(({ name, classes, literals }) => {
        const member = (value as Readonly<Record<string, unknown>>)[name];
        if (literals) return literals.includes(member as LiteralValue);
        return member !== undefined && (classes === undefined || classes.has(classOf(member)!));
      });
    } catch {
      // The writer will read it again and note the place.
      return true;
    }
  };
}
