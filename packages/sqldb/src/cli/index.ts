/**
 * The part of `@twinloop/sqldb` in the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  declarationsIn,
  type AppInventory,
  type AppOnDisk,
  type CommandFault,
  type DeclarationModel,
  type EnvironmentReport,
  type Manifest,
  type PackageCli,
  type Provided,
  type Variable,
} from "@twinloop/core-native/cli";
import { EMBEDDED, isDevelopment, urlVariable, urlVariables } from "../location/url-variables.ts";

/** The environment variables that hold the URL of each database, or of the server that several share. */
function variables(manifest: Manifest, isProduction: boolean): readonly Variable[] {
  const databases = databasesOf(manifest);
  const otherwise =
    databases.filter(isSharing).length > 1
      ? "without it, the database of that name on DATABASE_URL's server"
      : "without it, DATABASE_URL";
  const unset = isProduction ? undefined : "the embedded server, where its package is installed";
  return databases.map((database) => ({
    name: urlVariables(database.name)[0],
    meaning: `PostgreSQL of the database "${database.name}"; ${otherwise}`,
    default: isSharing(database) ? unset : "connectionString in the code",
    confidential: true,
    instead: "DATABASE_URL",
  }));
}

/**
 * The problems of databases whose URL is none of PostgreSQL, and of those that need the embedded server where it cannot be
 * started. Starts nothing.
 */
async function environment({ manifest }: AppOnDisk, values: NodeJS.ProcessEnv): Promise<EnvironmentReport> {
  const databases = databasesOf(manifest);
  if (databases.length === 0) return { text: "", problems: [], isLacking: false };
  const { SQLDatabase } = await import("../index.ts");
  const { urlFormProblem } = await import("../location/url-form.ts");
  const misfits = databases.flatMap(({ name }) => {
    const given = urlVariable(name, values);
    if (given === undefined || given.url === EMBEDDED) return [];
    return urlFormProblem(name, given.url, given.variable) ?? [];
  });
  // In production a missing URL is told with the variables.
  const needing = isDevelopment(values) ? databases.filter(isSharing) : [];
  const missing = needing.flatMap(({ name }) => new SQLDatabase(name).missing ?? []);
  const faults = [...misfits, ...missing];
  const isFirst = ({ message }: { message: string }, index: number): boolean =>
    faults.findIndex((one) => one.message === message) === index;
  return { text: "", problems: faults.filter(isFirst), isLacking: false };
}

/**
 * Declares the app's databases, because a broker or a ledger may be in the first one and finds it by its declaration.
 */
async function provide({ manifest }: AppOnDisk): Promise<Provided> {
  const [first, ...others] = databasesOf(manifest);
  if (first === undefined) return { close: () => Promise.resolve() };
  const { SQLDatabase } = await import("../index.ts");
  const database = new SQLDatabase(first.name, { maxConnections: 1 });
  // Several databases on one server each use the database of their own name.
  for (const { name } of others.filter(isSharing)) void new SQLDatabase(name, { maxConnections: 1 });
  return { close: () => database.close() };
}

/** The problems of databases with migrations in an app without the package that runs them. */
async function inventory({ root, manifest }: AppOnDisk): Promise<AppInventory> {
  const migrating = databasesOf(manifest).filter(({ options }) => options["migrations"] !== undefined);
  if (migrating.length === 0 || isInstalled(root, "@twinloop/migrations")) return { text: "", problems: [] };
  const problems = migrating.map(({ name, file, line }): CommandFault => {
    const message = `The database \`${name}\` has \`migrations\`, and @twinloop/migrations, which runs them, is not installed. Run \`npm install @twinloop/migrations\`.`;
    return { code: "migration_invalid", file, line, message };
  });
  return Promise.resolve({ text: "", problems });
}

function isInstalled(root: string, name: string): boolean {
  try {
    createRequire(join(root, "package.json")).resolve(name);
    return true;
  } catch {
    return false;
  }
}

function databasesOf(manifest: Manifest): readonly DeclarationModel[] {
  return declarationsIn(manifest, "@twinloop/sqldb", "SQLDatabase");
}

/** Whether a database has no connection string of its own. */
function isSharing({ options }: DeclarationModel): boolean {
  return options["connectionString"] === undefined;
}

/** The environment variables, checks and providers of databases for the `twinloop` command. */
export const cli: PackageCli = { variables, inventory, environment, provide };
