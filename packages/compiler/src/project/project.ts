import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { assemble, emptyManifest } from "./assemble.ts";
import type { BuildResult } from "./build-result.ts";
import { Catalogue } from "../imports/catalogue.ts";
import { reachOf } from "../imports/reach.ts";
import { joined, ModuleNames, type ChangedNames } from "../imports/changed-names.ts";
import { forgetDeclares } from "../declarations/declares.ts";
import { extractFile, placeOf, type FileExtract } from "../declarations/extract-file.ts";
import { patternProblems } from "../types/pattern-check.ts";
import { sortProblems, type Problem } from "../problems/problem.ts";
import { forgetPackages } from "./package-of.ts";
import { relativePath } from "./relative-path.ts";
import { isTest } from "./source-listing.ts";
import type { SyntaxNode } from "../typescript/syntax.ts";
import { findTsconfig, isOfOtherTsconfig } from "../typescript/tsconfig.ts";
import type { AppSources, SourceText, TypeSource } from "../typescript/type-source.ts";
import { TypeScript6 } from "../typescript/typescript6.ts";
import { TypeScript7 } from "../typescript/typescript7.ts";

/** The options with which an app is found and read. */
export interface ProjectOptions {
  /**
   * The path of the tsconfig, relative to the project root. Default: the environment variable `TWINLOOP_TSCONFIG`,
   * otherwise `tsconfig.json` in the root, if there is one.
   */
  tsconfig?: string;
  /**
   * The file that starts the app. The file is read even where the tsconfig does not include it, and must reach a `start()`.
   * Default: any module that calls `start()`.
   */
  entry?: string;
  /**
   * The TypeScript version that reads the types. Default: the environment variable `TWINLOOP_TYPESCRIPT`, otherwise 7
   * where it runs.
   */
  typescript?: "6" | "7";
}

/**
 * An app that stays loaded, so that an edit costs only the files it affects.
 *
 * The first `update()` reads everything, later ones what `changedFiles` may have changed (paths absolute or relative to
 * the root, created and deleted files included). `files` are the files to watch. `close` is idempotent.
 */
export class Project {
  readonly root: string;
  readonly #open: () => TypeSource;
  #source: TypeSource;
  readonly #tsconfig: string | null;
  readonly #entry: string | null;
  readonly #opened = performance.now();
  readonly #extracts = new Map<string, FileExtract>();
  /** The imports of each file, cached until its tree changes. */
  readonly #imports = new Map<string, { tree: SyntaxNode; paths: readonly string[] }>();
  /** The names of each file, as last read. */
  readonly #names = new Map<string, ModuleNames>();
  #catalogue: Catalogue | undefined;
  #isRead = false;
  /** Whether the checker has not failed since it was opened. */
  #isSound = true;
  /** The first line of the checker's failure. */
  #failure = "";

  constructor(root: string, options: ProjectOptions = {}) {
    this.root = resolve(root).replaceAll("\\", "/");
    const { tsconfig, entry } = options;
    this.#tsconfig = findTsconfig(this.root, tsconfig, entry);
    this.#open = () => openSource({ root: this.root, tsconfig: this.#tsconfig, entry }, options);
    this.#source = this.#open();
    this.#entry = entry === undefined ? null : resolve(this.root, entry).replaceAll("\\", "/");
  }

  /** Absolute paths of the sources and configuration files that the manifest depends on. */
  get files(): readonly string[] {
    return [
      ...this.#source.files().map(({ path }) => path),
      ...this.#source.configurationFiles(),
      ...this.#packageFiles(),
    ];
  }

  /**
   * Reads the changed files and returns the whole manifest. With an empty `changedFiles`, reads everything again.
   *
   * A checker that failed, or whose process has ended, is restarted and asked once more; a second failure is a problem.
   */
  update(changedFiles: readonly string[] = []): BuildResult {
    const started = this.#isRead ? performance.now() : this.#opened;
    const found = this.#isSound ? this.#attempt(changedFiles, started) : null;
    if (found !== null && !found.problems.some(hasFailed)) return found;
    this.#reopen();
    const again = this.#attempt([], started);
    this.#isSound = again !== null && !again.problems.some(hasFailed);
    return again ?? this.#unreadable(started);
  }

