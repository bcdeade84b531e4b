import { randomBytes } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import { makeVhost, withoutRabbitmq } from "../../../tools/suites/vhost.mjs";

vi.setConfig({ testTimeout: 120_000 });

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
// It would go before what is said here, and the databases here are two.
delete process.env["DATABASE_URL"];
const APP = fileURLToPath(new URL("fixtures/orders.mjs", import.meta.url));
const PER_RUN = 60;

/** A database of the test's own, and a folder for what is not in it. */
async function makePlace(): Promise<{
  readonly url: string;
  readonly folder: string;
  readonly db: SQLDatabase;
}> {
  const name = `twinloop_orders_${randomBytes(6).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "twinloop-orders-"));
  const admin = new SQLDatabase("admin", { connectionString: SERVER });
  await admin.rawExec(`create database ${name} template template0`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  const db = new SQLDatabase("orders", { connectionString: url.href });
  onTestFinished(async () => {
    await db.close();
    await admin.rawExec(`drop database ${name} with (force)`);
    await admin.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { url: url.href, folder, db };
}

interface App {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Waits until `reached` throws no more; an app that ends before is told at once, with what it has printed. */
  readonly until: (reached: () => unknown, interval?: number) => Promise<void>;
}

function run(env: NodeJS.ProcessEnv): App {
  const child = spawn(process.execPath, [APP], {
    env: { ...process.env, NODE_ENV: "development", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
  const ended = once(child, "close").then(([code, signal]) => {
    throw new Error(`the app ended by itself, with ${code ?? signal}:\n${output}`);
  });
  ended.catch(() => undefined);
  const until = async (reached: () => unknown, interval = 50): Promise<void> => {
    await Promise.race([vi.waitFor(reached, { timeout: 60_000, interval }), ended]);
  };
  return { child, output: () => output, until };
}

async function count(db: SQLDatabase, table: "placed" | "booked"): Promise<number> {
  const row = await db.rawQueryRow<{ count: number }>(`select count(*)::int as count from ${table}`);
  return row!.count;
}

interface Provider {
  readonly provider: string;
  readonly locate: (folder: string) => string | Promise<string>;
  /** Why it is left out. */
  readonly skipped?: string | undefined;
}

const PROVIDERS: readonly Provider[] = [
  { provider: "postgres", locate: () => "postgres:" },
  {
    provider: "embedded, through the outbox",
    locate: (folder) => `embedded:${join(folder, "pubsub.redb")}`,
  },
  { provider: "rabbitmq, through the outbox", locate: ownVhost, skipped: withoutRabbitmq() },
];

async function ownVhost(): Promise<string> {
  const { url, remove } = await makeVhost();
  onTestFinished(remove);
  return url;
}

test.for(PROVIDERS)(
  "on $provider, what commits is published and handled exactly once, over a kill -9 too",
  async ({ locate, skipped }, context) => {
    if (skipped) return context.skip(skipped);
    const { url, folder, db } = await makePlace();
    const env = { DATABASE_URL_SHOP: url, PUBSUB_URL: await locate(folder) };
    const first = run({ ...env, FROM: "1", TO: String(PER_RUN) });
    await first.until(async () => expect(await count(db, "booked"), first.output()).toBeGreaterThan(5), 5);
    first.child.kill("SIGKILL");
    await once(first.child, "close");

    const second = run({ ...env, FROM: String(PER_RUN), TO: String(2 * PER_RUN) });
    await second.until(() => expect(second.output()).toMatch(/^placed$/m));
    const placed = await count(db, "placed");
    // Of the second run, what was not called off was placed.
    expect(placed).toBeGreaterThanOrEqual((PER_RUN * 2) / 3);
    await second.until(async () => expect(await count(db, "booked"), second.output()).toBe(placed), 100);
    second.child.kill("SIGTERM");
    const [code] = (await once(second.child, "close")) as [number | null];
    expect(code, second.output()).toBe(0);

    const wrong = await db.rawQueryAll(
      "select coalesce(p.id, b.id) as id, count(b.id)::int as booked from placed p full join booked b on b.id = p.id group by 1 having count(p.id) <> 1 or count(b.id) <> 1",
    );
    expect(wrong).toEqual([]);
    const retried = await db.rawQueryAll("select id from booked where id % 7 = 0 and attempt = 1");
    expect(retried).toEqual([]);
  },
);
