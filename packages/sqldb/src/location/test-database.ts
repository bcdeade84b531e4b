import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SQLError } from "../error.ts";
import {
  loadRunner,
  type MigrationConnection,
  type MigrationRequest,
} from "../migrations/migration-runner.ts";
import { connectAnywhere, type ClosableConnection, type Connect } from "./ensure-database.ts";
import { onServer } from "./server-url.ts";

/** The database of an app that a test gets a copy of. */
export interface TestedDatabase {
  /** The name of the app. */
  readonly app: string;
  /** The absolute path of the app's folder. */
  readonly root: string;
  /** The name of the database in the app's code. */
  readonly name: string;
  /** The URL of any database of the server, whose role may create databases. */
  readonly server: string;
  /** The database's migrations; `undefined` where it has none, and the copy is empty. */
  readonly migrations: MigrationRequest | undefined;
}

/** A copy that exists: the database's URL, and what names the copy on the server. */
export interface TestDatabaseCopy {
  readonly url: string;
  readonly name: string;
}

/** The beginning of the name of every copy and template, by which a sweep tells them from databases of people. */
const PREFIX = "twinloop_test";
/** For how long nobody sweeps a copy whose process has not locked it yet. */
const FRESH_MS = 60_000;
/** For how long an unused template is kept. */
const KEPT_MS = 7 * 86_400_000;
/** How long to wait for another process that makes the template. */
const TEMPLATE_WITHIN_MS = 300_000;
const POLL_MS = 20;
/** How often a copy is tried again where its template disappears or is still connected to. */
const TRIES = 5;

/** SQLSTATEs of a copy whose template is gone, or is still being disconnected from. */
const AGAIN: ReadonlySet<unknown> = new Set(["3D000", "55006"]);
const DENIED = "42501";

/**
 * Makes a copy of a database for a test: `create database … template …` of a template that is migrated once for each state of the
 * migrations.
 *
 * Units:  some 30 ms for a template with a few tables; the first copy takes as long as the migrations.
 * Errors: `42501` with the statement to run where the role may not create databases; what the migrations throw.
 */
export async function copyForTest(tested: TestedDatabase, connect: Connect): Promise<TestDatabaseCopy> {
  const connection = await connectAnywhere(tested.server, connect);
  try {
    return await makeCopy(tested, { connection, connect });
  } finally {
    await connection.close();
  }
}

/** A copy that this process uses: while its connection lives, nobody else removes the copy. */
export class HeldCopy {
  readonly copy: TestDatabaseCopy;
  readonly #connection: ClosableConnection;

  private constructor(copy: TestDatabaseCopy, connection: ClosableConnection) {
    this.copy = copy;
    this.#connection = connection;
  }

