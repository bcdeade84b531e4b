/** The manifest: what the compiler found, as data. The only thing that the runtime reads; it never loads the compiler. */

/** Index into `Manifest.types`. */
export type TypeIndex = number;

/** A bound: a JSON number, or a decimal string where a double would not be exact. */
export type Bound = number | string;

/** One value type, as the validator understands it. Absent constraint keys mean unconstrained. */
export type Node =
  | { kind: "any" }
  | { kind: "null" }
  | { kind: "boolean" }
  | NumberNode
  | StringNode
  | { kind: "literal"; value: string | number | boolean }
  | { kind: "enum"; values: (string | number | boolean)[] }
  | { kind: "template"; pattern: string }
  | ArrayNode
  | TupleNode
  | ObjectNode
  | UnionNode
  | { kind: "date" }
  | BigIntNode
  | BytesNode;

export interface NumberNode {
  kind: "number";
  min?: Bound;
  max?: Bound;
  exclusiveMin?: Bound;
  exclusiveMax?: Bound;
  multipleOf?: Bound;
  int?: true;
}

/** Lengths count Unicode scalar values; patterns are searched as written. */
export interface StringNode {
  kind: "string";
  minLen?: number;
  maxLen?: number;
  patterns?: string[];
  startsWith?: string[];
  endsWith?: string[];
  formats?: ("email" | "url" | "uuid")[];
}

export interface ArrayNode {
  kind: "array";
  items: TypeIndex;
  minItems?: number;
  maxItems?: number;
}

export interface TupleNode {
  kind: "tuple";
  items: { type: TypeIndex; optional: boolean }[];
  rest: TypeIndex | null;
}

export interface PropertyNode {
  name: string;
  type: TypeIndex;
  optional: boolean;
  sensitive?: true;
}

export interface ObjectNode {
  kind: "object";
  name?: string;
  properties: PropertyNode[];
  /** The index signature; `key` null means any name. Null: unknown names are dropped. */
  additional: { key: TypeIndex | null; value: TypeIndex } | null;
  /** Unknown names are refused. */
  closed?: true;
}

export interface UnionNode {
  kind: "union";
  arms: TypeIndex[];
  /** A property that every arm requires with disjoint literals. */
  tag?: string;
}

/** Decimal strings. */
export interface BigIntNode {
  kind: "bigint";
  min?: string;
  max?: string;
}

export interface BytesNode {
  kind: "bytes";
  minLen?: number;
  maxLen?: number;
}

export interface RequestField {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  /** Header names in lower case; the others as written. */
  wire: string;
  type: TypeIndex;
  optional: boolean;
}

export interface RequestPlace {
  fields: RequestField[];
  body: TypeIndex | null;
  /** Every body property is optional: an absent body reads as `{}`. */
  bodyOptional: boolean;
}

export interface ResponseField {
  name: string;
  in: "header" | "cookie" | "status";
  wire: string;
  type: TypeIndex;
  optional: boolean;
}

export interface ResponsePlace {
  fields: ResponseField[];
  body: TypeIndex | null;
}

export type EndpointKind = "typed" | "raw" | "static" | "streamIn" | "streamOut" | "streamInOut" | "sse";

export interface Endpoint {
  service: string;
  /** Exported name; null when the endpoint is not exported. */
  export: string | null;
  file: string;
  /** 1-based. */
  line: number;
  methods: string[];
  path: string;
  /** False when the path is the default `/<service>.<export>`. */
  pathGiven: boolean;
  kind: EndpointKind;
  doc?: string;
  request: RequestPlace | null;
  /** The request is described by a schema value in the options, compiled when the app starts. */
  requestFrom?: "runtime";
  response: ResponsePlace | null;
  /** The response is described by a schema value in the options, compiled when the app starts. */
  responseFrom?: "runtime";
  /** Messages of a stream that the client sends. */
  incoming?: TypeIndex;
  /** Messages of a stream that the server sends. */
  outgoing?: TypeIndex;
}

interface Declared {
  file: string;
  line: number;
}

export interface TopicEntry extends Declared {
  name: string;
  message: TypeIndex;
  doc?: string;
}

export interface SubscriptionEntry extends Declared {
  topic: string;
  name: string;
}

export interface DatabaseEntry extends Declared {
  name: string;
  migrations?: string;
}

export interface CronEntry extends Declared {
  id: string;
  /** When it is due, as far as that is written as literals or constants. */
  every?: string;
  schedule?: string;
  timeZone?: string;
}

export interface SecretEntry extends Declared {
  name: string;
  /** The app starts without it: it is optional, or has a default. */
  optional?: true;
}

export interface Manifest {
  version: 1;
  /** Version of @twinloop/compiler that wrote it. */
  compiler: string;
  /** Path relative to the project root, `/`-separated -> SHA-256 of the file's bytes, hex. */
  sources: Record<string, string>;
  types: Node[];
  endpoints: Endpoint[];
  topics: TopicEntry[];
  subscriptions: SubscriptionEntry[];
  databases: DatabaseEntry[];
  crons: CronEntry[];
  secrets: SecretEntry[];
}
