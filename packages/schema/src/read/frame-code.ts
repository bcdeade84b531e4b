import type { ArrayNode, Node, ObjectNode, PropertyNode, TypeIndex } from "../ir/ir.ts";
import { framePlace, type FramePlace } from "./frame-layout.ts";

/** The high half of the slot of a property that is absent, and of a null, as signed integers. */
const ABSENT = 0xfff8_0001 | 0;
const NULL = 0xfff8_0002 | 0;
/** The bits of a text's place within its chunk. */
const CHUNK_BITS = 13;
/** The flag in the length of an island that is tagged text. */
const TAGGED = 1 << 30;
/** The first slot of a document. */
const DOCUMENT = 4;
/** The slot of a request's parameters. */
const PARAMETERS = 2;

/**
 * Views of the frame, what reads texts, and what begins and ends a frame. `i` are integers, two for a slot; `f` doubles, one for a
 * slot; `C` the strings of chunks; `D` those of the dictionary.
 */
const PRELUDE = `"use strict";
let i, f, C, D;
function text(at) {
  const low = i[at << 1];
  if (low < 0) return D[~low];
  const from = low & ${(1 << CHUNK_BITS) - 1};
  return C[low >> ${CHUNK_BITS}].slice(from, from + i[(at << 1) + 1]);
}
function island(at) {
  const low = i[at << 1], high = i[(at << 1) + 1], from = low & ${(1 << CHUNK_BITS) - 1};
  const value = JSON.parse(C[low >> ${CHUNK_BITS}].slice(from, from + (high & ${TAGGED - 1})));
  return high & ${TAGGED} ? revive(value) : value;
}
function open(frame) {
  const { bytes } = frame;
  i = frame.ints;
  f = frame.doubles;
  C = [];
  for (let at = i[0] >> 2, end = at + (i[1] << 1); at < end; at += 2) {
    const from = i[at], size = i[at + 1], to = from + (size >> 1);
    C.push(size & 1 ? bytes.ucs2Slice(from, to + (size >> 1)) : bytes.latin1Slice(from, to));
  }
  D = [];
  for (let slot = i[2] >> 3, end = slot + i[3]; slot < end; slot++) D.push(text(slot));
}
function close() {
  i = f = C = D = undefined;
}
`;

/**
 * Writes the code of a reader of frames: the body of a function that is given `revive` and `decode` (base64 -> bytes) and returns the
 * reader. There is one function for each object and array type that the document reaches: code that several types share would
 * see all their shapes at each place, and be slower than JSON.parse.
 *
 * Shape:  the arena and the type of the document -> code; its reader takes a frame and returns the value.
 */
export function frameCode(types: readonly Node[], type: TypeIndex): string {
  const code = new FrameCode(types);
  const root = code.item(framePlace(types, type), String(DOCUMENT));
  return `${PRELUDE}${code.functions()}
return (frame) => {
  open(frame);
  try {
    const value = ${root};
    return i[${PARAMETERS * 2 + 1}] === ${ABSENT} ? value : { ...island(${PARAMETERS}), ...value };
  } finally {
    close();
  }
};`;
}

/** The functions of one document's types. */
class FrameCode {
  readonly #types: readonly Node[];
  readonly #functions = new Map<TypeIndex, string>();

  constructor(types: readonly Node[]) {
    this.#types = types;
  }

  functions(): string {
    return [...this.#functions.values()].join("\n");
  }

  /** An expression for the value, not null, whose slots begin at `at`. */
  item({ kind, type }: FramePlace, at: string): string {
    switch (kind) {
      case "number":
        return `f[${at}]`;
      case "boolean":
        return `(i[(${at}) << 1] === 1)`;
      case "text":
        return `text(${at})`;
      case "date":
        return `new Date(f[${at}])`;
      case "bigint":
        return `BigInt(text(${at}))`;
      case "bytes":
        return `decode(text(${at}))`;
      case "island":
        return `island(${at})`;
      default:
        return `${this.#function(type)}(${at})`;
    }
  }

  #function(type: TypeIndex): string {
    if (!this.#functions.has(type)) {
      // Before its body is written, which may refer to it.
      this.#functions.set(type, "");
      const node = this.#types[type] as ArrayNode | ObjectNode;
      const body = node.kind === "array" ? this.#array(node) : this.#object(node);
      this.#functions.set(type, `function t${type}(at) {\n${body}}`);
    }
    return `t${type}`;
  }

  #array({ items }: ArrayNode): string {
    const place = framePlace(this.#types, items);
    const [value, next] = [this.item(place, "at"), NEXT[place.kind] ?? "at + 1"];
    const begin = "  const list = [];\n  let left = i[at << 1];\n  at++;\n";
    const push = `list.push(${value}); at = ${next};`;
    const step = place.isNullable
      ? `if (i[(at << 1) + 1] === ${NULL}) { list.push(null); at++; } else { ${push} }`
      : push;
    return `${begin}  for (; left > 0; left--) { ${step} }\n  return list;\n`;
  }

  /** An object by one literal up to its first optional property, then by assignments: so that its shape has their order. */
  #object({ properties }: ObjectNode): string {
    const optional = properties.findIndex((property) => property.optional);
    const split = optional === -1 ? properties.length : optional;
    const literal = properties.slice(0, split).map((property, index) => {
      return `    ${keyOf(property)}: ${this.#property(property, index)},\n`;
    });
    const rest = properties
      .slice(split)
      .map((property, index) => `  ${this.#assignment(property, split + index)}\n`);
    return `  const object = {\n${literal.join("")}  };\n${rest.join("")}  return object;\n`;
  }

  #assignment(property: PropertyNode, index: number): string {
    const value = this.#property(property, index);
    // An assignment to `__proto__` would set the prototype.
    const assigned =
      property.name === "__proto__"
        ? `Object.defineProperty(object, "__proto__", { value: ${value}, enumerable: true, writable: true, configurable: true });`
        : `object[${quoted(property.name)}] = ${value};`;
    return property.optional ? `if (${high(slotOf(index))} !== ${ABSENT}) ${assigned}` : assigned;
  }

  #property({ type }: PropertyNode, index: number): string {
    const place = framePlace(this.#types, type);
    const slot = slotOf(index);
    const isContainer = place.kind === "array" || place.kind === "object";
    const value = this.item(place, isContainer ? `i[(${slot}) << 1]` : slot);
    return place.isNullable ? `${high(slot)} === ${NULL} ? null : ${value}` : value;
  }
}

/** Where the item after one begins that is of several slots. */
const NEXT: Readonly<Record<string, string>> = { object: "i[at << 1]", array: "i[(at << 1) + 1]" };

function slotOf(index: number): string {
  return `at + ${index + 1}`;
}

function high(slot: string): string {
  return `i[((${slot}) << 1) + 1]`;
}

/** A computed name for `__proto__`, which would otherwise be the prototype. */
function keyOf({ name }: PropertyNode): string {
  return name === "__proto__" ? '["__proto__"]' : quoted(name);
}

/** A name as a literal of JavaScript. */
function quoted(name: string): string {
  return JSON.stringify(name);
}
