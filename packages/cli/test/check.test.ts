import { afterEach, describe, expect, test } from "vitest";
import { AppFolder, REGISTER, type Ended } from "./app-folder.ts";

const apps: AppFolder[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.remove();
});

function folder(files: Readonly<Record<string, string>>): AppFolder {
  const app = new AppFolder(files);
  apps.push(app);
  return app;
}

const api = 'import { api, start, type MatchesRegexp, type MaxLen, type Min } from "@twinloop/api";\n';
const start = "await start({ port: 0, banner: false });\nconsole.log('served');\nprocess.exit(0);\n";
const good = 'export const a = api({ expose: true, method: "GET", path: "/a" }, async () => ({ n: 1 }));\n';

/** Apps that must not run, and what is said of them; each line is one endpoint or one import. */
const refused: readonly (readonly [name: string, line: string, ...told: string[]])[] = [
  [
    "auth",
    'export const b = api({ expose: true, auth: true, path: "/b" }, async () => ({ n: 1 }));',
    "This endpoint has `auth`, and the app has no auth handler",
    "Declare an `authHandler`",
  ],
  [
    "a misspelt option",
    'export const b = api({ expos: true, path: "/b" }, async () => ({ n: 1 }));',
    "Did you mean `expose`?",
  ],
  [
    "an option of another kind",
    'export const b = api({ expose: "yes" as never, path: "/b" }, async () => ({ n: 1 }));',
    '`expose` must be true or false, found "yes"',
  ],
  [
    "a middleware that returns nothing",
    'import { middleware } from "@twinloop/api";\nexport const m = middleware(async (request, next) => { await next(request); });',
    "This middleware returns nothing, so the caller would get no answer",
    "await next(request)",
  ],
  [
    "a method in small letters",
    'export const b = api({ method: "get" as never, path: "/b" }, async () => ({ n: 1 }));',
    'Write `"GET"`.',
  ],
  [
    "a length that is a text",
    'export const b = api({ path: "/b" }, async (_: { t: string & MaxLen<"x"> }) => ({ n: 1 }));',
    '`MaxLen<"x">` constrains nothing',
  ],
  [
    "a length below nothing",
    'export const b = api({ path: "/b" }, async (_: { t: string & MaxLen<-1> }) => ({ n: 1 }));',
    "`MaxLen<-1>` constrains nothing",
  ],
  [
    "a bound that is a text",
    'export const b = api({ path: "/b" }, async (_: { t: number & Min<"a"> }) => ({ n: 1 }));',
    '`Min<"a">` constrains nothing',
  ],
  [
    "a pattern that looks ahead",
    'export const b = api({ path: "/b" }, async (_: { t: string & MatchesRegexp<"^(?=x)y"> }) => ({ n: 1 }));',
    "`request.t` of POST /b",
    "look-around",
  ],
  [
    "a pattern that is broken",
    'export const b = api({ path: "/b" }, async (_: { t: (string & MatchesRegexp<"[">)[] }) => ({ n: 1 }));',
    "`request.t[]` of POST /b",
    "unclosed character class",
  ],
  [
    "a pattern that refers back",
    'export const b = api({ path: "/b" }, async (_: { t: string & MatchesRegexp<"(a)\\\\1"> }) => ({ n: 1 }));',
    "backreferences",
  ],
  [
    "a pattern in a response",
    'export const b = api({ path: "/b" }, async (): Promise<{ t: string & MatchesRegexp<"(?<=a)b"> }> => ({ t: "b" as never }));',
    "`response.t` of POST /b",
  ],
  [
    "a path in braces",
    'export const b = api({ path: "/y/{id}" }, async (_: { id: string }) => ({ n: 1 }));',
    "Write `:id`.",
  ],
  [
    "a path with a pattern",
    'export const b = api({ path: "/x/:id(\\\\d+)" }, async (_: { id: string }) => ({ n: 1 }));',
    "Write `:id`, and say what it may be",
  ],
  [
    "a member that is not there",
    'export const b = api.soap({ path: "/b" }, async () => {});',
    "has no `api.soap`",
  ],
  [
    "an unknown package",
    'import { SQLDatabase } from "@twinloop/sql";\nnew SQLDatabase("d");',
    '`import { SQLDatabase } from "@twinloop/sqldb";`',
  ],
  [
    "a package of Encore's",
    'import { api as b } from "encore.dev/api";\nb({}, async () => {});',
    "Import `api` from `@twinloop/api`.",
  ],
  [
    "a name of another package",
    'import { Topic } from "@twinloop/api";\nvoid Topic;',
    '`import { Topic } from "@twinloop/pubsub";`',
  ],
  ["a file that is not there", 'import "./gone.js";', "`./gone.js` cannot be found"],
  [
    "a name that nobody imported",
    'export const b = new CronJob("c", { every: "1h", handler: () => {} });',
    "`CronJob` is not imported",
  ],
  [
    "a misspelt option of start",
    "if (process.env.NEVER) await start({ prot: 1 } as never);",
    "Did you mean `port`?",
  ],
  [
    "a route that is taken",
    'export const b = api({ method: "GET", path: "/a" }, async () => ({ n: 1 }));',
    "already declared at src/app.ts:2",
    "another path or method",
  ],
];

