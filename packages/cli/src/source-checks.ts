/**
 * The checks that the app's packages bring for its sources. `check` runs those that its flags ask for, `dev` all of them.
 */
import { sortProblems, type Manifest, type Problem, type ProblemCode } from "@twinloop/compiler";
import type {
  CheckedApp,
  Command,
  CommandOption,
  OpenCheck,
  SourceCheck,
  SourceFault,
} from "@twinloop/core-native/cli";
import { packageClis } from "./package-clis.ts";

/** What the checks of an app have found. */
export interface CheckFindings {
  /** A line of each check on what it has checked. */
  readonly text: string;
  readonly problems: readonly Problem[];
}

/** The checks of the app's packages by their flags. Errors: that of a package whose command does not load. */
export async function sourceChecks(root: string): Promise<Readonly<Record<string, SourceCheck>>> {
  const brought = (await packageClis(root)).map(({ cli }) => cli.checks ?? {});
  return Object.assign({}, ...brought) as Record<string, SourceCheck>;
}

/** `check` with the flags and options of the checks that the app's packages bring. */
export async function withChecks(command: Command, root: string): Promise<Command> {
  const checks = Object.entries(await sourceChecks(root));
  const flags = checks.map(([flag, { meaning }]): [string, CommandOption] => [
    flag,
    { type: "flag", meaning },
  ]);
  const options = checks.map(([, check]) => check.options ?? {});
  return { ...command, options: Object.assign({}, command.options, Object.fromEntries(flags), ...options) };
}

/** Runs the checks that the options ask for, once. */
export async function runChecks(app: CheckedApp, manifest: Manifest): Promise<CheckFindings> {
  const asked = Object.entries(await sourceChecks(app.root)).filter(([flag]) => app.options[flag] === true);
  const open = new OpenChecks(asked.map(([, check]) => check.open(app)));
  try {
    return await open.run(manifest, null);
  } finally {
    await open.close();
  }
}

/** Checks that stay open between edits. */
export class OpenChecks {
  readonly #checks: readonly OpenCheck[];

  constructor(checks: readonly OpenCheck[]) {
    this.#checks = checks;
  }

  /** Opens every check that the app's packages bring. */
  static async all(app: CheckedApp): Promise<OpenChecks> {
    return new OpenChecks(Object.values(await sourceChecks(app.root)).map((check) => check.open(app)));
  }

  /** Runs all checks, one after another: they share the processor with the app. */
  async run(manifest: Manifest, changed: readonly string[] | null): Promise<CheckFindings> {
    const told = [];
    for (const check of this.#checks) told.push(await check.check(manifest, changed));
    return {
      text: told.flatMap(({ text }) => (text === "" ? [] : text)).join("\n"),
      problems: sortProblems(told.flatMap(({ problems }) => problems.map(asProblem))),
    };
  }

  /** Whether a check reads a file that is no source. */
  concerns(path: string): boolean {
    return this.#checks.some((check) => check.concerns?.(path) === true);
  }

  /** Releases what the checks hold. Idempotent. */
  async close(): Promise<void> {
    for (const check of this.#checks) await check.close();
  }
}

function asProblem({ code, ...fault }: SourceFault): Problem {
  return { ...fault, code: code as ProblemCode };
}
