import type { DocTags, Node, ObjectNode, TupleNode, TypeIndex } from "../ir/ir.ts";
import { TypeNames, type Direction } from "./type-names.ts";
import { described, type SchemaObject } from "./described.ts";
import { bigIntSchema, bytesSchema, numberSchema, stringSchema, templateSchema } from "./scalar-schema.ts";
import { unionSchema } from "./union-schema.ts";

/** Options of the conversion. */
export interface JsonSchemaOptions {
  /** The pointer that precedes the name of a shared schema, such as `#/components/schemas/`. Default `#/$defs/`. */
  readonly prefix?: string;
  /** Whether unions tell their tag by `discriminator`, a keyword of OpenAPI. Default false. */
  readonly discriminators?: boolean;
}

/**
 * Converts the types of a manifest to JSON Schema 2020-12, as they are on the wire. Types with a name, and types that contain themselves,
 * are written once and referred to.
 *
 * Shape:  `of(index)` -> the schema of a type as it is sent, `input.of(index)` as it is read; afterwards `shared` has the schemas that
 *         were referred to. A named type that differs in the two has the second one as `…Input`.
 * Limits: what no keyword expresses stands in the description and as `x-twinloop-…`.
 * Source: JSON Schema 2020-12, Core and Validation; OpenAPI 3.1, "Schema Object".
 */
export class JsonSchemas {
  /** The types of the manifest. */
  readonly types: readonly Node[];
  /** Whether these are schemas of what a server sends (`out`) or reads (`in`). */
  readonly direction: Direction;
  readonly discriminators: boolean;
  /** The schemas of the same types as a server reads them. */
  readonly input: JsonSchemas;
  readonly #prefix: string;
  readonly #names: TypeNames;
  readonly #shared: Map<string, SchemaObject>;

  constructor(types: readonly Node[], options: JsonSchemaOptions = {}, output?: JsonSchemas) {
    this.types = types;
    this.direction = output === undefined ? "out" : "in";
    this.discriminators = options.discriminators ?? false;
    this.#prefix = options.prefix ?? "#/$defs/";
    this.#names = output === undefined ? new TypeNames(types) : output.#names;
    this.#shared = output === undefined ? new Map() : output.#shared;
    this.input = output === undefined ? new JsonSchemas(types, options, this) : this;
  }

  /** The schemas that others refer to, by name, in the order of their names. */
  get shared(): Readonly<Record<string, SchemaObject>> {
    return Object.fromEntries([...this.#shared].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The schema of a type: a reference for one with a name. */
  of(type: TypeIndex): SchemaObject {
    const name = this.#names.of(type, this.direction);
    if (name === undefined) return this.inline(type);
    if (!this.#shared.has(name)) {
      this.#shared.set(name, {});
      this.#shared.set(name, this.inline(type));
    }
    return { $ref: this.#prefix + name };
  }

  /**
   * The schema of a type at a place that has a doc comment. A sensitive text has the format `password`, by which tools hide what is
   * typed.
   */
  at(
    type: TypeIndex,
    isSensitive: boolean,
    doc: string | undefined,
    tags: DocTags | undefined,
  ): SchemaObject {
    const schema = this.of(type);
    const isSecret = isSensitive && schema.type === "string" && schema.format === undefined;
    return described(isSecret ? { ...schema, format: "password" } : schema, doc, tags);
  }

  /** Whether a shared schema could have this name. */
  isTaken(name: string): boolean {
    return this.#names.isTaken(name);
  }

  /** The schema of a type itself, also where it has a name. */
  inline(type: TypeIndex): SchemaObject {
    const node = this.types[type] as Node;
    const { doc, docTags } = node as Partial<ObjectNode>;
    return described(this.#bare(node), doc, docTags);
  }

  /** The schema of a node without its doc comment. */
  #bare(node: Node): SchemaObject {
    switch (node.kind) {
      case "any":
        return {};
      case "null":
      case "boolean":
        return { type: node.kind };
      case "number":
        return numberSchema(node);
      case "string":
        return stringSchema(node);
      case "template":
        return templateSchema(node.pattern);
      case "bigint":
        return bigIntSchema(node, this.direction);
      case "bytes":
        return bytesSchema(node);
      case "date":
        return { type: "string", format: "date-time" };
      case "literal":
        return { type: typeof node.value, const: node.value };
      case "enum":
        return enumSchema(node.values);
      case "array":
        return {
          type: "array",
          items: this.of(node.items),
          ...(node.minItems === undefined ? {} : { minItems: node.minItems }),
          ...(node.maxItems === undefined ? {} : { maxItems: node.maxItems }),
        };
      case "tuple":
        return this.#tuple(node);
      case "object":
        return this.#object(node);
      case "union":
        return unionSchema(this, node);
    }
  }

  /** The schema of a tuple. JSON Schema has no optional items: their number is between `minItems` and `maxItems`. */
  #tuple({ items, rest }: TupleNode): SchemaObject {
    const required = items.filter(({ optional }) => !optional).length;
    return {
      type: "array",
      ...(items.length === 0 ? {} : { prefixItems: items.map(({ type }) => this.of(type)) }),
      items: rest === null ? false : this.of(rest),
      minItems: required,
      ...(rest === null ? { maxItems: items.length } : {}),
    };
  }

  /**
   * The schema of an object. A sensitive text without another format has `format: "password"`, by which forms hide
   * it. Source: OpenAPI 3.1, "Data Types".
   */
  #object({ properties, additional, closed }: ObjectNode): SchemaObject {
    const required = properties.filter(({ optional }) => !optional).map(({ name }) => name);
    const written = properties.map(({ name, type, doc, docTags, sensitive }): [string, SchemaObject] => {
      return [name, this.at(type, sensitive === true, doc, docTags)];
    });
    return {
      type: "object",
      ...(written.length === 0 ? {} : { properties: Object.fromEntries(written) }),
      ...(required.length === 0 ? {} : { required }),
      ...this.#others(additional, closed),
    };
  }

  /**
   * The keywords for names that are not declared. An object without an index signature says nothing of them: they are
   * dropped, not refused.
   */
  #others(additional: ObjectNode["additional"], closed: ObjectNode["closed"]): SchemaObject {
    if (additional === null) return closed === true ? { additionalProperties: false } : {};
    const value = this.of(additional.value);
    const key = additional.key === null ? {} : this.inline(additional.key);
    if (typeof key.pattern !== "string")
      return additional.key === null
        ? { additionalProperties: value }
        : { additionalProperties: value, propertyNames: key };
    return {
      patternProperties: { [key.pattern]: value },
      ...(closed === true ? { additionalProperties: false } : {}),
    };
  }
}

/** A schema of several literals. */
export function enumSchema(values: readonly (string | number | boolean | null)[]): SchemaObject {
  // A property that can only be absent has a type without values.
  if (values.length === 0) return { not: {} };
  const types = [...new Set(values.map((value) => (value === null ? "null" : typeof value)))];
  return { type: types.length === 1 ? types[0]! : types, enum: [...values] };
}
