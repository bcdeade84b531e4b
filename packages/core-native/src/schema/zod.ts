import type { Bound, Node, PropertyNode, TypeIndex } from "./ir.ts";
import { toRustPattern } from "./pattern.ts";

/** A schema's node, and whether the node says all that the schema says. */
export interface Converted {
  readonly type: TypeIndex;
  /** False when the schema's own `validate` must run after Rust has passed the rest. */
  readonly exact: boolean;
}

/** The part of zod 4's `_zod.def` that is read here; see `zod/v4/core`, schemas and checks. */
interface Definition {
  readonly type: string;
  readonly [key: string]: unknown;
}

interface Schema {
  readonly _zod: { readonly def: Definition };
}

interface Check {
  readonly _zod: { readonly def: { readonly check: string; readonly [key: string]: unknown } };
}

type Shape = Readonly<Record<string, unknown>>;

/** A node while it is being put together. */
type Draft<Kind extends Node["kind"]> = { -readonly [Key in keyof NodeOf<Kind>]: NodeOf<Kind>[Key] };
type NodeOf<Kind extends Node["kind"]> = Extract<Node, { readonly kind: Kind }>;

/**
 * Turns a schema value into IR nodes, appended to `arena`.
 *
 * Shape:  a zod 4 schema, as far as Rust can check it; any other Standard Schema becomes `any`. What is left out makes the
 *         result inexact, and the schema's own `validate` runs after Rust: nothing is dropped in silence.
 * Units:  lengths count characters (Unicode scalar values), as everywhere; zod alone would count UTF-16 code units.
 * Errors: a TypeError for something that is no schema, or that JSON cannot carry.
 */
export function irFromSchema(schema: unknown, arena: Node[]): Converted {
  if (isZod(schema)) {
    const conversion = new Conversion(arena);
    const type = conversion.convert(schema);
    return { type, exact: conversion.exact };
  }
  if (typeof schema === "object" && schema !== null && "~standard" in schema) {
    return { type: arena.push({ kind: "any" }) - 1, exact: false };
  }
  throw new TypeError("it is neither a zod 4 schema nor a Standard Schema");
}

function isZod(schema: unknown): schema is Schema {
  return (typeof schema === "object" || typeof schema === "function") && schema !== null && "_zod" in schema;
}

const OPTIONAL: ReadonlySet<string> = new Set(["optional", "default", "prefault", "catch"]);

class Conversion {
  readonly #arena: Node[];
  readonly #seen = new Map<Schema, TypeIndex>();
  readonly #open = new Set<TypeIndex>();
  exact = true;

  constructor(arena: Node[]) {
    this.#arena = arena;
  }

  convert(schema: unknown): TypeIndex {
    if (!isZod(schema)) return this.#loose();
    const known = this.#seen.get(schema);
    if (known !== undefined) return known;
    // The place is taken before the parts are converted, so that a schema can contain itself.
    const index = this.#add({ kind: "any" });
    this.#seen.set(schema, index);
    this.#open.add(index);
    this.#arena[index] = this.#node(schema._zod.def);
    this.#open.delete(index);
    return index;
  }

