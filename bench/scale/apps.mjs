import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { appSource } from "./app-source.mjs";

/** Below the benchmark, whose packages they import. */
const FOLDER = join(root, "bench/dist/scale");
const COMMAND = join(root, "bench/node_modules/@twinloop/cli/dist/main.js");

const PACKAGE = { name: "scale", private: true, type: "module" };
const TSCONFIG = {
  extends: "../../../../tsconfig.base.json",
  compilerOptions: { rootDir: ".", noEmit: true, declaration: false, isolatedDeclarations: false },
  include: ["*.ts"],
};

/**
 * Writes and builds an app as a user would.
 *
 * Errors: `Problem` with the compiler's own words.
 *
 * @param {import("./app-source.mjs").AppShape} shape
 * @returns {Promise<{ entry: string, buildMs: number }>}
 */
export async function buildScaleApp(shape) {
  const folder = join(FOLDER, shape.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(PACKAGE));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
  for (const [name, text] of appSource(shape)) writeFileSync(join(folder, name), text);
  const began = performance.now();
  const args = [COMMAND, "build", "--out", "built", "app.ts"];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { cwd: folder });
  if (code !== 0) throw new Problem(`The app ${shape.name} did not build:\n${stdout}${stderr}`);
  return { entry: join(folder, "built/app.js"), buildMs: performance.now() - began };
}
