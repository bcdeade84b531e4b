import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { assemble, relativePath } from "./assemble.ts";
import type { BuildResult } from "./build.ts";
import { extractFile, type FileExtract } from "./extract-file.ts";
import { sortProblems, type Problem } from "./problem.ts";
import type { SyntaxNode } from "./syntax.ts";
import type { SourceText, TypeSource } from "./type-source.ts";
import { TypeScript6 } from "./typescript6.ts";
import { TypeScript7 } from "./typescript7.ts";

export interface ProjectOptions {
  /** Path of the tsconfig, relative to the project root. Default `tsconfig.json` in the root, if there is one. */
  tsconfig?: string;
  /** Which TypeScript reads the types. Default: environment `TWINLOOP_TYPESCRIPT`, else 7 where it runs. */
  typescript?: "6" | "7";
}

/**
 * An app that stays loaded, so that an edit costs only what it touches.
 *
 * `update()` reads everything the first time, and afterwards what `changedFiles` can have changed (absolute or relative
 * to the root; also created and deleted ones). `files` are the sources to watch. `close` is idempotent.
 */
export class Project {
  readonly root: string;
  readonly #source: TypeSource;
  readonly #opened = performance.now();
  readonly #extracts = new Map<string, FileExtract>();
  /** What each file imports, as long as its tree is the same. */
  readonly #imports = new Map<string, { tree: SyntaxNode; paths: readonly string[] }>();
  #isRead = false;

  constructor(root: string, options: ProjectOptions = {}) {
    this.root = resolve(root).replaceAll("\\", "/");
    const tsconfig = resolve(this.root, options.tsconfig ?? "tsconfig.json").replaceAll("\\", "/");
    this.#source = openSource(this.root, existsSync(tsconfig) ? tsconfig : null, options);
  }

  /** Absolute paths of the sources and configuration that the manifest depends on. */
  get files(): readonly string[] {
    return [
      ...this.#source.files().map(({ path }) => path),
      ...this.#source.configurationFiles(),
      ...this.#packageFiles(),
    ];
  }

  /** Reads what changed and returns the whole manifest. `changedFiles` empty: reads everything again. */
  update(changedFiles: readonly string[] = []): BuildResult {
    const started = this.#isRead ? performance.now() : this.#opened;
    const changed = changedFiles.map((path) => resolve(this.root, path).replaceAll("\\", "/"));
    const everything = changed.length === 0 || changed.some((path) => !/\.[cm]?tsx?$/.test(path));
    if (this.#isRead || changed.length > 0) this.#source.update(everything ? null : changed);
    this.#isRead = true;
    const files = this.#source.files();
    if (everything || changed.some((path) => !this.#imports.has(path) || reachesEveryFile(path)))
      this.#extracts.clear();
    this.#forgetMissing(files);
    this.#readImports(files);
    for (const path of this.#affectedBy(changed)) this.#extracts.delete(path);
    for (const file of files) {
      if (!this.#extracts.has(file.path) && isExtracted(file.path))
        this.#extracts.set(file.path, extractFile(file, this.#source));
    }
    const { manifest, problems } = assemble({
      root: this.root,
      extracts: this.#extracts,
      sources: this.files,
    });
    const all = sortProblems([...this.#configurationProblems(files), ...problems]);
    return { manifest, problems: all, durationMs: performance.now() - started };
  }

  close(): void {
    this.#source.close();
  }

  #packageFiles(): string[] {
    const path = join(this.root, "package.json");
    return existsSync(path) ? [path] : [];
  }

  #forgetMissing(files: readonly SourceText[]): void {
    const present = new Set(files.map(({ path }) => path));
    const gone = [...this.#imports.keys()].filter((path) => !present.has(path));
    for (const path of gone) this.#imports.delete(path);
    // What imported a file that is gone no longer says so: everything is read again.
    if (gone.length > 0) this.#extracts.clear();
  }

  #readImports(files: readonly SourceText[]): void {
    for (const file of files) {
      if (this.#imports.get(file.path)?.tree === file.tree) continue;
      this.#imports.set(file.path, { tree: file.tree, paths: this.#source.importsOf(file) });
    }
  }

  /** The changed files and all that import them, over any number of steps. */
  #affectedBy(changed: readonly string[]): Set<string> {
    const found = new Set(changed);
    const importers = new Map<string, string[]>();
    for (const [path, { paths }] of this.#imports) {
      for (const imported of paths) importers.set(imported, [...(importers.get(imported) ?? []), path]);
    }
    const pending = [...changed];
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      for (const importer of importers.get(path) ?? []) {
        if (!found.has(importer)) pending.push(importer);
        found.add(importer);
      }
    }
    return found;
  }

  #configurationProblems(files: readonly SourceText[]): Problem[] {
    const [configuration] = this.#source.configurationFiles();
    const nowhere = {
      file: configuration === undefined ? "" : relativePath(this.root, configuration),
      line: 0,
      column: 0,
      length: 0,
    };
    const problems: Problem[] = this.#source
      .configurationErrors()
      .map((message) => ({ code: "configuration", ...nowhere, message }));
    if (files.some(({ path }) => isExtracted(path))) return problems;
    const message = `No TypeScript sources in ${this.root}`;
    const hint = "Run it in the folder of the app, and look at `include` and `files` in its tsconfig.json.";
    return [...problems, { code: "no_sources", ...nowhere, message, hint }];
  }
}

/** TypeScript 7 unless 6 is asked for, or this platform has no native compiler: both give the same manifest. */
function openSource(root: string, tsconfig: string | null, options: ProjectOptions): TypeSource {
  const asked = options.typescript ?? process.env["TWINLOOP_TYPESCRIPT"];
  if (asked === "6") return new TypeScript6(root, tsconfig);
  try {
    return new TypeScript7(root, tsconfig);
  } catch (error) {
    if (asked === "7") throw error;
    return new TypeScript6(root, tsconfig);
  }
}

/** Tests declare endpoints of their own; declaration files declare none. */
function isExtracted(path: string): boolean {
  return !/\.d\.[cm]?ts$/.test(path) && !/\.(test|spec)\.[cm]?tsx?$/.test(path);
}

/** A file that adds to the global scope can change a type in any other without being imported. */
function reachesEveryFile(path: string): boolean {
  try {
    const text = readFileSync(path, "utf8");
    return /\bdeclare\s+(global|module)\b/.test(text) || !/^\s*(import|export)\b/m.test(text);
  } catch {
    return false;
  }
}
