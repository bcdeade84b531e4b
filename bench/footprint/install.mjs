import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { median } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

const IMPORTS = 15;
const MIB = 2 ** 20;

/**
 * Times an import in a process that has done nothing before, and counts the threads around it.
 *
 * @param {readonly string[]} primitives
 */
const program = (primitives) => `
  import { readdirSync } from "node:fs";
  import { readdir } from "node:fs/promises";
  const threads = () => readdirSync("/proc/self/task").length;
  // Reads as an import does, so that the threads that Node keeps for its files are there.
  await Promise.all(Array.from({ length: 8 }, () => readdir(".")));
  const before = threads();
  const startedAt = performance.now();
  ${primitives.map((name) => `await import("@twinloop/${name}");`).join("\n")}
  const importMs = performance.now() - startedAt;
  console.log(JSON.stringify({ importMs, threads: threads() - before }));`;

/**
 * What a package weighs. `addonBytes`: of the installed bytes, the native addon. `threads`: how many its import started.
 *
 * @typedef {{ name: string, installedBytes: number, addonBytes: number, importMs: number, threads: number }} Install
 */

/**
 * Measures what was installed, and how long importing it takes: the median of 15 processes.
 *
 * @param {{ name: string, primitives: readonly string[], folder: string }} project
 * @returns {Promise<Install>}
 */
export async function measureInstall({ name, primitives, folder }) {
  const files = filesIn(join(folder, "node_modules"));
  const bytes = (/** @type {string[]} */ paths) => paths.reduce((sum, path) => sum + lstatSync(path).size, 0);
  const runs = [];
  for (let run = 0; run < IMPORTS; run += 1) runs.push(await importOnce(primitives, folder));
  return {
    name,
    installedBytes: bytes(files),
    addonBytes: bytes(files.filter((path) => path.endsWith(".node"))),
    importMs: median(runs.map(({ importMs }) => importMs)),
    threads: Math.max(...runs.map(({ threads }) => threads)),
  };
}

/**
 * @param {readonly string[]} primitives
 * @param {string} folder
 * @returns {Promise<{ importMs: number, threads: number }>}
 */
async function importOnce(primitives, folder) {
  const args = ["--input-type=module", "--eval", program(primitives)];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { cwd: folder });
  if (code !== 0) throw new Problem(`${primitives.join(", ")} could not be imported:\n${stderr.trim()}`);
  return JSON.parse(stdout);
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** @param {readonly Install[]} installs */
export function showInstalls(installs) {
  const columns = [
    { title: "package", align: /** @type {const} */ ("left") },
    { title: "MiB installed" },
    { title: "without the addon, KiB" },
    { title: "import ms" },
    { title: "threads started" },
  ];
  const rows = installs.map(({ name, installedBytes, addonBytes, importMs, threads }) => [
    name,
    showNumber(installedBytes / MIB),
    showNumber((installedBytes - addonBytes) / 1024),
    showNumber(importMs),
    String(threads),
  ]);
  return layOutTable(columns, rows);
}