describe("what cannot work is a problem of check, build and register", () => {
  test.each(refused)("%s", { timeout: 120_000 }, async (_, line, ...told) => {
    const app = folder({ "src/app.ts": `${api}${good}${line}\n${start}` });
    const runs: Record<string, Ended> = {
      check: await app.twinloop("check", "--no-types"),
      build: await app.twinloop("build", "--no-types"),
      register: await app.run(["--import", REGISTER, "src/app.ts"]),
    };
    for (const [command, { code, stdout, stderr }] of Object.entries(runs)) {
      const said = stdout + stderr;
      expect([command, code]).toEqual([command, 1]);
      expect(said).toMatch(/src\/app\.ts:[3-5]:\d+ error /);
      for (const text of told) expect(said).toContain(text);
      expect(said).toContain("1 problem");
      expect(said).not.toContain("served");
      expect(said).not.toContain("no problems");
    }
  });
});

test("check and build check the types, unless they are told not to", { timeout: 120_000 }, async () => {
  const app = folder({ "src/app.ts": `${api}${good}const n: number = "x";\nvoid n;\n${start}` });
  for (const command of ["check", "build"]) {
    const { code, stdout } = await app.twinloop(command);
    expect([command, code]).toEqual([command, 1]);
    expect(stdout).toContain(
      "src/app.ts:3:7 error Type 'string' is not assignable to type 'number'. (TS2322) [type_error]",
    );
    expect((await app.twinloop(command, "--no-types")).code).toBe(0);
  }
});

test("the types are checked by the app's own strictness", { timeout: 120_000 }, async () => {
  const loose = "export function f(x: string) { return x; }\nf(null);\nexport const g = (y) => y;\n";
  const tsconfig = (strict: boolean): string =>
    JSON.stringify({
      compilerOptions: { target: "ES2023", module: "NodeNext", strict, noEmit: true, types: ["node"] },
      include: ["src"],
    });
  const app = folder({ "tsconfig.json": tsconfig(false), "src/app.ts": `${api}${good}${loose}${start}` });
  const relaxed = await app.twinloop("check");
  expect([relaxed.code, relaxed.stdout]).toEqual([0, expect.stringContaining("no problems: 1 endpoint")]);
  app.write({ "tsconfig.json": tsconfig(true) });
  const strict = await app.twinloop("check");
  expect(strict.code).toBe(1);
  expect(strict.stdout).toContain("TS2345");
  expect(strict.stdout).toContain("2 problems");
});

test(
  "a folder with a tsconfig of its own is left to it, but for what the app loads",
  { timeout: 120_000 },
  async () => {
    const wrong = 'export const n: number = "x";\n';
    const app = folder({
      "tsconfig.json": '{ "compilerOptions": { "module": "NodeNext", "strict": true, "types": ["node"] } }',
      "app.ts": `${api}${good}${start}`,
      "frontend/tsconfig.json": '{ "compilerOptions": { "jsx": "react-jsx" } }',
      "frontend/page.tsx": "export const page = <p>hello</p>;\n",
      "frontend/shared.ts": wrong,
    });
    const apart = await app.twinloop("check");
    expect([apart.code, apart.stdout]).toEqual([0, expect.stringContaining("no problems: 1 endpoint")]);
    app.write({ "app.ts": `${api}import "./frontend/shared.js";\n${good}${start}`, "own.ts": wrong });
    const loaded = await app.twinloop("check");
    expect(loaded.code).toBe(1);
    expect(loaded.stdout).toContain("frontend/shared.ts:1:14 error");
    expect(loaded.stdout).toContain("own.ts:1:14 error");
    expect(loaded.stdout).toContain("2 problems");
  },
);

test(
  "what the type check says of a line that is told already is not told again",
  { timeout: 60_000 },
  async () => {
    const app = folder({
      "src/app.ts": `${api}export const a = api({ tiemout: 5, path: "/a" }, async () => ({ n: 1 }));\n${start}`,
    });
    const { stdout } = await app.twinloop("check");
    expect(stdout).toContain("Did you mean `timeout`?");
    expect(stdout).toContain("1 problem\n");
  },
);

