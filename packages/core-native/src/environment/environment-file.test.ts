import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { feedEnvironment } from "./environment-file.ts";

const root = mkdtempSync(join(tmpdir(), "twinloop-env-"));
afterAll(() => rmSync(root, { recursive: true }));

mkdirSync(join(root, ".twinloop"));
const secrets = ["StripeKey", "db-password", "OAuth2Token"].map((name) => ({ name, confidential: true }));
writeFileSync(join(root, ".twinloop/manifest.json"), JSON.stringify({ declarations: secrets }));
writeFileSync(
  join(root, ".env"),
  "PORT=1\nHOST=file\nEMPTY=file\nNODE_ENV=production\nSTRIPE_KEY=canary\nStripeKey=canary\nDB_PASSWORD=canary\nO_AUTH2_TOKEN=canary\nSTRIPE=own\nno rule reads this\n",
);
writeFileSync(join(root, ".env.local"), "HOST=local\nDATABASE_URL=postgres://db/x\n");

function fed(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  feedEnvironment(environment, root);
  return environment;
}

test("the real environment goes before .env.local, and that before .env", () => {
  expect(fed({ PORT: "2", EMPTY: "" })).toEqual({
    PORT: "2",
    EMPTY: "",
    HOST: "local",
    DATABASE_URL: "postgres://db/x",
    STRIPE: "own",
  });
});

test("values of the app's secrets stay out of the environment, whatever their spelling", () => {
  expect(JSON.stringify(fed({}))).not.toContain("canary");
});

test("each variable has its origin, and what a file cannot set is told by its line", () => {
  const { origins, remarks } = feedEnvironment({}, root);
  expect(origins.get("HOST")).toBe(".env.local");
  expect(origins.get("PORT")).toBe(".env");
  expect(remarks).toEqual([
    expect.stringMatching(/^\.env:10 /),
    ".env sets NODE_ENV, which only the real environment can",
  ]);
  expect(remarks.join()).not.toContain("no rule reads this");
});

test.each(["production", "staging"])("nothing is read from a file with NODE_ENV=%s", (NODE_ENV) => {
  expect(fed({ NODE_ENV })).toEqual({ NODE_ENV });
});
