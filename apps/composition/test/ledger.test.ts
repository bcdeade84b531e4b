import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import { makePlace, withoutNats } from "../../../tools/suites/nats-place.mjs";
import { makeVhost, withoutRabbitmq } from "../../../tools/suites/vhost.mjs";
import { keepLedger } from "./ledger.ts";

/** `FULL=1` is the long form. */
const KILLS = process.env["FULL"] ? 100 : 4;
const MAX_KILL_MS = 20_000;

const POSTGRES = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twinloop-ledger-"));
});

afterEach(({ task }) => {
  // What a failure needs to be understood.
  if (task.result?.state === "fail") process.stdout.write(`the ledger is kept in ${folder}\n`);
  else rmSync(folder, { recursive: true, force: true });
});

/** A broker of one test, by URL. */
interface Place {
  readonly url: string;
  remove(): void | Promise<void>;
}

const name = (): string => `ledger_${randomBytes(6).toString("hex")}`;

interface Provider {
  readonly provider: string;
  readonly makePlace: () => Place | Promise<Place>;
  /**
   * Deliveries to a killed process that its server may forget to count, one in so many. A NATS server of 2.9 that finds the pull of a
   * client gone takes back the count of another message.
   */
  readonly forgetsOneIn?: number;
  /** Why it is left out. */
  readonly skipped?: string | undefined;
}

const PROVIDERS: readonly Provider[] = [
  {
    provider: "embedded",
    makePlace: () => ({ url: `embedded:${join(folder, "pubsub.redb")}`, remove: () => undefined }),
  },
  { provider: "postgres", makePlace: makeDatabase },
  { provider: "rabbitmq", makePlace: makeVhost, skipped: withoutRabbitmq() },
  { provider: "nats", makePlace, forgetsOneIn: 20, skipped: withoutNats() },
];

async function makeDatabase(): Promise<Place> {
  const database = name();
  const url = new URL(POSTGRES);
  url.pathname = `/${database}`;
  await administer(`create database ${database} template template0`);
  return { url: url.href, remove: () => administer(`drop database ${database} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const admin = new SQLDatabase("admin", { connectionString: POSTGRES });
  await admin.rawExec(statement);
  await admin.close();
}

test.for(PROVIDERS)(
  "on $provider, kill -9 loses nothing that was confirmed and repeats only what was being handled",
  { timeout: 60_000 + KILLS * MAX_KILL_MS },
  async ({ provider, makePlace, forgetsOneIn, skipped }, context) => {
    if (skipped) return context.skip(skipped);
    const place = await makePlace();
    try {
      const outcome = await keepLedger({ PUBSUB_URL: place.url }, join(folder, "ledger"), KILLS);
      const { lost, unexplained, uncounted, ...counts } = outcome;
      process.stdout.write(`${provider}: ${JSON.stringify({ ...counts, lost: lost.length })}\n`);
      expect({ lost, unexplained }).toEqual({ lost: [], unexplained: [] });
      const again = counts.whileRunning + counts.whileSettling;
      const forgotten = forgetsOneIn === undefined ? 0 : Math.ceil(again / forgetsOneIn);
      expect(uncounted.length, uncounted.join()).toBeLessThanOrEqual(forgotten);
      expect(counts.published).toBeGreaterThan(KILLS);
      // Otherwise nothing would have been there that must not come again.
      expect(counts.settled).toBeGreaterThan(0);
    } finally {
      await place.remove();
    }
  },
);
