import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SQLDatabase } from "@twinloop/sqldb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCommand } from "../../../../tools/setup/command.mjs";
import { openMarket, type Market } from "./consumer.ts";

/*
 * What a newcomer does who has the site alone: the service of docs/service.md, built and deployed by the commands of
 * docs/guides/deploying.md, under a user without a name, on a file system that cannot be written.
 */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const DOCS = fileURLToPath(new URL("../../../../docs", import.meta.url));
/** No account of the machine has these numbers. */
const UID = 61_184;
const KEY = "a-key-of-production";

const page = (name: string): string => readFileSync(join(DOCS, name), "utf8");

/** The files of a page: fences that begin with a comment that is a path. */
function filesOf(text: string): readonly (readonly [path: string, text: string])[] {
  const fences = [...text.matchAll(/^```(?:ts|sql)\n((?:\/\/|--) ((?:[\w.-]+\/)+[\w.-]+)\n.*?)^```$/gms)];
  return fences.map(([, inside = "", path = ""]) => [path, inside] as const);
}

/** The packages that the page installs. */
function packagesOf(text: string): string[] {
  return [...text.matchAll(/^npm install (.*)$/gm)]
    .flatMap(([, words = ""]) => words.split(" "))
    .filter((word) => !word.startsWith("--"));
}

/** What keeps this machine from deploying so; null where nothing does. */
async function reasonAgainst(): Promise<string | null> {
  if (process.platform !== "linux") return "units of systemd are for Linux";
  if (process.getuid?.() !== 0) return "another user's process wants root";
  const tried = await runCommand("unshare", ["--mount", "setpriv", `--reuid=${UID}`, "true"]);
  return tried.code === 0 ? null : "unshare and setpriv cannot be used here";
}

let market: Market;
const folder = mkdtempSync(join(tmpdir(), "twinloop-deployed-"));
const place = {
  app: join(folder, "srv"),
  state: join(folder, "state"),
  secrets: join(folder, "credentials"),
};
const database = `deployed_${process.pid}`;
const server = new SQLDatabase("test", { connectionString: process.env["DATABASE_URL"] ?? "" });

beforeAll(async () => {
  market = await openMarket();
  await server.rawExec(`create database ${database}`);
});

afterAll(async () => {
  await market?.close();
  await server.rawExec(`drop database if exists ${database} with (force)`);
  rmSync(folder, { recursive: true, force: true });
});

/** Builds the service as the page says, and puts what production needs into the folder of the unit. */
async function build(): Promise<void> {
  const text = page("service.md");
  const project = await market.makeProject(packagesOf(text));
  const tsconfig = /^```json\n(.*?)^```$/ms.exec(page("start.md"))![1]!;
  for (const [path, source] of [...filesOf(text), ["tsconfig.json", tsconfig] as const]) {
    mkdirSync(dirname(join(project.folder, path)), { recursive: true });
    project.write(path, source);
  }
  await project.run("npx", ["@twinloop/cli", "build", "--out", "dist"]);
  await project.run("npm", ["prune", "--omit=dev", "--no-audit", "--no-fund", "--offline"]);
  for (const part of ["package.json", "node_modules", "dist", ".twinloop/manifest.json", "migrations"])
    cpSync(join(project.folder, part), join(place.app, part), { recursive: true });
}

/** The variables of the unit on the page of deploying, with the folders and the address of this test. */
function unitEnvironment(): Record<string, string> {
  const unit = /^```ini\n(.*?)^```$/ms.exec(page("guides/deploying.md"))![1]!;
  const lines = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, pairs = ""]) => pairs.split(" "));
  const given = Object.fromEntries(
    lines.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  expect(unit).toContain("LoadCredential=ApiKeys:");
  const url = new URL(process.env["DATABASE_URL"] ?? "");
  url.pathname = `/${database}`;
  const places = {
    OBJECTS_URL: join(place.state, "objects"),
    SECRETS_DIR: place.secrets,
    PORT: "0",
    DATABASE_URL: url.href,
  };
  return { ...(given as Record<string, string>), ...places };
}

/**
 * Starts the unit's command as systemd would: as a user without a name or a home, with no rights, and with the file system read-only
 * but for the folder of its state.
 */
function startUnit(): ChildProcess {
  chmodSync(folder, 0o755);
  mkdirSync(place.state, { mode: 0o700 });
  chownSync(place.state, UID, UID);
  mkdirSync(place.secrets, { mode: 0o700 });
  chownSync(place.secrets, UID, UID);
  writeFileSync(join(place.secrets, "ApiKeys"), JSON.stringify({ ada: KEY }), { mode: 0o400 });
  chownSync(join(place.secrets, "ApiKeys"), UID, UID);
  const script = [
    "set -e",
    "mount --make-rprivate /",
    // A mount of its own stays writable when the one around it is not any more.
    'mount --bind "$1" "$1"',
    "mount -o remount,bind,ro /",
    'cd "$2"; shift 2',
    `exec setpriv --reuid=${UID} --regid=${UID} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"`,
  ].join("\n");
  const command = [process.execPath, "--enable-source-maps", "dist/app.js"];
  return spawn("unshare", ["--mount", "sh", "-c", script, "unit", place.state, place.app, ...command], {
    env: unitEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("the service of the site is deployed as its pages say, and cannot write but where it may", async (context) => {
  const reason = await reasonAgainst();
  if (reason !== null) return context.skip(reason);
  await build();
  const unit = startUnit();
  let output = "";
  for (const stream of [unit.stdout!, unit.stderr!])
    stream.on("data", (piece: Buffer) => (output += String(piece)));
  try {
    const url = await vi.waitFor(
      () => {
        if (unit.exitCode !== null) throw new Error(output);
        return /"http":"([^"]+)"/.exec(output)?.[1] ?? expect.unreachable(`not up yet:\n${output}`);
      },
      { timeout: 60_000, interval: 100 },
    );
    await callService(url.replace("0.0.0.0", "127.0.0.1"));
    const status = readFileSync(`/proc/${unit.pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\s+${UID}\\s`, "m"));
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    const mounts = readFileSync(`/proc/${unit.pid}/mounts`, "utf8").split("\n");
    expect(mounts.findLast((line) => line.split(" ")[1] === "/")).toMatch(/ ro[, ]/);
  } finally {
    unit.kill("SIGTERM");
    if (unit.exitCode === null) await once(unit, "close");
  }
  expect(unit.exitCode, output).toBe(0);
});

/** Calls everything that the service has, as its page does. */
async function callService(url: string): Promise<void> {
  const json = { "content-type": "application/json" };
  const write = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}/notes`, { method: "POST", headers, body: JSON.stringify({ text: "hello" }) });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await write(json)).status).toBe(401);
  const written = await write({ ...json, "x-api-key": KEY });
  expect(await written.json()).toMatchObject({ id: 1, author: "ada", text: "hello" });
  expect(await (await fetch(`${url}/notes`)).json()).toMatchObject({ notes: [{ text: "hello" }] });
  const copy = async (): Promise<string> => (await fetch(`${url}/notes/1/copy`)).text();
  await vi.waitFor(async () => expect(await copy()).toBe("ada: hello\n"), { timeout: 30_000, interval: 100 });
  expect(readFileSync(join(place.state, "objects/copies/1.txt"), "utf8")).toBe("ada: hello\n");
}
