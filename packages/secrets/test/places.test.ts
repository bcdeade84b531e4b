import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AppFolder, runApp, type Setting } from "./app.ts";

/** What `secret("StripeKey")()` gives without `start()`. */
async function read(setting: Setting, name = "StripeKey"): Promise<string> {
  const source = `
    try { console.log(JSON.stringify({ value: secret(${JSON.stringify(name)})() })); }
    catch ({ name, code, message }) { console.log(JSON.stringify({ name, code, message })); }`;
  const { stdout, stderr } = await runApp(source, setting);
  expect(stderr).toBe("");
  const { value, code, message } = JSON.parse(stdout) as Record<string, string>;
  return value ?? `${code}: ${message}`;
}

test("the environment goes before files, and a name before its capitals", async () => {
  const files = { "run/StripeKey": "of-the-folder", ".env": "StripeKey=of-dotenv" };
  const env = { StripeKey: "of-its-name", STRIPE_KEY: "of-capitals" };
  expect(await read({ env, files })).toBe("of-its-name");
  expect(await read({ env: { STRIPE_KEY: "of-capitals" }, files })).toBe("of-capitals");
  expect(await read({ files })).toBe("of-the-folder");
});

test("a variable with _FILE names a file, which goes before the folder of secrets", async () => {
  const folder = new AppFolder();
  const path = folder.write("elsewhere/key", "of-the-file\n");
  const files = { "run/StripeKey": "of-the-folder" };
  expect(await read({ env: { STRIPE_KEY_FILE: path }, files })).toBe("of-the-file");
});

test(".env.local goes before .env, in development and tests only", async () => {
  const files = { ".env": "STRIPE_KEY=of-env", ".env.local": 'STRIPE_KEY="of local" # a remark' };
  expect(await read({ files })).toBe("of local");
  expect(await read({ files, env: { NODE_ENV: "test" } })).toBe("of local");
  expect(await read({ files, env: { NODE_ENV: "production" } })).toMatch(/^secret_missing: /);
  expect(await read({ files, env: { NODE_ENV: "staging" } })).toMatch(/^secret_missing: /);
});

test("one line break at the end is cut, and nothing else", async () => {
  expect(await read({ files: { "run/StripeKey": " two \n\n" } })).toBe(" two \n");
});

test("an empty variable is passed over", async () => {
  const setting = { env: { StripeKey: "" }, files: { "run/STRIPE_KEY": "of-the-folder" } };
  expect(await read(setting)).toBe("of-the-folder");
});

test("a file that a variable names must be there: the next place is not taken instead", async () => {
  const setting = {
    env: { STRIPE_KEY_FILE: "/nowhere/key" },
    files: { "run/StripeKey": "of-the-folder" },
  };
  expect(await read(setting)).toMatch(
    /^secret_invalid: The secret "StripeKey" cannot be used: STRIPE_KEY_FILE=\/nowhere\/key does not exist\./,
  );
});

test("an empty file, a folder and bytes that are no text are told apart", async () => {
  expect(await read({ files: { "run/StripeKey": "\n" } })).toContain("run/StripeKey is empty");
  expect(await read({ files: { "run/StripeKey/nested": "" } })).toContain("run/StripeKey is a folder");
});

test("a file that this user may not read is no secret that is missing", async (context) => {
  if (process.getuid?.() === 0) context.skip("root may read every file");
  const folder = new AppFolder();
  chmodSync(folder.write("run/StripeKey", "x"), 0o000);
  const { stdout } = await folder.launch(
    'try { secret("StripeKey")() } catch (error) { console.log(error.message) }',
  ).ended;
  expect(stdout).toContain("may not be read by this user");
});

test("what is missing names every place where it was looked for, and how to set it", async () => {
  const folder = new AppFolder();
  const app = folder.launch('try { secret("StripeKey")() } catch (error) { console.log(error.message) }');
  const { stdout } = await app.ended;
  const at = (name: string): string => join(folder.path, name);
  expect(stdout).toBe(
    `The secret "StripeKey" was not found. It was looked for in StripeKey, STRIPE_KEY, StripeKey_FILE, STRIPE_KEY_FILE (is not set), ` +
      `${at("run/StripeKey")}, ${at("run/STRIPE_KEY")}, ${at(".env.local")}, ${at(".env")} (does not exist). ` +
      `Set STRIPE_KEY, or add a line STRIPE_KEY=… to ${at(".env.local")}.\n`,
  );
});

test("a name that no place could have is refused where it is declared", async () => {
  expect(await read({}, "../etc/passwd")).toMatch(
    /^config_invalid: "..\/etc\/passwd" is no name of a secret/,
  );
});
