import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "./command.mjs";
import { fingerprint, listFiles, stampOf } from "./fingerprint.mjs";
import { Problem } from "./problem.mjs";

/** The version of pnpm that is fetched where the PATH has no pnpm of the same major version. */
export const PNPM_VERSION = "12.21.0";

/** @type {Promise<{ program: string, before: string[] }> | undefined} */
let found;

/**
 * Runs pnpm: the one on the PATH if its major version fits, else the pinned one through npx.
 *
 * @param {string[]} args
 * @param {import("./command.mjs").CommandOptions} [options]
 * @returns {Promise<import("./command.mjs").CommandResult>}
 */
export async function runPnpm(args, options) {
  found ??= findPnpm();
  const { program, before } = await found;
  return runCommand(program, [...before, ...args], options);
}

async function findPnpm() {
  const onPath = await runCommand("pnpm", ["--version"]);
  const major = PNPM_VERSION.split(".")[0];
  if (onPath.code === 0 && onPath.stdout.trim().split(".")[0] === major)
    return { program: "pnpm", before: [] };
  return { program: "npx", before: ["--yes", `pnpm@${PNPM_VERSION}`] };
}

const PEERS = "@twinloop/bench-peers";
const stamp = stampOf("install");

/** Hashes everything that decides which packages are to be installed. */
function installInputs() {
  const manifests = ["packages", "apps", "examples", "bench", "tools"]
    .flatMap((folder) => listFiles(join(root, folder)))
    .filter((file) => /[\\/]package\.json$/.test(file));
  const own = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"].map((name) =>
    join(root, name),
  );
  return fingerprint([...own, ...manifests]);
}

/**
 * @param {boolean} peers whether the benchmark's peers are wanted too
 * @returns {boolean} whether the packages on disk are those of the lock file
 */
export function packagesAreInstalled(peers) {
  if (!existsSync(join(root, "node_modules/.modules.yaml"))) return false;
  const inputs = installInputs();
  return stamp.matches(`${inputs} with peers`) || (!peers && stamp.matches(inputs));
}

/**
 * Installs all npm packages exactly as the lock file says. pnpm's output is shown only when it fails, because
 * cargo owns the terminal at the same time. The benchmark's peers are other frameworks and runtimes, larger than
 * all the rest, so they come only when asked for.
 *
 * @param {boolean} peers
 * @returns {Promise<void>}
 */
export async function installPackages(peers) {
  const inputs = installInputs();
  const selection = peers ? [] : ["--filter", `!${PEERS}`];
  const result = await runPnpm(["install", "--frozen-lockfile", "--reporter=append-only", ...selection]);
  if (result.code !== 0) {
    const outdated = /OUTDATED_LOCKFILE|Cannot install with "frozen-lockfile"/.test(
      result.stdout + result.stderr,
    );
    throw new Problem(
      `${result.stdout}${result.stderr}\npnpm could not install the packages: ` +
        (outdated
          ? `a package.json changed without its lock file; run \`npx pnpm@${PNPM_VERSION} install\` and commit pnpm-lock.yaml.`
          : "its own message above says why (most often: no network, or a proxy that npm does not know of)."),
    );
  }
  stamp.write(peers ? `${inputs} with peers` : inputs);
}
