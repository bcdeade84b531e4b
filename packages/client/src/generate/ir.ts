/** The parts of an app's manifest that a client is written from; `contract/manifest.schema.json` describes all of it. */
export interface ManifestOf {
  readonly types: readonly Node[];
  readonly endpoints: readonly EndpointOf[];
}

/** One value type. */
export type Node =
  | { readonly kind: "any" | "null" | "boolean" | "date" }
  | NumberNode
  | StringNode
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "enum"; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: "template"; readonly pattern: string }
  | { readonly kind: "array"; readonly items: number; readonly minItems?: number; readonly maxItems?: number }
  | TupleNode
  | ObjectNode
  | { readonly kind: "union"; readonly arms: readonly number[] }
  | { readonly kind: "bigint"; readonly min?: string; readonly max?: string }
  | { readonly kind: "bytes"; readonly minLen?: number; readonly maxLen?: number };

type Bound = number | string;

interface NumberNode {
  readonly kind: "number";
  readonly min?: Bound;
  readonly max?: Bound;
  readonly exclusiveMin?: Bound;
  readonly exclusiveMax?: Bound;
  readonly multipleOf?: Bound;
  readonly int?: true;
}

interface StringNode {
  readonly kind: "string";
  readonly minLen?: number;
  readonly maxLen?: number;
  readonly patterns?: readonly string[];
  readonly labels?: readonly string[];
  readonly startsWith?: readonly string[];
  readonly endsWith?: readonly string[];
  readonly formats?: readonly string[];
}

/** A list whose elements have types by their place. */
export interface TupleNode {
  readonly kind: "tuple";
  readonly items: readonly { readonly type: number; readonly optional: boolean }[];
  readonly rest: number | null;
}

/** A JSON object. */
export interface ObjectNode {
  readonly kind: "object";
  readonly properties: readonly PropertyOf[];
  readonly additional: { readonly key: number | null; readonly value: number } | null;
  readonly name?: string;
  readonly doc?: string;
}

/** One declared property. */
export interface PropertyOf {
  readonly name: string;
  readonly type: number;
  readonly optional: boolean;
  readonly doc?: string;
}

/** A field that does not travel in a JSON body. */
export interface FieldOf extends PropertyOf {
  readonly in: string;
  readonly wire: string;
  readonly sealed?: string;
}

/** A request type, split by where its fields come from. */
export interface RequestOf {
  readonly fields: readonly FieldOf[];
  readonly body: number | null;
  readonly bodyOptional: boolean;
  readonly bodyAs?: "form" | "multipart" | "text" | "bytes";
}

/** A response type, split by where its fields go. */
export interface ResponseOf {
  readonly fields: readonly FieldOf[];
  readonly body: number | null;
  readonly bodyOptional?: true;
  readonly sends?: readonly string[];
  readonly bodyField?: string;
}

/** One endpoint. */
export interface EndpointOf {
  readonly service: string;
  readonly export: string | null;
  readonly methods: readonly string[];
  readonly path: string;
  readonly kind: "typed" | "raw" | "static" | "streamIn" | "streamOut" | "streamInOut" | "sse";
  readonly request: RequestOf | null;
  readonly response: ResponseOf | null;
  readonly doc?: string;
  readonly requestFrom?: "runtime";
  readonly responseFrom?: "runtime";
  readonly incoming?: number;
  readonly outgoing?: number;
  /** Options that the compiler keeps: `expose`, `format`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Options whose value only a run can tell. */
  readonly unread?: readonly string[];
}
