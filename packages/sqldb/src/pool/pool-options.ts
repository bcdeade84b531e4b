import type { SQLDatabaseOptions } from "../options.ts";

/** The options of a pool under node-postgres' names, which libraries read to open connections of their own. */
export interface PoolOptions {
  /** The most connections of the pool. */
  readonly max: number;
  /** The connections that are kept open without work; always 0. */
  readonly min: number;
  /** Milliseconds without work after which a connection is closed. */
  readonly idleTimeoutMillis: number;
  /** Milliseconds that a caller waits for a connection. */
  readonly connectionTimeoutMillis: number;
  /** Seconds after which a connection is replaced. */
  readonly maxLifetimeSeconds: number;
  /** The number of uses after which a connection is replaced; always `Infinity`. */
  readonly maxUses: number;
  /** Whether an idle pool lets the process end; always true. */
  readonly allowExitOnIdle: boolean;
  /** The server's host, from the database's URL. */
  readonly host: string | undefined;
  /** The server's port, from the database's URL. */
  readonly port: number | undefined;
  /** The role that connects, from the database's URL. */
  readonly user: string | undefined;
  /** The database's name on the server, from its URL. */
  readonly database: string | undefined;
  /** Whether connections use TLS, and whether the server's certificate is checked. */
  readonly ssl: boolean | { readonly rejectUnauthorized: boolean };
  /** The password; not enumerable, so that printing the options does not show it. */
  readonly password?: string | undefined;
}

/** The options of a database's pool. The URL is resolved when a property is read. */
export function poolOptions(options: SQLDatabaseOptions, findUrl: () => string): PoolOptions {
  const place = (): URL | undefined => {
    try {
      return new URL(findUrl());
    } catch {
      return undefined;
    }
  };
  const text = (part: string | undefined): string | undefined =>
    part ? decodeURIComponent(part) : undefined;
  return Object.defineProperty(
    {
      max: options.maxConnections ?? 10,
      min: 0,
      idleTimeoutMillis: Math.min(options.idleTimeout ?? 60_000, 2_147_483_647),
      connectionTimeoutMillis: options.acquireTimeout ?? 10_000,
      maxLifetimeSeconds: (options.maxLifetime ?? 3_600_000) / 1_000,
      maxUses: Infinity,
      allowExitOnIdle: true,
      get host() {
        const url = place();
        return url?.searchParams.get("host") ?? text(url?.hostname.replace(/^\[|\]$/g, ""));
      },
      get port() {
        const url = place();
        return url && Number(url.port || url.searchParams.get("port") || 5432);
      },
      get user() {
        return text(place()?.username);
      },
      get database() {
        return text(place()?.pathname.slice(1));
      },
      get ssl() {
        const mode = place()?.searchParams.get("sslmode") ?? "disable";
        if (mode.startsWith("verify")) return true;
        return mode === "require" ? { rejectUnauthorized: false } : false;
      },
    },
    "password",
    { enumerable: false, configurable: true, get: () => text(place()?.password) },
  );
}
