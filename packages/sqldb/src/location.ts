import { appMeta, type Problem } from "@twinloop/core-native";
import { Connection } from "./connection.ts";
import { SQLError } from "./error.ts";
import {
  EMBEDDED,
  findDatabase,
  resolveDatabaseUrl,
  type ResolvedDatabase,
} from "./embedded/database-url.ts";
import type { ClosableConnection } from "./embedded/ensure-database.ts";
import type { Connection as MigrationConnection } from "./migrations/connection.ts";
import { urlVariables, type SQLDatabaseOptions } from "./options.ts";
import { PoolPlace } from "./pool-place.ts";

/** Where one database is: at a URL that was given, or on the app's embedded server. */
export class Location {
  readonly #name: string;
  readonly #options: SQLDatabaseOptions;
  #opening: Promise<ResolvedDatabase> | undefined;
  #embeddedUrl: string | undefined;

  constructor(name: string, options: SQLDatabaseOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** The URL as far as it is known: that of the embedded server only while it is in use. */
  get url(): string | undefined {
    return this.#given()?.url() ?? this.#embeddedUrl;
  }

  /** Where the URL is from: a variable of the environment, `connectionString`, or `embedded`. */
  get origin(): string {
    return this.#given()?.origin ?? "embedded";
  }

  /** The URL without user and password, for logs. */
  get where(): string {
    const place = withoutPassword(this.url);
    return this.origin === "embedded" ? `${place} (embedded)` : place;
  }

  /** Why there is none, before anything is connected or started. */
  get missing(): Problem | undefined {
    if (this.#given()) return undefined;
    const source = findDatabase(this.#name, appMeta().root);
    return source.kind === "missing" ? source.problem : undefined;
  }

  /** The URL; where it is that of the embedded server, after that was started. */
  async open(): Promise<string> {
    const given = this.#given();
    if (given) return given.url();
    this.#opening ??= resolveDatabaseUrl(this.#name, appMeta().root, openConnection);
    try {
      return (this.#embeddedUrl = (await this.#opening).url);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Gives the embedded server back, if it was started. */
  async release(): Promise<void> {
    const opening = this.#opening;
    this.#opening = this.#embeddedUrl = undefined;
    const resolved = await opening?.catch(() => undefined);
    await resolved?.release();
  }

  // A function is not called before the URL is needed: `start()` has the secrets in it looked up meanwhile.
  #given(): { readonly url: () => string; readonly origin: string } | undefined {
    const variable = urlVariables(this.#name).find((candidate) => process.env[candidate]);
    const url = variable === undefined ? this.#options.connectionString : process.env[variable];
    if (typeof url === "function") return { url: () => this.#call(url), origin: "connectionString" };
    if (!url || url === EMBEDDED) return undefined;
    return { url: () => url, origin: variable ?? "connectionString" };
  }

  #call(find: () => string): string {
    const url: unknown = find();
    if (typeof url === "string" && url !== "") return url;
    const message = `The function connectionString of the database "${this.#name}" gave no text.`;
    throw new SQLError("config_invalid", message);
  }
}

function withoutPassword(url: string | undefined): string {
  // What cannot be read is not shown: it may hold a password all the same.
  if (url === undefined || !URL.canParse(url)) return "a place that cannot be read";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** A connection as migrations use it. */
export function forMigrations(connection: Connection): MigrationConnection {
  return {
    async query(text, parameters) {
      if (parameters) return { rows: await connection.rawQueryAll(text, ...parameters) };
      await connection.rawExec(text);
      return { rows: [] };
    },
  };
}

/** One connection to a URL, of a pool of its own. */
async function openConnection(url: string): Promise<ClosableConnection> {
  const place = new PoolPlace("", { maxConnections: 1 }, () => Promise.resolve(url));
  try {
    const connection = await Connection.acquire(place);
    const close = (): Promise<void> => connection.close().finally(() => place.close());
    return { ...forMigrations(connection), close };
  } catch (error) {
    await place.close();
    throw error;
  }
}
