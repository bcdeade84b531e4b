import { appMeta, StartError, type Problem } from "@twinloop/core-native";
import { testMode } from "@twinloop/core-native/internal";
import { Connection } from "../session/connection.ts";
import { SQLError } from "../error.ts";
import { findDatabase, resolveDatabaseUrl, type ResolvedDatabase } from "./database-url.ts";
import { ensureDatabase, type ClosableConnection } from "./ensure-database.ts";
import { openNow } from "./open-now.ts";
import { onServer } from "./server-url.ts";
import type { MigrationConnection, MigrationRequest } from "../migrations/migration-runner.ts";
import { urlFormProblem } from "./url-form.ts";
import { EMBEDDED, isDevelopment, urlVariable, urlVariables } from "./url-variables.ts";
import type { SQLDatabaseOptions } from "../options.ts";
import { PoolPlace } from "./pool-place.ts";
import { TestLocation } from "./test-location.ts";
import { claimShare, leaveShare, shareOf, type Share } from "./shared-server.ts";
import { shownName } from "./shown-name.ts";

/** A configured URL and its source. */
interface Given {
  readonly url: () => string;
  readonly origin: string;
  /** The URL as it was configured; absent where a function returns it. */
  readonly text?: string;
  /** How the database uses `DATABASE_URL`; `undefined` where it has a URL of its own. */
  readonly share?: Share;
  /** The server's URL as it was configured, before the database's name was put into it. */
  readonly server?: string;
}

/** The location of one database: a configured URL, or the app's embedded server. */
export class Location {
  readonly #name: string;
  readonly #options: SQLDatabaseOptions;
  #opening: Promise<ResolvedDatabase> | undefined;
  #embeddedUrl: string | undefined;
  /** Whether `openNow` has returned the embedded server's URL, whose users may keep it until the process ends. */
  #handedOut = false;
  /** How `DATABASE_URL` is used; fixed at the first use. */
  #share: Share | undefined;
  #ensuring: Promise<unknown> | undefined;
  #isMade = false;

  /** The copy that a test uses in place of the database; `undefined` where the app is no test's. */
  readonly #test: TestLocation | undefined;

  constructor(
    name: string,
    options: SQLDatabaseOptions,
    migrations: () => MigrationRequest | undefined = () => undefined,
  ) {
    this.#name = name;
    this.#options = options;
    if (testMode()) this.#test = new TestLocation(name, migrations, openConnection);
  }

  /** The URL as far as it is known; that of the embedded server is known only while this process uses it. */
  get url(): string | undefined {
    return this.#test?.url ?? this.#given()?.url() ?? this.#embeddedUrl;
  }

  /** The source of the URL: the name of an environment variable, `connectionString`, or `embedded`. */
  get origin(): string {
    return this.#given()?.origin ?? "embedded";
  }

  /** The URL without user and password, for logs. */
  get where(): string {
    const place = withoutPassword(this.url);
    return this.origin === "embedded" ? `${place} (embedded)` : place;
  }

