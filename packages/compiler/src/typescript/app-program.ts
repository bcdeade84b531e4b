import { resolve } from "node:path";
import type ts from "typescript-6";
import { isTest } from "../project/source-listing.ts";
import { findTsconfig, isOfOtherTsconfig } from "./tsconfig.ts";
import { typescript6 } from "./typescript6-module.ts";
import { Program6 } from "./typescript6-program.ts";

/** The files and the tsconfig that an app is read by; paths are relative to its root. */
export interface AppProgramOptions {
  readonly tsconfig?: string | undefined;
  readonly entry?: string | undefined;
}

/**
 * The TypeScript 6 program of an app, for checks that need the checker itself: nulls are kept, whatever the app's strictness.
 */
export class AppProgram {
  readonly root: string;
  readonly ts: typeof ts = typescript6();
  readonly #tsconfig: string | null;
  readonly #program: Program6;

  constructor(root: string, { tsconfig, entry }: AppProgramOptions = {}) {
    this.root = resolve(root).replaceAll("\\", "/");
    this.#tsconfig = findTsconfig(this.root, tsconfig, entry);
    const file = entry === undefined ? undefined : resolve(this.root, entry).replaceAll("\\", "/");
    this.#program = new Program6({ root: this.root, tsconfig: this.#tsconfig, entry: file });
  }

  /** The program of the last update; its checker is lazy. */
  get program(): ts.Program {
    return this.#program.program;
  }

  /** Reads files again, by absolute path; `null` for everything that may have changed. */
  update(changed: readonly string[] | null): void {
    this.#program.update(changed?.map((path) => path.replaceAll("\\", "/")) ?? null);
  }

  /** The app's own sources: no declarations, no packages, no tests, and nothing that another tsconfig reads. */
  sources(): readonly ts.SourceFile[] {
    const { program } = this;
    const app = { root: this.root, tsconfig: this.#tsconfig };
    return program.getSourceFiles().filter((file) => {
      const { fileName: path, isDeclarationFile } = file;
      if (isDeclarationFile || path.includes("/node_modules/") || isTest(path)) return false;
      return !program.isSourceFileFromExternalLibrary(file) && !isOfOtherTsconfig(path, app);
    });
  }
}
