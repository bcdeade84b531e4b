import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, server, until, urlOf } from "../../sqldb/test/test-database.ts";
import { SQLDatabase } from "@twinloop/sqldb";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));
// Inside the package, where the programs' imports are found.
const folder = fileURLToPath(new URL(`../.pages-${process.pid}/`, import.meta.url));

interface Program {
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

/** The programs of a page: each fenced block of code, under its heading. */
function programsOf(page: string): Program[] {
  const programs: Program[] = [];
  for (const section of page.split(/^## /m)) {
    const title = section.slice(0, section.indexOf("\n"));
    for (const [, language, code] of section.matchAll(/^```(ts|js|sql|prisma)\n([^]*?)^```$/gm)) {
      programs.push({ title, language: language!, code: code! });
    }
  }
  return programs;
}

/** What a program says that it prints: its comments at the start of a line. */
function printed(code: string): string {
  return [...code.matchAll(/^\/\/ (.*\n)/gm)].map(([, line]) => line).join("");
}

const page = await readFile(`${root}docs/orms.md`, "utf8");
const programs = programsOf(page);
const [table] = programs.filter(({ language }) => language === "sql");
const [schema] = programs.filter(({ language }) => language === "prisma");
const runnable = programs.filter(({ language }) => language === "ts" || language === "js");
const generated = fileURLToPath(new URL("fixtures/prisma-client.ts", import.meta.url));
const fileOf = ({ title, language }: Program) =>
  `${title.toLowerCase().replace(/[^a-z]+/g, "-")}.${language}`;

beforeAll(async () => {
  await mkdir(`${folder}generated`, { recursive: true });
  await copyFile(generated, `${folder}generated/client.ts`);
  for (const program of runnable) await writeFile(folder + fileOf(program), program.code);
  const compilerOptions = {
    rootDir: ".",
    outDir: "out",
    allowJs: true,
    checkJs: false,
    declaration: false,
    isolatedDeclarations: false,
    noImplicitAny: true,
  };
  const project = { extends: `${root}tsconfig.base.json`, compilerOptions, include: ["**/*.ts", "*.js"] };
  await writeFile(`${folder}tsconfig.json`, JSON.stringify(project));
});

afterAll(() => rm(folder, { recursive: true }));

test("the page's programs are correct under tsc --strict", async () => {
  const { stdout } = await run(`${root}node_modules/.bin/tsc`, ["-p", folder]).catch((error) => error);
  expect(stdout).toBe("");
});

test("the page shows each library", () => {
  expect(runnable.map(({ title }) => title.split(/\W/)[0])).toEqual([
    "Drizzle",
    "Kysely",
    "Knex",
    "Prisma",
    "Without",
  ]);
});

test("the client that Prisma's program runs is that of the page's schema", async () => {
  expect(await readFile(generated, "utf8")).toContain(schema!.code);
});

test.each(runnable)("$title: the program prints what the page says, and ends", async (program) => {
  const url = urlOf(await createDatabase());
  const db = new SQLDatabase(program.title, { connectionString: url });
  await db.rawExec(table!.code);
  const file = `${folder}out/${fileOf(program).replace(/ts$/, "js")}`;
  const { stdout } = await run(process.execPath, [file], {
    env: { ...process.env, DATABASE_URL: url },
    timeout: 20_000,
  });
  expect(stdout).toBe(printed(program.code));
  // The server's side of a connection ends a moment after the program.
  const database = new URL(url).pathname.slice(1);
  await until(async () => {
    const left = await server()
      .queryRow`select count(*)::int as n from pg_stat_activity where datname = ${database}`;
    return left!.n === 1;
  });
  await db.close();
});
