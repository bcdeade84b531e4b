import { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { isStrictByDefault, olderDefaults } from "./app-typescript.ts";
import { readTsconfig, tsconfigChain, withoutTsconfig } from "./tsconfig.ts";
import type { AppSources } from "./type-source.ts";
import {
  API,
  DiagnosticCategory,
  type Checker,
  type Diagnostic,
  type Program,
  type Project,
  type Snapshot,
} from "typescript-7/unstable/sync";

interface FileChangeSummary {
  changed: string[];
  created: string[];
  deleted: string[];
}

/** A TypeScript 7 program in a child process, updated with changed files. */
export class Program7 {
  readonly #root: string;
  readonly #tsconfig: string | null;
  readonly #entry: string | undefined;
  readonly #api: API;
  #opened: string;
  #snapshot: Snapshot;
  #project: Project;

  constructor({ root, tsconfig, entry }: AppSources) {
    this.#root = root;
    this.#tsconfig = tsconfig;
    this.#entry = entry;
    this.#api = openApi(root);
    this.#opened = tsconfig ?? this.#writeOverride();
    this.#snapshot = this.#api.updateSnapshot({ openProjects: [this.#opened] });
    this.#project = this.#openedProject();
    if (tsconfig !== null && !this.#isAsNeeded()) this.#reopen(this.#writeOverride());
  }

  get program(): Program {
    return this.#project.program;
  }

  get checker(): Checker {
    return this.#project.checker;
  }

  get project(): Project {
    return this.#project;
  }

  get configurationErrors(): string[] {
    return this.program
      .getConfigFileParsingDiagnostics()
      .filter(({ code }) => code !== 18003 && code !== 18002)
      .map(({ text }) => text);
  }

  get configurationFiles(): string[] {
    return this.#tsconfig === null ? [] : tsconfigChain(this.#tsconfig);
  }

  /**
   * The errors of the type check in the files that `isOwn` selects, by the app's own strictness; where that is less
   * strict than types are read with, the check opens a second configuration.
   */
  typeErrors(isOwn: (path: string) => boolean): readonly Diagnostic[] {
    const { strict, strictNullChecks } = this.#ownOptions();
    const isStrict = strict ?? isStrictByDefault(this.#root);
    if (this.#tsconfig === null || (isStrict && strictNullChecks !== false))
      return ownErrors(this.program, isOwn);
    const path = this.#writeOverride("tsconfig.types.json", { strict: isStrict });
    const beside = this.#api.updateSnapshot({ openProjects: [path] });
    const own = beside.getProject(path)?.program;
    const errors = own === undefined ? [] : ownErrors(own, isOwn);
    beside.dispose();
    return errors;
  }

  update(changed: readonly string[] | null): void {
    const fileChanges = changed === null ? { invalidateAll: true as const } : this.#sortChanges(changed);
    const before = this.#snapshot;
    this.#snapshot = this.#api.updateSnapshot({ fileChanges });
    before.dispose();
    this.#project = this.#openedProject();
  }

  #sortChanges(paths: readonly string[]): FileChangeSummary {
    const present = paths.filter((path) => existsSync(path));
    const isKnown = (path: string): boolean => this.program.getSourceFileMetadata(path) !== undefined;
    return {
      changed: present.filter(isKnown),
      created: present.filter((path) => !isKnown(path)),
      deleted: paths.filter((path) => !present.includes(path)),
    };
  }

  close(): void {
    try {
      this.#api.close();
    } catch {
      // The process has exited by itself; the snapshot need not be released.
    }
  }

  /** Whether the app's own tsconfig has strict null checks and includes all files that must be read. */
  #isAsNeeded(): boolean {
    const { strict, strictNullChecks } = this.#project.compilerOptions;
    const isRead = this.#entry === undefined || this.program.getSourceFileMetadata(this.#entry) !== undefined;
    return (strictNullChecks ?? strict ?? true) && isRead && Object.keys(this.#olderDefaults()).length === 0;
  }

  #olderDefaults(): object {
    return olderDefaults(this.#root, this.#ownOptions());
  }

  #ownOptions(): { strict?: boolean; strictNullChecks?: boolean } {
    return this.#tsconfig === null ? {} : (readTsconfig(this.#tsconfig)?.config.compilerOptions ?? {});
  }

  #reopen(tsconfig: string): void {
    const before = this.#snapshot;
    const closed = this.#opened;
    this.#opened = tsconfig;
    this.#snapshot = this.#api.updateSnapshot({ openProjects: [tsconfig], closeProjects: [closed] });
    before.dispose();
    this.#project = this.#openedProject();
  }

  /**
   * Writes the options that override the app's tsconfig into a file, because the compiler reads options from files
   * only.
   */
  #writeOverride(name = "tsconfig.json", strictness: object = { strictNullChecks: true }): string {
    const folder = join(this.#root, ".twinloop");
    const path = join(folder, name);
    const extended = this.#tsconfig === null ? withoutTsconfig("..") : this.#extended(folder, this.#tsconfig);
    const own = this.#tsconfig === null ? withoutTsconfig("..").compilerOptions : this.#olderDefaults();
    mkdirSync(folder, { recursive: true });
    const compilerOptions = {
      ...own,
      ...strictness,
      noEmit: true,
      composite: false,
      incremental: false,
    };
    writeFileSync(path, `${JSON.stringify({ ...extended, compilerOptions }, null, 2)}\n`);
    return path;
  }

  /**
   * A configuration that extends the tsconfig and repeats its file lists, which would otherwise be relative to the
   * override's folder.
   */
  #extended(folder: string, tsconfig: string): object {
    const config = readTsconfig(tsconfig)?.config ?? {};
    const at = (path: string): string => slashed(relative(folder, resolve(dirname(tsconfig), path)));
    const { files = [], include, exclude, compilerOptions: { outDir } = {} } = config;
    const included = include ?? (config.files === undefined ? ["**/*"] : []);
    return {
      extends: slashed(relative(folder, tsconfig)),
      files: [...files.map(at), ...(this.#entry === undefined ? [] : [at(this.#entry)])],
      include: included.map(at),
      exclude: (exclude ?? ["node_modules", ...(outDir === undefined ? [] : [outDir])]).map(at),
    };
  }

  #openedProject(): Project {
    const project = this.#snapshot.getProject(this.#opened) ?? this.#snapshot.getProjects()[0];
    if (project === undefined) throw new Error(`TypeScript could not open ${this.#opened}`);
    return project;
  }
}

/**
 * Starts the compiler's process in a process group of its own, so that Ctrl-C in the terminal does not reach it. The
 * process exits when its input ends.
 */
function openApi(root: string): API {
  const spawns = ChildProcess.prototype as unknown as { spawn(options: { detached?: boolean }): unknown };
  const { spawn } = spawns;
  spawns.spawn = function (options) {
    return spawn.call(this, { ...options, detached: process.platform !== "win32" });
  };
  try {
    const api = new API({ cwd: root });
    const child = processOf(api);
    // On SIGTERM the process prints "context canceled" to the terminal; it holds nothing that needs an orderly exit.
    if (child) child.kill = () => ChildProcess.prototype.kill.call(child, "SIGKILL");
    return api;
  } finally {
    spawns.spawn = spawn;
  }
}

/** The child process of the API, which its types do not expose. */
function processOf(api: API): ChildProcess | undefined {
  const { client } = api as unknown as { client?: { channel?: { child?: ChildProcess } } };
  return client?.channel?.child;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

function ownErrors(program: Program, isOwn: (path: string) => boolean): readonly Diagnostic[] {
  return program
    .getSemanticDiagnostics()
    .filter(
      ({ category, fileName }) =>
        category === DiagnosticCategory.Error && fileName !== undefined && isOwn(fileName),
    )
    .map((diagnostic) => ({ ...diagnostic, text: wholeText(diagnostic) }));
}

/** The message with its causes, one per line. */
function wholeText({ text, messageChain = [] }: Diagnostic, depth = 1): string {
  return [text, ...messageChain.map((one) => "  ".repeat(depth) + wholeText(one, depth + 1))].join("\n");
}
