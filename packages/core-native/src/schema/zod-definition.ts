/** The part of zod 4's own description of a schema that is read here; see `zod/v4/core`, schemas and checks. */
export interface Definition {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface CheckDefinition {
  readonly check: string;
  readonly [key: string]: unknown;
}

export interface Check {
  readonly _zod: {
    readonly def: CheckDefinition;
    readonly check?: (payload: { value: unknown; issues: unknown[] }) => unknown;
  };
}

export interface Schema {
  readonly _zod: {
    readonly def: Definition;
    /** How the schema takes an absent value; undefined: it does not. */
    readonly optin?: "optional" | "defaulted";
    /** The values of a schema that has finitely many. */
    readonly values?: ReadonlySet<unknown>;
    readonly pattern?: RegExp;
    readonly innerType?: unknown;
  };
}

export function isZod(schema: unknown): schema is Schema {
  return (typeof schema === "object" || typeof schema === "function") && schema !== null && "_zod" in schema;
}

export function checksOf(definition: Definition): readonly Check[] {
  return (definition["checks"] as readonly Check[] | undefined) ?? [];
}

/**
 * The checks that see the value as it came in: those before the first that may replace it, or is not data. `whole` tells
 * whether these are all.
 */
export function leadingChecks(checks: readonly Check[]): {
  readonly checks: readonly Check[];
  readonly whole: boolean;
} {
  const end = checks.findIndex((check) => replaces(check._zod.def));
  return end < 0 ? { checks, whole: true } : { checks: checks.slice(0, end), whole: false };
}

function replaces({ check, format }: CheckDefinition): boolean {
  // A URL is trimmed before the checks that follow; a custom check may set the value.
  return check === "custom" || check === "overwrite" || (check === "string_format" && format === "url");
}

/** Tells whether a schema takes an absent value; `maybe` where versions of zod differ. */
export function takesAbsence(schema: unknown): "yes" | "no" | "maybe" {
  if (!isZod(schema)) return "maybe";
  if (schema._zod.optin !== undefined) return "yes";
  return takesUndefined(schema, []) ? "maybe" : "no";
}

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

/** zod's own answer is the same object each time, the getter's need not be. */
function lazyInner({ _zod }: Schema): unknown {
  return _zod.innerType ?? (_zod.def["getter"] as () => unknown)();
}

/** The values of an enum; a native one with numbers holds its reverse mapping too. */
export function enumValues(entries: Readonly<Record<string, string | number>>): (string | number)[] {
  const numbers = new Set(Object.values(entries).filter((value) => typeof value === "number"));
  return Object.entries(entries)
    .filter(([key]) => !numbers.has(Number(key)))
    .map(([, value]) => value);
}

const innerType = ({ _zod }: Schema): unknown => _zod.def["innerType"];

/** Wrappers whose input is that of what they wrap. */
const WRAPPED: Readonly<Record<string, (schema: Schema) => unknown>> = {
  lazy: lazyInner,
  pipe: ({ _zod }) => _zod.def["in"],
  readonly: innerType,
  optional: innerType,
  nonoptional: innerType,
  default: innerType,
  prefault: innerType,
};

/** What a wrapper wraps; undefined for a schema that is no wrapper. */
export function wrappedBy(schema: Schema): unknown {
  return WRAPPED[schema._zod.def.type]?.(schema);
}
