import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import { makeVhost, withoutRabbitmq } from "../../../tools/suites/vhost.mjs";
import { run } from "../src/command.ts";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const here = fileURLToPath(new URL("..", import.meta.url));

/** What the compiler reads, and the same without types, which Node runs. */
const declarations = (type: string): string => `
import { start, Subscription, Topic, Unrecoverable } from "@twinloop/pubsub";

export const clicks = new Topic${type}("clicks", {});

export const count = new Subscription(clicks, "count", {
  handler: async ({ id }) => {
    if (id === "bad") throw new Unrecoverable("there is no such link");
  },
});
`;

const MAIN = `
await start();
await clicks.publishBatch([{ id: "good" }, { id: "bad" }, { id: "bad" }]);
while ((await count.depth()).dead < 2) await new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write("done\\n");
`;

let root = "";
let out = "";
let app: ChildProcess | undefined;

beforeEach(() => {
  mkdirSync(join(here, ".twinloop"), { recursive: true });
  root = mkdtempSync(join(here, ".twinloop/topics-"));
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  write("package.json", '{ "type": "module" }');
  write(
    "tsconfig.json",
    '{ "compilerOptions": { "strict": true, "module": "nodenext" }, "include": ["src"] }',
  );
  for (const folder of ["src", "dist", "node_modules/@twinloop"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  write("src/app.ts", declarations("<{ id: string }>"));
  write("dist/app.js", declarations("") + MAIN);
  symlinkSync(
    fileURLToPath(new URL("../../pubsub", import.meta.url)),
    join(root, "node_modules/@twinloop/pubsub"),
  );
  // Absolute: the app's folder is looked for once in a process, and here each test has one of its own.
  vi.stubEnv("PUBSUB_URL", `embedded:${join(root, "pubsub.redb")}`);
  vi.stubEnv("TWINLOOP_ROOT", root);
  const collect = (text: string | Uint8Array): boolean => ((out += String(text)), true);
  vi.spyOn(process.stdout, "write").mockImplementation(collect);
  vi.spyOn(process.stderr, "write").mockImplementation(collect);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endApp();
  rmSync(root, { recursive: true });
});

async function twinloop(...words: string[]): Promise<{ code: number; text: string }> {
  out = "";
  const code = await run([...words, "--root", root]);
  return { code, text: out.replaceAll(root, ".").trimEnd() };
}

/** Runs the app until it has buried two messages. */
async function startApp(): Promise<void> {
  await twinloop("build");
  app = spawn(process.execPath, ["dist/app.js"], {
    cwd: root,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const done = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (/^done$/m.test(printed)) resolve();
    };
    app!.stdout!.on("data", hear);
    app!.stderr!.on("data", hear);
    app!.once("close", () => reject(new Error(`the app ended:\n${printed}`)));
  });
  await done;
}

async function endApp(): Promise<void> {
  if (!app || app.exitCode !== null || app.signalCode !== null) return;
  const ended = once(app, "close");
  app.kill("SIGTERM");
  await ended;
}

test("what waits is counted, dead letters are shown, delivered again and deleted", async () => {
  await startApp();
  await endApp();
  expect(await twinloop("topics")).toEqual({
    code: 0,
    text: "topic   subscriptions  declared at\nclicks  count          src/app.ts:4",
  });
  expect((await twinloop("topics", "depth")).text.split("\n").slice(1)).toEqual([
    "subscription  ready  delayed  in flight  dead  oldest",
    "clicks/count      0        0          0     2  -",
  ]);
  const dead = await twinloop("topics", "dead", "clicks/count", "--limit", "1");
  expect(dead.text).toMatch(/^[0-9a-f-]{36} {2}unrecoverable {2}attempts 1 {2}2\d{3}-/);
  expect(dead.text).toContain("there is no such link");
  expect(dead.text).toContain('body: {"id":"bad"}');
  const id = dead.text.slice(0, 36);
  expect(dead.text.split("\n").at(-1)).toBe(`more: --after ${id}`);
  const rest = await twinloop("topics", "dead", "clicks/count", "--after", id, "--json");
  expect(JSON.parse(rest.text)).toMatchObject([
    { reason: "unrecoverable", attempts: 1, body: { id: "bad" } },
  ]);
  expect(await twinloop("topics", "redrive", "clicks/count", id)).toEqual({
    code: 0,
    text: "clicks/count: 1 to be delivered again",
  });
  const purged = await twinloop("topics", "purge", "clicks/count", "--dead", "--yes");
  expect(purged).toEqual({ code: 0, text: "clicks/count: 1 deleted" });
  const { text } = await twinloop("topics", "depth", "clicks/count", "--json");
  expect(JSON.parse(text)).toMatchObject({ depths: [{ ready: 1, dead: 0 }] });
});

/** The same app after its subscription was renamed. */
function renameSubscription(options = ""): void {
  const rename = (text: string): string =>
    text.replace('"count", {', `"total", {${options}`).replaceAll("count", "total");
  for (const file of ["src/app.ts", "dist/app.js"]) {
    const path = join(root, file);
    writeFileSync(
      path,
      rename(readFileSync(path, "utf8").replace(/^await clicks.*$/m, "")).replace(/^while.*$/m, ""),
    );
  }
}

async function runRenamed(): Promise<string> {
  await twinloop("build");
  const running = spawn(process.execPath, ["dist/app.js"], {
    cwd: root,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  app = running;
  let printed = "";
  for (const stream of [running.stdout, running.stderr]) {
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  }
  await expect.poll(() => printed, { timeout: 20_000 }).toMatch(/^done$/m);
  await expect.poll(() => printed, { timeout: 20_000 }).toMatch(/clicks\/count/);
  await endApp();
  return printed;
}

test("a subscription that the app has no longer is told at start, listed, moved and deleted", async () => {
  await startApp();
  await endApp();
  renameSubscription();
  const printed = await runRenamed();
  expect(printed).toMatch(
    /found the subscription clicks\/count in the broker, not in the app: .* 2 are dead/,
  );
  expect((await twinloop("topics")).text).toContain("clicks/count  NOT IN THE APP");
  const { text } = await twinloop("topics", "depth", "--json");
  expect(JSON.parse(text)).toMatchObject({
    depths: [
      { subscription: "total", isInApp: true, dead: 0 },
      { subscription: "count", isInApp: false, dead: 2, isServed: false },
    ],
  });
  expect((await twinloop("topics", "dead", "clicks/count", "--json")).code).toBe(0);
  expect(await twinloop("topics", "move", "clicks/count", "clicks/total")).toEqual({
    code: 0,
    text: "clicks/count: 2 moved to clicks/total",
  });
  expect(await twinloop("topics", "delete", "clicks/total", "--yes")).toMatchObject({
    code: 1,
    text: expect.stringContaining("is a subscription of the app"),
  });
  expect(await twinloop("topics", "delete", "clicks/count", "--yes")).toMatchObject({ code: 0 });
  const after = JSON.parse((await twinloop("topics", "depth", "--json")).text);
  expect(after.depths).toMatchObject([{ subscription: "total", dead: 2 }]);
});

test("renamedFrom takes over what the broker has under the old name", async () => {
  await startApp();
  await endApp();
  renameSubscription(' renamedFrom: "count",');
  // The option names the old one, which the renaming above has changed too.
  for (const file of ["src/app.ts", "dist/app.js"]) {
    const path = join(root, file);
    writeFileSync(path, readFileSync(path, "utf8").replace('renamedFrom: "total"', 'renamedFrom: "count"'));
  }
  const printed = await runRenamed();
  expect(printed).toContain("adopted the subscription clicks/count as clicks/total: 2 messages came with it");
  expect(printed).not.toContain("not in the app");
  const { depths } = JSON.parse((await twinloop("topics", "depth", "--json")).text);
  expect(depths).toMatchObject([{ subscription: "total", dead: 2 }]);
  expect((await twinloop("topics")).text).not.toContain("NOT IN THE APP");
});

test("an image without sources is read by its manifest, and one without either is told", async () => {
  await startApp();
  await endApp();
  rmSync(join(root, "src"), { recursive: true });
  const { depths } = JSON.parse((await twinloop("topics", "depth", "--json")).text);
  expect(depths).toMatchObject([{ topic: "clicks", subscription: "count", dead: 2, isInApp: true }]);
  rmSync(join(root, ".twinloop"), { recursive: true });
  const { code, text } = await twinloop("topics", "depth");
  expect(code).toBe(1);
  expect(text).toContain("neither sources nor");
});

test("ids that are not there are named, and counts and peeks are shown", async () => {
  await startApp();
  await endApp();
  for (const word of ["redrive", "delete", "promote"]) {
    expect(await twinloop("topics", word, "clicks/count", "no-such-id")).toMatchObject({
      code: 1,
      text: expect.stringContaining("no-such-id"),
    });
  }
  const counts = await twinloop("topics", "dead", "clicks/count", "--counts", "--json");
  expect(JSON.parse(counts.text)).toMatchObject({ reasons: { unrecoverable: 2 }, errors: [{ count: 2 }] });
  const none = await twinloop("topics", "dead", "clicks/count", "--until", "1d");
  expect(none.text).toBe("no dead letters");
  const [letter] = JSON.parse((await twinloop("topics", "dead", "clicks/count", "--json")).text);
  expect(await twinloop("topics", "delete", "clicks/count", letter.id)).toMatchObject({ code: 0 });
  expect((await twinloop("topics", "redrive", "clicks/count", "--all")).code).toBe(0);
  expect((await twinloop("topics", "peek", "clicks/count")).text).toMatch(/ready {2}age .* {2}attempts 0/);
  expect(await twinloop("topics", "pause", "clicks/count")).toMatchObject({ code: 0 });
  expect((await twinloop("topics", "depth")).text).toMatch(/PAUSED$/);
  expect(await twinloop("topics", "resume", "clicks/count")).toMatchObject({ code: 0 });
  expect((await twinloop("topics", "depth")).text).not.toContain("PAUSED");
});

test("a running app keeps its embedded broker to itself, and the command says so", async () => {
  await startApp();
  const { code, text } = await twinloop("topics", "depth");
  expect(code).toBe(1);
  expect(text).toContain("pubsub.redb is open in another process");
  expect(text).toContain("stop the other one");
});

test("looking makes no broker where there is none", async () => {
  const { code, text } = await twinloop("topics", "depth");
  expect(code).toBe(1);
  expect(text).toContain("there is no pubsub file ./pubsub.redb");
  expect(existsSync(join(root, "pubsub.redb"))).toBe(false);
});

test("on PostgreSQL it works while the app runs", async () => {
  const server = new SQLDatabase("test server", { connectionString: SERVER });
  const name = `topics_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await server.rawExec(`create database ${name} template template0`);
  try {
    const url = new URL(SERVER);
    url.pathname = `/${name}`;
    await worksWhileTheAppRuns(url.href);
  } finally {
    await server.rawExec(`drop database ${name} with (force)`);
    await server.close();
  }
});

test("on RabbitMQ it works while the app runs", async (context) => {
  const skipped = withoutRabbitmq();
  if (skipped) return context.skip(skipped);
  const vhost = await makeVhost();
  try {
    await worksWhileTheAppRuns(vhost.url);
    expect(await twinloop("topics", "replay", "clicks/count", "--from", "first")).toMatchObject({
      code: 1,
      text: expect.stringContaining("history"),
    });
    keepHistory();
    await startApp();
    // Two that are dead, and the good one.
    expect(await twinloop("topics", "replay", "clicks/count", "--from", "offset:0")).toEqual({
      code: 0,
      text: "clicks/count: 3 of the topic's history to be delivered again",
    });
    await endApp();
  } finally {
    await vhost.remove();
  }
});

/** The same app with a topic that keeps its history. */
function keepHistory(): void {
  for (const file of ["src/app.ts", "dist/app.js"]) {
    const path = join(root, file);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace('("clicks", {})', '("clicks", { history: { maxAge: "1h" } })'),
    );
  }
}

async function worksWhileTheAppRuns(url: string): Promise<void> {
  vi.stubEnv("PUBSUB_URL", url);
  await startApp();
  const before = await twinloop("topics", "depth", "--json");
  expect(JSON.parse(before.text)).toMatchObject({ depths: [{ dead: 2 }] });
  expect(await twinloop("topics", "redrive", "clicks/count", "--all")).toMatchObject({ code: 0 });
  // The app that is running takes them, and buries them again.
  await expect
    .poll(async () => JSON.parse((await twinloop("topics", "depth", "--json")).text).depths[0].dead, {
      timeout: 20_000,
    })
    .toBe(2);
  expect(await twinloop("topics", "purge", "clicks/count", "--dead", "--yes")).toMatchObject({ code: 0 });
  expect((await twinloop("topics", "dead", "clicks/count")).text).toContain("no dead letters");
  await endApp();
}

test("what would delete or deliver again without being told what is refused", async () => {
  const refused = [
    [["purge", "clicks/count"], "--yes"],
    [["redrive", "clicks/count"], "--all"],
    [["redrive", "clicks/count", "id", "--all"], "either ids or --all"],
    [["dead"], "Name the subscription"],
    [["sideways"], "list, depth, dead, peek, redrive, promote, delete, purge, move, pause, resume"],
    [["replay", "clicks/count"], "Say from where: --from first"],
    [["replay", "clicks/count", "--from", "soon"], '--from is "soon"'],
    [["delete", "clicks/count"], "--yes"],
    [["promote", "clicks/count"], "Name the ids"],
    [["move", "clicks/count"], "Name where to"],
    [["move", "clicks/count", "other/count"], "do not fit other"],
    [["dead", "clicks/count", "--since", "yesterday"], "--since"],
    [["dead", "clicks/count", "--reason", "boredom"], "retries_exhausted"],
    [["peek", "clicks"], "names no subscription"],
    [["dead", "clicks/count", "--limit", "0"], "--limit"],
  ] as const;
  for (const [words, said] of refused) {
    expect(await twinloop("topics", ...words)).toMatchObject({
      code: 2,
      text: expect.stringContaining(said),
    });
  }
  const unknown = await twinloop("topics", "dead", "clicks/nobody");
  expect(unknown).toMatchObject({ code: 1, text: expect.stringContaining("it has clicks/count") });
});
