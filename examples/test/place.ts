import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "pg";

const SERVICE = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

/** The folder of all examples. */
export const EXAMPLES = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** What a program leaves beside its sources. */
const MADE = new Set(["node_modules", "dist", ".twinloop", "generated"]);

/** Stands in for what `prisma generate` writes, whose command line has install scripts. */
const PRISMA_CLIENT = join(EXAMPLES, "../packages/prisma/test/fixtures/prisma-client.ts");

/** A copy of an example, as somebody has it who has just fetched it. */
export interface Place {
  readonly folder: string;
  /** The folder of the app's package.json: the same, but in a monorepo. */
  readonly app: string;
  /** Where its database is, unless it brings its own. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * Copies an example to a folder of its own.
 *
 * Shape:  `database` is `service` for a new database on the server of the tests, `own` for none: a program that has one then
 *         starts the embedded server.
 */
export async function makePlace(name: string, database: "service" | "own"): Promise<Place> {
  const source = join(EXAMPLES, name);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `twinloop-example-${name}-`)));
  // The user that an embedded server runs as may enter.
  chmodSync(folder, 0o755);
  cpSync(source, folder, { recursive: true, filter: (path) => path === source || !MADE.has(basename(path)) });
  for (const modules of modulesBelow(source)) {
    symlinkSync(modules, join(folder, relative(source, modules)), "junction");
  }
  if (existsSync(join(folder, "schema.prisma"))) cpSync(PRISMA_CLIENT, join(folder, "generated/client.ts"));
  const server = join(folder, "packages/server");
  const created = database === "service" ? await createDatabase() : undefined;
  return {
    folder,
    app: existsSync(server) ? server : folder,
    env: created === undefined ? {} : { DATABASE_URL: created.url },
    remove: async () => {
      await created?.drop();
      removeFolder(folder);
    },
  };
}

/** The installed packages of an example, and of the packages of a monorepo. */
function modulesBelow(folder: string): string[] {
  const parts = join(folder, "packages");
  const inner = existsSync(parts)
    ? readdirSync(parts).flatMap((part) => modulesBelow(join(parts, part)))
    : [];
  const own = join(folder, "node_modules");
  return existsSync(own) ? [own, ...inner] : inner;
}

function removeFolder(folder: string): void {
  // Data of an embedded server that could not be kept in the folder is linked from there.
  const data = join(folder, ".twinloop/postgres/18/data");
  if (existsSync(data)) rmSync(realpathSync(data), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `example_${randomBytes(6).toString("hex")}`;
  await administer(`create database ${name} template template0`);
  const url = new URL(SERVICE);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: SERVICE });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
