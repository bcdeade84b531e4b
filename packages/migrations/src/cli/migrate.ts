import type * as Migrations from "../index.ts";
import { resolve } from "node:path";
import type { Connection } from "../connection.ts";
import { AppProblem, providersIn, type CommandLine } from "@twinloop/core-native/cli";
import { withConnection } from "./migrate-database.ts";
import { describeDown, describeRepair, describeStatus, describeUp } from "./migrate-report.ts";

/** The options of `migrate`. */
export interface MigrateOptions {
  /** The name of the database, where the app has several. */
  readonly database: string | undefined;
  /** The migration folder; overrides the one in the app's code. */
  readonly migrations: string | undefined;
  /** How many migrations `up` applies or `down` reverts at most. Default: all for `up`, one for `down`. */
  readonly steps: number | undefined;
  /** Whether `up` also applies migrations whose number is below that of the last applied one. */
  readonly allowSkipped: boolean;
  /** The versions that `repair` records as applied. */
  readonly applied: readonly string[];
  /** The versions whose records `repair` removes. */
  readonly pending: readonly string[];
}

/** A command line of `migrate`, with its options by name. */
interface Arguments extends CommandLine {
  readonly migrate: MigrateOptions;
}

/** One database and the folder of its migrations. */
interface Target {
  readonly name: string;
  /** The absolute path of the folder. */
  readonly folder: string;
  /** The names of the app's databases that share one server, as far as they are known. */
  readonly all: readonly string[];
}

type Runner = typeof Migrations;

/** Loads the migration commands lazily, because an invalid command line needs no addon. */
function loadRunner(): Promise<Runner> {
  return import("../index.ts");
}

type Work = (target: Target, args: Arguments) => Promise<number>;

/** The commands by their word; without a word, `status` runs. */
const WORKS: Readonly<Record<string, Work>> = {
  status: showStatus,
  up: runUp,
  down: runDown,
  new: create,
  repair: runRepair,
};

/**
 * Runs `twinloop migrate <status|up|down|new|repair>`.
 *
 * Shape:  -> the exit code: 0 on success, 1 when a database or its migrations have problems, 2 for an invalid command
 * line.
 */
export async function migrateCommand(line: CommandLine): Promise<number> {
  const args = { ...line, migrate: migrateOptions(line) };
  const [word = "status"] = args.words;
  const work = Object.hasOwn(WORKS, word) ? WORKS[word] : undefined;
  if (!work) {
    return complain(2, `There is no \`migrate ${word}\`. The commands are ${Object.keys(WORKS).join(", ")}.`);
  }
  try {
    let code = 0;
    for (const target of await findTargets(args, word)) code = Math.max(code, await work(target, args));
    return code;
  } catch (error) {
    return complain(1, error instanceof Error ? error.message : String(error));
  }
}

/** Reads the options of the command line; `@twinloop/cli` has checked their names and types. */
function migrateOptions({ options }: CommandLine): MigrateOptions {
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const list = (name: string): readonly string[] => (options[name] ?? []) as readonly string[];
  return {
    ...{ database: text("database"), migrations: text("migrations") },
    ...{ steps: options["steps"] as number | undefined, allowSkipped: options["allow-skipped"] === true },
    ...{ applied: list("applied"), pending: list("pending") },
  };
}

/**
 * The databases that the command line selects: the named one, or all; commands that change a single database require a
 * choice.
 */
async function findTargets({ root, manifest, migrate }: Arguments, word: string): Promise<readonly Target[]> {
  const { database, migrations } = migrate;
  if (database !== undefined && migrations !== undefined) {
    return [{ name: database, folder: resolve(root, migrations), all: [] }];
  }
  const databases = providersIn(await manifest(), "postgres");
  const declared = databases.filter(({ name }) => database === undefined || name === database);
  if (declared.length === 0)
    throw new AppProblem(`The app declares no database${database ? ` "${database}"` : ""}.`);
  const sharing = databases.filter(({ options }) => options["connectionString"] === undefined);
  const all = sharing.map(({ name }) => name);
  const targets = declared.flatMap(({ name, options }) => {
    const folder = migrations ?? options["migrations"];
    return typeof folder !== "string" ? [] : [{ name, folder: resolve(root, folder), all }];
  });
  if (targets.length === 0) {
    throw new AppProblem(
      "The app's databases have no `migrations`: set the option in the code, or pass --migrations.",
    );
  }
  if (targets.length > 1 && (migrations !== undefined || !["status", "up"].includes(word))) {
    const names = targets.map(({ name }) => name).join(", ");
    throw new AppProblem(`The app has several databases (${names}): choose one with --database.`);
  }
  return targets;
}

/** Writes a message to stderr. Shape: -> the exit code that it was given. */
function complain(code: number, message: string): number {
  process.stderr.write(`${message}\n`);
  return code;
}

/** Runs `work` with the app's runner on the target's connection, and prints its report. */
async function report(
  { name, all }: Target,
  work: (runner: Runner, connection: Connection) => Promise<readonly [string, number]>,
): Promise<number> {
  const runner = await loadRunner();
  const [text, code] = await withConnection({ name, all }, (connection) => work(runner, connection));
  process.stdout.write(`${name}: ${text}\n`);
  return code;
}

function showStatus(target: Target): Promise<number> {
  return report(target, async (runner, connection) => {
    const found = await runner.status(connection, target.folder);
    return [describeStatus(found, target.folder), found.problems.length > 0 ? 1 : 0];
  });
}

function runUp(target: Target, args: Arguments): Promise<number> {
  const { steps, allowSkipped } = args.migrate;
  return report(target, async (runner, connection) => {
    return [describeUp(await runner.up(connection, target.folder, { steps, allowSkipped })), 0];
  });
}

function runDown(target: Target, args: Arguments): Promise<number> {
  const { steps } = args.migrate;
  return report(target, async (runner, connection) => {
    return [describeDown(await runner.down(connection, target.folder, { steps })), 0];
  });
}

function runRepair(target: Target, args: Arguments): Promise<number> {
  const { applied, pending } = args.migrate;
  return report(target, async (runner, connection) => {
    const done = await runner.repair(connection, target.folder, { applied, pending });
    return [describeRepair(done), done.problems.length > 0 ? 1 : 0];
  });
}

/** Runs `migrate new`, which needs no database: further words become the name. */
async function create(target: Target, { words }: Arguments): Promise<number> {
  const name = words.slice(1).join(" ");
  if (name === "") return complain(2, "Name the migration: twinloop migrate new <name>.");
  const { createMigration } = await loadRunner();
  const { up, down } = createMigration(target.folder, name);
  process.stdout.write(`created ${up}\ncreated ${down}\n`);
  return 0;
}
