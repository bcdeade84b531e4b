import { join } from "node:path";
import { root, runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";

/**
 * Builds the benchmark's own app: TypeScript to JavaScript, and its types to the manifest. Every time, since it
 * takes a second and a stale one would be refused at its start.
 *
 * Errors: `Problem` with the compiler's own words.
 *
 * @returns {Promise<void>}
 */
export async function buildApp() {
  const bench = join(root, "bench");
  const steps = [
    [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"],
    [join(bench, "node_modules/@twinloop/cli/dist/main.js"), "build"],
  ];
  for (const args of steps) {
    const { code, stdout, stderr } = await runCommand(process.execPath, args, { cwd: bench });
    if (code !== 0) throw new Problem(`The benchmark's app did not build:\n${stdout}${stderr}`);
  }
}
