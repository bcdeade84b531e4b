import type { Manifest, Node, TypeIndex } from "@twinloop/compiler";

/** A JSON Schema, draft 2020-12. */
export type TypeSchema = Readonly<Record<string, unknown>>;

/** Writes types of a manifest as JSON Schemas; named and recursive types go to `$defs`. */
export class TypeSchemas {
  readonly #types: readonly Node[];
  readonly #names = new Map<TypeIndex, string>();
  readonly #definitions: Record<string, TypeSchema> = {};

  constructor({ types }: Manifest) {
    this.#types = types;
  }

  /** The schema of one type, which refers to `definitions`. */
  of(index: TypeIndex): TypeSchema {
    const node = this.#types[index]!;
    if (node.kind !== "object") return this.#plain(node);
    const known = this.#names.get(index);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    // Objects without a name may be recursive as well.
    const name = this.#freeName(node.name ?? `Type${index}`);
    this.#names.set(index, name);
    this.#definitions[name] = this.#object(node);
    return { $ref: `#/$defs/${name}` };
  }

  /** A whole schema: of one type, with all that it refers to. */
  whole(index: TypeIndex): TypeSchema {
    const schema = this.of(index);
    return { ...schema, ...this.definitions };
  }

  /** What the schemas so far refer to. */
  get definitions(): { readonly $defs?: Readonly<Record<string, TypeSchema>> } {
    return Object.keys(this.#definitions).length === 0 ? {} : { $defs: this.#definitions };
  }

  #freeName(wanted: string): string {
    const plain = wanted.replaceAll(/[^\w.-]+/g, "_");
    const taken = new Set(this.#names.values());
    for (let at = 1; ; at += 1) {
      const name = at === 1 ? plain : `${plain}_${at}`;
      if (!taken.has(name)) return name;
    }
  }

  #object({ properties, additional, closed }: Extract<Node, { kind: "object" }>): TypeSchema {
    const required = properties.filter(({ optional }) => !optional).map(({ name }) => name);
    return {
      type: "object",
      properties: Object.fromEntries(properties.map(({ name, type }) => [name, this.of(type)])),
      ...(required.length === 0 ? {} : { required }),
      ...(closed === true && additional === null ? { additionalProperties: false } : {}),
      ...(additional === null ? {} : this.#additional(additional)),
    };
  }

  #additional({ key, value }: { key: TypeIndex | null; value: TypeIndex }): TypeSchema {
    const names = key === null ? {} : { propertyNames: this.of(key) };
    return { additionalProperties: this.of(value), ...names };
  }

  #plain(node: Exclude<Node, { kind: "object" }>): TypeSchema {
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
      case "literal":
        return { const: node.value };
      case "enum":
        return { enum: node.values };
      case "template":
        return { type: "string", pattern: node.pattern };
      case "array":
        return present({
          ...{ type: "array", items: this.of(node.items) },
          ...{ minItems: node.minItems, maxItems: node.maxItems },
        });
      case "tuple":
        return this.#tuple(node);
      case "union":
        return { anyOf: node.arms.map((arm) => this.of(arm)) };
      case "date":
        return { type: "string", format: "date-time" };
      case "bigint":
        return { type: "string", pattern: "^-?[0-9]+$", ...bounds(node.min, node.max) };
      case "bytes":
        return { type: "string", contentEncoding: "base64" };
    }
  }

  #tuple({ items, rest }: Extract<Node, { kind: "tuple" }>): TypeSchema {
    return {
      type: "array",
      prefixItems: items.map(({ type }) => this.of(type)),
      minItems: items.filter(({ optional }) => !optional).length,
      items: rest === null ? false : this.of(rest),
    };
  }
}

function numberSchema(node: Extract<Node, { kind: "number" }>): TypeSchema {
  return present({
    type: node.int === true ? "integer" : "number",
    minimum: numberOf(node.min),
    maximum: numberOf(node.max),
    exclusiveMinimum: numberOf(node.exclusiveMin),
    exclusiveMaximum: numberOf(node.exclusiveMax),
    multipleOf: numberOf(node.multipleOf),
  });
}

function stringSchema(node: Extract<Node, { kind: "string" }>): TypeSchema {
  const { formats = [], patterns = [], startsWith = [], endsWith = [] } = node;
  const all = [
    ...formats.map((format) => ({ format: format === "url" ? "uri" : format })),
    ...patterns.map((pattern) => ({ pattern })),
    ...startsWith.map((text) => ({ pattern: `^${escaped(text)}` })),
    ...endsWith.map((text) => ({ pattern: `${escaped(text)}$` })),
  ];
  const [only] = all;
  return present({
    ...{ type: "string", minLength: node.minLen, maxLength: node.maxLen },
    ...(all.length > 1 ? { allOf: all } : only),
  });
}

/** A bound that a double cannot hold is a text in the manifest. */
function numberOf(bound: string | number | undefined): number | undefined {
  return bound === undefined ? undefined : Number(bound);
}

function bounds(min: string | undefined, max: string | undefined): TypeSchema {
  if (min === undefined && max === undefined) return {};
  return { description: `a whole number from ${min ?? "any"} to ${max ?? "any"}, as text` };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function present(schema: TypeSchema): TypeSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
