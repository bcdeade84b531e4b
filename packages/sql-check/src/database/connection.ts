import postgres from "postgres";

/** One connection to a server, over which statements are described and never run. */
export type ScratchConnection = postgres.Sql;

/** How long a connection may take to open, in seconds. */
const CONNECT_WITHIN_S = 20;

/** Opens one connection at the first statement. Errors appear there. */
export function connect(url: string, database?: string): ScratchConnection {
  return postgres(url, {
    max: 1,
    prepare: false,
    fetch_types: false,
    connect_timeout: CONNECT_WITHIN_S,
    onnotice: () => undefined,
    connection: { application_name: "twinloop-sql-check" },
    ...(database === undefined ? {} : { database }),
  });
}

/** The field `code` of an error: an SQLSTATE where the server has sent it. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}
