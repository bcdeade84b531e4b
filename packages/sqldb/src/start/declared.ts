import type { Problem } from "@twinloop/core-native";
import type { MigrationReport } from "../migrations/migration-runner.ts";
import type { SQLDatabaseOptions } from "../options.ts";

/** The interface of a database that the app's start, stop and checks use. */
export interface DeclaredDatabase {
  /** The database's name in the app. */
  readonly name: string;
  /** The options as they were given, without defaults. */
  readonly options: SQLDatabaseOptions;
  /** All configuration problems that keep the database from starting with the app. */
  readonly problems: readonly Problem[];
  /** The database's URL without user and password. */
  readonly where: string;
  /** The source of the connection string: the name of an environment variable, `connectionString`, or `embedded`. */
  readonly origin: string;
  /** Connects once. */
  connect(): Promise<void>;
  /** Applies the pending migrations. */
  migrate(): Promise<MigrationReport>;
  /** Opens new connections by the current connection string. */
  rotate(): Promise<void>;
  /** Removes the copy that a test has used. */
  endTest(): Promise<void>;
  /** Closes the pool and releases the embedded server. */
  close(): Promise<void>;
}

/** The databases of this isolate by name. */
export const declared: Map<string, DeclaredDatabase> = new Map();
