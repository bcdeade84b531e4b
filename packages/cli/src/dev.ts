import { once } from "node:events";
import { Project, writeManifest } from "@twinloop/compiler";
import { AppProcess } from "./app-process.ts";
import type { Arguments } from "./arguments.ts";
import { DevAdmin } from "./dev-admin.ts";
import { DevChecks } from "./dev-checks.ts";
import { EnvironmentFiles } from "./environment-files.ts";
import { findEntry } from "./entry.ts";
import { packageClis } from "./package-clis.ts";
import { noEntry, reportProblems, reportSuccess, reportTypes, reportWarnings } from "./report.ts";
import { watchSources } from "./watch.ts";

/** The delay of the type check after a start in milliseconds, which leaves the processor to the app first. */
const TYPE_CHECK_AFTER_MS = 1_000;

/**
 * Runs `twinloop dev`: starts the app, and at every change reads the types anew and restarts the app. While the sources
 * have problems, or the compiler itself fails, the problems stay on screen and the last working app goes on.
 *
 * Shape: resolves with 0 when a signal or a closed terminal ends it; the app ends with it, however it ends.
 */
export async function devCommand(given: Arguments): Promise<number> {
  const { root, tsconfig, words } = given;
  const entry = findEntry(root, words[0]);
  if (entry === undefined) return noEntry(root, words[0], "dev");
  const environment = new EnvironmentFiles(root);
  const valueOf = (name: string): string | undefined => process.env[name] || environment.valueOf(name);
  const { adminPort: port, dashboard } = given;
  const admin = await DevAdmin.choose({ root, port, dashboard, valueOf });
  if (typeof admin === "string") return refused(admin);
  const app: AppProcess = new AppProcess({
    ...{ root, entry, tsconfig, imports: admin.imports },
    environment: () => admin.environment,
    onStart: (pid, gone) => void admin.follow(pid, gone, () => void app.restart()),
  });
  const session = new Session(given, entry, app, environment);
  const ended = endOfTerminal(app);
  await session.refresh([]);
  const watcher = watchSources(
    root,
    () => session.files,
    (changed) => session.refresh(changed),
    (path) => session.checks.concerns(path),
  );
  await ended;
  admin.close();
  await Promise.all([watcher.close(), app.stop(), session.checks.close()]);
  session.close();
  return 0;
}

/** Prints a problem of the command line. Shape: -> 2, the exit code. */
function refused(problem: string): number {
  process.stderr.write(`${problem}\n`);
  return 2;
}

/**
 * The state that `dev` keeps between changes: the loaded app, until the compiler fails.
 *
 * After each change one of three things happens. The sources have problems: they are printed, and the app that runs
 * goes on. The sources are well: the manifest is written and the app restarts. Only `.env` changed: the app restarts
 * without being read again, unless it follows the variable by itself.
 */
class Session {
  /** The checks that packages bring, which run beside the app. */
  readonly checks: DevChecks;
  readonly #root: string;
  readonly #entry: string;
  readonly #tsconfig: string | undefined;
  readonly #app: AppProcess;
  readonly #environment: EnvironmentFiles;
  readonly #checksTypes: boolean;
  #project: Project | undefined;
  /** The type check that waits; a change before it cancels it. */
  #typeCheck: NodeJS.Timeout | undefined;
  /** Whether the last type check found errors, so that their end is told. */
  #hadTypeProblems = false;
  #files: readonly string[] = [];

  constructor(
    { root, tsconfig, types }: Arguments,
    entry: string,
    app: AppProcess,
    environment: EnvironmentFiles,
  ) {
    this.#root = root;
    this.#entry = entry;
    this.#tsconfig = tsconfig;
    this.#checksTypes = types;
    this.checks = new DevChecks({ root, tsconfig, entry });
    this.#app = app;
    this.#environment = environment;
  }

