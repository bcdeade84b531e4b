import { exportedNames, type SyntaxKinds, type SyntaxNode } from "../typescript/syntax.ts";
import type { SourceText } from "../typescript/type-source.ts";

/** The names of a module whose meaning an edit may have changed; `all` where they are unknown. */
export type ChangedNames = ReadonlySet<string> | "all";

/** A top-level statement, with the words by which changes propagate. */
interface Statement {
  readonly text: string;
  /** The words in the statement: every identifier, and also words of strings and comments. */
  readonly words: ReadonlySet<string>;
  /** The names that the statement declares. Empty for imports, re-exports, and expressions. */
  readonly names: readonly string[];
}

/**
 * The declarations of a module by name, by which an edit is followed from module to module.
 *
 * A type or value can depend on another only through a name that occurs in the text of its statement. A statement
 * without any of the changed names keeps its meaning, and a module without any is not read again. Where names do not
 * occur in the text (`import * as`, `import(…)`, `require(…)`) all are taken to have changed.
 */
export class ModuleNames {
  readonly words: ReadonlySet<string>;
  readonly #statements: readonly Statement[];
  /** Texts of imports and of exports without a declaration: they bind names for the whole module. */
  readonly #bindings: ReadonlySet<string>;
  /** The pairs `a as b` in them. */
  readonly #aliases: readonly (readonly [from: string, to: string])[];
  /** The exported name of each local name. */
  readonly #exported: ReadonlyMap<string, string>;
  readonly #isOpaque: boolean;
  /** Whether the module has an `export * from`. */
  readonly #passesOn: boolean;

  constructor(file: SourceText, kinds: SyntaxKinds) {
    const nodes: SyntaxNode[] = [];
    file.tree.forEachChild((node: SyntaxNode): undefined => void nodes.push(node));
    this.#statements = nodes.map((node) => statementOf(node, file.text, kinds));
    this.words = new Set(this.#statements.flatMap(({ words }) => [...words]));
    this.#bindings = new Set(
      this.#statements
        .filter(({ names, text }) => names.length === 0 && /^\s*(import|export)\b/m.test(text))
        .map(({ text }) => text.trim()),
    );
    this.#aliases = [...this.#bindings].flatMap((text) =>
      [...text.matchAll(alias)].map(([, from = "", to = ""]) => [from, to] as const),
    );
    this.#exported = exportedNames(file.tree, kinds);
    this.#isOpaque = /\*\s*as\s|\bimport\s*\(|\brequire\s*\(/.test(file.text);
    this.#passesOn = /\bexport\s*(?:type\s*)?\*/.test(file.text);
  }

  /** The names whose meaning differs from the module's earlier version. */
  changedSince(before: ModuleNames): ChangedNames {
    const bound = [
      ...difference(this.#bindings, before.#bindings),
      ...difference(before.#bindings, this.#bindings),
    ];
    if (bound.some((text) => text.includes("*"))) return "all";
    const [now, then] = [this.#byName(), before.#byName()];
    const changed = [...new Set([...now.keys(), ...then.keys()])].filter(
      (name) => now.get(name) !== then.get(name),
    );
    const names = new Set([...changed, ...bound.flatMap(boundNames)]);
    return this.#named(this.#closure(before.#closure(names)));
  }

  /** The names of this module whose meaning changes when names that it uses have changed elsewhere. */
  reachedBy(names: ChangedNames): ChangedNames {
    if (names === "all" || this.#isOpaque || names.has("default")) return "all";
    return this.#named(this.#closure(names));
  }

  /** Whether the module's meaning may depend on these names. */
  uses(names: ChangedNames): boolean {
    if (names === "all" || this.#isOpaque || names.has("default")) return true;
    return (this.#passesOn && names.size > 0) || [...names].some((name) => this.words.has(name));
  }

  #byName(): Map<string, string> {
    const texts = new Map<string, string>();
    for (const { names, text } of this.#statements) {
      for (const name of names) texts.set(name, (texts.get(name) ?? "") + text.trim());
    }
    return texts;
  }

  /** The names and every name whose statement contains one of them, transitively. */
  #closure(names: ReadonlySet<string>): Set<string> {
    const reached = new Set(names);
    for (let size = -1; size !== reached.size;) {
      size = reached.size;
      for (const [from, to] of this.#aliases) if (reached.has(from)) reached.add(to);
      for (const { names: declared, words } of this.#statements) {
        if (declared.some((name) => !reached.has(name)) && [...reached].some((name) => words.has(name))) {
          for (const name of declared) reached.add(name);
        }
      }
    }
    return reached;
  }

  #named(names: ReadonlySet<string>): ChangedNames {
    const aliases = [...names].flatMap((name) => this.#exported.get(name) ?? []);
    return new Set([...names, ...aliases]);
  }
}

/** The union of both sets; `before` itself where nothing is new. */
export function joined(before: ChangedNames | undefined, names: ChangedNames): ChangedNames {
  if (before === "all" || before === undefined) return before ?? names;
  if (names === "all") return "all";
  return [...names].every((name) => before.has(name)) ? before : new Set([...before, ...names]);
}

/** The elements that only one of the sets contains. */
function difference(one: ReadonlySet<string>, other: ReadonlySet<string>): string[] {
  return [...one].filter((text) => !other.has(text));
}

/** The names that an import or export binds. */
function boundNames(text: string): string[] {
  const names: string[] = text.replace(/(["']).*?\1/g, "").match(word) ?? [];
  return names.filter((name) => !["import", "export", "from", "type", "as", "default"].includes(name));
}

const alias = /([\p{ID_Start}$_][\p{ID_Continue}$]*)\s+as\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;
const word = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu;

function statementOf(node: SyntaxNode, whole: string, kinds: SyntaxKinds): Statement {
  const text = whole.slice(node.pos, node.end);
  const names = declaredNames(node, kinds);
  if (/^\s*export\s+default\b/m.test(text)) names.push("default");
  return { text, words: new Set(text.match(word)), names };
}

function declaredNames(node: SyntaxNode, kinds: SyntaxKinds): string[] {
  if (node.kind !== kinds.VariableStatement) {
    const { name } = node as { name?: { text?: string } };
    return name?.text === undefined ? [] : [name.text];
  }
  const list = (node as { declarationList?: { declarations: readonly { name: SyntaxNode }[] } })
    .declarationList;
  // A pattern may bind any of its words.
  return (list?.declarations ?? []).flatMap(({ name }) => {
    const { text } = name as { text?: string };
    return text === undefined ? wordsIn(name) : [text];
  });
}

function wordsIn(node: SyntaxNode): string[] {
  const own = (node as { text?: string }).text;
  const found = own === undefined ? [] : [own];
  node.forEachChild((child: SyntaxNode): undefined => void found.push(...wordsIn(child)));
  return found;
}
