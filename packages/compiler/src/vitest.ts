/**
 * The vitest plugin: keeps the manifest up to date before tests and between their runs, and resolves imports as TypeScript does.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { resolveSource } from "./loader/resolve-source.ts";
import { TsconfigOf } from "./loader/tsconfig-of.ts";
import { formatProblem } from "./problems/format-problem.ts";
import { countProblems, type Problem } from "./problems/problem.ts";
import type { Project } from "./project/project.ts";
import { isStale } from "./project/is-stale.ts";
import { writeManifest } from "./project/write-manifest.ts";
import { findTsconfig } from "./typescript/tsconfig.ts";

/** The options of the vitest plugin. */
export interface VitestPluginOptions {
  /** The app's root, the folder of its package.json. Default: the nearest one above vitest's root. */
  readonly root?: string;
  /** The path of the tsconfig, relative to the app's root. Default as for `twinloop build`. */
  readonly tsconfig?: string;
}

/** The part of vite's configuration that the plugin reads. */
interface ViteConfig {
  readonly root?: string;
}

/** The part of vite's server that the plugin uses. */
interface ViteServer {
  readonly watcher: { on(event: "all", listen: (event: string, path: string) => void): unknown };
}

/** The part of vitest that the plugin uses. */
interface VitestContext {
  readonly vitest: {
    onTestsRerun(act: () => Promise<void>): void;
    onClose(act: () => void): void;
    readonly logger: { error(text: string): void };
  };
}

/** The plugin as vite takes it; written out, so that neither vite nor vitest is a dependency. */
export interface VitestPlugin {
  readonly name: string;
  readonly enforce: "pre";
  /** Finds the app, and tells its tests where it is. */
  config(config: ViteConfig): object;
  /** Builds a stale manifest before the tests. Errors: the app's problems, as one text. */
  configureServer(server: ViteServer): Promise<void>;
  /** Builds a stale manifest before tests run again. */
  configureVitest(context: VitestContext): void;
  /** Resolves an import as TypeScript does; `null` where vite resolves it. */
  resolveId(specifier: string, importer: string | undefined): string | null;
}

/**
 * Makes the plugin: `plugins: [twinloop()]` in `vitest.config.ts`.
 *
 * Errors: vitest does not start with an app whose types are refused, and says where and why; in watch mode the problems are printed
 *         before the tests run again, and those that start the app fail.
 */
export default function twinloop({ root: given, tsconfig }: VitestPluginOptions = {}): VitestPlugin {
  let manifest: ManifestKeeper | undefined;
  let tsconfigs = new TsconfigOf();
  return {
    name: "twinloop",
    enforce: "pre",

    config({ root = process.cwd() }) {
      const folder = given === undefined ? rootAbove(resolve(root)) : resolve(root, given);
      manifest = new ManifestKeeper(folder, tsconfig);
      tsconfigs = new TsconfigOf(
        tsconfig === undefined ? undefined : (findTsconfig(folder, tsconfig) ?? undefined),
      );
      return { test: { env: { TWINLOOP_ROOT: folder } } };
    },

    async configureServer({ watcher }) {
      const problems = await manifest!.refresh();
      if (problems.length > 0) throw withoutStack(manifest!.report(problems));
      watcher.on("all", (_, path) => manifest!.note(path));
    },

    configureVitest({ vitest }) {
      vitest.onTestsRerun(async () => {
        const problems = await manifest!.refresh();
        if (problems.length > 0) vitest.logger.error(manifest!.report(problems));
      });
      vitest.onClose(() => manifest!.close());
    },

    resolveId(specifier, importer) {
      if (importer === undefined || !isAbsolute(importer) || /[\\/]node_modules[\\/]/.test(importer))
        return null;
      if (/^[\0]|[?]/.test(specifier)) return null;
      const from = importer.replace(/[?#].*$/s, "");
      return existsSync(from) ? resolveSource(specifier, from, tsconfigs.of(from)) : null;
    },
  };
}

/** The manifest of one app, built again where it is stale. */
class ManifestKeeper {
  readonly #root: string;
  readonly #tsconfig: string | undefined;
  readonly #changed = new Set<string>();
  #project: Project | undefined;
  #refreshing: Promise<readonly Problem[]> | undefined;

  constructor(root: string, tsconfig: string | undefined) {
    this.#root = root;
    this.#tsconfig = tsconfig;
  }

  /** Notes a file that has changed. */
  note(path: string): void {
    this.#changed.add(path);
  }

  /** Brings the manifest up to date, one run at a time; the problems, of which each keeps it as it was. */
  refresh(): Promise<readonly Problem[]> {
    return (this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined)));
  }

  /** Problems as a text for a terminal. */
  report(problems: readonly Problem[]): string {
    const color = process.stderr.isTTY && process.env["NO_COLOR"] === undefined;
    const texts = problems.map((problem) => formatProblem(problem, { color, projectRoot: this.#root }));
    const number = countProblems(problems);
    const count = number === 1 ? "1 problem" : `${number} problems`;
    return `${texts.join("\n\n")}\n\ntwinloop: ${count}; the manifest was not written.`;
  }

  /** Closes the checker. */
  close(): void {
    this.#project?.close();
    this.#project = undefined;
  }

  async #refresh(): Promise<readonly Problem[]> {
    const options = this.#tsconfig === undefined ? {} : { tsconfig: this.#tsconfig };
    const changed = [...this.#changed];
    this.#changed.clear();
    if (!isStale(this.#root, options)) {
      // A checker that is open learns of the change at its next reading.
      for (const path of this.#project === undefined ? [] : changed) this.#changed.add(path);
      return [];
    }
    // Loaded only when there is something to read, because TypeScript takes long to load.
    const project = await import("./project/project.ts");
    const isFirst = this.#project === undefined;
    this.#project ??= new project.Project(this.#root, options);
    const { manifest, problems } = this.#project.update(isFirst ? [] : changed);
    if (problems.length === 0) writeManifest(this.#root, manifest);
    // Problems stay to be told: what they are of is not read again unless it changes.
    else for (const path of changed) this.#changed.add(path);
    return problems;
  }
}

/** An error that a runner prints without frames: where it was thrown says nothing of the app. */
function withoutStack(message: string): Error {
  const error = new Error(message);
  error.stack = message;
  return error;
}

function rootAbove(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return start;
  }
}
