import { onRotation, register, type Component, type Running } from "@twinloop/core-native/internal";
import { log, StartError, type Problem } from "@twinloop/core-native";
import type { SQLDatabase } from "./database.ts";
import { followRotation } from "./rotation.ts";
import { startProblems } from "./start-problem.ts";

/** How long a stop waits for the embedded server at least: it is begun anyway, and ends by itself. */
const EMBEDDED_STOP_MS = 2_000;

/** The databases of this isolate by name. */
export const declared: Map<string, SQLDatabase> = new Map();

const component: Component = {
  name: "sqldb",
  stage: 20,

  check(): readonly Problem[] {
    return [...declared.values()].flatMap(({ missing }) => missing ?? []);
  },

  async start(): Promise<readonly Running[]> {
    const databases = [...declared.values()];
    const outcomes = await Promise.allSettled(databases.map(begin));
    const problems = outcomes.flatMap((outcome, index) =>
      outcome.status === "rejected" ? startProblems(databases[index]!, outcome.reason) : [],
    );
    if (problems.length > 0) throw new StartError(problems);
    return databases.map(({ name, where }) => ({ what: `database ${name}`, where }));
  },

  async stop(graceMs: number): Promise<void> {
    const closed = Promise.all([...declared.values()].map((database) => database.close()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(graceMs, EMBEDDED_STOP_MS));
    });
    await Promise.race([closed, late]).finally(() => clearTimeout(timer));
  },
};

async function begin(database: SQLDatabase): Promise<void> {
  await database.connect();
  const { applied, adopted } = await database.migrate();
  const { name } = database;
  for (const { version, name: migration, durationMs } of applied) {
    log.info(`migrated ${name}: ${version}_${migration}`, { database: name, durationMs });
  }
  if (adopted.length > 0) log.info(`took over migrations of ${name}`, { database: name, versions: adopted });
}

let registered = false;

/** Makes the databases part of the app's start and stop, and has them follow the secrets they connect with. */
export function registerComponent(): void {
  if (registered) return;
  registered = true;
  register(component);
  onRotation(() => followRotation(declared));
}
