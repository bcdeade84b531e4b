import { expect, test } from "vitest";
import { runApp } from "./app.ts";

const VALUE = "sk_live_canary_8f2a61";
const env = { STRIPE_KEY: VALUE };

test("a secret shows its name in every way it can be shown", async () => {
  const source = `
    import { inspect, format } from "node:util";
    const key = secret("StripeKey");
    key();
    console.log(JSON.stringify([String(key), \`\${key}\`, key + "", JSON.stringify({ key }), inspect(key), inspect([{ key }]),
      format("%s %o %O", key, key, key), key.name]));
    console.log(key);`;
  const { stdout } = await runApp(source, { env });
  const shown = "[secret StripeKey]";
  const [list, logged] = stdout.trim().split("\n");
  expect(JSON.parse(list!)).toEqual([
    shown,
    shown,
    shown,
    `{"key":"${shown}"}`,
    shown,
    `[ { key: ${shown} } ]`,
    `${shown} ${shown} ${shown}`,
    "StripeKey",
  ]);
  expect(logged).toBe(shown);
});

test("the logger takes out a value that slipped into a line, also escaped and encoded", async () => {
  const source = `
    import { log } from ${JSON.stringify(new URL("../../core-native/dist/index.js", import.meta.url).href)};
    const key = secret("StripeKey");
    const value = key();
    log.info("plain " + value);
    log.warn("fields", { value, deep: [{ url: "https://x/?k=" + encodeURIComponent(value) }] });
    log.error(new Error("failed with " + value, { cause: new Error(value) }));
    log.info("Basic " + Buffer.from("user:" + value).toString("base64"));`;
  for (const format of ["json", "pretty"]) {
    const { stdout } = await runApp(source, { env: { ...env, LOG_FORMAT: format } });
    expect(stdout).not.toContain(VALUE);
    expect(stdout).not.toContain(Buffer.from(VALUE).toString("base64").slice(2, -4));
    expect(stdout).not.toContain(Buffer.from(`user:${VALUE}`).toString("base64").slice(8, -4));
    expect(stdout.split("[secret StripeKey]").length - 1).toBeGreaterThanOrEqual(6);
  }
});

test("reading secrets starts no thread", async () => {
  const source = `
    import { readdirSync, readFileSync } from "node:fs";
    const ours = () => readdirSync("/proc/self/task").filter((id) =>
      readFileSync("/proc/self/task/" + id + "/comm", "utf8").startsWith("twinloop"));
    const count = () => readdirSync("/proc/self/task").length;
    const before = count();
    const key = secret("StripeKey");
    key();
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(JSON.stringify({ more: count() - before, ours: ours().length }));`;
  expect((await runApp(source, { env })).stdout).toBe('{"more":0,"ours":0}\n');
});

test.each([
  ["an error", "throw new Error('refused ' + key(), { cause: new Error(key()) })"],
  [
    "an error with fields",
    "throw Object.assign(new TypeError('refused'), { url: 'x://u:' + key() + '@h', list: [key()] })",
  ],
  ["several errors", "throw new AggregateError([new Error(key())], key())"],
  ["a text", "throw 'refused ' + key()"],
  ["a rejected promise", "await Promise.reject(new Error('refused ' + key()))"],
  [
    "a promise rejected with a text",
    "Promise.reject(key()); await new Promise((resolve) => setTimeout(resolve, 5_000))",
  ],
])("%s that nobody catches is printed without the value", async (_what, thrown) => {
  const { stdout, stderr, code } = await runApp(`const key = secret("StripeKey");\n${thrown};`, { env });
  expect(code).toBe(1);
  expect(stdout + stderr).not.toContain(VALUE);
  expect(stderr).toContain("[secret StripeKey]");
});

test("an error that the app catches keeps its text", async () => {
  const source = `
    const key = secret("StripeKey");
    try { throw new Error(key()) } catch (error) { console.log(error.message === key()) }`;
  expect((await runApp(source, { env })).stdout).toBe("true\n");
});
