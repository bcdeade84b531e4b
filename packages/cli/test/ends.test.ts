import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { findNode, INSTALL_COMMAND } from "../../../tools/node-versions/nodes.mjs";
import { AppFolder, MAIN } from "./app-folder.ts";

const folders: AppFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

function app(files: Readonly<Record<string, string>>): AppFolder {
  const folder = new AppFolder(files);
  folders.push(folder);
  return folder;
}

const within = { timeout: 60_000 };
const PRODUCTION = { NODE_ENV: "production", PORT: "0" };
const IMPORT =
  'import { api, onShutdown, start } from "@twinloop/api";\nimport { secret } from "@twinloop/secrets";\n';

/** The lines of the log, each of which must be JSON. */
function lines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test(
  "in production a start that fails is one JSON line with every problem, and runs no onShutdown hook",
  within,
  async () => {
    const folder = app({
      "app.js": `${IMPORT}onShutdown(() => console.log("good night"));\nsecret("One"); secret("Two");\nawait start({ port: -1 });\n`,
    });
    const { code, stdout, stderr } = await folder.run(["app.js"], { ...PRODUCTION, PORT: "" });
    expect([code, stderr]).toEqual([1, ""]);
    expect(lines(stdout)).toMatchObject([
      {
        level: 60,
        msg: "the app cannot start",
        problems: [{ code: "config_invalid" }, { code: "secret_missing" }, { code: "secret_missing" }],
      },
    ]);
  },
);

test(
  "in production what nobody caught is one JSON line without secrets, whatever the log's level",
  within,
  async () => {
    const late = 'setTimeout(() => { throw new Error("lost " + key()); });\n';
    for (const thrown of [late, 'void Promise.reject(new Error("lost " + key()));\n']) {
      const folder = app({ "app.js": `${IMPORT}const key = secret("Key"); key();\n${thrown}` });
      const env = { ...PRODUCTION, KEY: "canary-of-the-key", LOG_LEVEL: "silent" };
      const { code, stdout, stderr } = await folder.run(["app.js"], env);
      expect([code, stderr]).toEqual([1, ""]);
      expect(lines(stdout)).toMatchObject([{ level: 60, err: { message: "lost [secret Key]" } }]);
      expect(stdout).not.toContain("canary");
    }
  },
);

test("an app that listens for uncaught errors decides alone", within, async () => {
  const folder = app({
    "app.js": `${IMPORT}process.on("uncaughtException", () => { console.log("{}"); process.exit(5); });\nsetTimeout(() => { throw new Error("lost"); });\n`,
  });
  expect(await folder.run(["app.js"], PRODUCTION)).toMatchObject({ code: 5, stdout: "{}\n" });
});

test("in development a start that fails is text with the hint of each problem", within, async () => {
  const folder = app({ "app.js": `${IMPORT}secret("One");\nawait start({ port: -1 });\n` });
  const { code, stderr } = await folder.run(["app.js"]);
  expect(code).toBe(1);
  expect(stderr).toContain("The app cannot start: 2 problems.");
  expect(stderr).toContain("To fix it:");
});

test("in production the log says the address that is listened on", within, async () => {
  const folder = app({
    "src/app.ts": `${IMPORT}export const ping = api({ expose: true, path: "/ping" }, async () => ({ n: 1 }));\nconst running = await start();\nconsole.log("running at " + running.url);\n`,
  });
  expect((await folder.run([MAIN, "build", "--out", "dist"])).code).toBe(0);
  const { output } = await folder.start(["dist/app.js"], PRODUCTION);
  await expect.poll(output).toMatch(/^running at http:\/\/localhost:\d+$/m);
  expect(output()).toMatch(/"http":"http:\/\/0\.0\.0\.0:\d+"/);
});

test("the app runs under Node's permission model", within, async ({ skip }) => {
  const node = findNode("24");
  if (node === null) return skip(`Node 24 is not installed; \`${INSTALL_COMMAND}\` brings it`);
  const folder = app({
    "src/app.ts": `${IMPORT}export const ping = api({ expose: true, path: "/ping" }, async () => ({ n: 1 }));\nconst running = await start({ port: 0, banner: false });\nconsole.log("up " + running.url);\nprocess.exit(0);\n`,
  });
  expect((await folder.run([MAIN, "build", "--out", "dist"])).code).toBe(0);
  const repository = fileURLToPath(new URL("../../..", import.meta.url));
  const permission = ["--no-warnings", "--permission", `--allow-fs-read=${repository}`];
  const allowed = await folder.run([...permission, "--allow-addons", "dist/app.js"], PRODUCTION, node);
  expect(allowed).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^up http/) });
  const refused = await folder.run([...permission, "dist/app.js"], PRODUCTION, node);
  expect(refused.code).toBe(1);
  expect(refused.stdout + refused.stderr).toContain("--allow-addons");
});
