import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./command.mjs";
import { fingerprint, listFiles, stampOf } from "./fingerprint.mjs";
import { runPnpm } from "./pnpm.mjs";
import { Problem } from "./problem.mjs";

const stamp = stampOf("typescript");
// Of the benchmark only the servers are built; its harness runs as it is.
const BENCH = ["bench/package.json", "bench/tsconfig.json", "bench/turbo.json", "bench/servers"];

function buildInputs() {
  const own = ["package.json", "pnpm-lock.yaml", "turbo.json", "tsconfig.base.json"];
  const folders = ["packages", "apps", "contract", ...BENCH];
  return fingerprint([
    ...own.map((name) => join(root, name)),
    ...folders.flatMap((folder) => listFiles(join(root, folder))),
  ]);
}

/** Lists the outputs of a build: a `dist` folder for each package that is built, and a manifest for each app. */
function buildOutputs() {
  return ["packages", "apps", "bench/package.json"]
    .flatMap((folder) => listFiles(join(root, folder)))
    .filter((file) => /[\\/]package\.json$/.test(file))
    .filter((file) => JSON.parse(readFileSync(file, "utf8")).scripts?.build !== undefined)
    .flatMap((file) => {
      const folder = dirname(file);
      const manifest = join(folder, ".twinloop/manifest.json");
      return [join(folder, "dist"), ...(dirname(folder) === join(root, "packages") ? [] : [manifest])];
    });
}

/** @returns {boolean} whether every package was built from the present sources */
export function packagesAreBuilt() {
  return stamp.matches(buildInputs()) && buildOutputs().every((output) => existsSync(output));
}

/**
 * Builds the TypeScript packages and the apps in the order of their dependencies; turbo leaves out what its
 * cache holds.
 *
 * @returns {Promise<void>}
 */
export async function buildPackages() {
  const inputs = buildInputs();
  // The tests of the examples build those as their users do, each in a copy.
  const args = ["exec", "turbo", "run", "build", "--output-logs=errors-only", "--filter=!./examples/**"];
  const env = { TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };
  const result = await runPnpm(args, { env });
  if (result.code !== 0) {
    throw new Problem(
      `${result.stdout}${result.stderr}\nA TypeScript package did not build: see the lines above.`,
    );
  }
  stamp.write(inputs);
}
