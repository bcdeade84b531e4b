// Written by tools/definitions from contract/manifest.schema.json: change that file, then run `npm run fix`.

/** An index into `Manifest.types`. Recursion is an index that points back. */
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

/** A value of any valid JSON. */
export interface AnyNode {
  kind: "any";
}

/** The value `null`. */
export interface NullNode {
  kind: "null";
}

/** `true` or `false`. */
export interface BooleanNode {
  kind: "boolean";
}

/** A JSON number. */
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

/** A format that the validator checks by itself. */
export type StringFormat = "email" | "url" | "uuid";

/** A JSON string. */
export interface StringNode {
  kind: "string";
  /** The least length in Unicode scalar values. */
  minLen?: number;
  /** The greatest length in Unicode scalar values. */
  maxLen?: number;
  /** Patterns in the syntax of Rust's `regex`, searched as written. */
  patterns?: Array<string>;
  /** The names of the patterns in errors, one each: `email address`. Empty for a pattern without a name. */
  labels?: Array<string>;
  startsWith?: Array<string>;
  endsWith?: Array<string>;
  formats?: Array<StringFormat>;
}

/** One value, compared as JavaScript does: 1.0 is 1, -0 is 0. */
export interface LiteralNode {
  kind: "literal";
  value: LiteralValue;
}

/** One of several literal values. */
export interface EnumNode {
  kind: "enum";
  values: Array<LiteralValue>;
  name?: string;
  doc?: string;
  docTags?: DocTags;
}

/** A template literal type, as an anchored pattern. */
export interface TemplateNode {
  kind: "template";
  pattern: string;
}

/** A list whose elements have one type. */
export interface ArrayNode {
  kind: "array";
  items: TypeIndex;
  minItems?: number;
  maxItems?: number;
}

/** One place of a tuple. */
export interface TupleItem {
  type: TypeIndex;
  optional: boolean;
}

/** A list whose elements have types by their place. */
export interface TupleNode {
  kind: "tuple";
  items: Array<TupleItem>;
  /** The type of elements after the listed ones; null where there are none. */
  rest: TypeIndex | null;
}

/** One declared property of an object. */
export interface PropertyNode {
  name: string;
  type: TypeIndex;
  optional: boolean;
  /** The property's value is never quoted in an error. */
  sensitive?: true;
  doc?: string;
  docTags?: DocTags;
}

/** The type of names that are not declared. */
export interface AdditionalNode {
  /** The type of the names; null: any name. */
  key: TypeIndex | null;
  value: TypeIndex;
}

/** A JSON object. */
export interface ObjectNode {
  kind: "object";
  properties: Array<PropertyNode>;
  /** The index signature. Null: names that are not declared are dropped. */
  additional: AdditionalNode | null;
  name?: string;
  /** Names that are not declared are refused. */
  closed?: true;
  doc?: string;
  docTags?: DocTags;
}

/** A value of one of several types. */
export interface UnionNode {
  kind: "union";
  arms: Array<TypeIndex>;
  /** A property that every arm requires, with disjoint literals. */
  tag?: string;
  name?: string;
  doc?: string;
  docTags?: DocTags;
}

/** A `Date`: on the wire a string of RFC 3339. */
export interface DateNode {
  kind: "date";
}

/** A `bigint`: on the wire a decimal string. Bounds are decimal strings. */
export interface BigIntNode {
  kind: "bigint";
  min?: string;
  max?: string;
}

/** A `Uint8Array`: on the wire a string of base64. Lengths are in bytes. */
export interface BytesNode {
  kind: "bytes";
  minLen?: number;
  maxLen?: number;
}

/** A request field that does not come from a JSON body. */
export interface RequestField {
  name: string;
  /** Where the field comes from. `form`: a text field of a form or multipart body; `file`: a file of a multipart body; `body`: the whole text or bytes of the body. */
  in: "path" | "query" | "header" | "cookie" | "form" | "file" | "body";
  /** The field's name on the wire: of a header in lower case, of the others as written. */
  wire: string;
  type: TypeIndex;
  optional: boolean;
  /** The field's value is never quoted in an error. */
  sensitive?: true;
  /** The cookie's value is JSON that the server has sealed by its cookie secrets. */
  sealed?: "signed" | "encrypted";
  /** A sealed cookie that is absent, or that cannot be read, is null. */
  nullable?: true;
  doc?: string;
  docTags?: DocTags;
}

