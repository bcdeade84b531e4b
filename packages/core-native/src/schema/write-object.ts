import type { ObjectNode } from "./ir.ts";
import { mismatch, threw, tooDeep, within } from "./mismatch.ts";
import { quote } from "./quote.ts";
import { MAX_DEPTH, type Write, type WriterOf } from "./writer.ts";

/** A declared property, ready to be written. */
interface Field {
  readonly name: string;
  /** The quoted name and the colon. */
  readonly key: string;
  readonly optional: boolean;
  /** Every object inherits something of this name, so only an own property counts. */
  readonly inherited: boolean;
  readonly write: Write;
}

/** Writes the declared properties in their declared order, then what an index signature allows. */
export function objectWriter(node: ObjectNode, writerOf: WriterOf): Write {
  const fields = node.properties.map(({ name, type, optional }): Field => {
    return {
      name,
      key: `${JSON.stringify(name)}:`,
      optional,
      inherited: name in Object.prototype,
      write: writerOf(type),
    };
  });
  const fixed = fields.every(({ optional, inherited }) => !optional && !inherited) && fields.length > 0;
  if (node.additional === null && !node.closed)
    return fixed ? requiredWriter(fields) : declaredWriter(fields);
  return openWriter(node, fields, writerOf);
}

/** All properties are required: the fast path, with nothing to decide between the values. */
function requiredWriter(fields: readonly Field[]): Write {
  const names = fields.map(({ name }) => name);
  const heads = fields.map(({ key }, index) => (index === 0 ? `{${key}` : `,${key}`));
  const writers = fields.map(({ write }) => write);
  const count = fields.length;
  return (value, depth) => {
    if (!isObject(value)) return mismatch("object", value);
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    let text = "";
    let index = 0;
    try {
      for (; index < count; index++) {
        const part = writers[index]!(value[names[index]!], depth + 1);
        if (part === undefined) return within(names[index]!);
        text += heads[index]! + part;
      }
    } catch (error) {
      threw("a property", error);
      return within(names[index]!);
    }
    return `${text}}`;
  };
}

function declaredWriter(fields: readonly Field[]): Write {
  const writeMembers = membersWriter(fields);
  return (value, depth) => {
    if (!isObject(value)) return mismatch("object", value);
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    const text = writeMembers(value, depth);
    return text === undefined ? undefined : `{${text}}`;
  };
}

type WriteMembers = (value: Readonly<Record<string, unknown>>, depth: number) => string | undefined;

function membersWriter(fields: readonly Field[]): WriteMembers {
  const count = fields.length;
  return (value, depth) => {
    let text = "";
    let index = 0;
    try {
      for (; index < count; index++) {
        const { name, key, optional, inherited, write } = fields[index]!;
        const member = inherited && !Object.hasOwn(value, name) ? undefined : value[name];
        if (member === undefined && optional) continue;
        const part = write(member, depth + 1);
        if (part === undefined) return within(name);
        text += text === "" ? key + part : `,${key}${part}`;
      }
    } catch (error) {
      threw("a property", error);
      return within(fields[index]!.name);
    }
    return text;
  };
}

/** For index signatures and for closed objects: the names that are not declared matter. */
function openWriter(
  { additional, properties }: ObjectNode,
  fields: readonly Field[],
  writerOf: WriterOf,
): Write {
  const declared = new Set(properties.map(({ name }) => name));
  const writeMembers = membersWriter(fields);
  const writeKey = additional === null || additional.key === null ? quote : writerOf(additional.key);
  const writeValue: Write =
    additional === null ? (value) => mismatch("no such property", value) : writerOf(additional.value);

  const writeOthers = (value: Readonly<Record<string, unknown>>, depth: number): string | undefined => {
    let text = "";
    for (const name of Object.keys(value)) {
      if (declared.has(name)) continue;
      const member = value[name];
      if (member === undefined) continue;
      const key = writeKey(name, depth);
      const part = key === undefined ? undefined : writeOther(member, name, depth);
      if (part === undefined) return within(name);
      text += `,${key}:${part}`;
    }
    return text;
  };
  const writeOther = (member: unknown, name: string, depth: number): string | undefined => {
    try {
      return writeValue(member, depth + 1);
    } catch (error) {
      threw("a property", error);
      return within(name);
    }
  };
  return (value, depth) => {
    if (!isObject(value)) return mismatch("object", value);
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    const text = writeMembers(value, depth);
    if (text === undefined) return undefined;
    try {
      const others = writeOthers(value, depth);
      return others === undefined ? undefined : `{${text === "" ? others.slice(1) : text + others}}`;
    } catch (error) {
      return threw("an object", error);
    }
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
