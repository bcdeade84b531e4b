import type { Node, PropertyNode, TupleItem, TypeIndex } from "../ir/ir.ts";
import { toRustPattern } from "../pattern/pattern.ts";
import { mergeObjects } from "./zod-intersection.ts";
import { docsOf, idOf } from "./zod-docs.ts";
import { bigIntNode, numberNode, stringNode, type Partly } from "./zod-scalar.ts";
import { unionOf } from "./zod-union.ts";
import {
  checksOf,
  enumValues,
  isZod,
  leadingChecks,
  isSensitive,
  takesAbsence,
  wrappedBy,
  type Definition,
  type Schema,
} from "./zod-definition.ts";

/** The result of converting a schema: its type, and whether the type checks everything that the schema checks. */
export interface Converted {
  readonly type: TypeIndex;
  /** Whether the type is complete; if false, the schema's own `validate` must run after Rust has accepted the value. */
  readonly exact: boolean;
  /** Whether the schema itself is marked as a secret, or is a list or record of secrets. */
  readonly sensitive?: true;
}

/** The greatest nesting of schemas; a getter that creates a new schema each time never ends. */
const MAX_NESTING = 256;

/**
 * Converts a schema to IR nodes, which are appended to `arena`.
 *
 * Shape:  a zod 4 schema -> what Rust can check of it; any other Standard Schema -> `any`. Rust accepts at least what
 * the schema accepts, and drops no property that the schema could read. A part that is left out makes the result
 * inexact, and the schema's own `validate` runs after Rust.
 * Units:  the nodes describe the input on the wire: text for `z.date()`, the input of a transform.
 * Errors: a TypeError for a value that is not a schema, or for a type that JSON cannot represent.
 * Source: zod 4, `zod/v4/core`; Standard Schema 1.
 */
export function irFromSchema(schema: unknown, arena: Node[]): Converted {
  if (isZod(schema)) return new Conversion(arena).root(schema);
  const isStandard = (typeof schema === "object" || typeof schema === "function") && schema !== null;
  if (isStandard && "~standard" in schema) return { type: arena.push({ kind: "any" }) - 1, exact: false };
  throw new TypeError("the value is neither a zod 4 schema nor a Standard Schema");
}

const ANY: Node = { kind: "any" };

/**
 * One conversion: a schema and all that it contains. Each schema object becomes one node, so that a schema that is
 * used twice, or contains itself, is shared.
 */
