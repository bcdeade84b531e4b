import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";

/** The key of the advisory lock that all migrations of a database take: "twinloop" as bytes. */
const LOCK = "8392292353614770032";
const POLL_MS = 100;

/**
 * Runs `work` while no other process migrates this database.
 *
 * The lock is polled, never waited for inside the server: a waiting statement would block a `create index concurrently`
 * of the lock's holder, a deadlock.
 *
 * Errors: `migration_locked` after `withinMs`, with the holder of the lock.
 */
export async function withLock<T>(
  connection: Connection,
  withinMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  while (!(await tryLock(connection))) {
    if (Date.now() >= deadline) throw locked(withinMs, await holder(connection));
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    // A lost connection has released its lock too.
    await connection.query("select pg_advisory_unlock($1::text::bigint)", [LOCK]).catch(() => {});
  }
}

async function tryLock(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query("select pg_try_advisory_lock($1::text::bigint) as taken", [LOCK]);
  return rows[0]?.["taken"] === true;
}

async function holder(connection: Connection): Promise<string> {
  const { rows } = await connection.query(
    `select format('process %s of the server (%s, from %s)', a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'),
                   coalesce(host(a.client_addr), 'here')) as who
       from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and (l.classid::bigint << 32) | l.objid::bigint = $1::text::bigint
        and l.database = (select oid from pg_database where datname = current_database())`,
    [LOCK],
  );
  return String(rows[0]?.["who"] ?? "another process");
}

function locked(withinMs: number, who: string): MigrationError {
  const message = `Another process is migrating this database: ${who} has held the lock for more than ${Math.round(withinMs / 1_000)} s. Wait for it, or end it with pg_terminate_backend.`;
  return new MigrationError([{ code: "migration_locked", message }]);
}