  #add(node: Node): TypeIndex {
    return this.#arena.push(node) - 1;
  }

  /** Whatever Rust cannot check is left to the schema itself. */
  #loose(): TypeIndex {
    this.exact = false;
    return this.#add({ kind: "any" });
  }

  /** The node of a wrapped schema, for wrappers that change nothing Rust would see. */
  #through(schema: unknown): Node {
    const inner = this.convert(schema);
    // A recursion came round and the inner node is not there yet: a union of one points to its place.
    return this.#open.has(inner) ? { kind: "union", arms: [inner] } : this.#arena[inner]!;
  }

  #node(def: Definition): Node {
    const checks = readChecks(def);
    if (checks.some(({ check }) => check === "custom" || check === "overwrite")) this.exact = false;
    switch (def.type) {
      case "string":
        return this.#string(def, checks);
      case "number":
        return this.#number(def, checks);
      case "bigint":
        return this.#bigint(checks);
      case "boolean":
        return this.#coerced(def, { kind: "boolean" });
      case "null":
        return { kind: "null" };
      case "literal":
        return this.#literals(def["values"] as unknown[]);
      case "enum":
        return { kind: "enum", values: enumValues(def["entries"] as Record<string, string | number>) };
      case "array":
        return this.#array(def, checks);
      case "tuple":
        return this.#tuple(def);
      case "object":
        return this.#object(def);
      case "record":
        return this.#record(def);
      case "union":
        return {
          kind: "union",
          arms: (def["options"] as unknown[]).map((arm) => this.convert(arm)),
          ...tagOf(def),
        };
      case "intersection":
        return this.#intersection(def);
      case "nullable":
        return { kind: "union", arms: [this.convert(def["innerType"]), this.#add({ kind: "null" })] };
      case "lazy":
        return this.#through((def["getter"] as () => unknown)());
      case "readonly":
      case "nonoptional":
      case "optional":
        return this.#through(def["innerType"]);
      case "default":
      case "prefault":
        this.exact = false;
        return this.#through(def["innerType"]);
      case "pipe":
        this.exact = false;
        return this.#through(def["in"]);
      case "any":
      case "unknown":
        return { kind: "any" };
      case "symbol":
      case "function":
      case "map":
      case "set":
      case "promise":
      case "file":
      case "nan":
      case "never":
        throw new TypeError(`JSON cannot carry a ${def.type}`);
      default:
        // Transforms, catches, dates (zod wants a Date where JSON has text) and whatever later versions add.
        this.exact = false;
        return { kind: "any" };
    }
  }

  #coerced(def: Definition, node: Node): Node {
    if (def["coerce"] !== true) return node;
    this.exact = false;
    return { kind: "any" };
  }

  #string(def: Definition, checks: readonly CheckDefinition[]): Node {
    const node: Draft<"string"> = { kind: "string" };
    const own = def["format"] === undefined ? [] : [{ ...def, check: "string_format" }];
    for (const check of [...own, ...checks] as CheckDefinition[]) {
      if (!applyToString(node, check)) this.exact = false;
    }
    return this.#coerced(def, node);
  }

  #number(def: Definition, checks: readonly CheckDefinition[]): Node {
    const node: Draft<"number"> = { kind: "number" };
    const own = def["format"] === undefined ? [] : [{ ...def, check: "number_format" } as CheckDefinition];
    for (const check of [...own, ...checks]) {
      if (check.check === "multiple_of") node.multipleOf = check["value"] as number;
      else if (check.check === "number_format") this.#numberFormat(node, String(check["format"]));
      else if (!applyBound(node, check, (value) => value as number)) this.exact = false;
    }
    if (node.multipleOf !== undefined) this.exact = false;
    return this.#coerced(def, node);
  }

  #numberFormat(node: Draft<"number">, format: string): void {
    const ranges: Record<string, readonly [number, number]> = {
      safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      int32: [-(2 ** 31), 2 ** 31 - 1],
      uint32: [0, 2 ** 32 - 1],
    };
    const range = ranges[format];
    if (!range) return void (this.exact = false);
    node.int = true;
    applyBound(node, { check: "greater_than", value: range[0], inclusive: true }, (value) => value as number);
    applyBound(node, { check: "less_than", value: range[1], inclusive: true }, (value) => value as number);
  }

  #bigint(checks: readonly CheckDefinition[]): Node {
    const node: Draft<"bigint"> = { kind: "bigint" };
    for (const check of checks) {
      const inclusive = check["inclusive"] === true;
      if (!inclusive || !applyBound(node, check, (value) => String(value))) this.exact = false;
    }
    return node;
  }

  #literals(values: readonly unknown[]): Node {
    const scalars = values.filter((value) => value !== null && value !== undefined);
    if (scalars.some((value) => typeof value === "bigint"))
      throw new TypeError("JSON cannot carry a bigint literal");
    const plain = scalars as (string | number | boolean)[];
    if (values.includes(null)) {
      const arms = [this.#add({ kind: "null" })];
      if (plain.length > 0) arms.push(this.#add({ kind: "enum", values: plain }));
      return { kind: "union", arms };
    }
    return plain.length === 1 ? { kind: "literal", value: plain[0]! } : { kind: "enum", values: plain };
  }

  #array(def: Definition, checks: readonly CheckDefinition[]): Node {
    const node: Draft<"array"> = { kind: "array", items: this.convert(def["element"]) };
    for (const check of checks) {
      if (check.check === "min_length") node.minItems = check["minimum"] as number;
      else if (check.check === "max_length") node.maxItems = check["maximum"] as number;
      else if (check.check === "length_equals") node.minItems = node.maxItems = check["length"] as number;
      else this.exact = false;
    }
    return node;
  }

  #tuple(def: Definition): Node {
    const items = (def["items"] as unknown[]).map((item) => ({
      type: this.convert(item),
      optional: isOptional(item),
    }));
    return { kind: "tuple", items, rest: def["rest"] ? this.convert(def["rest"]) : null };
  }

  #object(def: Definition): Node {
    const properties = Object.entries(def["shape"] as Shape).map(([name, value]): PropertyNode => {
      return { name, type: this.convert(value), optional: isOptional(value) };
    });
    const rest = def["catchall"];
    if (!isZod(rest)) return { kind: "object", properties, additional: null };
    if (rest._zod.def.type === "never") return { kind: "object", properties, additional: null, closed: true };
    return { kind: "object", properties, additional: { key: null, value: this.convert(rest) } };
  }

  #record(def: Definition): Node {
    const key = def["keyType"];
    const value = this.convert(def["valueType"]);
    // A record over an enum has exactly those keys; zod wants them all, unless it is a partial record.
    if (isZod(key) && key._zod.def.type !== "string") this.exact = false;
    const plain = isZod(key) && key._zod.def.type === "string" && readChecks(key._zod.def).length === 0;
    return { kind: "object", properties: [], additional: { key: plain ? null : this.convert(key), value } };
  }

  #intersection(def: Definition): Node {
    const left = this.#through(def["left"]);
    const right = this.#through(def["right"]);
    this.exact = false;
    if (left.kind !== "object" || right.kind !== "object") return left;
    const names = new Set(right.properties.map(({ name }) => name));
    const properties = [...left.properties.filter(({ name }) => !names.has(name)), ...right.properties];
    return { kind: "object", properties, additional: left.additional ?? right.additional };
  }
}

