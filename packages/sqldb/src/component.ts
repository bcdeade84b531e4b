import { register, type Component, type Running } from "@twinloop/core-native/internal";
import type { Problem } from "@twinloop/core-native";
import type { SQLDatabase } from "./database.ts";
import { findUrl } from "./options.ts";

/** The databases of this isolate by name. */
export const declared: Map<string, SQLDatabase> = new Map();

const component: Component = {
  name: "sqldb",
  stage: 20,

  check(): readonly Problem[] {
    return [...declared.values()]
      .filter((database) => findUrl(database.name, database.options) === undefined)
      .map((database) => database.missing());
  },

  async start(): Promise<readonly Running[]> {
    const databases = [...declared.values()];
    await Promise.all(databases.map((database) => database.connect()));
    return databases.map((database) => ({
      what: `database ${database.name}`,
      where: withoutPassword(database.connectionString),
    }));
  },

  async stop(): Promise<void> {
    await Promise.all([...declared.values()].map((database) => database.close()));
  },
};

/** Makes the databases part of the app's start and stop. */
export function registerComponent(): void {
  register(component);
}

function withoutPassword(url: string): string {
  try {
    const { protocol, hostname, port, pathname } = new URL(url);
    return `${protocol}//${hostname}${port ? `:${port}` : ""}${pathname}`;
  } catch {
    return "a database";
  }
}
