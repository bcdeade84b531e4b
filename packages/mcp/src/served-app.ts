import { isStale, readManifest, type Manifest } from "@twinloop/compiler";
import { importRuntime, packageOfWord } from "@twinloop/cli/internal";
import type { CommandLine, OptionValue } from "@twinloop/core-native/cli";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ToolProblem } from "./tool-problem.ts";

/** The app that agents are told of. */
export class ServedApp {
  readonly #line: CommandLine;
  /** The environment of this process, before `.env` files were read into it. */
  readonly environment: Readonly<NodeJS.ProcessEnv> = { ...process.env };

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** The folder that holds the app's package.json, absolute. */
  get root(): string {
    return this.#line.root;
  }

  /** The tsconfig that the command line names. */
  get tsconfig(): string | undefined {
    return this.#line.options["tsconfig"] as string | undefined;
  }

  /** Where the app runs, as the command line says. */
  get url(): string | undefined {
    return this.#line.options["url"] as string | undefined;
  }

  /** Where the app's admin server is, as the command line says. */
  get adminUrl(): string | undefined {
    return this.#line.options["admin-url"] as string | undefined;
  }

  /** Whether agents may read databases that are not of development. */
  get isAnyDatabaseAllowed(): boolean {
    return this.#line.options["any-database"] === true;
  }

  /** The manifest: as it was built where it is up to date, else compiled from the sources. */
  async manifest(): Promise<Manifest> {
    const { root, tsconfig } = this;
    const built = isStale(root, { tsconfig }) ? null : readManifest(root);
    return built ?? this.#line.manifest();
  }

  /** The environment as the app has it now, with the variables of `.env` files. */
  async appEnvironment(): Promise<NodeJS.ProcessEnv> {
    const runtime = await importRuntime(this.root);
    const values = { ...this.environment };
    runtime?.feedEnvironment(values, this.root);
    return values;
  }

  /**
   * Asks a command of the app's packages, such as `topics`, and gives its result as data.
   *
   * Errors: `ToolProblem` `failed_precondition` where no installed package has the command; those of the command.
   */
  async ask(
    command: string,
    words: readonly string[],
    options: Readonly<Record<string, OptionValue>> = {},
  ): Promise<unknown> {
    const found = await packageOfWord(this.root, command);
    const answer = found?.cli.commands?.[command]?.answer;
    if (answer === undefined) {
      const home = `@twinloop/${HOMES[command] ?? command}`;
      throw new ToolProblem("failed_precondition", `The app has no ${home}.`, `Run \`npm install ${home}\`.`);
    }
    const { value, remark } = await answer({
      ...this.#line,
      words,
      options,
      manifest: () => this.manifest(),
    });
    return remark === undefined ? value : { result: value, remark };
  }

  /**
   * Imports the app's own copy of a package.
   *
   * Errors: `ToolProblem` `failed_precondition` where the app has none.
   */
  async importPackage<T>(name: string): Promise<T> {
    let path: string;
    try {
      path = createRequire(join(this.root, "package.json")).resolve(name);
    } catch {
      throw new ToolProblem("failed_precondition", `The app has no ${name}.`, `Run \`npm install ${name}\`.`);
    }
    return (await import(pathToFileURL(path).href)) as T;
  }
}

/** The packages of commands that are not named after them. */
const HOMES: Readonly<Record<string, string>> = { topics: "pubsub" };