test(
  "a module that nobody imports is a problem of check, and a warning of build",
  { timeout: 60_000 },
  async () => {
    const other =
      'import { api } from "@twinloop/api";\nexport const b = api({ path: "/b" }, async () => ({ n: 1 }));\n';
    const app = folder({ "src/app.ts": `${api}${good}${start}`, "src/two.ts": other });
    const check = await app.twinloop("check");
    expect([check.code, check.stdout]).toEqual([
      1,
      expect.stringContaining("`src/two.ts` is never imported: endpoint POST /b does not run"),
    ]);
    expect(check.stdout).not.toContain("no problems");
    const build = await app.twinloop("build");
    expect([build.code, build.stdout]).toEqual([
      0,
      expect.stringContaining("warning `src/two.ts` is never imported"),
    ]);
    expect(build.stdout).toContain("built .twinloop/manifest.json: 2 endpoints");
  },
);

test("an app that never starts is a problem of check", { timeout: 60_000 }, async () => {
  const app = folder({ "src/app.ts": `import { api } from "@twinloop/api";\n${good}` });
  const { code, stdout } = await app.twinloop("check");
  expect([code, stdout]).toEqual([1, expect.stringContaining("No module calls `start()`")]);
});

test("an entry that is not there is an error of the command line", { timeout: 60_000 }, async () => {
  const app = folder({ "src/app.ts": `${api}${good}${start}` });
  for (const command of ["check", "build"]) {
    const { code, stderr } = await app.twinloop(command, "src/gone.ts");
    expect([code, stderr]).toEqual([2, expect.stringContaining("There is no src/gone.ts")]);
  }
});

test("an app that declares nothing is told what an endpoint looks like", { timeout: 60_000 }, async () => {
  const app = folder({ "src/app.ts": "export const n = 1;\n" });
  const { code, stdout } = await app.twinloop("build");
  expect([code, stdout]).toEqual([0, expect.stringContaining("Nothing is declared. An endpoint is")]);
});

test(
  "cron jobs that are never due stand among the problems, and nothing says that there are none",
  { timeout: 60_000 },
  async () => {
    const jobs = `import { CronJob, start } from "@twinloop/cron";
export const a = new CronJob("a", { schedule: "0 0 30 2 *", handler: () => {} });
export const b = new CronJob("b", { schedule: "61 9 * * *", handler: () => {} });
await start();
`;
    const app = folder({ "src/app.ts": jobs });
    for (const command of ["check", "build"]) {
      const { code, stdout } = await app.twinloop(command);
      expect([command, code]).toEqual([command, 1]);
      expect(stdout).toContain("src/app.ts:2:1 error cron job `a`:");
      expect(stdout).toContain("src/app.ts:3:1 error cron job `b`:");
      expect(stdout).toContain("2 problems");
      expect(stdout).not.toContain("no problems");
    }
  },
);

test("options of a cron job that cannot be are told at their places", { timeout: 60_000 }, async () => {
  const jobs = `import { CronJob, start } from "@twinloop/cron";
export const a = new CronJob("a", { every: "7h", handler: () => {} });
export const b = new CronJob("b", { schedule: "0 9 * * *", timeZone: "Europe/Berln", handler: () => {} });
await start();
`;
  const { code, stdout } = await folder({ "src/app.ts": jobs }).twinloop("check");
  expect(code).toBe(1);
  expect(stdout).toContain(
    'src/app.ts:2:44 error `every` is "7h", which is no part of 1d that leaves no rest',
  );
  expect(stdout).toContain('src/app.ts:3:70 error `timeZone` is "Europe/Berln", which is no time zone');
  expect(stdout).toContain("2 problems");
});

test("at most ten problems of one endpoint are printed", { timeout: 60_000 }, async () => {
  const fields = Array.from({ length: 25 }, (_, index) => `f${index}: () => void;`).join(" ");
  const app = folder({
    "src/app.ts": `${api}interface Wide { ${fields} }\nexport const a = api({ path: "/a" }, async (_: Wide) => ({ n: 1 }));\n${start}`,
  });
  const { stdout } = await app.twinloop("check");
  expect(stdout.match(/ error `/g)).toHaveLength(10);
  expect(stdout).toContain("and 15 more problems of `a`");
  expect(stdout).toContain("25 problems");
});

test(
  "migrations whose names are none, or whose numbers meet, are told by check",
  { timeout: 120_000 },
  async () => {
    const app = folder({
      "app.ts": `${api}import { SQLDatabase } from "@twinloop/sqldb";\nexport const db = new SQLDatabase("a", { migrations: "./migrations" });\n${good}${start}`,
      "migrations/1_notes.sql": "select 1",
      "migrations/2_a.up.sql": "select 1",
      "migrations/02_b.up.sql": "select 1",
    });
    const { code, stdout } = await app.twinloop("check", "--no-types");
    expect(code).toBe(1);
    expect(stdout).toContain(
      "1_notes.sql does not have the name of a migration: rename it to <number>_<name>.up.sql",
    );
    expect(stdout).toContain("are both version 2");
  },
);
