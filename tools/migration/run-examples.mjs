import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { callEndpoints } from "./call-endpoints.mjs";

/**
 * Migrates every app of Encore.ts below a folder, in copies, and tells how many are built, start and answer:
 *
 *   DATABASE_URL=postgres://localhost/test node tools/migration/run-examples.mjs <folder> <copies> [name…]
 *
 * Each copy is installed by npm, without install scripts; packages of this workspace are linked, and must be built. Apps named
 * in EMBEDDED, separated by commas, run on the embedded PostgreSQL; with INSTALLED set, packages of an earlier run are kept.
 * `<copies>/report.json` has all of it.
 */

const workspace = fileURLToPath(new URL("../../", import.meta.url));
const cli = join(workspace, "packages/cli/dist/main.js");
const server = process.env["DATABASE_URL"] ?? "postgres://root@127.0.0.1:5432/test";
const embedded = new Set((process.env["EMBEDDED"] ?? "").split(","));

/** @typedef {import("./call-endpoints.mjs").Call} Call */
/** @typedef {{ app: string, stage: string, line: string, calls: Call[], log: string }} Outcome */

/** @param {string} folder @returns {string[]} */
function appsIn(folder) {
  if (existsSync(join(folder, "encore.app"))) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
    .flatMap(({ name }) => appsIn(join(folder, name)));
}

/** @param {string} root @param {string} app @returns {Promise<Outcome>} */
async function runApp(root, app) {
  /** @type {Outcome} */
  const outcome = { app, stage: "migrate", line: "", calls: [], log: "" };
  try {
    run(process.execPath, [cli, "migrate-from", "encore", root, "--write", "--force"], root);
    outcome.stage = "install";
    install(root);
    outcome.stage = "build";
    const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;
    const [, ...words] = String(scripts["build:api"] ?? scripts.build).split(" ");
    run(process.execPath, [cli, ...words], root);
    outcome.stage = "start";
    const entry = String(scripts["start:api"] ?? scripts.start).split(" ")[1] ?? "";
    await serve(root, entry, outcome);
  } catch (error) {
    outcome.log = String(/** @type {{ log?: string }} */ (error).log ?? error);
    outcome.line = stoppingLine(outcome.log);
  }
  return outcome;
}

/** @param {string} command @param {string[]} args @param {string} cwd @returns {string} */
function run(command, args, cwd) {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: "utf8",
      stdio: "pipe",
      timeout: 600_000,
      env: plainEnv(),
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw Object.assign(new Error("failed"), { log: `${stdout}\n${stderr}` });
  }
}

function plainEnv() {
  const { NODE_ENV: _, DATABASE_URL: __, AMQP_URL: ___, ...rest } = process.env;
  return { ...rest, NO_COLOR: "1" };
}

/** Installs the packages of others, and links those of the workspace. @param {string} root */
function install(root) {
  const path = join(root, "package.json");
  const given = JSON.parse(readFileSync(path, "utf8"));
  const others = structuredClone(given);
  const ours = new Set(["@twinloop/schema"]);
  for (const kind of ["dependencies", "devDependencies"]) {
    for (const name of Object.keys(others[kind] ?? {})) {
      if (!name.startsWith("@twinloop/")) continue;
      ours.add(name);
      delete others[kind][name];
    }
  }
  writeFileSync(path, JSON.stringify(others));
  const isKept =
    Boolean(process.env["INSTALLED"]) && existsSync(join(root, "node_modules/.package-lock.json"));
  const words = ["--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--prefer-offline"];
  try {
    if (!isKept) run("npm", ["install", ...words], root);
  } finally {
    writeFileSync(path, `${JSON.stringify(given, null, 2)}\n`);
  }
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  for (const name of ours) {
    const link = join(root, "node_modules", name);
    rmSync(link, { recursive: true, force: true });
    symlinkSync(join(workspace, "packages", name.split("/")[1] ?? ""), link);
  }
  const prisma = join(root, "node_modules/.bin/prisma");
  if (isKept || !existsSync(prisma)) return;
  try {
    run(prisma, ["generate"], root);
  } catch {
    // What is generated may be in the repository; if not, the start tells it.
  }
}

