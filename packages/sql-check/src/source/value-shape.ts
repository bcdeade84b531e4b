import type ts from "typescript-6";

/** The kinds of values that a type may have, as far as statements tell them apart. */
export type ValueKind =
  | "string"
  | "number"
  | "boolean"
  | "bigint"
  | "date"
  | "bytes"
  | "array"
  | "object"
  | "function"
  | "null"
  | "undefined";

/** A TypeScript type as parameters and rows see it. */
export interface ValueShape {
  /** The type as TypeScript prints it. */
  readonly printed: string;
  /** Whether the type accepts and gives anything: `any`, `unknown`, an open type parameter. */
  readonly isAny: boolean;
  readonly kinds: readonly ValueKind[];
  /** The texts of a type that has no other strings than these; absent for `string`. */
  readonly literals?: readonly string[];
  /** The elements of arrays. */
  readonly element?: ValueShape;
}

/** How deep arrays of arrays are followed. */
const MOST_DEPTH = 6;

/** Reads the shapes of types with a checker of the TypeScript that it is given. */
export class ShapeReader {
  readonly #ts: typeof ts;
  readonly #checker: ts.TypeChecker;

  constructor(typescript: typeof ts, checker: ts.TypeChecker) {
    this.#ts = typescript;
    this.#checker = checker;
  }

  /** The shape of a type. */
  read(type: ts.Type, depth = 0): ValueShape {
    const kinds = new Set<ValueKind>();
    const literals: string[] = [];
    const elements: ts.Type[] = [];
    let isAny = depth > MOST_DEPTH;
    let hasOpenString = false;
    for (const member of this.#members(type)) {
      const kind = this.#kindOf(member);
      if (kind === null) isAny = true;
      else kinds.add(kind);
      if (kind === "array") elements.push(...this.#elementsOf(member));
      if (kind !== "string") continue;
      if (member.isStringLiteral()) literals.push(member.value);
      else hasOpenString = true;
    }
    return {
      printed: this.#checker.typeToString(type),
      isAny,
      kinds: [...kinds],
      ...(literals.length > 0 && !hasOpenString ? { literals } : {}),
      ...(elements.length > 0 ? { element: this.#joined(elements, depth + 1) } : {}),
    };
  }

  /** The members of a union, each with an open type parameter replaced by its constraint. */
  #members(type: ts.Type): readonly ts.Type[] {
    const { TypeFlags } = this.#ts;
    const base =
      (type.flags & (TypeFlags.TypeParameter | TypeFlags.IndexedAccess | TypeFlags.Conditional)) !== 0
        ? (this.#checker.getBaseConstraintOfType(type) ?? this.#checker.getAnyType())
        : type;
    return base.isUnion() ? base.types : [base];
  }

  /** The kind of a type that is no union; `null` for any value. */
  #kindOf(type: ts.Type): ValueKind | null {
    const { TypeFlags } = this.#ts;
    const { flags } = type;
    if ((flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.TypeParameter)) !== 0) return null;
    if ((flags & TypeFlags.StringLike) !== 0) return "string";
    if ((flags & TypeFlags.NumberLike) !== 0) return "number";
    if ((flags & TypeFlags.BooleanLike) !== 0) return "boolean";
    if ((flags & TypeFlags.BigIntLike) !== 0) return "bigint";
    if ((flags & TypeFlags.Null) !== 0) return "null";
    if ((flags & (TypeFlags.Undefined | TypeFlags.Void)) !== 0) return "undefined";
    if ((flags & TypeFlags.ESSymbolLike) !== 0) return "function";
    // A brand: a primitive and an object that exists in types alone.
    if (type.isIntersection()) return this.#kindOfIntersection(type);
    return this.#kindOfObject(type);
  }

  #kindOfIntersection(type: ts.IntersectionType): ValueKind | null {
    const kinds = type.types.map((member) => this.#kindOf(member));
    return kinds.find((kind) => kind !== "object") ?? "object";
  }

  #kindOfObject(type: ts.Type): ValueKind {
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) return "array";
    const name = type.getSymbol()?.name ?? "";
    if (name === "ReadonlyArray") return "array";
    if (name === "Date") return "date";
    if (/^(?:Buffer|Uint8Array|ArrayBuffer|SharedArrayBuffer|DataView)$/.test(name)) return "bytes";
    return type.getCallSignatures().length > 0 ? "function" : "object";
  }

  #elementsOf(type: ts.Type): readonly ts.Type[] {
    return this.#checker.getTypeArguments(type as ts.TypeReference);
  }

  #joined(types: readonly ts.Type[], depth: number): ValueShape {
    const [first, ...rest] = types.map((type) => this.read(type, depth));
    return rest.reduce(join, first!);
  }
}

/** The shape of a value of either type. */
function join(one: ValueShape, other: ValueShape): ValueShape {
  const isClosed = (shape: ValueShape): boolean =>
    shape.literals !== undefined || !shape.kinds.includes("string");
  const literals = [...(one.literals ?? []), ...(other.literals ?? [])];
  const element =
    one.element && other.element ? join(one.element, other.element) : (one.element ?? other.element);
  return {
    printed: one.printed === other.printed ? one.printed : `${one.printed} | ${other.printed}`,
    isAny: one.isAny || other.isAny,
    kinds: [...new Set([...one.kinds, ...other.kinds])],
    ...(literals.length > 0 && isClosed(one) && isClosed(other) ? { literals } : {}),
    ...(element === undefined ? {} : { element }),
  };
}
