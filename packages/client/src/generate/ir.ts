/** The parts of an app's manifest that a client is written from; `contract/manifest.schema.json` describes all of it. */
export interface ManifestOf {
  /** All types; a number elsewhere is a place in this list. */
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

/** A bound: a number, or a decimal text where a double would not be exact. */
type Bound = number | string;

/** A number and its constraints. */
interface NumberNode {
  readonly kind: "number";
  readonly min?: Bound;
  readonly max?: Bound;
  readonly exclusiveMin?: Bound;
  readonly exclusiveMax?: Bound;
  readonly multipleOf?: Bound;
  /** Whether the value must be whole; 1.0 is. */
  readonly int?: true;
}

/** A text and its constraints; lengths count characters. */
interface StringNode {
  readonly kind: "string";
  readonly minLen?: number;
  readonly maxLen?: number;
  /** Patterns in the syntax of Rust's `regex`; each must occur in the text. */
  readonly patterns?: readonly string[];
  /** The names of the patterns, one each; empty for a pattern without a name. */
  readonly labels?: readonly string[];
  readonly startsWith?: readonly string[];
  readonly endsWith?: readonly string[];
  /** The names of formats, such as `email`. */
  readonly formats?: readonly string[];
}

/** A list whose elements have types by their place. */
export interface TupleNode {
  readonly kind: "tuple";
  readonly items: readonly { readonly type: number; readonly optional: boolean }[];
  /** The type of the elements after the listed ones; null where there are none. */
  readonly rest: number | null;
}

/** A JSON object. */
export interface ObjectNode {
  readonly kind: "object";
  readonly properties: readonly PropertyOf[];
  /** The index signature; null where names that are not declared are dropped. */
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
  /**
   * Where the field travels: `path`, `query`, `header`, `cookie`, `form`, `file`, `body`; in a response also
   * `status`.
   */
  readonly in: string;
  /** The field's name on the wire: of a header in lower case. */
  readonly wire: string;
  /** How the server seals a cookie: `signed` or `encrypted`; absent for a plain one. */
  readonly sealed?: string;
}

/** A request type, split by where its fields come from. */
export interface RequestOf {
  readonly fields: readonly FieldOf[];
  readonly body: number | null;
  readonly bodyOptional: boolean;
  /** The form of a body that is not JSON. */
  readonly bodyAs?: "form" | "multipart" | "text" | "bytes";
}

/** A response type, split by where its fields go. */
export interface ResponseOf {
  readonly fields: readonly FieldOf[];
  readonly body: number | null;
  readonly bodyOptional?: true;
  /** The bodies other than JSON that the handler may return: `html`, `csv`, `text`, `bytes` and others. */
  readonly sends?: readonly string[];
  /** The field that holds such a body beside headers and a status. */
  readonly bodyField?: string;
}

/** One endpoint. */
export interface EndpointOf {
  readonly service: string;
  /** The name of the export; null where the endpoint is not exported. */
  readonly export: string | null;
  /** The methods in capitals; `*` for every method. */
  readonly methods: readonly string[];
  readonly path: string;
  readonly kind: "typed" | "raw" | "static" | "streamIn" | "streamOut" | "streamInOut" | "sse";
  readonly request: RequestOf | null;
  readonly response: ResponseOf | null;
  readonly doc?: string;
  /** Set where a schema in the options describes the request, which is read when the app starts. */
  readonly requestFrom?: "runtime";
  /** Set where a schema in the options describes the response. */
  readonly responseFrom?: "runtime";
  /** The type of the messages that the client of a stream sends. */
  readonly incoming?: number;
  /** The type of the messages or events that the server sends. */
  readonly outgoing?: number;
  /** Options that the compiler keeps: `expose`, `format`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Options whose value only a run can tell. */
  readonly unread?: readonly string[];
}
