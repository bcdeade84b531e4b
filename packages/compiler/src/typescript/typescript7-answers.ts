import { SyntaxKind, type Node } from "typescript-7/unstable/ast";
import {
  ObjectFlags,
  type Checker,
  type Symbol as CheckerSymbol,
  type Type,
} from "typescript-7/unstable/sync";
import type { SyntaxNode } from "./syntax.ts";

const declaredBy =
  ObjectFlags.Class |
  ObjectFlags.Interface |
  ObjectFlags.Reference |
  ObjectFlags.Anonymous |
  ObjectFlags.Mapped;

/**
 * Answers of a checker that are fetched together, or once for all instances of a declaration.
 *
 * Each question is a round trip, and an app has many instances of few declarations: a declaration without a call
 * signature has none in any instance. Valid until the next snapshot.
 */
export class Answers {
  readonly #checker: () => Checker;
  readonly #nodesOf: (symbol: CheckerSymbol) => readonly Node[];
  readonly #types = new Map<SyntaxNode, Type | undefined>();
  readonly #symbols = new Map<SyntaxNode, CheckerSymbol | undefined>();
  readonly #targets = new Map<number, CheckerSymbol>();
  readonly #callable = new Map<string, boolean>();
  readonly #unindexed = new Set<string>();
  readonly #arrays = new Map<number, boolean>();

  /**
   * Creates the cache. `nodesOf` returns the declarations of a symbol; none where one of them is outside of the app's
   * own files.
   */
  constructor(checker: () => Checker, nodesOf: (symbol: CheckerSymbol) => readonly Node[]) {
    this.#checker = checker;
    this.#nodesOf = nodesOf;
  }

  clear(): void {
    for (const answers of [
      this.#types,
      this.#symbols,
      this.#targets,
      this.#callable,
      this.#unindexed,
      this.#arrays,
    ])
      answers.clear();
  }

  /** Fetches the types of these expressions in one round trip. */
  fetchTypes(nodes: readonly SyntaxNode[]): void {
    const missing = nodes.filter((node) => !this.#types.has(node));
    if (missing.length === 0) return;
    const types = this.#checker().getTypeAtLocation(missing as unknown as Node[]);
    missing.forEach((node, index) => this.#types.set(node, types[index]));
  }

  /** Fetches the symbols of these names in one round trip. */
  fetchSymbols(nodes: readonly SyntaxNode[]): void {
    const missing = nodes.filter((node) => !this.#symbols.has(node));
    if (missing.length === 0) return;
    const symbols = this.#checker().getSymbolAtLocation(missing as unknown as Node[]);
    missing.forEach((node, index) => this.#symbols.set(node, symbols[index]));
  }

  typeAt(node: SyntaxNode): Type | undefined {
    if (!this.#types.has(node)) this.fetchTypes([node]);
    return this.#types.get(node);
  }

  symbolAt(node: SyntaxNode): CheckerSymbol | undefined {
    if (!this.#symbols.has(node)) this.fetchSymbols([node]);
    return this.#symbols.get(node);
  }

  aliased(symbol: CheckerSymbol): CheckerSymbol {
    const known = this.#targets.get(symbol.id);
    if (known !== undefined) return known;
    const target = this.#checker().getAliasedSymbol(symbol);
    this.#targets.set(symbol.id, target);
    return target;
  }

  isArray(type: Type, target: number): boolean {
    const known = this.#arrays.get(target);
    if (known !== undefined) return known;
    const isArray = this.#checker().isArrayType(type);
    this.#arrays.set(target, isArray);
    return isArray;
  }

  /** Whether an object type has call or construct signatures. */
  isCallable(type: Type, symbol: CheckerSymbol | undefined): boolean {
    const flags = (type as unknown as { objectFlags: number }).objectFlags;
    if ((flags & ObjectFlags.Mapped) !== 0) return false;
    const key = keyOf(flags, symbol);
    const known = key === null ? undefined : this.#callable.get(key);
    if (known !== undefined) return known;
    const callable =
      !this.#isWrittenWithout(flags, symbol, signatureKinds) &&
      [0, 1].some((kind) => this.#checker().getSignaturesOfType(type, kind).length > 0);
    if (key !== null) this.#callable.set(key, callable);
    return callable;
  }

  indexInfos(type: Type): ReturnType<Checker["getIndexInfosOfType"]> {
    const flags = (type as unknown as { objectFlags?: number }).objectFlags ?? 0;
    const isOpen = (flags & (ObjectFlags.Mapped | declaredBy)) === 0 || (flags & ObjectFlags.Mapped) !== 0;
    const key = isOpen ? null : keyOf(flags, type.getSymbol());
    if (key !== null && this.#unindexed.has(key)) return [];
    const symbol = key === null ? undefined : type.getSymbol();
    const isPlain = this.#isWrittenWithout(flags, symbol, indexKinds);
    const infos = isPlain ? [] : this.#checker().getIndexInfosOfType(type);
    if (key !== null && infos.length === 0) this.#unindexed.add(key);
    return infos;
  }

  /**
   * Whether the text of an object type that extends nothing has no member of these kinds, so that no question is
   * needed.
   */
  #isWrittenWithout(
    flags: number,
    symbol: CheckerSymbol | undefined,
    kinds: ReadonlySet<SyntaxKind>,
  ): boolean {
    if (symbol === undefined || (flags & ObjectFlags.Class) !== 0) return false;
    const nodes = this.#nodesOf(symbol);
    return (
      nodes.length > 0 &&
      nodes.every((node) => {
        const { kind, members, heritageClauses } = node as Node & Members;
        const isObject = kind === SyntaxKind.TypeLiteral || kind === SyntaxKind.InterfaceDeclaration;
        if (!isObject || members === undefined || heritageClauses !== undefined) return false;
        return members.every((member) => !kinds.has(member.kind));
      })
    );
  }
}

interface Members {
  readonly members?: readonly Node[];
  readonly heritageClauses?: readonly Node[];
}

const signatureKinds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.CallSignature,
  SyntaxKind.ConstructSignature,
]);
const indexKinds: ReadonlySet<SyntaxKind> = new Set([SyntaxKind.IndexSignature]);

/** The cache key of a declaration; a class and its instances have one symbol, and different flags. */
function keyOf(flags: number, symbol: CheckerSymbol | undefined): string | null {
  return symbol === undefined ? null : `${symbol.id}:${flags & declaredBy}`;
}
