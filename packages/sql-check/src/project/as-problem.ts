import { readFileSync } from "node:fs";
import { lineOf, relativePath } from "@twinloop/compiler/internal";
import type { SourceFault } from "@twinloop/core-native/cli";
import type { SqlFinding } from "../rules/sql-finding.ts";
import type { SourcePlace } from "../source/source-place.ts";

/** Turns places of sources into lines and columns; reads each file once. */
export class Lines {
  readonly #root: string;
  readonly #texts = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** A finding as a fault of the app, in the form of the compiler's problems. */
  fault({ code, place, message, hint }: SqlFinding): SourceFault {
    return { code, ...this.place(place), message, ...(hint === undefined ? {} : { hint }) };
  }

  /** The file, line and column of a place; the length ends with the line. */
  place({ path, start, end }: SourcePlace): { file: string; line: number; column: number; length: number } {
    const text = this.#textOf(path);
    const lineEnd = /\r|\n/g;
    lineEnd.lastIndex = start;
    const stop = Math.min(end, lineEnd.exec(text)?.index ?? text.length);
    const { line, column } = lineOf(text, start);
    return { file: relativePath(this.#root, path), line, column, length: Math.max(1, stop - start) };
  }

  #textOf(path: string): string {
    let text = this.#texts.get(path);
    if (text === undefined) this.#texts.set(path, (text = readFileSync(path, "utf8")));
    return text;
  }
}
