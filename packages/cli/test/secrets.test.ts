import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { run } from "../src/command.ts";

const here = fileURLToPath(new URL("..", import.meta.url));

const APP = `
import { secret } from "@twinloop/secrets";
export const stripe = secret("StripeKey");
export const signing = secret("SigningKey");
export const dsn = secret("ErrorReports", { optional: true });
export const again = secret("ErrorReports", { optional: true });
`;

let root = "";
let out = "";

// One folder for all: the app's folder is looked for once in a process.
beforeAll(() => {
  mkdirSync(join(here, ".twinloop"), { recursive: true });
  root = mkdtempSync(join(here, ".twinloop/secrets-"));
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  symlinkSync(
    fileURLToPath(new URL("../../secrets", import.meta.url)),
    join(root, "node_modules/@twinloop/secrets"),
  );
  const options = '{ "compilerOptions": { "strict": true, "module": "nodenext" }, "include": ["src"] }';
  for (const [path, text] of [
    ["package.json", '{ "type": "module" }'],
    ["tsconfig.json", options],
    ["run/SigningKey", "file-canary"],
    ["src/app.ts", APP],
  ] as const) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
});

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

beforeEach(() => {
  vi.stubEnv("SECRETS_DIR", join(root, "run"));
  vi.stubEnv("TWINLOOP_ROOT", root);
  vi.stubEnv("STRIPE_KEY", "");
  const collect = (text: string | Uint8Array): boolean => ((out += String(text)), true);
  vi.spyOn(process.stdout, "write").mockImplementation(collect);
  vi.spyOn(process.stderr, "write").mockImplementation(collect);
});

async function twinloop(...words: string[]): Promise<{ code: number; text: string }> {
  out = "";
  const code = await run([...words, "--root", root]);
  return { code, text: out.replaceAll(root, ".").trimEnd() };
}

test("`secrets` says where each is found, and every place where a missing one was looked for", async () => {
  const { code, text } = await twinloop("secrets");
  expect(code).toBe(1);
  expect(text).toMatch(/StripeKey\s+MISSING\s+src\/app.ts:3/);
  expect(text).toMatch(/SigningKey\s+\.\/run\/SigningKey\s+src\/app.ts:4/);
  expect(text).toMatch(/ErrorReports\s+\(not set\)\s+src\/app.ts:6/);
  expect(text).toContain('The secret "StripeKey" was not found. It was looked for in StripeKey');
  expect(text).not.toContain('The secret "ErrorReports"');
});

test("it ends well when nothing is missing, and prints no value", async () => {
  vi.stubEnv("STRIPE_KEY", "environment-canary");
  const { code, text } = await twinloop("secrets");
  expect(code).toBe(0);
  expect(text).toMatch(/StripeKey\s+environment STRIPE_KEY/);
  const { text: json } = await twinloop("secrets", "--json");
  expect(JSON.parse(json)).toContainEqual({
    name: "StripeKey",
    found: "environment STRIPE_KEY",
    problem: null,
    unusable: false,
    optional: false,
    at: "src/app.ts:3",
  });
  expect(text + json).not.toContain("canary");
});

test("`check --env` tells the same, and fails for what is missing", async () => {
  const { code, text } = await twinloop("check", "--env");
  expect(code).toBe(1);
  expect(text).toMatch(/StripeKey\s+MISSING/);
  vi.stubEnv("STRIPE_KEY", "environment-canary");
  const well = await twinloop("check", "--env");
  expect(well.code).toBe(0);
  expect(text + well.text).not.toContain("canary");
});
