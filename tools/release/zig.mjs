import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "../setup/command.mjs";
import { Problem } from "../setup/problem.mjs";

/**
 * The linker by which addons are made that run on older systems than the one that builds them, and cargo's way to it. Both are
 * packages of Python.
 */
const PINNED = { "cargo-zigbuild": "0.24.1", ziglang: "0.15.2" };

/** The oldest glibc that the addons for Linux run on. */
export const OLDEST_GLIBC = "2.28";

/**
 * Installs cargo-zigbuild and zig into a folder of the checkout, unless the pinned versions are there.
 *
 * Errors: `Problem` with pip's words.
 *
 * @returns {Promise<{ program: string, env: Record<string, string> }>} what builds in place of `cargo build`, with its environment
 */
export async function installZig() {
  const name = Object.values(PINNED).join("-");
  const folder = join(root, "node_modules/.cache/twinloop", `zig-${name}`);
  if (!existsSync(join(folder, "bin/cargo-zigbuild"))) await install(folder);
  const program = join(folder, "bin/cargo-zigbuild");
  return { program, env: { CARGO_ZIGBUILD_ZIG_PATH: join(folder, "ziglang/zig") } };
}

/** @param {string} folder */
async function install(folder) {
  const packages = Object.entries(PINNED).map(([name, version]) => `${name}==${version}`);
  console.log(`Installing ${packages.join(" and ")}, about 400 MB on disk.`);
  mkdirSync(folder, { recursive: true });
  const args = ["-m", "pip", "install", "--quiet", "--no-compile", "--target", folder, ...packages];
  const { code, stderr } = await runCommand("python3", args);
  if (code === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw new Problem(
    `Addons for Linux are linked by zig, which python3 and pip bring, and these could not:\n${stderr.trim()}`,
  );
}