  /** Makes a copy and holds it, or holds one that exists. Errors: as `copyForTest`. */
  static async open(
    tested: TestedDatabase,
    existing: TestDatabaseCopy | undefined,
    connect: Connect,
  ): Promise<HeldCopy> {
    const connection = await connectAnywhere(tested.server, connect);
    try {
      const copy = existing ?? (await makeCopy(tested, { connection, connect }));
      await connection.query("select pg_advisory_lock(hashtextextended($1, 0))", [copy.name]);
      return new HeldCopy(copy, connection);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Removes the copy, and those that killed processes have left. */
  async drop(): Promise<void> {
    try {
      await this.#connection.query(`drop database if exists "${this.copy.name}" with (force)`);
      await sweep(this.#connection, prefixIn(this.copy.name));
    } finally {
      await this.#connection.close();
    }
  }
}

/** A connection to the server, and how to open further ones, for the template's migrations. */
interface Server {
  readonly connection: MigrationConnection;
  readonly connect: Connect;
}

/**
 * Makes a copy whose name tells when it was made: `<prefix>_c_<time in base 36>_<random>`. The template may be swept
 * between its making and its copying, which is why both are in the loop.
 */
async function makeCopy(tested: TestedDatabase, server: Server): Promise<TestDatabaseCopy> {
  const { connection } = server;
  try {
    const prefix = await prefixOf(tested, connection);
    const template = `${prefix}_${await fingerprint(tested)}`;
    const name = `${prefix}_c_${Date.now().toString(36)}_${randomBytes(4).toString("hex")}`;
    for (let tries = TRIES; ; tries--) {
      await makeTemplate(tested, template, server);
      try {
        await connection.query(`create database "${name}" template "${template}"`);
        return { url: onServer(tested.server, name), name };
      } catch (error) {
        if (!AGAIN.has(codeOf(error)) || tries === 1) throw error;
        await sleep(POLL_MS);
      }
    }
  } catch (error) {
    throw codeOf(error) === DENIED ? denied(error) : error;
  }
}

/** The beginning of the names of a copy and of all others of its database. */
function prefixIn(name: string): string {
  return name.slice(0, name.indexOf("_c_"));
}

/** The beginning of the names of all copies and templates of a database. Locks count within the database of the connection. */
async function prefixOf({ app, name }: TestedDatabase, connection: MigrationConnection): Promise<string> {
  const { rows } = await connection.query("select current_database() as here", []);
  return `${PREFIX}_${hash([app, name, String(rows[0]?.["here"])]).slice(0, 8)}`;
}

/** The state of the migrations, which names the template. */
async function fingerprint({ migrations, name, root }: TestedDatabase): Promise<string> {
  if (migrations === undefined) return "empty";
  const runner = await loadRunner(name, root);
  return hash([runner.fingerprint(migrations)]).slice(0, 12);
}

async function makeTemplate(
  tested: TestedDatabase,
  template: string,
  { connection, connect }: Server,
): Promise<void> {
  if (await isReady(connection, template)) return;
  await locked(connection, template, async () => {
    if (await isReady(connection, template)) return;
    // One that is not ready was left by a process that was killed, or whose migrations have failed.
    await connection.query(`drop database if exists "${template}" with (force)`);
    await connection.query(`create database "${template}" template template0`);
    await migrate(tested, onServer(tested.server, template), connect);
    await connection.query(`alter database "${template}" with is_template true allow_connections false`);
    await connection.query(`comment on database "${template}" is '${Date.now()}'`);
  });
}

async function isReady(connection: MigrationConnection, template: string): Promise<boolean> {
  const { rows } = await connection.query(
    `select shobj_description(oid, 'pg_database') as used from pg_database where datname = $1 and datistemplate`,
    [template],
  );
  if (rows[0] === undefined) return false;
  // Noted a few times in its life, and not at each use.
  if (Number(rows[0]["used"]) < Date.now() - KEPT_MS / 7)
    await connection.query(`comment on database "${template}" is '${Date.now()}'`).catch(() => undefined);
  return true;
}

async function migrate(
  { migrations, name, root }: TestedDatabase,
  url: string,
  connect: Connect,
): Promise<void> {
  if (migrations === undefined) return;
  const runner = await loadRunner(name, root);
  const own = await connect(url);
  try {
    await runner.run(own, migrations);
  } finally {
    await own.close();
  }
}

/** Runs `work` while no other process makes this template. Polled: a wait in the server would count as a slow query. */
async function locked(
  connection: MigrationConnection,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + TEMPLATE_WITHIN_MS;
  while (!(await tryLock(connection, name))) {
    if (Date.now() > deadline)
      throw new SQLError(
        "config_invalid",
        `Another process has been making the template ${name} for 5 minutes.`,
      );
    await sleep(POLL_MS);
  }
  try {
    await work();
  } finally {
    await unlock(connection, name);
  }
}

/** Removes copies whose processes are gone, and templates that nobody has used for a week. */
async function sweep(connection: MigrationConnection, prefix: string): Promise<void> {
  const { rows } = await connection.query(
    `select datname as name, datistemplate as template, shobj_description(oid, 'pg_database') as used
       from pg_database where starts_with(datname, $1)`,
    [`${prefix}_`],
  );
  for (const { name: found, template, used } of rows) {
    const name = String(found);
    const made = Number.parseInt(/_c_([0-9a-z]+)_/.exec(name)?.[1] ?? "", 36);
    const isOld = template === true ? Number(used) < Date.now() - KEPT_MS : made < Date.now() - FRESH_MS;
    if (!isOld || !(await tryLock(connection, name))) continue;
    try {
      if (template === true) await connection.query(`alter database "${name}" with is_template false`);
      await connection.query(`drop database if exists "${name}" with (force)`);
    } catch {
      // Another process sweeps too, or the database belongs to another role.
    } finally {
      await unlock(connection, name);
    }
  }
}

async function tryLock(connection: MigrationConnection, name: string): Promise<boolean> {
  const { rows } = await connection.query("select pg_try_advisory_lock(hashtextextended($1, 0)) as taken", [
    name,
  ]);
  return rows[0]?.["taken"] === true;
}

async function unlock(connection: MigrationConnection, name: string): Promise<void> {
  await connection.query("select pg_advisory_unlock(hashtextextended($1, 0))", [name]);
}

function denied(error: unknown): SQLError {
  const message =
    "A test needs a database of its own, and the role of the URL may not create one. Run `alter role … createdb` as a superuser.";
  return new SQLError(DENIED, message, {}, error);
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
