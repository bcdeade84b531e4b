import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverAccount } from "../dist/account.js";
import { prepareCluster, type Cluster } from "../dist/cluster.js";
import { findPostgresPackage } from "../dist/index.js";
import { Postmaster } from "../dist/postmaster.js";
import { placePrograms } from "../dist/programs.js";
import type { Programs } from "../dist/program.js";
import { SQLDatabase, SQLError } from "@twinloop/sqldb";
import { until } from "../../sqldb/test/test-database.ts";

// Below the ports that systems hand out by themselves: nobody takes it while the server is down.
const PORT = 12_000 + (process.pid % 8_000);
const CONNECTIONS = 6;

let home = "";
let cluster: Cluster & { readonly password: string };
let programs: Programs;
let postmaster: Postmaster;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "twinloop-restart-"));
  chmodSync(home, 0o755);
  const account = serverAccount(join(home, "data"));
  const source = findPostgresPackage(fileURLToPath(new URL("..", import.meta.url)))!;
  programs = { bin: await placePrograms(source, account), account };
  const { password, ...made } = await prepareCluster(home, programs);
  if (password === undefined) throw new Error("a new cluster has a password");
  cluster = { ...made, password };
  await start();
});

afterAll(async () => {
  await postmaster.stop();
  const data = realpathSync(cluster.data);
  rmSync(data, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<void> {
  postmaster = await Postmaster.start({ cluster, programs, port: PORT, log: join(home, "postgres.log") });
}

/** Stops the server: by SIGINT it ends its connections in order, by SIGQUIT it falls over and recovers at the next start. */
async function stop(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
  process.kill(Number(readFileSync(join(cluster.data, "postmaster.pid"), "utf8").split("\n")[0]), signal);
  await postmaster.exited;
}

function open(name: string): SQLDatabase {
  const url = `postgres://postgres:${cluster.password}@127.0.0.1:${PORT}/postgres?application_name=${name}`;
  return new SQLDatabase(name, { connectionString: url, maxConnections: CONNECTIONS });
}

interface Write {
  readonly id: number;
  readonly ms: number;
  readonly failure?: SQLError;
}

/** Writers that never stop at a failure, each write made once, until told to end. */
class Load {
  readonly writes: Write[] = [];
  readonly #workers: Promise<void>[];
  #on = true;
  #id = 0;

  constructor(db: SQLDatabase) {
    this.#workers = Array.from({ length: 20 }, async () => {
      while (this.#on) await this.#write(db, ++this.#id);
    });
  }

  async #write(db: SQLDatabase, id: number): Promise<void> {
    const began = performance.now();
    const failure = await db.exec`insert into written values (${id})`.then(
      () => undefined,
      (error: SQLError) => error,
    );
    this.writes.push({ id, ms: performance.now() - began, ...(failure && { failure }) });
    // A server that is down refuses at once: without a pause nothing else would get a turn.
    if (failure) await sleep(5);
  }

  async end(): Promise<void> {
    this.#on = false;
    await Promise.all(this.#workers);
  }
}

const PASSING = /^(57P0[123]|connection_lost|connect_failed)$/;
/** It failed before the statement was sent. */
const UNSENT = /^(57P03|connect_failed)$/;

test.each(["SIGINT", "SIGQUIT"] as const)(
  "a server that restarts by %s under load is found again",
  async (signal) => {
    const db = open(`restart-${signal}`);
    await db.rawExec("drop table if exists written; create table written (id int not null)");
    const load = new Load(db);
    let attempts = 0;
    const transaction = db
      .transaction(async (tx) => {
        attempts++;
        await tx.exec`insert into written values (-1)`;
        await sleep(600);
      })
      .catch((error: SQLError) => error);
    await sleep(300);
    await stop(signal);
    await sleep(300);
    await start();
    const back = performance.now();
    await until(() => db.queryRow`select 1 as one`.catch(() => false as const), 1000);
    expect(performance.now() - back).toBeLessThan(1000);
    const before = load.writes.length;
    await until(() => load.writes.slice(before).filter(({ failure }) => !failure).length > 100, 3000);
    await load.end();

    const counted = await db.queryAll<{ id: number; n: number }>`
    select id, count(*)::int as n from written group by id`;
    const times = new Map(counted.map(({ id, n }) => [id, n]));
    const failed = load.writes.filter(({ failure }) => failure);
    expect(failed.length).toBeGreaterThan(0);
    for (const { failure } of failed) {
      expect(failure).toBeInstanceOf(SQLError);
      expect(failure!.code).toMatch(PASSING);
    }
    expect(Math.max(...failed.map(({ ms }) => ms))).toBeLessThan(2000);
    expect([...times.values()].filter((n) => n > 1)).toEqual([]);
    const lost = load.writes.filter(({ id, failure }) => !failure && times.get(id) !== 1);
    expect(lost).toEqual([]);
    const unsent = failed.filter(({ id, failure }) => UNSENT.test(failure!.code) && times.has(id));
    expect(unsent).toEqual([]);

    expect(await transaction).toMatchObject({ code: expect.stringMatching(PASSING) });
    expect(attempts).toBe(1);
    expect(times.has(-1)).toBe(false);

    const counts = await db.poolCounts();
    expect(counts).toMatchObject({ used: 0, waiting: 0 });
    const watcher = open("watcher");
    const sessions = await watcher.queryAll`
    select state from pg_stat_activity where application_name = ${`restart-${signal}`}`;
    expect(sessions.length).toBe(counts.open);
    expect(sessions.length).toBeLessThanOrEqual(CONNECTIONS);
    expect(sessions.filter(({ state }) => state !== "idle")).toEqual([]);
    await db.close();
    await until(
      async () =>
        (
          await watcher.queryAll`select 1 from pg_stat_activity where application_name = ${`restart-${signal}`}`
        ).length === 0,
    );
    await watcher.close();
  },
);

test("a server that is down is one clear error, at once", async () => {
  const db = open("down");
  await db.queryRow`select 1`;
  await stop("SIGINT");
  const began = performance.now();
  const failures = await Promise.all(
    Array.from({ length: 50 }, () => db.queryRow`select 1`.catch((error: SQLError) => error.code)),
  );
  expect(new Set(failures)).toEqual(new Set(["connect_failed"]));
  expect(performance.now() - began).toBeLessThan(1000);
  await start();
  expect(await db.queryRow`select 1 as one`).toEqual({ one: 1 });
  await db.close();
});
