import type { Node, ObjectNode } from "../../src/ir/ir.ts";
import type { Picks } from "./picks.ts";
import { NAMES } from "./schema-writer.ts";

export const NUMBERS =
  "1 0 -0 -1.5 1.0 1e0 10E-1 0.1 0.2 0.30000000000000004 0.3 5.5 5.50000000000000000001 -5 -5.0000000000000000001 9007199254740993 9007199254740992 9007199254740992.5 18446744073709551615 18446744073709551616 -9223372036854775809 1e308 1.7976931348623159e308 1e999 -1e400 5e-324 1e-400 123456789012345678901234567890 0.1000000000000000055511151231257827 00 01 1. .5 +1 1e -".split(
    " ",
  );
/** Texts that fit a kind or nearly do; any text may also be given to any kind. */
export const TEXTS = {
  string: [
    '"a"',
    '""',
    '"b"',
    '"abc"',
    '"aé"',
    '"a\\u00e9"',
    '"\\ud83d\\ude00"',
    '"😀😀😀"',
    '"😀😀😀😀"',
    '"\\u0000d1"',
    '"\\u0000s"',
    '"\\u0000"',
    '"__proto__"',
    '"123e4567-e89b-12d3-a456-426614174000"',
    '"00000000-0000-0000-0000-000000000000"',
    '"123e4567-e89b-92d3-a456-426614174000"',
    '"a@b.co"',
    '"a.@b.co"',
    '"a@b.12"',
    '"\\/\\b\\f\\n\\r\\t\\"\\\\"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\t"',
    '"\\x"',
    '"\\u12"',
  ],
  template: ['"usr_1"', '"usr_1\\n"', '"usr_"', '"\\u0075sr_12"'],
  date: [
    '"2020-02-29T23:59:59.1239+01:30"',
    '"2021-02-29T00:00:00Z"',
    '"0000-01-01t00:00:00z"',
    '"0001-03-01T00:00:00.5-23:59"',
    '"1969-12-31T23:59:59.999Z"',
    '"9999-12-31T23:59:59.99999Z"',
    '"9999-12-31T23:59:60Z"',
    '"2020-01-01T00:00:00.Z"',
    '"2020-01-01T24:00:00Z"',
    '"2020-01-01T00:00:00+24:00"',
    '"2020-04-31T00:00:00Z"',
    '"2020-01-01"',
  ],
  bigint: [
    '"12"',
    '"-0"',
    '"007"',
    '"9007199254740993"',
    '"-5"',
    '"-6"',
    '"1.0"',
    '"+1"',
    '"1e3"',
    `"${"9".repeat(1000)}"`,
  ],
  bytes: [
    '"AQID"',
    '"AQ=="',
    '"AQ"',
    '"AR=="',
    '"AQ="',
    '"-_8="',
    '"-_8"',
    '"+/8="',
    '"+_8="',
    '""',
    '"AQIDBAU="',
    '"A"',
  ],
};

const SCALARS = ["null", "true", "false", ...NUMBERS.slice(0, 4), ...TEXTS.string.slice(0, 4)];
const MUTATIONS = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "0",
  "-",
  ".",
  "e",
  " ",
  "\u0000",
  "\u001f",
  "\ufeff",
  "t",
];

/** Members of one object may know several types at once, of each of which one is written. */
const MAX_DEPTH = 7;

/** Writes JSON texts that nearly always nearly fit a type. */
export class TextWriter {
  readonly #types: readonly Node[];
  readonly #picks: Picks;

  constructor(types: readonly Node[], picks: Picks) {
    this.#types = types;
    this.#picks = picks;
  }

