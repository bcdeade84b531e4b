import type { ArrayNode, Node, TypeIndex, UnionNode } from "../ir/ir.ts";
import { jsonFormWriter, nullableFormWriter } from "./json-form.ts";
import { MergedTypes } from "../ir/merged-type.ts";
import { takeMismatch, threw, ValueMismatch, type MismatchFound } from "./mismatch.ts";
import { rowFormOf } from "./row-form.ts";
import { splicingWriter } from "./splice.ts";
import { arrayWriter, tupleWriter } from "./write-array.ts";
import { objectWriter } from "./write-object.ts";
import * as scalar from "./write-scalar.ts";
import { unionWriter } from "./write-union.ts";
import { classesOf, classOf, type ValueClass } from "../ir/value-class.ts";
import type { Write } from "./writer.ts";

/**
 * A function that writes a value as JSON on one line, checked and stripped by its type. Throws for a value that does
 * not fit.
 */
export type Serialize = (value: unknown) => string;

/**
 * Builds the serializer of a type from closures, without generated code.
 *
 * Shape:  declared properties only, at every depth, in their declared order; an undefined optional property is left
 * out; `Date` as ISO 8601 in UTC, `bigint` as a string of digits, `Uint8Array` as base64. For any other value with a
 * `toJSON`, the method's result is written, so a `Date` may stand for a string. A value that fits several arms of a
 * union keeps the properties that any of them declares.
 * Units:  at most 128 levels deep, which also stops cycles.
 * With `splices`, a value that lies in Rust leaves a mark, where `allowSplices` says that marks may stand.
 * Errors: the serializer throws for a value of another type, one that violates a constraint, one that JSON cannot
 * represent, and one that throws when it is read. `root` is the first part of the paths in errors; `errorOf` creates
 * the error, by default a `ValueMismatch`.
 */
export function buildSerializer(
  types: readonly Node[],
  type: TypeIndex,
  root = "response",
  errorOf: (mismatch: MismatchFound) => Error = (mismatch) => new ValueMismatch(mismatch),
  splices = false,
): Serialize {
  const write = new WriterArena(types, splices).writerOf(type);
  return (value) => {
    let text: string | undefined;
    try {
      text = write(value, 1);
    } catch (error) {
      threw("a value", error);
    }
    if (text === undefined) throw errorOf(takeMismatch(root));
    return text;
  };
}

/** The writers of one serializer, each built once, when a type is first needed. */
class WriterArena {
  readonly #nodes: Node[];
  readonly #merged: MergedTypes;
  readonly #writers = new Map<TypeIndex, Write>();
  readonly #building = new Set<TypeIndex>();

  /** Whether rows that lie in Rust leave a mark. */
  readonly #splices: boolean;

  constructor(types: readonly Node[], splices: boolean) {
    this.#splices = splices;
    this.#nodes = [...types];
    this.#merged = new MergedTypes(this.#nodes);
  }

  /** The writer of a type. A type that contains itself gets a writer that looks the real one up when it is called. */
  readonly writerOf = (type: TypeIndex): Write => {
    const known = this.#writers.get(type);
    if (known) return known;
    // The type contains itself: its writer is looked up when the first value gets that deep.
    if (this.#building.has(type)) return (value, depth) => this.#writers.get(type)!(value, depth);
    this.#building.add(type);
    const write = this.#build(this.#nodeOf(type), type);
    this.#building.delete(type);
    this.#writers.set(type, write);
    return write;
  };

  /** The node of a type. Errors: RangeError for a place that the manifest does not have. */
  readonly #nodeOf = (type: TypeIndex): Node => {
    const node = this.#nodes[type];
    if (!node) throw new RangeError(`type ${type} is not in the manifest's arena of ${this.#nodes.length}`);
    return node;
  };

  /** Chooses the writer by the kind of the node. */
  #build(node: Node, type: TypeIndex): Write {
    switch (node.kind) {
      case "any":
        return scalar.writeAny;
      case "null":
        return scalar.writeNull;
      case "boolean":
        return scalar.writeBoolean;
      case "number":
        return scalar.numberWriter(node);
      case "string":
        return scalar.stringWriter(node);
      case "literal":
        return scalar.choiceWriter([node.value]);
      case "enum":
        return scalar.choiceWriter(node.values);
      case "template":
        return scalar.templateWriter(node.pattern);
      case "date":
        return scalar.writeDate;
      case "bigint":
        return scalar.bigIntWriter(node);
      case "bytes":
        return scalar.bytesWriter(node);
      case "array":
        return arrayWriter(node, this.writerOf, this.#rowsWriter(node));
      case "tuple":
        return tupleWriter(node, this.writerOf);
      case "object":
        return objectWriter(node, this.writerOf, this.#splicing(type));
      case "union":
        return this.#union(node);
    }
  }

  /** The maker of the writer of values that are no plain array; `undefined` where they are written by their `toJSON` alone. */
  #rowsWriter({ items, minItems, maxItems }: ArrayNode): ((write: Write) => Write) | undefined {
    return minItems === undefined && maxItems === undefined ? this.#splicing(items) : undefined;
  }

  /** The maker of the writer of values that may lie in Rust, as rows of this type. */
  #splicing(row: TypeIndex): ((write: Write) => Write) | undefined {
    if (!this.#splices) return undefined;
    return (write) => splicingWriter(() => rowFormOf(row, this.#nodeOf), write);
  }

  /** The writer of a union, with `toJSON` for values that no arm takes as they are. */
  #union(node: UnionNode): Write {
    const write = unionWriter(node, {
      nodeOf: this.#nodeOf,
      writerOf: this.writerOf,
      merged: (types) => this.#merged.of(types),
    });
    if (write === scalar.writeAny) return write;
    const taken = this.#classesIn(node);
    if (taken.size === 2 && taken.has("null")) return nullableFormWriter(write);
    return jsonFormWriter(write, (value) => {
      // Dates and bytes have a `toJSON` too; an arm that accepts them comes first.
      const name = classOf(value);
      return (name === "date" || name === "bytes") && taken.has(name);
    });
  }

  /** The classes of values that the arms of a union accept. */
  #classesIn(node: UnionNode): ReadonlySet<ValueClass> {
    const taken = new Set<ValueClass>();
    const seen = new Set<TypeIndex>();
    const visit = (arm: TypeIndex): void => {
      if (seen.has(arm)) return;
      seen.add(arm);
      const type = this.#nodeOf(arm);
      if (type.kind === "union") type.arms.forEach(visit);
      else classesOf(type)?.forEach((name) => taken.add(name));
    };
    node.arms.forEach(visit);
    return taken;
  }
}
