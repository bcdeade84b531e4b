import type { SyntaxKinds, SyntaxNode } from "./syntax.ts";

/** A type of the checker behind the source. Only its identity may be read; everything else is a question. */
export interface Type {
  readonly id: number;
}

/** A stretch of a file, in UTF-16 units from its start. */
export interface Location {
  /** Absolute. */
  path: string;
  start: number;
  end: number;
}

export interface SourceText {
  /** Absolute, `/`-separated. */
  path: string;
  text: string;
  tree: SyntaxNode;
}

/** What a name stands for, after imports, re-exports and namespaces are followed. */
export interface Resolved {
  /** The name it was declared with. */
  name: string;
  /** Name of the npm package that declares it; null when no package.json is above the file. */
  package: string | null;
  /** Syntax kind of its declaration. */
  kind: number;
  /** The declaration, where that is in a file of the app. */
  declaration: () => SyntaxNode | null;
}

/** A type in neutral terms, one level deep. */
export type Shape =
  | { kind: SimpleKind }
  | { kind: "literal"; value: string | number | boolean | bigint }
  | { kind: "union" | "intersection"; parts: readonly Type[] }
  | { kind: "template"; texts: readonly string[]; spans: readonly Type[] }
  | { kind: "array"; element: Type }
  | { kind: "tuple"; elements: readonly TupleElement[] }
  | ObjectShape;

export type SimpleKind =
  | "any"
  | "unknown"
  /** The checker could not find the type: a broken import or a misspelt name. */
  | "unresolved"
  | "never"
  /** Also `void`. */
  | "undefined"
  | "null"
  | "string"
  | "number"
  | "boolean"
  | "bigint"
  | "symbol"
  /** The type `object`. */
  | "nonPrimitive"
  /** An enum whose members have no constant value. */
  | "computedEnum"
  /** `Uppercase<string>` and its like. */
  | "stringMapping"
  /** A type parameter, or a type that still depends on one. */
  | "generic";

export interface TupleElement {
  type: Type;
  modifier: "required" | "optional" | "rest" | "variadic";
}

export interface ObjectShape {
  kind: "object";
  /** An instance type of a class. */
  class: boolean;
  /** Has call or construct signatures. */
  callable: boolean;
  /** Name of the interface or class; null for type literals, mapped types and merged objects. */
  name: string | null;
  /** Where that interface or class is declared: `"lib"` for the default library, else the npm package. */
  package: string | null;
  typeArguments: readonly Type[];
}

export interface Property {
  /** For a symbol key the name of the symbol's variable. */
  name: string;
  symbolKey: boolean;
  /** Has a `?`. */
  optional: boolean;
  type: Type;
  /** Npm package of its declaration. */
  package: string | null;
  /** Its declaration, where that is a file of the app. */
  location: Location | null;
}

export interface IndexSignature {
  key: Type;
  value: Type;
}

export interface Signature {
  parameters: readonly { type: Type; annotated: boolean; location: Location | null }[];
  returns: Type;
}

/** What a type is called, to name it in documents. */
export interface Naming {
  name: string;
  arguments: readonly Type[];
}

/**
 * The questions that extraction asks about a program. Each adapter answers them with a TypeScript checker, so that a
 * type means here what it means in the user's editor.
 *
 * Answers are valid until the next `update`.
 */
export interface TypeSource {
  readonly compiler: "typescript-6" | "typescript-7";
  readonly kinds: SyntaxKinds;
  /** Reads the program again; `changed` are absolute paths of files edited, created or deleted. Null: read everything. */
  update(changed: readonly string[] | null): void;
  /** Problems of the configuration, as sentences. */
  configurationErrors(): readonly string[];
  /** Configuration files read, absolute paths. */
  configurationFiles(): readonly string[];
  /** The app's own files: no declarations of packages, no default library. In the order of their paths. */
  files(): readonly SourceText[];
  /** Paths of the app's files that a file imports. */
  importsOf(file: SourceText): readonly string[];
  syntaxErrors(file: SourceText): readonly (Location & { message: string })[];
  /** The declaration that a name at this place stands for. */
  resolve(name: SyntaxNode): Resolved | null;
  typeAt(expression: SyntaxNode): Type;
  typeOfTypeNode(node: SyntaxNode): Type;
  shape(type: Type): Shape;
  properties(type: Type): readonly Property[];
  indexSignatures(type: Type): readonly IndexSignature[];
  /** The last call signature, which is the most general overload; null when the type cannot be called. */
  signature(type: Type): Signature | null;
  naming(type: Type): Naming | null;
  /** As TypeScript prints it in a message. */
  print(type: Type): string;
  /** The doc comment of a declared name, without its tags. */
  documentation(name: SyntaxNode): string;
  location(node: SyntaxNode): Location;
  /** Ends what the adapter started. Idempotent. */
  close(): void;
}
