import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import type { DeclarationModel, Manifest } from "@twinloop/compiler";
import { reportEnvironment } from "./environment.ts";

function declared(name: string, what: string, home: string): DeclarationModel {
  return {
    what,
    package: `@twinloop/${home}`,
    noun: what,
    name,
    file: "app.ts",
    line: 2,
    types: {},
    options: {},
  };
}

const database: DeclarationModel = {
  ...declared("click-counts", "SQLDatabase", "sqldb"),
  provides: "postgres",
};
const manifest = { endpoints: [], declarations: [database] } as unknown as Manifest;

/** An app with a database and another declaration. */
function withDatabase(other: DeclarationModel): Manifest {
  return { ...manifest, declarations: [database, other] };
}

// A folder that finds @twinloop/* as an app does.
const root = fileURLToPath(new URL("..", import.meta.url));

async function report(
  env: NodeJS.ProcessEnv,
  app: Manifest = manifest,
): Promise<{ code: number; text: string }> {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const code = await reportEnvironment(app, { root, env });
  const text = write.mock.calls.map(([chunk]) => String(chunk)).join("");
  write.mockRestore();
  return { code, text };
}

test("what is no secret is printed as it is", async () => {
  const { code, text } = await report({ PORT: "8080" });
  expect(code).toBe(0);
  expect(text).toMatch(/PORT\s+= 8080/);
});

test("a database is read from its own variable or the common one, and must be set in production", async () => {
  const production = { NODE_ENV: "production" };
  expect(await report(production)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/DATABASE_URL_CLICK_COUNTS\s+MISSING/),
  });
  const { code, text } = await report({ ...production, DATABASE_URL: "postgres://canary@db/x" });
  expect(code).toBe(0);
  expect(text).not.toContain("canary");
});

test("a database's URL of another kind is a problem in production too, and shows no password", async () => {
  const env = { NODE_ENV: "production", DATABASE_URL_CLICK_COUNTS: "mysql://me:canary@db/x" };
  const { code, text } = await report(env);
  expect(code).toBe(1);
  expect(text).toContain('The database "click-counts": DATABASE_URL_CLICK_COUNTS is no URL of PostgreSQL');
  expect(text).not.toContain("canary");
});

test("the variable of a database is the one that the running app reads, whatever characters its name has", async () => {
  const app = { ...manifest, declarations: [{ ...database, name: "a--b" }] } as unknown as Manifest;
  expect((await report({}, app)).text).toMatch(/DATABASE_URL_A_B\s+unset/);
});

test("an app with topics is told where their messages are kept, and must say so in production", async () => {
  const app = withDatabase(declared("clicks", "Topic", "pubsub"));
  expect((await report({})).text).not.toContain("PUBSUB_URL");
  expect(await report({}, app)).toMatchObject({
    code: 0,
    text: expect.stringMatching(/PUBSUB_URL\s+unset: the database "click-counts"/),
  });
  const production = { NODE_ENV: "production", DATABASE_URL: "postgres://db/x" };
  expect(await report(production, app)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/PUBSUB_URL\s+MISSING/),
  });
  const { code, text } = await report({ ...production, PUBSUB_URL: "amqp://user:canary@host" }, app);
  expect(code).toBe(0);
  expect(text).not.toContain("canary");
});

test("an app with cron jobs and no database is told of replicas", async () => {
  const job = declared("roll-up", "CronJob", "cron");
  expect((await report({}, withDatabase(job))).text).not.toContain("REPLICAS");
  const alone = { ...manifest, declarations: [job] };
  expect((await report({ REPLICAS: "3" }, alone)).text).toMatch(/REPLICAS\s+= 3/);
});

test("an app with services is told where they run, and what is wrong with a variable that says so", async () => {
  const users = { ...declared("users", "Service", "api"), provides: "service" } as DeclarationModel;
  const app = withDatabase(users);
  expect((await report({})).text).not.toContain("SERVICE_");
  const { code, text } = await report({}, app);
  expect(code).toBe(0);
  expect(text).toMatch(/SERVICE_USERS_URL\s+unset: in this process/);
  expect(text).toMatch(/SERVICE_AUTH_SECRET\s+unset: calls of other processes are not taken/);
  const wrong = await report({ SERVICE_USER_URL: "http://users", SERVICE_AUTH_SECRET: "short canary" }, app);
  expect(wrong).toMatchObject({ code: 1, text: expect.stringContaining("SERVICE_AUTH_SECRET[0] has fewer") });
  expect(wrong.text).toContain("SERVICE_USER_URL names no service of the app\n");
  expect(wrong.text).not.toContain("canary");
  const auth = { ...app, authHandlers: [{ name: "default" }] } as unknown as Manifest;
  expect(await report({ SERVICE_USERS_URL: "http://users" }, auth)).toMatchObject({
    code: 1,
    text: expect.stringContaining("the auth data of calls cannot go there unsigned"),
  });
});
