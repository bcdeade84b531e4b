/**
 * Objects, by the fastest of three writers that the type allows. Text is built by concatenation, which V8 does without
 * copying; names are quoted once, when the serializer is built. What a getter throws is caught around the loop over all
 * properties, whose index then tells which one threw.
 */
import type { ObjectNode } from "../ir/ir.ts";
import { holdsProperties, writeJSONForm } from "./json-form.ts";
import { mismatch, threw, tooDeep, within } from "./mismatch.ts";
import { quote } from "./quote.ts";
import { isLeftOut, writeAny } from "./write-scalar.ts";
import { MAX_DEPTH, type Write, type WriterOf } from "./writer.ts";

/** A declared property, prepared for writing. */
interface Field {
  readonly name: string;
  /** The quoted name and a colon. */
  readonly key: string;
  readonly optional: boolean;
  /** Whether every object inherits a property of this name, so that only an own one counts. */
  readonly inherited: boolean;
  readonly write: Write;
}

/**
 * The writer of an object type: the declared properties in their declared order, then those that an index signature
 * allows. For an object with a `toJSON`, the method's result is written, or what `other` makes of it.
 */
export function objectWriter(node: ObjectNode, writerOf: WriterOf, other?: (write: Write) => Write): Write {
  const write = propertiesWriter(node, writerOf);
  const checked: Write = (value, depth) => {
    return isObject(value) && holdsProperties(value) ? write(value, depth) : mismatch("object", value);
  };
  const writeOther: Write = other?.(checked) ?? ((value, depth) => writeJSONForm(value, depth, checked));
  return (value, depth) => {
    return isPlain(value) ? write(value, depth) : writeOther(value, depth);
  };
}

const { getPrototypeOf, prototype: objectPrototype } = Object;

/** Whether a value is an object literal or a row without a `toJSON`: a cheap test for the common case. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    getPrototypeOf(value) === objectPrototype &&
    typeof (value as { toJSON?: unknown }).toJSON !== "function"
  );
}

/** A writer of an object's properties, called for a value that was found to be an object. */
type WriteProperties = (value: Readonly<Record<string, unknown>>, depth: number) => string | undefined;

/**
 * Chooses among three writers by what the type asks for: all properties required; some optional; names that are not
 * declared count.
 */
function propertiesWriter(node: ObjectNode, writerOf: WriterOf): WriteProperties {
  const fields = node.properties.map(({ name, type, optional }): Field => {
    return {
      name,
      key: `${JSON.stringify(name)}:`,
      optional,
      inherited: name in Object.prototype,
      write: writerOf(type),
    };
  });
  const isFixed = ({ optional, inherited, write }: Field): boolean =>
    !optional && !inherited && write !== writeAny;
  const fixed = fields.every(isFixed) && fields.length > 0;
  if (node.additional === null && !node.closed)
    return fixed ? requiredWriter(fields) : declaredWriter(fields);
  return openWriter(node, fields, writerOf);
}

/** The writer for types whose properties are all required: the fast path, without a branch between values. */
function requiredWriter(fields: readonly Field[]): WriteProperties {
  const names = fields.map(({ name }) => name);
  const heads = fields.map(({ key }, index) => (index === 0 ? `{${key}` : `,${key}`));
  const writers = fields.map(({ write }) => write);
  const count = fields.length;
  return (value, depth) => {
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

/** The writer for types without an index signature, some of whose properties may be absent. */
function declaredWriter(fields: readonly Field[]): WriteProperties {
  const writeMembers = membersWriter(fields);
  return (value, depth) => {
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    const text = writeMembers(value, depth);
    return text === undefined ? undefined : `{${text}}`;
  };
}

/**
 * Writes the declared properties without braces, so that those of an index signature may follow. An optional property
 * that is `undefined` is left out; a property of any type is left out where `JSON.stringify` leaves it out.
 */
function membersWriter(fields: readonly Field[]): WriteProperties {
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
        if (part === undefined) {
          if (write === writeAny && isLeftOut(member)) continue;
          return within(name);
        }
        text += text === "" ? key + part : `,${key}${part}`;
      }
    } catch (error) {
      threw("a property", error);
      return within(fields[index]!.name);
    }
    return text;
  };
}

/** The writer for types with an index signature and for closed types, in which undeclared names matter. */
function openWriter(
  { additional, properties }: ObjectNode,
  fields: readonly Field[],
  writerOf: WriterOf,
): WriteProperties {
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
      if (part === undefined) {
        if (key !== undefined && writeValue === writeAny && isLeftOut(member)) continue;
        return within(name);
      }
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

/** Whether a value is an object that is no array. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
