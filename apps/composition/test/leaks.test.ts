import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

const APP = fileURLToPath(new URL("fixtures/leaks.mjs", import.meta.url));
const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const ROTATED = "rotated/canary+of%signing=1";
const VALUES = {
  ApiKey: "sk_live_canary_8f2a61",
  DbPassword: 'pa55 "wörd"/canary\\x',
  SigningKey: "-----BEGIN KEY-----\nMIIBOgIBAAJBAKcanary1\nMIIBOgIBAAJBAKcanary2\n-----END KEY-----",
  Refused: "not-a-number-canary",
};

/** Texts by which a value would be known, in the forms that programs give it. */
function disguises(value: string): string[] {
  const forms = value.split("\n").filter((line) => !line.startsWith("-----"));
  return forms.flatMap((form) => [
    form,
    JSON.stringify(form).slice(1, -1),
    encodeURIComponent(form),
    new URLSearchParams({ v: form }).toString().slice(2),
    Buffer.from(form).toString("base64").replace(/=+$/, "").slice(0, -1),
    Buffer.from(`user:${form}`).toString("base64").slice(8).replace(/=+$/, "").slice(0, -1),
    Buffer.from(form).toString("hex"),
  ]);
}

function launch(env: Record<string, string>): {
  output: () => string;
  ended: Promise<unknown[]>;
  folder: string;
  kill: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-leaks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, value] of Object.entries(VALUES)) writeFileSync(join(folder, name), value);
  const places = { SECRETS_DIR: folder, SECRETS_REFRESH: "100", PUBSUB_URL: "memory:" };
  const child = spawn(process.execPath, [APP], {
    env: { ...process.env, PORT: "0", LOG_LEVEL: "trace", DATABASE_URL: "", SERVER, ...places, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk));
  return { output: () => text, ended: once(child, "close"), folder, kill: () => child.kill("SIGTERM") };
}

function expectNoValue(text: string): void {
  for (const [name, value] of [...Object.entries(VALUES), ["rotated", ROTATED] as const]) {
    for (const disguise of disguises(value)) {
      expect(text.includes(disguise), `${name} is in the output as ${disguise}:\n${text}`).toBe(false);
    }
  }
}

test.each(["json", "pretty"])("no value is in any output of a run, with logs as %s", async (format) => {
  const app = launch({ LOG_FORMAT: format });
  const url = await vi.waitFor(() => /listening (http:\S+)/.exec(app.output())![1]!, { timeout: 30_000 });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const answers: string[] = [];
  const post = async (path: string): Promise<void> => {
    const response = await fetch(url + path, init);
    answers.push(`${path} ${response.status} ${await response.text()}`);
  };
  for (const path of ["/api-error", "/error", "/text", "/database", "/publish", "/logs"]) await post(path);
  writeFileSync(join(app.folder, "SigningKey"), ROTATED);
  await vi.waitFor(() => expect(app.output()).toContain("changed to [secret SigningKey]"), {
    timeout: 20_000,
  });
  await vi.waitFor(() => expect(app.output()).toContain("a delivery failed with [secret ApiKey]"));
  await post("/uncaught").catch(() => undefined);
  expect(await app.ended).toEqual([1, null]);

  const all = `${answers.join("\n")}\n${app.output()}`;
  expectNoValue(all);
  // What was looked for was there: each of these lines is made from a value.
  expect(answers[0]).toContain("the key [secret ApiKey] is not known");
  expect(answers[0]).toContain('"details":{"key":"[secret ApiKey]","list":["[secret SigningKey]"]}');
  for (const line of [
    "failed with [secret ApiKey]",
    "plain [secret ApiKey]",
    "nobody catches [secret ApiKey]",
  ]) {
    expect(all).toContain(line);
  }
  expect(all.split("[secret ").length).toBeGreaterThan(20);
});

test.each([
  ["secret", 'The secret "Refused"'],
  ["database", 'The database "unreachable" at postgres://127.0.0.1:9'],
])("no value is in what a start says that fails for a %s", async (what, told) => {
  const app = launch({ REFUSE: what });
  expect(await app.ended).toEqual([1, null]);
  expect(app.output()).toContain(told);
  expectNoValue(app.output());
});
