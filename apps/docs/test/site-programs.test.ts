import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SQLDatabase } from "@twinloop/sqldb";
import { afterAll, expect, test, vi } from "vitest";
import { runCommand } from "../../../tools/setup/command.mjs";
import { makeVhost, withoutRabbitmq } from "../../../tools/suites/vhost.mjs";
import { COMPILER_OPTIONS, makeFolder, runApp, writeApp } from "./run-page.ts";
import { fragments, pageApps } from "./site-pages.ts";

// A process for each app of a page, which compiles its types first.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000, maxConcurrency: 3 });

const TSC = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url));
const apps = pageApps();
const folder = makeFolder();
const server = new SQLDatabase("test", { connectionString: process.env["DATABASE_URL"] ?? "" });
const folders = new Map(apps.map((app, at) => [app.name, join(folder, `app-${at}`)]));
for (const app of apps) {
  mkdirSync(folders.get(app.name)!);
  writeApp(folders.get(app.name)!, app);
}

/** Types of what pages use and Twinloop does not bring. */
const FOREIGN = `declare module "express" {
  interface App { (req: any, res: any): void; use(...given: unknown[]): App; get(path: string, handle: (req: any, res: any) => unknown): App }
  const express: { (): App; json(): unknown };
  export default express;
}
`;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the programs of all pages of the site have no type error", async () => {
  writeFileSync(join(folder, "foreign.d.ts"), FOREIGN);
  const include = ["foreign.d.ts", "app-*/src", "app-*/*.ts"];
  const typeRoots = [fileURLToPath(new URL("../../../node_modules/@types", import.meta.url))];
  const compilerOptions = { ...COMPILER_OPTIONS, typeRoots };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const { stdout } = await runCommand(TSC, ["-p", folder]);
  expect(stdout).toBe("");
});

test("a program that is not run says why", () => {
  expect(fragments().filter(({ reason }) => reason.length < 10)).toEqual([]);
  expect(fragments().length).toBeLessThan(5);
});

test.concurrent.for(apps)("the app of $name starts, and stops cleanly", async (app, context) => {
  const home = folders.get(app.name)!;
  if (Object.values(app.files).some((text) => text.includes("history: {"))) {
    const skipped = withoutRabbitmq();
    if (skipped !== undefined) return context.skip(skipped);
    const vhost = await makeVhost();
    try {
      return await runApp(home, app, { PUBSUB_URL: vhost.url });
    } finally {
      await vhost.remove();
    }
  }
  const usesDatabase = Object.values(app.files).some((text) => text.includes("new SQLDatabase("));
  if (!usesDatabase) return runApp(home, app, {});
  const name = `docs_${process.pid}_${/\d+$/.exec(home)![0]}`;
  await server.rawExec(`create database ${name}`);
  try {
    const url = new URL(process.env["DATABASE_URL"] ?? "");
    url.pathname = `/${name}`;
    await runApp(home, app, { DATABASE_URL: url.href });
  } finally {
    await server.rawExec(`drop database ${name} with (force)`);
  }
});
