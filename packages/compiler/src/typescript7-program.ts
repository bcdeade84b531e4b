import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { API, type Checker, type Program, type Project, type Snapshot } from "typescript-7/unstable/sync";
import { tsconfigChain, withoutTsconfig } from "./tsconfig.ts";

interface FileChangeSummary {
  changed: string[];
  created: string[];
  deleted: string[];
}

/** A TypeScript 7 program in a process of its own, renewed by what changed. */
export class Program7 {
  readonly #root: string;
  readonly #tsconfig: string | null;
  readonly #api: API;
  #opened: string;
  #snapshot: Snapshot;
  #project: Project;

  constructor(root: string, tsconfig: string | null) {
    this.#root = root;
    this.#tsconfig = tsconfig;
    this.#api = new API({ cwd: root });
    this.#opened = tsconfig ?? this.#writeOverride();
    this.#snapshot = this.#api.updateSnapshot({ openProjects: [this.#opened] });
    this.#project = this.#openedProject();
    if (!this.#isStrict()) this.#reopen(this.#writeOverride());
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
    this.#api.close();
  }

  #isStrict(): boolean {
    const { strict, strictNullChecks } = this.#project.compilerOptions;
    return strictNullChecks ?? strict ?? true;
  }

  #reopen(tsconfig: string): void {
    const before = this.#snapshot;
    const closed = this.#opened;
    this.#opened = tsconfig;
    this.#snapshot = this.#api.updateSnapshot({ openProjects: [tsconfig], closeProjects: [closed] });
    before.dispose();
    this.#project = this.#openedProject();
  }

  /** The compiler reads options from files only, so those that the app's tsconfig must not decide go into one. */
  #writeOverride(): string {
    const folder = join(this.#root, ".twinloop");
    const path = join(folder, "tsconfig.json");
    const extended =
      this.#tsconfig === null ? withoutTsconfig("..") : { extends: relative(folder, this.#tsconfig) };
    const own = "compilerOptions" in extended ? extended.compilerOptions : {};
    mkdirSync(folder, { recursive: true });
    const compilerOptions = {
      ...own,
      strictNullChecks: true,
      noEmit: true,
      composite: false,
      incremental: false,
    };
    writeFileSync(path, `${JSON.stringify({ ...extended, compilerOptions }, null, 2)}\n`);
    return path;
  }

  #openedProject(): Project {
    const project = this.#snapshot.getProject(this.#opened) ?? this.#snapshot.getProjects()[0];
    if (project === undefined) throw new Error(`TypeScript could not open ${this.#opened}`);
    return project;
  }
}