/** A request type, split by where its fields come from. */
export interface RequestPlace {
  fields: Array<RequestField>;
  /** The type of the JSON body; null: there is no body. */
  body: TypeIndex | null;
  /** Every property of the body is optional: an absent body reads as `{}`. */
  bodyOptional: boolean;
  /** The body itself is a secret: nothing of it is quoted in an error. */
  bodySensitive?: true;
  /** The form of a body that is not JSON. A `text` or `bytes` body without a field of its own is the whole request. */
  bodyAs?: "form" | "multipart" | "text" | "bytes";
}

/** A response field that does not go into the body. */
export interface ResponseField {
  name: string;
  in: "header" | "cookie" | "status";
  wire: string;
  type: TypeIndex;
  optional: boolean;
  /** The cookie's value is JSON that the server has sealed by its cookie secrets. */
  sealed?: "signed" | "encrypted";
  doc?: string;
  docTags?: DocTags;
}

/** A body that is not JSON, by the class that the handler returns. */
export type SentBody = "html" | "csv" | "text" | "bytes" | "file" | "redirect";

/** A response type, split by where its fields go. */
export interface ResponsePlace {
  fields: Array<ResponseField>;
  /** The type of the JSON body; null: there is no body. */
  body: TypeIndex | null;
  /** The handler may also return nothing, which answers 200 without a body. */
  bodyOptional?: true;
  /** The bodies other than JSON that the handler may return. */
  sends?: Array<SentBody>;
  /** The field that holds such a body beside headers, cookies and a status. */
  bodyField?: string;
}

/** The kind of an endpoint. */
export type EndpointKind = "typed" | "raw" | "static" | "streamIn" | "streamOut" | "streamInOut" | "sse";

/** One endpoint, as the compiler found it in the sources. */
export interface EndpointModel {
  service: string;
  /** The name that the endpoint is exported by; null when it is not exported. */
  export: string | null;
  /** The path of the source, relative to the project root, with `/`. */
  file: string;
  /** The line of the declaration, from 1. */
  line: number;
  /** Methods in upper case; `["*"]` is any. */
  methods: Array<string>;
  path: string;
  /** False when the path is the default `/<service>.<export>`. */
  pathGiven: boolean;
  kind: EndpointKind;
  /** Null: the handler takes no input. */
  request: RequestPlace | null;
  /** Null: the handler returns nothing. */
  response: ResponsePlace | null;
  /** The doc comment of the declaration. */
  doc?: string;
  /** The names of the auth handlers of which one must know the caller; empty means any of the gateway's. Absent: everybody is let in. */
  auth?: Array<string>;
  /** The request is described by a schema in the options, read when the app starts. */
  requestFrom?: "runtime";
  /** The response is described by a schema in the options, read when the app starts. */
  responseFrom?: "runtime";
  /** The type of messages that a stream's client sends. */
  incoming?: TypeIndex;
  /** The type of messages that a stream's server sends. */
  outgoing?: TypeIndex;
  /** The folder of static files, relative to the project root where it is there at build time, else as written. */
  dir?: string;
  docTags?: DocTags;
  /** The options that documents tell of, as far as they are literals or constants. */
  options?: Record<string, KeptValue>;
  /** The options to keep that are given and whose value only a run can tell. */
  unread?: Array<string>;
}

/** One auth handler, as the compiler found it in the sources. */
export interface AuthHandlerModel {
  /** The name within the gateway; `default` for its only one. */
  name: string;
  /** The path of the source, relative to the project root, with `/`. */
  file: string;
  /** The line of the declaration, from 1. */
  line: number;
  /** The credentials: header, query and cookie fields, and no body. */
  params: RequestPlace;
  /** The type of what the handler says of a caller. */
  data: TypeIndex;
  /** The doc comment of the declaration. */
  doc?: string;
}

