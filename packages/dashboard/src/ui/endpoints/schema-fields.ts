/** A form field made from a JSON Schema. `label` is the last part of its place; `hint` says what the schema demands. */
export interface FormField {
  readonly label: string;
  readonly isRequired: boolean;
  readonly doc: string | null;
  /** What the schema demands beside its kind, such as `1 to 10 characters`; empty without limits. */
  readonly hint: string;
  readonly shape: FormControl;
}

/** The control of a field. What has no control of its own is written as JSON. */
export type FormControl =
  | { readonly kind: "text" | "date" | "date-time" | "integer" | "number" | "boolean" | "json" }
  | { readonly kind: "choice"; readonly values: readonly unknown[] }
  | { readonly kind: "object"; readonly fields: readonly FormField[] }
  | { readonly kind: "list"; readonly item: FormField };

type Schema = Readonly<Record<string, unknown>>;

/** Objects within objects beyond this depth are written as JSON; a schema that contains itself has no end. */
const DEEPEST = 5;

/**
 * Makes the fields of a form from a JSON Schema 2020-12.
 *
 * Shape:  strings, numbers, booleans, enums, dates, arrays and objects have controls; unions, maps, tuples, `null` beside
 *         other types, and what lies too deep are written as JSON.
 */
export function fieldOf(schema: unknown, label = "", isRequired = true): FormField {
  return makeField(asSchema(schema), { label, isRequired, root: asSchema(schema), depth: 0 });
}

/** The fields of an object's schema; none for any other schema. */
export function fieldsOf(schema: unknown): readonly FormField[] {
  const { shape } = fieldOf(schema);
  return shape.kind === "object" ? shape.fields : [];
}

interface Place {
  readonly label: string;
  readonly isRequired: boolean;
  readonly root: Schema;
  readonly depth: number;
}

function makeField(given: Schema, place: Place): FormField {
  const schema = resolve(given, place.root);
  const doc = textOf(given["description"]) ?? textOf(schema["description"]);
  const shape = shapeOf(schema, place);
  return { label: place.label, isRequired: place.isRequired, doc, hint: hintOf(schema, shape), shape };
}

function shapeOf(schema: Schema, place: Place): FormControl {
  if ("const" in schema) return { kind: "choice", values: [schema["const"]] };
  if (Array.isArray(schema["enum"])) return { kind: "choice", values: schema["enum"] };
  const constants = constantsOf(schema);
  if (constants !== null) return { kind: "choice", values: constants };
  switch (schema["type"]) {
    case "string":
      return { kind: textKind(schema["format"]) };
    case "integer":
    case "number":
    case "boolean":
      return { kind: schema["type"] };
    case "array":
      return listOf(schema, place);
    case "object":
      return objectOf(schema, place);
    default:
      return { kind: "json" };
  }
}

/** A union of nothing but constants is a choice. */
function constantsOf(schema: Schema): unknown[] | null {
  const branches = schema["anyOf"] ?? schema["oneOf"];
  if (!Array.isArray(branches) || branches.length === 0) return null;
  const values = branches.map((branch) => asSchema(branch)["const"]);
  return values.some((value) => value === undefined) ? null : values;
}

function textKind(format: unknown): "text" | "date" | "date-time" {
  return format === "date" || format === "date-time" ? format : "text";
}

function listOf(schema: Schema, place: Place): FormControl {
  const { items } = schema;
  if (place.depth >= DEEPEST || items === null || typeof items !== "object" || "prefixItems" in schema) {
    return { kind: "json" };
  }
  const item = makeField(asSchema(items), { ...place, label: "", isRequired: true, depth: place.depth + 1 });
  return { kind: "list", item };
}

function objectOf(schema: Schema, place: Place): FormControl {
  const properties = schema["properties"];
  const isMap = properties === undefined || "patternProperties" in schema;
  if (isMap || place.depth >= DEEPEST || "allOf" in schema || "anyOf" in schema || "oneOf" in schema) {
    return { kind: "json" };
  }
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields = Object.entries(asSchema(properties)).map(([label, property]) =>
    makeField(asSchema(property), {
      label,
      isRequired: required.includes(label),
      root: place.root,
      depth: place.depth + 1,
    }),
  );
  return { kind: "object", fields };
}

/** Follows local references (`#/$defs/Name`); one that leads nowhere, or round, becomes a schema of anything. */
function resolve(schema: Schema, root: Schema): Schema {
  let current = schema;
  for (let steps = 0; typeof current["$ref"] === "string"; steps += 1) {
    const reference: string = current["$ref"];
    if (steps === 16 || !reference.startsWith("#")) return {};
    const names = reference.slice(1).split("/").slice(1);
    let target: unknown = root;
    for (const name of names) target = asSchema(target)[unescape(name)];
    current = asSchema(target);
  }
  return current;
}

function unescape(name: string): string {
  return decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
}

function hintOf(schema: Schema, shape: FormControl): string {
  const told = [
    range(schema["minLength"], schema["maxLength"], "character"),
    range(schema["minimum"], schema["maximum"], ""),
    range(schema["minItems"], schema["maxItems"], "entry"),
    schema["exclusiveMinimum"] === undefined ? "" : `more than ${String(schema["exclusiveMinimum"])}`,
    schema["exclusiveMaximum"] === undefined ? "" : `less than ${String(schema["exclusiveMaximum"])}`,
    typeof schema["pattern"] === "string" ? `matches ${schema["pattern"]}` : "",
    shape.kind === "text" && typeof schema["format"] === "string" ? schema["format"] : "",
    "default" in schema ? `default ${JSON.stringify(schema["default"])}` : "",
  ];
  return told.filter((part) => part !== "").join(", ");
}

function range(least: unknown, most: unknown, noun: string): string {
  const last = most ?? least;
  const plural = noun === "entry" ? "entries" : `${noun}s`;
  const unit = noun === "" ? "" : ` ${last === 1 ? noun : plural}`;
  if (least !== undefined && most !== undefined) return `${String(least)} to ${String(most)}${unit}`;
  if (least !== undefined) return `at least ${String(least)}${unit}`;
  return most === undefined ? "" : `at most ${String(most)}${unit}`;
}

function asSchema(value: unknown): Schema {
  return value !== null && typeof value === "object" ? (value as Schema) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
