import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The kinds of findings: `rewritten` and `created` are changes that the migration makes, `differs` is behaviour that is not the
 * same afterwards, `left` is work for the app's people, `failed` is a file that could not be read.
 */
export type FindingKind = "rewritten" | "created" | "differs" | "left" | "failed";

/** One line of the report. */
export interface Finding {
  readonly kind: FindingKind;
  /** The file, relative to the app's folder, with `/`; empty for the whole app. */
  readonly file: string;
  /** The line before the migration, from 1; 0 for the whole file. */
  readonly line: number;
  readonly message: string;
}

/** What a migration would do: the files that it writes, and what it has to say. Nothing is written before `apply`. */
export class Plan {
  /** The app's folder, absolute. */
  readonly root: string;
  readonly findings: Finding[] = [];
  /** Whether nothing is left to migrate, where nothing would be written. */
  isDone: boolean = true;
  readonly #texts: Map<string, string> = new Map();

  constructor(root: string) {
    this.root = root;
  }

  /** Adds a line to the report. */
  note(kind: FindingKind, file: string, line: number, message: string): void {
    this.findings.push({ kind, file, line, message });
  }

  /** The text of a file as the migration leaves it; null where there is none. */
  read(file: string): string | null {
    const planned = this.#texts.get(file);
    return planned ?? readText(join(this.root, file));
  }

  /** Plans a file's text; a text that the file has already is no change. Returns whether it is one. */
  write(file: string, text: string): boolean {
    if (this.read(file) === text) return false;
    this.#texts.set(file, text);
    return true;
  }

  /** The files that would be written, by their path, in order. */
  get files(): ReadonlyMap<string, string> {
    return new Map([...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Reads a file as text; null where there is none. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