  /** The problem of a database without a URL, or with that of another kind, found without connecting or starting anything. */
  get problem(): Problem | undefined {
    const given = this.#given();
    if (given)
      return given.text === undefined ? undefined : urlFormProblem(this.#name, given.text, given.origin);
    const source = findDatabase(this.#name, appMeta().root);
    return source.kind === "missing" ? source.problem : undefined;
  }

  /**
   * Resolves the URL; starts the embedded server where that serves the database, and creates the database in
   * development.
   */
  async open(): Promise<string> {
    if (this.#test) return this.#test.open(this.#testServer());
    const given = this.#claimed();
    if (given) {
      if (given.share === "server" && isDevelopment() && !this.#isMade) {
        await (this.#ensuring ??= this.#ensure(given.server!));
      }
      return given.url();
    }
    this.#opening ??= resolveDatabaseUrl(this.#name, appMeta().root, openConnection);
    try {
      return (this.#embeddedUrl = (await this.#opening).url);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /**
   * Resolves the URL synchronously and blocks until the database accepts connections, for callers that read it while
   * modules load.
   */
  openNow(): string {
    if (this.#test) return this.#test.openNow(this.#testServer());
    const given = this.#claimed();
    const root = appMeta().root;
    if (given) {
      if (given.share !== "server" || !isDevelopment() || this.#isMade) return given.url();
      openNow({ name: this.#name, root, server: given.server! });
      this.#isMade = true;
      return given.url();
    }
    this.#handedOut = true;
    if (this.#embeddedUrl !== undefined) return this.#embeddedUrl;
    const url = (this.#embeddedUrl = openNow({ name: this.#name, root }));
    // This process holds the server from here on. The first query reports a failure again.
    this.open().catch(() => undefined);
    return url;
  }

  /** Releases the embedded server, where this process has started it and nobody else in it uses it. */
  async release(): Promise<void> {
    // A test's copy outlives a stop of the app.
    if (this.#test) return;
    leaveShare(this.#name);
    if (this.#handedOut) return;
    const opening = this.#opening;
    this.#opening = this.#embeddedUrl = undefined;
    const resolved = await opening?.catch(() => undefined);
    await resolved?.release();
  }

  /** Whether a test's copy stands in for the database. */
  get isCopied(): boolean {
    return this.#test !== undefined;
  }

  /** Removes the copy that a test has used. */
  async endTest(): Promise<void> {
    await this.#test?.end();
  }

  /** The URL of the server of a test's copy; `undefined` for the embedded one. */
  #testServer(): string | undefined {
    const source = this.#given();
    if (source !== undefined) return source.server ?? source.url();
    const { problem: missing } = this;
    if (missing) throw new StartError([missing]);
    return undefined;
  }

  async #ensure(server: string): Promise<void> {
    try {
      await ensureDatabase(server, this.#name, openConnection);
      this.#isMade = true;
    } finally {
      this.#ensuring = undefined;
    }
  }

  /** The configured URL, after a check that no other database has claimed the whole of `DATABASE_URL`. */
  #claimed(): Given | undefined {
    const given = this.#given();
    if (given?.share !== undefined) claimShare(this.#name, given.share);
    return given;
  }

  // A `connectionString` function is not called before the URL is needed: `start()` looks up its secrets first.
  #given(): Given | undefined {
    const { variable, url = this.#options.connectionString } = urlVariable(this.#name) ?? {};
    if (typeof url === "function") return { url: () => this.#call(url), origin: "connectionString" };
    if (!url || url === EMBEDDED) return undefined;
    const origin = variable ?? "connectionString";
    const isGeneral = variable === urlVariables(this.#name)[1];
    if (!isGeneral || this.#options.connectionString !== undefined)
      return { url: () => url, origin, text: url };
    const share = (this.#share ??= shareOf(this.#name));
    return {
      url: () => (share === "server" ? onServer(url, this.#name) : url),
      origin,
      text: url,
      share,
      server: url,
    };
  }

  #call(find: () => string): string {
    const url: unknown = find();
    if (typeof url === "string" && url !== "") return url;
    const message = `The function connectionString of the database "${shownName(this.#name)}" returned no text. Return a URL: postgres://user:password@host:5432/database.`;
    throw new SQLError("config_invalid", message);
  }
}

function withoutPassword(url: string | undefined): string {
  // A URL that does not parse is not shown: it may contain a password.
  if (url === undefined || !URL.canParse(url)) return "a URL that cannot be parsed";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** Adapts a connection to the interface that migrations use. */
export function forMigrations(connection: Connection): MigrationConnection {
  return {
    async query(text, parameters) {
      if (parameters) return { rows: await connection.rawQueryAll(text, ...parameters) };
      await connection.rawExec(text);
      return { rows: [] };
    },
  };
}

/** Opens a pool for a URL and takes one connection of it; closing the connection closes the pool. */
export async function openConnection(url: string): Promise<ClosableConnection> {
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
