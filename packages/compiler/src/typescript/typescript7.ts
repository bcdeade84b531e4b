import { SyntaxKind, type Node } from "typescript-7/unstable/ast";
import {
  SymbolFlags,
  TypeFlags,
  type NodeHandle,
  type Symbol as CheckerSymbol,
  type Type as CheckerType,
} from "typescript-7/unstable/sync";
import { packageAbove, packageOf } from "../project/package-of.ts";
import {
  isDeclarationFile,
  moduleSpecifiers,
  syntaxKinds,
  type SyntaxKinds,
  type SyntaxNode,
} from "./syntax.ts";
import { TypeFlagTable } from "./type-flags.ts";
import { Answers } from "./typescript7-answers.ts";
import type {
  AppSources,
  IndexSignature,
  Location,
  ModuleTarget,
  Naming,
  Property,
  Resolved,
  Shape,
  Signature,
  SourceText,
  Type,
  TypeError,
  TypeSource,
} from "./type-source.ts";
import { Program7 } from "./typescript7-program.ts";
import { tupleElements } from "./typescript7-tuple.ts";

/**
 * A type source that uses TypeScript 7's native checker in a child process.
 *
 * Every question is a round trip of about 0.1 ms, so answers are cached until the next update, and the types of an
 * object's properties are fetched together.
 */
