import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const FIXTURE = fileURLToPath(new URL("fixtures/isolates.mjs", import.meta.url));

/** `FULL=1` is the long form. */
const ENDS = process.env["FULL"]
  ? { terminate: 1000, exit: 100, throw: 100 }
  : { terminate: 40, exit: 5, throw: 5 };
const MAX_ROUND_MS = 3_000;

/** What the fixture tells when all of its workers have ended. */
interface Told {
  readonly statuses: Readonly<Record<string, number>>;
  readonly published: number;
  readonly halves: number;
  readonly open: number;
  readonly isolates: number;
}

/** Ends so many workers; fails unless the process ends by itself with 0. */
async function endWorkers(how: string, rounds: number): Promise<Told> {
  const name = `twinloop_isolates_${randomBytes(6).toString("hex")}`;
  const admin = new SQLDatabase("admin", { connectionString: SERVER });
  await admin.rawExec(`create database ${name} template template0`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [FIXTURE, how, String(rounds)], {
      env: {
        ...process.env,
        // Its requests are counted by themselves.
        ACCESS_LOG: "off",
        PORT: "0",
        DATABASE_URL_SERVED: url.href,
        PUBSUB_URL: "memory:",
        LOG_LEVEL: "error",
      },
      timeout: 30_000 + rounds * MAX_ROUND_MS,
    });
    return JSON.parse(/ended (.*)/.exec(stdout)![1]!) as Told;
  } finally {
    await admin.rawExec(`drop database ${name} with (force)`);
    await admin.close();
  }
}

test.each(Object.entries(ENDS))(
  "S14, S15, S26: workers that end by %s, %d times, with requests, queries and deliveries in flight cost nothing else",
  { timeout: 60_000 + Math.max(...Object.values(ENDS)) * MAX_ROUND_MS },
  async (how, rounds) => {
    const { statuses, published, ...left } = await endWorkers(how, rounds);
    // No transaction is half done, none is open, and nobody but the main isolate is left.
    expect(left).toEqual({ halves: 0, open: 0, isolates: 1 });
    // What is safe to repeat was answered by another isolate; the rest was told to come again, and nothing hung.
    expect(Object.keys(statuses).filter((key) => !["GET 200", "POST 200", "POST 503"].includes(key))).toEqual(
      [],
    );
    expect(published).toBeGreaterThan(rounds);
    console.log(
      `${rounds} workers ended by ${how}: ${JSON.stringify(statuses)}, ${published} messages handled`,
    );
  },
);
