import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import { run } from "../src/command.ts";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const here = fileURLToPath(new URL("..", import.meta.url));
/** The database is shared with other tests, and so are its jobs. */
const job = `report-${process.pid}-${Date.now().toString(36)}`;

const source = (database: string): string => `
import { CronJob, start } from "@twinloop/cron";
${database}
const times = { schedule: process.env["REPORT_AT"] ?? "0 0 29 2 *" };
export const report = new CronJob("${job}", { ...times, timeZone: "Europe/Berlin", handler: () => { throw new Error("no luck"); } });
export const hourly = new CronJob("${job}-hourly", { every: "1h", handler: () => undefined });
await start();
`;
const DATABASE = `import { SQLDatabase } from "@twinloop/sqldb";\nexport const db = new SQLDatabase("main", {});`;

let root = "";
let out = "";
let app: ChildProcess | undefined;

beforeEach(() => {
  mkdirSync(join(here, ".twinloop"), { recursive: true });
  root = mkdtempSync(join(here, ".twinloop/cron-"));
  for (const folder of ["src", "dist", "node_modules/@twinloop"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const name of ["cron", "sqldb"]) {
    symlinkSync(
      fileURLToPath(new URL(`../../${name}`, import.meta.url)),
      join(root, `node_modules/@twinloop/${name}`),
    );
  }
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(root, "tsconfig.json"),
    '{ "compilerOptions": { "strict": true, "module": "nodenext" }, "include": ["src"] }',
  );
  vi.stubEnv("TWINLOOP_ROOT", root);
  vi.stubEnv("DATABASE_URL", SERVER);
  const collect = (text: string | Uint8Array): boolean => ((out += String(text)), true);
  vi.spyOn(process.stdout, "write").mockImplementation(collect);
  vi.spyOn(process.stderr, "write").mockImplementation(collect);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endApp();
  rmSync(root, { recursive: true });
});

async function endApp(): Promise<void> {
  if (!app || app.exitCode !== null || app.signalCode !== null) return;
  const ended = once(app, "close");
  app.kill("SIGTERM");
  await ended;
}

async function twinloop(...words: string[]): Promise<{ code: number; text: string }> {
  out = "";
  const code = await run([...words, "--root", root]);
  return { code, text: out.trimEnd() };
}

/** Builds the app, and leaves what an image for production has of it: no sources. */
async function build(database: string): Promise<void> {
  writeFileSync(join(root, "src/app.ts"), source(database));
  expect((await twinloop("build", "--no-types")).code).toBe(0);
  writeFileSync(join(root, "dist/app.js"), source(database));
  rmSync(join(root, "src"), { recursive: true });
}

async function startApp(): Promise<void> {
  app = spawn(process.execPath, ["dist/app.js"], { cwd: root, env: { ...process.env, PORT: "0" } });
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (printed.includes("is running")) resolve();
    };
    app!.stdout!.on("data", hear);
    app!.stderr!.on("data", hear);
    app!.once("close", () => reject(new Error(`the app ended:\n${printed}`)));
  });
}

// First: a database that was declared stays known to the process.
test("an app without a database has its jobs listed, and is said to be out of reach", async () => {
  await build("");
  const listed = await twinloop("cron", "--json");
  expect(listed.code).toBe(1);
  expect(listed.text).toContain("each process keeps its cron ledger in memory");
  const { jobs } = JSON.parse(listed.text.split("\n")[0]!) as { jobs: unknown[] };
  expect(jobs).toMatchObject([
    // Its times are an expression, which only a ledger knows.
    { job, due: null, next: null },
    { job: `${job}-hourly`, due: "every 1h", next: expect.any(String), last: null },
  ]);
  for (const word of ["trigger", "pause", "resume", "history"]) {
    const { code, text } = await twinloop("cron", word, job);
    expect(code, word).toBe(1);
    expect(text).toContain("where nobody outside can reach it");
  }
});

test("without sources the jobs of a running app are listed, triggered, paused and resumed", async () => {
  await build(DATABASE);
  await startApp();
  const first = await twinloop("cron");
  expect(first.code).toBe(0);
  expect(first.text).toMatch(
    new RegExp(`${job} +0 0 29 2 \\* in Europe/Berlin +2028-02-28 23:00:00Z +- +0\n`),
  );
  expect(await twinloop("cron", "trigger", job)).toMatchObject({
    code: 0,
    text: expect.stringMatching(/: run \d+ failed at .*\/\d+: no luck$/),
  });
  const history = await twinloop("cron", "history", job, "--json");
  expect(JSON.parse(history.text)).toMatchObject([
    { outcome: "failed", manual: true, attempts: 1, error: "no luck" },
  ]);
  expect((await twinloop("cron", "history", job)).text).toMatch(/triggered +failed/);
  expect(await twinloop("cron", "pause", job)).toEqual({ code: 0, text: `${job}: paused in all processes` });
  const listed = JSON.parse((await twinloop("cron", "list", "--json")).text) as {
    database: string;
    jobs: { job: string }[];
  };
  expect(listed.database).toBe("main");
  expect(listed.jobs.find((one) => one.job === job)).toMatchObject({
    paused: true,
    failures: 1,
    next: "2028-02-28T23:00:00.000Z",
    last: { outcome: "failed" },
    at: expect.stringMatching(/^src\/app\.ts:\d+$/),
  });
  expect(await twinloop("cron", "resume", job)).toMatchObject({ code: 0 });
  const unknown = await twinloop("cron", "pause", "no such");
  expect(unknown).toMatchObject({ code: 1, text: expect.stringContaining('no cron job "no such"') });
});

test("of several databases on one server the ledger is found in the first", async () => {
  const names = [1, 2].map((number) => `cron_${process.pid}_${number}`);
  const declared = names.map((name, at) => `export const db${at} = new SQLDatabase("${name}", {});`);
  const admin = new SQLDatabase("admin", { connectionString: SERVER });
  try {
    await build([`import { SQLDatabase } from "@twinloop/sqldb";`, ...declared].join("\n"));
    await startApp();
    // In a process of its own: what was declared here stays known.
    const command = [join(here, "dist/main.js"), "cron", "trigger", job, "--root", root];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    expect(stdout).toMatch(/: run \d+ failed at .*: no luck\n$/);
  } finally {
    await endApp();
    for (const name of names) await admin.rawExec(`drop database if exists ${name} with (force)`);
    await admin.close();
  }
});

test("words that do not say what is meant do nothing", async () => {
  for (const words of [["frobnicate"], ["pause"], ["trigger", job, "and another"]]) {
    expect((await twinloop("cron", ...words)).code).toBe(2);
  }
});

test("a folder with neither sources nor a manifest is named", async () => {
  rmSync(join(root, "src"), { recursive: true });
  const { code, text } = await twinloop("cron");
  expect(code).toBe(1);
  expect(text).toContain("manifest.json");
});
