import { createRequire } from "node:module";
import { MagicString } from "magic-string";
import type ts from "typescript-6";

/** TypeScript's own parser; `import` of the CommonJS package would give the same object. */
export const typescript: typeof ts = createRequire(import.meta.url)("typescript-6") as typeof ts;

/** A source of the app: its tree, and the edits that keep everything else of it as it is. */
export class SourceFile {
  /** The path, relative to the app's folder, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly edit: MagicString;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.tree = typescript.createSourceFile(path, text, typescript.ScriptTarget.Latest, true);
    this.edit = new MagicString(text);
  }

  /** The first syntax error, with its line; null where the file has none. */
  get syntaxError(): { readonly line: number; readonly message: string } | null {
    // What createSourceFile has found is kept from its public type; transpileModule reports the same publicly.
    const { diagnostics = [] } = typescript.transpileModule(this.text, {
      fileName: this.path,
      reportDiagnostics: true,
      compilerOptions: {
        target: typescript.ScriptTarget.ESNext,
        jsx: typescript.JsxEmit.Preserve,
        allowJs: true,
      },
    });
    const [first] = diagnostics.filter(({ file }) => file !== undefined);
    if (first === undefined) return null;
    const message = typescript.flattenDiagnosticMessageText(first.messageText, " ");
    return { line: this.lineAt(first.start ?? 0), message };
  }

  /** The line of a node, from 1. */
  lineOf(node: ts.Node): number {
    return this.lineAt(node.getStart(this.tree));
  }

  /** The line of a place in the text, from 1. */
  lineAt(position: number): number {
    return this.tree.getLineAndCharacterOfPosition(position).line + 1;
  }

  /** The text of a node, without what stands before it. */
  textOf(node: ts.Node): string {
    return node.getText(this.tree);
  }

  /** Replaces a node's text. */
  replace(node: ts.Node, text: string): void {
    this.edit.overwrite(node.getStart(this.tree), node.getEnd(), text);
  }

  /** Replaces the text within a string literal and keeps its quotes. */
  replaceString(literal: ts.StringLiteralLike, text: string): void {
    this.edit.overwrite(literal.getStart(this.tree) + 1, literal.getEnd() - 1, text);
  }

  /** The quote that the file's first import or string is written with. */
  get quote(): string {
    return /["']/.exec(this.text)?.[0] ?? '"';
  }

  /** Calls `visit` for every node of the file, in order. */
  walk(visit: (node: ts.Node) => void): void {
    const step = (node: ts.Node): void => {
      visit(node);
      typescript.forEachChild(node, step);
    };
    step(this.tree);
  }
}
