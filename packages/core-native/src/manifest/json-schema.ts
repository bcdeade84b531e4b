/** A JSON Schema, restricted to the keywords of JSON Schema 2020-12 that `manifest.schema.json` uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

/** An additional rule for a definition: tells what is wrong with a value of its shape, as the end of a sentence. */
export type Rule = (value: unknown) => string | undefined;

/**
 * Finds the first place at which a value does not fit a schema.
 *
 * Shape:  `fault(value)` -> a sentence's end that names the place, as `` `types[0].arms` is empty``; undefined when the value fits.
 * Units:  walks the value once; of `oneOf` it tries the alternative whose constant property the value has.
 */
export class SchemaReader {
  readonly #root: JsonSchema;
  /** Rules beside the schema, by the name of their definition. */
  readonly #rules: Readonly<Record<string, Rule>>;

  constructor(root: JsonSchema, rules: Readonly<Record<string, Rule>> = {}) {
    this.#root = root;
    this.#rules = rules;
  }

  fault(value: unknown): string | undefined {
    return this.#check(this.#root, value, "");
  }

  #check(schema: JsonSchema, value: unknown, place: string): string | undefined {
    if (schema.$ref !== undefined) return this.#reference(schema.$ref, value, place);
    if (schema.const !== undefined) {
      return value === schema.const ? undefined : not(place, value, JSON.stringify(schema.const));
    }
    if (schema.enum !== undefined) {
      const known = schema.enum.map((one) => JSON.stringify(one)).join(" or ");
      return schema.enum.includes(value) ? undefined : not(place, value, known);
    }
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices !== undefined) return this.#choice(choices, value, place);
    return this.#typed(schema, value, place);
  }

  #reference(reference: string, value: unknown, place: string): string | undefined {
    const name = reference.slice("#/$defs/".length);
    const fault = this.#check(this.#root.$defs?.[name] ?? {}, value, place);
    if (fault !== undefined || this.#rules[name] === undefined) return fault;
    const broken = this.#rules[name](value);
    return broken === undefined ? undefined : `\`${place}\` ${broken}`;
  }

  #typed(schema: JsonSchema, value: unknown, place: string): string | undefined {
    const types = [schema.type ?? []].flat();
    if (types.length > 0 && !types.some((type) => isOfType(value, type)))
      return notOfType(place, value, types);
    if (schema.minimum !== undefined && (value as number) < schema.minimum)
      return not(place, value, `a number from ${schema.minimum}`);
    if (Array.isArray(value)) return this.#list(schema, value, place);
    return types.includes("object") && isObject(value) ? this.#object(schema, value, place) : undefined;
  }

  #list({ items, minItems = 0 }: JsonSchema, list: readonly unknown[], place: string): string | undefined {
    if (list.length < minItems) return `\`${place}\` is empty`;
    if (items === undefined) return undefined;
    for (const [index, item] of list.entries()) {
      const fault = this.#check(items, item, `${place}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #object(schema: JsonSchema, object: Readonly<Record<string, unknown>>, place: string): string | undefined {
    const { properties = {}, required = [], additionalProperties } = schema;
    for (const name of required) {
      if (!Object.hasOwn(object, name)) return notOfType(join(place, name), undefined, []);
    }
    for (const [name, value] of Object.entries(object)) {
      const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      if (own === false) return `\`${join(place, name)}\` is not known here`;
      const fault = typeof own === "object" ? this.#check(own, value, join(place, name)) : undefined;
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #choice(choices: readonly JsonSchema[], value: unknown, place: string): string | undefined {
    const resolved = choices.map((choice) => this.#resolved(choice));
    const meant = isObject(value) ? resolved.find((choice) => hasConstants(choice, value)) : undefined;
    if (meant !== undefined) return this.#check(meant, value, place);
    const faults = choices.map((choice) => this.#check(choice, value, place));
    if (faults.includes(undefined)) return undefined;
    // The most helpful fault is that of the alternative whose type the value has.
    return faults.find((fault) => fault !== undefined && !fault.startsWith(`\`${place}\` is`)) ?? faults[0];
  }

  #resolved(schema: JsonSchema): JsonSchema {
    return schema.$ref === undefined ? schema : (this.#root.$defs?.[schema.$ref.slice(8)] ?? {});
  }
}

/** Whether an object has all constant properties of an alternative, which must have at least one. */
function hasConstants({ properties = {} }: JsonSchema, value: Readonly<Record<string, unknown>>): boolean {
  const { kind } = properties;
  return kind?.const !== undefined && value["kind"] === kind.const;
}

function join(place: string, name: string): string {
  return place === "" ? name : `${place}.${name}`;
}

const NOUNS: Readonly<Record<string, string>> = {
  array: "no list",
  boolean: "neither true nor false",
  integer: "no whole number",
  number: "no number",
  object: "no object",
  string: "no text",
};

function notOfType(place: string, value: unknown, types: readonly string[]): string {
  if (value === undefined) return `\`${place}\` is not there`;
  if (value === null) return `\`${place}\` is null`;
  const [type = ""] = types;
  return `\`${place}\` is ${types.length === 1 ? (NOUNS[type] ?? `no ${type}`) : `none of ${types.join(", ")}`}`;
}

function not(place: string, value: unknown, expected: string): string {
  return `\`${place}\` is ${JSON.stringify(value) ?? "not there"}, which is not ${expected}`;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** Whether a JSON value is an object and not an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