  #attempt(changedFiles: readonly string[], started: number): BuildResult | null {
    try {
      return this.#read(changedFiles, started);
    } catch (error) {
      [this.#failure = ""] = String(error instanceof Error ? error.message : error).split("\n");
      return null;
    }
  }

  #reopen(): void {
    this.#source.close();
    this.#source = this.#open();
    this.#isRead = false;
    for (const known of [this.#extracts, this.#imports, this.#names]) known.clear();
  }

  #unreadable(started: number): BuildResult {
    const nowhere = { file: "", line: 0, column: 0, length: 0 };
    const message = `The app's types could not be read: ${this.#failure}`;
    const hint = "Run `tsc --noEmit` to see TypeScript's message.";
    return {
      manifest: emptyManifest(),
      problems: [{ code: "checker_failed", ...nowhere, message, hint }],
      warnings: [],
      durationMs: performance.now() - started,
    };
  }

  #read(changedFiles: readonly string[], started: number): BuildResult {
    const changed = changedFiles.map((path) => resolve(this.root, path).replaceAll("\\", "/"));
    const everything = changed.length === 0 || changed.some((path) => !/\.[cm]?tsx?$/.test(path));
    if (this.#isRead || changed.length > 0) this.#source.update(everything ? null : changed);
    this.#isRead = true;
    if (everything) {
      forgetPackages();
      forgetDeclares();
      this.#catalogue = undefined;
    }
    const catalogue = (this.#catalogue ??= Catalogue.of(this.root));
    const files = this.#source.files();
    if (everything || changed.some((path) => !this.#imports.has(path) || reachesEveryFile(path)))
      this.#extracts.clear();
    this.#forgetMissing(files);
    this.#readImports(files);
    for (const path of this.#affectedBy(changed, files)) this.#extracts.delete(path);
    for (const file of files) {
      if (!this.#extracts.has(file.path) && isExtracted(file.path))
        this.#extracts.set(file.path, extractFile(file, this.#source, catalogue));
    }
    const { manifest, problems, warnings } = assemble({
      root: this.root,
      extracts: this.#extracts,
      sources: files.map(({ path }) => path).filter((path) => !isTest(path)),
      tsconfig: this.#tsconfig,
      declares: catalogue.hash,
      entry: this.#entry,
    });
    const patterns = patternProblems(this.root, manifest, problems.length === 0);
    const all = sortProblems([...this.#configurationProblems(files), ...problems, ...patterns]);
    return {
      manifest,
      problems: all,
      // A failed import explains unreached modules and a missing start.
      warnings: all.some(({ code }) => explaining.has(code)) ? [] : sortProblems(warnings),
      durationMs: performance.now() - started,
    };
  }

  /**
   * The problems of the type check in the sources as last read, by the strictness of the app's own tsconfig. A folder with
   * a tsconfig of its own, such as a front end, is left to that one, but for the modules that the app loads.
   *
   * Units: takes about as long as `tsc --noEmit` after its start; the manifest does not need it.
   */
  typeProblems(): Problem[] {
    const texts = new Map(this.#source.files().map(({ path, text }) => [path, text]));
    const { loaded } = reachOf(this.root, this.#extracts, this.#entry);
    const app = { root: this.root, tsconfig: this.#tsconfig };
    const told = this.#source
      .typeErrors()
      .filter(
        ({ code, path }) => !ofModuleFormat.has(code) && (loaded.has(path) || !isOfOtherTsconfig(path, app)),
      );
    const problems = told.map(({ message, code, ...location }): Problem => {
      const [first = message, ...rest] = message.split("\n");
      const place = placeOf(location, texts.get(location.path) ?? "");
      const hint = rest.map((line) => line.trim()).join(" ");
      const whole = { code: "type_error" as const, ...place, file: relativePath(this.root, location.path) };
      return { ...whole, message: `${first} (TS${code})`, ...(hint === "" ? {} : { hint }) };
    });
    return sortProblems(problems);
  }

  /** Ends the TypeScript compiler that the project keeps open between updates. Idempotent. */
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
    for (const path of gone) {
      this.#imports.delete(path);
      this.#names.delete(path);
    }
    // The importers of a deleted file are unknown, so everything is read again.
    if (gone.length > 0) this.#extracts.clear();
  }

  #readImports(files: readonly SourceText[]): void {
    for (const file of files) {
      if (this.#imports.get(file.path)?.tree === file.tree) continue;
      this.#imports.set(file.path, { tree: file.tree, paths: this.#source.importsOf(file) });
    }
  }

  /** The changed files and, transitively, those that use a name that an edit reaches. */
  #affectedBy(changed: readonly string[], files: readonly SourceText[]): Set<string> {
    const found = new Set(changed);
    const importers = new Map<string, string[]>();
    for (const [path, { paths }] of this.#imports) {
      for (const imported of paths) importers.set(imported, [...(importers.get(imported) ?? []), path]);
    }
    const pending = this.#renewNames(changed, files);
    const passed = new Map<string, ChangedNames>();
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [path, names] = next;
      for (const importer of importers.get(path) ?? []) {
        const module = this.#names.get(importer);
        if (module === undefined || !module.uses(names)) continue;
        found.add(importer);
        const before = passed.get(importer);
        const further = joined(before, module.reachedBy(names));
        if (further === before) continue;
        passed.set(importer, further);
        pending.push([importer, further]);
      }
    }
    // A problem is located in the file that declares its cause, whose lines may have moved.
    for (const [path, { problems }] of this.#extracts) {
      if (problems.some(({ file }) => changed.includes(file))) found.add(path);
    }
    return found;
  }

  /** Reads the names of new and changed files; returns the changed names of each. */
  #renewNames(changed: readonly string[], files: readonly SourceText[]): [string, ChangedNames][] {
    const edits: [string, ChangedNames][] = [];
    for (const file of files) {
      const before = this.#names.get(file.path);
      if (before !== undefined && !changed.includes(file.path)) continue;
      const now = new ModuleNames(file, this.#source.kinds);
      this.#names.set(file.path, now);
      if (before !== undefined) edits.push([file.path, now.changedSince(before)]);
    }
    return edits;
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
    const hint = "Run the command in the app's folder, and check `include` and `files` in its tsconfig.json.";
    return [...problems, { code: "no_sources", ...nowhere, message, hint }];
  }
}

/**
 * Errors about `await` at the top of a CommonJS module and about its imports; the loader and `build --out` choose the
 * format themselves.
 */
const ofModuleFormat: ReadonlySet<number> = new Set([1309, 1378, 1479]);

function hasFailed({ code }: Problem): boolean {
  return code === "checker_failed";
}

const explaining: ReadonlySet<string> = new Set([
  "syntax",
  "import_unresolved",
  "import_missing",
  "export_missing",
]);

/** Opens TypeScript 7, unless 6 is requested or this platform has no native compiler; both give the same manifest. */
export function openSource(app: AppSources, options: ProjectOptions): TypeSource {
  const asked = options.typescript ?? process.env["TWINLOOP_TYPESCRIPT"];
  if (asked === "6") return new TypeScript6(app);
  try {
    return new TypeScript7(app);
  } catch (error) {
    if (asked === "7") throw error;
    return new TypeScript6(app);
  }
}

/** Whether declarations are read from a file: tests declare endpoints of their own, declaration files declare none. */
function isExtracted(path: string): boolean {
  return !/\.d\.[cm]?ts$/.test(path) && !isTest(path);
}

/** Whether a file adds to the global scope, which can change a type in any other without an import. */
function reachesEveryFile(path: string): boolean {
  try {
    const text = readFileSync(path, "utf8");
    return /\bdeclare\s+(global|module)\b/.test(text) || !/^\s*(import|export)\b/m.test(text);
  } catch {
    return false;
  }
}
