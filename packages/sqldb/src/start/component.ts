import {
  onRotation,
  register,
  type Component,
  type Declarations,
  type Running,
} from "@twinloop/core-native/internal";
import { log, StartError, type Problem } from "@twinloop/core-native";
import { migrationClashes } from "../migrations/migration-clash.ts";
import { declared, type DeclaredDatabase } from "./declared.ts";
import { followRotation } from "./rotation.ts";
import { startProblems } from "./start-problem.ts";
import { shownName } from "../location/shown-name.ts";

/** The least time in milliseconds that a stop waits for the embedded server, which finishes stopping by itself. */
const EMBEDDED_STOP_MS = 2_000;

/** The databases as one component of the app: opened before the components that work with them, closed after them. */
const component: Component = {
  name: "sqldb",
  role: "provides",
  testing: {
    async end(): Promise<void> {
      await Promise.all([...declared.values()].map((database) => database.endTest()));
    },
  },

  /** Finds databases without a URL, with one of another kind, and migrations without their package. Connects to nothing. */
  check(): readonly Problem[] {
    return [...declared.values()].flatMap(({ problems }) => problems);
  },

  /** Connects once to each database, and applies its migrations. */
  async start(): Promise<readonly Running[]> {
    const databases = [...declared.values()];
    const clashes = migrationClashes(databases);
    if (clashes.length > 0) throw new StartError(clashes);
    const outcomes = await Promise.allSettled(databases.map(begin));
    const problems = outcomes.flatMap((outcome, index) =>
      outcome.status === "rejected" ? startProblems(databases[index]!, outcome.reason) : [],
    );
    if (problems.length > 0) throw new StartError(problems);
    return databases.map(({ name, where }) => ({ what: `database ${shownName(name)}`, where }));
  },

  /** Names the declarations of this isolate, which the start compares with the manifest. */
  declared(): readonly Declarations[] {
    return [{ package: "@twinloop/sqldb", what: "SQLDatabase", names: [...declared.keys()] }];
  },

  /** Closes the pools, and the embedded server where no other process uses it. */
  async stop(graceMs: number): Promise<void> {
    const closed = Promise.all([...declared.values()].map((database) => database.close()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(graceMs, EMBEDDED_STOP_MS));
    });
    await Promise.race([closed, late]).finally(() => clearTimeout(timer));
  },
};

/** Connects to one database and applies its migrations, with a log line for each that was applied. */
async function begin(database: DeclaredDatabase): Promise<void> {
  await database.connect();
  const { applied, adopted } = await database.migrate();
  const name = shownName(database.name);
  for (const { version, name: migration, durationMs } of applied) {
    log.info(`migrated ${name}: ${version}_${migration}`, { database: name, durationMs });
  }
  if (adopted.length > 0)
    log.info(`imported the migration versions of ${name} from golang-migrate`, {
      database: name,
      versions: adopted,
    });
}

let registered = false;

/** Registers the databases as a component of the app's start and stop, which also follows changed secrets. */
export function registerComponent(): void {
  if (registered) return;
  registered = true;
  register(component);
  onRotation(() => followRotation(declared));
}