type CheckDefinition = Check["_zod"]["def"];

function readChecks(def: Definition): readonly CheckDefinition[] {
  return ((def["checks"] as readonly Check[] | undefined) ?? []).map((check) => check._zod.def);
}

function isOptional(schema: unknown): boolean {
  return isZod(schema) && OPTIONAL.has(schema._zod.def.type);
}

function tagOf(def: Definition): { tag?: string } {
  return typeof def["discriminator"] === "string" ? { tag: def["discriminator"] } : {};
}

/** A native enum with numbers holds its reverse mapping too. */
function enumValues(entries: Record<string, string | number>): (string | number)[] {
  const numbers = new Set(Object.values(entries).filter((value) => typeof value === "number"));
  return Object.entries(entries)
    .filter(([key]) => !numbers.has(Number(key)))
    .map(([, value]) => value);
}

interface Bounded {
  min?: Bound;
  max?: Bound;
  exclusiveMin?: Bound;
  exclusiveMax?: Bound;
}

function applyBound(node: Bounded, check: CheckDefinition, read: (value: unknown) => Bound): boolean {
  const inclusive = check["inclusive"] === true;
  if (check.check === "greater_than") node[inclusive ? "min" : "exclusiveMin"] = read(check["value"]);
  else if (check.check === "less_than") node[inclusive ? "max" : "exclusiveMax"] = read(check["value"]);
  else return false;
  return true;
}

/** Puts one check of a string into its node; false when Rust cannot check all of it. */
function applyToString(node: Draft<"string">, check: CheckDefinition): boolean {
  switch (check.check) {
    case "min_length":
      node.minLen = check["minimum"] as number;
      return true;
    case "max_length":
      node.maxLen = check["maximum"] as number;
      return true;
    case "length_equals":
      node.minLen = node.maxLen = check["length"] as number;
      return true;
    case "string_format":
      return applyFormat(node, check);
    default:
      return false;
  }
}

function applyFormat(node: Draft<"string">, check: CheckDefinition): boolean {
  if (check["format"] === "starts_with") {
    node.startsWith = [...(node.startsWith ?? []), check["prefix"] as string];
    return true;
  }
  if (check["format"] === "ends_with") {
    node.endsWith = [...(node.endsWith ?? []), check["suffix"] as string];
    return true;
  }
  const pattern = check["pattern"];
  const translated = pattern instanceof RegExp ? toRustPattern(pattern.source, pattern.flags) : undefined;
  if (!translated) return false;
  node.patterns = [...(node.patterns ?? []), translated.pattern];
  // Formats beside a pattern may do more than match it.
  return translated.exact && (check["format"] === "regex" || check["format"] === "uuid");
}
