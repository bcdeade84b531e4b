import type ts from "typescript-6";
import { packageAbove, packageOf } from "../project/package-of.ts";
import {
  isDeclarationFile,
  moduleSpecifiers,
  syntaxKinds,
  type SyntaxKinds,
  type SyntaxNode,
} from "./syntax.ts";
import { elementModifier, TypeFlagTable } from "./type-flags.ts";
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
  TupleElement,
  Type,
  TypeError,
  TypeSource,
} from "./type-source.ts";
import { typescript6 } from "./typescript6-module.ts";
import { Program6 } from "./typescript6-program.ts";

type TypeScript = typeof ts;

/** A type source that uses TypeScript 6's JavaScript checker in this process. */
export class TypeScript6 implements TypeSource {
  readonly compiler = "typescript-6";
  readonly #ts: TypeScript = typescript6();
  readonly #flags = new TypeFlagTable(this.#ts.TypeFlags);
  readonly kinds: SyntaxKinds = syntaxKinds(this.#ts.SyntaxKind);
  readonly #program: Program6;
  #checker: ts.TypeChecker;

  constructor(app: AppSources) {
    this.#program = new Program6(app);
    this.#checker = this.#program.program.getTypeChecker();
  }

  update(changed: readonly string[] | null): void {
    this.#program.update(changed);
    this.#checker = this.#program.program.getTypeChecker();
  }

  configurationErrors(): readonly string[] {
    return this.#program.configurationErrors;
  }

  configurationFiles(): readonly string[] {
    return this.#program.configurationFiles;
  }

  files(): readonly SourceText[] {
    const { program } = this.#program;
    return program
      .getSourceFiles()
      .filter((file) => this.#isOwn(file))
      .map((file) => ({ path: file.fileName, text: file.text, tree: file as unknown as SyntaxNode }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  importsOf(file: SourceText): readonly string[] {
    const targets = moduleSpecifiers(file.tree, this.kinds).map(
      (node) => this.#checker.getSymbolAtLocation(node as unknown as ts.Node)?.declarations?.[0],
    );
    const modules = targets.filter((target) => target !== undefined && this.#ts.isSourceFile(target));
    return [...new Set(modules.filter((module) => this.#isOwn(module)).map(({ fileName }) => fileName))];
  }

  modules(specifiers: readonly SyntaxNode[]): readonly (ModuleTarget | null)[] {
    return specifiers.map((node) => {
      const target = this.#checker.getSymbolAtLocation(node as unknown as ts.Node)?.declarations?.[0];
      if (target === undefined) return null;
      const file = target.getSourceFile();
      return { path: file.fileName, own: this.#isOwn(file) && !isDeclarationFile(file.fileName) };
    });
  }

  exportsOf(specifier: SyntaxNode): readonly string[] {
    const symbol = this.#checker.getSymbolAtLocation(specifier as unknown as ts.Node);
    return symbol === undefined ? [] : this.#checker.getExportsOfModule(symbol).map(({ name }) => name);
  }

  parameterTypes(callee: SyntaxNode, index: number, isNew: boolean): readonly Type[] {
    const type = this.#checker.getTypeAtLocation(callee as unknown as ts.Node);
    const signatures = isNew ? type.getConstructSignatures() : type.getCallSignatures();
    return signatures.flatMap(({ parameters }) => {
      const parameter = parameters[index];
      return parameter === undefined ? [] : [handle(this.#checker.getTypeOfSymbol(parameter))];
    });
  }

  typeErrors(): readonly TypeError[] {
    const program = this.#program.asConfigured();
    return program.getSourceFiles().flatMap((file) =>
      this.#isOwn(file)
        ? program.getSemanticDiagnostics(file).map(({ start = 0, length = 0, code, messageText }) => ({
            path: file.fileName,
            start,
            end: start + length,
            code,
            message: this.#ts.flattenDiagnosticMessageText(messageText, "\n"),
          }))
        : [],
    );
  }

  syntaxErrors(file: SourceText): readonly (Location & { message: string })[] {
    const source = this.#program.program.getSourceFile(file.path);
    return this.#program.program.getSyntacticDiagnostics(source).map((diagnostic) => ({
      path: file.path,
      start: diagnostic.start,
      end: diagnostic.start + diagnostic.length,
      message: this.#ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"),
    }));
  }

  announce(): void {}

  resolve(name: SyntaxNode): Resolved | null {
    // The name in `{ handler }` is a property and a variable; the variable is meant.
    let symbol =
      name.parent.kind === this.kinds.ShorthandPropertyAssignment
        ? this.#checker.getShorthandAssignmentValueSymbol(name.parent as unknown as ts.Node)
        : this.#checker.getSymbolAtLocation(name as unknown as ts.Node);
    if (symbol !== undefined && (symbol.flags & this.#ts.SymbolFlags.Alias) !== 0)
      symbol = this.#checker.getAliasedSymbol(symbol);
    const declaration = symbol?.declarations?.[0];
    if (symbol === undefined || declaration === undefined) return null;
    return {
      name: symbol.name,
      home: packageAbove(declaration.getSourceFile().fileName),
      kind: declaration.kind,
      declaration: () =>
        this.#isOwn(declaration.getSourceFile()) ? (declaration as unknown as SyntaxNode) : null,
    };
  }

  typeAt(expression: SyntaxNode): Type {
    return handle(this.#checker.getTypeAtLocation(expression as unknown as ts.Node));
  }

  typeOfTypeNode(node: SyntaxNode): Type {
    return handle(this.#checker.getTypeFromTypeNode(node as unknown as ts.TypeNode));
  }

  shape(type: Type): Shape {
    const own = real(type);
    const simple = this.#flags.simpleKind(
      own.flags,
      () => (own as ts.Type & { intrinsicName?: string }).intrinsicName === "error",
    );
    if (simple !== null) return { kind: simple };
    if (own.isLiteral()) return { kind: "literal", value: literalValue(own.value) };
    if ((own.flags & this.#ts.TypeFlags.BooleanLiteral) !== 0) {
      return {
        kind: "literal",
        value: (own as ts.Type & { intrinsicName: string }).intrinsicName === "true",
      };
    }
    if (own.isUnion()) return { kind: "union", parts: own.types.map(handle) };
    if (own.isIntersection()) return { kind: "intersection", parts: own.types.map(handle) };
    if ((own.flags & this.#ts.TypeFlags.TemplateLiteral) !== 0) {
      const { texts, types } = own as ts.TemplateLiteralType;
      return { kind: "template", texts, spans: types.map(handle) };
    }
    return this.#objectShape(own);
  }

  constraint(parameter: Type): Type | null {
    const found = this.#checker.getBaseConstraintOfType(real(parameter));
    return found === undefined ? null : handle(found);
  }

  #objectShape(own: ts.Type): Shape {
    if (this.#checker.isTupleType(own))
      return { kind: "tuple", elements: this.#tupleElements(own as ts.TypeReference) };
    if (this.#checker.isArrayType(own)) {
      const element = this.#checker.getTypeArguments(own as ts.TypeReference)[0];
      if (element !== undefined) return { kind: "array", element: handle(element) };
    }
    const symbol = own.getSymbol();
    const named =
      symbol !== undefined &&
      (symbol.flags & (this.#ts.SymbolFlags.Interface | this.#ts.SymbolFlags.Class)) !== 0;
    const isReference = ((own as ts.ObjectType).objectFlags & this.#ts.ObjectFlags.Reference) !== 0;
    return {
      kind: "object",
      class: named && (symbol.flags & this.#ts.SymbolFlags.Class) !== 0,
      callable: own.getCallSignatures().length > 0 || own.getConstructSignatures().length > 0,
      name: named ? symbol.name : null,
      package: named ? this.#packageOfSymbol(symbol) : null,
      typeArguments: isReference ? this.#checker.getTypeArguments(own as ts.TypeReference).map(handle) : [],
      origin: symbol ?? null,
    };
  }

  #tupleElements(tuple: ts.TypeReference): TupleElement[] {
    const { elementFlags } = tuple.target as ts.TupleType;
    return this.#checker
      .getTypeArguments(tuple)
      .slice(0, elementFlags.length)
      .map((type, index) => ({
        type: handle(type),
        modifier: elementModifier(elementFlags[index] ?? 0, this.#ts.ElementFlags),
      }));
  }

  properties(type: Type): readonly Property[] {
    return this.#checker.getPropertiesOfType(real(type)).map((symbol) => {
      const declaration = firstDeclaration(symbol.declarations ?? []);
      const key = /^__@(.+)@\d+$/.exec(symbol.escapedName as string);
      return {
        name: key?.[1] ?? symbol.name,
        symbolKey: key !== null,
        optional: (symbol.flags & this.#ts.SymbolFlags.Optional) !== 0,
        type: handle(this.#checker.getTypeOfSymbol(symbol)),
        package: declaration === undefined ? null : packageOf(declaration.getSourceFile().fileName),
        location: declaration === undefined ? null : this.#ownLocation(declaration),
      };
    });
  }

  indexSignatures(type: Type): readonly IndexSignature[] {
    return this.#checker
      .getIndexInfosOfType(real(type))
      .map((info) => ({ key: handle(info.keyType), value: handle(info.type) }));
  }

  bases(type: Type): readonly Type[] {
    const own = real(type);
    const isReference = ((own as ts.ObjectType).objectFlags & this.#ts.ObjectFlags.Reference) !== 0;
    const declared = isReference ? (own as ts.TypeReference).target : own;
    if (!declared.isClassOrInterface()) return [];
    return this.#checker.getBaseTypes(declared).map(handle);
  }

  signature(type: Type): Signature | null {
    const signature = real(type).getCallSignatures().at(-1);
    if (signature === undefined) return null;
    const parameters = signature.parameters.map((symbol) => {
      const declaration = symbol.valueDeclaration;
      const typeNode =
        declaration !== undefined && this.#ts.isParameter(declaration) ? declaration.type : undefined;
      return {
        type: handle(this.#checker.getTypeOfSymbol(symbol)),
        annotated: typeNode !== undefined,
        location: declaration === undefined ? null : this.#ownLocation(typeNode ?? declaration),
      };
    });
    const declaration = signature.getDeclaration() as { type?: ts.TypeNode } | undefined;
    return {
      parameters,
      returns: handle(signature.getReturnType()),
      returnsAnnotated: declaration?.type !== undefined,
    };
  }

  naming(type: Type): Naming | null {
    const own = real(type);
    const alias = own.aliasSymbol;
    if (alias !== undefined) {
      if (this.#packageOfSymbol(alias) === "lib") return null;
      const location = this.#locationOf(alias);
      return { name: alias.name, arguments: (own.aliasTypeArguments ?? []).map(handle), location };
    }
    const symbol = own.getSymbol();
    const { Interface, Enum } = this.#ts.SymbolFlags;
    if (symbol === undefined || (symbol.flags & (Interface | Enum)) === 0) return null;
    const shape = this.shape(type);
    const location = this.#locationOf(symbol);
    return { name: symbol.name, arguments: shape.kind === "object" ? shape.typeArguments : [], location };
  }

  #locationOf({ declarations: [first] = [] }: ts.Symbol): Location | null {
    return first === undefined ? null : this.#ownLocation(first);
  }

  print(type: Type): string {
    return this.#checker.typeToString(real(type));
  }

  documentation(name: SyntaxNode): string {
    const symbol = this.#checker.getSymbolAtLocation(name as unknown as ts.Node);
    return symbol === undefined
      ? ""
      : this.#ts.displayPartsToString(symbol.getDocumentationComment(this.#checker));
  }

  location(node: SyntaxNode): Location {
    const own = node as unknown as ts.Node;
    const file = own.getSourceFile();
    return { path: file.fileName, start: own.getStart(file), end: own.end };
  }

  close(): void {}

  #isOwn(file: ts.SourceFile): boolean {
    const { program } = this.#program;
    return (
      !program.isSourceFileDefaultLibrary(file) &&
      !file.fileName.endsWith(".json") &&
      !file.fileName.includes("/node_modules/") &&
      !program.isSourceFileFromExternalLibrary(file)
    );
  }

  #ownLocation(node: ts.Node): Location | null {
    const file = node.getSourceFile();
    if (!this.#isOwn(file)) return null;
    return { path: file.fileName, start: node.getStart(file), end: node.end };
  }

  /**
   * The package of a symbol. A global that the app or a package extends (`interface Date` in a `declare global`) stays
   * the library's.
   */
  #packageOfSymbol(symbol: ts.Symbol): string | null {
    const files = (symbol.declarations ?? []).map((declaration) => declaration.getSourceFile());
    if (files.some((file) => this.#program.program.isSourceFileDefaultLibrary(file))) return "lib";
    return files[0] === undefined ? null : packageOf(files[0].fileName);
  }
}

function handle(type: ts.Type): Type {
  return type as unknown as Type;
}

function real(type: Type): ts.Type {
  return type as unknown as ts.Type;
}

/**
 * The first declaration in the order of files, because each member of an intersection may declare a property and their
 * order varies.
 */
function firstDeclaration(declarations: readonly ts.Declaration[]): ts.Declaration | undefined {
  if (declarations.length < 2) return declarations[0];
  const placed = declarations.map((node) => ({ node, path: node.getSourceFile().fileName }));
  placed.sort((a, b) => (a.path === b.path ? a.node.pos - b.node.pos : a.path < b.path ? -1 : 1));
  return placed[0]?.node;
}

function literalValue(value: string | number | ts.PseudoBigInt): string | number | bigint {
  return typeof value === "object" ? BigInt(`${value.negative ? "-" : ""}${value.base10Value}`) : value;
}
