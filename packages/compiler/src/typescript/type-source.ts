import type { NamedPackage } from "../project/package-of.ts";
import type { SyntaxKinds, SyntaxNode } from "./syntax.ts";

/** A type of the underlying checker. Only its identity may be read; its properties are asked of the source. */
export interface Type {
  readonly id: number;
}

/** A range of a file, in UTF-16 code units from its start. */
export interface Location {
  /** The absolute path. */
  path: string;
  start: number;
  end: number;
}

export interface SourceText {
  /** The absolute path, `/`-separated. */
  path: string;
  text: string;
  tree: SyntaxNode;
}

/** The file that the name of a module resolves to. */
export interface ModuleTarget {
  /** The absolute path. */
  path: string;
  /** Whether the file is a source of the app, not a declaration file. */
  own: boolean;
}

/** One error of the type check. */
export interface TypeError extends Location {
  /** The number of the error, such as 2322 for TS2322. */
  code: number;
  message: string;
}

/** The declaration that a name refers to, through imports, re-exports and namespaces. */
export interface Resolved {
  /** The name in the declaration. */
  name: string;
  /** The npm package that declares the name; null when no package.json is above the file. */
  home: NamedPackage | null;
  /** The syntax kind of the declaration. */
  kind: number;
  /** The declaration, where it is in a file of the app. */
  declaration: () => SyntaxNode | null;
}

/** A type without reference to a checker, one level deep. */
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
  /** A type that the checker could not find: a broken import or a misspelt name. */
  | "unresolved"
  | "never"
  /** The type `undefined` or `void`. */
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
  /** `Uppercase<string>` and similar types. */
  | "stringMapping"
  /** A type parameter, or a type that still depends on one. */
  | "generic";

export interface TupleElement {
  type: Type;
  modifier: "required" | "optional" | "rest" | "variadic";
}

export interface ObjectShape {
  kind: "object";
  /** Whether the type is an instance type of a class. */
  class: boolean;
  /** Whether the type has call or construct signatures. */
  callable: boolean;
  /** The name of the interface or class; null for type literals, mapped types and merged objects. */
  name: string | null;
  /** The package that declares the interface or class: `"lib"` for the default library, otherwise the npm package. */
  package: string | null;
  typeArguments: readonly Type[];
  /**
   * The identity shared by all instances of one declaration, by which a generic type that expands into itself is
   * detected.
   */
  origin: object | number | null;
}

export interface Property {
  /** The name of the property; for a symbol key the name of the symbol's variable. */
  name: string;
  symbolKey: boolean;
  /** Whether the property has a `?`. */
  optional: boolean;
  type: Type;
  /** The npm package of the declaration. */
  package: string | null;
  /** The location of the declaration, where it is in a file of the app. */
  location: Location | null;
}

export interface IndexSignature {
  key: Type;
  value: Type;
}

export interface Signature {
  parameters: readonly { type: Type; annotated: boolean; location: Location | null }[];
  returns: Type;
  /** Whether the return type is written, not inferred. */
  returnsAnnotated: boolean;
}

/** The name of a type in documents. */
export interface Naming {
  name: string;
  arguments: readonly Type[];
  /** The location of the declaration, where it is in a file of the app. */
  location: Location | null;
}

/** The files that a type source is opened with: absolute paths, `/`-separated. */
export interface AppSources {
  readonly root: string;
  /** The tsconfig; null reads every TypeScript file under the root with strict defaults. */
  readonly tsconfig: string | null;
  /** A file to read beside those of the tsconfig. */
  readonly entry?: string | undefined;
}

/**
 * The questions that extraction asks about a program. Each adapter answers them with a TypeScript checker, so that a
 * type has the same meaning as in the user's editor.
 *
 * Answers are valid until the next `update`.
 */
export interface TypeSource {
  readonly compiler: "typescript-6" | "typescript-7";
  readonly kinds: SyntaxKinds;
  /**
   * Reads the program again; `changed` are absolute paths of files edited, created or deleted. Null reads everything.
   */
  update(changed: readonly string[] | null): void;
  /** Problems of the configuration, as sentences. */
  configurationErrors(): readonly string[];
  /** The absolute paths of the configuration files read. */
  configurationFiles(): readonly string[];
  /** The app's own files, without declarations of packages and the default library, sorted by path. */
  files(): readonly SourceText[];
  /** Paths of the app's files that a file imports. */
  importsOf(file: SourceText): readonly string[];
  /** The files that module specifiers resolve to, in their order; null where the checker finds none. */
  modules(specifiers: readonly SyntaxNode[]): readonly (ModuleTarget | null)[];
  /** The names that a module exports, types included; empty when the checker does not find it. */
  exportsOf(specifier: SyntaxNode): readonly string[];
  syntaxErrors(file: SourceText): readonly (Location & { message: string })[];
  /** Announces the expressions and names that will be asked about, so that they can be fetched together. */
  announce(expressions: readonly SyntaxNode[], names: readonly SyntaxNode[]): void;
  /** The declaration that a name at this place refers to. */
  resolve(name: SyntaxNode): Resolved | null;
  typeAt(expression: SyntaxNode): Type;
  typeOfTypeNode(node: SyntaxNode): Type;
  shape(type: Type): Shape;
  /** The type that a type parameter's arguments must fit; null where it has no constraint. */
  constraint(parameter: Type): Type | null;
  properties(type: Type): readonly Property[];
  indexSignatures(type: Type): readonly IndexSignature[];
  /** The types that an interface or class extends, with open type parameters; none for any other type. */
  bases(type: Type): readonly Type[];
  /** The last call signature, which is the most general overload; null when the type cannot be called. */
  signature(type: Type): Signature | null;
  naming(type: Type): Naming | null;
  /**
   * The type of one parameter in each signature of a callee, or of a constructor with `isNew`; empty when there is
   * none. `key` identifies the callee: one with the same key is asked about once.
   */
  parameterTypes(callee: SyntaxNode, index: number, isNew: boolean, key: string): readonly Type[];
  /** The errors of the type check in the app's files, by the strictness of its own tsconfig. */
  typeErrors(): readonly TypeError[];
  /** The type as TypeScript prints it in a message. */
  print(type: Type): string;
  /** The doc comment of a declared name, without its tags. */
  documentation(name: SyntaxNode): string;
  location(node: SyntaxNode): Location;
  /** Ends the processes that the adapter started. Idempotent. */
  close(): void;
}
