import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SQLDatabase } from "@twinloop/sqldb";
import { startEmbedded } from "@twinloop/postgres-embedded";
import { makeVhost, withoutRabbitmq } from "../../../tools/suites/vhost.mjs";

/** The demo as it is built. */
const BUILT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const SERVICE = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
// What the tests open by a URL of their own is not to be the environment's.
delete process.env["DATABASE_URL"];
// Each demo finds the root of its own copy.
delete process.env["TWINLOOP_ROOT"];

/** Where a demo runs and keeps its links, apart from every other. */
export interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Opens its database, beside demos that run there or without any. */
  openDatabase(): Promise<OpenDatabase>;
  /** Removes the links and all else, once no demo runs there. */
  remove(): Promise<void>;
}

/** A database in use. */
export interface OpenDatabase {
  readonly url: string;
  close(): Promise<void>;
}

/** What the demo is tested on, and how a place is made there. */
export interface Provider {
  readonly provider: string;
  readonly makePlace: () => Promise<Place>;
  /** Why it is left out. */
  readonly skipped?: string | undefined;
}

/** Where links may be. */
export const PROVIDERS: readonly Provider[] = [
  { provider: "the embedded PostgreSQL", makePlace: embeddedPlace },
  { provider: "a PostgreSQL by DATABASE_URL", makePlace: servicePlace },
];

/** Messages apart from links. */
export const RABBITMQ: Provider = {
  provider: "RabbitMQ",
  makePlace: rabbitPlace,
  skipped: withoutRabbitmq(),
};

/** A copy of the demo that brings its own server along. */
export async function embeddedPlace(): Promise<Place> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "twinloop-demo-")));
  // As in any app's folder, the user that the server runs as may enter.
  chmodSync(folder, 0o755);
  for (const name of ["package.json", "dist", "public", "migrations", ".env", ".twinloop"]) {
    const filter = (source: string): boolean => basename(source) !== "postgres";
    cpSync(join(BUILT, name), join(folder, name), { recursive: true, filter });
  }
  symlinkSync(join(BUILT, "node_modules"), join(folder, "node_modules"), "junction");
  const openDatabase = async (): Promise<OpenDatabase> => {
    const server = await startEmbedded(folder);
    return { url: inDatabase(server.url, "links"), close: () => server.stop() };
  };
  return { folder, env: {}, openDatabase, remove: async () => removeFolder(folder) };
}

function removeFolder(folder: string): void {
  const postgres = join(folder, ".twinloop", "postgres");
  // Data that could not be kept in the folder is linked from there.
  const data = join(postgres, "18", "data");
  if (existsSync(data)) rmSync(realpathSync(data), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

/** The demo with a new database on the server that runs already. */
export async function servicePlace(): Promise<Place> {
  const name = `demo_${randomBytes(6).toString("hex")}`;
  const url = inDatabase(SERVICE, name);
  await administer(`create database ${name} template template0`);
  return {
    folder: BUILT,
    env: { DATABASE_URL: url },
    openDatabase: async () => ({ url, close: async () => undefined }),
    remove: () => administer(`drop database ${name} with (force)`),
  };
}

/** The demo with a new database, and a vhost on RabbitMQ for its messages. */
async function rabbitPlace(): Promise<Place> {
  const [place, vhost] = await Promise.all([servicePlace(), makeVhost()]);
  const remove = async (): Promise<void> => {
    await place.remove();
    await vhost.remove();
  };
  return { ...place, env: { ...place.env, PUBSUB_URL: vhost.url }, remove };
}

function inDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function administer(statement: string): Promise<void> {
  const admin = new SQLDatabase("admin", { connectionString: SERVICE });
  await admin.rawExec(statement);
  await admin.close();
}
