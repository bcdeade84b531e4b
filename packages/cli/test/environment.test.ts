import { afterEach, expect, test } from "vitest";
import { AppFolder, MAIN, REGISTER, STARTS } from "./app-folder.ts";

const folders: AppFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

function app(files: Readonly<Record<string, string>>): AppFolder {
  const folder = new AppFolder(files);
  folders.push(folder);
  return folder;
}

const ENTRY = `import { api, start } from "@twinloop/api";
import { secret } from "@twinloop/secrets";
const key = secret("StripeKey");
export const env = api({ expose: true, method: "GET", path: "/env" }, async () => ({
  greeting: process.env["GREETING"] ?? "", level: process.env["LOG_LEVEL"] ?? "", variable: process.env["STRIPE_KEY"] ?? "none", length: key().length,
}));
${STARTS}`;
const DOTENV = "GREETING=from .env\nLOG_LEVEL=error\nSTRIPE_KEY=canary\nPORT=70000\n";
const within = { timeout: 60_000 };

test(
  "in development .env is the whole app's, a secret stays out, and the real environment wins",
  within,
  async () => {
    const folder = app({ "src/app.ts": ENTRY, ".env": DOTENV, ".env.local": "LOG_LEVEL=warn\n" });
    const { url } = await folder.start(["--import", REGISTER, "src/app.ts"], { PORT: "0" });
    expect(await (await fetch(`${url}/env`)).json()).toEqual({
      greeting: "from .env",
      level: "warn",
      variable: "none",
      length: 6,
    });
  },
);

test("in production .env is not read", within, async () => {
  const folder = app({ "src/app.ts": ENTRY, ".env": DOTENV });
  const env = { NODE_ENV: "production", PORT: "0", STRIPE_KEY: "real" };
  const { url } = await folder.start(["--import", REGISTER, "src/app.ts"], env);
  expect(await (await fetch(`${url}/env`)).json()).toMatchObject({ greeting: "", level: "", length: 4 });
});

test(
  "check --env says where a value is from, and ends with 1 where start would refuse it",
  within,
  async () => {
    const folder = app({
      "src/app.ts": ENTRY,
      ".env": DOTENV,
      ".env.local": "LOG_LEVEL=warn\nno rule reads this\n",
    });
    const bad = await folder.run([MAIN, "check", "--env"], { HOST: "127.0.0.1" });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/HOST\s+= 127\.0\.0\.1 \[environment\]/);
    expect(bad.stdout).toMatch(/LOG_LEVEL\s+= warn \[\.env\.local\]/);
    expect(bad.stdout).toContain("PORT is 70000");
    expect(bad.stdout).toContain(".env.local:2");
    expect(bad.stdout).not.toMatch(/canary|no rule reads this/);
    const good = await folder.run([MAIN, "check", "--env"], { PORT: "4000" });
    expect(good.code).toBe(0);
  },
);

test("commands that use the app's database find its address in .env", within, async () => {
  const server = process.env["DATABASE_URL"] ?? "postgres://root@127.0.0.1:5432/root";
  const folder = app({
    "src/db.ts": `import { SQLDatabase } from "@twinloop/sqldb";\nexport const db = new SQLDatabase("one", { migrations: "./migrations" });\n`,
    "src/migrations/1_one.up.sql": "select 1;\n",
    ".env": `DATABASE_URL=postgres://nobody@127.0.0.1:1/none\n`,
  });
  const bad = await folder.twinloop("migrate", "status");
  expect(bad.code).toBe(1);
  expect(bad.stdout + bad.stderr).toContain("cannot be reached");
  folder.write({ ".env": `DATABASE_URL=${server}\n` });
  const good = await folder.twinloop("migrate", "status");
  expect(good.stdout + good.stderr).not.toContain("cannot be reached");
  expect(good.stdout).toMatch(/^one: /);
});