/** A value that an option has in the sources, as far as it can be read without running them. */
export type KeptValue = string | number | boolean | null | Array<KeptValue>;

/** One declaration of a package other than an endpoint, as the compiler found it in the sources. */
export interface DeclarationModel {
  /** The function or class that is called: `Topic`. */
  what: string;
  /** The npm package that brings it: `@twinloop/pubsub`. */
  package: string;
  /** The singular noun for such a declaration in messages: `topic`. */
  noun: string;
  name: string;
  /** The path of the source, relative to the project root, with `/`. */
  file: string;
  /** The line of the declaration, from 1. */
  line: number;
  /** The types that the declaration names, by what they are of: `message`. */
  types: Record<string, TypeIndex>;
  /** The options that the package asks to keep, as far as they are literals or constants. Of an option that only its presence is kept of, `true`. */
  options: Record<string, KeptValue>;
  /** The name of the declaration that this one belongs to, as the topic of a subscription; null when it cannot be told. */
  within?: string | null;
  /** The doc comment of the declaration. */
  doc?: string;
  /** The role by which other packages find the declaration: `postgres`. */
  provides?: string;
  /** The declaration's name is a variable whose value must stay out of the process's environment. */
  confidential?: true;
  /** The options whose value is a folder, relative to the project root where it is there at build time, else as written. */
  folders?: Array<string>;
  /** The options to keep that are given and whose value only a run can tell. */
  unread?: Array<string>;
}

/** The inputs of the manifest beside its sources. */
export interface ManifestInputs {
  /** The name in each package.json, by its folder from the project root (`.` for the root itself). */
  packages: Record<string, string>;
  /** SHA-256 over the compiler options that bear on types and the files that are read; empty without a tsconfig. */
  configuration: string;
  /** SHA-256 over the names of the TypeScript files below the project root. */
  listing: string;
  /** SHA-256 over what the installed packages say of their declarations, each in its `declares.json`. */
  declares: string;
}

/** The tags of a doc comment that documents repeat. */
export interface DocTags {
  /** The reason of `@deprecated`; empty without one. */
  deprecated?: string;
  /** The texts of `@example`, each JSON or a plain text. */
  examples?: Array<string>;
  /** The text of `@default`: JSON, or a plain text. */
  default?: string;
  /** The text of `@summary`, in place of the first sentence. */
  summary?: string;
  /** The name of `@operationId`. */
  operationId?: string;
  /** `@hidden` or `@internal`: documents leave it out. */
  hidden?: true;
}

/** One auth handler that Rust verifies, as the compiler found it in the sources. */
export interface ReadyAuthHandlerModel {
  /** The name within the gateway; `default` for its only one. */
  name: string;
  /** The function that makes the handler. */
  verify: "jwt" | "apiKeys";
  /** The header that holds the token or key, in lower case; absent where only a run can tell. */
  header?: string;
}

/** The call of `start()`, as the compiler found it in the sources. */
export interface StartModel {
  /** The options that documents tell of, as far as they are literals or constants. */
  options: Record<string, KeptValue>;
  /** The options to keep that are given and whose value only a run can tell. */
  unread?: Array<string>;
}

/** The content of `.twinloop/manifest.json`: the app's declarations and types, as the compiler found them. */
export interface Manifest {
  /** The version of the format. */
  version: 2;
  /** The version of the compiler that wrote the manifest. */
  compiler: string;
  /** SHA-256 in hexadecimal of each source file's text with `\n` as line end, by its path from the project root. */
  sources: Record<string, string>;
  inputs: ManifestInputs;
  /** The arena of types that all sections point into. */
  types: Array<Node>;
  endpoints: Array<EndpointModel>;
  declarations: Array<DeclarationModel>;
  /** The auth handlers of the app's gateway, in its order; absent where there are none. */
  authHandlers?: Array<AuthHandlerModel>;
  /** The gateway's auth handlers that need no types; absent where there are none. */
  readyAuthHandlers?: Array<ReadyAuthHandlerModel>;
  start?: StartModel;
}
