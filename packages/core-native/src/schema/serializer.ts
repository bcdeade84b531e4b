import type { Node, TypeIndex } from "./ir.ts";
import { MergedTypes } from "./merged-type.ts";
import { takeMismatch, threw } from "./mismatch.ts";
import { arrayWriter, tupleWriter } from "./write-array.ts";
import { objectWriter } from "./write-object.ts";
import * as scalar from "./write-scalar.ts";
import { unionWriter } from "./write-union.ts";
import type { Write } from "./writer.ts";

export { ResponseMismatch } from "./mismatch.ts";

/** Writes a value as JSON on one line, checked and stripped by its type; throws `ResponseMismatch` if it does not fit. */
export type Serialize = (value: unknown) => string;

/**
 * Builds the serializer of a type: closures made once, no generated code.
 *
 * Shape:  known properties only, at every depth, in their declared order; an undefined optional is left out; `Date` as
 *         ISO 8601 in UTC, `bigint` as a string of digits, `Uint8Array` as base64. A value that fits several arms of a
 *         union keeps what any of them knows.
 * Units:  at most 128 levels deep, which is also how a cycle ends.
 * Errors: the serializer throws `ResponseMismatch` for a value of another type, one outside the type's constraints, one
 *         that JSON cannot carry, and one that throws when it is read; `root` is what its paths begin with.
 */
export function buildSerializer(types: readonly Node[], type: TypeIndex, root = "response"): Serialize {
  const write = new WriterArena(types).writerOf(type);
  return (value) => {
    let text: string | undefined;
    try {
      text = write(value, 1);
    } catch (error) {
      threw("a value", error);
    }
    if (text === undefined) throw takeMismatch(root);
    return text;
  };
}

class WriterArena {
  readonly #nodes: Node[];
  readonly #merged: MergedTypes;
  readonly #writers = new Map<TypeIndex, Write>();
  readonly #building = new Set<TypeIndex>();

  constructor(types: readonly Node[]) {
    this.#nodes = [...types];
    this.#merged = new MergedTypes(this.#nodes);
  }

  readonly writerOf = (type: TypeIndex): Write => {
    const known = this.#writers.get(type);
    if (known) return known;
    // A type that contains itself: its writer is looked up when the first value gets that deep.
    if (this.#building.has(type)) return (value, depth) => this.#writers.get(type)!(value, depth);
    this.#building.add(type);
    const write = this.#build(this.#nodeOf(type));
    this.#building.delete(type);
    this.#writers.set(type, write);
    return write;
  };

  readonly #nodeOf = (type: TypeIndex): Node => {
    const node = this.#nodes[type];
    if (!node) throw new RangeError(`type ${type} is not in the manifest's arena of ${this.#nodes.length}`);
    return node;
  };

  #build(node: Node): Write {
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
        return arrayWriter(node, this.writerOf);
      case "tuple":
        return tupleWriter(node, this.writerOf);
      case "object":
        return objectWriter(node, this.writerOf);
      case "union":
        return unionWriter(node, {
          nodeOf: this.#nodeOf,
          writerOf: this.writerOf,
          merged: (types) => this.#merged.of(types),
        });
    }
  }
}