  /** The files that the app is made of, as far as the compiler could read them. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Reads the app and restarts it. Never rejects: errors are printed, and the next change is another try. */
  async refresh(changed: readonly string[]): Promise<void> {
    try {
      clearTimeout(this.#typeCheck);
      const read = changed.filter((path) => !this.#environment.has(path));
      if (changed.length > 0 && read.length === 0) return await this.#refreshEnvironment();
      const sources = read.filter((path) => !this.checks.concerns(path));
      if (read.length > sources.length) this.checks.askAgain();
      if (changed.length > 0 && sources.length === 0) return;
      await this.#refreshSources(sources);
    } catch (error) {
      process.stderr.write(`${describe(error)}\n\nthe app that ran last goes on; waiting for a change\n`);
    }
  }

  /**
   * Reads changed sources, writes the manifest, restarts the app, and checks the types a second later. The order
   * matters: an app is never restarted with problems, and never with an old manifest.
   */
  async #refreshSources(changed: readonly string[]): Promise<void> {
    const isFirst = this.#files.length === 0;
    const result = this.#read(changed);
    if (result.problems.length > 0) return reportProblems(result.problems, this.#root);
    writeManifest(this.#root, result.manifest);
    const clis = await packageClis(this.#root);
    this.#environment.followed = clis.flatMap(({ cli }) => cli.followed?.(result.manifest) ?? []);
    reportWarnings(result.warnings, this.#root);
    reportSuccess(result, this.#root, isFirst ? "ready" : "changed");
    this.checks.ask(result.manifest, isFirst || changed.length === 0 ? null : changed);
    await this.#app.restart();
    if (this.#checksTypes) this.#typeCheck = setTimeout(() => this.#checkTypes(), TYPE_CHECK_AFTER_MS);
  }

  /** Prints TypeScript's own errors, which do not keep the app from running. */
  #checkTypes(): void {
    try {
      const problems = this.#project?.typeProblems() ?? [];
      if (problems.length > 0) reportTypes(problems, this.#root);
      else if (this.#hadTypeProblems) process.stdout.write("the types are in order again\n");
      this.#hadTypeProblems = problems.length > 0;
    } catch (error) {
      // Where the compiler itself has failed, the next change finds out and opens another.
      process.stderr.write(`the types could not be checked: ${messageOf(error)}\n`);
    }
  }

  /** Drops a compiler that has failed in the middle; a new one then reads everything. */
  #read(changed: readonly string[]): ReturnType<Project["update"]> {
    try {
      const known = this.#project;
      const options = this.#tsconfig === undefined ? {} : { tsconfig: this.#tsconfig };
      const project = (this.#project ??= new Project(this.#root, { ...options, entry: this.#entry }));
      const result = project.update(known === undefined ? [] : changed);
      this.#files = project.files;
      return result;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Restarts the app when variables have changed, except those that the running app follows by itself, such as secrets. */
  async #refreshEnvironment(): Promise<void> {
    const names = this.#environment.changes();
    if (names.length === 0) return;
    process.stdout.write(`changed in .env: ${names.join(", ")}\n`);
    await this.#app.restart();
  }

  /** Ends the compiler and a type check that waits. A later change opens another. */
  close(): void {
    clearTimeout(this.#typeCheck);
    try {
      this.#project?.close();
    } catch {
      // The child's process is gone already.
    }
    this.#project = undefined;
  }
}

/** Resolves at the first signal, or when the output's reader is gone; a second signal ends everything at once. */
async function endOfTerminal(app: AppProcess): Promise<void> {
  const signals = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => once(process, signal));
  const closed = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.on("error", () => resolve())),
  );
  // Also where `dev` itself fails: its defect must not leave the app on the port.
  process.once("exit", () => app.kill());
  await Promise.race([...signals, ...closed]);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => process.exit(130));
  }
}

/** The message of anything that was thrown. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The message for a failure of the compiler itself; with `TWINLOOP_DEBUG` set, with its stack. */
function describe(error: unknown): string {
  const message = messageOf(error);
  const trace = process.env["TWINLOOP_DEBUG"] && error instanceof Error ? `\n${error.stack}` : "";
  return `the compiler failed: ${message}${trace}`;
}