export class TypeScript7 implements TypeSource {
  readonly compiler = "typescript-7";
  readonly kinds: SyntaxKinds = syntaxKinds(SyntaxKind as unknown as Record<string, number>);
  readonly #flags = new TypeFlagTable(TypeFlags as unknown as Record<string, number>);
  readonly #program: Program7;
  #files: readonly SourceText[] | null = null;
  readonly #own = new Map<string, boolean>();
  readonly #shapes = new Map<number, Shape>();
  readonly #properties = new Map<number, readonly Property[]>();
  readonly #parameters = new Map<string, readonly Type[]>();
  readonly #indexes = new Map<number, readonly IndexSignature[]>();
  readonly #answers = new Answers(
    () => this.#program.checker,
    (symbol) => this.#declarationsOf(symbol),
  );

  constructor(app: AppSources) {
    this.#program = new Program7(app);
  }

  update(changed: readonly string[] | null): void {
    this.#program.update(changed);
    this.#files = null;
    for (const answers of [
      this.#own,
      this.#shapes,
      this.#properties,
      this.#parameters,
      this.#indexes,
      this.#answers,
    ])
      answers.clear();
  }

  configurationErrors(): readonly string[] {
    return this.#program.configurationErrors;
  }

  configurationFiles(): readonly string[] {
    return this.#program.configurationFiles;
  }

  files(): readonly SourceText[] {
    return (this.#files ??= this.#readFiles());
  }

  #readFiles(): SourceText[] {
    const { program } = this.#program;
    const paths = program.getSourceFileNames().filter((path) => this.#isOwn(path));
    const files = paths.flatMap((path) => {
      const tree = program.getSourceFile(path);
      return tree === undefined ? [] : [{ path, text: tree.text, tree: tree as unknown as SyntaxNode }];
    });
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  importsOf(file: SourceText): readonly string[] {
    const nodes = moduleSpecifiers(file.tree, this.kinds) as unknown as Node[];
    if (nodes.length === 0) return [];
    const targets = this.#program.checker.getSymbolAtLocation(nodes).map((symbol) => symbol?.declarations[0]);
    const modules = targets.filter((target) => target?.kind === SyntaxKind.SourceFile);
    return [...new Set(modules.map((module) => String(module?.path)).filter((path) => this.#isOwn(path)))];
  }

  modules(specifiers: readonly SyntaxNode[]): readonly (ModuleTarget | null)[] {
    if (specifiers.length === 0) return [];
    const symbols = this.#program.checker.getSymbolAtLocation(specifiers as unknown as Node[]);
    return symbols.map((symbol) => {
      const target = symbol?.declarations[0];
      if (target === undefined) return null;
      const path = String(target.path);
      return { path, own: this.#isOwn(path) && !isDeclarationFile(path) };
    });
  }

  exportsOf(specifier: SyntaxNode): readonly string[] {
    const { checker } = this.#program;
    const symbol = checker.getSymbolAtLocation(specifier as unknown as Node);
    return symbol === undefined ? [] : checker.getExportsOfModule(symbol).map(({ name }) => name);
  }

  parameterTypes(callee: SyntaxNode, index: number, isNew: boolean, key: string): readonly Type[] {
    const known = this.#parameters.get(key);
    if (known !== undefined) return known;
    const { checker } = this.#program;
    const types = checker
      .getSignaturesOfType(real(this.typeAt(callee)), isNew ? 1 : 0)
      .flatMap((signature) => {
        const type = checker.getParameterType(signature, index);
        return type === undefined ? [] : [type];
      });
    this.#parameters.set(key, types);
    return types;
  }

  typeErrors(): readonly TypeError[] {
    const checked = this.#program.typeErrors((path) => this.#isOwn(path));
    return checked.map(({ fileName = "", pos, end, code, text }) => ({
      path: fileName,
      start: pos,
      end,
      code,
      message: text,
    }));
  }

  syntaxErrors(file: SourceText): readonly (Location & { message: string })[] {
    const diagnostics = this.#program.program.getSyntacticDiagnostics(file.path);
    return diagnostics.map(({ pos, end, text }) => ({ path: file.path, start: pos, end, message: text }));
  }

  announce(expressions: readonly SyntaxNode[], names: readonly SyntaxNode[]): void {
    this.#answers.fetchTypes(expressions);
    this.#answers.fetchSymbols(names);
  }

  resolve(name: SyntaxNode): Resolved | null {
    // The name in `{ handler }` is a property and a variable; the variable is meant.
    const { checker } = this.#program;
    let symbol =
      name.parent.kind === this.kinds.ShorthandPropertyAssignment
        ? checker.getShorthandAssignmentValueSymbol(
            name.parent as unknown as Parameters<typeof checker.getShorthandAssignmentValueSymbol>[0],
          )
        : this.#answers.symbolAt(name);
    if (symbol !== undefined && (symbol.flags & SymbolFlags.Alias) !== 0)
      symbol = this.#answers.aliased(symbol);
    const handle = symbol?.declarations[0];
    if (symbol === undefined || handle === undefined) return null;
    return {
      name: symbol.name,
      home: packageAbove(handle.path),
      kind: handle.kind,
      declaration: () => (this.#isOwn(handle.path) ? this.#node(handle) : null),
    };
  }

  typeAt(expression: SyntaxNode): Type {
    return this.#answers.typeAt(expression) ?? this.#program.checker.getAnyType();
  }

  typeOfTypeNode(node: SyntaxNode): Type {
    const { checker } = this.#program;
    return (
      checker.getTypeFromTypeNode(node as unknown as Parameters<typeof checker.getTypeFromTypeNode>[0]) ??
      checker.getAnyType()
    );
  }

  shape(type: Type): Shape {
    const known = this.#shapes.get(type.id);
    if (known !== undefined) return known;
    const shape = this.#readShape(real(type));
    this.#shapes.set(type.id, shape);
    return shape;
  }

  constraint(parameter: Type): Type | null {
    return this.#program.checker.getBaseConstraintOfType(real(parameter)) ?? null;
  }

  #readShape(own: CheckerType): Shape {
    const simple = this.#flags.simpleKind(own.flags, () => own.isErrorType());
    if (simple !== null) return { kind: simple };
    if (own.isBooleanLiteralType()) return { kind: "literal", value: own.value };
    if (own.isLiteralType()) return { kind: "literal", value: own.value };
    if (own.isUnionType()) return { kind: "union", parts: own.getTypes() };
    if (own.isIntersectionType()) return { kind: "intersection", parts: own.getTypes() };
    if (own.isTemplateLiteralType()) return { kind: "template", texts: own.texts, spans: own.getTypes() };
    return this.#objectShape(own);
  }

  #objectShape(own: CheckerType): Shape {
    const { checker } = this.#program;
    const isReference = own.isTypeReference();
    const parameters = isReference ? checker.getTypeArguments(own) : [];
    if (isReference && own.getTarget().isTupleType())
      return { kind: "tuple", elements: tupleElements(own, parameters) };
    const [element] = parameters;
    const target = isReference ? own.getTarget().id : own.id;
    if (element !== undefined && this.#answers.isArray(own, target)) return { kind: "array", element };
    const symbol = own.getSymbol();
    const named = symbol !== undefined && (symbol.flags & (SymbolFlags.Interface | SymbolFlags.Class)) !== 0;
    return {
      kind: "object",
      class: named && (symbol.flags & SymbolFlags.Class) !== 0,
      callable: this.#answers.isCallable(own, symbol),
      name: named ? symbol.name : null,
      package: named ? this.#packageOfSymbol(symbol) : null,
      typeArguments: parameters,
      origin: symbol?.id ?? null,
    };
  }

  properties(type: Type): readonly Property[] {
    const known = this.#properties.get(type.id);
    if (known !== undefined) return known;
    const { checker } = this.#program;
    const symbols = checker.getPropertiesOfType(real(type));
    const types = symbols.length === 0 ? [] : checker.getTypeOfSymbol(symbols);
    const properties = symbols.map((symbol, index) =>
      this.#property(symbol, types[index] ?? checker.getAnyType()),
    );
    this.#properties.set(type.id, properties);
    return properties;
  }

  #property(symbol: CheckerSymbol, type: Type): Property {
    const declaration = firstDeclaration(symbol.declarations);
    const key = /^__@(.+)@\d+$/.exec(symbol.escapedName as string);
    return {
      name: key?.[1] ?? symbol.name,
      symbolKey: key !== null,
      optional: (symbol.flags & SymbolFlags.Optional) !== 0,
      type,
      package: declaration === undefined ? null : packageOf(declaration.path),
      location: this.#ownLocation(declaration),
    };
  }

  indexSignatures(type: Type): readonly IndexSignature[] {
    const known = this.#indexes.get(type.id);
    if (known !== undefined) return known;
    const infos = this.#answers.indexInfos(real(type));
    const signatures = infos.map(({ keyType, valueType }) => ({ key: keyType, value: valueType }));
    this.#indexes.set(type.id, signatures);
    return signatures;
  }

  bases(type: Type): readonly Type[] {
    const own = real(type);
    const declared = own.isTypeReference() ? (own.getTarget() as CheckerType) : own;
    return declared.isClassOrInterface() ? this.#program.checker.getBaseTypes(declared) : [];
  }

  signature(type: Type): Signature | null {
    const { checker } = this.#program;
    const signature = checker.getSignaturesOfType(real(type), 0).at(-1);
    if (signature === undefined) return null;
    const symbols = signature.getParameters();
    const types = symbols.length === 0 ? [] : checker.getTypeOfSymbol(symbols);
    const parameters = symbols.map((symbol, index) => ({
      type: types[index] ?? checker.getAnyType(),
      ...this.#annotation(symbol.valueDeclaration),
    }));
    const declaration = signature.declaration === undefined ? null : this.#node(signature.declaration);
    return {
      parameters,
      returns: checker.getReturnTypeOfSignature(signature) ?? checker.getAnyType(),
      returnsAnnotated: (declaration as { type?: SyntaxNode } | null)?.type !== undefined,
    };
  }

  #annotation(handle: NodeHandle | undefined): { annotated: boolean; location: Location | null } {
    const node = handle === undefined || handle.kind !== SyntaxKind.Parameter ? null : this.#node(handle);
    const typeNode = (node as { type?: SyntaxNode } | null)?.type;
    if (node === null || handle === undefined || !this.#isOwn(handle.path))
      return { annotated: typeNode !== undefined, location: null };
    return { annotated: typeNode !== undefined, location: this.location(typeNode ?? node) };
  }

  naming(type: Type): Naming | null {
    const own = real(type);
    const alias = own.getAliasSymbol();
    if (alias !== undefined) {
      if (this.#packageOfSymbol(alias) === "lib") return null;
      const location = this.#ownLocation(alias.declarations[0]);
      return { name: alias.name, arguments: own.getAliasTypeArguments(), location };
    }
    const symbol = own.getSymbol();
    if (symbol === undefined || (symbol.flags & (SymbolFlags.Interface | SymbolFlags.Enum)) === 0)
      return null;
    const shape = this.shape(type);
    const given = shape.kind === "object" ? shape.typeArguments : [];
    return { name: symbol.name, arguments: given, location: this.#ownLocation(symbol.declarations[0]) };
  }

  print(type: Type): string {
    return this.#program.checker.typeToString(real(type));
  }

  documentation(name: SyntaxNode): string {
    const symbol = this.#answers.symbolAt(name);
    return symbol === undefined ? "" : this.#program.checker.getDocumentationCommentOfSymbol(symbol);
  }

  location(node: SyntaxNode): Location {
    const own = node as unknown as Node;
    const file = own.getSourceFile();
    return { path: file.fileName, start: own.getStart(file), end: own.end };
  }

  close(): void {
    this.#program.close();
  }

  #node(handle: NodeHandle): SyntaxNode | null {
    return (handle.resolve(this.#program.project) as unknown as SyntaxNode | undefined) ?? null;
  }

  #declarationsOf({ declarations }: CheckerSymbol): readonly Node[] {
    if (!declarations.every(({ path }) => this.#isOwn(path))) return [];
    const nodes = declarations.map((handle) => this.#node(handle) as unknown as Node | null);
    return nodes.every((node) => node !== null) ? nodes : [];
  }

  #ownLocation(handle: NodeHandle | undefined): Location | null {
    if (handle === undefined) return null;
    const node = this.#isOwn(handle.path) ? this.#node(handle) : null;
    return node === null ? null : this.location(node);
  }

  #isOwn(path: string): boolean {
    const known = this.#own.get(path);
    if (known !== undefined) return known;
    const own = !path.includes("/node_modules/") && !path.endsWith(".json") && this.#isOfApp(path);
    this.#own.set(path, own);
    return own;
  }

  #isOfApp(path: string): boolean {
    const metadata = this.#program.program.getSourceFileMetadata(path);
    return metadata !== undefined && !metadata.isDefaultLibrary && !metadata.isFromExternalLibrary;
  }

  /**
   * The package of a symbol. A global that the app or a package extends (`interface Date` in a `declare global`) stays
   * the library's.
   */
  #packageOfSymbol(symbol: CheckerSymbol): string | null {
    const paths = symbol.declarations.map(({ path }) => path);
    const { program } = this.#program;
    if (paths.some((path) => program.getSourceFileMetadataByPath(path)?.isDefaultLibrary === true))
      return "lib";
    return paths[0] === undefined ? null : packageOf(paths[0]);
  }
}

function real(type: Type): CheckerType {
  return type as CheckerType;
}

/**
 * The first declaration in the order of files, because each member of an intersection may declare a property and their
 * order varies.
 */
function firstDeclaration(handles: readonly NodeHandle[]): NodeHandle | undefined {
  if (handles.length < 2) return handles[0];
  return [...handles].sort((a, b) => (a.path === b.path ? a.index - b.index : a.path < b.path ? -1 : 1))[0];
}