class Conversion {
  readonly #arena: Node[];
  readonly #known = new Map<Schema, TypeIndex>();
  readonly #unions: {
    readonly index: TypeIndex;
    readonly arms: readonly TypeIndex[];
    readonly def: Definition;
  }[] = [];
  /** Reserved indices whose nodes are not converted yet: the schemas that enclose the current one. */
  readonly #open = new Set<TypeIndex>();
  #nesting = 0;
  #exact = true;

  constructor(arena: Node[]) {
    this.#arena = arena;
  }

  /** Converts the schema itself, and decides about its unions at the end. */
  root(schema: Schema): Converted {
    const type = this.#convert(schema);
    // Whether a union's arms are distinguishable is known only when all of them are converted.
    for (const { index, arms, def } of this.#unions) {
      this.#arena[index] = this.#take(unionOf(arms, def, this.#arena));
    }
    return { type, exact: this.#exact, ...(isSensitive(schema) ? { sensitive: true } : {}) };
  }

  /**
   * Converts a schema, or finds it converted. Wrappers such as `readonly` and `optional` have no node: what they wrap
   * has.
   */
  #convert(schema: unknown): TypeIndex {
    if (!isZod(schema)) return this.#add(this.#inexact(ANY));
    const known = this.#known.get(schema);
    if (known !== undefined) return known;
    if (++this.#nesting > MAX_NESTING)
      throw new TypeError("the schema is nested without end: a getter may create a new schema each time");
    const inner = this.#inside(schema);
    const type = inner === undefined ? this.#place(schema) : this.#convert(inner);
    this.#nesting--;
    this.#known.set(schema, type);
    return type;
  }

  /** Reserves the index before the parts are converted, so that a schema can contain itself. */
  #place(schema: Schema): TypeIndex {
    const index = this.#add(ANY);
    this.#known.set(schema, index);
    this.#open.add(index);
    const node = this.#node(schema, index);
    this.#arena[index] = node.kind === "object" ? { ...node, ...idOf(schema), ...docsOf(schema) } : node;
    this.#open.delete(index);
    return index;
  }

  /** Appends a node to the arena and returns its index. */
  #add(node: Node): TypeIndex {
    return this.#arena.push(node) - 1;
  }

  /** Notes that the schema's own `validate` must run, and returns the node. */
  #inexact(node: Node): Node {
    this.#exact = false;
    return node;
  }

  /** Takes a converted node, and notes where it is not exact. */
  #take<T extends Node>({ node, exact }: Partly<T>): T {
    this.#exact &&= exact;
    return node;
  }

  /** The schema inside a wrapper, where the wrapper makes no difference to Rust. */
  #inside(schema: Schema): unknown {
    const { def } = schema._zod;
    const inner = wrappedBy(schema);
    const changes = def.type === "default" || def.type === "prefault" || def.type === "pipe";
    if (inner !== undefined && (changes || checksOf(def).length > 0)) this.#exact = false;
    return inner;
  }

  /** The node of a schema with its checks; a schema that coerces accepts anything, and is left to zod. */
  #node(schema: Schema, index: TypeIndex): Node {
    const { def } = schema._zod;
    if (def["coerce"] === true) return this.#inexact(ANY);
    switch (def.type) {
      case "string":
        return this.#take(stringNode(def));
      case "number":
        return this.#take(numberNode(def));
      case "bigint":
        return this.#take(bigIntNode(def));
      case "array":
        return this.#array(def);
    }
    if (checksOf(def).length > 0) this.#exact = false;
    return this.#unchecked(schema, index);
  }

  /** The node of a schema without its checks, all of which are left to the schema. */
  #unchecked(schema: Schema, index: TypeIndex): Node {
    const { def } = schema._zod;
    switch (def.type) {
      case "boolean":
      case "null":
      case "date":
        return { kind: def.type };
      case "literal":
        return this.#literals(def["values"] as readonly unknown[]);
      case "enum":
        return { kind: "enum", values: enumValues(def["entries"] as Record<string, string | number>) };
      case "template_literal":
        return this.#template(schema);
      case "tuple":
        return this.#tuple(def);
      case "object":
        return this.#object(def);
      case "record":
        return this.#record(def);
      case "union":
        return this.#union(def, index);
      case "nullable":
        return { kind: "union", arms: [this.#convert(def["innerType"]), this.#add({ kind: "null" })] };
      case "intersection":
        return this.#intersection(def);
      case "any":
      case "unknown":
        return ANY;
      case "symbol":
      case "function":
      case "map":
      case "set":
      case "promise":
      case "file":
      case "nan":
      case "never":
        throw new TypeError(`JSON cannot represent a ${def.type}`);
      default:
        // Transforms, catches, custom types, and kinds of later versions.
        return this.#inexact(ANY);
    }
  }

  /** The node of a literal of one or several values; null among them becomes an arm of a union. */
  #literals(values: readonly unknown[]): Node {
    if (values.some((value) => typeof value === "bigint"))
      throw new TypeError("JSON cannot represent a bigint literal");
    const plain = values.filter((value) => ["string", "number", "boolean"].includes(typeof value));
    const literal = { kind: "enum", values: plain as (string | number | boolean)[] } as const;
    const node: Node = plain.length === 1 ? { kind: "literal", value: literal.values[0]! } : literal;
    if (!values.includes(null)) return node;
    const arms = [this.#add({ kind: "null" })];
    if (plain.length > 0) arms.unshift(this.#add(node));
    return { kind: "union", arms };
  }

  /** The node of a template literal, by the pattern that zod has made of it. */
  #template({ _zod: { pattern } }: Schema): Node {
    const translated = pattern && toRustPattern(pattern.source, pattern.flags);
    if (!translated?.exact) this.#exact = false;
    return translated ? { kind: "template", pattern: translated.pattern } : { kind: "string" };
  }

  /** The node of an array, with the checks of its length. */
  #array(def: Definition): Node {
    const { checks, whole } = leadingChecks(checksOf(def));
    const node: Extract<Node, { kind: "array" }> = { kind: "array", items: this.#convert(def["element"]) };
    this.#exact &&= whole;
    for (const { _zod } of checks) {
      const { check, minimum, maximum, length } = _zod.def;
      const exactly = check === "length_equals" ? (length as number) : undefined;
      const min = check === "min_length" ? (minimum as number) : exactly;
      const max = check === "max_length" ? (maximum as number) : exactly;
      if (min !== undefined) node.minItems = Math.max(node.minItems ?? 0, Math.ceil(min));
      if (max !== undefined)
        node.maxItems = Math.min(node.maxItems ?? Infinity, Math.max(0, Math.floor(max)));
      if ((min === undefined && max === undefined) || (max ?? 0) < 0) this.#exact = false;
    }
    return node;
  }

  /** The node of a tuple. Items behind the last one that must be present may be absent. */
  #tuple(def: Definition): Node {
    const schemas = def["items"] as readonly unknown[];
    const required = schemas.findLastIndex((item) => takesAbsence(item) === "no") + 1;
    const items = schemas.map((item, index): TupleItem => {
      const optional = index >= required && this.#mayBeAbsent(item);
      return { type: this.#convert(item), optional };
    });
    return { kind: "tuple", items, rest: def["rest"] ? this.#convert(def["rest"]) : null };
  }

  /** Whether a property or item may be absent; where versions of zod differ, it may be, and zod decides. */
  #mayBeAbsent(schema: unknown): boolean {
    const absence = takesAbsence(schema);
    if (absence === "maybe") this.#exact = false;
    return absence !== "no";
  }

  /**
   * The node of an object: `z.strictObject` is closed, `catchall` and `looseObject` become an index signature, any
   * other object drops what it does not declare.
   */
  #object(def: Definition): Node {
    const shape = Object.entries(def["shape"] as Record<string, unknown>);
    // zod drops a property of this name.
    const known = shape.filter(([name]) => name !== "__proto__");
    if (known.length < shape.length) this.#exact = false;
    const properties = known.map(([name, schema]): PropertyNode => {
      const type = this.#convert(schema);
      const optional = this.#mayBeAbsent(schema);
      const secret = isSensitive(schema) ? { sensitive: true as const } : {};
      return { name, type, optional, ...secret, ...docsOf(schema) };
    });
    const rest = def["catchall"];
    if (!isZod(rest)) return { kind: "object", properties, additional: null };
    if (rest._zod.def.type !== "never") {
      return { kind: "object", properties, additional: { key: null, value: this.#convert(rest) } };
    }
    if (known.length < shape.length) return { kind: "object", properties, additional: null };
    return { kind: "object", properties, additional: null, closed: true };
  }

  /** The node of a record. Keys that are texts become the key type; keys of an enum become properties. */
  #record(def: Definition): Node {
    const key = def["keyType"];
    if (!isZod(key)) return this.#inexact(ANY);
    if (def["mode"] === "loose")
      return this.#inexact({ kind: "object", properties: [], additional: this.#anything() });
    const { values } = key._zod;
    const listed =
      ["enum", "literal"].includes(key._zod.def.type) && values !== undefined && def["partial"] !== true;
    if (listed) return this.#listedRecord([...values], def["valueType"]);
    const value = this.#convert(def["valueType"]);
    const isText = key._zod.def.type === "string" || key._zod.def.type === "template_literal";
    if (!isText) return this.#inexact({ kind: "object", properties: [], additional: { key: null, value } });
    const type = this.#convert(key);
    const node = this.#arena[type]!;
    const plain = node.kind === "any" || (node.kind === "string" && Object.keys(node).length === 1);
    return { kind: "object", properties: [], additional: { key: plain ? null : type, value } };
  }

  /** An index signature of any names and values. */
  #anything(): { key: null; value: TypeIndex } {
    return { key: null, value: this.#add(ANY) };
  }

  /** The node of a record over an enum, which has exactly those keys. */
  #listedRecord(keys: readonly unknown[], value: unknown): Node {
    const type = this.#convert(value);
    const optional = takesAbsence(value) !== "no";
    // zod sets an absent property to undefined.
    if (optional) this.#exact = false;
    const properties = keys.map((key): PropertyNode => ({ name: String(key), type, optional }));
    return { kind: "object", properties, additional: null, closed: true };
  }

  /**
   * The node of a union, whose arms are compared when all of them are converted. Arms that JSON cannot represent are
   * left out.
   */
  #union(def: Definition, index: TypeIndex): Node {
    const options = (def["options"] as readonly unknown[]).filter((option) => {
      return !isZod(option) || !["never", "undefined", "void"].includes(option._zod.def.type);
    });
    const arms = options.map((option) => this.#convert(option));
    this.#unions.push({ index, arms, def });
    return { kind: "union", arms };
  }

  /** The node of an intersection; one that contains itself accepts anything, and is left to zod. */
  #intersection(def: Definition): Node {
    const sides = [this.#convert(def["left"]), this.#convert(def["right"])];
    if (sides.some((side) => this.#open.has(side))) return this.#inexact(ANY);
    const [left, right] = sides.map((side) => this.#arena[side]!) as [Node, Node];
    return this.#take(mergeObjects(left, right, this.#arena));
  }
}
