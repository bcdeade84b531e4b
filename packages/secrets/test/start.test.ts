import { expect, test } from "vitest";
import { runApp } from "./app.ts";

const SCHEMA = `
  const number = { "~standard": { version: 1, vendor: "test", validate: (text) =>
    /^[0-9]+$/.test(text) ? { value: Number(text) } : { issues: [{ message: "not a number: " + text }] } } };
  const later = { "~standard": { version: 1, vendor: "test", validate: async (text) => ({ value: text.length }) } };`;
const TELL = `
  await start({ banner: false }).then(
    () => console.log("started"),
    ({ code, problems }) => console.log(JSON.stringify({ code, problems })),
  );
  await stop();`;

interface Refusal {
  readonly code: string;
  readonly problems: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

async function refusal(source: string, env: Record<string, string> = {}): Promise<Refusal> {
  const { stdout, stderr } = await runApp(SCHEMA + source + TELL, { env });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Refusal;
}

test("start reports all secrets that are missing or do not fit, in one error", async () => {
  const source = `
    secret("One"); secret("Two"); secret("Two");
    secret("Optional", { optional: true }); secret("Default", { default: "x" });
    secret("Port", { schema: number });`;
  const { code, problems } = await refusal(source, { PORT: "0", Port: "top-secret-port" });
  expect(code).toBe("start_failed");
  expect(problems.map(({ code, message }) => [code, /"(\w+)"/.exec(message)![1]])).toEqual([
    ["secret_missing", "One"],
    ["secret_missing", "Two"],
    ["secret_invalid", "Port"],
  ]);
  expect(problems[2]!.message).toBe(
    'The secret "Port", from environment Port, does not fit: it does not fit its schema.',
  );
  expect(JSON.stringify(problems)).not.toContain("top-secret");
});

test("values are what their schemas make of them; an optional one is undefined, a default is used", async () => {
  const source = `${SCHEMA}
    const all = [secret("Count", { schema: number }), secret("Word", { schema: later }),
      secret("Optional", { optional: true }), secret("Default", { default: "x" })];
    try { all[1]() } catch ({ message }) { console.log(message) }
    await start({ banner: false });
    console.log(JSON.stringify(all.map((read) => read() ?? null)));
    await stop();`;
  const { stdout, code } = await runApp(source, { env: { COUNT: "42", WORD: "five5" } });
  const [before, after] = stdout.split("\n");
  expect(before).toContain("its schema is asynchronous, and only start() can wait for it");
  expect(after).toBe('[42,5,null,"x"]');
  expect(code).toBe(0);
});

test("providers are asked last, for what is still missing, one after another", async () => {
  const source = `
    const asked = [];
    defineSecretProvider({ name: "first", load: async (names) => { asked.push(names); return { B: "b-of-first" }; } });
    defineSecretProvider({ name: "second", load: (names) => { asked.push(names); return { B: "no", C: "c-of-second\\n" }; } });
    const all = ["A", "B", "C"].map((name) => secret(name));
    try { all[1]() } catch ({ message }) { console.log(message.includes("only start() asks them")) }
    await start({ banner: false });
    console.log(JSON.stringify({ asked, values: all.map((read) => read()) }));
    await stop();`;
  const { stdout } = await runApp(source, { env: { A: "a-of-environment" } });
  expect(stdout.split("\n")).toEqual([
    "true",
    '{"asked":[["B","C"],["C"]],"values":["a-of-environment","b-of-first","c-of-second"]}',
    "",
  ]);
});

test("of a provider that does not answer it is not said that it does not have the secret", async () => {
  const source = `
    defineSecretProvider({ name: "down", load: () => { throw new Error("no route"); } });
    defineSecretProvider({ name: "slow", timeout: 50, load: () => new Promise(() => {}) });
    defineSecretProvider({ name: "fine", load: () => ({ Two: "two-of-fine" }) });
    secret("One");
    secret("Two");`;
  const { problems } = await refusal(source);
  expect(problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'secret_provider_failed: The secret provider "down" did not answer: no route. It was asked for One.',
    'secret_provider_failed: The secret provider "slow" did not answer: no answer within 50 ms. It was asked for One.',
  ]);
});

test("an app that stops and starts again finds what has changed meanwhile", async () => {
  const source = `
    const key = secret("Key");
    await start({ banner: false });
    await stop();
    process.env.Key = "second";
    await start({ banner: false });
    console.log(key());
    await stop();`;
  expect((await runApp(source, { env: { Key: "first" } })).stdout).toBe("second\n");
});
