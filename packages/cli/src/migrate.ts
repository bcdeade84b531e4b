import { resolve } from "node:path";
import { build } from "@twinloop/compiler";
import type { Connection } from "@twinloop/sqldb/migrations";
import { AppProblem } from "./app-package.ts";
import type { Arguments } from "./command.ts";
import { loadMigrations, withConnection } from "./migrate-database.ts";
import { describeDown, describeRepair, describeStatus, describeUp } from "./migrate-report.ts";

/** What `migrate` is told beside its words. */
export interface MigrateOptions {
  /** Which database, where the app has several. */
  readonly database: string | undefined;
  /** The folder, instead of the one in the app's code. */
  readonly migrations: string | undefined;
  readonly steps: number | undefined;
  readonly allowSkipped: boolean;
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/** One database and the folder of its migrations. */
interface Target {
  readonly name: string;
  readonly folder: string;
}

type Work = (target: Target, args: Arguments) => Promise<number>;

const WORKS: Readonly<Record<string, Work>> = {
  status: showStatus,
  up: runUp,
  down: runDown,
  new: create,
  repair: runRepair,
};

/**
 * `twinloop migrate <status|up|down|new|repair>`.
 *
 * Shape:  0 when all is as it should be, 1 when a database or its migrations have problems, 2 for the command line.
 */
export async function migrateCommand(args: Arguments): Promise<number> {
  const [word = "status"] = args.words;
  const work = Object.hasOwn(WORKS, word) ? WORKS[word] : undefined;
  if (!work) {
    return complain(2, `There is no \`migrate ${word}\`; there are ${Object.keys(WORKS).join(", ")}.`);
  }
  try {
    let code = 0;
    for (const target of await findTargets(args, word)) code = Math.max(code, await work(target, args));
    return code;
  } catch (error) {
    return complain(1, error instanceof Error ? error.message : String(error));
  }
}

/** The databases that are meant: the one named, or all; those that change just one must be told which. */
async function findTargets({ root, tsconfig, migrate }: Arguments, word: string): Promise<readonly Target[]> {
  const { database, migrations } = migrate;
  if (database !== undefined && migrations !== undefined) {
    return [{ name: database, folder: resolve(root, migrations) }];
  }
  const { manifest } = await build(root, tsconfig === undefined ? {} : { tsconfig });
  const declared = manifest.databases.filter(({ name }) => database === undefined || name === database);
  if (declared.length === 0)
    throw new AppProblem(`The app declares no database${database ? ` "${database}"` : ""}.`);
  const targets = declared.flatMap(({ name, migrations: own }) => {
    const folder = migrations ?? own;
    return folder === undefined ? [] : [{ name, folder: resolve(root, folder) }];
  });
  if (targets.length === 0) {
    throw new AppProblem(
      "The app's databases have no `migrations`: name the folder there, or with --migrations.",
    );
  }
  if (targets.length > 1 && (migrations !== undefined || !["status", "up"].includes(word))) {
    const names = targets.map(({ name }) => name).join(", ");
    throw new AppProblem(`The app has several databases (${names}): choose one with --database.`);
  }
  return targets;
}

function complain(code: number, message: string): number {
  process.stderr.write(`${message}\n`);
  return code;
}

/** Runs `work` with the app's runner on the target's connection, and prints what it gives. */
async function report(
  { name }: Target,
  { root }: Arguments,
  work: (
    runner: Awaited<ReturnType<typeof loadMigrations>>,
    connection: Connection,
  ) => Promise<readonly [string, number]>,
): Promise<number> {
  const runner = await loadMigrations(root);
  const [text, code] = await withConnection(root, name, (connection) => work(runner, connection));
  process.stdout.write(`${name}: ${text}\n`);
  return code;
}

function showStatus(target: Target, args: Arguments): Promise<number> {
  return report(target, args, async (runner, connection) => {
    const found = await runner.status(connection, target.folder);
    return [describeStatus(found, target.folder), found.problems.length > 0 ? 1 : 0];
  });
}

function runUp(target: Target, args: Arguments): Promise<number> {
  const { steps, allowSkipped } = args.migrate;
  return report(target, args, async (runner, connection) => {
    return [describeUp(await runner.up(connection, target.folder, { steps, allowSkipped })), 0];
  });
}

function runDown(target: Target, args: Arguments): Promise<number> {
  const { steps } = args.migrate;
  return report(target, args, async (runner, connection) => {
    return [describeDown(await runner.down(connection, target.folder, { steps })), 0];
  });
}

function runRepair(target: Target, args: Arguments): Promise<number> {
  const { applied, pending } = args.migrate;
  return report(target, args, async (runner, connection) => {
    const done = await runner.repair(connection, target.folder, { applied, pending });
    return [describeRepair(done), done.problems.length > 0 ? 1 : 0];
  });
}

async function create(target: Target, { root, words }: Arguments): Promise<number> {
  const name = words.slice(1).join(" ");
  if (name === "") return complain(2, "Name the migration: twinloop migrate new <name>.");
  const { createMigration } = await loadMigrations(root);
  const { up, down } = createMigration(target.folder, name);
  process.stdout.write(`created ${up}\ncreated ${down}\n`);
  return 0;
}
