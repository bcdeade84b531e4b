import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { AppFolder, type Running } from "./app.ts";

/** Starts an app, and tells when it runs. */
async function launch(folder: AppFolder, source: string, env: Record<string, string> = {}): Promise<Running> {
  const whole = `${source}\nawait start({ banner: false });\nconsole.log("runs");`;
  const app = folder.launch(whole, { env: { SECRETS_REFRESH: "100", ...env } });
  await says(app, "runs");
  return app;
}

async function says(app: Running, text: string): Promise<void> {
  await vi.waitFor(() => expect(app.output()).toContain(text), { timeout: 20_000, interval: 20 });
}

async function stops(app: Running): Promise<string> {
  app.signal("SIGTERM");
  const { code, stdout, stderr } = await app.ended;
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

const TELL = `onChange: (now, before) => console.log("change " + before.slice(0, 2) + " to " + now.slice(0, 2) + ", read " + key().slice(0, 2))`;

test("a file that is replaced gives the new value without a restart, and onChange is told both", async () => {
  const folder = new AppFolder();
  folder.write("run/Key", "a1-canary-of-rotation\n");
  const app = await launch(folder, `const key = secret("Key", { ${TELL} });`);
  folder.write("run/next", "b2-canary-of-rotation\n");
  renameSync(join(folder.path, "run/next"), join(folder.path, "run/Key"));
  await says(app, "change a1 to b2, read b2");
  expect(await stops(app)).toContain('"secrets":["Key"]');
});

test("a folder of Kubernetes, whose link is swapped, gives the new value at the next look", async () => {
  const folder = new AppFolder();
  const version = (name: string, text: string): void => {
    mkdirSync(join(folder.path, "run", name));
    writeFileSync(join(folder.path, "run", name, "Key"), text);
    symlinkSync(name, join(folder.path, "run/..next"));
    renameSync(join(folder.path, "run/..next"), join(folder.path, "run/..data"));
  };
  version("..2026_01", "a1-canary-of-rotation");
  symlinkSync("..data/Key", join(folder.path, "run/Key"));
  // A refresh so far away that only the look at the links can find it.
  const app = await launch(folder, `const key = secret("Key", { ${TELL} });`, { SECRETS_REFRESH: "1h" });
  version("..2026_02", "b2-canary-of-rotation");
  await says(app, "change a1 to b2, read b2");
  await stops(app);
});

test("the file that a variable names and the files of development are followed too", async () => {
  const folder = new AppFolder();
  const path = folder.write("elsewhere", "a1-canary-of-rotation");
  folder.write(".env", "OTHER=a1-canary-of-dotenv");
  const source = `const key = secret("Key", { ${TELL} });
    const other = secret("Other", { onChange: (now, before) => console.log("other " + before.slice(0, 2) + " " + now.slice(0, 2)) });`;
  const app = await launch(folder, source, { KEY_FILE: path });
  folder.write("elsewhere", "b2-canary-of-rotation");
  folder.write(".env", "OTHER=b2-canary-of-dotenv");
  await says(app, "change a1 to b2, read b2");
  await says(app, "other a1 b2");
  await stops(app);
});

test("a bad new value is logged once, and the one before stays in use", async () => {
  const folder = new AppFolder();
  folder.write("run/PoolSize", "4000\n");
  const schema = `{ "~standard": { version: 1, vendor: "test", validate: (text) =>
    /^[0-9]+$/.test(text) ? { value: Number(text) } : { issues: [{ message: "bad: " + text }] } } }`;
  const app = await launch(
    folder,
    `const size = secret("PoolSize", { schema: ${schema}, onChange: (now, before) => console.log("size", before, now) });
     process.stdin.on("data", () => console.log("in use", size())).unref();`,
  );
  folder.write("run/PoolSize", "not-a-number-canary");
  await says(app, "rejected the new value of a secret");
  folder.write("run/PoolSize", "");
  await says(app, "failed to read a secret again");
  app.send("?");
  await says(app, "in use 4000");
  folder.write("run/PoolSize", "5000");
  await says(app, "size 4000 5000");
  const output = await stops(app);
  expect(output).not.toContain("canary");
  expect(output.split("rejected the new value of a secret").length).toBe(2);
  expect(output.split("failed to read a secret again").length).toBe(2);
});

test("providers are asked again, and one that fails keeps the value", async () => {
  const folder = new AppFolder();
  const source = `
    let calls = 0;
    defineSecretProvider({ name: "vault", load: () => {
      calls++;
      if (calls === 2) throw new Error("sealed");
      return { Key: calls < 3 ? "a1-canary-of-rotation" : "b2-canary-of-rotation" };
    } });
    const key = secret("Key", { ${TELL} });`;
  const app = await launch(folder, source);
  await says(app, 'The secret provider \\"vault\\" did not answer: sealed.');
  await says(app, "change a1 to b2, read b2");
  await says(app, "read secrets of the providers again: all of them answer");
  await stops(app);
});

test("a file that vanishes is told by the place that the value was in", async () => {
  const folder = new AppFolder();
  const path = folder.write("run/Key", "a1-canary-of-rotation");
  const app = await launch(folder, `const key = secret("Key", { ${TELL} });`);
  rmSync(path);
  await says(app, "failed to read a secret again");
  const output = await stops(app);
  expect(output).toContain(`"why":"${path} does not exist"`);
});

test("refreshSecrets reads at once, such as on SIGHUP", async () => {
  const folder = new AppFolder();
  folder.write("run/Key", "a1-canary-of-rotation");
  const source = `const key = secret("Key", { ${TELL} });
    process.on("SIGHUP", () => secrets.refreshSecrets().then(() => console.log("was read")));`;
  const app = await launch(folder, source, { SECRETS_REFRESH: "1h" });
  folder.write("run/Key", "b2-canary-of-rotation");
  app.signal("SIGHUP");
  await says(app, "was read");
  await says(app, "change a1 to b2, read b2");
  await stops(app);
});

test("each isolate is told, and reads the new value", async () => {
  const folder = new AppFolder();
  folder.write("run/Key", "a1-canary-of-rotation");
  const source = `import { threadId } from "node:worker_threads";
    const key = secret("Key", { onChange: (now, before) =>
      console.log((threadId ? "worker" : "main") + " " + before.slice(0, 2) + " " + now.slice(0, 2) + " " + key().slice(0, 2)) });`;
  const app = await launch(folder, source, { WORKERS: "2" });
  folder.write("run/Key", "b2-canary-of-rotation");
  await says(app, "main a1 b2 b2");
  await says(app, "worker a1 b2 b2");
  await stops(app);
});

test("an interval that is no duration is a problem of the start", async () => {
  const folder = new AppFolder();
  const app = folder.launch(
    'secret("Key", { optional: true }); await start().catch(({ message }) => console.log(message));',
    { env: { SECRETS_REFRESH: "soon" } },
  );
  expect((await app.ended).stdout).toContain('SECRETS_REFRESH is "soon", which is no duration');
});