  /** A whole document, now and then with one character changed. */
  document(type: number): string {
    const text = `${this.#space()}${this.#value([type], 0)}${this.#space()}`;
    if (!this.#picks.once(8)) return text;
    const at = this.#picks.below(text.length);
    const changed =
      text.slice(0, at) + this.#picks.of(["", ...MUTATIONS]) + text.slice(at + this.#picks.below(2));
    // A text with half a character cannot be sent as UTF-8.
    return /\p{Surrogate}/u.test(changed) ? text : changed;
  }

  #value(asked: readonly number[], depth: number): string {
    if (depth > MAX_DEPTH || this.#picks.once(24)) return this.#anything();
    const arms = asked.flatMap((type) => this.#arms(type, 0));
    const node = this.#types[this.#picks.of(arms)]!;
    switch (node.kind) {
      case "object": {
        // As many of the arms that are objects as may be, so that what they know overlaps.
        const objects = arms.map((arm) => this.#types[arm]!).filter(({ kind }) => kind === "object");
        return this.#object(this.#picks.once(2) ? (objects as ObjectNode[]) : [node], depth);
      }
      case "array":
        return this.#list(this.#picks.below(4), () => [node.items], depth);
      case "tuple": {
        const length =
          node.items.length + this.#picks.below(node.rest === null ? 1 : 3) - (this.#picks.once(4) ? 1 : 0);
        return this.#list(length, (at) => [node.items[at]?.type ?? node.rest ?? 0], depth);
      }
      case "any":
        return this.#anything();
      case "null":
        return "null";
      case "boolean":
        return this.#picks.of(["true", "false"]);
      case "literal":
        return JSON.stringify(node.value);
      case "enum":
        return JSON.stringify(this.#picks.of(node.values));
      case "number":
        return this.#picks.of(NUMBERS);
      case "bigint":
        return this.#picks.of(this.#picks.once(2) ? NUMBERS : TEXTS.bigint);
      default:
        return this.#picks.of(TEXTS[this.#picks.once(12) ? "string" : (node.kind as keyof typeof TEXTS)]);
    }
  }

  #arms(type: number, depth: number): number[] {
    const node = this.#types[type]!;
    return node.kind === "union" && depth < 8
      ? node.arms.flatMap((arm) => this.#arms(arm, depth + 1))
      : [type];
  }

  #anything(): string {
    if (!this.#picks.once(10)) return this.#picks.of(this.#picks.once(4) ? NUMBERS : SCALARS);
    const [open, close] = this.#picks.of([
      ["[", "]"],
      ['{"a":', "}"],
      ['[{"__proto__":', "}]"],
    ] as const);
    const depth = this.#picks.of([1, 2, 60, 120, 126, 127, 128, 129, 3000]);
    return `${open.repeat(depth)}${this.#picks.of(SCALARS)}${close.repeat(depth)}`;
  }

  #list(length: number, types: (at: number) => number[], depth: number): string {
    const items = Array.from({ length: Math.max(0, length) }, (_, at) => this.#value(types(at), depth + 1));
    return `[${this.#space()}${items.join(`${this.#space()},${this.#space()}`)}]`;
  }

  #object(objects: readonly ObjectNode[], depth: number): string {
    const members: string[] = [];
    const asked = new Map<string, number[]>();
    for (const { name, type, optional } of objects.flatMap(({ properties }) => properties)) {
      if (optional && (depth > 3 || this.#picks.once(3))) continue;
      asked.set(name, [...(asked.get(name) ?? []), type]);
    }
    for (const [name, types] of asked) {
      if (this.#picks.once(20)) continue;
      members.push(this.#member(name, types, depth));
      if (this.#picks.once(20)) members.push(this.#member(name, types, depth));
    }
    const additional = objects.flatMap((node) => (node.additional === null ? [] : [node.additional.value]));
    for (let count = this.#picks.below(3); count > 0 && this.#picks.once(2); count--) {
      members.push(this.#member(this.#picks.of(NAMES), additional, depth));
    }
    if (this.#picks.once(3)) members.reverse();
    return `{${members.join(`${this.#space()},${this.#space()}`)}${this.#space()}}`;
  }

  #member(name: string, types: readonly number[], depth: number): string {
    const value = types.length > 0 ? this.#value(types, depth + 1) : this.#anything();
    return `${this.#name(name)}${this.#space()}:${this.#space()}${value}`;
  }

  /** A name, now and then with every character escaped. */
  #name(name: string): string {
    if (!this.#picks.once(8)) return JSON.stringify(name);
    const units = Array.from({ length: name.length }, (_, at) => name.charCodeAt(at));
    return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
  }

  #space(): string {
    return this.#picks.once(12) ? this.#picks.of([" ", "\n\t", "\r"]) : "";
  }
}
