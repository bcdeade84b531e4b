import type { SimpleKind, TupleElement } from "./type-source.ts";

type Flags = Readonly<Record<string, string | number>>;

const simpleNames: readonly (readonly [names: readonly string[], kind: SimpleKind])[] = [
  [["Unknown"], "unknown"],
  [["Never"], "never"],
  [["Undefined", "Void"], "undefined"],
  [["Null"], "null"],
  [["String"], "string"],
  [["Number"], "number"],
  [["Boolean"], "boolean"],
  [["BigInt"], "bigint"],
  [["ESSymbol", "UniqueESSymbol"], "symbol"],
  [["NonPrimitive"], "nonPrimitive"],
  [["StringMapping"], "stringMapping"],
  [["TypeParameter", "Index", "IndexedAccess", "Conditional", "Substitution"], "generic"],
];

/** The meaning of a compiler's type flags. The names are the same in every version, the numbers are not. */
export class TypeFlagTable {
  readonly #kinds: readonly (readonly [mask: number, kind: SimpleKind])[];
  readonly #any: number;
  readonly #enum: number;
  readonly #union: number;

  constructor(flags: Flags) {
    const maskOf = (names: readonly string[]): number =>
      names.reduce((mask, name) => mask | Number(flags[name]), 0);
    this.#kinds = simpleNames.map(([names, kind]) => [maskOf(names), kind]);
    this.#any = maskOf(["Any"]);
    this.#enum = maskOf(["Enum"]);
    this.#union = maskOf(["Union"]);
  }

  /** The kind of a type without parts; null for literals, unions, intersections, templates and objects. */
  simpleKind(flags: number, isError: () => boolean): SimpleKind | null {
    if ((flags & this.#any) !== 0) return isError() ? "unresolved" : "any";
    if ((flags & this.#enum) !== 0 && (flags & this.#union) === 0) return "computedEnum";
    return this.#kinds.find(([mask]) => (flags & mask) !== 0)?.[1] ?? null;
  }
}

/** The modifier that a tuple element's flags mean. */
export function elementModifier(flags: number, names: Flags): TupleElement["modifier"] {
  if ((flags & Number(names["Variadic"])) !== 0) return "variadic";
  if ((flags & Number(names["Rest"])) !== 0) return "rest";
  return (flags & Number(names["Optional"])) !== 0 ? "optional" : "required";
}