/** @param {string} root @param {string} entry @param {Outcome} outcome */
async function serve(root, entry, outcome) {
  const manifest = JSON.parse(readFileSync(join(root, ".twinloop/manifest.json"), "utf8"));
  const env = {
    ...plainEnv(),
    PORT: "0",
    LOG_FORMAT: "json",
    ...databases(manifest, outcome.app),
    ...secrets(manifest),
  };
  const child = spawn(process.execPath, ["--enable-source-maps", entry], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((done) => child.once("close", done));
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  child.stderr.on("data", (chunk) => (text += chunk));
  const base = await listening(() => text, child);
  if (base !== null) {
    outcome.stage = "answers";
    outcome.calls = await callEndpoints(base, manifest);
  }
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 8_000);
  await ended;
  clearTimeout(timer);
  outcome.log = text;
  const bad = outcome.calls.find(({ status }) => status >= 500 || status === 0);
  if (bad !== undefined) outcome.line = `${bad.line} ${bad.name} ${bad.status}`;
  else if (outcome.stage === "start") outcome.line = stoppingLine(text);
}

/**
 * Waits until an app tells its address; null where it ends before, or has not told it in 90 seconds.
 *
 * @param {() => string} text @param {import("node:child_process").ChildProcess} child @returns {Promise<string | null>}
 */
async function listening(text, child) {
  for (const end = Date.now() + 90_000; Date.now() < end && child.exitCode === null;) {
    const found = /"http":"(http:[^"]+)"/.exec(text())?.[1];
    if (found !== undefined) return found.replace("0.0.0.0", "127.0.0.1");
    await new Promise((done) => setTimeout(done, 100));
  }
  return null;
}

/** A database of its own for each that the app declares. @param {import("../../packages/schema/src/index.ts").Manifest} manifest @param {string} app */
function databases({ declarations }, app) {
  if (embedded.has(app)) return {};
  /** @type {Record<string, string>} */
  const variables = {};
  for (const { what, name } of declarations) {
    if (what !== "SQLDatabase") continue;
    const database = `mig_${app}_${name}`.replace(/\W/g, "_").toLowerCase().slice(0, 60);
    const url = new URL(server);
    execFileSync(
      "psql",
      [server, "-qc", `drop database if exists ${database}`, "-c", `create database ${database}`],
      { stdio: "ignore" },
    );
    url.pathname = `/${database}`;
    variables[`DATABASE_URL_${name.toUpperCase().replace(/\W/g, "_")}`] = url.href;
  }
  return variables;
}

/** Values that are none, for secrets that the app cannot do without. @param {import("../../packages/schema/src/index.ts").Manifest} manifest */
function secrets({ declarations }) {
  const names = declarations
    .filter(
      ({ what, options, unread = [] }) =>
        what === "secret" && !("default" in options) && !unread.includes("default"),
    )
    .map(({ name }) => name);
  return Object.fromEntries(
    names.map((name) => [
      name,
      /url|domain|origin/i.test(name) ? "https://example.com" : `test_${name}_0123456789abcdef`,
    ]),
  );
}

/** @param {string} log */
function stoppingLine(log) {
  const lines = log.split("\n").map((line) => line.trim());
  return (
    lines.find((line) => /error|cannot|refus|✗|TS\d{4}|problem/i.test(line)) ??
    lines.find((line) => line !== "") ??
    ""
  );
}

const [folder, copies, ...names] = process.argv.slice(2);
if (folder === undefined || copies === undefined)
  throw new Error("usage: run-examples.mjs <folder of examples> <folder for copies> [name…]");
/** @type {Outcome[]} */
const outcomes = [];
for (const path of appsIn(resolve(folder))) {
  const app = relative(resolve(folder), path).replaceAll("/", "-");
  if (names.length > 0 && !names.includes(app)) continue;
  const copy = resolve(copies, app);
  if (existsSync(copy))
    for (const name of readdirSync(copy))
      if (name !== "node_modules") rmSync(join(copy, name), { recursive: true });
  cpSync(path, copy, { recursive: true, filter: (from) => !from.includes("node_modules") });
  const outcome = await runApp(copy, app);
  outcomes.push(outcome);
  const counts = [2, 3, 4, 5, 0].map(
    (kind) => outcome.calls.filter(({ status }) => Math.floor(status / 100) === kind).length,
  );
  process.stdout.write(
    `${app.padEnd(30)} ${outcome.stage.padEnd(8)} 2xx/3xx/4xx/5xx/none ${counts.join("/").padEnd(12)} ${outcome.line}\n`,
  );
}
writeFileSync(resolve(copies, "report.json"), `${JSON.stringify(outcomes, null, 2)}\n`);
const answering = outcomes.filter(({ stage }) => stage === "answers").length;
process.stdout.write(`${answering} of ${outcomes.length} start and answer\n`);
