/**
 * The manifest and the schema IR as data: what the compiler writes, and the validator and the serializer read.
 *
 * Types stand in one arena, `Manifest.types`; a `TypeIndex` points into it, and recursion is an index that points back.
 */

export type TypeIndex = number;

/** A bound: a JSON number, or a decimal string where a double would not be exact. */
export type Bound = number | string;

/** A value that a literal type can have. */
export type LiteralValue = string | number | boolean;

/** One value type. An absent constraint means unconstrained. */
export type Node =
  | AnyNode
  | NullNode
  | BooleanNode
  | NumberNode
  | StringNode
  | LiteralNode
  | EnumNode
  | TemplateNode
  | ArrayNode
  | TupleNode
  | ObjectNode
  | UnionNode
  | DateNode
  | BigIntNode
  | BytesNode;

/** Any valid JSON. */
export interface AnyNode {
  readonly kind: "any";
}

export interface NullNode {
  readonly kind: "null";
}

export interface BooleanNode {
  readonly kind: "boolean";
}

export interface NumberNode {
  kind: "number";
  min?: Bound;
  max?: Bound;
  exclusiveMin?: Bound;
  exclusiveMax?: Bound;
  multipleOf?: Bound;
  /** Mathematically an integer: 1.0 is one. */
  int?: true;
}

export type StringFormat = "email" | "url" | "uuid";

export interface StringNode {
  kind: "string";
  /** In Unicode scalar values, as `maxLen`. */
  minLen?: number;
  maxLen?: number;
  /** In the syntax of Rust's `regex`, searched as written. */
  patterns?: string[];
  startsWith?: string[];
  endsWith?: string[];
  formats?: StringFormat[];
}

/** Compared by value as JavaScript does: 1.0 is 1, -0 is 0. */
export interface LiteralNode {
  readonly kind: "literal";
  readonly value: LiteralValue;
}

export interface EnumNode {
  readonly kind: "enum";
  readonly values: readonly LiteralValue[];
}

/** A template literal type, as an anchored pattern. */
export interface TemplateNode {
  readonly kind: "template";
  readonly pattern: string;
}

export interface ArrayNode {
  kind: "array";
  items: TypeIndex;
  minItems?: number;
  maxItems?: number;
}

export interface TupleItem {
  readonly type: TypeIndex;
  readonly optional: boolean;
}

export interface TupleNode {
  readonly kind: "tuple";
  readonly items: readonly TupleItem[];
  readonly rest: TypeIndex | null;
}

export interface PropertyNode {
  readonly name: string;
  readonly type: TypeIndex;
  readonly optional: boolean;
  /** Its value is never quoted in an error. */
  readonly sensitive?: true;
}

/** The type of names that are not declared; `key` null means any name. */
export interface AdditionalNode {
  readonly key: TypeIndex | null;
  readonly value: TypeIndex;
}

export interface ObjectNode {
  readonly kind: "object";
  readonly name?: string;
  readonly properties: readonly PropertyNode[];
  /** Null: names that are not declared are dropped. */
  readonly additional: AdditionalNode | null;
  /** Names that are not declared are refused. */
  readonly closed?: true;
}

export interface UnionNode {
  readonly kind: "union";
  readonly arms: readonly TypeIndex[];
  /** A property that every arm requires, with disjoint literals. */
  readonly tag?: string;
}

/** On the wire an RFC 3339 string, in JavaScript a `Date`. */
export interface DateNode {
  readonly kind: "date";
}

/** On the wire a decimal string, in JavaScript a `bigint`. Bounds are decimal strings. */
export interface BigIntNode {
  kind: "bigint";
  min?: string;
  max?: string;
}

/** On the wire a base64 string, in JavaScript a `Uint8Array`. Lengths in bytes. */
export interface BytesNode {
  kind: "bytes";
  minLen?: number;
  maxLen?: number;
}

/** A request field that does not come from the body. */
export interface PlaceField {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  /** Its name on the wire: of a header in lower case, of the others as written. */
  readonly wire: string;
  readonly type: TypeIndex;
  readonly optional: boolean;
}

/** A request type, split by where its fields come from. */
export interface Place {
  readonly fields: readonly PlaceField[];
  /** What the JSON body must be; null: there is no body. */
  readonly body: TypeIndex | null;
  /** Every property of the body is optional: an absent body reads as `{}`. */
  readonly bodyOptional: boolean;
}

/** A response field that does not go into the body. */
export interface ResponseField {
  readonly name: string;
  readonly in: "header" | "cookie" | "status";
  readonly wire: string;
  readonly type: TypeIndex;
  readonly optional: boolean;
}

export interface ResponsePlace {
  readonly fields: readonly ResponseField[];
  readonly body: TypeIndex | null;
}

export type EndpointKind = "typed" | "raw" | "static" | "streamIn" | "streamOut" | "streamInOut" | "sse";

/** One endpoint, as the compiler found it in the sources. */
export interface EndpointModel {
  readonly service: string;
  /** The name it is exported by; null when it is not exported. */
  readonly export: string | null;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** In upper case; `["*"]` is any. */
  readonly methods: readonly string[];
  readonly path: string;
  /** False when the path is the default `/<service>.<export>`. */
  readonly pathGiven: boolean;
  readonly kind: EndpointKind;
  readonly doc?: string;
  /** Null: the handler takes no input. */
  readonly request: Place | null;
  /** The request is described by a schema in the options, read when the app starts. */
  readonly requestFrom?: "runtime";
  /** Null: the handler returns nothing. */
  readonly response: ResponsePlace | null;
  /** The response is described by a schema in the options, read when the app starts. */
  readonly responseFrom?: "runtime";
  /** The type of messages that a stream's client sends. */
  readonly incoming?: TypeIndex;
  /** The type of messages that a stream's server sends. */
  readonly outgoing?: TypeIndex;
}

/** Where a declaration stands in the sources. */
export interface Declared {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

export interface TopicModel extends Declared {
  readonly name: string;
  readonly message: TypeIndex;
  readonly doc?: string;
}

export interface SubscriptionModel extends Declared {
  readonly name: string;
  readonly topic: string;
}

export interface DatabaseModel extends Declared {
  readonly name: string;
  readonly migrations?: string;
}

export interface CronModel extends Declared {
  readonly id: string;
  /** When it is due, as far as the compiler could read it. */
  readonly every?: string;
  readonly schedule?: string;
  readonly timeZone?: string;
}

export interface SecretModel extends Declared {
  readonly name: string;
}

/** What `.twinloop/manifest.json` holds. */
export interface Manifest {
  /** The format, 1. */
  readonly version: number;
  /** The version of the compiler that wrote it. */
  readonly compiler: string;
  /** SHA-256 in hexadecimal of each source file, by its path from the project root. */
  readonly sources: Readonly<Record<string, string>>;
  readonly types: readonly Node[];
  readonly endpoints: readonly EndpointModel[];
  readonly topics: readonly TopicModel[];
  readonly subscriptions: readonly SubscriptionModel[];
  readonly databases: readonly DatabaseModel[];
  readonly crons: readonly CronModel[];
  readonly secrets: readonly SecretModel[];
}
