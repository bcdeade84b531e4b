/** The parts of a zod 4 schema's definition that the conversion reads. Source: `zod/v4/core`, schemas and checks. */
export interface Definition {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a check says of itself; the properties depend on its kind. */
export interface CheckDefinition {
  readonly check: string;
  readonly [key: string]: unknown;
}

/** A check as zod keeps it, with the function that runs it. */
export interface Check {
  readonly _zod: {
    readonly def: CheckDefinition;
    readonly check?: (payload: { value: unknown; issues: unknown[] }) => unknown;
  };
}

/** A zod 4 schema, as far as the conversion reads it. */
export interface Schema {
  readonly _zod: {
    readonly def: Definition;
    /** How the schema accepts an absent value; undefined where it does not. */
    readonly optin?: "optional" | "defaulted";
    /** The values of a schema that accepts finitely many. */
    readonly values?: ReadonlySet<unknown>;
    /** The pattern of a template literal. */
    readonly pattern?: RegExp;
    /** The schema inside a lazy one, as zod caches it. */
    readonly innerType?: unknown;
  };
}

/**
 * Whether a value is a schema of zod 4, of any of its builds: the property `_zod` is public for libraries. Source:
 * zod 4, "For library authors".
 */
export function isZod(schema: unknown): schema is Schema {
  return (typeof schema === "object" || typeof schema === "function") && schema !== null && "_zod" in schema;
}

/** The checks of a schema, in the order in which they run. */
export function checksOf(definition: Definition): readonly Check[] {
  return (definition["checks"] as readonly Check[] | undefined) ?? [];
}

/**
 * The checks that see the unchanged input: those before the first check that may replace the value or is code. `whole`
 * tells whether no check was left out.
 */
export function leadingChecks(checks: readonly Check[]): {
  readonly checks: readonly Check[];
  readonly whole: boolean;
} {
  const end = checks.findIndex((check) => replaces(check._zod.def));
  return end < 0 ? { checks, whole: true } : { checks: checks.slice(0, end), whole: false };
}

/** Whether a check may replace the value that the checks behind it see. */
function replaces({ check, format }: CheckDefinition): boolean {
  // A URL is trimmed before the checks that follow; a custom check may set the value.
  return check === "custom" || check === "overwrite" || (check === "string_format" && format === "url");
}

/** Whether a schema, or one that it wraps, lists or chooses from, has the metadata `sensitive: true`. */
export function isSensitive(schema: unknown, depth = 0): boolean {
  if (!isZod(schema) || depth > MAX_DEPTH) return false;
  const { meta } = schema as { readonly meta?: () => Readonly<Record<string, unknown>> | undefined };
  if (typeof meta === "function" && meta.call(schema)?.["sensitive"] === true) return true;
  const { def } = schema._zod;
  if (def.type === "lazy") return false;
  const within = WITHIN.flatMap((name) => def[name]);
  return within.some((inner) => isSensitive(inner, depth + 1));
}

/**
 * The properties of a definition that hold schemas of the same place in a value, or of the items of its list or record.
 */
const WITHIN = [
  "innerType",
  "element",
  "valueType",
  "keyType",
  "items",
  "rest",
  "options",
  "left",
  "right",
  "in",
] as const;

/** The depth at which the search ends, so that it also ends for a schema that contains itself. */
const MAX_DEPTH = 8;

/** Whether a schema accepts an absent value; `maybe` where zod's versions differ. */
export function takesAbsence(schema: unknown): "yes" | "no" | "maybe" {
  if (!isZod(schema)) return "maybe";
  if (schema._zod.optin !== undefined) return "yes";
  return takesUndefined(schema, []) ? "maybe" : "no";
}

/**
 * Whether a schema accepts `undefined`, by its kind. `above` are the schemas around it, at which a schema that
 * contains itself ends.
 */
function takesUndefined(schema: unknown, above: readonly unknown[]): boolean {
  if (!isZod(schema) || above.includes(schema)) return false;
  const { def } = schema._zod;
  const inner = (part: unknown): boolean => takesUndefined(part, [...above, schema]);
  switch (def.type) {
    case "any":
    case "unknown":
    case "undefined":
    case "void":
    case "custom":
    case "transform":
    case "optional":
    case "default":
    case "prefault":
    case "catch":
    case "success":
      return true;
    case "literal":
      return (def["values"] as readonly unknown[]).includes(undefined);
    case "union":
      return (def["options"] as readonly unknown[]).some(inner);
    case "intersection":
      return inner(def["left"]) && inner(def["right"]);
    case "pipe":
      return inner(def["in"]);
    case "nullable":
    case "readonly":
      return inner(def["innerType"]);
    case "lazy":
      return inner(lazyInner(schema));
    default:
      return def["coerce"] === true;
  }
}

/** The inner schema of a lazy one. zod caches its own result; the getter may return a new object each time. */
function lazyInner({ _zod }: Schema): unknown {
  return _zod.innerType ?? (_zod.def["getter"] as () => unknown)();
}

/** The values of an enum; a native enum with numbers also contains its reverse mapping. */
export function enumValues(entries: Readonly<Record<string, string | number>>): (string | number)[] {
  const numbers = new Set(Object.values(entries).filter((value) => typeof value === "number"));
  return Object.entries(entries)
    .filter(([key]) => !numbers.has(Number(key)))
    .map(([, value]) => value);
}

const innerType = ({ _zod }: Schema): unknown => _zod.def["innerType"];

/** Wrappers that accept the same input as the schema they wrap, with a function that returns it. */
const WRAPPED: Readonly<Record<string, (schema: Schema) => unknown>> = {
  lazy: lazyInner,
  pipe: ({ _zod }) => _zod.def["in"],
  readonly: innerType,
  optional: innerType,
  nonoptional: innerType,
  default: innerType,
  prefault: innerType,
};

/** The schema inside a wrapper; undefined for a schema that is not a wrapper. */
export function wrappedBy(schema: Schema): unknown {
  return WRAPPED[schema._zod.def.type]?.(schema);
}
